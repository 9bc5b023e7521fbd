"""How firm a plan is: draws, other lattices and clusters in one answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api.making import taken
from zoning.api.plan import Plan

if TYPE_CHECKING:
    from zoning.questions.stability import (
        Acceptability,
        CrossCheck,
        Doubts,
        GridStability,
        Sensitivity,
        StabilityResult,
    )


@dataclass(frozen=True)
class Stability:
    """What was found out about the firmness of a plan.

    Attributes
    ----------
    plan : Plan
        With ``stability`` (and ``grid_stability``) on its units and townships, to be saved.
    draws : StabilityResult
        Other weights and thresholds.
    sensitivity : Sensitivity
        Which weight, cut or input the zones hang on (Morris' screening).
    lattices : GridStability or None
        Other origins and cells, where asked for.
    clusters : tuple of CrossCheck
        Clusters and TOPSIS beside the zones.
    free : Acceptability or None
        Weights left entirely open (SMAA).
    doubts : Doubts or None
        Each source of error alone and all together, where asked for.
    """

    plan: Plan
    draws: StabilityResult
    sensitivity: Sensitivity
    lattices: GridStability | None
    clusters: tuple[CrossCheck, ...]
    free: Acceptability | None = None
    doubts: Doubts | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data for ``--json``."""
        answer: dict[str, Any] = self.draws.as_dict()
        answer["sensitivity"] = self.sensitivity.as_dict()
        if self.lattices is not None:
            answer["lattices"] = self.lattices.as_dict()
        if self.clusters:
            answer["cross_check"] = [
                {
                    "method": c.method, "kappa": c.kappa, "chance": round(c.chance, 6),
                    "moved": [str(t) for t in c.moved.index],
                }
                for c in self.clusters
            ]  # fmt: skip
        if self.free is not None:
            answer["smaa"] = self.free.as_dict()
        if self.doubts is not None:
            answer["doubts"] = self.doubts.as_dict()
        return answer


def stability(
    plan: Plan | str | Path,
    *,
    draws: int = 10_000,
    weights: float = 0.2,
    cuts: float = 0.05,
    overlays: float = 0.1,
    seed: int = 20_131,
    lattices: bool = False,
    doubts: int = 200,
    workers: int = 1,
    engine: str | None = None,
    scheduler: str | None = None,
) -> Stability:
    """Say how firm the zones are under other weights, thresholds and lattices.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    draws : int
        Number of draws.
    weights, cuts, overlays : float
        Half-widths, [0, 1): of the uniform factors on weights, of the move of cuts in shares of
        their span, of the thresholds of overlays.
    seed : int
        Written into the result.
    lattices : bool
        Also shift the lattice and change its cell.
    doubts : int
        Draws of each source of error alone (weights, cuts, scales, cells, inputs with the errors of
        ``[errors]``, land-use map, overlays, choice of method) and of all together; 0 for none.
    workers, engine, scheduler
        What measures the blocks of other lattices, as in :func:`zoning.api.run`.

    Returns
    -------
    Stability

    Raises
    ------
    InputError
        If the plan has no townships, or a number is out of range.
    """
    import pandas as pd

    from zoning.pipeline.method import load_method
    from zoning.questions import stability as room
    from zoning.questions.answer import zones_on
    from zoning.scale.engine import choose

    whole = taken(plan)
    found = room.run(whole, draws=draws, weights=weights, cuts=cuts, overlays=overlays, seed=seed)
    units = whole.units.copy()
    columns = {"stability": found.units["stability"]}
    grids = None
    if lattices:
        measure = choose(workers, engine, scheduler)
        grids = room.grid_stability(whole, lambda grid: zones_on(whole, grid, measure))
        columns["grid_stability"] = grids.units["grid_stability"]
    for name, values in columns.items():
        if name in units:
            units = units.drop(columns=name)
        units.insert(units.columns.get_loc("geometry"), name, values)
    clusters: tuple[CrossCheck, ...] = ()
    free: Acceptability | None = None
    townships = whole.townships
    if townships is not None:
        decided = pd.DataFrame(townships[townships["zone_reason"] != "override"])
        method = load_method(whole.config)
        clusters = room.opinions(decided, method)
        if method.dimensions:  # rules weigh nothing
            free = room.smaa(decided, method, seed=seed)
        townships = townships.assign(stability=found.townships["stability"])
    hangs = room.screen(whole, weights=weights, cuts=cuts, seed=seed, trajectories=20)
    told = None
    if doubts > 0:
        told = room.doubts(
            whole, draws=doubts, weights=weights, cuts=cuts, overlays=overlays, seed=seed
        )
    answer = Stability(whole, found, hangs, grids, clusters, free, told)
    kept = {k: v for k, v in answer.as_dict().items() if k not in ("units", "townships")}
    firm = replace(whole, units=units, townships=townships, run={**whole.run, "stability": kept})
    return replace(answer, plan=firm)
