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
        cover(plan, found, "redline_m2", squares, plan.redlines.geometry.to_numpy(),
              Text("the layer redlines", "红线图层"), within=city)  # fmt: skip
    for kind, shape in _protections(plan).items():
        column = {"water": "water_source_m2"}.get(kind, f"{kind}_m2")
        if column in plan.units:
            cover(plan, found, column, squares, shape, Text("the layer protections", "保护图层"),
                  within=city)  # fmt: skip
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


def cover(
    plan: Plan, found: Findings, column: str, squares: Any, shapes: Any, source: Text, *,
    within: Any = None,
) -> None:  # fmt: skip
    """Measure again how much of each unit's square some shapes cover together."""
    stored = plan.units[column]
    if stored.isna().any():
        return
    area = np.zeros(len(squares))
    layers = [np.atleast_1d(x) for x in (shapes, within) if x is not None]
    for here, part in _blocks(squares, layers):
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


def _blocks(squares: Any, layers: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Halve squares and shapes until few are left, so that no square meets all vertices.

    Shapes of one layer count together, and only where they lie in shapes of the others too. They
    are put together when few are left: all of a province at once would take longer than the rest.
    """
    import shapely

    bounds = shapely.bounds(squares)
    left = [(np.arange(len(squares)), layers)]
    while left:
        here, parts = left.pop()
        few = sum(int(shapely.get_num_coordinates(p).sum()) for p in parts) <= FEW_VERTICES
        low, high = bounds[here, :2].min(axis=0), bounds[here, 2:].max(axis=0)
        axis = int(np.argmax(high - low))
        first = bounds[here, axis] < np.median(bounds[here, axis])
        if few or len(here) <= MOST_SQUARES or first.all() or not first.any():
            yield here, _together(parts)
            continue
        for some in (here[first], here[~first]):
            box = (*bounds[some, :2].min(axis=0), *bounds[some, 2:].max(axis=0))
            left.append((some, [_cut(p, box) for p in parts]))


def _cut(shapes: Any, box: tuple[float, ...]) -> Any:
    """Leave of shapes what lies in a box; those that lie in it stay as they are."""
    import shapely

    west, south, east, north = shapely.bounds(shapes).T
    near = (west <= box[2]) & (east >= box[0]) & (south <= box[3]) & (north >= box[1])
    whole = (west >= box[0]) & (east <= box[2]) & (south >= box[1]) & (north <= box[3])
    some = shapely.get_parts(shapely.intersection(shapes[near & ~whole], shapely.box(*box)))
    # Points and lines where a shape only touches the box are left out.
    return np.concatenate([shapes[near & whole], some[shapely.get_dimensions(some) == 2]])


def _together(layers: list[Any]) -> Any:
    """Put the shapes of each layer together, and give what is in all; polygons alone."""
    import shapely

    shape = shapely.union_all(layers[0])
    for other in layers[1:]:
        shape = shapely.intersection(shape, shapely.union_all(other))
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
    """Give the polygons of every kind of protection that the folder keeps."""
    shapes: dict[str, Any] = {}
    for given in plan.contributions:
        for layer in given.layers:
            if layer.name == "protections" and "kind" in layer.frame:
                for kind, part in layer.frame.groupby("kind"):
                    shapes[str(kind)] = part.geometry.to_numpy()
    return shapes
