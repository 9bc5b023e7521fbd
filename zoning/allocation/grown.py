"""Patches of new land that are large enough, where units may be built in part.

The choice is mended, not proved best: of the patches that are too small the half that could grow to
the wished size with the least worth is barred and the land is placed anew, until none is too small.
The bound of the question without this wish stays valid and gives the gap.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.allocate import allocate
from zoning.allocation.model import QUANTUM, exact_dot
from zoning.allocation.proof import bounded as bounded_
from zoning.allocation.proof import certificate as proof
from zoning.allocation.result import Allocation, limit_table
from zoning.base.areas import Ints
from zoning.capacity.rules import Limit, Lock
from zoning.errors import InfeasibleError, InputError, Problem, Text

#: Most rounds of barring and placing anew (our choice; a city takes a handful).
_ROUNDS = 60


def small_units(
    pieces: pd.DataFrame, new_m2: pd.Series, edges: pd.DataFrame, least_m2: int, core_share: float
) -> list[str]:
    """Name the units with new land in patches that are too small.

    A patch is what hangs together over sides: units with new land, and cores (built above
    ``core_share``). One with a core is no patch of its own.

    Examples
    --------
    >>> pieces = pd.DataFrame({"unit": list("abcd"), "area_m2": 100, "built_m2": [0, 0, 0, 90]})
    >>> sides = pd.DataFrame({"a": ["a", "c"], "b": ["b", "d"]})
    >>> small_units(pieces, pd.Series([30, 30, 30, 0]), sides, 80, 0.5)
    ['a', 'b']
    """
    found = _small_patches(_Units(pieces, edges, core_share), new_m2, least_m2)
    return sorted(unit for patch in found for unit in patch)


class _Units:
    """Units of a question: cores, free land with its worth, and who touches whom."""

    def __init__(self, pieces: pd.DataFrame, edges: pd.DataFrame, core_share: float):
        self.of = pieces["unit"].astype(str).to_numpy()
        table = pieces[["unit", "area_m2", "built_m2"]]
        units = table.groupby("unit", sort=True)[["area_m2", "built_m2"]].sum()
        self.names = [str(u) for u in units.index]
        self.core = (units["built_m2"] > core_share * units["area_m2"]).to_numpy()
        at = (units.index.get_indexer(edges[c]) for c in ("a", "b"))
        one, two = at
        known = (one >= 0) & (two >= 0)
        self.a, self.b = one[known], two[known]
        self.near: list[list[int]] = [[] for _ in self.names]
        for i, j in zip(self.a.tolist(), self.b.tolist(), strict=True):
            self.near[i].append(j)
            self.near[j].append(i)
        self.land: list[list[tuple[float, int]]] = [[] for _ in self.names]
        if "free_m2" in pieces:
            place = {u: k for k, u in enumerate(self.names)}
            worth = pieces["suitability"].astype("Float64").fillna(0.0)
            for u, s, free in zip(self.of, worth, pieces["free_m2"], strict=True):
                self.land[place[str(u)]].append((float(s), int(free)))

    def sum(self, new_m2: pd.Series) -> Ints:
        """Add up new land by unit."""
        total = pd.Series(new_m2.to_numpy()).groupby(self.of).sum().reindex(self.names)
        out: Ints = total.to_numpy(dtype=np.int64)
        return out


def _small_patches(units: _Units, new_m2: pd.Series, least_m2: int) -> list[list[str]]:
    """List the patches without a core whose new land is less than wished."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    land = units.sum(new_m2)
    here = units.core | (land > 0)
    both = here[units.a] & here[units.b]
    n = len(units.names)
    ends = (units.a[both], units.b[both])
    graph = sparse.csr_array((np.ones(int(both.sum())), ends), shape=(n, n))
    label = connected_components(graph, directed=False)[1]
    total = np.zeros(n, dtype=np.int64)
    np.add.at(total, label, land)
    cores = np.bincount(label, weights=units.core.astype(float), minlength=n) > 0
    small = (land > 0) & ~cores[label] & (total[label] < least_m2)
    found: dict[int, list[str]] = {}
    for k in np.flatnonzero(small):
        found.setdefault(int(label[k]), []).append(units.names[k])
    return list(found.values())


def _prospect(units: _Units, patch: list[str], barred: set[str], least_m2: int) -> float:
    """Give the mean worth of a patch grown to the wished size by its best neighbours.

    Minus infinity where its surroundings have no such land, and no core to grow into.
    """
    place = {u: k for k, u in enumerate(units.names)}
    seen = {place[u] for u in patch}
    queue: list[tuple[float, int]] = []
    worth, land = 0.0, 0

    def take(k: int) -> None:
        nonlocal worth, land
        for s, free in sorted(units.land[k], reverse=True):
            m2 = min(free, least_m2 - land)
            worth, land = worth + s * m2, land + m2
        for other in units.near[k]:
            if other not in seen and units.names[other] not in barred and units.land[other]:
                seen.add(other)
                best = max(s for s, _ in units.land[other])
                heapq.heappush(queue, (-best, other))

    for k in sorted(seen):
        take(k)
    while queue and land < least_m2:
        _, k = heapq.heappop(queue)
        if units.core[k]:  # it would be part of what is built
            return worth / land if land else -np.inf
        take(k)
    return worth / land if land >= least_m2 else -np.inf


def allocate_patches(
    pieces: pd.DataFrame, limits: Sequence[Limit], *, least_m2: int, edges: pd.DataFrame,
    locks: Sequence[Lock] = (), **how: Any,
) -> Allocation:  # fmt: skip
    """Place new land so that no patch of it is smaller than wished.

    Parameters
    ----------
    pieces, limits, edges, locks
        As for :func:`zoning.allocation.allocate`.
    least_m2 : int
        Least new land of a patch without a core, m2.
    **how
        Further arguments of :func:`zoning.allocation.allocate`.

    Returns
    -------
    Allocation
        With the bound of the plan without the wish; ``method`` ends in ``+patches``.

    Raises
    ------
    InputError
        With whole units, phases or land that goes.
    InfeasibleError
        If the rules cannot hold together, or only with smaller patches.
    """
    if how.get("whole_units") or how.get("attached"):
        raise InputError.one(
            "min_patch_m2 is for fractions of units; whole units have min_patch_units",
            "min_patch_m2 用于按比例分配；整单元请用 min_patch_units", where="[allocation]",
            code="patches",
        )  # fmt: skip
    core = float(how.get("core_share", 0.5))
    first = allocate(pieces, limits, locks=locks, edges=edges, **how)
    if first.stages is not None:
        raise InputError.one(
            "min_patch_m2 cannot be kept with phases or land that goes",
            "分期或减量时不支持 min_patch_m2", where="[allocation] min_patch_m2", code="patches",
        )  # fmt: skip
    units, made, barred = _Units(pieces, edges, core), first, set[str]()
    for _ in range(_ROUNDS):
        small = _small_patches(units, made.new_m2, least_m2)
        if not small:
            break
        ranked = sorted((_prospect(units, p, barred, least_m2), p) for p in small)
        for _, patch in ranked[: (len(ranked) + 1) // 2]:
            barred.update(patch)
        barred.update(u for hope, patch in ranked if hope == -np.inf for u in patch)
        shut = Lock("patches", "out", tuple(sorted(barred)), name=Text("small patches", "小斑块"))
        try:
            made = allocate(pieces, limits, locks=[*locks, shut], edges=edges, **how)
        except InfeasibleError as error:
            raise _impossible(least_m2) from error
    else:
        raise _impossible(least_m2)
    return first if made is first else _proved(pieces, limits, locks, edges, first, made, how)


def _impossible(least_m2: int) -> InfeasibleError:
    what = Text(
        f"floors and locks cannot be kept with patches of new land of {least_m2:,} m² or more",
        f"新增斑块不小于 {least_m2:,} m² 时，下限与锁定无法同时满足",
    )
    remedy = Text("lower min_patch_m2, or the floors", "请调低 min_patch_m2 或下限")
    return InfeasibleError([
        Problem(what, "[allocation] min_patch_m2", limit=least_m2, code="patches", remedy=remedy)
    ])  # fmt: skip


def _proved(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock], edges: pd.DataFrame,
    first: Allocation, made: Allocation, how: dict[str, Any],
) -> Allocation:  # fmt: skip
    """Give the mended plan with the bound that the first one proves for every plan."""
    new = made.new_m2
    known = not first.limits["price"].isna().any()
    prices = {k: float(p) for k, p in enumerate(first.limits["price"])} if known else None
    weight = float(how.get("boundary_weight", 0.0))
    flows = first.edges if first.edges is not None else edges
    steps = np.round(pieces["suitability"].astype("Float64").fillna(0.0).to_numpy(float) * QUANTUM)
    worth = exact_dot(steps.astype(np.int64), new.to_numpy(np.int64)) / QUANTUM
    if prices is None:
        bound = worth if first.bound is None else max(first.bound, worth)
        cert = proof.word_of_solver(pieces, limits, locks, new, worth, bound)
    else:
        way = bounded_.Boundary(flows, weight)
        cert = bounded_.bounded(pieces, limits, locks, new, way, prices, stated_gap=np.inf)
    return replace(
        made, method=f"{first.method}+patches", objective=cert.objective, bound=cert.bound,
        gap=cert.gap, certificate=cert, suitability_m2=worth, edges=first.edges,
        limits=limit_table(pieces, limits, new, prices), seconds=first.seconds + made.seconds,
    )  # fmt: skip
