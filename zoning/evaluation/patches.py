"""Patch concentration (地块集中连片度): merged area first, shape second.

A patch is what touches by edges or corners, or lies closer than the aggregation distance. The
whole raster of classes is held (one byte a cell) with its labels (four bytes a cell).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.base.areas import M2_PER_KM2
from zoning.evaluation.presets import PatchRule
from zoning.evaluation.tables import NODATA, Array, Classes
from zoning.measure import windows

Labels = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

#: Cells of a strip of rows, and points of a batch of outlines (own choices; tens of megabytes).
_STRIP_CELLS, _BATCH_POINTS = 4_000_000, 1_000_000


def label_patches(
    member: npt.NDArray[np.bool_], cell_m: tuple[float, float] = (1.0, 1.0), gap_m: float = 0.0
) -> tuple[Labels, int]:
    """Give every patch of a mask a number.

    Parameters
    ----------
    member : bool array, shape (rows, columns)
    cell_m : (float, float)
        Width and height of a cell in metres.
    gap_m : float
        Aggregation distance: gaps up to this are bridged, as far as whole cells on both sides
        show it. 0 joins what touches.

    Returns
    -------
    labels : int32 array
        1..n, 0 outside; bridges are not part of a patch.
    n : int

    Examples
    --------
    >>> row = np.array([[1, 0, 0, 1, 0, 0, 0, 0, 1]], dtype=bool)
    >>> label_patches(row, (10, 10), 25)[0].tolist()
    [[1, 0, 0, 1, 0, 0, 0, 0, 2]]
    """
    across, down = (int(gap_m / 2 // side) for side in cell_m)
    grown = member
    if across or down:
        y, x = np.mgrid[-down : down + 1, -across : across + 1]
        inside = np.hypot(x * cell_m[0], y * cell_m[1]) <= gap_m / 2
        grown = windows.grown(member, inside)
    labels, n = windows.patches(grown, corners=True)
    if grown is not member:
        labels[~member] = 0
    return labels, n


def patch_cells(labels: Labels, n: int) -> npt.NDArray[np.int64]:
    """Cells of every patch; entry 0 is what is outside.

    Examples
    --------
    >>> patch_cells(np.array([[1, 1, 0], [0, 0, 2]], dtype=np.int32), 2).tolist()
    [3, 2, 1]
    """
    count = np.zeros(n + 1, dtype=np.int64)
    for rows in _strips(labels):
        count += np.bincount(labels[rows].ravel(), minlength=n + 1)
    return count


def reock(shape: Any) -> float:
    """Area over the area of the smallest circle around it, 0..1 (E. C. Reock, 1961).

    Examples
    --------
    >>> from shapely import box
    >>> round(reock(box(0, 0, 1, 1)), 4)
    0.6366
    """
    import shapely

    radius = float(shapely.minimum_bounding_radius(shape))
    return float(shapely.area(shape) / (np.pi * radius**2)) if radius > 0 else 0.0


def patch_reock(
    labels: Labels, cells: npt.NDArray[np.int64], wanted: npt.NDArray[np.bool_],
    cell_m: tuple[float, float],
) -> Floats:  # fmt: skip
    """Reock ratio of the wanted patches from the corners of their cells; NaN for the others.

    Parameters
    ----------
    labels : int32 array
    cells : int64 array, shape (n + 1,)
        From `patch_cells`.
    wanted : bool array, shape (n + 1,)
    cell_m : (float, float)
        Width and height of a cell in metres.

    Examples
    --------
    >>> labels = np.array([[1, 1], [1, 1]], dtype=np.int32)
    >>> patch_reock(labels, np.array([0, 4]), np.array([False, True]), (10, 10)).round(4).tolist()
    [nan, 0.6366]
    """
    import shapely

    out = np.full(cells.size, np.nan)
    # The smallest circle only feels the first and last cell of each row of a patch.
    patch, row, first, last = _row_ends(labels, wanted)
    if not patch.size:
        return out
    order = np.argsort(patch, kind="stable")
    starts = np.flatnonzero(np.diff(patch[order], prepend=-1))
    bounds = np.append(starts, order.size)
    batch = (bounds * 4) // _BATCH_POINTS
    for k in np.unique(batch[:-1]):
        mine = np.flatnonzero(batch[:-1] == k)
        some = order[bounds[mine[0]] : bounds[mine[-1] + 1]]
        x = np.stack([first[some], first[some], last[some], last[some]], axis=1) * cell_m[0]
        y = np.stack([row[some], row[some] + 1] * 2, axis=1) * cell_m[1]
        who = np.repeat(np.searchsorted(patch[order][starts[mine]], patch[some]), 4)
        lines = shapely.linestrings(np.column_stack([x.ravel(), y.ravel()]), indices=who)
        ids = patch[order][starts[mine]]
        circle = np.pi * shapely.minimum_bounding_radius(lines) ** 2
        out[ids] = cells[ids] * (cell_m[0] * cell_m[1]) / circle
    return out


def _row_ends(labels: Labels, wanted: npt.NDArray[np.bool_]) -> tuple[Array, Array, Array, Array]:
    """Patch, row, first column and column after the last, for every row of a wanted patch."""
    parts: list[tuple[Array, ...]] = []
    for rows in _strips(labels):
        part = labels[rows]
        inner = np.where(wanted[part], part, 0)
        before = np.pad(inner[:, :-1], ((0, 0), (1, 0)))
        after = np.pad(inner[:, 1:], ((0, 0), (0, 1)))
        r, a = np.nonzero((inner > 0) & (inner != before))
        b = np.nonzero((inner > 0) & (inner != after))[1] + 1
        patch = inner[r, a]
        order = np.lexsort((a, r, patch))
        patch, r, a, b = patch[order], r[order], a[order], b[order]
        new = np.ones(patch.size, dtype=bool)
        new[1:] = (patch[1:] != patch[:-1]) | (r[1:] != r[:-1])
        start = np.flatnonzero(new)
        stop = np.append(start[1:], patch.size) - 1 if start.size else start
        parts.append((patch[start], r[start] + rows.start, a[start], b[stop]))
    p, q, x, y = (np.concatenate(part).astype(np.int32) for part in zip(*parts, strict=True))
    return p, q, x, y


def patch_steps(
    rule: PatchRule, labels: Labels, n: int, cell_m: tuple[float, float]
) -> npt.NDArray[np.int8]:
    """Give what is added to the class of the cells of every patch; entry 0 (outside) is 0.

    By area (km² of the merged patch), by shape (Reock ratio), or both (``area-first``): the shape
    counts for all patches below ``shape_below_km2``, so that none gains by being smaller.
    """
    cells = patch_cells(labels, n)
    area = _km2(cells, cell_m)
    steps = np.zeros(n + 1, dtype=np.int8)
    if rule.rule in ("area", "area-first"):
        steps += np.asarray(rule.area_change, dtype=np.int8)[rule.area.of(area)]
    if rule.rule in ("shape", "area-first"):
        wanted = np.ones(n + 1, dtype=bool)
        if rule.rule == "area-first":
            wanted = area < rule.shape_below_km2
        wanted[0] = False
        band = rule.shape.of(patch_reock(labels, cells, wanted, cell_m)[wanted])
        steps[wanted] += np.asarray(rule.shape_change, dtype=np.int8)[band]
    steps[0] = 0
    return steps


def _km2(cells: npt.NDArray[np.int64], cell_m: tuple[float, float]) -> Floats:
    area: Floats = cells * (cell_m[0] * cell_m[1]) / M2_PER_KM2
    return area


def concentrate(classes: Classes, rule: PatchRule, cell_m: tuple[float, float]) -> Classes:
    """Correct suitability by the concentration of patches, clipped to 1..5.

    Parameters
    ----------
    classes : uint8 array, shape (rows, columns)
        1 = best suited ... 5 = unsuited, `NODATA` unknown.
    rule : PatchRule
        Which classes make a patch, and what is added.
    cell_m : (float, float)
        Width and height of a cell in metres.

    Returns
    -------
    uint8 array of the same shape; only cells of patches change.

    Examples
    --------
    Two cells of 300 m touch (0.18 km²) and lose two classes; a third is unsuited and stays.

    >>> from zoning.evaluation import load_preset
    >>> rule = load_preset("B").patches["town"]
    >>> concentrate(np.uint8([[1, 2, 5, 255]]), rule, (300.0, 300.0)).tolist()
    [[3, 4, 5, 255]]
    """
    if rule.rule == "none":
        return classes
    member = np.empty(classes.shape, dtype=bool)
    for rows in _strips(classes):  # a whole look-up would hold eight bytes a cell
        member[rows] = np.isin(classes[rows], rule.classes)
    labels, n = label_patches(member, cell_m, rule.aggregation_m)
    del member
    out = classes.copy()
    if rule.rule == "matrix":
        band = rule.area.of(_km2(patch_cells(labels, n), cell_m))
        lookup = np.full((256, len(rule.cells[0])), NODATA, dtype=np.uint8)
        lookup[1:6] = rule.cells
        for rows in _strips(classes):
            part = out[rows]
            moved = lookup[part, band[labels[rows]]]
            part[...] = np.where((part == NODATA) | (labels[rows] == 0), part, moved)
        return out
    steps = patch_steps(rule, labels, n, cell_m)
    for rows in _strips(classes):
        part = out[rows]
        moved = np.clip(part.astype(np.int16) + steps[labels[rows]], 1, 5)
        part[...] = np.where((part == NODATA) | (labels[rows] == 0), part, moved)
    return out


def lower_specks(classes: Classes, below_m2: float, cell_m: tuple[float, float]) -> Classes:
    """Make patches of class 5 that are smaller than an area class 3 (ecology).

    Examples
    --------
    >>> lower_specks(np.uint8([[5, 5, 1, 5]]), 200.0, (10.0, 10.0)).tolist()
    [[5, 5, 1, 3]]
    """
    labels, n = label_patches(classes == 5)
    small = patch_cells(labels, n) * (cell_m[0] * cell_m[1]) < below_m2
    small[0] = False
    out = classes.copy()
    for rows in _strips(classes):
        out[rows][small[labels[rows]]] = 3
    return out


def _strips(array: Array) -> Iterator[slice]:
    high = max(1, _STRIP_CELLS // max(array.shape[1], 1))
    return (slice(i, min(i + high, len(array))) for i in range(0, len(array), high))
