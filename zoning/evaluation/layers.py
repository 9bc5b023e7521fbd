"""Rasters by role: one grid, read window by window with a halo, and what follows from them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from zoning.errors import InputError, Problem, Text, raise_all, suggest
from zoning.evaluation import processes, terrain
from zoning.evaluation.presets import Preset
from zoning.evaluation.tables import Array
from zoning.indicators.terrain import relief_window
from zoning.inputs.offline import refuse_network

#: Roles that follow from others where they are not given.
DERIVED: Mapping[str, tuple[str, ...]] = {
    "slope": ("elevation",),
    "relief": ("elevation",),
    "water_retention": ("precipitation", "evapotranspiration", "runoff_share"),
}
#: Bytes that GDAL may keep of what it has decoded (own choice; its default grows with the machine).
_CACHE = 128 * 2**20


class Stack:
    """Rasters of one grid, opened together.

    Parameters
    ----------
    paths : mapping of str to path
        By role; band 1 is read. All on one grid, north up, in a projected CRS in metres.

    Raises
    ------
    InputError
        Files that cannot be read, other grids, other CRSs; all at once.
    """

    def __init__(self, paths: Mapping[str, str | Path]):
        import rasterio

        self._exit = contextlib.ExitStack()
        self._exit.enter_context(rasterio.Env(GDAL_CACHEMAX=_CACHE))
        self.files: dict[str, Any] = {}
        problems = [] if paths else [_problem("no raster is given", "未给出栅格", "evaluation")]
        try:
            for role, path in paths.items():
                try:
                    refuse_network(Path(path))
                    self.files[role] = self._exit.enter_context(rasterio.open(path))
                except rasterio.errors.RasterioError as error:
                    problems.append(
                        _problem(f"cannot be read ({error})", "无法读取", f"{role}: {path}")
                    )
            raise_all(problems)
            raise_all(self._other_grids(paths))
        except BaseException:
            self.close()
            raise
        first = next(iter(self.files.values()))
        self.width, self.height = int(first.width), int(first.height)
        self.transform, self.crs = first.transform, first.crs
        self.cell_m = (abs(float(first.transform.a)), abs(float(first.transform.e)))

    def __enter__(self) -> Stack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """Close all files."""
        self._exit.close()

    def _other_grids(self, paths: Mapping[str, str | Path]) -> list[Problem]:
        first = next(iter(self.files.values()))
        t, crs = first.transform, first.crs
        lead = next(iter(paths))
        place = f"{lead}: {paths[lead]}"
        problems = []
        if crs is None or not crs.is_projected or crs.linear_units_factor[1] != 1.0:
            en, zh = "needs a projected CRS in metres", "需要以米为单位的投影坐标系"
            problems.append(_problem(en, zh, place, "gdalwarp -t_srs EPSG:4549"))
        if t.b or t.d or t.e >= 0 or t.a <= 0:
            problems.append(_problem("is not north up", "栅格不是北向上", place, "gdalwarp"))
        for role, file in self.files.items():
            slack = 1e-6 * abs(t.a)
            same = file.shape == first.shape and file.crs == crs
            if not (same and file.transform.almost_equals(t, slack)):
                en, zh = f"lies on another grid than {lead}", f"与 {lead} 格网不一致"
                hint = "gdalwarp -te ... -tr ... -t_srs ..."
                problems.append(_problem(en, zh, f"{role}: {paths[role]}", hint))
        return problems

    def windows(self, block: int) -> Iterator[Any]:
        """Give windows of ``block`` x ``block`` cells, row by row; those at the rim are smaller."""
        from rasterio.windows import Window

        if block < 1:
            raise InputError.one(
                f"a window needs at least 1 cell, not {block}",
                f"分块至少为 1 个像元，现为 {block}",
                where="block", measured=block, limit=1, code="range",
            )  # fmt: skip

        for top in range(0, self.height, block):
            for left in range(0, self.width, block):
                w, h = min(block, self.width - left), min(block, self.height - top)
                yield Window(left, top, w, h)

    def read(self, role: str, window: Any, halo: int = 0) -> Array:
        """Values of a window and the cells around it, NaN where unknown or outside the raster.

        float32 for float32 and small whole numbers, else float64; scale and offset of the file
        are applied.
        """
        from rasterio.windows import Window

        file = self.files[role]
        x0, y0 = window.col_off - halo, window.row_off - halo
        x1, y1 = x0 + window.width + 2 * halo, y0 + window.height + 2 * halo
        a, b = max(x0, 0), max(y0, 0)
        c, d = min(x1, self.width), min(y1, self.height)
        raw = file.read(1, window=Window(a, b, c - a, d - b), masked=True)
        small = raw.dtype.kind in "iub" and raw.dtype.itemsize <= 2
        kind = np.float32 if small or raw.dtype == np.float32 else np.float64
        x = np.ma.filled(raw.astype(kind), np.nan)
        x[np.isinf(x)] = np.nan
        if file.scales[0] != 1.0 or file.offsets[0] != 0.0:
            x = x.astype(np.float64) * file.scales[0] + file.offsets[0]
        if (a, b, c, d) == (x0, y0, x1, y1):
            return x
        return np.pad(x, ((b - y0, y1 - d), (a - x0, x1 - c)), constant_values=np.nan)


def sort_roles(
    preset: Preset, purpose: str, given: Mapping[str, Any]
) -> tuple[list[str], list[str], list[str]]:
    """Sort the roles of an evaluation into those read, derived and left out.

    What is only given to derive others from is not among those read.

    Raises
    ------
    InputError
        Rasters that the evaluation has no use for.

    Examples
    --------
    >>> from zoning.evaluation import load_preset
    >>> sort_roles(load_preset("A"), "agriculture", {"elevation": "dem.tif"})
    ([], ['slope'], ['ecology', 'irrigated', 'precipitation', 'soil_pollution'])
    """
    wanted = preset.roles(purpose)
    ways = {r: parts for r, parts in DERIVED.items() if r in wanted}
    useful = set(wanted).union(*ways.values()) if ways else set(wanted)
    raise_all(_strange(role, useful) for role in sorted(given) if role not in useful)
    derived = [r for r, parts in ways.items() if r not in given and set(parts) <= set(given)]
    there = set(given) | set(derived)
    left = sorted(set(wanted) - there - preset.settled(there))
    return sorted(set(given) & set(wanted)), sorted(derived), left


def read_layers(
    stack: Stack, preset: Preset, roles: list[str], derived: list[str], window: Any
) -> dict[str, Array]:
    """Read the layers of a window, and derive slope, relief and water retention from others."""
    layers = {role: stack.read(role, window) for role in roles}
    for role in derived:
        layers[role] = _WAYS[role](stack, preset, window)
    return layers


def _slope(stack: Stack, preset: Preset, window: Any) -> Array:
    return terrain.slope_deg(stack.read("elevation", window, 1), *stack.cell_m, rim=True)


def _relief(stack: Stack, preset: Preset, window: Any) -> Array:
    cells = relief_window(max(stack.cell_m), preset.relief_m2)
    halo = cells // 2 + 1
    height = stack.read("elevation", window, halo)
    return terrain.relief_m(height, cells)[halo:-halo, halo:-halo]


def _retention(stack: Stack, preset: Preset, window: Any) -> Array:
    parts = (stack.read(role, window) for role in DERIVED["water_retention"])
    return processes.water_retention(*parts)


_WAYS: Mapping[str, Callable[[Stack, Preset, Any], Array]] = {
    "slope": _slope, "relief": _relief, "water_retention": _retention,
}  # fmt: skip


def _strange(role: str, useful: set[str]) -> Problem:
    names = suggest(role, useful) or ", ".join(sorted(useful))
    return Problem(
        Text(f"no use for a raster {role!r}", f"用不到图层 {role!r}"), "evaluation",
        remedy=Text(f"known: {names}", f"可用：{names}"), code="unknown-role",
    )  # fmt: skip


def _problem(en: str, zh: str, where: str, remedy: str | None = None) -> Problem:
    hint = Text(remedy, remedy) if remedy else None
    return Problem(Text(en, zh), where, remedy=hint, code="raster")
