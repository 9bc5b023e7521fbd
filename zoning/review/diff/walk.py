"""From the words of one plan to those of the other: zones by a crosswalk, townships by another.

A crosswalk of townships is proposed by overlap and never assumed: a code that one plan lacks is
gone or new until the planner hands in the crosswalk that says what became of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from zoning.errors import InputError, Problem, Text, ZoningError, meant, raise_all, suggest
from zoning.review.diff.sides import OUTSIDE, UNZONED, Side
from zoning.schemes import Crosswalk, crosswalk_names, load_crosswalk
from zoning.schemes.crosswalk import as_data

#: What became of a place: the same zone, another one, or one that the crosswalk leaves open.
SAME, CHANGED, OPEN = "same", "changed", "open"


@dataclass(frozen=True)
class Walk:
    """How codes of the one side are read on the other.

    Parameters
    ----------
    zones : mapping or None
        Code before to codes after; None where both speak of one scheme.
    towns : tuple of (before, after)
        Townships that became others, as the planner says.
    names : tuple of str
        Files and shipped crosswalks that were handed in.
    data : mapping or None
        The crosswalk of zones as plain data, for the record.
    """

    zones: Mapping[str, tuple[str, ...]] | None = None
    towns: tuple[tuple[str, str], ...] = ()
    names: tuple[str, ...] = ()
    data: Mapping[str, object] | None = field(default=None, repr=False)

    def choices(self, zone: str) -> tuple[str, ...]:
        """Give the zones that a zone of the first plan may be in the second."""
        if self.zones is None or zone in (UNZONED, OUTSIDE):
            return (zone,)
        return self.zones.get(zone, ())

    def state(self, before: str, after: str) -> str:
        """Say whether a zone changed: `SAME`, `CHANGED` or `OPEN`.

        Examples
        --------
        >>> walk = Walk({"a": ("x",), "b": ("x", "y")})
        >>> [walk.state(*pair) for pair in (("a", "x"), ("a", "y"), ("b", "x"), ("b", "z"))]
        ['same', 'changed', 'open', 'changed']
        >>> Walk().state("a", "a"), walk.state("c", "x"), walk.state("b", "unzoned")
        ('same', 'open', 'open')
        """
        choices = self.choices(before)
        undecided = after == UNZONED and len(choices) != 1
        if undecided or (not choices and after != OUTSIDE):
            return OPEN
        if after not in choices:
            return CHANGED
        return SAME if len(choices) == 1 else OPEN

    def same(self, before: str, after: str) -> bool:
        """Whether a zone of the first plan is, beyond doubt, a zone of the second."""
        return self.choices(before) == (after,)


def read_walk(given: Sequence[str | Path], before: Side, after: Side) -> Walk:
    """Read the crosswalks of a comparison; each file is told by what its codes are.

    Parameters
    ----------
    given : sequence of str or Path
        Shipped names, TOML or CSV of zones; CSV or XLSX with ``from`` and ``to`` of townships.
    before, after : Side

    Raises
    ------
    InputError
        Unknown codes, two crosswalks of one thing, or two schemes without one.
    """
    walk = Walk()
    for one in given:
        pairs = _pairs(one)
        if pairs is not None and any(code in before.towns.index for code, _ in pairs):
            raise_all(_unknown_towns(pairs, before, after, str(one)))
            walk = Walk(walk.zones, (*walk.towns, *pairs), (*walk.names, str(one)), walk.data)
            continue
        found = load_crosswalk(one)
        raise_all(_unknown_zones(found, before, after))
        walk = Walk(dict(found.choices), walk.towns, (*walk.names, str(one)), as_data(found))
    if walk.zones is None and before.scheme.name != after.scheme.name:
        raise _no_crosswalk(before, after)
    return walk


def _pairs(given: str | Path) -> tuple[tuple[str, str], ...] | None:
    """Read rows of ``from`` and ``to``; None where the file is no table of them."""
    from zoning.inputs.tables import read_table

    path = Path(given)
    if path.suffix.lower() not in (".csv", ".xlsx", ".txt", ".xlsm"):
        return None
    frame, _ = read_table(path, role="crosswalk")
    heads = {str(c).strip().lower(): c for c in frame.columns}
    if not {"from", "to"} <= set(heads):
        raise InputError.one(
            "a crosswalk has the columns 'from' and 'to'", "对照表须有 from 和 to 两列",
            where=str(path), code="crosswalk",
        )  # fmt: skip
    columns = [frame[heads[h]].astype(object) for h in ("from", "to")]
    text = [c.where(c.notna(), "").astype(str).str.strip() for c in columns]
    return tuple((a, b) for a, b in zip(*text, strict=True) if a or b)


def _unknown_towns(
    pairs: Sequence[tuple[str, str]], before: Side, after: Side, where: str
) -> list[Problem]:
    found = []
    for place, (side, column) in enumerate(((before, "from"), (after, "to"))):
        for code in dict.fromkeys(p[place] for p in pairs):
            if code not in side.towns.index:
                near = suggest(code, map(str, side.towns.index))
                remedy = meant(near)
                found.append(Problem(
                    Text(f"'{column}': '{side.name}' has no township {code}",
                         f"{column} 列：“{side.name}”没有乡镇 {code}"), where, remedy=remedy,
                    code="crosswalk"))  # fmt: skip
    if len(set(pairs)) < len(pairs):
        found.append(Problem(Text("a pair comes twice", "有重复的对应关系"), where,
                             code="crosswalk"))  # fmt: skip
    return found


def _unknown_zones(walk: Crosswalk, before: Side, after: Side) -> list[Problem]:
    found = []
    later = dict.fromkeys(to for choices in walk.choices.values() for to in choices)
    for code, side in [*((c, before) for c in walk.choices), *((c, after) for c in later)]:
        if code not in side.scheme.codes:
            near = suggest(code, side.scheme.codes) or ", ".join(side.scheme.codes)
            found.append(Problem(
                Text(f"'{code}' is no zone of scheme '{side.scheme.name}'",
                     f"“{code}”不是分区方案“{side.scheme.name}”的分区"), walk.name,
                remedy=Text(f"did you mean {near}?", f"是否指“{near}”？"),
                code="crosswalk"))  # fmt: skip
    return found


def _no_crosswalk(before: Side, after: Side) -> ZoningError:
    names = f"'{before.scheme.name}' and '{after.scheme.name}'"
    ships = ", ".join(crosswalk_names())
    return InputError.one(
        f"the two speak of different zones, {names}: what became of each is not assumed",
        f"两者的分区方案不同（“{before.scheme.name}”与“{after.scheme.name}”），其对应关系不能想当然",
        where="--crosswalk", code="no-crosswalk",
        remedy=(f"give a crosswalk: a file, or {ships}", f"请给出对照表：文件，或随附的 {ships}"),
    )  # fmt: skip


def mirrored(walk: Walk) -> Walk:
    """Read a crosswalk from the other end: every zone becomes all those that became it.

    Examples
    --------
    >>> mirrored(Walk({"a": ("x",), "b": ("x", "y")})).zones
    {'x': ('a', 'b'), 'y': ('b',)}
    """
    zones: dict[str, tuple[str, ...]] | None = None
    if walk.zones is not None:
        zones = {}
        for code, choices in walk.zones.items():
            for to in choices:
                zones[to] = (*zones.get(to, ()), code)
    return Walk(zones, tuple((b, a) for a, b in walk.towns), walk.names)


def codes_of(side: Side, *more: pd.Series) -> list[str]:
    """Give the codes of a side in the order of its scheme, those without a zone at the end."""
    seen = set().union(*(set(s.unique()) for s in more))
    return [*side.scheme.codes, *(c for c in (UNZONED, OUTSIDE) if c in seen)]
