"""A written plan proved again from its files alone, by a second way.

Each small module of this room looks at one thing: `areas` and `shapes` at what was measured,
`zones` at classes, `limits` and `proof` at new land, `files` at every file of the folder,
`inputs` at what was read, `versions` at changes since another plan. Where areas, free land,
limits, suitability and the proof are concerned none of them calls what a run calls; what else the
room may import is listed in the tests. Nothing is solved here and no solver is asked.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from zoning.digest import digest
from zoning.errors import Check, Text
from zoning.plan import Plan
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
    suited,
    ten,
    told,
    versions,
    withdrawn,
    zones,
)
from zoning.verify.compare import Findings
from zoning.verify.overlays import overlays
from zoning.verify.own import own


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
    withdrawn.audit(plan, atoms, found)
    spread.audit(plan, found)
    found.checks += overlays(plan)
    found.checks += own(plan, atoms)
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
        suited.audit(plan, found)
    if "zone" in pieces:
        _limits(plan, found)


def _limits(plan: Plan, found: Findings) -> None:
    """Draw the limits again, hold the new land against them, and prove it."""
    land = limits.land_of(plan)
    rules, account = limits.rules_of(plan, land)
    if "construction" in plan.run:
        limits.audit(plan, land, rules, account, found)
    goals.audit(plan, land, rules, found)
    proof.audit(plan, land, rules, found)
    told.audit(plan, land, rules, found)
