"""The one place where the order of steps is written: from plan.toml to a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from zoning import zones
from zoning.base import runs
from zoning.base.keys import keyed
from zoning.base.names import by_code
from zoning.capacity import Account, account, cap_rules
from zoning.capacity.own import add_coefficients
from zoning.capacity.reductions import add_reductions
from zoning.contribution.parts import Contribution, zone_words
from zoning.errors import Check, Finding, InfeasibleError, Text, named, once
from zoning.grid.units import crossed
from zoning.indicators.transfer import reconcile, transfer
from zoning.inputs.gather import Intake
from zoning.ledger import atoms, protections, redlines, sums, unknown
from zoning.ledger.tiles import MapBlocks, in_process
from zoning.pipeline import checks, ground, places, protected, summary
from zoning.pipeline.assemble import Solved, assemble, place
from zoning.pipeline.clock import Clock, Progress
from zoning.pipeline.contradictions import contradicted
from zoning.pipeline.places import add_places
from zoning.pipeline.ready import Ready, prepare
from zoning.pipeline.state import State
from zoning.pipeline.withdrawn import beside, withdrawn
from zoning.plan import Plan
from zoning.planfile.models import Config
from zoning.schemes import scheme_of


def run(
    config: Config, folder: Path, *, progress: Progress | None = None,
    map_blocks: MapBlocks = in_process, seen: Callable[[Ready], None] | None = None,
) -> Plan:  # fmt: skip
    """Make a plan.

    Parameters
    ----------
    config : Config
        Of plan.toml.
    folder : Path
        Where relative paths of the inputs start.
    progress : callable, optional
        Told the name of each step as it begins.
    map_blocks : callable, optional
        Runs the blocks of the ledger (:class:`zoning.ledger.tiles.MapBlocks`).
    seen : callable, optional
        Told what was read, once; for whoever works on with the same layers.

    Returns
    -------
    Plan
        Complete, not yet written. If stated floors, quotas or locks cannot hold together,
        ``run["infeasible"]`` tells which, and there is no allocation.

    Raises
    ------
    InputError
        With all problems of all inputs.
    """
    clock = Clock(progress)
    with clock.step("read"):
        ready = prepare(config, folder)
        config, intake = ready.config, ready.intake
        if seen is not None:
            seen(ready)
    with clock.step("measure"):
        ledger, parts = _measure(ready, map_blocks)
    with clock.step("zone"):
        state = _zone(ready, ledger, parts)
        told = (*intake.findings, *state.findings, *contradicted(state.townships))
        intake = replace(intake, findings=tuple(once(told)))
        ready = replace(ready, intake=intake)
    with clock.step("account"):
        acc = _draw_account(config, ledger, parts, state, folder)
    parts = _needed(parts, intake)
    solved = Solved(acc)
    ready_to_place = config.allocation.enabled and "zone" in state.pieces
    if acc is not None and acc.cap_m2 is not None and ready_to_place:
        with clock.step("allocate"):
            solved = _allocate(config, acc, state, intake.grid.cell_m)
    with clock.step("check"):
        ground = _ground(ready, ledger, parts, state)
        # Of the parts only construction by land use is still asked for.
        parts = parts[[c for c in ("unit", "landuse", "area_m2", "built_m2") if c in parts]]
        plan = assemble(ground, solved, config, parts=parts)
    return replace(plan, run={**plan.run, "seconds": clock.seconds})


#: Sums that are asked for again after the account only where there are protections.
_ONCE = ("protected_m2", "free_m2", "free_farmland_m2")


def _needed(parts: pd.DataFrame, intake: Intake) -> pd.DataFrame:
    """Let go of sums that nobody asks for again: of a million units they are a tenth of it all."""
    if intake.layers.protections is not None:
        return parts
    return parts.drop(columns=[c for c in _ONCE if c in parts])


def _ground(ready: Ready, ledger: atoms.Ledger, parts: pd.DataFrame, state: State) -> Plan:
    """Make the plan of the zones, before anything is said of construction."""
    config, intake = ready.config, ready.intake
    known = unknown.known_use(parts, intake.classes)
    hangs = withdrawn(parts, known, ledger, state.units, ready.scheme)
    found = _tabulate(ready, ledger, parts, state, hangs)
    city = gpd.GeoDataFrame(
        {"name": [config.plan.name]}, geometry=[intake.layers.city], crs=intake.grid.crs
    )
    return Plan(
        name=config.plan.name, notice=config.plan.notice, config=config, grid=intake.grid,
        city=city, units=state.units, zones=state.zones, ledger=ledger.atoms,
        red_sets=ledger.red_sets, townships=state.townships, counties=state.counties,
        redlines=state.redlines, pieces=state.pieces, tables=found,
        checks=tuple(_check(config, intake, ledger, parts, state)),
        run=summary.describe(config, intake, ledger, parts, state),
        contributions=(
            *_protected(intake, ledger, parts.assign(known_use=known), state, hangs),
            *places.contribution(state.places),
            *ground.contributions(state.townships, intake, config),
        ),
    )  # fmt: skip


def rehearse(config: Config, folder: Path, *, progress: Progress | None = None) -> Ready:
    """Do all that a run does before land is placed, and keep nothing but what was found.

    Returns
    -------
    Ready
        With the findings of the inputs, and of the zones and rules that come from them.

    Raises
    ------
    InputError
        With all problems of all inputs.
    """
    clock = Clock(progress)
    with clock.step("read"):
        ready = prepare(config, folder)
    with clock.step("measure"):
        ledger, parts = _measure(ready)
    with clock.step("zone"):
        state = _zone(ready, ledger, parts)
    with clock.step("account"):
        _draw_account(ready.config, ledger, parts, state, folder)
    found = checks.left_out(unknown.count_missing(parts), state.units, state.unzoned)
    found += checks.decisions(state.tables.get("decisions"), _places(state))
    failed: list[Finding] = [c for c in found if not c.ok]
    failed += contradicted(state.townships)
    told = (*ready.intake.findings, *state.findings, *failed)
    intake = replace(ready.intake, findings=tuple(once(told)))
    return replace(ready, intake=intake)


def _places(state: State) -> dict[str, Text]:
    """Give the codes on which a decision may stand, with what people call them."""
    names = {} if state.townships is None else state.townships["name"]
    townships = {str(code): named(name, code) for code, name in names.items()}
    units = state.units.index if "decisions" in state.tables else ()
    return {str(code): Text(str(code), str(code)) for code in units} | townships


def _measure(ready: Ready, map_blocks: MapBlocks = in_process) -> tuple[atoms.Ledger, pd.DataFrame]:
    """Overlay the layers once; every area of the plan is a sum of these atoms."""
    grid, intake = ready.config.grid, ready.intake
    ledger = atoms.build(intake.layers, intake.grid, map_blocks=map_blocks)
    ledger = atoms.settle_slivers(ledger, intake.grid, grid.min_share, grid.slivers)
    return ledger, sums.split(ledger.atoms, intake.classes, ready.scheme.counted)


def _zone(ready: Ready, ledger: atoms.Ledger, parts: pd.DataFrame) -> State:
    """Class townships; units take their class, overlays lie over it, decisions come last."""
    config, intake = ready.config, ready.intake
    layer = intake.layers.townships
    names = None if layer is None else layer["name"].astype("string")
    units, shares = sums.describe_units(ledger, parts, names)
    pieces = sums.pieces(parts)
    state = State(units=units, shares=runs.held_once(shares, pieces), pieces=pieces)
    frames: list[pd.DataFrame] = [units, state.pieces]
    if layer is not None:
        city = intake.layers.city
        state.townships = sums.describe_townships(layer, parts, intake.counties, city)
        state.counties = sums.describe_counties(state.townships, parts, intake.counties)
        frames += [state.townships, state.counties]
    if intake.layers.redlines is None and not config.redlines.none:
        for frame in frames:
            unknown.forget_red(frame, ready.scheme.counted)
    if state.townships is not None:
        red_known = intake.layers.redlines is not None or config.redlines.none
        sums.add_overlays(units, parts, ready.scheme, red_known=red_known)
        _measure_ground(ready, state)
        _spread(config, state)
        said = class_townships(ready, state)
        class_units(ready, state, said)
    return state


def _measure_ground(ready: Ready, state: State) -> None:
    """Put slope, travel time, means of rasters and evaluations beside the sums."""
    if not ground.asked(ready.config, ready.intake.ground) or state.townships is None:
        return
    places = {"townships": state.townships, "units": _inside(state.units, ready.intake.layers.city)}
    found, state.findings = ground.measure(ready.config, ready.intake, places)
    state.townships = ground.beside(state.townships, found["townships"])
    state.units = ground.beside(state.units, found["units"])


def _inside(units: gpd.GeoDataFrame, city: Any) -> gpd.GeoDataFrame:
    """Cut the squares of units to the city, so that nothing outside it is measured."""
    shapes = units.geometry.to_numpy().copy()
    edge = crossed(shapes, city)
    shapely.prepare(city)
    beyond = edge[~shapely.covered_by(shapes[edge], city)]
    shapes[beyond] = shapely.intersection(shapes[beyond], city)
    return units[["geometry"]].set_geometry(list(shapes), crs=units.crs)


def _spread(config: Config, state: State) -> None:
    """Share totals of townships out to the units, and show that nothing is lost."""
    columns, townships = list(config.indicators.spread), state.townships
    if not columns or townships is None:
        return
    pieces = state.pieces[state.pieces["township"].isin(townships.index)]
    dasymetric = config.indicators.by == "built" and "built_m2" in pieces
    weight = "built_m2" if dasymetric else "area_m2"
    totals = pd.DataFrame(townships[columns])
    whole = all(pd.api.types.is_integer_dtype(totals[c]) for c in columns)
    moved = transfer(
        totals, pieces, source="township", target="unit", weight=weight, whole=whole
    ).reindex(state.units.index)
    for column in columns:
        state.units[column] = moved[column]
    table = reconcile(totals, moved, columns).rename_axis("column").reset_index()
    state.tables["reconciliation"] = table.assign(weight=weight)


def class_townships(ready: Ready, state: State) -> pd.Series:
    """Give townships their classes; return what the method alone says."""
    townships, part = state.townships, ready.config.zones
    table = pd.DataFrame(townships.drop(columns="geometry"))  # type: ignore[union-attr]
    classes = zones.classify_townships(table, ready.method)
    said = classes["zone"].copy()
    if part.contiguity:
        classes, state.tables["contiguity"] = zones.join_enclaves(
            classes, zones.adjacency(townships), max_margin=part.contiguity_margin
        )
    reviewed = None
    if ready.decisions is not None:
        classes = zones.apply_to_townships(classes, ready.decisions)
        reviewed = zones.review(ready.decisions, said, pd.Series())
    classes = zones.settled(classes, said)
    if part.compare:
        methods = [ready.method, *ready.others]
        state.tables["methods"] = zones.compare_methods(table, methods).table
    told = pd.concat([table.drop(columns=classes.columns, errors="ignore"), classes], axis=1)
    for lang in ("en", "zh"):
        words = [
            zones.tell_township(
                row, ready.method, lang, zones.decision_on(reviewed, "township", str(code))
            )
            for code, row in zip(told.index, told.to_dict("records"), strict=True)
        ]
        classes[f"why_{lang}"] = pd.array(words, "string")
    state.townships = _beside(townships, classes)
    return said


def class_units(ready: Ready, state: State, said: pd.Series) -> None:
    """Give units the class of their township, overlays over it, and decisions at the end."""
    units, townships, decisions = state.units, state.townships, ready.decisions
    scheme = ready.scheme
    assigned = zones.assign_units(units, townships, scheme=scheme)
    alone = assigned["zone"]
    if decisions is not None:
        state.tables["decisions"] = zones.review(decisions, said, assigned["zone"])
        decided = zones.of_units(decisions)
        assigned = zones.assign_units(units, townships, scheme=scheme, overrides=decided)
    for column in ("township_zone", "zone", "zone_reason", "overlays"):
        units[column] = assigned[column]
    if "built_m2" in units and ready.method.suitability is not None:
        units["suitability"] = zones.unit_suitability(units, townships, ready.method)
    margins = zones.unit_margins(units, townships, scheme=scheme)
    units[margins.columns] = margins
    if decisions is not None:  # what the method alone says is what a decided unit else would be
        decided = units["zone_reason"] == "override"
        units["runner_up"] = units["runner_up"].mask(decided, alone.mask(alone == units["zone"]))
    state.unzoned = zones.why_unzoned(units, townships, ready.method)
    geometry = units.pop("geometry")
    units = keyed(units, units.index, scheme.codes)
    state.units = gpd.GeoDataFrame(units, geometry=geometry, crs=geometry.crs)
    pieces = state.pieces
    for name in ("zone", "overlays"):
        pieces[name] = runs.looked_up(units[name], pieces["unit"])
    pieces["township_zone"] = pieces["township"].map(townships["zone"]).astype("string")  # type: ignore[index]
    if "suitability" in units:
        pieces["suitability"] = runs.looked_up(units["suitability"], pieces["unit"])
    state.pieces = keyed(pieces, units.index, scheme.codes)


def _beside(townships: gpd.GeoDataFrame, classes: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put the classes beside the township's own columns, geometry last.

    A column of the planner's table that has the name of a result is kept as ``given_...``.
    """
    geometry = townships.geometry
    table = pd.DataFrame(townships.drop(columns="geometry"))
    table = table.rename(columns={c: f"given_{c}" for c in table.columns if c in classes})
    return gpd.GeoDataFrame(
        pd.concat([table, classes], axis=1), geometry=geometry, crs=townships.crs
    )


def _draw_account(
    config: Config, ledger: atoms.Ledger, parts: pd.DataFrame, state: State, folder: Path
) -> Account | None:
    """Draw up the account of existing construction, where land use is known."""
    if "built_m2" not in parts:
        return None
    green = int(parts["eco_agri_m2"].sum())
    rules = cap_rules(config, state.counties, state.townships)
    add_places(state, config.cap, folder)
    state.pieces = add_coefficients(state.pieces, rules.own, state.units, folder)
    if rules.reductions and "zone" in state.pieces and "suitability" in state.pieces:
        state.pieces = add_reductions(state.pieces, rules.reductions)
    return account(state.pieces, rules, ledger.city_m2, eco_agri_m2=green)


def _allocate(config: Config, acc: Account, state: State, cell_m: int) -> Solved:
    """Place new land; rules that cannot hold together leave the plan without an allocation."""
    try:
        return Solved(acc, place(state.pieces, acc, config, state.units.index, cell_m))
    except InfeasibleError as error:
        return Solved(acc, infeasible=error)


def _tabulate(
    ready: Ready, ledger: atoms.Ledger, parts: pd.DataFrame, state: State, hangs: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Make the zones, the accounts of the red lines and what shapely says of every area."""
    units, tables, intake = state.units, state.tables, ready.intake
    state.zones = sums.describe_zones(units, intake.layers.city, ready.scheme)
    tables["unit_townships"] = state.shares
    if intake.layers.redlines is not None:
        state.redlines = redlines.describe(intake.layers.redlines, ledger)
        zone_of = units.get("zone")
        tables |= redlines.tables(state.redlines, ledger, parts, zone_of)
        tables["redline_areas"] = beside(tables["redline_areas"], hangs)
    if intake.layers.protections is not None:
        tables["protection_sets"] = ledger.protection_sets
    tables["residuals"] = checks.residuals(intake.layers, ledger)
    return tables


def _protected(
    intake: Intake, ledger: atoms.Ledger, parts: pd.DataFrame, state: State, hangs: pd.DataFrame
) -> tuple[Contribution, ...]:
    """Draw up the accounts of protected land, and hand them to the plan with its polygons."""
    layer = intake.layers.protections
    if layer is None:
        return ()
    names = by_code(state.counties, state.townships)
    found = protections.tables(layer, ledger, parts, state.units.get("zone"))
    found["protection_areas"] = beside(found["protection_areas"], hangs)
    return (protected.contribution(layer, found, names, zone_words(state.zones)),)


def _check(
    config: Config, intake: Intake, ledger: atoms.Ledger, parts: pd.DataFrame, state: State
) -> list[Check]:
    """Measure again what must be true of the areas and zones."""
    frames: dict[str, pd.DataFrame | None] = {"units": state.units, "pieces": state.pieces}
    if "zone" in state.units and state.units["zone"].notna().all():
        frames["zones"] = state.zones
    found = checks.ledger_sums(ledger, frames)
    found += checks.residual_checks(state.tables["residuals"])
    found.append(checks.distortion_check(intake.distortion, config.grid.max_area_error))
    found += checks.published(config, len(state.units), state.redlines, parts)
    found += checks.published_caps(config, state.zones)
    found += checks.left_out(unknown.count_missing(parts), state.units, state.unzoned)
    found += checks.overlays(state.units, scheme_of(config.zones))
    found += checks.decisions(state.tables.get("decisions"), _places(state))
    if intake.layers.redlines is None and not config.redlines.none:
        found.append(checks.no_redlines())
    return found
