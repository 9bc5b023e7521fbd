"""The ledger held against the shapes that the folder keeps: measured again with shapely."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings

#: Rounding of the atoms of one unit, m2; and what a place adds up to over its border units.
UNIT_M2, PLACE_M2 = 6.0, 100.0
_CODE = re.compile(r"(?:1km|CRS\w+?RES\d+m)N(-?\d+)E(-?\d+)\Z")


def audit(plan: Plan, found: Findings) -> None:
    """Measure units, places and protected land again."""
    import shapely

    if plan.config.grid.slivers != "keep":
        found.not_looked_at(Text("areas of units by their shape: slivers were merged or dropped",
                                 "单元面积与图形：碎块已合并或略去"))  # fmt: skip
        return
    squares = plan.units.geometry.to_numpy()
    city = shapely.union_all(plan.city.geometry.to_numpy())
    _squares(plan, found)
    _cover(plan, found, "area_m2", squares, city, Text("the boundary", "边界"))
    if plan.redlines is not None:
        red = shapely.union_all(plan.redlines.geometry.to_numpy())
        _cover(plan, found, "redline_m2", squares, shapely.intersection(red, city),
               Text("the layer redlines", "红线图层"))  # fmt: skip
    for kind, shape in _protections(plan).items():
        column = {"water": "water_source_m2"}.get(kind, f"{kind}_m2")
        if column in plan.units:
            _cover(plan, found, column, squares, shapely.intersection(shape, city),
                   Text("the layer protections", "保护图层"))  # fmt: skip
    for name, frame in (("townships", plan.townships), ("counties", plan.counties),
                        ("redlines", plan.redlines)):  # fmt: skip
        if frame is None or "area_m2" not in frame:
            continue
        derived = pd.Series(shapely.area(frame.geometry.to_numpy()), index=frame.index)
        found.column(
            "verify.shapes", f"plan.gpkg: {name}, area_m2", _values(frame["area_m2"]),
            _values(derived), tolerance=PLACE_M2, source=Text("its shape", "其图形"),
        )  # fmt: skip


def _values(column: pd.Series) -> dict[str, float]:
    return {str(k): float(v) for k, v in column.items()}


def _cover(
    plan: Plan, found: Findings, column: str, squares: Any, shape: Any, source: Text
) -> None:
    import shapely

    shapely.prepare(shape)
    near = shapely.intersects(shape, squares)
    area = np.zeros(len(squares))
    area[near] = shapely.area(shapely.intersection(squares[near], shape))
    stored = plan.units[column]
    if stored.isna().any():
        return
    found.column(
        "verify.shapes", f"units.parquet, {column}", _values(stored),
        dict(zip(map(str, plan.units.index), area.tolist(), strict=True)),
        tolerance=UNIT_M2, source=source,
    )  # fmt: skip


def _squares(plan: Plan, found: Findings) -> None:
    """Hold the square of every unit against its code."""
    import shapely

    bounds = shapely.bounds(plan.units.geometry.to_numpy())
    cell = float(plan.grid.cell_m)
    stored, derived, middle = {}, {}, {}
    for code, (x0, y0, x1, y1) in zip(map(str, plan.units.index), bounds, strict=True):
        hit = _CODE.match(code)
        if hit is None:
            continue
        size = 1000.0 if code.startswith("1km") else 1.0
        stored[code] = f"{x0:.3f} {y0:.3f} {x1 - x0:.3f} {y1 - y0:.3f}"
        east, north = float(hit[2]) * size, float(hit[1]) * size
        derived[code] = f"{east:.3f} {north:.3f} {cell:.3f} {cell:.3f}"
        middle[code] = (east + cell / 2, north + cell / 2)
    found.column("verify.squares", "units.parquet, geometry", stored, derived,
                 source=Text("the code", "单元代码"))  # fmt: skip
    _centres(plan, middle, found)


def _centres(plan: Plan, middle: dict[str, tuple[float, float]], found: Findings) -> None:
    """Turn the middle of each square into degrees again."""
    from pyproj import Transformer

    if not middle or not {"lon", "lat"} <= {*plan.units}:
        return
    turn = Transformer.from_crs(plan.units.crs, "EPSG:4490", always_xy=True)
    degrees = turn.transform(*np.array(list(middle.values())).T)
    for column, right in zip(("lon", "lat"), degrees, strict=True):
        stored = {str(k): float(v) for k, v in plan.units[column].items() if str(k) in middle}
        found.column("verify.squares", f"units.parquet, {column}", stored,
                     dict(zip(middle, right.tolist(), strict=True)), tolerance=1e-6,
                     source=Text("the code", "单元代码"))  # fmt: skip


def _protections(plan: Plan) -> dict[str, Any]:
    """Give the union of every kind of protection that the folder keeps."""
    import shapely

    shapes: dict[str, Any] = {}
    for given in plan.contributions:
        for layer in given.layers:
            if layer.name == "protections" and "kind" in layer.frame:
                for kind, part in layer.frame.groupby("kind"):
                    shapes[str(kind)] = shapely.union_all(part.geometry.to_numpy())
    return shapes
