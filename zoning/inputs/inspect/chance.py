"""Whether lines that meet after a shift could meet by chance.

A few rectangles lie as well on other lines here as there: what a layer says grows with its
independent stretches of line, not with its points. So those are counted, and the shift is held
against places all around.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from zoning.inputs.inspect.lines import Lines

Floats = npt.NDArray[np.float64]

#: Places that are tried around, out to this many times the length of the shift and at least so
#: many metres (our choices).
_PLACES, _REACH, _REACH_M = 120, 2.0, 2500.0
#: Nearer to the shift than this, as a part of its length and in metres, a place shares its lines:
#: two sets of outlines differ by some hundred metres along stretches as long.
_OWN, _OWN_M = 0.5, 350.0
#: A stretch is a straight piece of the layer, longer than this many times the kernel; it meets
#: where its points do to this part (our choices).
_LONG, _MEETS = 2.0, 0.6
#: Stretches that must meet, beside how many standard deviations the shift must stand above the
#: places around: many, or fewer that stand out far. Copies of one drawing need not be many.
#: (Our choices, measured on layers at random that share no line: see docs/datum-shifts.md.)
_ENOUGH = ((20, 2.0), (8, 4.0), (5, 6.0))
_COPIES = (3, 4.0)
#: With so many the shift need not be the best of all places around: outlines of two sets may lie
#: better still at another move, of the sets' own.
_MANY = 20
#: Lines that were traced meet to within about this many metres; two such of this length (metres)
#: and of directions as far apart (sine of 30 degrees) are no chance, where none meets unshifted.
_TRACED_M, _TRACED_LONG_M, _ACROSS = 0.7, 100.0, 0.5
#: Stretches that are looked at; a city has thousands.
_MOST = 500


def stands_out(
    near: Lines,
    points: Floats,
    lines: Any,
    moves: Floats,
    width: float,
    *,
    copies: bool,
) -> bool:
    """Say whether a shift explains a layer as no other place near by does, in enough stretches.

    Parameters
    ----------
    near : Lines
        The reference.
    points : array of shape (n, 2)
        Points at even distances along the layer, in metres.
    lines : array of shapely.LineString
        The layer's lines, in metres.
    moves : array of shape (n, 2)
        What the shift moves each point by, in metres.
    width : float
        Of the kernel, in metres.
    copies : bool
        Whether nearly all of the layer meets.

    Returns
    -------
    bool
    """
    if traced(near, lines, points, moves):
        return True
    found = met(near, lines, moves.mean(axis=0), width)
    wanted = (*_ENOUGH, _COPIES) if copies else _ENOUGH
    if found < min(stretches for stretches, _ in wanted):
        return False
    after = near.common(points + moves, width)
    around = np.array([near.common(points + p, width) for p in places(moves.mean(axis=0))])
    if found < _MANY and after < around.max():
        return False
    spread = max(float(around.std()), 1e-9)
    above = (after - around.mean()) / spread
    return any(found >= stretches and above >= far for stretches, far in wanted)


def places(move: Floats) -> Floats:
    """Give moves all around, evenly, that are not the move itself (metres)."""
    length = float(np.hypot(*move))
    reach, own = max(_REACH * length, _REACH_M), max(_OWN * length, _OWN_M)
    step = np.arange(_PLACES) + 0.5
    far, angle = reach * np.sqrt(step / _PLACES), step * math.pi * (3 - math.sqrt(5))
    every = np.column_stack([far * np.cos(angle), far * np.sin(angle)])
    apart: Floats = every[np.hypot(*(every - move).T) >= own]
    return apart


def traced(near: Lines, lines: Any, points: Floats, moves: Floats) -> bool:
    """Say whether a few lines were traced from the reference: they meet to within a metre.

    That is no chance where lines of two directions do so, and none does without the shift.
    """
    import shapely

    # The shift changes by metres over a layer; it is a plane to within centimetres where few
    # lines are all there is.
    middle = points.mean(axis=0)
    plane, *_ = np.linalg.lstsq(np.column_stack([np.ones(len(points)), points - middle]), moves)
    there = shapely.transform(
        lines, lambda c: c + np.column_stack([np.ones(len(c)), c - middle]) @ plane
    )
    if len(_meeting(near, lines, _TRACED_M, _TRACED_LONG_M)[1]):
        return False
    ways, segments = _meeting(near, there, _TRACED_M, _TRACED_LONG_M)
    if len(np.unique(segments)) < 2:
        return False
    angles = np.arctan2(ways[:, 1], ways[:, 0])
    return bool(np.abs(np.sin(angles[:, None] - angles[None, :])).max() > _ACROSS)


def _meeting(
    near: Lines, lines: Any, width: float, shortest: float
) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Give the straight stretches that meet stretches of the reference, and which those are."""
    ways, points = _stretches(lines, width, shortest)
    if not len(ways):
        return ways, np.empty(0, dtype=np.intp)
    there, segment = near.each(points.reshape(-1, 2), width)
    meet = there.reshape(len(ways), -1).mean(axis=1) > _MEETS
    segments = segment.reshape(len(ways), -1)[meet]
    return ways[meet], segments[segments >= 0]


def _stretches(lines: Any, width: float, shortest: float) -> tuple[Floats, Floats]:
    """Give the straight stretches of lines as vectors, and nine points along each (metres)."""
    import shapely

    coords, which = shapely.get_coordinates(shapely.simplify(lines, width), return_index=True)
    same = which[1:] == which[:-1]
    start, end = coords[:-1][same], coords[1:][same]
    long = np.flatnonzero(np.hypot(*(end - start).T) >= shortest)
    long = long[np.linspace(0, len(long) - 1, min(len(long), _MOST)).astype(int)]
    part = np.linspace(0.1, 0.9, 9)[None, :, None]
    ways: Floats = end[long] - start[long]
    return ways, start[long, None] + ways[:, None] * part


def met(near: Lines, lines: Any, move: Floats, width: float) -> int:
    """Count the straight stretches of a layer that meet stretches of the reference after a move.

    Where many lie along one line of the reference, as fields along a road, that line counts once.
    """
    import shapely

    there = shapely.transform(lines, lambda c: c + move)
    ways, segments = _meeting(near, there, width, _LONG * width)
    return min(len(ways), len(np.unique(segments)))
