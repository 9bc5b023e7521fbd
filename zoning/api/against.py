"""How a run holds the plans of its land against each other, and what would stop it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.api.plan import Plan
from zoning.errors import Finding, Problem, ZoningError

if TYPE_CHECKING:
    from zoning.inputs.gather import Intake
    from zoning.ledger.tiles import MapBlocks
    from zoning.planfile.models import Config


def with_audit(plan: Plan, intake: Intake, folder: Path, map_blocks: MapBlocks) -> Plan:
    """Hold the plans that were read against each other, and put what was found into the plan.

    Parameters
    ----------
    plan : Plan
    intake : Intake
        What was read for it.
    folder : Path
        Where paths of ``[audit]`` start.
    map_blocks : callable
        Runs the blocks.

    Returns
    -------
    Plan
    """
    from zoning.inputs.parks import read_parks
    from zoning.review.audit import contribute as given
    from zoning.review.audit.decisions import read
    from zoning.review.audit.run import audit as hold
    from zoning.review.audit.settings import load_settings

    config = plan.config
    settings = load_settings(config.audit, folder)
    parks = None
    if config.inputs.parks is not None:
        parks, _ = read_parks(config.inputs.parks, folder, plan.grid.crs)
    decisions = None
    if config.audit.decisions is not None:
        decisions = read(folder / config.audit.decisions, _roles(config))
    found = hold(
        plan, intake.plans, settings, parks=parks, landuse=intake.layers.landuse,
        decisions=decisions, map_blocks=map_blocks,
    )  # fmt: skip
    checks = (*plan.checks, *given.checks_of(found, plan))
    run = {**plan.run, "checks": [c.as_dict() for c in checks], given.WING: given.record(found)}
    kept = (*plan.contributions, given.contribute(found, plan))
    return Plan.of(replace(plan, checks=checks, contributions=kept, run=run))


def _roles(config: Config) -> set[str]:
    """Give the roles that a decision may name."""
    from zoning.inputs.plans import load_roles

    return {p.role for p in config.inputs.plans} | set(load_roles())


def rehearse_audit(config: Config, folder: Path) -> list[Problem]:
    """Find what would stop the audit of a plan before the plan is made."""
    from zoning.review.audit.decisions import read
    from zoning.review.audit.settings import load_settings

    if not config.inputs.plans:
        return []
    problems: list[Problem] = []
    try:
        load_settings(config.audit, folder)
    except ZoningError as error:
        problems.extend(error.problems)
    if config.audit.decisions is not None:
        try:
            read(folder / config.audit.decisions, _roles(config))
        except ZoningError as error:
            problems.extend(error.problems)
    return problems


def shifted(config: Config, folder: Path, intake: Intake) -> list[Finding]:
    """Tell layers of plans that are shifted as a whole, before anything is measured."""
    from zoning.review.audit.claims import collect
    from zoning.review.audit.offset import find_shifts, shift_checks
    from zoning.review.audit.settings import load_settings

    if intake.plans is None:
        return []
    layers = intake.layers
    claims = collect(layers.redlines, layers.protections, intake.plans)
    how = load_settings(config.audit, folder).tolerance.offset
    return list(shift_checks(find_shifts(claims, how), claims))
