"""What can go wrong, as data: what, where, how much, the limit, and what to try.

Every message exists in Chinese and English. Problems are collected and raised together, so a
planner mends a file once and not ten times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Lang = Literal["zh", "en"]


class Text(NamedTuple):
    """The same sentence in English and Chinese.

    Examples
    --------
    >>> Text("no such file", "没有这个文件").get("zh")
    '没有这个文件'
    """

    en: str
    zh: str

    def get(self, lang: str) -> str:
        """Give the sentence in ``lang`` ("zh" or "en"; anything else is read as English)."""
        return self.zh if lang == "zh" else self.en


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

    def tell(self, lang: str = "en") -> str:
        """Write the problem on one line."""
        head = f"{self.where}: " if self.where else ""
        if self.remedy is None:
            return head + self.what.get(lang)
        hint = "可尝试:" if lang == "zh" else "Try: "
        stop = "。" if lang == "zh" else ". "
        return f"{head}{self.what.get(lang).rstrip('.。')}{stop}{hint}{self.remedy.get(lang)}"

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give the problem as plain data for ``--json``."""
        return {
            "code": self.code,
            "where": self.where,
            "what": self.what.get(lang),
            "measured": self.measured,
            "limit": self.limit,
            "try": self.remedy.get(lang) if self.remedy else None,
        }


class ZoningError(Exception):
    """Base of all errors of this package; carries every problem that was found.

    Examples
    --------
    >>> raise InputError.one("no layer 'towns'", "没有图层 'towns'", where="a.gpkg")
    Traceback (most recent call last):
    zoning.errors.InputError: a.gpkg: no layer 'towns'
    """

    exit_code = 4

    def __init__(self, problems: Sequence[Problem] | Problem):
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__(self.tell("en"))

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
        remedy: tuple[str, str] | None = None,
    ) -> ZoningError:
        """Make an error with a single problem."""
        return cls(
            Problem(Text(en, zh), where, measured, limit, Text(*remedy) if remedy else None, code)
        )


class InputError(ZoningError):
    """A file, a value or a command that cannot be used as it is (exit code 2)."""

    exit_code = 2


class InfeasibleError(ZoningError):
    """Stated floors, quotas or locks that cannot hold together (exit code 3)."""

    exit_code = 3


def raise_all(problems: Iterable[Problem], kind: type[ZoningError] = InputError) -> None:
    """Raise ``kind`` with all problems, if there are any.

    Examples
    --------
    >>> raise_all([])
    """
    found = tuple(problems)
    if found:
        raise kind(found)


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that looks most like ``name``, if one does.

    Examples
    --------
    >>> suggest("buit_share", ["built_share", "slope_deg"])
    'built_share'
    """
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return close[0] if close else None
