"""The engine of :mod:`zoning.measure.coverage`: rings in, shares of cells out.

A ring is cut where it crosses a grid line. A piece that lies in one cell and rises by ``d`` (in
cells) from ``(xs, ys)`` to ``(xe, ye)`` leaves two marks::

          cell          all cells to the right in the same row
    +-------------+-------------+-------------+---
    |     xe,ye o |#############|#############|##
    |          /##|#############|#############|##   rise of the piece:  d = ye - ys
    |         /###|#############|#############|##   covers d of each cell to its right
    |  xs,ys o####|#############|#############|##   covers d * (1 - (xs + xe) / 2) of its own
    |             |             |             |
    +-------------+-------------+-------------+---
            xm = (xs + xe) / 2: mean position in the cell, 0 = left side, 1 = right side

The ``#`` part is the (signed) trapezoid between the piece and the far right. A piece that goes
down takes away what a piece that goes up has put there, so the sum over a whole ring is the ring
itself. One running sum along each row of cells turns the marks into shares:

    share of a cell = rises of all pieces to its left + areas of the pieces inside it

Successive vertices in one cell need no cutting; they are added up first. What the row sum meets
between two cells with marks is whole cells, inside or outside, so they are counted and not visited.

The method is the "accumulation buffer" of font rendering (F. Raph Levien, font-rs, 2016) with
cells as pixels, polygons kept apart by a key, and float64 throughout.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import numpy as np

from zoning.errors import InputError
from zoning.measure.rings import Flags, Floats, Ints, Rings

#: Shares below this are dropped and shares above 1 minus this are made 1: rounding of the sums.
NOISE = 1e-13
#: A valid polygon never covers less than nothing or more than all of a cell by more than this.
CROSSING = 1e-6
#: The last number before the next cell: a position inside a cell is 0 to this.
BELOW_ONE = float(np.nextafter(1, 0))
#: Rises are summed in whole numbers of this part of a cell (half a rounding of float64), so that
#: one long running sum drifts by nothing and a polygon's shares do not depend on its neighbours.
TICKS = 2.0**53
#: Segments shorter than this (in cells) across a line: where they cross it does not matter.
LEVEL = 1e-15


class EdgeCells(NamedTuple):
    """The cells that an outline passes through, and how many whole cells follow each of them."""

    polygon: Ints
    row: Ints
    col: Ints
    share: Floats  #: covered share of the cell, 0 where only the outline touches it
    whole: Ints  #: number of cells to the right of it, in the same row, that are covered entirely

    def pick(self, which: Any) -> EdgeCells:
        """Take some of them."""
        return EdgeCells(
            self.polygon[which],
            self.row[which],
            self.col[which],
            self.share[which],
            self.whole[which],
        )


class _Marks(NamedTuple):
    """What pieces leave in cells: rise and area (see the picture), and the key of the cell."""

    rise: Floats
    area: Floats
    key: Ints


class _Window(NamedTuple):
    """The block of cells that holds all vertices, with one spare cell on each side."""

    row: float
    col: float
    rows: int
    cols: int

    @property
    def cells(self) -> int:
        return self.rows * self.cols


class _Runs(NamedTuple):
    """Groups of successive vertices of a ring that lie in the same cell."""

    first: Ints
    last: Ints
    rise: Floats
    area: Floats


class _Cut(NamedTuple):
    """Pieces of segments between the lines that they cross, in order along each segment."""

    segment: Ints
    step: Floats  #: cells away from the segment's first cell
    u_start: Floats  #: along the cut axis, inside the piece's own cell
    u_end: Floats
    w_start: Floats  #: along the other axis
    w_end: Floats


def edge_cells(rings: Rings, origin: tuple[float, float], cell: float, first: int = 0) -> EdgeCells:
    """Lay rings over a lattice of squares.

    Parameters
    ----------
    rings : Rings
        With finite coordinates.
    origin : (x, y)
        Lower left corner of row 0, column 0.
    cell : float
        Side of a cell.
    first : int
        Number of the first polygon, added to the numbers in ``rings``.

    Returns
    -------
    EdgeCells
        Sorted by polygon, row and column.

    Raises
    ------
    InputError
        If an outline crosses or overlaps itself, or the lattice is far too fine.
    """
    col, x = _locate(rings.xy[:, 0], origin[0], cell)
    row, y = _locate(rings.xy[:, 1], origin[1], cell)
    window = _window(row, col, int(rings.polygon[-1]) + 1)
    end = rings.size.cumsum()
    place = row - window.row  # number of the vertex's cell in the window; floats hold it exactly
    place *= window.cols
    place += col
    place -= window.col

    runs = _runs(place, x, y, end)
    closing = np.searchsorted(runs.last, end - 1)  # the last run of each ring
    ring_key = rings.polygon * window.cells
    run_key = place[runs.last].astype(np.int64)
    run_key += np.repeat(ring_key, np.diff(closing, prepend=-1))
    marks, lead = _leave(runs, closing, row, col, x, y, run_key, window.cols)

    ring_start = lead[np.concatenate(([0], closing[:-1] + 1))]
    marks, ring_start = _merge_within_rings(marks, ring_start)
    marks = _merge_rings(_orient(marks, ring_start, rings.hole, window.cols))
    return _sweep(marks, window, first)


def _locate(c: Floats, origin: float, cell: float) -> tuple[Floats, Floats]:
    """Give the number of the cell and the position in it, 0 to 1.

    The position is measured from the cell's own side. Eastings of 39,500,000 with a zone prefix
    then lose nothing: the difference of two nearby numbers is exact, their quotient is not.
    """
    number = c - origin
    number /= cell
    np.floor(number, out=number)
    position = _position(c, number, origin, cell)
    if position.min() < 0 or position.max() >= 1:
        # The quotient was rounded across a line: take the next cell, then what is left of rounding.
        number += np.floor(position)
        position = _position(c, number, origin, cell)
        np.clip(position, 0, BELOW_ONE, out=position)
    return number, position


def _position(c: Floats, number: Floats, origin: float, cell: float) -> Floats:
    position = number * cell
    position += origin
    np.subtract(c, position, out=position)
    position /= cell
    return position


def _window(row: Floats, col: Floats, polygons: int) -> _Window:
    low_row, low_col = row.min() - 1, col.min() - 1
    rows, cols = row.max() - low_row + 2, col.max() - low_col + 2
    if not rows * cols * polygons < 2.0**62 or not rows * cols < 2.0**52:
        raise InputError.one(
            f"the cells are far too small for these polygons ({rows:.3g} x {cols:.3g} cells)",
            f"网格单元相对于面要素过小（{rows:.3g} x {cols:.3g} 个单元）",
            code="too-many-cells",
            remedy=("check the cell size and the units of the CRS", "检查单元边长与坐标系单位"),
        )
    return _Window(low_row, low_col, int(rows), int(cols))


def _starts(new: Flags) -> Ints:
    """Index of the first member of each group, from flags between neighbours."""
    return np.concatenate(([0], np.flatnonzero(new) + 1))


def _runs(place: Floats, x: Floats, y: Floats, end: Ints) -> _Runs:
    """Add up the pieces between successive vertices of one cell, which need no cutting."""
    n = len(place)
    new = place[1:] != place[:-1]
    new[end[:-1] - 1] = True
    first = _starts(new)
    last = np.append(first[1:] - 1, n - 1)
    taken = np.empty(n)  # d * (xs + xe) of the edge that starts at each vertex
    np.subtract(y[1:], y[:-1], out=taken[:-1])
    taken[:-1] *= x[1:] + x[:-1]
    taken[last] = 0
    rise = y[last] - y[first]
    return _Runs(first, last, rise, rise - 0.5 * np.add.reduceat(taken, first))


def _leave(
    runs: _Runs,
    closing: Ints,
    row: Floats,
    col: Floats,
    x: Floats,
    y: Floats,
    run_key: Ints,
    cols: int,
) -> tuple[_Marks, Ints]:
    """Cut the edge that leaves each run by rows, then by columns; add the run to its first piece.

    Returns the marks in ring order and the first piece of each run.
    """
    here = runs.last
    there = here + 1
    there[closing] -= 1  # nothing leaves the last run of a ring: an edge of length 0
    x_end = col[there] - col[here]
    x_end += x[there]  # measured from the left side of the cell where the edge starts
    in_row = _cut(row[there] - row[here], y[here], y[there], x[here], x_end)
    left, right = np.floor(in_row.w_start), np.floor(in_row.w_end)
    in_cell = _cut(
        right - left,
        in_row.w_start - left,
        in_row.w_end - right,
        in_row.u_start,
        in_row.u_end,
    )
    step = in_row.step
    step *= cols
    step += left
    step = step[in_cell.segment]
    step += in_cell.step
    run = in_row.segment[in_cell.segment]
    key = run_key[run]
    key += step.astype(np.int64)
    lead = np.searchsorted(run, np.arange(len(here)))

    rise = in_cell.w_end - in_cell.w_start
    area = rise * (1 - 0.5 * (in_cell.u_start + in_cell.u_end))
    rise[lead] += runs.rise
    area[lead] += runs.area
    return _Marks(rise, area, key), lead


def _cut(cells: Floats, u0: Floats, u1: Floats, w0: Floats, w1: Floats) -> _Cut:
    """Cut segments at the integers of ``u``.

    A segment starts at ``u0`` of its first cell and ends at ``u1`` of the cell that is ``cells``
    further on (less than 0: backwards); meanwhile ``w`` goes from ``w0`` to ``w1``.
    """
    pieces = np.abs(cells).astype(np.int64) + 1
    last = pieces.cumsum() - 1
    first = last - pieces + 1
    segment = np.repeat(np.arange(len(cells)), pieces)
    step = np.sign(cells)[segment]
    step *= np.arange(len(segment)) - first[segment]
    # Each piece but the last ends on the side of its cell that faces the direction of travel.
    u_end = (cells > 0)[segment].astype(float)
    length = cells + u1 - u0
    crosses = (cells != 0) & (np.abs(length) > LEVEL)
    slope = np.divide(w1 - w0, length, out=np.zeros(len(cells)), where=crosses)
    w_end = w0[segment] + (step + u_end - u0[segment]) * slope[segment]
    w_end[last] = w1
    w_start = np.empty_like(w_end)
    w_start[1:] = w_end[:-1]
    w_start[first] = w0
    u_start = 1.0 - u_end
    u_start[first] = u0
    u_end[last] = u1
    return _Cut(segment, step, u_start, u_end, w_start, w_end)


def _merge(marks: _Marks, new: Flags) -> _Marks:
    """Add up neighbours (bincount adds in order, and is fast on groups of one or two)."""
    group = np.zeros(len(marks.key), dtype=np.int64)
    np.cumsum(new, out=group[1:])
    rise, area = np.bincount(group, marks.rise), np.bincount(group, marks.area)
    return _Marks(cast(Floats, rise), cast(Floats, area), marks.key[_starts(new)])


def _merge_within_rings(marks: _Marks, ring_start: Ints) -> tuple[_Marks, Ints]:
    """Add up neighbouring pieces of one ring in one cell."""
    new = marks.key[1:] != marks.key[:-1]
    new[ring_start[1:] - 1] = True
    ring_start[1:] = new.cumsum()[ring_start[1:] - 1]
    return _merge(marks, new), ring_start


def _merge_rings(marks: _Marks) -> _Marks:
    """Sort by cell and add up what all rings of a polygon leave in it."""
    order = np.argsort(marks.key, kind="stable")
    key = marks.key[order]
    return _merge(_Marks(marks.rise[order], marks.area[order], key), key[1:] != key[:-1])


def _orient(marks: _Marks, ring_start: Ints, hole: Flags, cols: int) -> _Marks:
    """Turn signs so that every outer ring adds and every hole takes away, however it was drawn."""
    size = np.diff(ring_start, append=len(marks.key))
    col = marks.key % cols
    from_start = col - np.repeat(col[ring_start], size)  # short arms: no digits lost
    area = np.add.reduceat(marks.area - marks.rise * from_start, ring_start)
    sign = np.copysign(1.0, area)
    sign[hole] *= -1
    sign = np.repeat(sign, size)
    return _Marks(marks.rise * sign, marks.area * sign, marks.key)


def _sweep(marks: _Marks, window: _Window, first: int) -> EdgeCells:
    """Sum along the rows; between cells with marks, cells are inside or outside as a whole."""
    rise, area, key = marks
    row = key // window.cols  # counted through all polygons
    row_start = _starts(row[1:] != row[:-1])
    ticks = np.rint(rise * TICKS).astype(np.int64)
    height = ticks.cumsum()
    height -= ticks  # what the cells before have left, still with that of earlier rows
    height -= np.repeat(height[row_start], np.diff(row_start, append=len(key)))
    before = height / TICKS
    after = (height + ticks) / TICKS  # covered height of the cell's right side
    share = before + area
    _refuse_crossings(share, after, key, window, first)
    share[share > 1 - NOISE] = 1
    share[share < NOISE] = 0

    whole = np.diff(key, append=key[-1]) - 1
    whole[after < 0.5] = 0
    whole[-1] = 0
    polygon = row // window.rows
    col = key - row * window.cols + int(window.col)
    row -= polygon * window.rows
    row += int(window.row)
    polygon += first
    return EdgeCells(polygon, row, col, share, whole)


def _refuse_crossings(share: Floats, after: Floats, key: Ints, window: _Window, first: int) -> None:
    """Refuse outlines that cover less than nothing or more than all of a cell.

    Costs next to nothing and finds most, not all, invalid polygons: parts that overlap, holes that
    leave their shell, bow-ties larger than a cell.
    """
    low, high = -CROSSING, 1 + CROSSING
    if share.min() > low and share.max() < high and after.min() > low and after.max() < high:
        return
    bad = (share < low) | (share > high) | (after < low) | (after > high)
    numbers = np.unique(key[bad] // window.cells) + first
    shown = ", ".join(map(str, numbers[:10]))
    raise InputError.one(
        f"polygon {shown} crosses or overlaps itself",
        f"第 {shown} 个面要素自相交或自重叠",
        code="invalid-polygon",
        remedy=("mend it with make_valid first", "请先用 make_valid 修复"),
    )
