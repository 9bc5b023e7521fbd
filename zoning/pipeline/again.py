"""A written plan zoned again under other rules, from its folder alone: nothing is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from zoning import zones
from zoning.base import runs
from zoning.capacity import Lock, account, cap_rules
from zoning.capacity.own import add_coefficients
from zoning.errors import InfeasibleError, InputError
from zoning.ledger import sums
from zoning.pipeline.assemble import place
from zoning.pipeline.method import load_method
from zoning.pipeline.ready import Ready, settle_method
from zoning.pipeline.state import State
from zoning.pipeline.steps import class_townships, class_units
from zoning.plan import Plan
from zoning.planfile.models import Config

#: Columns of townships and units that a run writes beside the classes.
_TOWNS = ("why_en", "why_zh", "new_m2")
_UNITS = (
    "township_zone", "zone", "zone_reason", "overlays", "suitability", "runner_up", "margin",
    "next_by", "new_m2",
)  # fmt: skip


def zone_again(
    plan: Plan,
    config: Config,
    decisions: pd.DataFrame | None,
    classes: pd.DataFrame | None,
    *,
    locks: tuple[Lock, ...] = (),
    folder: Path | None = None,
    allocate: bool = True,
) -> State:
    """Give a plan's places the zones and the new land that other rules would give.

    Parameters
    ----------
    plan : Plan
        What it measured is taken as it stands.
    config : Config
        The rules; its inputs are not read.
    decisions : DataFrame or None
        Decisions on record.
    classes : DataFrame or None
        Classes of the land use (:func:`zoning.questions.released.classes_of`).
    locks : tuple of Lock
        Units that a question locked.
    folder : Path, optional
        Where tables of limits are.
    allocate : bool
        Whether new land is placed too; ``new_m2`` is missing without, or if rules contradict one
        another.

    Returns
    -------
    State
        ``units`` and ``towns`` as a run has them.

    Raises
    ------
    InputError
        If the method cannot be read, or asks for what the plan does not have.
    """
    config = settle_method(config, folder or Path())
    method = load_method(config)
    if plan.townships is None:
        raise InputError.one(
            "the plan has no townships to class", "方案没有乡镇，无从判定", where=plan.name,
            code="no-townships",
        )  # fmt: skip
    ready = Ready(config, None, method, decisions)  # type: ignore[arg-type]
    parts = sums.split(plan.ledger, classes, ready.scheme.counted)
    units = plan.units.drop(columns=[*_UNITS], errors="ignore")
    red_known = plan.redlines is not None or config.redlines.none
    if red_known:
        units["protected_m2"] = runs.total(parts["protected_m2"], parts["unit"], units.index)
    sums.add_overlays(units, parts, ready.scheme, red_known=red_known)
    state = State(units=units, shares=pd.DataFrame(), pieces=sums.pieces(parts))
    state.townships = _bare(plan, [method, *_old_method(plan)])
    said = class_townships(ready, state)
    class_units(ready, state, said)
    if allocate and "built_m2" in parts:
        _place(plan, config, state, parts, locks, folder)
    return state


def _old_method(plan: Plan) -> list[zones.Method]:
    try:
        return [load_method(plan.config)]
    except InputError:
        return []


def _bare(plan: Plan, methods: list[zones.Method]) -> gpd.GeoDataFrame:
    """Take away from the townships what a method says of them."""
    towns: Any = plan.townships
    table = pd.DataFrame(towns.drop(columns="geometry"))
    said = set(_TOWNS)
    for method in methods:
        said |= {*zones.settled(zones.classify_townships(table, method), towns["zone"]).columns}
    kept = towns.drop(columns=[c for c in towns.columns if c in said])
    back = {f"given_{c}": c for c in said if f"given_{c}" in kept}
    return kept.rename(columns=back)


def _place(
    plan: Plan, config: Config, state: State, parts: pd.DataFrame, locks: tuple[Lock, ...],
    folder: Path | None,
) -> None:  # fmt: skip
    """Place new land where there is a cap, as a run does."""
    rules = cap_rules(config, plan.counties, plan.townships)
    state.pieces = add_coefficients(state.pieces, rules.own, state.units, folder)
    green, city = int(parts["eco_agri_m2"].sum()), int(plan.run["area_m2"]["city"])
    acc = account(state.pieces, rules, city, eco_agri_m2=green)
    if acc.cap_m2 is None or not config.allocation.enabled:
        return
    try:
        found = place(
            state.pieces, acc, config, state.units.index, plan.grid.cell_m, locks
        )  # fmt: skip
    except InfeasibleError:
        return
    unit = state.pieces.loc[found.new_m2.index, "unit"]
    state.units["new_m2"] = runs.total(found.new_m2, unit, state.units.index)
