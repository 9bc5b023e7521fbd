"""What can be wrong, as data: what, where, how much, the limit, what to try, how bad.

One family: a `Problem` stops the command, a `Finding` has a level, a `Check` is a finding of a plan
that also says whether its limit holds. Every message exists in Chinese and English. Problems are
collected and raised together, so a planner mends a file once and not ten times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from zoning.errors.texts import Lang, Spot, Text, meant, named, some, suggest

__all__ = [
    "LEVELS", "Check", "Finding", "InfeasibleError", "InputError", "Lang", "Level", "Problem",
    "Spot", "Text", "UnfinishedError", "ZoningError", "meant", "named", "once", "raise_all", "some",
    "suggest", "tally",
]  # fmt: skip
Level = Literal["error", "warning", "note"]


_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong.

    Parameters
    ----------
    what : Text
        What is wrong, with the value that was found.
    where : str
        File, layer, row or key, as the user would look for it.
    measured, limit : object, optional
        The number that was found and the one that is allowed, with units in the text.
    remedy : Text, optional
        What to try.
    code : str
        A short stable word for tests and scripts, such as ``"missing-column"``.
    place : (longitude, latitude), optional
        A point in degrees where it can be seen.
    spots : tuple of Spot
        Every place of it, row by row; the first that has coordinates is the ``place`` too.

    Examples
    --------
    >>> p = Problem(Text("no column 'code'", "缺少字段 'code'"), "towns.gpkg",
    ...             remedy=Text("name another", "请另指定"))
    >>> print(p.tell("en"))
    towns.gpkg: no column 'code'. Try: name another
    """

    what: Text
    where: str = ""
    measured: Any = None
    limit: Any = None
    remedy: Text | None = None
    code: str = "problem"
    place: tuple[float, float] | None = None
    spots: tuple[Spot, ...] = ()

    def __post_init__(self) -> None:
        """Take the first place that has coordinates, where none is stated."""
        seen = ((s.lon, s.lat) for s in self.spots if s.lon is not None and s.lat is not None)
        if self.place is None:
            object.__setattr__(self, "place", next(seen, None))

    def tell(self, lang: str = "en") -> str:
        """Write the problem on one line."""
        zh = lang == "zh"
        where = "全市" if zh and self.where == "city" else self.where
        head = where and where + ("：" if zh else ": ")
        if self.remedy is None:
            return head + self.what.get(lang)
        hint = "。可尝试：" if zh else ". Try: "
        return f"{head}{self.what.get(lang).rstrip('.。')}{hint}{self.remedy.get(lang)}"

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give the problem as plain data for ``--json``."""
        return {
            "code": self.code,
            "where": self.where,
            "what": self.what.get(lang),
            "measured": self.measured,
            "limit": self.limit,
            "try": self.remedy.get(lang) if self.remedy else None,
            **self._placed(),
        }

    def _placed(self) -> dict[str, Any]:
        at = {} if self.place is None else {"place": list(self.place)}
        return at | ({"spots": [s.as_dict() for s in self.spots]} if self.spots else {})


#: Levels from the worst to the mildest, as people read them.
LEVELS: dict[Level, Text] = {
    "error": Text("error", "错误"),
    "warning": Text("warning", "警告"),
    "note": Text("note", "提示"),
}
_SEVERAL: dict[Level, Text] = {
    "error": Text("errors", "项错误"),
    "warning": Text("warnings", "项警告"),
    "note": Text("notes", "项提示"),
}


@dataclass(frozen=True, slots=True)
class Finding(Problem):
    """A problem with a level, for what may be right and should be looked at.

    Parameters
    ----------
    level : {"error", "warning", "note"}
        ``error`` stops a run; a ``warning`` is likely a mistake; a ``note`` is for the record.

    Examples
    --------
    >>> found = Finding(Text("2 codes have 8 digits", "2 个代码为 8 位"), "towns.gpkg")
    >>> found.level, found.line("zh")
    ('warning', '警告：towns.gpkg：2 个代码为 8 位')
    """

    level: Level = "warning"

    def line(self, lang: str = "en") -> str:
        """Write the finding on one line, its level in front."""
        colon = "：" if lang == "zh" else ": "
        return f"{LEVELS[self.level].get(lang)}{colon}{self.tell(lang)}"

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give the finding as plain data for ``--json``."""
        return {"level": self.level, **Problem.as_dict(self, lang)}

    def record(self) -> dict[str, Any]:
        """Give the finding as it stands in ``run.json``, in both languages."""
        remedy = self.remedy or _NOTHING
        return {
            "level": self.level, "code": self.code, "where": self.where,
            "measured": self.measured, "limit": self.limit, "en": self.what.en,
            "zh": self.what.zh, "try_en": remedy.en, "try_zh": remedy.zh, **self._placed(),
        }  # fmt: skip

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Finding:
        """Read a finding of ``run.json`` back; version 0.1.0 wrote the English as ``what``.

        Examples
        --------
        >>> found = Finding(Text("odd", "异常"), "a.gpkg", level="note")
        >>> Finding.from_record(found.record()) == found
        True
        """
        en = record.get("en", record.get("what", ""))
        remedy = Text(record.get("try_en") or "", record.get("try_zh") or "")
        level = record.get("level", "note")
        return cls(
            Text(en, record.get("zh", en)), record.get("where", ""), record.get("measured"),
            record.get("limit"), remedy if remedy.en else None, record.get("code", "problem"),
            tuple(record["place"]) if record.get("place") else None,
            tuple(Spot.from_dict(s) for s in record.get("spots", ())),
            level if level in LEVELS else "note",
        )  # fmt: skip

    @classmethod
    def of(cls, problem: Problem) -> Finding:
        """Give a problem as a finding: one that has no level is an error.

        Examples
        --------
        >>> Finding.of(Problem(Text("a", "甲"), place=(119.5, 32.1))).level
        'error'
        """
        if isinstance(problem, Finding):
            return problem
        return cls(
            problem.what, problem.where, problem.measured, problem.limit, problem.remedy,
            problem.code, problem.place, problem.spots, "error",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, init=False)
class Check(Finding):
    """A finding of a plan: one statement that was measured against a limit.

    Parameters
    ----------
    check : str
        Stable name, such as ``"cap.city"`` or ``"ledger.units"``; it is the ``code``.
    level : {"error", "warning", "note"}
        What a failure means.
    ok : bool
        Whether the limit holds.
    measured, limit : float or None
        In ``unit``.
    unit : str
        ``"m2"``, ``"1"`` or a count's noun.
    where : str
        The place: ``"city"``, a county, township or zone code.
    text : Text
        The statement in words; it is the ``what``.
    remedy : Text, optional
        What to try where the limit does not hold.

    Examples
    --------
    >>> cap = Check("cap.city", "error", False, 120, 100, "m2", "city", Text("above", "超过"))
    >>> cap.code, cap.margin, cap.line()
    ('cap.city', -20, 'error: city: above')
    """

    ok: bool = True
    unit: str = ""

    def __init__(
        self, check: str, level: Level, ok: bool, measured: float | None, limit: float | None,
        unit: str, where: str, text: Text = _NOTHING, remedy: Text | None = None,
    ) -> None:  # fmt: skip
        given = {
            "what": text, "where": where, "measured": measured, "limit": limit, "remedy": remedy,
            "code": check, "level": level, "ok": ok, "unit": unit, "place": None, "spots": (),
        }  # fmt: skip
        for name, value in given.items():
            object.__setattr__(self, name, value)

    @property
    def check(self) -> str:
        """The stable name."""
        return self.code

    @property
    def text(self) -> Text:
        """The statement in words."""
        return self.what

    @property
    def margin(self) -> float | int | None:
        """What is left before the limit (negative when it is passed)."""
        if self.measured is None or self.limit is None:
            return None
        left: float | int = self.limit - self.measured
        return left

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give the check as it stands in ``run.json``, in both languages."""
        return {
            "check": self.code,
            "level": self.level,
            "ok": self.ok,
            "measured": self.measured,
            "limit": self.limit,
            "unit": self.unit,
            "where": self.where,
            "en": self.what.en,
            "zh": self.what.zh,
        }


def once(found: Iterable[Finding]) -> list[Finding]:
    """Leave out what was found before, and put the worst first.

    Examples
    --------
    >>> note, warning = (Finding(Text(w, w), level=w) for w in ("note", "warning"))
    >>> [f.level for f in once([note, warning, note])]
    ['warning', 'note']
    """
    order = list(LEVELS)
    told: dict[tuple[str, ...], Finding] = {}
    for f in found:
        told.setdefault((f.level, f.code, f.tell("en")), f)
    return sorted(told.values(), key=lambda f: order.index(f.level))


def tally(found: Iterable[Finding], lang: str = "en") -> str:
    """Count findings by level, in words; empty where there are none.

    Examples
    --------
    >>> tally([Finding(Text("a", "甲")), Finding(Text("b", "乙"), level="note")])
    '1 warning, 1 note'
    >>> tally([Finding(Text("a", "甲"))] * 2, "zh")
    '2 项警告'
    """
    counts = Counter(f.level for f in found)
    words = []
    for level in LEVELS:
        several = counts[level] > 1 or lang == "zh"
        if counts[level]:
            words.append(f"{counts[level]} {(_SEVERAL if several else LEVELS)[level].get(lang)}")
    return ("，" if lang == "zh" else ", ").join(words)


class ZoningError(Exception):
    """Base of all errors of this package; carries every problem that was found.

    Parameters
    ----------
    problems : Problem or sequence of Problem
    notes : sequence of Finding
        Warnings and notes that were found beside them: one of them may be the cause.

    Examples
    --------
    >>> raise InputError.one("no layer 'towns'", "没有图层 'towns'", where="a.gpkg")
    Traceback (most recent call last):
    zoning.errors.InputError: a.gpkg: no layer 'towns'
    """

    exit_code = 4

    def __init__(self, problems: Sequence[Problem] | Problem, notes: Sequence[Finding] = ()):
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        self.notes = tuple(notes)
        super().__init__(self.tell("en"))

    @property
    def findings(self) -> list[Finding]:
        """All that was found, each once and the worst first; a problem is an error."""
        return once([*map(Finding.of, self.problems), *self.notes])

    def tell(self, lang: str = "en") -> str:
        """Write all problems, one per line."""
        return "\n".join(p.tell(lang) for p in self.problems)

    @classmethod
    def one(
        cls,
        en: str,
        zh: str,
        *,
        where: str = "",
        code: str = "problem",
        measured: Any = None,
        limit: Any = None,
        remedy: tuple[str, str] | Text | None = None,
    ) -> ZoningError:
        """Make an error with a single problem."""
        tried = Text(*remedy) if isinstance(remedy, tuple) else remedy
        return cls(Problem(Text(en, zh), where, measured, limit, tried, code))


class InputError(ZoningError):
    """A file, a value or a command that cannot be used as it is (exit code 2)."""

    exit_code = 2


class InfeasibleError(ZoningError):
    """Stated floors, quotas or locks that cannot hold together (exit code 3)."""

    exit_code = 3


class UnfinishedError(ZoningError):
    """Time was over before any answer was found; whether there is one is not known (code 5)."""

    exit_code = 5


def raise_all(problems: Iterable[Problem], kind: type[ZoningError] = InputError) -> None:
    """Raise ``kind`` with all problems, if there are any.

    Examples
    --------
    >>> raise_all([])
    """
    found = tuple(problems)
    if found:
        raise kind(found)
