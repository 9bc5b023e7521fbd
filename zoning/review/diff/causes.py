"""Why something changed: what differs is swapped, one group at a time, and the plan made again.

A group is the cause of a change where swapping it alone in the first plan brings the change and in
the second undoes it. Where no single group does both, the change is joint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import Finding, Text
from zoning.plan import Plan
from zoning.review.diff.again import Between, Outcome, Progress
from zoning.review.diff.groups import INPUTS, SOFTWARE, Group, differing, name_of
from zoning.review.diff.sides import OUTSIDE
from zoning.review.diff.walk import SAME, Walk

#: Cause of what no single group brings and undoes; and where nothing that is on record differs.
JOINT, UNRECORDED = "joint", "unrecorded"
WORDS = {
    JOINT: Text("joint: no single group", "共同作用（非单一原因）"),
    UNRECORDED: Text("nothing that the plans record", "方案记录中无差异"),
}

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Causes:
    """What was found out about causes.

    Attributes
    ----------
    groups : tuple of Group
        What differs.
    units, towns, new : DataFrame
        ``cause`` and ``involved`` (groups that bring the change or undo it, joined by ``+``) of
        every changed unit, pair of townships, and unit with other new land; same index as asked.
    runs : int
        Plans that were made again.
    findings : tuple of Finding
        What could not be swapped, and why.
    """

    groups: tuple[Group, ...]
    units: pd.DataFrame
    towns: pd.DataFrame
    new: pd.DataFrame
    runs: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass
class _Asked:
    """Places whose change is explained: what they were, what they are, how to look them up."""

    before: pd.Series
    after: pd.Series
    walk: Walk | None
    where: str
    codes: tuple[pd.Series, pd.Series]
    brings: dict[str, Bools] = field(default_factory=dict)
    undoes: dict[str, Bools] = field(default_factory=dict)

    def values(self, outcome: Outcome | None) -> pd.Series | None:
        """Give what an outcome says of these places."""
        series = None if outcome is None else getattr(outcome, self.where)
        if series is None:
            return None
        nothing = OUTSIDE if self.walk is not None else 0
        two = self.codes[1].map(series)
        found = two.where(two.notna(), self.codes[0].map(series))
        return found.astype(object).where(found.notna(), nothing)

    def is_after(self, outcome: Outcome | None, scheme: str) -> Bools:
        """Say where an outcome is what the second plan says."""
        return self._is(outcome, self.after, scheme, forward=True)

    def is_before(self, outcome: Outcome | None, scheme: str) -> Bools:
        """Say where an outcome is what the first plan says."""
        return self._is(outcome, self.before, scheme, forward=False)

    def _is(
        self, outcome: Outcome | None, wanted: pd.Series, scheme: str, *, forward: bool
    ) -> Bools:
        found = self.values(outcome)
        if found is None or outcome is None:
            return np.zeros(len(wanted), dtype=bool)
        alike: Bools = (found == wanted).to_numpy(dtype=bool)
        if self.walk is None or self.walk.zones is None or outcome.scheme == scheme:
            return alike
        pairs = zip(found, wanted, strict=True)
        walk = self.walk
        return np.array([walk.same(a, b) if forward else walk.same(b, a) for a, b in pairs])


def find(
    before: Plan,
    after: Plan,
    units: pd.DataFrame,
    towns: pd.DataFrame,
    walk: Walk,
    folders: tuple[Path | None, Path | None] = (None, None),
    progress: Progress | None = None,
) -> Causes:
    """Find the cause of every change.

    Parameters
    ----------
    before, after : Plan
    units : DataFrame
        Of :func:`zoning.review.diff.places.units`.
    towns : DataFrame
        Of :func:`zoning.review.diff.places.townships`.
    walk : Walk
    folders : tuple of (Path or None)
        Where the inputs lie; needed only where two or more of them differ.
    progress : callable, optional
        Told (runs done, runs at most, code of the group).

    Returns
    -------
    Causes
        At most two runs for each group that differs.
    """
    moved = units[units["state"] != SAME]
    classes = towns[(towns["state"] != SAME)]
    grown = units.iloc[:0]
    if "new_difference_m2" in units:
        grown = units[units["new_difference_m2"] != 0]
    codes = moved.index.to_series(), grown.index.to_series()
    asked = [
        _Asked(moved["zone_before"], moved["zone_after"], walk, "units", (codes[0], codes[0])),
        _Asked(classes["zone_before"], classes["zone_after"], walk, "towns",
               (classes["code_before"], classes["code_after"])),
        _Asked(grown.get("new_before_m2", _none()), grown.get("new_after_m2", _none()), None,
               "new", (codes[1], codes[1])),
    ]  # fmt: skip
    groups, findings = _separable(differing(before, after), folders)
    if not any(len(a.before) for a in asked):
        units, classes, grown = (_frame(a, None) for a in asked)
        return Causes(groups, units, classes, grown, findings=findings)
    bench = Between(before, after, groups, folders, allocate=len(grown) > 0)
    _swap(bench, asked, (before.scheme.name, after.scheme.name), progress)
    first, second, third = (_told(a, bench) for a in asked)
    findings += tuple(
        Finding(
            Text(f"swapping {_listed(swapped, 'en')}: {error.problems[0].tell('en')}",
                 f"替换{_listed(swapped, 'zh')}：{error.problems[0].tell('zh')}"),
            "diff", level="note", code="not-swapped",
        )
        for swapped, error in bench.failed.items()
    )  # fmt: skip
    return Causes(groups, first, second, third, runs=bench.runs, findings=findings)


def _none() -> pd.Series:
    return pd.Series(dtype="int64")


def _separable(
    groups: tuple[Group, ...], folders: tuple[Path | None, Path | None]
) -> tuple[tuple[Group, ...], tuple[Finding, ...]]:
    """Make one group of inputs that cannot be swapped one by one."""
    inputs = tuple(g for g in groups if g.is_input)
    if len(inputs) < 2 or None not in folders:
        return groups, ()
    rest = tuple(g for g in groups if not g.is_input)
    whole = Group(INPUTS, name_of(INPUTS), True, tuple(d for g in inputs for d in g.details))
    names = [_listed(frozenset(g.code for g in inputs), lang) for lang in ("en", "zh")]
    text = Text(
        f"{names[0]} differ and cannot be separated: not all files are at hand with the checksums "
        "of the runs",
        f"{names[1]}均有变化而无法分离：并非所有文件都以运行时的校验和存在",
    )
    remedy = Text("say where the inputs lie: --inputs-before, --inputs-after",
                  "用 --inputs-before、--inputs-after 指明输入数据的位置")  # fmt: skip
    return (whole, *rest), (Finding(text, "inputs", remedy=remedy, code="not-separable"),)


def _listed(codes: frozenset[str], lang: str) -> str:
    names = [name_of(c).get(lang) for c in sorted(codes)]
    return ("、" if lang == "zh" else ", ").join(names)


def _swap(
    bench: Between, asked: list[_Asked], schemes: tuple[str, str], progress: Progress | None
) -> None:
    """Swap every group alone, in the first plan and in the second."""
    codes = [g.code for g in bench.groups if g.code != SOFTWARE]
    whole = frozenset(codes)
    versions = any(g.code == SOFTWARE for g in bench.groups)
    if len(codes) < 2 and not versions:
        return
    wanted: list[tuple[str, frozenset[str]]] = []
    if versions:
        wanted += [(SOFTWARE, frozenset()), (SOFTWARE, whole)]
    for code in codes if len(codes) > 1 else ():
        wanted += [(code, frozenset({code})), (code, whole - {code})]
    most = len({s for _, s in wanted})
    for code, swapped in wanted:
        if progress is not None and not bench.known(swapped):
            progress(bench.runs, most, code)
        bench.outcome(swapped)
    for code in codes if len(codes) > 1 else ():
        for one in asked:
            one.brings[code] = one.is_after(bench.outcome(frozenset({code})), schemes[1])
            one.undoes[code] = one.is_before(bench.outcome(whole - {code}), schemes[0])


def _told(one: _Asked, bench: Between) -> pd.DataFrame:
    """Name the cause of each place."""
    codes = [g.code for g in bench.groups]
    if not codes:
        return _frame(one, UNRECORDED)
    if len(codes) == 1:
        return _frame(one, codes[0])
    if SOFTWARE in codes:
        return _versions(one, bench, [c for c in codes if c != SOFTWARE])
    return _alone(one, codes)


def _alone(one: _Asked, codes: list[str]) -> pd.DataFrame:
    """Name the one group that brings the change and undoes it, else all that take part."""
    brings = np.array([one.brings[c] for c in codes])
    undoes = np.array([one.undoes[c] for c in codes])
    both, some = brings & undoes, brings | undoes
    single = both.sum(axis=0) == 1
    first = both.argmax(axis=0)
    out = _frame(one, JOINT)
    out["cause"] = [codes[f] if s else JOINT for s, f in zip(single, first, strict=True)]
    out["involved"] = ["+".join(c for c, x in zip(codes, row, strict=True) if x) for row in some.T]
    return out


def _versions(one: _Asked, bench: Between, others: list[str]) -> pd.DataFrame:
    """Name causes where the plans were made by different versions of the software.

    Both are made again by this version first; what then is alike was changed by the software.
    """
    again = [one.values(bench.outcome(s)) for s in (frozenset[str](), frozenset(others))]
    if again[0] is None or again[1] is None:
        return _frame(one, JOINT)
    held = [(a == s).to_numpy(dtype=bool)
            for a, s in zip(again, (one.before, one.after), strict=True)]  # fmt: skip
    alike = (again[0] == again[1]).to_numpy(dtype=bool)
    if len(others) == 1:
        out = _frame(one, others[0])
    elif others:
        out = _alone(one, others)
    else:
        out = _frame(one, SOFTWARE)
    firm = held[0] & held[1]
    out["cause"] = np.where(alike & ~firm, SOFTWARE, np.where(firm, out["cause"], JOINT))
    mixed = (~alike & ~firm)  # fmt: skip
    parts = [f"{SOFTWARE}+{x}" if x else SOFTWARE for x in out["involved"]]
    out["involved"] = np.where(alike & ~firm, SOFTWARE, np.where(mixed, parts, out["involved"]))
    return out


def _frame(one: _Asked, cause: str | None) -> pd.DataFrame:
    known = cause not in (None, JOINT, UNRECORDED)
    return pd.DataFrame(
        {"cause": cause or "", "involved": cause if known else ""}, index=one.before.index,
        dtype=object,
    )  # fmt: skip


def word_of(code: str) -> Text:
    """Give the name of a cause."""
    return WORDS.get(code) or name_of(code)


def none(units: pd.DataFrame, towns: pd.DataFrame) -> Causes:
    """Give causes that nobody looked for."""
    empty = [pd.DataFrame({"cause": "", "involved": ""}, index=i, dtype=object)
             for i in (units.index[:0], towns.index[:0], units.index[:0])]  # fmt: skip
    return Causes((), *empty)
