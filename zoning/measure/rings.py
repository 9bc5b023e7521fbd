"""Polygons taken apart into rings of coordinates, in blocks that bound the memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from zoning.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Geometries = npt.NDArray[Any]

_POLYGON = 3  # GEOS type number; higher ones are multi-geometries and collections


class Rings(NamedTuple):
    """All rings of all polygons, one after the other."""

    xy: Floats  #: coordinates, shape (n, 2)
    size: Ints  #: number of coordinates of each ring, first and last one being equal
    polygon: Ints  #: which of the given geometries a ring belongs to
    hole: Flags  #: whether a ring is a hole


def ring_blocks(geometries: Geometries, block: int) -> Iterator[tuple[int, Rings]]:
    """Read polygons in blocks of about ``block`` vertices: first polygon's number and the rings.

    Blocks without any ring are left out.
    """
    full = shapely.get_num_coordinates(geometries).cumsum() // max(block, 1)
    cuts = np.r_[0, np.flatnonzero(np.diff(full)) + 1, len(geometries)].tolist()
    for first, stop in pairwise(cuts):
        rings = read_rings(geometries[first:stop])
        if len(rings.size):
            _refuse_non_finite(rings, first)
            yield first, rings


def _refuse_non_finite(rings: Rings, first: int) -> None:
    # One fast sum tells; huge finite numbers may overflow it, so what it suspects is looked at.
    with np.errstate(over="ignore", invalid="ignore"):
        if math.isfinite(rings.xy.sum()):
            return
    bad = ~np.isfinite(rings.xy).all(axis=1)
    if not bad.any():
        return
    owners = np.unique(np.repeat(rings.polygon, rings.size)[bad]) + first
    shown = ", ".join(map(str, owners[:10]))
    raise InputError.one(
        f"polygon {shown} has coordinates that are not finite numbers",
        f"第 {shown} 个面要素含有非有限坐标（NaN 或无穷）",
        code="non-finite",
        remedy=("mend or remove it", "请修复或删除该要素"),
    )


def read_rings(geometries: Geometries) -> Rings:
    """Take polygons apart; points and lines have no area and are left out."""
    owner = np.arange(len(geometries))
    while ((kind := shapely.get_type_id(geometries)) > _POLYGON).any():
        geometries, i = shapely.get_parts(geometries, return_index=True)
        owner = owner[i]
    size = shapely.get_num_coordinates(geometries)
    usable = (kind == _POLYGON) & (size > 0)
    if not usable.all():
        geometries, owner, size = geometries[usable], owner[usable], size[usable]
    holes = shapely.get_num_interior_rings(geometries)
    if not holes.any():
        hole = np.zeros(len(size), dtype=bool)
    else:
        owner, size, hole = _split_rings(geometries, owner, size, holes)
    return Rings(shapely.get_coordinates(geometries), size.astype(np.int64), owner, hole)


def _split_rings(
    geometries: Geometries, owner: Ints, size: Ints, holes: Ints
) -> tuple[Ints, Ints, Flags]:
    """Owner, size and kind of every ring; only polygons with holes have to be opened for it."""
    part = np.repeat(np.arange(len(size)), holes + 1)
    opened = holes[part] > 0
    ring_size = size[part]
    ring_size[opened] = shapely.get_num_points(shapely.get_rings(geometries[holes > 0]))
    hole = np.ones(len(part), dtype=bool)
    hole[(holes + 1).cumsum() - holes - 1] = False
    some = ring_size > 0  # a hole may be empty
    return owner[part[some]], ring_size[some], hole[some]
