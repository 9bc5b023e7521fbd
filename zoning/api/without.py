"""Functions that need no plan: the double evaluation of rasters, and problems of selection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError

if TYPE_CHECKING:
    from zoning.allocation.files.selection import Selected
    from zoning.evaluation import Preset, Result


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


def evaluate(
    purpose: str,
    layers: Mapping[str, str | Path],
    out: str | Path,
    *,
    preset: str | Path = "",
    scale: str | None = None,
    boundary: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
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
        Polygons of the study area; what lies outside takes no part.
    progress : callable, optional
        Called with windows done and windows in all.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        If the rasters cannot be used, or purpose, preset or scale is unknown.
    """
    from zoning import evaluation

    chosen = _preset(purpose, preset, scale)
    return getattr(evaluation, purpose)(  # type: ignore[no-any-return]
        {role: Path(path) for role, path in layers.items()},
        Path(out),
        chosen,
        progress=progress,
        boundary=boundary,
    )


def solve(
    folder: str | Path,
    *,
    gap: float = 0.0,
    seconds: float | None = None,
    out: str | Path | None = None,
) -> Selected:
    """Solve a Marxan folder with the engine of this toolkit.

    Parameters
    ----------
    folder : str or Path
        With ``input.dat``.
    gap : float
        Relative gap to stop at.
    seconds : float, optional
        Time limit.
    out : str or Path, optional
        CSV of the selected units to write.

    Returns
    -------
    Selected

    Raises
    ------
    InputError
        If the folder cannot be read as Marxan reads it.
    InfeasibleError
        If the targets cannot be met.
    """
    from zoning.allocation.files.marxan import read_marxan
    from zoning.allocation.files.selection import select

    found = select(read_marxan(folder), gap=gap, time_limit=seconds)
    if out is not None:
        from zoning.base.staged import beside
        from zoning.outputs.office import csv_file

        chosen: Any = found.zone[found.zone.notna()]
        with beside(Path(out), inputs=[p for p in Path(folder).iterdir() if p.is_file()]) as part:
            csv_file.write(chosen.rename("zone").reset_index(), part)
    return found
