"""A written plan proved again from its files alone, by a second way.

Each small module of this room looks at one thing: `areas` and `shapes` at what was measured,
`zones` at classes, `limits` and `proof` at new land, `files` at every file of the folder,
`inputs` at what was read, `versions` at changes since another plan. Where areas, free land,
limits and the proof without a boundary term are concerned none of them calls what a run calls.
Nothing is solved here and no solver is asked.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd

from zoning.allocation.landscape import Patches
from zoning.allocation.proof import certificate as proofs
from zoning.allocation.proof.bounded import Boundary, bounded
from zoning.allocation.proof.certificate import Certificate
from zoning.allocation.space import lattice_edges
from zoning.allocation.stages import stages_of
from zoning.capacity import Account, settle
from zoning.capacity.reductions import net_new
from zoning.digest import digest
from zoning.errors import Check, Text
from zoning.pipeline.checks import certificate_check
from zoning.plan import Plan
from zoning.questions.answer import account_of
from zoning.questions.frozen import frozen
from zoning.questions.question import locks as locks_of
from zoning.verify import (
    accounts,
    areas,
    beyond,
    checked,
    clusters,
    fair,
    figures,
    files,
    goals,
    inputs,
    landscape,
    limits,
    lists,
    parks,
    patches,
    proof,
    protected,
    redlines,
    shapes,
    spread,
    stages,
    ten,
    told,
    versions,
    zones,
)
from zoning.verify.compare import Findings
from zoning.verify.overlays import overlays
from zoning.verify.own import own

#: Prices are stored per m2 and proved in steps of 1e-9.
_STEP = 10**9


def verify(plan: Plan, folder: Path | None = None, *, inputs_in: Path | None = None) -> list[Check]:
    """Audit a plan as it was read from its folder.

    Parameters
    ----------
    plan : Plan
        Of :func:`zoning.store.load`.
    folder : Path, optional
        The folder, to read back every file of it.
    inputs_in : Path, optional
        Where the inputs of the run lie, to read and measure them again.

    Returns
    -------
    list of Check
        What was proved, from what; what was not looked at (notes); every difference with file,
        place and both values.
    """
    found = Findings()
    atoms = areas.audit(plan, found)
    areas.audit_classes(plan, found)
    shapes.audit(plan, found)
    zones.audit(plan, atoms, found)
    accounts.audit(plan, atoms, found)
    redlines.audit(plan, atoms, found)
    protected.audit(plan, atoms, found)
    spread.audit(plan, found)
    found.checks += overlays(plan)
    found.checks += own(plan)
    fair.audit(plan, found)
    beyond.audit(plan, found)
    clusters.audit(plan, found)
    ten.audit(plan, found)
    parks.audit(plan, found)
    lists.audit(plan, found)
    patches.audit(plan, found)
    landscape.audit(plan, found)
    figures.audit(plan, found)
    checked.audit(plan, atoms, found)
    versions.audit(plan, found)
    if plan.pieces is not None and "free_m2" in plan.pieces:
        _new_land(plan, found)
    if folder is not None and "digest" in plan.run:
        is_ = digest(plan)
        found.add("verify.digest", is_ == plan.run["digest"],
                  Text(f"digest {is_}", f"摘要 {is_}"), "run.json, digest", measured=is_,
                  limit=plan.run["digest"])  # fmt: skip
    if folder is not None:
        files.audit(plan, folder, found)
    if inputs_in is not None:
        inputs.audit(plan, inputs_in, found)
    else:
        found.not_looked_at(Text("the inputs themselves: zoning verify --inputs FOLDER reads them",
                                 "输入数据本身：可用 --inputs 核对"))  # fmt: skip
    return found.checks


def _new_land(plan: Plan, found: Findings) -> None:
    """Hold new land of units and places, its limits and its proof against the pieces."""
    pieces = plan.pieces
    if pieces is None:
        return
    for column in ("new_m2", "reduced_m2"):
        if column not in pieces:
            continue
        for name, frame, key in (("units.parquet", plan.units, "unit"),
                                 ("plan.gpkg: townships", plan.townships, "township"),
                                 ("plan.gpkg: counties", plan.counties, "county")):  # fmt: skip
            if frame is None:
                continue
            total = areas.add_up(pieces, [key], [column])[column]
            total = total.reindex(frame.index, fill_value=0)
            stored = frame[column] if column in frame else pd.Series(dtype="int64")
            found.column("verify.new_land", f"{name}, {column}", stored, total,
                         source=Text("pieces", "地块"))  # fmt: skip
    if "suitability" in pieces and "suitability" in plan.units:
        known = plan.units["suitability"]
        found.column(
            "verify.suitability", "plan.gpkg: pieces, suitability",
            pieces["suitability"].astype("float64"),
            known.astype("float64").reindex(pieces["unit"], fill_value=-1.0).set_axis(pieces.index),
            source=Text("units.parquet", "units.parquet"),
        )  # fmt: skip
        _suitability(plan, found)
    if "zone" in pieces:
        _limits(plan, found)
        told.audit(plan, found)


def _limits(plan: Plan, found: Findings) -> None:
    """Draw the limits again, hold the new land against them, and prove it."""
    if plan.config.cap.limit or plan.config.allocation.goals:
        _own_limits(plan, found)
        goals.audit(plan, found)
        return
    land = limits.land_of(plan)
    rules, account = limits.rules_of(plan, land)
    if "construction" in plan.run:
        limits.audit(plan, land, rules, account, found)
    proof.audit(plan, land, rules, found)
    part = plan.config.allocation
    if "allocation" in plan.run and (part.boundary_weight > 0 or part.whole_units):
        acc, pieces = account_of(plan)
        certificate = certify(plan, acc, pieces)
        if certificate is not None:
            found.checks.append(certificate_check(certificate))


def _own_limits(plan: Plan, found: Findings) -> None:
    """Hold a plan with limits of its own: they count coefficients, as the run's account does."""
    found.not_looked_at(Text(
        "limits by a second way: the plan has limits of its own, added up as in a run",
        "约束的另一套算法：方案有自定约束，按运行时的方法相加"))  # fmt: skip
    stages.audit(plan, limits.land_of(plan), found)
    if "allocation" not in plan.run or plan.pieces is None:
        return
    acc, pieces = account_of(plan)
    new = plan.pieces["new_m2"].astype("int64")
    green = int(pieces["eco_agri_m2"].sum()) - int(net_new(plan.pieces).sum())
    found.checks += settle(acc, pieces, new, eco_agri_m2=green)
    certificate = certify(plan, acc, pieces)
    if certificate is not None:
        found.checks.append(certificate_check(certificate))


def _suitability(plan: Plan, found: Findings) -> None:
    """Score the units again from their shares and the scores of the townships."""
    from zoning.errors import ZoningError
    from zoning.pipeline.ready import load_method
    from zoning.zones import unit_suitability

    try:
        method = load_method(plan.config)
    except ZoningError:
        return
    if method.suitability is None or plan.townships is None:
        return
    derived = unit_suitability(plan.units, plan.townships, method)
    found.column(
        "verify.suitability", "units.parquet, suitability",
        plan.units["suitability"], derived, tolerance=1e-9,
        source=Text("shares and the method", "比例与方法"),
    )  # fmt: skip


def certify(plan: Plan, acc: Account, pieces: pd.DataFrame) -> Certificate | None:
    """Prove the allocation again from stored prices (and flows, with a boundary term)."""
    stored = plan.run.get("allocation")
    table = plan.tables.get("limits")
    if stored is None or table is None:
        return None
    new = plan.pieces["new_m2"].astype("int64")  # type: ignore[index]
    locks = locks_of(plan)
    limits, pieces = frozen(plan, acc, pieces)
    grade, less = stored["certificate"]["grade"], 0.0
    known = not table["price"].isna().any()
    prices = {k: float(p) for k, p in enumerate(table["price"].tolist())} if known else {}
    for k, goal in enumerate(stored.get("goals", ()), start=len(table)):
        prices[k] = float(goal["price"] or 0.0)
    rows = stages_of(pieces, limits, locks)
    if rows is not None:
        new = rows.values(pieces, new)
        pieces, limits, less = rows.rows, rows.limits, rows.constant
        prices = rows.prices(prices)
    if grade == "solver's word" or not known:
        return proofs.word_of_solver(
            pieces, limits, locks, new, float(stored["objective"]), float(stored["bound"])
        )
    if grade == "complete":
        whole = {k: round(p * _STEP) for k, p in prices.items() if p}
        return proofs.complete(pieces, limits, locks, new, whole)
    part = plan.config.allocation
    edges = plan.tables.get("allocation_edges")
    if edges is None:  # no flow is needed where no boundary is counted
        edges = lattice_edges(plan.units.index, plan.grid.cell_m)
    wish = Patches(part.min_patch_units, part.attached)
    how = Boundary(edges, part.boundary_weight, part.whole_units, part.core_share, wish)
    gap = float(stored["gap"])
    if rows is None:
        return bounded(pieces, limits, locks, new, how, prices, gap)
    found = bounded(pieces, limits, locks, new, how, prices, math.inf)
    found = replace(
        found, objective=found.objective - less,
        bound=None if found.bound is None else found.bound - less,
    )  # fmt: skip
    return replace(found, ok=found.ok and (found.gap or 0.0) <= gap + 1e-12)
