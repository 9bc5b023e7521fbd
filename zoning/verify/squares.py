"""Squares and their neighbours, read from the codes of units alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

Square: TypeAlias = tuple[int, int]


def square(unit: str, cell_m: int) -> Square:
    """Read row and column of a square from its code.

    Examples
    --------
    >>> square("1kmN3501E500", 1000), square("500mN3501500E500000", 500)
    ((3501, 500), (7003, 1000))
    """
    read = re.search(r"N(-?\d+)E(-?\d+)$", unit)
    if read is None:
        return (0, 0)
    side = cell_m // 1000 if unit.startswith("1km") else cell_m
    return int(read[1]) // side, int(read[2]) // side


def pairs(units: Sequence[str], cell_m: int) -> list[tuple[int, int]]:
    """Give the positions of every two squares that share a side, each pair once.

    Examples
    --------
    >>> pairs(["1kmN3E4", "1kmN3E5", "1kmN4E5", "1kmN9E9"], 1000)
    [(0, 1), (1, 2)]
    """
    at = [square(u, cell_m) for u in units]
    place = {s: k for k, s in enumerate(at)}
    found = []
    for k, (row, column) in enumerate(at):
        for other in ((row, column + 1), (row + 1, column)):
            if other in place:
                found.append((k, place[other]))
    return found


def neighbours(units: Sequence[str], cell_m: int) -> dict[str, list[str]]:
    """List the squares that share a side with each."""
    near: dict[str, list[str]] = {u: [] for u in units}
    for a, b in pairs(units, cell_m):
        near[units[a]].append(units[b])
        near[units[b]].append(units[a])
    return near
