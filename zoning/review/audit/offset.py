"""A whole layer that is shifted: found before thousands of slivers are listed.

Points along the lines of one layer are held against the lines of another. If one move brings many
more of them onto those lines, the layer is shifted as a whole: another datum, another survey point,
a careless copy. No line is moved here; plan.toml may say so (``move_m``).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.errors import Check, Text
from zoning.inputs.inspect.lines import Lines, Outline
from zoning.inputs.plans import called
from zoning.review.audit.settings import Offset

if TYPE_CHECKING:
    from zoning.review.audit.claims import Claims


@dataclass(frozen=True, slots=True)
class Shifted:
    """A layer that meets another after one move.

    Parameters
    ----------
    layer, against : int
        Rows of ``Claims.layers``.
    east_m, north_m : float
        The move that brings ``layer`` onto ``against``.
    before, after : float
        Share of points along its lines that lie on lines of the other, before and after.
    """

    layer: int
    against: int
    east_m: float
    north_m: float
    before: float
    after: float

    @property
    def metres(self) -> float:
        """How far it is."""
        return float(np.hypot(self.east_m, self.north_m))


def find_move(shapes: Any, others: Any, how: Offset) -> tuple[float, float, float, float] | None:
    """Find one move that brings lines onto others.

    Parameters
    ----------
    shapes, others : array of polygon
        In metres.
    how : Offset

    Returns
    -------
    east_m, north_m, before, after : float
        None where no move gains what is asked for.

    Examples
    --------
    >>> import shapely
    >>> from zoning.review.audit.settings import load_tolerance
    >>> town = shapely.Polygon([(0, 0), (900, 100), (1000, 700), (300, 950)])
    >>> moved = shapely.transform(town, lambda xy: xy + [7.0, -4.0])
    >>> found = find_move([moved], [town], load_tolerance().offset)
    >>> [round(v, 1) for v in found[:2]], find_move([town], [town], load_tolerance().offset)
    ([-7.0, 4.0], None)
    """
    points = Outline(shapes).points()
    if len(points) < 8:
        return None
    lines = Lines(others, np.ones(2), points, margin=how.reach_m)
    if not len(lines):
        return None
    before = lines.common(points, how.near_m)
    # From coarse to fine: far off only the wide kernel sees the other lines.
    move = np.zeros(2)
    for width in (how.reach_m / 3, how.reach_m / 12, how.near_m * 2, how.near_m / 2):
        move = move + lines.settle(points + move, width)
    after = lines.common(points + move, how.near_m)
    length = float(np.hypot(*move))
    if after - before < how.gain or not how.least_m <= length <= how.most_m:
        return None
    return float(move[0]), float(move[1]), before, after


def find_shifts(claims: Claims, how: Offset) -> list[Shifted]:
    """Hold every layer of ``[[inputs.plans]]`` against every other layer.

    Returns
    -------
    list of Shifted
        Of two layers the one that can be moved is named; where both can be, the one that is shifted
        against more of the others.
    """
    table = claims.layers
    free = (table["input"] == "[[inputs.plans]]").to_numpy()
    own = [claims.shapes[claims.layer == k] for k in range(len(table))]
    found = []
    for one, other in itertools.permutations(range(len(table)), 2):
        if not free[one] or (free[other] and one > other):
            continue
        move = find_move(own[one], own[other], how)
        if move is not None:
            found.append(Shifted(one, other, *move))
    count = np.zeros(len(table), dtype=int)
    for f in found:
        count[[f.layer, f.against]] += 1
    out = []
    for f in found:
        turned = free[f.against] and count[f.against] > count[f.layer]
        out.append(
            Shifted(f.against, f.layer, -f.east_m, -f.north_m, f.before, f.after) if turned else f
        )
    return sorted(out, key=lambda f: (f.layer, f.against))


def shift_checks(shifts: list[Shifted], claims: Claims) -> list[Check]:
    """Tell layers that are shifted as a whole."""
    found = []
    for s in shifts:
        rows = (claims.layers.iloc[k] for k in (s.layer, s.against))
        layer, against = (called(row["role"], row["plan"]) for row in rows)
        found.append(Check(
            "audit.offset", "warning", False, round(s.metres, 1), None, "m",
            str(claims.layers["role"].iloc[s.layer]),
            Text(f"{layer.en} lies {s.metres:.1f} m beside {against.en} as a whole: "
                 f"moved by ({s.east_m:.1f}, {s.north_m:.1f}) m, {s.after:.0%} of its lines meet, "
                 f"now {s.before:.0%}",
                 f"{layer.zh} 相对 {against.zh} 整体偏移 {s.metres:.1f} 米：平移"
                 f"（{s.east_m:.1f}，{s.north_m:.1f}）米后边线重合 {s.after:.0%}，"
                 f"现为 {s.before:.0%}"),
            Text(f"if that is an error of the layer: move_m = [{s.east_m:.1f}, {s.north_m:.1f}]",
                 f"若确属图层误差：move_m = [{s.east_m:.1f}, {s.north_m:.1f}]"),
        ))  # fmt: skip
    return found
