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
    rows, cols = np.divmod(np.sort(lattice.place), lattice.columns)
    levels, factor = [], 1
    while True:
        size = (-(-lattice.columns // factor), -(-lattice.rows // factor))
        levels.append(_Level(factor, size, rows // factor, cols // factor))
        if max(size) <= 2 * TILE:
            break
        factor *= 2
    weight = plan.units["area_m2"].to_numpy(np.float64)[lattice.order]
    headers = []
    for column in columns(plan, lattice, small=False):
        headers.append({**column.header, "type": column.type})
        for level in levels[: None if column.name in drawn() else 1]:
            level.take(column, weight, "columns")
    for name, numbers in classes.items():
        for level in levels:
            level.take(Column(name, "name", np.asarray(numbers), "uint8", []), weight, "given")
    return {
        "grid": grid(plan.units, lattice), "tile": TILE, "columns": headers,
        "levels": [
            {"factor": x.factor, "size": list(x.size), "tiles": x.tiles} for x in levels
        ],
    }  # fmt: skip


def drawn() -> set[str]:
    """Name the columns that are looked at from afar: those of the themes, and what weighs them."""
    shares = load_toml("styles", "sheets.toml")["shares"].values()
    return {"zone", "area_m2"} | {t[k] for t in shares for k in ("part", "whole") if k in t}


class _Level:
    """Squares of ``factor`` x ``factor`` units in tiles; takes one column after the other."""

    def __init__(
        self, factor: int, size: tuple[int, int], rows: npt.NDArray[Any], cols: npt.NDArray[Any]
    ) -> None:
        self.factor, self.size = factor, size
        place, self.square = np.unique(rows * size[0] + cols, return_inverse=True)
        self.count = len(place)
        r, c = np.divmod(place, size[0])
        tile = (r // TILE) * -(-size[0] // TILE) + c // TILE
        within = (r % TILE) * TILE + c % TILE
        order = np.argsort(tile, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(tile[order])) + 1)
        self.parts = {str(tile[at[0]]): (at, within[at]) for at in parts}
        self.tiles: dict[str, dict[str, Any]] = {}
        for name, (_, inside) in self.parts.items():
            mask = np.zeros(TILE * TILE, dtype=np.uint8)
            mask[inside] = 1
            bits = deflate(np.packbits(mask, bitorder="little").tobytes())
            self.tiles[name] = {"mask": bits, "columns": {}, "given": {}}

    def take(self, column: Column, weight: npt.NDArray[np.float64], what: str) -> None:
        """Put the numbers of a column into every tile."""
        numbers = _squares(column, self.square, self.count, weight, self.factor)
        for name, (at, inside) in self.parts.items():
            self.tiles[name][what][column.name] = _tile(numbers[at], inside, column.type)


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
