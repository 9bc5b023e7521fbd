"""From rasters to a raster of classes, window by window; the file appears whole or not at all."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from zoning.base.areas import round_to_total
from zoning.base.staged import beside
from zoning.errors import Problem, Text, raise_all
from zoning.evaluation import ecological as eco
from zoning.evaluation.extent import Extent, polygon, split
from zoning.evaluation.layers import DERIVED, Stack, read_layers, sort_roles
from zoning.evaluation.loading import load_preset
from zoning.evaluation.patches import concentrate, lower_specks
from zoning.evaluation.presets import Preset
from zoning.evaluation.tables import NODATA, Array, Classes
from zoning.evaluation.windows import Task, rate, work
from zoning.indicators.terrain import relief_window
from zoning.ledger.tiles import MapBlocks

logger = logging.getLogger(__name__)

#: Windows that an engine is given at once, as all their classes wait here until they are written
#: (our choice: 64 MB of them).
TOGETHER = 64
Paths = Mapping[str, str | Path]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Result:
    """What an evaluation made, from what, and what it left out.

    Attributes
    ----------
    path : Path
        Raster of classes (uint8, 255 unknown).
    purpose, preset, scale : str
    used : dict
        Raster of every role that was read.
    derived, left_out : tuple of str
        Roles computed from others, and roles without a raster, which were passed over.
    cells, area_m2 : dict of int to int
        Cells and whole square metres of every class that can occur.
    unknown_cells : int
        Inside the boundary and on land.
    outside_cells, water_cells : int
        Cells that took no part: beyond the boundary, and water.
    cell_m : tuple of float
        Sides of a cell; classes depend on it, so it is told.
    relief_window : int
        Cells of the relief window, 0 where relief was not derived.
    cuts : dict
        Cuts (extreme, important) of cumulative items of ecology.
    evidence : dict
        Evidence tag of every table, matrix, correction, screen or item that was applied.
    notes : tuple of Text
    """

    path: Path
    purpose: str
    preset: str
    scale: str
    used: dict[str, str]
    derived: tuple[str, ...]
    left_out: tuple[str, ...]
    cells: dict[int, int]
    area_m2: dict[int, int]
    unknown_cells: int
    outside_cells: int
    water_cells: int
    cell_m: tuple[float, float]
    relief_window: int
    cuts: dict[str, tuple[float, float]]
    evidence: dict[str, str]
    notes: tuple[Text, ...]

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give the result as plain data for ``--json``."""
        plain = {k: v for k, v in vars(self).items() if k not in ("path", "notes")}
        return {
            "path": self.path.as_posix(), **plain,
            "cells": {str(k): v for k, v in self.cells.items()},
            "area_m2": {str(k): v for k, v in self.area_m2.items()},
            "cuts": {k: [x if x < inf else None for x in v] for k, v in self.cuts.items()},
            "derived": list(self.derived), "left_out": list(self.left_out),
            "notes": [n.get(lang) for n in self.notes],
        }  # fmt: skip


def town(
    rasters: Paths, out: str | Path, preset: Preset | str | Path = "B", block: int = 1024,
    progress: Progress | None = None, boundary: Any = None, classes: Any = None,
    engine: MapBlocks | None = None,
) -> Result:  # fmt: skip
    """Suitability for town construction from rasters: 1 = best suited ... 5 = unsuited.

    Parameters
    ----------
    rasters : mapping of str to path
        By role; `Preset.roles` lists them (``slope`` or ``elevation``, ``water_modulus``, ...).
        Absent ones are left out and said so. One grid, projected, north up. ``land`` (1 land,
        0 water) or ``landuse`` (classes) says where water is: it takes no part.
    out : path
        GeoTIFF to write.
    preset : Preset, str or Path
        ``"A"``, ``"B"`` or a file.
    block : int
        Side of a window in cells; it changes nothing but memory.
    progress : callable, optional
        Called with windows done and windows in all.
    boundary : path, GeoDataFrame or polygon, optional
        The study area; what lies outside takes no part.
    classes : DataFrame, optional
        Class table of ``landuse``; by default the shipped one.
    engine : callable, optional
        What works the windows (`zoning.scale.engine.choose`); by default this process. The result
        has the same bytes.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        Rasters that cannot be used, or none to start from.

    Examples
    --------
    >>> import pathlib, rasterio, tempfile
    >>> place = rasterio.transform.from_origin(500_000, 3_560_000, 30, 30)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     dem = pathlib.Path(folder, "高程.tif")
    ...     with rasterio.open(dem, "w", driver="GTiff", width=60, height=60, count=1,
    ...                        dtype="float32", crs="EPSG:4549", transform=place) as file:
    ...         file.write(np.zeros((1, 60, 60), "float32"))
    ...     result = town({"elevation": dem}, pathlib.Path(folder, "town.tif"), "B")
    >>> result.area_m2
    {1: 3240000, 2: 0, 3: 0, 4: 0, 5: 0}
    >>> result.derived, "water_modulus" in result.left_out
    (('relief', 'slope'), True)
    """
    return _suitability("town", rasters, out, preset, block, progress, boundary, classes, engine)


def agriculture(
    rasters: Paths, out: str | Path, preset: Preset | str | Path = "B", block: int = 1024,
    progress: Progress | None = None, boundary: Any = None, classes: Any = None,
    engine: MapBlocks | None = None,
) -> Result:  # fmt: skip
    """Suitability for farming from rasters: 1 = best suited ... 5 = unsuited; see `town`."""
    return _suitability(
        "agriculture", rasters, out, preset, block, progress, boundary, classes, engine
    )


def ecology(
    rasters: Paths, out: str | Path, preset: Preset | str | Path = "A", block: int = 1024,
    progress: Progress | None = None, boundary: Any = None, classes: Any = None,
    engine: MapBlocks | None = None,
) -> Result:  # fmt: skip
    """Ecological importance from rasters: 5 = most important, 3 = important, 1 = the rest.

    Parameters as in `town`. Cumulative items are read several times, first for their cuts.
    """
    book = preset if isinstance(preset, Preset) else load_preset(preset)
    rated = split(rasters)
    roles, derived, left = sort_roles(book, "ecology", rated)
    with _beside(out, rasters) as part, Stack(rasters) as stack:
        extent = Extent(stack, polygon(boundary, stack.crs), classes)
        there = set(roles) | set(derived)
        cuts = _cuts(book, extent, there, derived, block)
        task = Task(dict(rasters), book, "ecology", roles, derived, extent.boundary, classes, cuts)
        again = book.specks_below_m2 > 0 or book.ecology_patches is not None
        counts = _stream(extent, task, part, block, progress, engine, again=again)
        if book.specks_below_m2 > 0:
            whole = lower_specks(_whole(part), book.specks_below_m2, stack.cell_m)
            counts = _write_whole(part, stack, whole)
        if book.ecology_patches is not None:
            whole = concentrate(_whole(part), book.patches[book.ecology_patches], stack.cell_m)
            counts = _write_whole(part, stack, whole)
        done = _Done("ecology", book, rated, Path(out), derived, left, extent)
        notes = tuple(
            Text(f"{i.name} is left out: it lacks {lack}", f"{i.name} 未评价：缺少 {lack}")
            for i in book.items
            if (lack := ", ".join(sorted(set(i.roles) - there))) and set(i.roles) & set(roles)
        )
        return done.result(counts, stack, (1, 3, 5), notes, cuts)


def _suitability(
    purpose: str, rasters: Paths, out: str | Path, preset: Preset | str | Path, block: int,
    progress: Progress | None, boundary: Any, land: Any, engine: MapBlocks | None,
) -> Result:  # fmt: skip
    book = preset if isinstance(preset, Preset) else load_preset(preset)
    rated = split(rasters)
    roles, derived, left = sort_roles(book, purpose, rated)
    with _beside(out, rasters) as part, Stack(rasters) as stack:
        extent = Extent(stack, polygon(boundary, stack.crs), land)
        task = Task(dict(rasters), book, purpose, roles, derived, extent.boundary, land)
        patches = book.flow(purpose).patches
        counts = _stream(extent, task, part, block, progress, engine, again=patches is not None)
        if patches is not None:
            whole = concentrate(_whole(part), book.patches[patches], stack.cell_m)
            counts = _write_whole(part, stack, whole)
        done = _Done(purpose, book, rated, Path(out), derived, left, extent)
        return done.result(counts, stack, (1, 2, 3, 4, 5))


@dataclass(frozen=True)
class _Done:
    """What was asked for, for the result."""

    purpose: str
    book: Preset
    rasters: Paths
    out: Path
    derived: list[str]
    left: list[str]
    extent: Extent

    def result(
        self, counts: Array, stack: Stack, classes: tuple[int, ...],
        notes: tuple[Text, ...] = (), cuts: Mapping[str, tuple[float, float]] | None = None,
    ) -> Result:  # fmt: skip
        cells = {c: int(counts[c]) for c in classes}
        area = round_to_total([n * stack.cell_m[0] * stack.cell_m[1] for n in cells.values()])
        evidence = self.book.evidence(self.purpose, set(self.rasters) | set(self.derived))
        window = relief_window(max(stack.cell_m), self.book.relief_m2)
        relief = window if "relief" in self.derived else 0
        notes += self.extent.notes() + _grain(stack, relief)
        notes += tuple(_left_out(role) for role in self.left)
        notes += tuple(_idle(role) for role in self._idle())
        notes += tuple(_weak(name, tag) for name, tag in evidence.items() if tag in _DEFAULTS)
        for note in notes:
            logger.info(note.en)
        return Result(
            path=self.out, purpose=self.purpose, preset=self.book.name, scale=self.book.scale,
            used={role: str(path) for role, path in sorted(self.rasters.items())},
            derived=tuple(self.derived), left_out=tuple(self.left),
            cells=cells, area_m2=dict(zip(cells, map(int, area), strict=True)),
            unknown_cells=int(counts[NODATA]) - self.extent.outside_cells
            - self.extent.water_cells,
            outside_cells=self.extent.outside_cells, water_cells=self.extent.water_cells,
            cell_m=stack.cell_m, relief_window=relief, cuts=dict(cuts or {}), evidence=evidence,
            notes=notes,
        )  # fmt: skip

    def _idle(self) -> list[str]:
        """Rasters that were given and had no part in the result."""
        used = set(self.book.roles(self.purpose)).union(*(DERIVED[r] for r in self.derived))
        return sorted(set(self.rasters) - used)


#: Evidence of what is a named default and no official number.
_DEFAULTS = ("M-low", "I", "own")


def _grain(stack: Stack, relief: int) -> tuple[Text, ...]:
    """Say the cell size, and the relief window, which classes depend on."""
    x, y = stack.cell_m
    told = Text(f"cells of {x:g} x {y:g} m", f"像元 {x:g}×{y:g} 米")
    if relief:
        told = Text(f"{told.en}; relief in windows of {relief} x {relief} cells",
                    f"{told.zh}；起伏度窗口 {relief}×{relief} 像元")  # fmt: skip
    return (told,)


def _left_out(role: str) -> Text:
    return Text(f"no raster {role!r}: left out", f"没有图层 {role!r}：未计入")


def _idle(role: str) -> Text:
    return Text(f"raster {role!r} was not needed", f"图层 {role!r} 未用到")


def _weak(name: str, tag: str) -> Text:
    return Text(
        f"{name} is a default, not official ({tag})", f"{name} 为默认值，非官方规定（{tag}）"
    )


def _cuts(
    book: Preset, extent: Extent, there: set[str], derived: list[str], block: int
) -> dict[str, tuple[float, float]]:
    """Cuts of the cumulative items, over all land inside the boundary."""
    found, stack = {}, extent.stack
    for item in book.items:
        if item.kind != "cumulative" or not set(item.roles) <= there:
            continue
        role = item.roles[0]
        given, made = ([], [role]) if role in derived else ([role], [])

        def blocks(given: list[str] = given, made: list[str] = made) -> Iterator[Array]:
            for window in stack.windows(block):
                for layer in read_layers(stack, book, given, made, window).values():
                    yield extent.cut(layer, window, count=False)

        extreme, important = (
            eco.cumulative_cut(blocks, float(item.rule[k])) for k in ("extreme", "important")
        )
        found[item.name] = (extreme, important)
    return found


def _stream(
    extent: Extent, task: Task, part: Path, block: int, progress: Progress | None,
    engine: MapBlocks | None, *, again: bool,
) -> Array:  # fmt: skip
    """Evaluate window by window into ``part``; give the cells of every class.

    What is read and written ``again`` is pressed lightly.
    """
    stack = extent.stack
    windows = list(stack.windows(block))
    counts = np.zeros(256, dtype=np.int64)
    with _raster(part, stack, again=again) as target:
        rated = _rated(extent, task, windows, engine)
        for i, (window, classes) in enumerate(zip(windows, rated, strict=True), start=1):
            counts += np.bincount(classes.ravel(), minlength=256)
            target.write(classes, 1, window=window)
            if progress is not None:
                progress(i, len(windows))
    return counts


def _rated(
    extent: Extent, task: Task, windows: list[Any], engine: MapBlocks | None
) -> Iterator[Classes]:
    """Give the classes of each window, from this process or an engine."""
    if engine is None:
        for window in windows:
            yield rate(task, extent, window)
        return
    jobs = [(w.col_off, w.row_off, w.width, w.height) for w in windows]
    for k in range(0, len(jobs), TOGETHER):
        for classes, outside, water in engine(work, task, jobs[k : k + TOGETHER]):
            extent.outside_cells += outside
            extent.water_cells += water
            yield classes


def _raster(path: Path, stack: Stack, *, again: bool = False) -> Any:
    import rasterio

    return rasterio.open(
        path, "w", driver="GTiff", width=stack.width, height=stack.height, count=1,
        dtype="uint8", nodata=NODATA, crs=stack.crs, transform=stack.transform,
        compress="deflate", tiled=True, blockxsize=256, blockysize=256, BIGTIFF="IF_SAFER",
        **({"zlevel": 1} if again else {}),
    )  # fmt: skip


def _whole(path: Path) -> Classes:
    import rasterio

    with rasterio.open(path) as file:
        classes: Classes = file.read(1)
    return classes


def _write_whole(path: Path, stack: Stack, classes: Classes) -> Array:
    """Write all classes; give the cells of every class."""
    counts = np.zeros(256, dtype=np.int64)
    with _raster(path, stack) as target:
        for window in stack.windows(1024):
            rows, columns = window.toslices()
            part = np.ascontiguousarray(classes[rows, columns])
            counts += np.bincount(part.ravel(), minlength=256)
            target.write(part, 1, window=window)
    return counts


@contextmanager
def _beside(out: str | Path, rasters: Paths) -> Iterator[Path]:
    """Give a path beside ``out`` that takes its place at the end, or goes away on an error."""
    target = Path(out)
    raise_all(
        [Problem(Text("no such folder", "没有这个文件夹"), str(target.parent), code="no-folder")]
        if not target.parent.is_dir()
        else []
    )
    with beside(target, list(rasters.values())) as part:
        yield part
