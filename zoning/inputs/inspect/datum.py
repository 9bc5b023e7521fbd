"""The shifts of Chinese web maps: GCJ-02 (AMap, Tencent) and BD-09 (Baidu), and how to tell them.

A layer that came from a web map is shifted against surveyed ground by 100 to 800 metres, mostly to
the north-west or south-east, and says WGS84. Whether a layer is shifted is asked of lines that both
layers should share: each shift that could explain the difference is tried, beside shifts of the
same length in other directions, which chance alone would have to beat.

The formulas are not published; they are known from third-party code (evidence C).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from zoning.inputs.inspect.chance import stands_out
from zoning.inputs.inspect.lines import Lines, Outline
from zoning.inputs.inspect.slight import may_stand, standing

Floats = npt.NDArray[np.float64]
Datum = Literal["gcj02", "bd09"]
Common = Callable[[float], float]

#: Metres per degree of latitude, within 1 %.
_DEGREE_M = 111_320.0
#: Points along the lines of a layer that are looked at where a little counts (our choice).
_MANY_POINTS = 3000
#: The kernel is this part of the shift wide, between these bounds in metres (our choice): noise of
#: digitising and generalised outlines must pass, the shift itself must not.
_WIDTH, _NARROW_M, _WIDE_M = 0.3, 25.0, 90.0
#: Layers with this part of their lines in common meet as they are (our choice).
_MEET = 0.8
#: Directions of the decoys, beside the shift that is asked for.
_DECOYS = 24
#: Decoys nearer to the direction of the shift would share its lines (cosine of 45 degrees).
_ALIKE = 0.707
#: Shorter shifts than this are none: the formula is left outside China.
_SHORT_M = 20.0
#: What the shift must gain in common lines, as a part of all, over no shift and over every decoy
#: (our choices, measured on all prefectures; see docs/datum-shifts.md).
_GAIN, _LEAD = 0.06, 0.015
#: Two sets of outlines that hardly meet agree by chance. Where less than this part of the lines is
#: common even without the shift, that must be so much more than unshifted and under any decoy, as
#: a part of all or as a multiple (measured: the one false alarm of all prefectures led by 0.064).
_PART, _MORE, _TIMES = 0.25, 0.07, 2.5
#: The best place for the layer must lie this near the shift, as a part of its length, or in metres.
_NEAR, _NEAR_M = 0.35, 45.0
#: ... and this near where the two are copies of one drawing: the formula is right to within metres.
_EXACT_M = 20.0


def gcj02(points: Floats) -> Floats:
    """Bring lon/lat in WGS84 degrees to GCJ-02.

    Examples
    --------
    >>> (gcj02(np.array([[116.4, 39.9]])) - [[116.4, 39.9]]).round(5).tolist()
    [[0.00624, 0.0014]]
    """
    return points + _shift(points)


def from_gcj02(points: Floats) -> Floats:
    """Take the shift of GCJ-02 off, to about a millimetre.

    Examples
    --------
    >>> there = gcj02(np.array([[119.45, 32.2]]))
    >>> bool(np.abs(from_gcj02(there) - [[119.45, 32.2]]).max() < 1e-8)
    True
    """
    # The shift changes so slowly that a few rounds of the forward formula turn it back.
    back = points
    for _ in range(4):
        back = points - _shift(back)
    return back


def bd09(points: Floats) -> Floats:
    """Bring lon/lat in WGS84 degrees to BD-09 (Baidu).

    Examples
    --------
    >>> (bd09(np.array([[116.4, 39.9]])) - [[116.4, 39.9]]).round(4).tolist()
    [[0.0126, 0.0077]]
    """
    return _over_gcj02(gcj02(points))


def from_bd09(points: Floats) -> Floats:
    """Take the shift of BD-09 off.

    Examples
    --------
    >>> there = bd09(np.array([[119.45, 32.2]]))
    >>> bool(np.abs(from_bd09(there) - [[119.45, 32.2]]).max() < 1e-7)
    True
    """
    middle = points - (0.0065, 0.006)
    for _ in range(6):
        middle = points - (_over_gcj02(middle) - middle)
    return from_gcj02(middle)


#: What takes the shift of a datum off.
BACK = {"gcj02": from_gcj02, "bd09": from_bd09}
#: What people call it.
NAMES = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def _over_gcj02(points: Floats) -> Floats:
    lon, lat = points[:, 0], points[:, 1]
    turn = math.pi * 3000 / 180
    far = np.hypot(lon, lat) + 2e-5 * np.sin(lat * turn)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * turn)
    return np.column_stack([far * np.cos(angle) + 0.0065, far * np.sin(angle) + 0.006])


def _shift(points: Floats) -> Floats:
    """Give the shift of GCJ-02 against WGS84 at lon/lat points, in degrees."""
    lon, lat = points[:, 0], points[:, 1]
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    root = np.sqrt(np.abs(x))
    waves = 20 * np.sin(6 * x * pi) + 20 * np.sin(2 * x * pi)
    dy = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    dy = dy + 2 / 3 * (waves + 20 * np.sin(y * pi) + 40 * np.sin(y / 3 * pi))
    dy = dy + 2 / 3 * (160 * np.sin(y / 12 * pi) + 320 * np.sin(y * pi / 30))
    dx = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    dx = dx + 2 / 3 * (waves + 20 * np.sin(x * pi) + 40 * np.sin(x / 3 * pi))
    dx = dx + 2 / 3 * (150 * np.sin(x / 12 * pi) + 300 * np.sin(x / 30 * pi))
    a, ee = 6_378_245.0, 0.00669342162296594323  # Krassovsky 1940
    phi = np.radians(lat)
    magic = 1 - ee * np.sin(phi) ** 2
    dlat = np.degrees(dy * magic**1.5 / (a * (1 - ee)))
    dlon = np.degrees(dx * np.sqrt(magic) / (a * np.cos(phi)))
    return np.column_stack([dlon, dlat])


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift that explains why two layers do not meet.

    Parameters
    ----------
    datum : {"gcj02", "bd09"}
    of : {"layer", "reference"}
        Which of the two is shifted.
    metres : float
        Length of the shift here.
    before, after : float
        Part of the layer's lines that lie on lines of the reference, as they are and without the
        shift (0..1).
    rival : float
        The same for the best shift of that length in another direction.
    """

    datum: Datum
    of: Literal["layer", "reference"]
    metres: float
    before: float
    after: float
    rival: float

    @property
    def confidence(self) -> Literal["high", "low"]:
        """High where the shift brings half as many common lines again and leads by far."""
        lead = self.after - max(self.before, self.rival)
        return "high" if lead > 0.12 and self.after > 1.5 * self.before else "low"


def find_shift(layer: Any, reference: Any) -> Shift | None:
    """Find whether one of two layers of the same ground carries the shift of a web map.

    Parameters
    ----------
    layer, reference : array of shapely geometry, or Outline of one
        In WGS84 or CGCS2000 degrees as they say of themselves. They should have lines in common;
        one may fill only a part of the other.

    Returns
    -------
    Shift or None

    Examples
    --------
    >>> import shapely
    >>> town = shapely.box(119.4, 32.1, 119.5, 32.2)
    >>> moved = shapely.transform(town, gcj02)
    >>> found = find_shift([moved], [town])
    >>> found.datum, found.of, round(found.metres, -1), found.confidence
    ('gcj02', 'layer', 550.0, 'high')
    >>> find_shift([town], [moved]).of, find_shift([town], [town])
    ('reference', None)
    """
    import shapely

    layer = Outline.of(layer)
    points = layer.points()
    if len(points) < 8:
        return None
    scale = np.array([_DEGREE_M * math.cos(math.radians(float(points[:, 1].mean()))), _DEGREE_M])
    near = Lines(reference, scale, points)
    if not near:
        return None
    here = cache(lambda width: near.common(points * scale, width))
    if here(_NARROW_M) > _MEET:
        return None
    lines = shapely.transform(layer.parts, lambda c: c * scale)
    tried = [_weigh(near, here, points * scale, lines, *t) for t in _shifts(points, scale)]
    found = [shift for shift in tried if shift is not None]
    if found:
        return max(found, key=lambda s: s.after)
    return _all_along(near, layer.points(_MANY_POINTS), scale, lines)


def _shifts(points: Floats, scale: Floats) -> list[tuple[Floats, Any, Any]]:
    """Give the moves that could bring the points back, with datum and whose shift it is."""
    out: list[tuple[Floats, Any, Any]] = []
    for datum, back in BACK.items():
        # What the formula takes off here; the other way round it is what it would put on.
        off = (back(points) - points) * scale
        if np.hypot(*off.mean(axis=0)) >= _SHORT_M:
            out += [(off, datum, "layer"), (-off, datum, "reference")]
    return out


def _all_along(near: Lines, points: Floats, scale: Floats, lines: Any) -> Shift | None:
    """Look for a shift that brings little, but all along the layer: see `slight`."""
    import shapely

    metres, best, found = float(shapely.length(lines).sum()), 0.0, None
    for moves, datum, of in _shifts(points, scale):
        length = float(np.hypot(*moves.mean(axis=0)))
        if not may_stand(near, points * scale, moves, metres):
            continue
        if not _lies(near, points * scale + moves, _wide(length), length)[0]:
            continue
        stands = standing(near, points * scale, moves, metres)
        if stands is not None and stands.enough and stands.lead > best:
            best = stands.lead
            found = Shift(datum, of, length, stands.before, stands.after, stands.rival)
    return found


def _wide(length: float) -> float:
    """Give how wide the kernel is for a shift of this length (metres)."""
    return min(max(length * _WIDTH, _NARROW_M), _WIDE_M)


def _weigh(
    near: Lines, here: Common, points: Floats, lines: Any, moves: Floats, datum: Any, of: Any
) -> Shift | None:
    """Hold one shift against none, and against its like in other directions.

    ``here`` gives what the points have in common as they are, by width.
    """
    length = float(np.hypot(*moves.mean(axis=0)))
    # Copies of one drawing meet within metres; outlines drawn twice only within their noise.
    widths = {_NARROW_M, _wide(length)}
    tried = [_at_width(near, here, points, lines, moves, w, datum, of) for w in widths]
    found = [f for f in tried if f is not None]
    return max(found, key=lambda f: f.after - max(f.rival, f.before), default=None)


def _at_width(
    near: Lines, here: Common, points: Floats, lines: Any, moves: Floats, width: float,
    datum: Any, of: Any,
) -> Shift | None:  # fmt: skip
    length = float(np.hypot(*moves.mean(axis=0)))
    before, after = here(width), near.common(points + moves, width)
    if after - before < _GAIN:
        return None
    rival = _rival(near, points, moves, width, after)
    best = max(before, rival)
    if after - rival < _LEAD or (after < _PART and after - best < _MORE and after < _TIMES * best):
        return None
    lies, copies = _lies(near, points + moves, width, length)
    if not lies or not stands_out(near, points, lines, moves, width, copies=copies):
        return None
    return Shift(datum, of, length, before, after, rival)


def _lies(near: Lines, points: Floats, width: float, length: float) -> tuple[bool, bool]:
    """Say whether the best place for moved points is where they are, and whether all meet there."""
    settled = near.settle(points, width)
    copies = near.common(points + settled, _NARROW_M) > _MEET
    limit = _EXACT_M if copies else max(_NEAR * length, _NEAR_M)
    return float(np.hypot(*settled)) <= limit, copies


def _rival(near: Lines, points: Floats, moves: Floats, width: float, enough: float) -> float:
    """Give what the best decoy explains: the shift in another direction; ``enough`` ends it."""
    rival = 0.0
    for step in range(1, _DECOYS):
        angle = 2 * math.pi * step / _DECOYS
        if math.cos(angle) > _ALIKE:
            continue
        turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        rival = max(rival, near.common(points + moves @ turn, width))
        if rival > enough:
            break
    return rival
