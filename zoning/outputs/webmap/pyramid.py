"""Units of a very large plan as a pyramid: tiles of squares, and coarser ones to see from afar.

Up to a million units all of them are unpacked when the page opens. Beyond, the page opens with
none: each tile of 256 x 256 squares travels apart, column by column, and is unpacked when it comes
into view. From afar a tile of a coarser level stands for many: a square of level n is made of
2^n x 2^n units and has the class with the largest area among them, sums of areas, and shares
weighted by area. Which level is drawn follows the screen: no square of it is larger than a pixel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from zoning.base.shipped import load_toml
from zoning.outputs.webmap.packing import deflate, pack_numbers
from zoning.outputs.webmap.payload import Column, columns, find_lattice, grid

if TYPE_CHECKING:
    from zoning.plan import Plan

#: More units than these travel as a pyramid.
MOST_ON_CANVAS = 1_000_000
#: Squares on the side of a tile; the coarsest level has no more on its side than two tiles.
TILE = 256


def wanted(plan: Plan) -> bool:
    """Say whether a plan is too large for one canvas; its codes must follow from their places."""
    return len(plan.units) > MOST_ON_CANVAS and "list" not in _header(plan)["code"]


def _header(plan: Plan) -> dict[str, Any]:
    return grid(plan.units, find_lattice(plan.units))


def pack(plan: Plan, classes: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """Pack the units of a plan in tiles.

    Parameters
    ----------
    plan : Plan
    classes : mapping
        For each theme of a wing the class of every unit, in the order of the page; -1 where there
        is none.

    Returns
    -------
    dict
        ``grid`` and ``columns`` (without their numbers), and ``levels``: for each its ``factor``
        (units on the side of a square), its size in squares, and its tiles by place.
    """
    lattice = find_lattice(plan.units)
    in_order = plan.units.iloc[lattice.order]
    known = columns(plan, in_order, lattice.cell, small=False)
    given = [Column(name, "name", np.asarray(c), "uint8", []) for name, c in classes.items()]
    rows, cols = np.divmod(np.sort(lattice.place), lattice.columns)
    weight = plan.units["area_m2"].to_numpy(np.float64)[lattice.order]
    levels, factor = [], 1
    while True:
        size = (-(-lattice.columns // factor), -(-lattice.rows // factor))
        here = known if factor == 1 else [c for c in known if c.name in drawn()]
        levels.append(_level(factor, size, rows // factor, cols // factor, here, given, weight))
        if max(size) <= 2 * TILE:
            break
        factor *= 2
    return {
        "grid": grid(plan.units, lattice), "tile": TILE, "levels": levels,
        "columns": [{**c.header, "type": c.type} for c in known],
    }  # fmt: skip


def drawn() -> set[str]:
    """Name the columns that are looked at from afar: those of the themes, and what weighs them."""
    shares = load_toml("styles", "sheets.toml")["shares"].values()
    return {"zone", "area_m2"} | {t[k] for t in shares for k in ("part", "whole") if k in t}


def _level(
    factor: int, size: tuple[int, int], rows: Any, cols: Any, known: list[Column],
    given: list[Column], weight: npt.NDArray[np.float64],
) -> dict[str, Any]:  # fmt: skip
    """Add up one level and cut it into tiles."""
    place, square = np.unique(rows * size[0] + cols, return_inverse=True)
    r, c = np.divmod(place, size[0])
    tile = (r // TILE) * -(-size[0] // TILE) + c // TILE
    within = (r % TILE) * TILE + c % TILE
    made = [
        [(x.name, x.type, _squares(x, square, len(place), weight, factor)) for x in some]
        for some in (known, given)
    ]
    tiles = {}
    order = np.argsort(tile, kind="stable")
    for at in np.split(order, np.flatnonzero(np.diff(tile[order])) + 1):
        mask = np.zeros(TILE * TILE, dtype=np.uint8)
        mask[within[at]] = 1
        plain, themes = (
            {name: _tile(numbers[at], within[at], kind) for name, kind, numbers in some}
            for some in made
        )
        bits = deflate(np.packbits(mask, bitorder="little").tobytes())
        tiles[str(tile[at[0]])] = {"mask": bits, "columns": plain, "given": themes}
    return {"factor": factor, "size": list(size), "tiles": tiles}


def _squares(
    x: Column, square: npt.NDArray[Any], count: int, weight: npt.NDArray[np.float64], factor: int
) -> npt.NDArray[Any]:
    """Give the numbers of a column for the squares of a level."""
    if factor == 1:
        return x.numbers(x.values)
    if x.kind == "name":
        return x.numbers(largest(square, x.values, weight, count))
    there = np.isfinite(x.values)
    if x.kind == "share":
        part = np.bincount(square[there], (x.values * weight)[there], count)
        over = np.bincount(square[there], weight[there], count)
        with np.errstate(invalid="ignore", divide="ignore"):
            return x.numbers(part / over)
    total = np.bincount(square[there], x.values[there], count)
    total[np.bincount(square[there], minlength=count) == 0] = np.nan
    return x.numbers(total, float(factor) ** 2)


def largest(
    square: npt.NDArray[Any], codes: npt.NDArray[Any], weight: npt.NDArray[np.float64], count: int
) -> npt.NDArray[np.int64]:
    """Give the code with the largest weight in each square; of equal ones the smaller.

    Examples
    --------
    >>> import numpy as np
    >>> squares, codes = np.array([0, 0, 0, 1]), np.array([2, 1, 1, -1])
    >>> largest(squares, codes, np.array([3.0, 2, 2, 1]), 2).tolist()
    [1, -1]
    """
    # What is missing counts as a code of its own, the smallest.
    most = int(codes.max(initial=0)) + 2
    both, at = np.unique(square.astype(np.int64) * most + codes + 1, return_inverse=True)
    total = np.bincount(at, weight)
    where, code = np.divmod(both, most)
    order = np.lexsort((code, -total, where))
    first = order[np.concatenate([[True], where[order][1:] != where[order][:-1]])]
    found = np.full(count, -1, dtype=np.int64)
    found[where[first]] = code[first] - 1
    return found


def _tile(numbers: npt.NDArray[Any], within: npt.NDArray[Any], kind: str) -> str:
    dense = np.zeros(TILE * TILE, dtype=kind)
    dense[within] = numbers
    data: str = pack_numbers(dense, kind)["data"]
    return data
