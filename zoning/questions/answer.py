"""Questions to a finished plan: another cap, weight, lock or quota, and what each rule costs.

Everything starts from the written plan: pieces, ledger and rules. Zones stay as they are. A plan
made by an answer knows its rules, so it can be asked again: what has a place in plan.toml stands in
its configuration, locks of units stand in ``run["what_if"]``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning import zones
from zoning.allocation import Allocation, allocate
from zoning.allocation.files.export import write_lp, write_mps
from zoning.allocation.files.marxan import write_marxan
from zoning.allocation.files.programme import programme
from zoning.allocation.proof.bounded import Boundary
from zoning.allocation.space import lattice_edges
from zoning.base.memory import give_back
from zoning.capacity import Account, account, cap_rules
from zoning.errors import InputError, ZoningError
from zoning.grid.lattice import GridSpec
from zoning.inputs.layers import Layers
from zoning.ledger import atoms, sums
from zoning.ledger.tiles import MapBlocks, in_process
from zoning.pipeline import protected
from zoning.pipeline.assemble import Solved, assemble, offered, place
from zoning.plan import Plan
from zoning.planfile.models import Config
from zoning.questions import curves as what_if
from zoning.questions.alternatives import Alternative, alternatives
from zoning.questions.frozen import frozen
from zoning.questions.losses import losses
from zoning.questions.prices import PriceList, prices
from zoning.questions.question import Question, changed, locked
from zoning.questions.question import locks as locks_of
from zoning.questions.released import classes_of, released

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = [
    "Question", "account_of", "ask", "classes_of", "curves", "price_list", "released", "several",
    "with_allocation", "write_problem", "zones_on",
]  # fmt: skip


def ask(plan: Plan, question: Question) -> tuple[Account, Allocation]:
    """Make the allocation again under other rules.

    Locks of units have no place in plan.toml; those of a plan that an answer made stand in
    ``run["what_if"]`` and hold here too, as they do for prices, curves and written problems.

    Raises
    ------
    InputError
        If the plan has no construction account, or a unit is unknown.
    InfeasibleError
        If the rules cannot hold together.
    """
    config = changed(plan.config, question)
    acc, pieces = account_of(plan, config)
    locks = locks_of(plan, question)
    found = place(
        pieces, acc, config, plan.units.index, plan.grid.cell_m, locks,
        gap=question.gap, seconds=question.seconds,
    )  # fmt: skip
    return acc, found


def several(
    plan: Plan, question: Question, count: int, within: float
) -> tuple[Account, Allocation, list[Alternative]]:
    """Make the best plan and further ones; see :mod:`zoning.questions.alternatives`.

    Raises
    ------
    InputError
        If the plan has no construction account, a unit is unknown, or wishes about patches are
        part of the plan, which the further plans would not keep.
    InfeasibleError
        If the rules cannot hold together.
    """
    config = changed(plan.config, question)
    part = config.allocation
    if part.min_patch_units > 1 or part.attached or part.min_patch_m2:
        raise InputError.one(
            "several plans cannot keep wishes about patches (min_patch_units, attached)",
            "多方案不支持斑块要求（min_patch_units、attached）", where="[allocation]",
            code="patches",
        )  # fmt: skip
    if config.cap.phase or config.cap.reduction or part.goals:
        raise InputError.one(
            "several plans cannot keep phases, land that goes or goals",
            "多方案不支持分期、减量与多目标", where="[cap]", code="stages",
        )  # fmt: skip
    acc, best = ask(plan, question)
    pieces = account_of(plan, config)[1]
    weight, whole = part.boundary_weight, part.whole_units
    edges = _edges(plan, weight, whole)
    how = None if edges is None else Boundary(edges, weight, whole, part.core_share)
    if best.status == "interrupted":
        return acc, best, []
    further = alternatives(
        pieces, acc.limits, best, count, within, locks=locks_of(plan, question), how=how,
        seconds=question.seconds,
    )  # fmt: skip
    return acc, best, further


def answer(plan: Plan, question: Question) -> Plan:
    """Give the plan that a question makes; it can be saved, verified and asked again.

    Raises
    ------
    InputError
        If the plan has no construction account, or a unit is unknown.
    InfeasibleError
        If the rules cannot hold together.
    """
    return with_allocation(plan, *ask(plan, question), question)


def _edges(plan: Plan, weight: float, whole: bool) -> pd.DataFrame | None:
    if weight <= 0 and not whole:
        return None
    return lattice_edges(plan.units.index, plan.grid.cell_m)


def account_of(plan: Plan, config: Config | None = None) -> tuple[Account, pd.DataFrame]:
    """Draw up the account of a written plan again; give it with the pieces that may be built on.

    Raises
    ------
    InputError
        If the plan has no land use or no zones.
    """
    pieces = plan.pieces
    if pieces is None or "free_m2" not in pieces or "zone" not in pieces:
        raise _no_account(plan)
    pieces = pieces.assign(
        zone=pieces["zone"].astype("string"), township_zone=pieces["township_zone"].astype("string")
    )
    config = config or plan.config
    green = int(pieces["eco_agri_m2"].sum())
    rules = cap_rules(config, plan.counties, plan.townships)
    acc = account(pieces, rules, int(plan.run["area_m2"]["city"]), eco_agri_m2=green)
    if acc.cap_m2 is None:
        raise InputError.one(
            "the plan states no cap on construction land, so there is nothing to allocate",
            "本方案未规定建设用地上限，无法分配新增建设用地", where=plan.name, code="no-cap",
            remedy=("state [cap] share in plan.toml, or ask with --cap",
                    "请在 plan.toml 写明 [cap] share，或用 --cap 提问"),
        )  # fmt: skip
    return acc, offered(pieces)


def _no_account(plan: Plan) -> ZoningError:
    return InputError.one(
        "the plan has no construction account: it lacks land use or townships",
        "本方案没有建设用地台账：缺少用地或乡镇数据", where=plan.name, code="no-account",
    )  # fmt: skip


def price_list(
    plan: Plan, *, boundary_weight: float | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> PriceList:  # fmt: skip
    """Price every red line, cap, quota, floor and lock of a plan; see `zoning.questions.prices`.

    Parameters
    ----------
    boundary_weight : float, optional
        Weight of the boundary; by default that of the plan.
    progress : callable, optional
        Called with (done, all, code).
    """
    acc, pieces = account_of(plan)
    weight = changed(
        plan.config, Question(boundary_weight=boundary_weight)
    ).allocation.boundary_weight
    how: dict[str, Any] = {
        "locks": locks_of(plan), "boundary_weight": weight, "edges": _edges(plan, weight, False)
    }  # fmt: skip
    limits, pieces = frozen(plan, acc, pieces)
    # Sums that no limit counts would be copied with each solve.
    unread = {*sums.RED_SUMS, *sums.USE_SUMS} - {"built_m2", "free_m2"}
    pieces = pieces.drop(columns=[c for c in pieces if c in unread])
    freed = released(plan)
    give_back()
    return prices(pieces, limits, freed, progress=progress, **how)


def with_allocation(plan: Plan, acc: Account, found: Allocation, question: Question) -> Plan:
    """Give the plan that an answer makes: new land in every table, the rules it was made under.

    Parameters
    ----------
    plan : Plan
        The plan that was asked.
    acc, found
        What :func:`ask` answered.
    question : Question
        What was asked. Its cap, quotas, weight and whole units go into the configuration, its
        locks into ``run["what_if"]``; so the new plan, asked without a change, answers the same.

    Returns
    -------
    Plan
        Zones stay; everything that speaks of new land is made and checked again.

    Raises
    ------
    InputError
        If the plan has no construction account.
    """
    if plan.pieces is None:
        raise _no_account(plan)
    config = changed(plan.config, question)
    part = config.allocation.model_copy(update={"enabled": True})
    config = config.model_copy(update={"allocation": part})
    # What several plans agreed on, or what changed since another, says nothing of this one.
    gone = ("alternatives", "diff", "losses")
    kept = tuple(c for c in plan.contributions if c.wing not in gone)
    plan = replace(plan, contributions=kept)
    parts = sums.split(plan.ledger, classes_of(plan), plan.scheme.counted)
    solved = Solved(acc, found, locks=locks_of(plan, question))
    return assemble(plan, solved, config, parts=parts, locked=locked(plan, question))


def zones_on(plan: Plan, grid: GridSpec, map_blocks: MapBlocks = in_process) -> gpd.GeoDataFrame:
    """Zone the city of a plan on another lattice, with the township classes it has.

    Its blocks are measured by an engine, as those of a run.

    Returns
    -------
    GeoDataFrame, index ``unit``
        ``zone`` and the whole squares of ``grid``.

    Raises
    ------
    InputError
        If the plan lacks townships, or is of version 0.1.0 and has other protections, whose
        shapes its folder does not keep.
    """
    kept = protected.of_plan(plan)
    lost = kept is None and (plan.ledger["protected_by"] != "").any()
    if lost or plan.townships is None:
        raise InputError.one(
            "other lattices cannot be tried: the plan lacks townships, or was made by a version "
            "that kept no shapes of protections",
            "无法在其他网格上检验：方案缺少乡镇，或由未保存保护区形状的旧版本生成",
            where=plan.name, code="no-lattice",
            remedy=("run the plan again", "请重新运行方案"),
        )  # fmt: skip
    layers = Layers(plan.city.geometry.iloc[0], plan.townships, plan.redlines, kept)
    ledger = atoms.build(layers, grid, map_blocks=map_blocks)
    parts = sums.split(ledger.atoms, None, plan.scheme.counted)
    units, _ = sums.describe_units(ledger, parts, plan.townships["name"])
    sums.add_overlays(units, parts, plan.scheme)
    assigned = zones.assign_units(units, plan.townships, scheme=plan.scheme)
    return units[["area_m2", "geometry"]].assign(zone=assigned["zone"])


def curves(plan: Plan, base: Allocation) -> dict[str, pd.DataFrame]:
    """Make the cap ladder, the trade-off curve and the worth of a hectare per county.

    Returns
    -------
    dict of DataFrame
        ``cap_ladder``, ``trade_off``, ``worth_of_a_hectare``: see `zoning.questions.curves`.
    """
    acc, pieces = account_of(plan)
    edges = lattice_edges(plan.units.index, plan.grid.cell_m)
    city_m2 = int(plan.run["area_m2"]["city"])
    locks = locks_of(plan)
    return {
        "cap_ladder": what_if.cap_ladder(
            pieces,
            cap_rules(plan.config),
            city_m2,
            locks=locks,
            eco_agri_m2=int(pieces["eco_agri_m2"].sum()),
        ),
        "trade_off": what_if.trade_off(pieces, acc.limits, edges, locks=locks),
        "worth_of_a_hectare": what_if.worth_of_a_hectare(pieces, acc.limits, base, locks=locks),
    }


def unit_losses(
    plan: Plan, units: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Bound what the plan loses when a unit is barred or forced; see `questions.losses`."""
    acc, pieces = account_of(plan)
    part = plan.config.allocation
    edges = _edges(plan, part.boundary_weight, part.whole_units)
    how: dict[str, Any] = {
        "locks": locks_of(plan), "boundary_weight": part.boundary_weight, "edges": edges,
        "whole_units": part.whole_units, "core_share": part.core_share,
    }  # fmt: skip
    limits, pieces = frozen(plan, acc, pieces)
    base = allocate(pieces, limits, **how)
    return losses(pieces, limits, base, units=units, progress=progress, **how)


def caps(plan: Plan, shares: Sequence[float]) -> pd.DataFrame:
    """Make the plan under one cap after the other; see `zoning.questions.curves.cap_ladder`."""
    config = changed(plan.config, Question(cap=shares[0]))
    _, pieces = account_of(plan, config)
    part = config.allocation
    edges = _edges(plan, part.boundary_weight, part.whole_units)
    return what_if.cap_ladder(
        pieces, cap_rules(config), int(plan.run["area_m2"]["city"]), shares=shares,
        locks=locks_of(plan), boundary_weight=part.boundary_weight, edges=edges,
        whole_units=part.whole_units, core_share=part.core_share,
        eco_agri_m2=int(pieces["eco_agri_m2"].sum()),
    )  # fmt: skip


def write_problem(
    plan: Plan, to: str, folder: Path, *, boundary_weight: float | None = None
) -> list[Path]:
    """Write the exact question of the allocation, so that others can check our optimum.

    Parameters
    ----------
    to : {"mps", "lp", "marxan"}
        MPS and LP are read by most solvers. Marxan knows whole units and, of limits, only what a
        cap says of its complement; what cannot be said in its terms is refused with the reason.
    boundary_weight : float, optional
        Weight of the boundary; by default that of the plan.

    Returns
    -------
    list of Path
    """
    acc, pieces = account_of(plan)
    part = changed(plan.config, Question(boundary_weight=boundary_weight)).allocation
    weight, whole = part.boundary_weight, part.whole_units or to == "marxan"
    how = Boundary(
        lattice_edges(plan.units.index, plan.grid.cell_m), weight, whole, part.core_share
    )
    locks = locks_of(plan)
    limits, pieces = frozen(plan, acc, pieces)
    if to == "marxan":  # what is refused leaves no folder
        return [write_marxan(pieces, limits, folder / "marxan", locks=locks, how=how)]
    folder.mkdir(parents=True, exist_ok=True)
    question = programme(pieces, limits, locks, how=how if weight > 0 or whole else None)
    write = write_mps if to == "mps" else write_lp
    return [write(question, folder / f"allocation.{to}")]
