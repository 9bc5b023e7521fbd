"""Patches: connected ground with one set of claims that contradict each other.

Whether a patch is a contradiction or only lines that do not meet is told by two measures that do
not depend on each other: its width by opening, and the area of what is wider than the tolerance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from zoning.base.areas import Floats, Ints
from zoning.base.collecting import uncollected
from zoning.grid.lattice import GridSpec
from zoning.ledger.closing import units_of
from zoning.ledger.rounding import round_areas
from zoning.ledger.tiles import PARTS, add_up
from zoning.measure.coverage import polygon_shares
from zoning.measure.faces import Geometries
from zoning.review.audit.inscribed import radii
from zoning.review.audit.partition import Partition
from zoning.review.audit.rules import AGREE, NONE, SLIVER, Claim, Match, Matrix
from zoning.review.audit.settings import Tolerance

if TYPE_CHECKING:
    import pandas as pd

#: Widths are given to this part of the width, or to a centimetre.
_WIDTH_PART, _WIDTH_M = 0.01, 0.01
#: Widths are known to this part, so what is narrower by more needs no opening.
_DOUBT = 0.02
#: Chords of a quarter of a circle where a patch is grown: a thousandth of the circle is lost.
_ARC = 24
_POLYGON = 3
#: Shares of a square are exact to this (see :mod:`zoning.measure.coverage`).
_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Widths:
    """How wide patches are.

    Parameters
    ----------
    width_m : float array
        Of the largest circle inside, twice its radius: an opening by more leaves nothing.
    real_m2 : float array
        What an opening by the tolerance leaves.
    parts : int array
        In how many pieces.
    sliver : bool array
        Less is left than the tolerance asks for.
    """

    width_m: Floats
    real_m2: Floats
    parts: Ints
    sliver: npt.NDArray[np.bool_]


def widths(shapes: Geometries, tolerance: Tolerance) -> Widths:
    """Measure the width of patches, and tell slivers.

    Examples
    --------
    >>> from zoning.review.audit.settings import load_tolerance
    >>> strip, yard = shapely.box(0, 0, 1000, 3), shapely.box(0, 0, 200, 6)
    >>> found = widths(np.array([strip, yard]), load_tolerance())
    >>> found.width_m.round(1).tolist(), found.sliver.tolist(), found.parts.tolist()
    ([3.0, 6.0], [True, False], [0, 1])
    """
    half = tolerance.width_m / 2
    radius = radii(shapes, _WIDTH_PART, _WIDTH_M)
    real, parts = np.zeros(len(shapes)), np.zeros(len(shapes), dtype=np.int64)
    # What is narrower than the tolerance everywhere leaves nothing, whatever the last digits.
    wide = np.flatnonzero(radius > half * (1 - _DOUBT))
    eroded = shapely.buffer(shapes[wide], -half)
    left = shapely.area(eroded) > 0
    wide, eroded = wide[left], eroded[left]
    parts[wide] = shapely.get_num_geometries(eroded)
    real[wide] = np.minimum(_grown(eroded, shapes[wide], half), shapely.area(shapes[wide]))
    return Widths(2 * radius, real, parts, real < max(tolerance.area_m2, 1e-9))


def _grown(eroded: Geometries, shapes: Geometries, by: float) -> Floats:
    """Give the area of what was shrunk, grown again by as much.

    One piece without a hole in a patch without a hole never meets itself when it grows: two circles
    that touch the outline at both their sides cannot both lie behind the other. So its area is that
    of Steiner's formula, area and outline times the width and a circle, and only the others are
    grown.
    """
    area = shapely.area(eroded) + shapely.length(eroded) * by + np.pi * by**2
    holes = shapely.get_num_interior_rings(eroded) + shapely.get_num_interior_rings(shapes)
    other = (shapely.get_type_id(eroded) != _POLYGON) | (holes > 0)
    area[other] = shapely.area(shapely.buffer(eroded[other], by, quad_segs=_ARC))
    return np.asarray(area, dtype=np.float64)


#: Forms of slivers: lines of two layers that do not meet; a narrow thing of one layer, such as a
#: road; ground that is wide but too small to be mapped.
EDGE, THIN, SPECK = "edge", "thin", "speck"
#: A point of an outline lies on a line within this, in metres; so much of an outline makes a side.
_ON_M, _SIDE, _STEPS = 1e-4, 0.25, 32
#: Edges of a piece of an outline that is looked at as one.
_RUN = 8


def forms(shapes: Geometries, wide: Widths, lines: Geometries, layer: Ints) -> list[str]:
    """Say of each sliver what it is, and nothing of other patches.

    Parameters
    ----------
    shapes : array of polygon
    wide : Widths
    lines : array of line
        Outlines of all features that take part.
    layer : int array
        The layer of each.

    Returns
    -------
    list of str
        :data:`EDGE`, :data:`THIN`, :data:`SPECK`, or ``""`` where a patch is no sliver.

    Examples
    --------
    >>> from zoning.review.audit.settings import load_tolerance
    >>> town, farm = shapely.box(0, 0, 500, 500), shapely.box(498, 0, 900, 500)
    >>> road = shapely.box(100, -50, 103, 600)
    >>> patches = shapely.intersection([town, town], [farm, road])
    >>> outlines = shapely.boundary([town, farm, road])
    >>> forms(patches, widths(patches, load_tolerance()), outlines, np.array([0, 1, 2]))
    ['edge', 'thin']
    """
    found = np.where(wide.sliver, SPECK, "").astype(object)
    thin = np.flatnonzero(wide.sliver & (wide.parts == 0))
    if len(thin):
        rings = shapely.get_exterior_ring(shapes[thin])
        along = (np.arange(_STEPS) + 0.5) / _STEPS
        points = shapely.line_interpolate_point(rings[:, None], along, normalized=True)
        pieces, owner = _pieces(lines)
        at, piece = shapely.STRtree(pieces).query(points.ravel(), "dwithin", distance=_ON_M)
        # Which layers have a line at each point, and how many points of a patch each layer has.
        kinds = int(layer.max()) + 1
        here = np.sort(at * kinds + layer[owner[piece]])
        here = here[np.diff(here, prepend=-1) > 0]
        pair = here // (_STEPS * kinds) * kinds + here % kinds
        count = np.bincount(pair, minlength=len(thin) * kinds)
        sides = (count.reshape(-1, kinds) >= _SIDE * _STEPS).sum(axis=1)
        found[thin] = np.where(sides > 1, EDGE, THIN)
    return [str(f) for f in found]


def _pieces(lines: Geometries) -> tuple[Geometries, Ints]:
    """Cut lines into short runs of edges, so that few are near a point; say whose each is."""
    parts, owner = shapely.get_parts(lines, return_index=True)
    xy, of = shapely.get_coordinates(parts, return_index=True)
    edge = np.flatnonzero(of[1:] == of[:-1])
    run = (edge - np.searchsorted(of, of[edge])) // _RUN
    last = np.ones(len(edge), dtype=bool)
    last[:-1] = (of[edge][1:] != of[edge][:-1]) | (run[1:] != run[:-1])
    number = last.cumsum() - last
    twice = 1 + last.astype(np.int64)  # the last edge of a run gives both its ends
    ends = np.repeat(edge, twice)
    ends[twice.cumsum()[last] - 1] += 1
    pieces = shapely.linestrings(xy[ends], indices=np.repeat(number, twice))
    return pieces, owner[of[edge[last]]]


@dataclass(frozen=True)
class Audited:
    """The partition in whole square metres, with what the rules say of each piece.

    Parameters
    ----------
    claims : tuple of Claim
    signs : tuple of tuple of int
        Sets of claims.
    matches : list of list of Match
        For each set its pairs, the worst first.
    atoms : DataFrame
        ``sign``, ``patch`` (-1: none), ``township`` (number), ``unit``, ``landuse``, ``kind``,
        ``level``, ``area_m2``; adds up to the city.
    patches : DataFrame
        ``sign``, ``kind``, ``level``, ``area_m2``, ``exact_m2``, ``real_m2``, ``width_m``,
        ``parts``, ``form`` (of slivers), ``x``, ``y``; one row for each shape.
    shapes : array of polygon
    """

    claims: tuple[Claim, ...]
    signs: tuple[tuple[int, ...], ...]
    matches: list[list[Match]]
    atoms: pd.DataFrame
    patches: pd.DataFrame
    shapes: Geometries

    def claims_of(self, sign: int) -> list[Claim]:
        """Give the claims of a set."""
        return [self.claims[c] for c in self.signs[sign]]


@uncollected()
def judge(
    found: Partition, claims: tuple[Claim, ...], rules: Matrix, tolerance: Tolerance,
    city: Any, grid: GridSpec, lines: tuple[Geometries, Ints] | None = None,
) -> Audited:  # fmt: skip
    """Say of every piece which class of conflict it is, and round all of it once.

    Parameters
    ----------
    found : Partition
    claims : tuple of Claim
    rules : Matrix
    tolerance : Tolerance
    city : polygon
    grid : GridSpec
    lines : (array of line, int array), optional
        Outlines of all features and their layers, to say what slivers are.

    Returns
    -------
    Audited
        Every class, every set and every patch is less than 1 m² from its measured area, a whole
        square has its whole area, and all of it adds up to the city.
    """
    import pandas as pd

    matches = [rules.matches(claims[c] for c in s) for s in found.signs]
    kind_of = np.array([_kind(s, m) for s, m in zip(found.signs, matches, strict=True)],
                       dtype=object)  # fmt: skip
    level_of = np.array([m[0].level if m else "pass" for m in matches], dtype=object)
    wide = widths(found.shapes, tolerance)
    patches = pd.DataFrame({
        "sign": found.shape_sign,
        "kind": np.where(wide.sliver, SLIVER, kind_of[found.shape_sign]),
        "level": np.where(wide.sliver, "notice", level_of[found.shape_sign]),
        "real_m2": wide.real_m2, "width_m": wide.width_m, "parts": wide.parts,
    })  # fmt: skip
    patches["form"] = "" if lines is None else forms(found.shapes, wide, *lines)
    inner = shapely.point_on_surface(found.shapes)
    patches["x"], patches["y"] = shapely.get_x(inner), shapely.get_y(inner)
    atoms = _round(found, patches, kind_of, level_of, city, grid)
    size = np.zeros(len(patches), dtype=np.int64)
    mine = (atoms["patch"] >= 0).to_numpy()
    np.add.at(size, atoms.loc[mine, "patch"].to_numpy(), atoms.loc[mine, "area_m2"].to_numpy())
    patches.insert(3, "area_m2", size)
    exact = np.zeros(len(patches))
    held = found.part >= 0
    np.add.at(exact, found.part[held], found.area_m2[held])
    patches.insert(4, "exact_m2", exact)
    # What rounds to nothing is dust of coordinates, not land.
    kept = size > 0
    number = np.append(kept.cumsum() - 1, -1)
    atoms["patch"] = number[atoms["patch"].to_numpy()]
    patches = patches[kept].reset_index(drop=True)
    return Audited(claims, found.signs, matches, atoms, patches, found.shapes[kept])


def _kind(sign: tuple[int, ...], matches: list[Match]) -> str:
    """Give the class of a set of claims."""
    return NONE if not matches else AGREE if matches[0].level == "pass" else matches[0].kind


def _round(
    found: Partition, patches: pd.DataFrame, kind_of: Any, level_of: Any, city: Any,
    grid: GridSpec,
) -> pd.DataFrame:  # fmt: skip
    """Make whole square metres of all pieces; what is outside the units is dust of cutting."""
    import pandas as pd

    everywhere = polygon_shares([city], origin=grid.origin_m, cell=grid.cell_m)
    order = grid.order(everywhere.col, everywhere.row)
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    codes = np.array(
        [grid.code(c, r) for c, r in zip(everywhere.col[order].tolist(),
                                         everywhere.row[order].tolist(), strict=True)],
        dtype=object,
    )  # fmt: skip
    unit, there = units_of(found.row, found.col, everywhere, place)
    columns = [c[there] for c in (found.sign, found.part, found.township, found.landuse, unit)]
    sign, part, town, landuse, unit, parts = add_up(columns, found.parts[there])
    held = part >= 0
    kind, level = kind_of[sign], level_of[sign]
    kind[held] = patches["kind"].to_numpy()[part[held]]
    level[held] = patches["level"].to_numpy()[part[held]]
    whole = (everywhere.share > 1 - _NOISE)[order]
    nests = [np.unique(kind.astype(str), return_inverse=True)[1], sign, part]
    area = round_areas(
        parts / PARTS, unit, nests, round(shapely.area(city)), whole=whole[unit],
        cell_m2=grid.cell_m**2,
    )  # fmt: skip
    keep = area > 0
    return pd.DataFrame({
        "sign": sign[keep], "patch": part[keep], "township": town[keep],
        "unit": codes[unit[keep]], "landuse": landuse[keep],
        "kind": kind[keep], "level": level[keep], "area_m2": area[keep],
    })  # fmt: skip
