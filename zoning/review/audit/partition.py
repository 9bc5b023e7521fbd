"""The exact partition of all claims: who claims which ground, measured in blocks of the lattice.

A block is cut along every line that crosses it; each face has a *set* of claims, so three plans on
one spot are one piece of ground and never count twice. Faces of one set that share an edge are one
part; parts that meet at a seam of blocks are put together at the end. Areas are whole numbers of
1/65536 m² that are added up, so they depend neither on blocks nor on the order of inputs.
"""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from zoning.base.areas import Floats, Ints
from zoning.base.collecting import uncollected
from zoning.grid.lattice import GridSpec
from zoning.ledger.tiles import (
    BLOCK,
    PARTS,
    MapBlocks,
    Picture,
    Task,
    add_up,
    areas_of,
    cut_block,
    in_process,
    jobs_of,
    task_of,
)
from zoning.measure.faces import Faces, Geometries, partition
from zoning.review.audit.rules import Claim, Matrix

#: An odd number with its bits well mixed (the golden ratio in 64 bits).
_MIX = np.uint64(0x9E3779B97F4A7C15)
#: Townships of ground in none, and in more than one.
NOWHERE, SEVERAL = -1, -2
#: Parts of one patch meet at a seam on lines with the same x or y; a micrometre is far below that.
_SEAM_M = 1e-6

#: A set of claims, as sorted numbers.
Sign = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Partition:
    """Who claims which ground.

    Parameters
    ----------
    signs : tuple of Sign
        All different sets of claims, sorted.
    sign, part, township, row, col, landuse : int arrays
        For each piece: its set, the part of a contradiction it belongs to (-1: none), the number of
        its township, its unit in the lattice, its class of land use (-1: none).
    parts : int64 array
        Area in 1/65536 m².
    shapes : array of polygon
        One for each part.
    shape_sign : int array
        The set of each part.
    """

    signs: tuple[Sign, ...]
    sign: Ints
    part: Ints
    township: Ints
    row: Ints
    col: Ints
    landuse: Ints
    parts: Ints
    shapes: Geometries
    shape_sign: Ints

    @property
    def area_m2(self) -> npt.NDArray[np.float64]:
        """Areas in square metres."""
        return self.parts / PARTS


@dataclass
class Work:
    """What every block needs to know beside the layers."""

    task: Task
    claim: Ints
    outside: dict[str, int]
    claims: tuple[Claim, ...]
    township: Ints
    rules: Matrix
    marked: dict[Sign, bool] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what can be made again."""
        return {**self.__dict__, "marked": {}}

    def is_marked(self, sign: Sign) -> bool:
        """Whether a set of claims holds a pair that does not pass."""
        if sign not in self.marked:
            found = self.rules.matches(self.claims[c] for c in sign)
            self.marked[sign] = bool(found) and found[0].level != "pass"
        return self.marked[sign]


@dataclass(frozen=True, slots=True)
class Block:
    """What one block gives: columns as in :class:`Partition`, numbers of this block alone.

    Shapes are bytes: what is kept must not lie scattered between the faces that are let go, or
    everything that is asked of it later takes half as long again.
    """

    signs: list[Sign]
    columns: tuple[Ints, ...]
    parts: Ints
    shapes: npt.NDArray[np.object_]
    shape_sign: Ints
    at_seam: npt.NDArray[np.bool_]


@uncollected()
def measure(
    city: Any, townships: Geometries | None, claims: Any, rules: Matrix, grid: GridSpec,
    landuse: Picture | None = None, *, map_blocks: MapBlocks = in_process, block: int = BLOCK,
) -> Partition:  # fmt: skip
    """Cut the city by all claims and measure every piece.

    Parameters
    ----------
    city : polygon
    townships : array of polygon, optional
    claims : Claims
    rules : Matrix
        Says which sets of claims hold a contradiction: only those keep their shapes.
    grid : GridSpec
    landuse : Picture, optional
        Gives windows of classes of land use.
    map_blocks : callable
        Runs the blocks.
    block : int
        Units along a side of a block.

    Returns
    -------
    Partition
    """
    none = np.empty(0, dtype=object)
    layers = {"townships": none if townships is None else townships, "claims": claims.shapes}
    layers = {name: shapes for name, shapes in layers.items() if len(shapes)}
    task, numbers = task_of(city, layers, grid, landuse, block)
    for name in layers:
        near = _by_place(task.layers[name])
        # A copy lies in memory in the order in which it is read.
        task.layers[name] = shapely.from_wkb(shapely.to_wkb(task.layers[name][near]))
        numbers[name] = numbers[name][near]
    order, towns = numbers.get("claims"), numbers.get("townships")
    empty = np.empty(0, dtype=np.int64)
    work = Work(
        task, empty if order is None else claims.claim[order], dict(claims.outside),
        claims.claims, empty if towns is None else towns, rules,
    )  # fmt: skip
    found = [b for b in map_blocks(work_block, work, jobs_of(task)) if b is not None]
    return _merge(found)


def _by_place(shapes: Geometries) -> Ints:
    """Give an order in which neighbours stand near each other: along strips, to and fro."""
    west, south, east, north = shapely.bounds(shapes).T
    x, y = west + east, south + north
    wide = max(float(np.ptp(x)), 1.0) / max(np.sqrt(len(shapes)), 1.0)
    strip = ((x - x.min()) // wide).astype(np.int64)
    return np.lexsort((np.where(strip % 2, -y, y), strip)).astype(np.int64)


@uncollected()  # in a worker too
def work_block(work: Work, job: tuple[int, int]) -> Block | None:
    """Cut and measure one block."""
    task = work.task
    cut = cut_block(task, job)
    if cut is None:
        return None
    box, near, number = cut
    city = near.pop("")[0]
    faces = partition(city, near)
    signs = _signs(faces, work, number)
    names = sorted(set(signs))
    rank = {s: k for k, s in enumerate(names)}
    sign = np.array([rank[s] for s in signs], dtype=np.int64)
    marked = np.array([work.is_marked(s) for s in names], dtype=bool)
    part, shapes, shape_sign = _parts(faces.geometry, sign, marked)
    face, row, col, value, area = areas_of(faces.geometry, task, box, city)
    town = _towns(faces, work, number)
    up, right = task.first[1] + box[1] // task.cell, task.first[0] + box[0] // task.cell
    keys = (sign[face], part[face], town[face], row + up, col + right, value)
    *columns, parts = add_up(keys, np.rint(area * PARTS).astype(np.int64))
    side = float(task.block * task.cell)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    at_seam = ((bounds[:, :2] <= 0) | (bounds[:, 2:] >= side)).any(axis=1)
    away = np.array(box[:2], dtype=float) + np.asarray(task.corner, dtype=float)
    shapes = shapely.transform(shapes, lambda xy: xy + away)
    return Block(names, tuple(columns), parts, shapely.to_wkb(shapes), shape_sign, at_seam)


def _signs(faces: Faces, work: Work, number: dict[str, Ints]) -> list[Sign]:
    """Give each face the set of claims on it, what it is outside of too."""
    count, kinds = len(faces.geometry), len(work.claims)
    face = claim = np.empty(0, dtype=np.int64)
    if "claims" in faces.covers:
        face, feature = faces.covers["claims"]
        claim = work.claim[number["claims"][feature]]
    keys = [face * kinds + claim]
    for name, rest in work.outside.items():
        mine = np.array([role == name for role, _ in work.claims], dtype=bool)
        free = np.ones(count, dtype=bool)
        free[face[mine[claim]]] = False
        keys.append(np.flatnonzero(free) * kinds + rest)
    pairs = np.sort(np.concatenate(keys))
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    ends = np.searchsorted(pairs, np.arange(count + 1) * kinds).tolist()
    found = (pairs % kinds).tolist() if kinds else []
    return [tuple(found[a:b]) for a, b in itertools.pairwise(ends)]


def _towns(faces: Faces, work: Work, number: dict[str, Ints]) -> Ints:
    town = np.full(len(faces.geometry), NOWHERE, dtype=np.int64)
    if "townships" in faces.covers:
        face, feature = faces.covers["townships"]
        town[face] = work.township[number["townships"][feature]]
        town[np.bincount(face, minlength=len(town)) > 1] = SEVERAL
    return town


def _parts(
    shapes: Geometries, sign: Ints, marked: npt.NDArray[np.bool_]
) -> tuple[Ints, Geometries, Ints]:
    """Put faces of one marked set that share an edge together.

    Returns
    -------
    part : int array
        Of each face; -1 where its set is not marked.
    shapes : array of polygon
        One for each part.
    shape_sign : int array
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    part = np.full(len(shapes), -1, dtype=np.int64)
    mine = np.flatnonzero(marked[sign]) if len(sign) else np.empty(0, dtype=np.int64)
    if not len(mine):
        return part, np.empty(0, dtype=object), np.empty(0, dtype=np.int64)
    a, b = _neighbours(shapes[mine], sign[mine])
    links = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(len(mine), len(mine)))
    count, of = connected_components(links, directed=False)
    part[mine] = of
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(count + 1))
    mine = mine[order]
    whole = shapes[mine[starts[:-1]]]
    for k in np.flatnonzero(np.diff(starts) > 1).tolist():
        whole[k] = _joined(shapes[mine[starts[k] : starts[k + 1]]])
    return part, whole, sign[mine[starts[:-1]]]


def _joined(shapes: Geometries) -> Any:
    """Put faces that share edges together; the quick way asks that nothing overlaps by a hair."""
    try:
        return shapely.coverage_union_all(shapes)
    except shapely.errors.GEOSException:
        # Rounding left a hair of overlap between two of them.
        with contextlib.suppress(shapely.errors.GEOSException):
            return shapely.union_all(shapes)
        return shapely.union_all(shapes, grid_size=_SEAM_M)


def _neighbours(shapes: Geometries, sign: Ints) -> tuple[Ints, Ints]:
    """Give pairs of faces of one set that have a segment in common; they share its very ends."""
    rings, of = shapely.get_rings(shapes, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    ends = np.concatenate([xy[:-1][same], xy[1:][same]], axis=1)
    face = of[ring[:-1][same]]
    turned = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turned] = ends[turned][:, [2, 3, 0, 1]]
    order, alike = _side_by_side(ends, sign[face])
    face = face[order]
    return face[:-1][alike].astype(np.int64), face[1:][alike].astype(np.int64)


def _side_by_side(ends: Floats, sign: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Give an order in which equal rows stand together, and which rows equal the one before.

    Rows are sorted by one number made of all their bits. Where two different rows have the same
    number, which is not to be expected, they are sorted by their columns.
    """
    key = sign.astype(np.uint64)
    for column in (ends + 0.0).T:  # -0.0 is 0.0
        key = (key ^ (key >> np.uint64(32)) ^ column.view(np.uint64)) * _MIX
    order = np.argsort(key ^ (key >> np.uint64(29)))

    def compared() -> npt.NDArray[np.bool_]:
        rows, of = ends[order], sign[order]
        found: npt.NDArray[np.bool_] = (rows[1:] == rows[:-1]).all(axis=1) & (of[1:] == of[:-1])
        return found

    alike = compared()
    if ((key[order[1:]] == key[order[:-1]]) & ~alike).any():
        order = np.lexsort((*ends.T, sign))
        alike = compared()
    return order, alike


def _merge(blocks: list[Block]) -> Partition:
    """Give sets and parts one numbering over all blocks; parts that meet at a seam become one."""
    signs = sorted({s for b in blocks for s in b.signs})
    rank = {s: k for k, s in enumerate(signs)}
    again = [np.array([rank[s] for s in b.signs], dtype=np.int64) for b in blocks]
    first = np.cumsum([0, *(len(b.shapes) for b in blocks)])
    none, nothing = np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    shapes = shapely.from_wkb(np.concatenate([nothing, *(b.shapes for b in blocks)]))
    shape_sign = np.concatenate(
        [none, *(a[b.shape_sign] for a, b in zip(again, blocks, strict=True))]
    )
    seam = np.concatenate([np.empty(0, dtype=bool), *(b.at_seam for b in blocks)])
    to, shapes, shape_sign = _over_seams(shapes, shape_sign, seam)
    kept = shapely.to_wkb(shapes)
    del shapes  # all are gone before any is made again, in their order
    shapes = shapely.from_wkb(kept)
    columns = []
    for k in range(6):
        parts = [b.columns[k] for b in blocks]
        if k == 0:
            parts = [a[p] for a, p in zip(again, parts, strict=True)]
        if k == 1:
            parts = [
                np.where(p < 0, -1, to[np.maximum(p + s, 0)] if len(to) else -1)
                for p, s in zip(parts, first[:-1].tolist(), strict=True)
            ]
        columns.append(np.concatenate([none, *parts]).astype(np.int64))
    amount = np.concatenate([none, *(b.parts for b in blocks)])
    sign, part, town, row, col, value, area = add_up(columns, amount)
    return Partition(
        tuple(signs), sign, part, town, row, col, value, area, shapes, shape_sign
    )  # fmt: skip


def _over_seams(
    shapes: Geometries, sign: Ints, seam: npt.NDArray[np.bool_]
) -> tuple[Ints, Geometries, Ints]:
    """Put parts of one set together that meet at seams.

    Returns
    -------
    to : int array
        The part that each part has become.
    shapes, sign : arrays
        Of the parts that there are then, in an order of their own (set, place).
    """
    alone = np.flatnonzero(~seam)
    met: list[Any] = []
    signs, firsts, owner = [sign[alone]], [alone], [alone]  # of each group; of each part of one
    group = [np.arange(len(alone))]
    for s in sorted(set(sign[seam].tolist())):
        mine = np.flatnonzero(seam & (sign == s))
        pieces = shapely.get_parts(shapely.union_all(shapes[mine], grid_size=_SEAM_M))
        inner = shapely.point_on_surface(shapes[mine])
        at, hit = shapely.STRtree(pieces).query(inner, predicate="dwithin", distance=_SEAM_M)
        at, once = np.unique(at, return_index=True)
        used, of = np.unique(hit[once], return_inverse=True)
        group.append(of + len(alone) + len(met))
        owner.append(mine[at])
        firsts.append(mine[at[np.unique(of, return_index=True)[1]]])
        signs.append(np.full(len(used), s))
        met += pieces[used].tolist()
    whole = np.concatenate([shapes[alone], np.array(met, dtype=object)])
    sign = np.concatenate(signs).astype(np.int64)
    place = shapely.bounds(whole).reshape(-1, 4).round(3)
    order = np.lexsort((np.concatenate(firsts), *place.T[::-1], sign))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    to = np.zeros(len(shapes), dtype=np.int64)
    to[np.concatenate(owner)] = rank[np.concatenate(group)]
    return to, whole[order], sign[order]
