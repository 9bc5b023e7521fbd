"""A shift that explains a layer only a little, but all along it.

Two sets of outlines differ by as much as the shift of a web map in places, so that only a tenth of
their lines may meet. What tells a shift then is not how much it brings, but that it brings it along
the whole layer, where no other place near by does: pieces of line vote, each place against the
shift, pair by pair.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from zoning.inputs.inspect.lines import Lines

Floats = npt.NDArray[np.float64]

#: How near a point lies to a line falls by e at each of so many metres, and counts to five times
#: that: outlines drawn twice lie within tens of metres in places, within hundreds in others.
_FALL_M, _REACH = 60.0, 5.0
#: A layer is cut into so many pieces at most, none shorter than this: noise of digitising and the
#: difference of two outlines run on for hundreds of metres. Fewer pieces cannot vote.
_PIECES, _PIECE_M, _FEWEST = 100, 400.0, 30
#: Places around: so many, out to this many metres or times the length of the shift; beside them
#: no shift, and as many other directions. None lies nearer to the shift than half its length, or
#: so many metres where that is less than this part of it.
_PLACES, _OUT_M, _OUT, _DIRECTIONS = 600, 3000.0, 2.0, 12
_OWN, _OWN_M, _OWN_MOST = 0.5, 350.0, 0.8
#: Of the places that share its lines none may be better by so many standard errors, from here on:
#: so many times the length of the shift, or metres; so many are tried.
_BETTER, _NEAR, _NEAR_M, _CLOSE = 2.0, 0.35, 45.0, 36
#: The first look takes one point of so many; places that it finds so many standard errors behind
#: need no second.
_FIRST, _BEHIND = 4, 4.0
#: What is asked for: the shift leads each place by so many standard errors of the votes, and stands
#: so many standard deviations above all of them (our choices, measured on layers at random: see
#: docs/datum-shifts.md).
LEAD, ABOVE = 1.0, 4.5


@dataclass(frozen=True, slots=True)
class Standing:
    """How a shift stands among all places around.

    Parameters
    ----------
    lead : float
        Standard errors by which it leads the best of them, pair by pair.
    above : float
        Standard deviations by which it stands above their mean.
    before, after, rival : float
        How near the layer lies to lines as it is, after the shift, and at the best other place
        (0..1).
    """

    lead: float
    above: float
    before: float
    after: float
    rival: float

    @property
    def enough(self) -> bool:
        """Whether that is no chance."""
        return self.lead >= LEAD and self.above >= ABOVE


def may_stand(near: Lines, points: Floats, moves: Floats, metres: float) -> bool:
    """Say after a first look at some of the points whether a shift may stand out."""
    pieces = min(_PIECES, int(metres / _PIECE_M))
    if pieces < _FEWEST:
        return False
    votes, moves = _votes(near, points[::_FIRST], pieces), moves[::_FIRST]
    after = votes(moves).mean()
    return all(votes(place).mean() <= after for place in _alike(moves.mean(axis=0)))


def standing(
    near: Lines, points: Floats, moves: Floats, metres: float, least: float = LEAD
) -> Standing | None:
    """Hold a shift that `may_stand` against every place around, piece by piece.

    Parameters
    ----------
    near : Lines
        The reference.
    points : array of shape (n, 2)
        Points at even distances along the layer, in metres, in the order of its lines.
    moves : array of shape (n, 2)
        What the shift moves each point by, in metres.
    metres : float
        Length of the layer's lines.
    least : float
        Whatever leads by less is not looked at to the end.

    Returns
    -------
    Standing or None
        None where it leads by less.
    """
    move, pieces = moves.mean(axis=0), min(_PIECES, int(metres / _PIECE_M))
    votes = _votes(near, points, pieces)
    mine = votes(moves)
    first = _votes(near, points[::_FIRST], pieces)
    at_first, lead, levels = first(moves[::_FIRST]), math.inf, []
    for place in np.vstack([_alike(move), _around(move)]):
        theirs = first(place)
        behind = _errors(at_first - theirs)
        if behind < _BEHIND:
            theirs = votes(place)
            behind = _errors(mine - theirs)
        lead = min(lead, behind)
        if lead < least:
            return None
        levels.append(float(theirs.mean()))
    if any(_errors(votes(place) - mine) > _BETTER for place in _close(move)):
        return None
    others = np.array(levels[1:])
    above = (mine.mean() - others.mean()) / max(float(others.std()), 1e-9)
    return Standing(lead, float(above), levels[0], float(mine.mean()), float(others.max()))


def _votes(near: Lines, points: Floats, pieces: int) -> Callable[[Floats], Floats]:
    """Give what counts for each piece how near its points lie to lines after a move."""
    piece = np.arange(len(points)) * pieces // len(points)
    size = np.bincount(piece, minlength=pieces)

    def count(move: Floats) -> Floats:
        far = near.far(points + move, _REACH * _FALL_M)
        votes: Floats = np.bincount(piece, np.exp(-far / _FALL_M), minlength=pieces) / size
        return votes

    return count


def _errors(gain: Floats) -> float:
    """Give the mean of the pieces' gains in standard errors."""
    error = float(gain.std(ddof=1)) / math.sqrt(len(gain))
    return float(gain.mean()) / max(error, 1e-9)


def _alike(move: Floats) -> Floats:
    """Give no move, and moves as long in other directions."""
    angle = np.arange(1, _DIRECTIONS) * 2 * math.pi / _DIRECTIONS
    c, s = np.cos(angle), np.sin(angle)
    turned = np.column_stack([c * move[0] - s * move[1], s * move[0] + c * move[1]])
    return np.vstack([np.zeros((1, 2)), _apart(turned, move)])


def _around(move: Floats) -> Floats:
    """Give places all around, evenly."""
    reach = max(_OUT_M, _OUT * float(np.hypot(*move)))
    step = np.arange(_PLACES) + 0.5
    far, angle = reach * np.sqrt(step / _PLACES), step * math.pi * (3 - math.sqrt(5))
    return _apart(np.column_stack([far * np.cos(angle), far * np.sin(angle)]), move)


def _close(move: Floats) -> Floats:
    """Give places between those that count as the shift itself and those apart from it."""
    length = float(np.hypot(*move))
    inner, outer = max(_NEAR * length, _NEAR_M), _own(length)
    step = np.arange(_CLOSE) + 0.5
    far = np.sqrt(inner**2 + (max(outer, inner) ** 2 - inner**2) * step / _CLOSE)
    angle = step * math.pi * (3 - math.sqrt(5))
    close: Floats = move + np.column_stack([far * np.cos(angle), far * np.sin(angle)])
    return close


def _own(length: float) -> float:
    """Give how near to a shift of this length a place shares its lines (metres)."""
    return max(_OWN * length, min(_OWN_M, _OWN_MOST * length))


def _apart(places: Floats, move: Floats) -> Floats:
    """Leave out places that share the lines of the shift."""
    own = _own(float(np.hypot(*move)))
    apart: Floats = places[np.hypot(*(places - move).T) >= own]
    return apart
