"""The ledger held against the shapes that the folder keeps: measured again with shapely."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings

#: Rounding of the atoms of one unit, m2; and what a place adds up to over its border units.
UNIT_M2, PLACE_M2 = 6.0, 100.0
#: So few squares meet a shape together, or any number one with so few vertices (our choice).
MOST_SQUARES, FEW_VERTICES = 256, 400
_MM = 5e-4
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
    lattice(plan, found)
    cover(plan, found, "area_m2", squares, city, Text("the boundary", "边界"))
    if plan.redlines is not None:
        red = shapely.union_all(plan.redlines.geometry.to_numpy())
        cover(plan, found, "redline_m2", squares, shapely.intersection(red, city),
               Text("the layer redlines", "红线图层"))  # fmt: skip
    for kind, shape in _protections(plan).items():
        column = {"water": "water_source_m2"}.get(kind, f"{kind}_m2")
        if column in plan.units:
            cover(plan, found, column, squares, shapely.intersection(shape, city),
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


def cover(plan: Plan, found: Findings, column: str, squares: Any, shape: Any, source: Text) -> None:
    """Measure again how much of each unit's square a shape covers."""
    stored = plan.units[column]
    if stored.isna().any():
        return
    area = np.zeros(len(squares))
    for here, part in _blocks(squares, shape):
        area[here] = _inside(squares[here], part)
    found.column(
        "verify.shapes", f"units.parquet, {column}", stored.astype("float64"),
        pd.Series(area, index=plan.units.index), tolerance=UNIT_M2, source=source,
    )  # fmt: skip


def _inside(squares: Any, shape: Any) -> Any:
    """Measure how much of each square a shape covers; of those within it, all."""
    import shapely

    shapely.prepare(shape)
    area = np.where(shapely.contains(shape, squares), shapely.area(squares), 0.0)
    edge = (area == 0) & shapely.intersects(shape, squares)
    area[edge] = shapely.area(shapely.intersection(squares[edge], shape))
    return area


def _blocks(squares: Any, shape: Any) -> Iterator[tuple[Any, Any]]:
    """Halve squares and shape until few are left, so that no square meets all vertices."""
    import shapely

    bounds = shapely.bounds(squares)
    left = [(np.arange(len(squares)), shape)]
    while left:
        here, part = left.pop()
        if len(here) <= MOST_SQUARES or shapely.get_num_coordinates(part) <= FEW_VERTICES:
            yield here, part
            continue
        low, high = bounds[here, :2].min(axis=0), bounds[here, 2:].max(axis=0)
        axis = int(np.argmax(high - low))
        first = bounds[here, axis] < np.median(bounds[here, axis])
        for some in (here[first], here[~first]):
            if len(some) in (0, len(here)):  # as many as can be told apart
                yield here, part
                break
            box = shapely.box(*bounds[some, :2].min(axis=0), *bounds[some, 2:].max(axis=0))
            left.append((some, _polygons(shapely.intersection(part, box))))


def _polygons(shape: Any) -> Any:
    """Leave out points and lines where a shape only touches a box."""
    import shapely

    parts = shapely.get_parts(shape)
    areas = parts[shapely.get_dimensions(parts) == 2]
    return areas[0] if len(areas) == 1 else shapely.multipolygons(areas)


def lattice(plan: Plan, found: Findings) -> None:
    """Hold the square of every unit against its code."""
    import shapely

    bounds = shapely.bounds(plan.units.geometry.to_numpy())
    cell = float(plan.grid.cell_m)
    codes = plan.units.index.astype("string").to_series().reset_index(drop=True)
    said = codes.str.extract(_CODE)
    here = said[0].notna().to_numpy(bool)
    size = np.where(codes[here].str.startswith("1km"), 1000.0, 1.0)
    north, east = (said.loc[here, k].astype("float64").to_numpy() * size for k in (0, 1))
    right = np.column_stack([east, north, np.full((len(east), 2), cell)])
    had = np.column_stack([bounds[here, :2], bounds[here, 2:] - bounds[here, :2]])
    # Places are compared as they are told, to the millimetre.
    off = (np.abs(had - right) > _MM).any(axis=1)
    far = codes[here][off]
    stored, derived = (
        {code: " ".join(f"{v:.3f}" for v in row) for code, row in zip(far, told[off], strict=True)}
        for told in (had, right)
    )
    found.column("verify.squares", "units.parquet, geometry", stored, derived,
                 source=Text("the code", "单元代码"))  # fmt: skip
    _centres(plan, here, right, found)


def _centres(plan: Plan, here: Any, right: Any, found: Findings) -> None:
    """Turn the middle of each square into degrees again."""
    from pyproj import Transformer

    if not len(right) or not {"lon", "lat"} <= {*plan.units}:
        return
    turn = Transformer.from_crs(plan.units.crs, "EPSG:4490", always_xy=True)
    degrees = turn.transform(*(right[:, :2] + right[:, 2:] / 2).T)
    for column, derived in zip(("lon", "lat"), degrees, strict=True):
        stored = plan.units.loc[here, column].astype("float64")
        found.column("verify.squares", f"units.parquet, {column}", stored,
                     pd.Series(derived, index=stored.index), tolerance=1e-6,
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
