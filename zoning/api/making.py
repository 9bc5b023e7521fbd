"""Functions that make a plan: demo, init, check, run, load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.api.against import rehearse_audit, shifted, with_audit
from zoning.api.dressed import rehearse_report
from zoning.api.parks import rehearse_parks
from zoning.api.places import plan_of
from zoning.api.plan import Plan
from zoning.api.policy_files import rehearse_policies, with_policies
from zoning.errors import InputError, Text, once, raise_all

if TYPE_CHECKING:
    from zoning.pipeline.ready import Ready
    from zoning.planfile.models import Config

#: Told the name of the step or file that begins.
Progress = Callable[[Text], None]


def demo(
    out: str | Path | None = None, *, plans: bool = False, progress: Progress | None = None
) -> Plan:
    """Make the reference plan of Zhenjiang from the data that ships with the package.

    It is a reconstruction for illustration, not the official map.

    Parameters
    ----------
    out : str or Path, optional
        Folder to write the plan into as well.
    plans : bool
        Also hold the reconstructed plans of the case against each other (`zoning.api.audit`);
        conflicts are planted in them, so that plan is not ``ok``.
    progress : callable, optional
        Told the name of each step as it begins.

    Returns
    -------
    Plan

    Examples
    --------
    >>> import zoning as zn
    >>> plan = zn.demo()
    >>> plan.run["construction"]["cap_share"]
    0.28
    """
    from zoning.base.shipped import data_path

    name = "zhenjiang-plans.toml" if plans else "zhenjiang.toml"
    return run(data_path(name), out, progress=progress)


def init(folder: str | Path, city: str | None = None) -> list[Path]:
    """Write a plan.toml with comments and, for a named city, its boundary and counties.

    Parameters
    ----------
    folder : str or Path
        Made if need be.
    city : str, optional
        A name, an adcode or a path such as ``江苏省/南京市/鼓楼区``; needs ``zoning[china]``.

    Returns
    -------
    list of Path
        What was written.

    Raises
    ------
    InputError
        If there is a plan.toml already, or the city is unknown or ambiguous.
    """
    from zoning.inputs.china import counties, find_area
    from zoning.planfile.template import write_template

    place = None if city is None else find_area(city)
    return write_template(Path(folder), place, None if place is None else counties(place))


def check(plan: str | Path, *, progress: Progress | None = None) -> Ready:
    """Do all that a run does before land is placed; write nothing.

    Parameters
    ----------
    plan : str or Path
        The plan.toml, or its folder.
    progress : callable, optional
        Told the name of each step as it begins.

    Returns
    -------
    Ready
        ``intake.sources`` are the files, ``intake.findings`` notes and warnings that do not stop
        a run, each once and the worst first, ``intake.grid`` the lattice.

    Raises
    ------
    InputError
        With all problems of all inputs, and of the folder that a run would write.
    """
    from zoning.base.staged import place_problems
    from zoning.pipeline import rehearse
    from zoning.planfile import load as read

    path = plan_of(plan)
    config, problems = read(path), place_problems(path.parent / "plan-out")
    lacking, read_too = rehearse_parks(config, path.parent)
    problems = [*problems, *lacking, *rehearse_policies(config, path.parent)]
    problems += rehearse_audit(config, path.parent)
    problems += rehearse_report(config, path.parent)
    try:
        ready = rehearse(config, path.parent, progress=progress)
    except InputError as error:
        raise InputError([*error.problems, *problems], error.notes) from error
    raise_all(problems)
    told = [*shifted(config, path.parent, ready.intake), *(f for s in read_too for f in s.findings)]
    intake = replace(
        ready.intake, sources=(*ready.intake.sources, *read_too),
        findings=tuple(once((*ready.intake.findings, *told))),
    )  # fmt: skip
    return replace(ready, intake=intake)


def run(
    plan: str | Path | Config,
    out: str | Path | None = None,
    *,
    folder: str | Path | None = None,
    workers: int = 1,
    engine: str | None = None,
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Make a plan from a plan.toml.

    Parameters
    ----------
    plan : str, Path or Config
        The plan.toml, its folder, or what `zoning.planfile` read of one.
    out : str or Path, optional
        Folder to write the plan into as well.
    folder : str or Path, optional
        Where relative paths of the inputs start; by default the folder of plan.toml.
    workers : int
        Processes that measure areas; 1 is this process alone. The plan is the same.
    engine : {"processes", "dask"}, optional
        See `zoning.scale.engine.choose`.
    scheduler : str, optional
        Address of a Dask scheduler, such as ``tcp://10.0.0.5:8786``.
    progress : callable, optional
        Told the name of each step as it begins, and how many blocks are measured.

    Returns
    -------
    Plan
        If stated floors, quotas or locks cannot hold together, ``run["infeasible"]`` tells which,
        and there is no allocation.

    Raises
    ------
    InputError
        With all problems of all inputs.

    Examples
    --------
    >>> import zoning as zn
    >>> zn.run("no/plan.toml")
    Traceback (most recent call last):
    zoning.errors.InputError: no/plan.toml: no such file. Try: zoning init DIR makes one
    """
    from zoning import pipeline
    from zoning.planfile import load as read
    from zoning.scale.engine import choose

    map_blocks = choose(workers, engine, scheduler, done=_blocks(progress))
    if isinstance(plan, str | Path):
        path = plan_of(plan)
        folder = path.parent if folder is None else folder
        plan = read(path)
    intakes: list[Ready] = []
    made = Plan.of(
        pipeline.run(plan, Path(folder or "."), progress=progress, map_blocks=map_blocks,
                     seen=intakes.append)
    )  # fmt: skip
    given = plan.inputs
    if plan.policies or given.parks or given.access or given.environment_units:
        if progress is not None:
            progress(Text("policies", "政策"))
        made = with_policies(made, folder or ".")
    if plan.inputs.plans:
        if progress is not None:
            progress(Text("hold plans against each other", "多规比对"))
        made = with_audit(made, intakes[0].intake, Path(folder or "."), map_blocks)
    # Not stored: where water, roads and relief for the map lie.
    object.__setattr__(made, "_home", Path(folder or "."))
    if out is not None:
        made.save(out, progress=progress)
    return made


def _blocks(progress: Progress | None) -> Callable[[int, int], None] | None:
    """Tell how many blocks are measured, in the words of the step."""
    if progress is None:
        return None
    return lambda done, every: progress(Text(
        f"measure areas: block {done} of {every}", f"量算面积：第 {done}/{every} 块"))  # fmt: skip


def load(folder: str | Path, *, squares: bool = True) -> Plan:
    """Read the folder that a run left.

    Parameters
    ----------
    folder : str or Path
    squares : bool
        Whether the units get their shapes. Questions of sums and prices need none, and of a million
        units these are a third of the memory.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the folder is no plan, from a newer version of the layout, or damaged.
    """
    from zoning import store

    return Plan.of(store.load(folder, squares=squares))


def taken(plan: Plan | str | Path) -> Plan:
    """Give the plan itself, or read its folder."""
    return load(plan) if isinstance(plan, str | Path) else Plan.of(plan)
