"""Patches and their concentration (地块集中连片度), over rasters in strips of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.evaluation.classes import Classes, book, change

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_EIGHT = np.ones((3, 3), dtype=bool)


class Joined:
    """Labels of patches over strips, joined where strips meet (union-find).

    The first pass sees each strip once and keeps only its last row; the second asks for the areas.
    """

    def __init__(self) -> None:
        self.parent: list[int] = [0]
        self.pixels: list[int] = [0]
        self.starts: list[int] = []
        self._last: Ints | None = None

    def add(self, strip: Bools) -> None:
        """Label one strip, from top to bottom."""
        label, n = _label(strip)
        start = len(self.parent)
        self.starts.append(start)
        self.parent += range(start, start + n)
        self.pixels += np.bincount(label.ravel(), minlength=n + 1)[1:].tolist()
        top = np.where(label[0] > 0, label[0] + start - 1, 0)
        if self._last is not None:
            self._join(self._last, top)
        self._last = np.where(label[-1] > 0, label[-1] + start - 1, 0)

    def _join(self, above: Ints, below: Ints) -> None:
        for shift in (-1, 0, 1):  # eight neighbours
            a = above[max(0, -shift) : len(above) - max(0, shift)]
            b = below[max(0, shift) : len(below) - max(0, -shift)]
            both = (a > 0) & (b > 0)
            for x, y in np.unique(np.stack([a[both], b[both]], axis=1), axis=0).tolist():
                self._unite(x, y)

    def _root(self, x: int) -> int:
        while self.parent[x] != x:
            self.parent[x] = self.parent[self.parent[x]]
            x = self.parent[x]
        return x

    def _unite(self, x: int, y: int) -> None:
        a, b = sorted((self._root(x), self._root(y)))
        if a != b:
            self.parent[b] = a
            self.pixels[a] += self.pixels[b]

    def areas(self, index: int, strip: Bools) -> Ints:
        """Pixels of the patch of every cell of a strip, 0 outside patches."""
        label, n = _label(strip)
        start = self.starts[index]
        size = [0] + [self.pixels[self._root(start + k)] for k in range(n)]
        out: Ints = np.asarray(size, dtype=np.int64)[label]
        return out


def _label(strip: Bools) -> tuple[Ints, int]:
    from scipy.ndimage import label

    found, n = label(strip, structure=_EIGHT)
    return found.astype(np.int64), int(n)


def patch_areas(strips: Callable[[], Iterator[Bools]]) -> Iterator[Ints]:
    """Pixels of the patch that each cell belongs to, strip by strip.

    Parameters
    ----------
    strips : callable
        Gives the strips of the raster from top to bottom, each time anew (there are two passes).

    Yields
    ------
    int64 array per strip
        0 outside patches; neighbours by edges and corners are one patch.

    Examples
    --------
    >>> mask = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0]], dtype=bool)
    >>> np.vstack(list(patch_areas(lambda: iter([mask[:1], mask[1:]])))).tolist()
    [[2, 0, 0], [0, 2, 0], [0, 0, 0], [1, 0, 0]]
    """
    joined = Joined()
    for strip in strips():
        joined.add(strip)
    for i, strip in enumerate(strips()):
        yield joined.areas(i, strip)


def correct_by_area(c: Classes, area_km2: npt.NDArray[Any]) -> Classes:
    """Lower the class of small patches (``[patches.area]``, M-low; 1 = best).

    Only land with a patch (area above 0) changes.

    Examples
    --------
    >>> correct_by_area(np.array([1, 1, 1], np.int8), np.array([0.1, 0.3, 5.0])).tolist()
    [3, 2, 1]
    """
    rule = book()["patches"]["area"]
    band = np.searchsorted(np.asarray(rule["edges_km2"]), area_km2, side="right")
    steps = np.asarray(rule["change"], dtype=np.int8)[band]
    return change(c, np.where(area_km2 > 0, steps, 0).astype(np.int8))


def reock(patch: Any) -> float:
    """Area of a patch over the area of the smallest circle around it, 0..1.

    Examples
    --------
    >>> from shapely import box
    >>> round(reock(box(0, 0, 1, 1)), 4)
    0.6366
    """
    import shapely

    radius = float(shapely.minimum_bounding_radius(patch))
    return float(shapely.area(patch) / (np.pi * radius**2)) if radius > 0 else 0.0


def correct_by_shape(c: int, ratio: float) -> int:
    """Class after the shape of its patch (``[patches.shape]``, as coded by others; 1 = best).

    Examples
    --------
    >>> [correct_by_shape(3, r) for r in (0.1, 0.3, 0.5, 0.7, 0.9)]
    [5, 4, 3, 2, 1]
    """
    rule = book()["patches"]["shape"]
    step = rule["change"][int(np.searchsorted(rule["edges"], ratio, side="right"))]
    if step in ("worst", "best"):
        return 5 if step == "worst" else 1
    return int(np.clip(c + int(step), 1, 5))
