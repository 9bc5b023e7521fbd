"""The shape of what is built, before and after: walked again square by square."""

from __future__ import annotations

import math
from typing import Any

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings
from zoning.verify.squares import Square, square

_SOURCE = Text("pieces and codes of units", "地块与单元编码")


def audit(plan: Plan, found: Findings) -> None:
    """Derive the table ``landscape`` from the squares that count as built."""
    stored, pieces = plan.tables.get("landscape"), plan.pieces
    if stored is None:
        return
    place = "plan.gpkg: landscape"
    if pieces is None or "new_m2" not in pieces:
        found.add("verify.landscape", False, Text("a table of shapes without new land",
                  "没有新增却有景观格局表"), place)  # fmt: skip
        return
    land: dict[Square, list[int]] = {}
    rows = zip(pieces["unit"], pieces["area_m2"], pieces["built_m2"], pieces["new_m2"], strict=True)
    for unit, *values in rows:
        mine = land.setdefault(square(str(unit), plan.grid.cell_m), [0, 0, 0])
        for k, value in enumerate(values):
            mine[k] += int(value)
    core = plan.config.allocation.core_share
    frame = stored.set_index("measure")
    for column, with_new in (("before", 0), ("after", 1)):
        here = {
            s for s, (area, built, new) in land.items()
            if area and (built + with_new * new) / area > core
        }  # fmt: skip
        right = _shape(here, {s: v[0] for s, v in land.items()}, plan.grid.cell_m)
        given = {str(k): _number(v) for k, v in frame[column].items()}
        found.column("verify.landscape", f"{place}, {column}", given, right, source=_SOURCE)


def _shape(here: set[Square], area: dict[Square, int], cell_m: int) -> dict[str, Any]:
    """Give every measure of a set of squares, from the four sides of each."""
    sides = {s: [t for t in _around(s) if t in here] for s in here}
    open_sides = sum(4 - len(near) for near in sides.values())
    patches, left = [], set(here)
    while left:
        queue, patch = [left.pop()], 0
        while queue:
            square = queue.pop()
            patch += area[square]
            for other in sides[square]:
                if other in left:
                    left.remove(other)
                    queue.append(other)
        patches.append(patch)
    total, most, edge = sum(patches), _most(len(here)), open_sides * cell_m
    whole = sum(area.values())
    return {
        "units": len(here), "area_m2": total, "patches": len(patches),
        "largest_patch_m2": max(patches, default=0),
        "largest_patch_share": max(patches, default=0) / whole if whole else None,
        "edge_m": edge,
        "aggregation": (4 * len(here) - open_sides) / 2 / most if most else None,
        "compactness": 2 * math.sqrt(math.pi * total) / edge if edge else None,
    }  # fmt: skip


def _around(square: Square) -> tuple[Square, ...]:
    row, column = square
    return (row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)


def _most(count: int) -> int:
    """Count the inner sides of squares laid in a spiral: no set of so many has more."""
    # The k-th square of a spiral touches one earlier square where it turns a corner, else two.
    side, turn, shared, laid = 1, 0, 0, 1
    while laid < count:
        for step in range(side):
            if laid == count:
                break
            shared += 1 if step == side - 1 else 2
            laid += 1
        turn += 1
        side += turn % 2 == 0
    return shared


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
