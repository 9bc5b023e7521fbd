"""Functions that need no plan: the double evaluation of rasters, and problems of selection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError

if TYPE_CHECKING:
    from zoning.allocation.files.selection import Selected
    from zoning.evaluation import Integration, Preset, Result


#: What `evaluate` evaluates.
PURPOSES = ("ecology", "agriculture", "town")


def _preset(purpose: str, preset: str | Path, scale: str | None) -> Preset:
    """Load a preset and refuse an unknown purpose."""
    from zoning import evaluation

    if purpose not in PURPOSES:
        raise InputError.one(
            f"'{purpose}' is none of {', '.join(PURPOSES)}",
            f"“{purpose}”不在 {'、'.join(PURPOSES)} 之中", where="purpose", code="usage",
        )  # fmt: skip
    chosen = evaluation.load_preset(preset or ("A" if purpose == "ecology" else "B"))
    return chosen if scale is None else chosen.at_scale(scale)


def roles(purpose: str, preset: str | Path = "", scale: str | None = None) -> dict[str, str]:
    """List the rasters that an evaluation can use, by role.

    Parameters
    ----------
    purpose : {"ecology", "agriculture", "town"}
    preset, scale : optional
        As for `evaluate`.

    Returns
    -------
    dict of str to str
        What each role is.

    Raises
    ------
    InputError
        If purpose, preset or scale is unknown.

    Examples
    --------
    >>> "slope" in roles("town")
    True
    """
    return _preset(purpose, preset, scale).roles(purpose)


def integrate(
    layers: Mapping[str, str | Path],
    out: str | Path,
    *,
    rules: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Integration:
    """Read the three evaluations together (集成评价): what comes first, contradicts, is left.

    Parameters
    ----------
    layers : mapping of role to path
        ``ecology``, ``agriculture``, ``town`` as `evaluate` writes them, on one grid; ``landuse``
        (classes of a plan) for conflicts with the present use and for potential.
    out : str or Path
        GeoTIFF to write: codes of what comes first; marks of conflicts and potential.
    rules : str or Path, optional
        TOML file in place of the shipped rows.
    progress : callable, optional
        Called with windows done and windows in all.

    Returns
    -------
    Integration

    Raises
    ------
    InputError
        If an evaluation is missing or the rasters do not fit together.
    """
    from zoning import evaluation

    given = {role: Path(path) for role, path in layers.items()}
    return evaluation.integrate(given, Path(out), rules, progress=progress)


def evaluate(
    purpose: str,
    layers: Mapping[str, str | Path],
    out: str | Path,
    *,
    preset: str | Path = "",
    scale: str | None = None,
    boundary: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    workers: int = 1,
    engine: str | None = None,
    scheduler: str | None = None,
) -> Result:
    """Evaluate ecology, farming or town land (双评价) from rasters, in windows.

    Parameters
    ----------
    purpose : {"ecology", "agriculture", "town"}
    layers : mapping of role to path
        See `roles`; absent ones are left out and said so. ``land`` (1 land, 0 water) or
        ``landuse`` (classes of a plan) keeps water out.
    out : str or Path
        GeoTIFF of classes to write.
    preset : str or Path
        ``"A"`` (guide of 2020), ``"B"`` (drafts of 2019) or a TOML file; by default A for
        ecology, B for the others.
    scale : {"city", "province"}, optional
    boundary : str or Path, optional
        Polygons of the study area, ``FILE`` or ``FILE:layer``; what lies outside takes no part.
    progress : callable, optional
        Called with windows done and windows in all.
    workers, engine, scheduler
        What works the windows, as in :func:`zoning.api.run`; the raster has the same bytes.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        If the rasters cannot be used, or purpose, preset, scale or engine is unknown.
    """
    from zoning import evaluation
    from zoning.scale.engine import choose

    alone = workers == 1 and engine is None and scheduler is None
    chosen = _preset(purpose, preset, scale)
    return getattr(evaluation, purpose)(  # type: ignore[no-any-return]
        {role: Path(path) for role, path in layers.items()},
        Path(out),
        chosen,
        progress=progress,
        boundary=boundary,
        engine=None if alone else choose(workers, engine, scheduler),
    )


def solve(
    problem: str | Path,
    *,
    name: str | None = None,
    gap: float = 0.0,
    seconds: float | None = None,
    out: str | Path | None = None,
) -> Selected:
    """Choose units and zones under linear limits: a Marxan folder, or tables with a TOML file.

    Parameters
    ----------
    problem : str or Path
        A Marxan folder or its input file; or a ``.toml`` that names tables of costs, amounts,
        limits, locks and boundary (CSV or Parquet).
    name : str, optional
        The input file of a Marxan folder that holds several.
    gap : float
        Relative gap to stop at.
    seconds : float, optional
        Time limit; the best answer so far and its gap are given when it is over.
    out : str or Path, optional
        CSV of all units with their zones to write; the targets beside what was reached stand in a
        second one, ``NAME_targets.csv``.

    Returns
    -------
    Selected

    Raises
    ------
    InputError
        If the folder cannot be read as the question that Marxan would read.
    InfeasibleError
        If the targets cannot be met; those above all that exists are named.
    UnfinishedError
        If time was over before any answer was found.
    """
    from zoning.allocation.files.marxan_read import read_marxan
    from zoning.allocation.files.problem import read_problem
    from zoning.allocation.files.selection import select
    from zoning.base.staged import recover

    path = Path(problem)
    recover(path if path.is_dir() else path.parent)
    tables = path.suffix.lower() == ".toml" and not path.is_dir()
    question = read_problem(path) if tables else read_marxan(path, name)
    found = select(question, gap=gap, time_limit=seconds)
    if out is not None:
        from zoning.base.marks import LIST
        from zoning.base.staged import staged
        from zoning.outputs.office import csv_file

        place = Path(out)
        made, more = _written(found, place), f"{target_file(place).name}.{LIST}"
        with staged(
            place.parent, last=(), scope=place.name, foreign="refuse", stale=(more,),
            listing=f"{place.name}.{LIST}", inputs=list(question.files),
        ) as stage:  # fmt: skip
            for file, table in made.items():
                csv_file.write(table, stage / file.name)
    return found


def watching(
    tell: Callable[[float, float | None, float | None], None],
) -> AbstractContextManager[None]:
    """Have a function told how far branch and bound is, inside a ``with`` block.

    Parameters
    ----------
    tell : callable
        Called with seconds, best value so far and bound (``None`` before there is one), in the
        signs of the solver, which minimises.

    Returns
    -------
    context manager

    Examples
    --------
    >>> with watching(lambda seconds, best, bound: None):
    ...     pass
    """
    from zoning.allocation.methods.solver import watching as watched

    return watched(tell)


def target_file(out: str | Path) -> Path:
    """Name the file of targets beside the file of units.

    Parameters
    ----------
    out : str or Path
        The file of units.

    Returns
    -------
    Path

    Examples
    --------
    >>> target_file("best.csv").name
    'best_targets.csv'
    """
    path = Path(out)
    return path.with_name(f"{path.stem}_targets{path.suffix}")


def _written(found: Selected, out: Path) -> dict[Path, Any]:
    """Give the tables of an answer by the file they stand in."""
    units = found.zone.rename("zone").reset_index()
    units.insert(1, "selected", units["zone"].notna().astype(int))
    targets = found.targets.rename_axis("target").reset_index()
    targets["kept"] = targets["kept"].astype(int)
    return {out: units, target_file(out): targets}
