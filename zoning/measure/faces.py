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

    Notes
    -----
    Cutting moves points by rounding (about 1e-10 m), so a face's area is exact to far below a
    square metre; the residual against the original polygons is one of the checks of a plan.

    Examples
    --------
    >>> halves = np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 4, 2)])
    >>> faces = partition(shapely.box(0, 0, 3, 2), {"towns": halves})
    >>> sorted(zip(shapely.area(faces.geometry).tolist(), faces.features_of("towns")))
    [(2.0, (0,)), (2.0, (0, 1)), (2.0, (1,))]
    """
    everything = [np.array([city], dtype=object), *(np.asarray(g) for g in layers.values())]
    lines = _noded(shapely.boundary(np.concatenate(everything)))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    inner = shapely.point_on_surface(faces)
    shapely.prepare(city)
    inside = shapely.contains_properly(city, inner)
    faces, inner = faces[inside], inner[inside]
    tree = shapely.STRtree(inner)
    covers = {}
    for name, polygons in layers.items():
        feature, face = tree.query(np.asarray(polygons), predicate="contains")
        order = np.lexsort((feature, face))
        covers[name] = (face[order].astype(np.int64), feature[order].astype(np.int64))
    return Faces(faces, covers)


def _noded(lines: Geometries) -> Any:
    """Cut lines where they cross; on a grid of a micrometre where plain rounding fails."""
    try:
        return shapely.union_all(lines)
    except shapely.errors.GEOSException:
        return shapely.union_all(lines, grid_size=1e-6)
