"""What the review of a plan adds to a run: access lists, environment units, the parks register."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.api.plan import Plan
from zoning.errors import Problem, ZoningError, once

if TYPE_CHECKING:
    from zoning.inputs.source import Source
    from zoning.planfile.models import Config


#: In degrees: files can be read before the plan has chosen its CRS.
EARTH = "EPSG:4490"


def with_parks(plan: Plan, folder: Path) -> Plan:
    """Read access lists, environment units and ``[inputs.parks]``, and hold parks against the plan.

    A plan that has its parks keeps them.

    Parameters
    ----------
    plan : Plan
    folder : Path
        Where relative paths of the configuration start.

    Raises
    ------
    InputError
        With the problems of a file.
    """
    from zoning.base.shipped import data_path
    from zoning.inputs.access import read_lists
    from zoning.inputs.environment import read_environment
    from zoning.inputs.parks import read_parks
    from zoning.outputs.office.whole import stamp
    from zoning.review.parks.contribute import WING, contribute_parks
    from zoning.review.site.given import WING as ACCESS
    from zoning.review.site.given import contribute_access
    from zoning.review.site.ground import gather

    inputs, there = plan.config.inputs, {c.wing for c in plan.contributions}
    sources: list[tuple[str, Source]] = []
    if ACCESS not in there:
        paths = [p.path if p.path == "made-up" else folder / p.path for p in inputs.access]
        access, read = read_lists(paths)
        sources += [(p.path, s) for p, s in zip(inputs.access, read, strict=True)]
        units = None
        if inputs.environment_units is not None:
            part = inputs.environment_units
            units, source = read_environment(part, folder, plan.grid.crs)
            sources.append((part.path, source))
        given = contribute_access(access, units)
        if given is not None:
            plan = Plan.of(replace(plan, contributions=(*plan.contributions, given)))
    checks = plan.checks
    if inputs.parks is not None and WING not in there:
        parks, source = read_parks(inputs.parks, folder, plan.grid.crs)
        sources.append((inputs.parks.path, source))
        ground = gather(plan, inputs=(folder, data_path()))
        part_of, found = contribute_parks(parks, plan, ground, stamp().date())
        plan = Plan.of(replace(plan, contributions=(*plan.contributions, part_of)))
        checks += found
    if not sources:
        return plan
    read = [replace(s, path=Path(p).as_posix()) for p, s in sources]
    told = once((*plan.findings, *(f for s in read for f in s.findings)))
    run = {**plan.run, "inputs": [*plan.run.get("inputs", []), *(s.as_dict() for s in read)],
           "notes": [f.record() for f in told],
           "checks": [c.as_dict() for c in checks]}  # fmt: skip
    return Plan.of(replace(plan, checks=checks, run=run))


def rehearse_parks(config: Config, folder: Path) -> tuple[list[Problem], list[Source]]:
    """Read access lists, environment units and parks before a plan is made.

    Returns
    -------
    list of Problem
        What would stop a run.
    list of Source
        The files that could be read, under the paths of plan.toml.
    """
    from zoning.inputs.access import read_lists
    from zoning.inputs.environment import read_environment
    from zoning.inputs.parks import read_parks
    from zoning.review.site.access import entries
    from zoning.review.site.measured import rule_columns

    inputs = config.inputs
    problems: list[Problem] = []
    sources: list[Source] = []

    def keep(read: Iterable[Source], paths: Iterable[str]) -> None:
        shown = (Path(p).as_posix() for p in paths)
        sources.extend(replace(s, path=p) for s, p in zip(read, shown, strict=True))

    def lists() -> None:
        paths = [p.path if p.path == "made-up" else folder / p.path for p in inputs.access]
        table, read = read_lists(paths)
        keep(read, [p.path for p in inputs.access])
        if table is not None:
            entries(table, rule_columns(), "[[inputs.access]]")

    steps: list[Callable[[], object]] = [lists]
    if inputs.environment_units is not None:
        units = inputs.environment_units
        steps.append(
            lambda: keep([read_environment(units, folder, EARTH, metres=False)[1]], [units.path])
        )
    if inputs.parks is not None:
        parks = inputs.parks
        steps.append(
            lambda: keep([read_parks(parks, folder, EARTH, metres=False)[1]], [parks.path])
        )
    for step in steps:
        try:
            step()
        except ZoningError as error:
            problems += error.problems
    return problems, sources
