"""Millions of units without a table of atoms: a country, and what each county has of each unit.

Nearly every square of a country lies whole in one county. Such squares are counted as they come
out of the blocks, in a few bytes each; only the others are kept as parts and rounded together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from zoning.base.areas import Floats, Ints, Small
from zoning.grid.lattice import GridSpec
from zoning.ledger.atoms import ACROSS
from zoning.ledger.rounding import round_areas
from zoning.ledger.tiles import PARTS, MapBlocks, Tile, in_process, jobs_of, task_of
from zoning.ledger.tiles import work_block as work

#: Units on the side of a block: without a raster larger ones cost less, and areas are the same.
SIDE = 256
#: Places of land that no county covers, or several.
NOWHERE, SEVERAL = -1, -2


@dataclass(frozen=True, slots=True)
class Counted:
    """Units in the order of their codes, and the shares of places in them.

    Parameters
    ----------
    col, row : int32 arrays
        One entry for each unit.
    area_m2 : int64 array
        Above 0.
    unit : int32 array
        Of each share: position of its unit, ascending.
    place : int32 array
        Position of the place; :data:`NOWHERE`, :data:`SEVERAL`. Ascending within a unit.
    share_m2 : int64 array
        Adds up to the area of the unit.
    several_m2 : float64 array
        Of each place what it shares with other places; it stands under :data:`SEVERAL`.
    """

    col: Small
    row: Small
    area_m2: Ints
    unit: Small
    place: Small
    share_m2: Ints
    several_m2: Floats


def count(
    city: Any, grid: GridSpec, places: Any = None, *, map_blocks: MapBlocks = in_process
) -> Counted:
    """Measure units, and what each place has of them, without a table.

    Parameters
    ----------
    city : polygon
        Valid, in the CRS of the grid.
    grid : GridSpec
        The lattice.
    places : array of polygon, optional
        Such as all counties.
    map_blocks : callable
        Runs the blocks (:class:`zoning.ledger.tiles.MapBlocks`).

    Returns
    -------
    Counted
        Units and places are less than 1 m2 from their amount, and all add up to the rounded area
        of the city: the areas of :func:`zoning.ledger.atoms.build` with the places as townships.

    Examples
    --------
    >>> halves = [shapely.box(500_400, 0, 501_300, 1000), shapely.box(501_300, 0, 501_600, 1000)]
    >>> found = count(shapely.box(500_400, 0, 501_600, 1000), GridSpec("EPSG:4549"), halves)
    >>> found.area_m2.tolist(), found.unit.tolist(), found.place.tolist(), found.share_m2.tolist()
    ([600000, 600000], [0, 1, 1], [0, 0, 1], [600000, 300000, 300000])
    """
    layers = {} if places is None else {"places": places}
    task, numbers = task_of(city, layers, grid, None, SIDE)
    order = numbers.get("places", np.empty(0, np.int64))
    full = grid.cell_m**2 * PARTS
    several = np.zeros(len(order), np.int64)
    whole, rest = _sort_out(map_blocks(work, task, jobs_of(task)), order, full, several)
    rest = _by_code(rest, grid)
    area = _rounded(rest, full, round(shapely.area(city)) - whole.shape[1] * grid.cell_m**2, grid)
    return _together(whole, rest, area, grid, several / PARTS)


def _sort_out(
    tiles: Iterable[Tile | None], order: Ints, full: int, several: Ints
) -> tuple[Any, tuple[Ints, Ints, Ints, Ints]]:
    """Keep row, column and place of squares that are whole in one; of others the parts too.

    What places share with others is added to ``several``.
    """
    whole: list[Any] = [np.empty((3, 0), np.int32)]
    rest: list[Any] = [np.empty((4, 0), np.int64)]
    for tile in tiles:
        if tile is None:
            continue
        place = np.array([_place(m, order) for m in tile.members], np.int32)[tile.cover]
        for cover in [k for k, m in enumerate(tile.members) if m and len(m[0]) > 1]:
            several[order[list(tile.members[cover][0])]] += tile.parts[tile.cover == cover].sum()
        alike = tile.parts == full
        whole.append(np.stack([tile.row[alike], tile.col[alike], place[alike]]))
        others = (tile.row[~alike], tile.col[~alike], place[~alike], tile.parts[~alike])
        rest.append(np.stack([c.astype(np.int64) for c in others]))
    row, col, place, parts = np.concatenate(rest, axis=1)
    return np.concatenate(whole, axis=1), (row, col, place, parts)


def _by_code(rest: tuple[Ints, Ints, Ints, Ints], grid: GridSpec) -> tuple[Ints, Ints, Ints, Ints]:
    """Sort parts by the codes of their units, then by place: the order that a ledger has."""
    row, col, place, parts = rest
    order = np.lexsort((place, col, row))
    row, col, place, parts = row[order], col[order], place[order], parts[order]
    new = _starts(row, col)
    rank = np.empty_like(new)
    rank[grid.order(col[new], row[new])] = np.arange(len(new))
    size = np.diff(new, append=len(row))
    order = np.lexsort([np.repeat(rank, size)])  # places of a unit stay in their order
    return row[order], col[order], place[order], parts[order]


def _starts(row: Ints, col: Ints) -> Ints:
    """Give the first part of each unit."""
    new = np.ones(len(row), bool)
    new[1:] = (row[1:] != row[:-1]) | (col[1:] != col[:-1])
    return np.flatnonzero(new)


def _place(members: tuple[tuple[int, ...], ...], order: Ints) -> int:
    """Give the number of the place behind a cover."""
    of = members[0] if members else ()
    return int(order[of[0]]) if len(of) == 1 else SEVERAL if of else NOWHERE


def _rounded(rest: tuple[Ints, Ints, Ints, Ints], full: int, total: int, grid: GridSpec) -> Ints:
    """Round the parts of units that are not whole in one place."""
    row, col, place, parts = rest
    if not len(row):
        return parts
    start = _starts(row, col)
    size = np.diff(start, append=len(row))
    unit = np.repeat(np.arange(len(start)), size)
    # Each part of a unit is rounded to a whole number by itself.
    inside = np.add.reduceat(parts, start) >= full - size
    nothing = np.zeros(len(row), np.int64)
    # As many levels as a ledger has, so that units get the areas of a plan of the same places.
    nests = [place, place, nothing, nothing, nothing]
    return round_areas(
        parts / PARTS, unit, nests, total, across=ACROSS, whole=inside[unit],
        cell_m2=grid.cell_m**2,
    )  # fmt: skip


def _together(
    whole: Any, rest: tuple[Ints, Ints, Ints, Ints], area: Ints, grid: GridSpec, several: Floats
) -> Counted:
    """Put both kinds of units in the order of their codes."""
    row, col, place, _ = rest
    there = area > 0
    row, col, place, area = row[there], col[there], place[there], area[there]
    start = _starts(row, col)
    rows = np.concatenate([whole[0], row[start].astype(np.int32)])
    cols = np.concatenate([whole[1], col[start].astype(np.int32)])
    order = grid.order(cols, rows)
    # Of the others the parts are in the order of their codes already.
    other = order >= whole.shape[1]
    count = np.ones(len(order), np.int32)
    count[other] = np.diff(start, append=len(row))
    sums = np.full(len(order), grid.cell_m**2)
    sums[other] = np.add.reduceat(area, start)
    part = np.repeat(other, count)
    places = np.empty(len(part), np.int32)
    places[part], places[~part] = place, whole[2][order[~other]]
    shares = np.full(len(part), grid.cell_m**2)
    shares[part] = area
    unit = np.repeat(np.arange(len(order), dtype=np.int32), count)
    return Counted(cols[order], rows[order], sums, unit, places, shares, several)
