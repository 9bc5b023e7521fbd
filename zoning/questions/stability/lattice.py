"""Another grid: how much of each unit's area keeps its zone when the lattice moves or changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import percent
from zoning.errors import InputError
from zoning.questions.stability.tally import share_of_area

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.grid.lattice import GridSpec
    from zoning.plan import Plan

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shift:
    """Another lattice: origin moved by ``dx_m, dy_m``; another cell side if given."""

    dx_m: int
    dy_m: int
    cell_m: int | None = None

    def of(self, grid: GridSpec) -> GridSpec:
        """Give the lattice.

        Examples
        --------
        >>> from zoning.grid.lattice import GridSpec
        >>> Shift(250, 0, 500).of(GridSpec("EPSG:4549", 1000, (0, 0))).origin_m
        (250, 0)
        """
        cell = self.cell_m or grid.cell_m
        x, y = grid.origin_m
        return replace(grid, cell_m=cell, origin_m=((x + self.dx_m) % cell, (y + self.dy_m) % cell))

    def __str__(self) -> str:
        cell = "" if self.cell_m is None else f" cell {self.cell_m} m"
        return f"{self.dx_m:+d},{self.dy_m:+d} m{cell}"


#: Quarter, half and three quarters of a cell, and half and double cells (own choice).
DEFAULT = (
    Shift(250, 250), Shift(500, 500), Shift(750, 750), Shift(500, 0), Shift(0, 500),
    Shift(0, 0, 500), Shift(0, 0, 2000),
)  # fmt: skip


@dataclass(frozen=True)
class GridStability:
    """What other lattices say.

    Attributes
    ----------
    units : DataFrame, index unit
        ``zone``, ``area_m2``, ``grid_stability`` (mean over the shifts of the share of the unit's
        area that keeps its zone; ``<NA>`` where the unit has no zone or no area).
    shifts : DataFrame
        ``shift``, ``units``, ``kept_share`` of the city's zoned area.
    """

    units: pd.DataFrame
    shifts: pd.DataFrame

    def tell(self, lang: str = "en") -> str:
        """Write the result in one sentence."""
        worst = self.shifts.loc[self.shifts["kept_share"].idxmin()]
        mean, low = (
            percent(float(self.shifts["kept_share"].mean()), 1),
            percent(float(worst["kept_share"]), 1),
        )
        n = len(self.shifts)
        if lang == "zh":
            return (
                f"网格平移或改变边长（{n} 次）时，平均 {mean} 的面积保持原分区，"
                f"最差 {low}（{worst['shift']}）。"
            )
        return (
            f"With {n} other lattices {mean} of the area keeps its zone on average, "
            f"{low} at worst ({worst['shift']})."
        )

    def as_dict(self) -> dict[str, Any]:
        """Give the result as plain data."""
        return {
            "shifts": self.shifts.to_dict("records"),
            "en": self.tell("en"),
            "zh": self.tell("zh"),
        }


def grid_stability(
    plan: Plan,
    classify: Callable[[GridSpec], gpd.GeoDataFrame],
    shifts: Sequence[Shift] = DEFAULT,
) -> GridStability:
    """Run the plan's zoning on other lattices and lay the result over the plan's own units.

    Areas are exact: a unit's part of the city is cut by the other squares, so the share of its area
    with the same zone does not depend on sampling.

    Parameters
    ----------
    plan : Plan
    classify : callable
        Takes a GridSpec, gives units with ``zone`` and whole squares as geometry (the pipeline).
    shifts : sequence of Shift

    Returns
    -------
    GridStability

    Raises
    ------
    InputError
        If no shift is given.
    """
    import shapely

    if not shifts:
        raise InputError.one("no shift is given", "未给出平移", where="shifts", code="range")
    base = plan.units
    city = shapely.union_all(np.asarray(plan.city.geometry.array))
    squares = np.asarray(base.geometry.array)
    # Only squares on the boundary are cut; the others are whole.
    inside = np.zeros(len(squares), bool)
    inside[shapely.STRtree(squares).query(city, predicate="contains_properly")] = True
    parts = np.where(inside, squares, shapely.intersection(squares, city))
    area = shapely.area(parts)
    zone = _plain(base["zone"])
    known = base["zone"].notna().to_numpy(bool)
    total = np.zeros(len(base))
    rows = []
    for shift in shifts:
        spec = shift.of(plan.grid)
        other = classify(spec)
        kept = _kept(parts, squares, inside, zone, spec, other)
        total += kept
        share = share_of_area(kept[known], area[known])
        rows.append({"shift": str(shift), "units": len(other), "kept_share": share})
    units = pd.DataFrame({"zone": base["zone"].astype("string"), "area_m2": base["area_m2"]})
    with np.errstate(invalid="ignore"):
        mean = pd.array(np.minimum(total / len(shifts) / area, 1.0))
    mean[~known] = pd.NA
    units["grid_stability"] = mean
    return GridStability(units, pd.DataFrame(rows))


def _kept(
    parts: npt.NDArray[np.object_],
    squares: npt.NDArray[np.object_],
    inside: npt.NDArray[np.bool_],
    zone: npt.NDArray[np.object_],
    spec: GridSpec,
    other: gpd.GeoDataFrame,
) -> Floats:
    """Area of each unit that has the same zone on the other lattice."""
    import shapely

    x0, y0, x1, y1 = shapely.bounds(squares).T
    cell = float(spec.cell_m)
    ox, oy = spec.origin_m
    corner = shapely.bounds(np.asarray(other.geometry.array))
    key = _key(np.rint((corner[:, 0] - ox) / cell), np.rint((corner[:, 1] - oy) / cell))
    found = pd.Series(_plain(other["zone"]), index=key)
    first, low = np.floor((x0 - ox) / cell), np.floor((y0 - oy) / cell)
    reach = int(np.ceil((x1 - x0).max() / cell)) + 1
    kept = np.zeros(len(squares))
    for i in range(reach):
        for j in range(reach):
            left, bottom = ox + (first + i) * cell, oy + (low + j) * cell
            width = np.minimum(x1, left + cell) - np.maximum(x0, left)
            height = np.minimum(y1, bottom + cell) - np.maximum(y0, bottom)
            meets = (width > 0) & (height > 0)
            there = found.reindex(_key(first + i, low + j), fill_value="").to_numpy(object)
            same = meets & (there != "") & (there == zone)
            kept[same & inside] += (width * height)[same & inside]
            edge = np.flatnonzero(same & ~inside)
            if edge.size:
                boxes = shapely.box(
                    left[edge], bottom[edge], left[edge] + cell, bottom[edge] + cell
                )
                kept[edge] += shapely.area(shapely.intersection(parts[edge], boxes))
    return kept


def _plain(zone: pd.Series) -> npt.NDArray[np.object_]:
    """Zones as plain text, "" where there is none."""
    out: npt.NDArray[np.object_] = zone.astype(object).where(zone.notna(), "").to_numpy(object)
    return out


def _key(col: Floats, row: Floats) -> npt.NDArray[np.int64]:
    key: npt.NDArray[np.int64] = col.astype(np.int64) * 4_294_967_296 + row.astype(np.int64)
    return key
