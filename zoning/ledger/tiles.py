"""Measuring in blocks of the lattice: the same whole numbers wherever and in whatever order.

::

       lattice origin                   each block, by itself:
         |                                clip the layers, read its window of the raster,
         v   block (0,1)  block (1,1)     cut into faces, measure, round to 2**-16 m2
         +---64 units---+-----------+   all blocks together:
         | block (0,0)  | (1,0)     |     add up whole numbers, name what covers what
         +--------------+-----------+

Blocks are counted from the origin of the lattice, never from the city, and are worked in this way
on one core as well as on many. Sums of whole numbers do not depend on their order, so the result
depends on nothing but the inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import shapely

from zoning.base.areas import Floats, Ints
from zoning.grid.lattice import GridSpec
from zoning.measure.coverage import polygon_shares
from zoning.measure.faces import Faces, Geometries, partition
from zoning.measure.zonal import Raster, piece_classes

#: Units along a side of a block. It is part of what a plan is: another number moves single
#: square metres, because clipping moves points by about 1e-10 m.
BLOCK = 64
#: Areas of blocks are whole numbers of this part of a square metre.
PARTS = 1 << 16
#: Coordinates are counted from a corner of the lattice that every size of block up to this shares.
_CORNER = 256
_POLYGON, _COLLECTION = 3, 7


class MapBlocks(Protocol):
    """Runs a function on many jobs and gives the results in the order of the jobs."""

    def __call__(
        self, work: Callable[[Any, Any], Any], shared: Any, jobs: Sequence[Any]
    ) -> Iterable[Any]:
        """Call ``work(shared, job)`` for every job; ``shared`` is sent to a worker once."""


class Picture(Protocol):
    """What gives the part of a land-use raster that a block needs."""

    def window(self, bounds: tuple[float, float, float, float]) -> Raster:
        """Give the pixels that touch west, south, east, north (metres in the grid's CRS)."""


def in_process(work: Callable[[Any, Any], Any], shared: Any, jobs: Sequence[Any]) -> Iterator[Any]:
    """Work one job after the other, here."""
    for job in jobs:
        yield work(shared, job)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured: one row for each unit, cover and class of land use.

    Parameters
    ----------
    covers : Faces
        One "face" without geometry for each different set of features that covers some ground.
    cover : int array
        Position in ``covers``.
    row, col : int arrays
        Lattice numbers of the unit.
    landuse : int array
        Class, -1 where there is none.
    parts : int64 array
        Area in 1/65536 m2 (:data:`PARTS`), above 0.

    Rows are sorted by cover, row, col, land use, and none occurs twice.
    """

    covers: Faces
    cover: Ints
    row: Ints
    col: Ints
    landuse: Ints
    parts: Ints


@dataclass(eq=False)
class Task:
    """What every block needs to know; sent to a worker once.

    Coordinates are counted from ``corner``, so that they are small and cutting is fine; both are
    whole steps of the lattice, so the shift itself rounds nothing.
    """

    cell: int
    block: int
    first: tuple[int, int]
    corner: tuple[int, int]
    layers: dict[str, Geometries]
    landuse: Picture | None
    bands: dict[int, dict[str, tuple[Geometries, Ints]]] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        return {**self.__dict__, "bands": {}}

    def box(self, i: int, j: int) -> tuple[int, int, int, int]:
        """Give the bounds of a block, counted from the corner."""
        side = self.block * self.cell
        west = i * side - self.first[0] * self.cell
        south = j * side - self.first[1] * self.cell
        return west, south, west + side, south + side

    def band(self, i: int, j: int) -> dict[str, tuple[Geometries, Ints]]:
        """Clip all layers to the row of a block; polygons of many blocks are cut twice only."""
        if j not in self.bands:
            if len(self.bands) > 1:
                self.bands.clear()
            _, south, _, north = self.box(i, j)
            every = np.concatenate([shapely.bounds(g) for g in self.layers.values()])
            west, east = float(np.nanmin(every[:, 0])) - 1, float(np.nanmax(every[:, 2])) + 1
            self.bands[j] = {
                name: clip(shapes, np.arange(len(shapes)), (west, south, east, north))
                for name, shapes in self.layers.items()
            }
        return self.bands[j]


@dataclass(frozen=True, slots=True)
class Tile:
    """What one block gives: columns of :class:`Measured`, and the features behind ``cover``."""

    cover: npt.NDArray[np.int32]
    row: npt.NDArray[np.int32]
    col: npt.NDArray[np.int32]
    landuse: npt.NDArray[np.int64]
    parts: Ints
    members: list[tuple[tuple[int, ...], ...]]


def measure(
    city: Any, layers: Mapping[str, Geometries], grid: GridSpec, landuse: Picture | None = None,
    *, map_blocks: MapBlocks = in_process, block: int = BLOCK,
) -> Measured:  # fmt: skip
    """Measure the joint areas of all layers in every unit.

    Parameters
    ----------
    city : polygon
        Valid, in the CRS of the grid, as all layers.
    layers : mapping of name to array of polygon
        Valid polygons; those of one layer may overlap. Their order does not matter.
    grid : GridSpec
        The lattice of units.
    landuse : Picture, optional
        Gives windows of classes; left out, land use is -1.
    map_blocks : callable
        Runs the blocks (:class:`MapBlocks`); the result does not depend on it.
    block : int
        Units along a side of a block, at most 256.

    Returns
    -------
    Measured

    Examples
    --------
    >>> towns = np.array([shapely.box(0, 0, 1500, 1000), shapely.box(1500, 0, 2000, 1000)])
    >>> m = measure(shapely.box(0, 0, 2000, 1000), {"towns": towns}, GridSpec("EPSG:4549"))
    >>> of = m.covers.features_of("towns")
    >>> sorted((of[k], c, a / PARTS) for k, c, a in zip(m.cover, m.col.tolist(), m.parts.tolist()))
    [((0,), 0, 1000000.0), ((0,), 1, 500000.0), ((1,), 1, 500000.0)]
    """
    names = list(layers)
    task, numbers = task_of(city, layers, grid, landuse, block)
    tiles = [t for t in map_blocks(work_block, task, jobs_of(task)) if t is not None]
    return _merge(tiles, names, numbers)


def task_of(
    city: Any, layers: Mapping[str, Geometries], grid: GridSpec, landuse: Picture | None, block: int
) -> tuple[Task, dict[str, Ints]]:
    """Shift the layers to a near corner of the lattice; put features in an order of their own."""
    west, south, _, _ = shapely.bounds(city).tolist()
    step = _CORNER * grid.cell_m
    first = tuple(
        int((v - o) // step) * _CORNER for v, o in zip((west, south), grid.origin_m, strict=True)
    )
    corner = tuple(o + f * grid.cell_m for o, f in zip(grid.origin_m, first, strict=True))
    near: dict[str, Geometries] = {}
    numbers: dict[str, Ints] = {}
    for name, shapes in {"": [city], **layers}.items():
        given = np.asarray(shapes, object)
        # The order of rows in a file must not matter.
        order = np.argsort(shapely.to_wkb(given))
        near[name] = shapely.transform(given[order], lambda xy: xy - np.asarray(corner))
        numbers[name] = order
    return Task(grid.cell_m, block, first, corner, near, landuse), numbers  # type: ignore[arg-type]


def jobs_of(task: Task) -> list[tuple[int, int]]:
    """List the blocks that the city touches, band by band."""
    city = task.layers[""][0]
    side = task.block * task.cell
    at = np.array(task.first) * task.cell
    west, south, east, north = shapely.bounds(city).tolist()
    i0, i1 = int((west + at[0]) // side), int((east + at[0]) // side)
    j0, j1 = int((south + at[1]) // side), int((north + at[1]) // side)
    every = [(i, j) for j in range(j0, j1 + 1) for i in range(i0, i1 + 1)]
    boxes = shapely.STRtree(shapely.box(*np.array([task.box(i, j) for i, j in every]).T))
    return [every[k] for k in np.sort(boxes.query(city, predicate="intersects"))]


def clip(
    shapes: Geometries, number: Ints, bounds: tuple[float, float, float, float]
) -> tuple[Geometries, Ints]:
    """Cut polygons to a rectangle; those outside, and what only touches it, are left out.

    Returns
    -------
    shapes, number : arrays
        Polygons and multipolygons, and the entries of ``number`` that belong to them.
    """
    box = shapely.box(*bounds)
    near = np.flatnonzero(shapely.intersects(box, shapes))
    out = shapes[near].copy()
    cut = np.flatnonzero(~shapely.contains_properly(box, out))
    out[cut] = shapely.intersection(out[cut], box)
    kind = shapely.get_type_id(out[cut])
    for k in cut[kind == _COLLECTION]:
        parts = shapely.get_parts(out[k])
        out[k] = shapely.multipolygons(parts[shapely.get_type_id(parts) == _POLYGON])
    full = shapely.area(out) > 0
    return out[full], number[near[full]]


def cut_block(
    task: Task, job: tuple[int, int]
) -> tuple[tuple[int, int, int, int], dict[str, Geometries], dict[str, Ints]] | None:
    """Clip every layer to a block, in metres from its lower left corner.

    Returns
    -------
    tuple or None
        The box of the block, the shapes of each layer (``""`` is the city) and their numbers in
        the layer. None where the city only touches the block.
    """
    box = task.box(*job)
    shift = np.array(box[:2])
    here = {name: clip(*kept, box) for name, kept in task.band(*job).items()}
    near = {name: shapely.transform(s, lambda xy: xy - shift) for name, (s, _) in here.items()}
    return (box, near, {name: n for name, (_, n) in here.items()}) if len(near[""]) else None


def work_block(task: Task, job: tuple[int, int]) -> Tile | None:
    """Measure one block.

    Returns
    -------
    Tile or None
        None where the city only touches the block.
    """
    cut = cut_block(task, job)
    if cut is None:
        return None
    box, near, number = cut
    city = near.pop("")[0]
    faces = partition(city, near)
    signs: list[tuple[tuple[int, ...], ...]] = [()] * len(faces.geometry)
    if near:
        columns = [_numbered(faces, name, number[name]) for name in near]
        signs = list(zip(*columns, strict=True))
    members = sorted(set(signs))
    rank = {m: k for k, m in enumerate(members)}
    cover = np.array([rank[s] for s in signs])
    face, row, col, value, area = areas_of(faces.geometry, task, box, city)
    keys = (cover[face], row, col, value)
    cover, row, col, value, parts = add_up(keys, np.rint(area * PARTS).astype(np.int64))
    up = task.first[1] + box[1] // task.cell
    right = task.first[0] + box[0] // task.cell
    small = np.int32
    return Tile(cover.astype(small), (row + up).astype(small), (col + right).astype(small), value,
                parts, members)  # fmt: skip


def _numbered(faces: Faces, name: str, number: Ints) -> list[tuple[int, ...]]:
    """Name the features over each face by their numbers in the whole layer."""
    face, feature = faces.covers[name]
    mine = number[feature].tolist()
    every = np.arange(len(faces.geometry))
    ends = (np.searchsorted(face, every, side).tolist() for side in ("left", "right"))
    return [tuple(mine[a:b]) for a, b in zip(*ends, strict=True)]


def areas_of(
    shapes: Geometries, task: Task, box: tuple[int, int, int, int], city: Any
) -> tuple[Ints, Ints, Ints, Ints, Floats]:
    """Measure faces in the units of a block, split by land use where there is a raster."""
    if task.landuse is None:
        s = polygon_shares(shapes, origin=(0.0, 0.0), cell=task.cell)
        nothing = np.full(len(s.share), -1)
        return s.polygon, s.row, s.col, nothing, s.share * float(task.cell) ** 2
    x, y = task.corner[0] + box[0], task.corner[1] + box[1]
    west, south, east, north = shapely.bounds(city).tolist()
    seen = task.landuse.window((west + x, south + y, east + x, north + y))
    near = Raster(seen.classes, seen.x0 - x, seen.y0 - y, seen.dx, seen.dy)
    p = piece_classes(shapes, near, origin=(0.0, 0.0), cell=task.cell)
    return p.polygon, p.row, p.col, p.value, p.area_m2


def add_up(columns: Sequence[Ints], parts: Ints) -> tuple[Ints, ...]:
    """Add whole numbers of rows that are alike in all columns; sort by the columns, drop zeros."""
    if not len(parts):
        return (*columns, parts)
    key = _packed(columns)
    if key is None:
        order = np.lexsort(tuple(reversed(columns)))
        by: Sequence[Ints] = [c[order] for c in columns]
    else:
        order = np.argsort(key)
        by = [key[order]]
    new = np.logical_or.reduce([c[1:] != c[:-1] for c in by])
    start = np.flatnonzero(np.append(True, new))
    total = np.add.reduceat(parts[order], start)
    first = order[start[total > 0]]
    return (*(c[first] for c in columns), total[total > 0])


def _packed(columns: Sequence[Ints]) -> Ints | None:
    """Put columns into one number that sorts as they do; None where it would not fit."""
    key = np.zeros(1, np.int64)
    size = 1
    for column in columns:
        low = int(column.min())
        many = int(column.max()) - low + 1
        size *= many
        if size >= 1 << 62:
            return None
        key = key * many + (column - low)
    return key


def _merge(tiles: Sequence[Tile], names: Sequence[str], numbers: Mapping[str, Ints]) -> Measured:
    """Put blocks together: covers are numbered anew over all of them."""
    members = sorted({m for tile in tiles for m in tile.members})
    rank = {m: k for k, m in enumerate(members)}
    again = [np.array([rank[m] for m in t.members])[t.cover] for t in tiles]
    none = np.empty(0, np.int64)

    def column(name: str) -> Ints:
        return np.concatenate([none, *(getattr(t, name) for t in tiles)]).astype(np.int64)

    columns = (np.concatenate([none, *again]), column("row"), column("col"), column("landuse"))
    cover, row, col, landuse, parts = add_up(columns, column("parts"))
    covers = {}
    for k, name in enumerate(names):
        lists = [sorted(numbers[name][list(m[k])].tolist()) for m in members]
        face = np.repeat(np.arange(len(members)), [len(x) for x in lists])
        feature = np.array([x for each in lists for x in each], np.int64)
        covers[name] = (face.astype(np.int64), feature)
    nowhere = np.full(len(members), None)
    return Measured(Faces(nowhere, covers), cover, row, col, landuse, parts)
