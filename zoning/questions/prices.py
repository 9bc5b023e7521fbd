"""What each rule costs: the plan is made again without it, everything else frozen in m2.

A price is the suitability that the rule keeps from being built. It is an interval, because a plan
with a boundary term comes with a bound and not with equality: the lower end holds what is gained at
least (new plan less old bound), the upper end at most (new bound less old plan). A rule is
free only when the upper end is 0. Prices do not add: rules overlap and share the cap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from zoning.allocation.allocate import allocate
from zoning.allocation.proof.bounded import Boundary, bound_of
from zoning.allocation.result import Allocation
from zoning.base import runs
from zoning.base.memory import give_back
from zoning.capacity.rules import Limit, Lock
from zoning.errors import InputError, Text
from zoning.questions.moves import Moves
from zoning.questions.variants import Variants, variants_of

Kind = Literal[
    "redline", "core", "basic_farmland", "heritage", "water", "lock", "cap", "quota", "floor"
]
Progress = Callable[[int, int, str], None]
_NAMELESS = Text("", "")
_NEEDED = ("rule_code", "piece", "released_m2", "suitability")


@dataclass(frozen=True)
class Price:
    """What one rule costs.

    Parameters
    ----------
    kind : str
        A kind of protection, or ``"cap"``, ``"quota"``, ``"floor"``.
        What sort of rule.
    code : str
        Its code; for limits ``kind:code`` of the place.
    lower, upper : float
        Suitability x m2 that is gained without the rule, at least and at most.
    moved_m2 : int
        Land that is built elsewhere without the rule.
    where : str
        Townships with the largest change, in km2.
    changes : Moves
        Change of new land by piece.
    label : Text
        The rule in words; empty for areas, which have names of their own.
    """

    kind: Kind
    code: str
    lower: float
    upper: float
    moved_m2: int
    where: str
    changes: Moves = field(compare=False)
    label: Text = field(default=_NAMELESS, compare=False)

    @property
    def moves(self) -> pd.Series:
        """Change of new land, m2 (int64, index ``piece``; pieces that change only)."""
        return self.changes.series()

    @property
    def free(self) -> bool:
        """Whether the rule is proved to cost nothing."""
        return self.upper == 0

    def as_dict(self) -> dict[str, Any]:
        """Give the price as plain data."""
        return {
            "kind": self.kind,
            "code": self.code,
            "lower": self.lower,
            "upper": self.upper,
            "moved_m2": self.moved_m2,
            "where": self.where,
        }


@dataclass(frozen=True)
class PriceList:
    """Prices of all rules, dearest first, and of all red lines and locks released together."""

    prices: tuple[Price, ...]
    all_together: Price
    base: Allocation

    def as_dict(self) -> dict[str, Any]:
        """Give the list as plain data."""
        return {
            "prices": [p.as_dict() for p in self.prices],
            "all_together": self.all_together.as_dict(),
            "objective": self.base.objective,
            "unit": "suitability-m2",
        }

    def table(self) -> pd.DataFrame:
        """Give the list as a table, with each price as a share of the plan's worth."""
        rows = [p.as_dict() for p in (*self.prices, self.all_together)]
        table = pd.DataFrame(rows)
        worth = abs(self.base.objective) or 1.0
        table["lower_share"], table["upper_share"] = table["lower"] / worth, table["upper"] / worth
        return table


def release(pieces: pd.DataFrame, released: pd.DataFrame) -> pd.DataFrame:
    """Add land that a rule alone kept from being built.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        The pieces of the plan.
    released : DataFrame
        ``rule_code, piece, released_m2`` (int64, m2), ``suitability`` of that land and, where the
        unit is ecological balance only through this rule, ``township_zone``: the zone whose quota
        all of the unit then draws on (``<NA>`` elsewhere).

    Returns
    -------
    DataFrame
        The same pieces, and one row more per released part, coded ``piece#rule``.

    Examples
    --------
    >>> pieces = pd.DataFrame({"unit": ["u"], "area_m2": [9], "built_m2": [1], "free_m2": [2],
    ...                        "zone": ["balance"], "suitability": [0.5]}, index=["u|t"])
    >>> more = pd.DataFrame({"rule_code": ["R1"], "piece": ["u|t"], "released_m2": [4],
    ...                      "suitability": [0.7], "township_zone": ["key"]})
    >>> release(pieces, more)[["zone", "free_m2"]].reset_index().values.tolist()
    [['u|t', 'key', 2], ['u|t#R1', 'key', 4]]
    """
    missing = [c for c in _NEEDED if c not in released]
    at = np.array([]) if missing else runs.positions(released["piece"], pieces.index)
    if missing or (at < 0).any():
        raise InputError.one(
            f"released land: columns {missing} missing, or a piece is unknown",
            f"释放土地表缺少字段 {missing} 或存在未知地块",
            where="released",
            code="bad-released",
        )
    table = pd.DataFrame(pieces)  # a column is exchanged, none is changed
    if "township_zone" in released and "zone" in table:
        turned = released["township_zone"].notna().to_numpy()
        units = table["unit"].iloc[at[turned]]
        zone_of = dict(zip(units, released["township_zone"][turned], strict=True))
        flips = table["unit"].isin(zone_of).to_numpy()
        zone = table["zone"].copy()
        zone[flips] = table["unit"][flips].map(zone_of).array
        table["zone"] = zone
    some = (released["released_m2"] > 0).to_numpy()
    part, more = released.loc[some], table.iloc[at[some]].copy()
    more["free_m2"] = part["released_m2"].to_numpy()
    more["suitability"] = part["suitability"].to_numpy()
    more[[c for c in ("area_m2", "built_m2") if c in more]] = 0
    names = [f"{p}#{r}" for p, r in zip(part["piece"], part["rule_code"], strict=True)]
    more.index = pd.Index(names, name=table.index.name)
    return pd.concat([table, more]) if len(more) else table


@dataclass(frozen=True)
class _Case:
    """One question: the rule that is left out, and what is left."""

    kind: Kind
    code: str
    pieces: pd.DataFrame
    limits: tuple[Limit, ...]
    locks: tuple[Lock, ...]
    label: Text = _NAMELESS
    released: pd.DataFrame | None = None


def _areas(
    pieces: pd.DataFrame,
    limits: tuple[Limit, ...],
    locks: tuple[Lock, ...],
    released: pd.DataFrame | None,
) -> Iterator[_Case]:
    """One case per area; all of them, and the locks, left out together come last."""
    if released is not None:
        given = released if "kind" in released else released.assign(kind="redline")
        texts = ["rule_code", "kind", "piece"]  # thousands of small parts: plain objects are quick
        given = given.astype(dict.fromkeys(texts, object))
        for (code, kind), part in given.groupby(["rule_code", "kind"]):
            yield _Case(kind, str(code), pieces, limits, locks, released=part)
    yield _Case("redline", "all", pieces, limits, (), released=released)


def _decided(
    pieces: pd.DataFrame, limits: tuple[Limit, ...], locks: tuple[Lock, ...]
) -> Iterator[_Case]:
    """One case per limit, upper and lower, and per lock."""
    for k, limit in enumerate(limits):
        name = limit.key
        if limit.cap_m2 is not None:
            loose = (*limits[:k], replace(limit, cap_m2=None), *limits[k + 1 :])
            word: Kind = "quota" if limit.kind in ("quota", "phase_quota") else "cap"
            yield _Case(word, name, pieces, loose, locks, _upper(limit.label))
        if limit.floor_m2 > 0:
            loose = (*limits[:k], replace(limit, floor_m2=0), *limits[k + 1 :])
            yield _Case("floor", name, pieces, loose, locks, _lower(limit.label))
    for lock in locks:
        others = tuple(x for x in locks if x != lock)
        yield _Case("lock", lock.code, pieces, limits, others, lock.label)


def _upper(label: Text) -> Text:
    return Text(f"{label.en}: upper limit", f"{label.zh}：上限")


def _lower(label: Text) -> Text:
    return Text(f"{label.en}: lower limit", f"{label.zh}：下限")


def _count(
    limits: tuple[Limit, ...], locks: tuple[Lock, ...], released: pd.DataFrame | None
) -> int:
    """Count the areas, limits and locks without making their cases."""
    keys = ["rule_code", "kind"]
    lines = () if released is None else released.filter(keys).drop_duplicates()
    return len(lines) + sum((x.cap_m2 is not None) + (x.floor_m2 > 0) for x in limits) + len(locks)


def prices(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    released: pd.DataFrame | None = None,
    *,
    locks: Sequence[Lock] = (),
    base: Allocation | None = None,
    progress: Progress | None = None,
    **how: Any,
) -> PriceList:
    """Price every red line, cap, quota, floor and lock by leaving it out.

    All other limits stay as they are in m2. Land that only this line protects becomes free, and
    units that are ecological balance only through it draw on their township class's quota.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        As for :func:`zoning.allocation.allocate`.
    limits, locks : sequences
        What was decided.
    released : DataFrame, optional
        As for :func:`release`; a column ``kind`` (of protection) is optional.
    base : Allocation, optional
        The plan with all rules; made here if it is not given.
    progress : callable, optional
        Called with (done, total, code of what comes next): the areas, all of them together, then
        limits and locks.
    **how
        ``boundary_weight, edges, whole_units, core_share, gap, time_limit`` as for ``allocate``.

    Returns
    -------
    PriceList
        Dearest first (by lower, then upper end), ties by kind and code.

    Examples
    --------
    >>> pieces = pd.DataFrame(
    ...     {"unit": ["a", "b"], "township": ["s", "t"], "free_m2": [50, 50],
    ...      "suitability": [0.9, 0.4]}, index=pd.Index(["a|s", "b|t"], name="piece"))
    >>> red = pd.DataFrame({"rule_code": ["R1"], "piece": ["b|t"], "released_m2": [20],
    ...                     "suitability": [0.8]})
    >>> found = prices(pieces, [Limit("city", "city", cap_m2=60)], red)
    >>> [(p.kind, p.code, round(p.lower, 6), p.moved_m2) for p in found.prices]
    [('cap', 'city:city', 16.0, 0), ('redline', 'R1', 4.0, 0)]
    """
    rules, held = tuple(limits), tuple(locks)
    if base is None:
        base = allocate(pieces, rules, locks=held, **how)
    fast = variants_of(pieces, rules, held, base, how)
    if fast is not None and released is not None:
        released = released.assign(row=fast.rows(released["piece"]))
    total = _count(rules, held, released) + 1
    found: list[Price] = []
    for case in _areas(pieces, rules, held, released):
        if progress is not None:
            progress(len(found), total, case.code)
        found.append(_priced(pieces, base, case, how, fast))
    everything = found.pop()
    del fast  # as large as what a solve needs, and no limit is left out on arrays
    give_back()
    # Each case may be a copy of all pieces, so only one is held at a time.
    for case in _decided(pieces, rules, held):
        if progress is not None:
            progress(len(found) + 1, total, case.code)
        found.append(_price(pieces, base, case, how))
    if progress is not None:
        progress(total, total, "")
    found.sort(key=lambda p: (-p.lower, -p.upper, p.kind, p.code))
    return PriceList(tuple(found), everything, base)


def _priced(
    pieces: pd.DataFrame, base: Allocation, case: _Case, how: dict[str, Any], fast: Variants | None
) -> Price:
    """Price one case, on arrays where that can be."""
    if case.released is None:
        return _price(pieces, base, case, how)
    made = None if fast is None else fast.without(case.released)
    if made is None:
        case = replace(case, pieces=release(pieces, case.released))
        return _price(pieces, base, case, how)
    gain = max(0.0, made[0])
    return _told(pieces, case, gain, gain, made[1])


def _price(pieces: pd.DataFrame, base: Allocation, case: _Case, how: dict[str, Any]) -> Price:
    """Solve one case and compare it with the base plan."""
    nothing = _without_solving(base, case, how)
    if nothing is not None:
        return nothing
    other = allocate(case.pieces, case.limits, locks=case.locks, **how)
    old_bound = base.objective if base.bound is None else base.bound
    new_bound = other.objective if other.bound is None else other.bound
    # Leaving a rule out can only help, so a price below 0 is the gap speaking.
    lower = max(0.0, other.objective - old_bound)
    upper = max(0.0, new_bound - base.objective)
    change = _back(other.new_m2, pieces.index) - base.new_m2.reindex(pieces.index).astype("int64")
    return _told(pieces, case, lower, upper, Moves.of(pieces.index, change.to_numpy()))


def _told(pieces: pd.DataFrame, case: _Case, lower: float, upper: float, moves: Moves) -> Price:
    where = moves.where(pieces["township"].array if "township" in pieces else None)
    return Price(case.kind, case.code, lower, upper, moves.moved_m2, where, moves, case.label)


def _back(new: pd.Series, index: pd.Index) -> pd.Series:
    """Add the land of released parts to the pieces that they are parts of."""
    # Parts follow the pieces, so only their few codes are taken apart.
    out = new.iloc[: len(index)].astype("int64").reindex(index)
    parts = new.iloc[len(index) :]
    if len(parts):
        owner = [str(code).split("#")[0] for code in parts.index]
        more = parts.groupby(owner).sum()
        out.loc[more.index] += more
    return out


def _without_solving(base: Allocation, case: _Case, how: dict[str, Any]) -> Price | None:
    """Price a rule by the old prices and flows, if they show that it cannot matter."""
    if base.edges is None or base.bound is None or base.stages is not None:
        return None
    boundary = Boundary(
        base.edges,
        how.get("boundary_weight", 0.0),
        how.get("whole_units", False),
        how.get("core_share", 0.5),
    )
    held = {k: float(y) for k, y in enumerate(base.limits["price"].fillna(0.0))}
    bound = bound_of(case.pieces, case.limits, case.locks, boundary, held)
    upper = max(0.0, bound - base.objective)
    if upper > max(0.0, base.bound - base.objective) + 1e-9 * abs(base.bound):
        return None
    none = Moves.of(case.pieces.index, np.array([], np.int64))
    return _told(case.pieces, case, 0.0, upper, none)
