"""The planar partition of all layers of a plan: faces in which nothing changes.

The boundaries of the city, the townships, the red lines and all other overlays are cut where they
cross; every piece of the plane between them is a face, and each face knows which features cover
it. Areas are measured on faces, so what covers the same ground is measured jointly and once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from zoning.base.areas import Ints
from zoning.errors import InputError, ZoningError

#: Steps in metres of the grids that lines are noded on, in the order they are tried; 0 is none.
_GRIDS = (0.0, 1e-6, 1e-5, 1e-4)
#: What a polygon may lose (m2), how far rounding moves a point, and what counts as a needle.
_LOST_M2, _ROUNDING_M, _NEEDLE_M = 0.01, 1e-8, 1e-6

Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces inside the city and what covers them.

    Parameters
    ----------
    geometry : array of polygon, shape (n,)
        Disjoint; together they fill the city.
    covers : mapping of layer name to (face, feature)
        Two int64 arrays of the same length, sorted: feature ``feature`` of the layer covers face
        ``face``.
    """

    geometry: Geometries
    covers: Mapping[str, tuple[Ints, Ints]]

    def features_of(self, layer: str) -> list[tuple[int, ...]]:
        """List for each face the features of a layer that cover it, in ascending order."""
        face, feature = self.covers[layer]
        found: list[list[int]] = [[] for _ in range(len(self.geometry))]
        for i, k in zip(face.tolist(), feature.tolist(), strict=True):
            found[i].append(k)
        return [tuple(f) for f in found]


def partition(city: Any, layers: Mapping[str, Geometries]) -> Faces:
    """Cut the city into faces along the boundaries of all layers.

    Parameters
    ----------
    city : polygon
        The study area; valid, in a projected CRS.
    layers : mapping of name to array of polygon
        Valid polygons in the same CRS; those of one layer may overlap.

    Returns
    -------
    Faces

    Raises
    ------
    InputError
        If no noding keeps the area of every polygon; not seen on any line work so far.

    Notes
    -----
    Cutting moves points by rounding (about 1e-10 m), so a face's area is exact to far below a
    square metre. Rounding can also leave crossings unnoded, silently, where many lines cross at
    small angles. So every partition is measured: the faces that a polygon covers must add up to
    its area, for the city and for each feature. Where they do not, the lines are noded again by
    snap rounding, on a grid of a micrometre first.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 4, 2)])
    >>> faces = partition(shapely.box(0, 0, 3, 2), {"towns": halves})
    >>> sorted(zip(shapely.area(faces.geometry).tolist(), faces.features_of("towns")))
    [(2.0, (0,)), (2.0, (0, 1)), (2.0, (1,))]
    """
    names = list(layers)
    features = [np.asarray(layers[name], dtype=object) for name in names]
    whole = np.concatenate([np.array([city], dtype=object), *features])
    lines = shapely.boundary(whole)
    area, length = shapely.area(whole), shapely.length(lines)
    worst = (0, np.inf)
    for grid in _GRIDS:
        try:
            faces = _faces(lines, grid)
            face, feature = _covered(faces, whole, max(grid, _NEEDLE_M))
        except shapely.errors.GEOSException:
            continue
        kept = np.bincount(feature, shapely.area(faces)[face], minlength=len(whole))
        off = np.abs(kept - area)
        # Each point of an outline moves by less than a step of the grid.
        if (off <= _LOST_M2 + length * max(grid, _ROUNDING_M)).all():
            return _inside(faces, face, feature, names, features)
        worst = min(worst, (int(off.argmax()), float(off.max())), key=lambda w: w[1])
    raise _lost(*worst)


def _faces(lines: Geometries, grid: float) -> Geometries:
    """Cut lines where they cross, on a grid where one is given, and collect what they enclose."""
    with np.errstate(invalid="ignore"):
        noded = shapely.union_all(lines, grid_size=grid) if grid else shapely.union_all(lines)
        faces: Geometries = shapely.get_parts(shapely.polygonize([noded]))
    return faces


def _covered(faces: Geometries, whole: Geometries, needle: float) -> tuple[Ints, Ints]:
    """Say which polygons cover which faces: by a point inside, or by area where it lies too near.

    Where lines nearly coincide a point inside a face may lie on the wrong side of the original
    line. Faces that are needles throughout hold no ground worth a judgement; the point decides.
    """
    inner, outline = shapely.point_on_surface(faces), shapely.boundary(faces)
    feature, face = shapely.STRtree(inner).query(whole, predicate="contains")
    near = shapely.distance(inner, outline) < 2 * needle
    thin = np.flatnonzero(near & (shapely.area(faces) > needle * shapely.length(outline)))
    if len(thin):
        there = ~np.isin(face, thin)
        other, slim = shapely.STRtree(faces[thin]).query(whole)
        shared = shapely.area(shapely.intersection(whole[other], faces[thin[slim]]))
        most = shared > shapely.area(faces[thin[slim]]) / 2
        face = np.concatenate([face[there], thin[slim[most]]])
        feature = np.concatenate([feature[there], other[most]])
    order = np.lexsort((feature, face))
    return face[order].astype(np.int64), feature[order].astype(np.int64)


def _inside(
    faces: Geometries, face: Ints, feature: Ints, names: list[str], features: list[Geometries]
) -> Faces:
    """Keep the faces inside the city (feature 0), and number features by layer."""
    keep = np.zeros(len(faces), dtype=bool)
    keep[face[feature == 0]] = True
    number = keep.cumsum() - 1
    covers, first = {}, 1
    for name, polygons in zip(names, features, strict=True):
        mine = keep[face] & (feature >= first) & (feature < first + len(polygons))
        covers[name] = (number[face[mine]], feature[mine] - first)
        first += len(polygons)
    return Faces(faces[keep], covers)


def _lost(feature: int, m2: float) -> ZoningError:
    """Tell that the outlines cannot be cut without losing ground."""
    which = ("the city", "研究区") if feature == 0 else (f"polygon {feature}", f"第 {feature} 个面")
    return InputError.one(
        f"cutting the layers along each other loses {m2:,.3f} m2 of {which[0]}",
        f"图层相互切割后，{which[1]}损失 {m2:,.3f} 平方米",
        code="partition", measured=m2, limit=_LOST_M2,
        remedy=("let zoning check repair the outlines", "请运行 zoning check 并修复图形"),
    )  # fmt: skip
