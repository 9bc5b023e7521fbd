"""The units of a plan as one compact grid: a bit mask and one typed array for each column.

The units lie on a regular lattice, so no geometry travels: a bit for each square of the box, then
the columns of the units that exist, row by row from the south-west corner. Areas are written as
parts of a square in steps of 1/10,000 (1/250 in very large plans); the tables of the plan keep the
exact values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base import runs
from zoning.base.coded import spelled
from zoning.errors import InputError
from zoning.inputs.crs import to_degrees
from zoning.ledger.sums import KIND_SUMS
from zoning.outputs.webmap.packing import deflate, pack_json, pack_numbers
from zoning.outputs.webmap.projection import browser_projection

#: Above this number of units the columns are coarser and no list travels with the card.
LARGE = 200_000
#: Up to this number of units the reasons travel as text; above, the browser builds them.
TEXTS = 20_000
#: Codes that are compared together (our choice).
_TOGETHER = 1 << 16

AREAS = (
    "area_m2", "redline_m2", "redline_level1_m2", *KIND_SUMS, "protected_m2", "built_m2",
    "built_redline_m2", "water_m2", "farmland_m2", "free_m2", "new_m2",
)  # fmt: skip
SHARES = ("township_share", "suitability", "stability")
NAMES = ("zone", "zone_reason", "overlays", "township", "county")


@dataclass(frozen=True, slots=True)
class Lattice:
    """Where the units lie: corner, side, size of the box, and the place of each unit in it."""

    x0: float
    y0: float
    cell: float
    columns: int
    rows: int
    place: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]


def find_lattice(units: Any) -> Lattice:
    """Read the lattice from the squares of the units.

    Raises
    ------
    InputError
        If there is no unit, or the squares do not lie on one lattice.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)]
    >>> lattice = find_lattice(gpd.GeoDataFrame(geometry=squares, crs="EPSG:4549"))
    >>> lattice.columns, lattice.rows, lattice.place.tolist()
    (3, 1, [0, 2])
    """
    box = units.geometry.bounds.to_numpy()
    if len(box) == 0:
        raise InputError.one("there are no units to draw", "没有可绘制的单元", where="units")
    cell = float(box[0, 2] - box[0, 0])
    x0, y0 = float(box[:, 0].min()), float(box[:, 1].min())
    at = (box[:, :2] - (x0, y0)) / cell
    whole = np.rint(at)
    sizes = np.column_stack([box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]])
    if np.abs(at - whole).max() > 1e-6 or np.abs(sizes / cell - 1).max() > 1e-6:
        raise InputError.one(
            "the units are not squares of one lattice", "单元不是同一网格的方格", where="units",
            code="map-lattice",
            remedy=("draw the units that zoning made, not clipped ones",
                    "请使用本工具生成的完整方格，而非裁剪后的图斑"),
        )  # fmt: skip
    columns, rows = whole.astype(np.int64).max(axis=0) + 1
    place = whole[:, 1].astype(np.int64) * columns + whole[:, 0].astype(np.int64)
    order = np.argsort(place, kind="stable")
    return Lattice(x0, y0, cell, int(columns), int(rows), place, order)


def pack_units(plan: Any) -> dict[str, Any]:
    """Pack the units of a plan for the browser.

    Parameters
    ----------
    plan : zoning.plan.Plan

    Returns
    -------
    dict
        ``grid`` (lattice, mask, projection, codes), ``columns``, and where the plan is small
        enough ``redlines`` (which areas touch which unit) and ``texts`` (reasons in words).
    """
    units = plan.units
    lattice = find_lattice(units)
    small = len(units) <= LARGE
    mask = np.zeros(lattice.columns * lattice.rows, dtype=np.uint8)
    mask[lattice.place] = 1
    packed: dict[str, Any] = {
        "grid": {
            **grid(units, lattice),
            "mask": deflate(np.packbits(mask, bitorder="little").tobytes()),
        },
        "columns": [
            {**c.header, **pack_numbers(c.numbers(c.values), c.type)}
            for c in columns(plan, lattice, small)
        ],
    }
    if small and len(plan.red_sets):
        packed["redlines"] = _red_lists(plan, units.index[lattice.order], lattice.cell)
    texts = [c for c in ("why_zh", "why_en") if c in units]
    if len(units) <= TEXTS and texts:
        told = units[texts].iloc[lattice.order].fillna("").astype(str)
        packed["texts"] = {c: pack_json(told[c].tolist()) for c in texts}
    return packed


def units_in_order(plan: Any) -> pd.Index:
    """Give the codes of the units in the order in which the page counts them."""
    codes: pd.Index = plan.units.index[find_lattice(plan.units).order]
    return codes


def grid(units: Any, lattice: Lattice) -> dict[str, Any]:
    """Say where the squares lie, and how a code follows from a place."""
    bounds = _lonlat_bounds(units.crs, lattice)
    return {
        "x0": lattice.x0, "y0": lattice.y0, "cell": lattice.cell, "columns": lattice.columns,
        "rows": lattice.rows, "units": len(units), "bounds": bounds,
        "projection": browser_projection(units.crs, bounds, lattice.cell),
        "code": _code_form(units.index[lattice.order], lattice),
    }  # fmt: skip


def _lonlat_bounds(crs: Any, lattice: Lattice) -> tuple[float, float, float, float]:
    x1 = lattice.x0 + lattice.columns * lattice.cell
    y1 = lattice.y0 + lattice.rows * lattice.cell
    return tuple(to_degrees(crs).transform_bounds(lattice.x0, lattice.y0, x1, y1, densify_pts=51))


def _code_form(codes: Any, lattice: Lattice) -> dict[str, Any]:
    """Say how a code follows from its place; codes that do not follow travel as a list."""
    import pyarrow as pa

    texts = runs.arrow(codes)
    texts = (
        pa.array(codes.astype(str).to_numpy(object), pa.large_string()) if texts is None else texts
    )
    hit = re.fullmatch(r"(.*)N(-?\d+)E(-?\d+)", texts[0].as_py())
    place = np.sort(lattice.place)
    for metres in (1, 1000) if hit else ():
        head = hit[1] if hit else ""
        if all(
            _follow(texts.slice(k, _TOGETHER), place[k : k + _TOGETHER], lattice, head, metres)
            for k in range(0, len(place), _TOGETHER)
        ):
            return {"head": head, "metres": metres}
    return {"list": pack_json(texts.to_pylist())}


def _follow(texts: Any, place: Any, lattice: Lattice, head: str, metres: int) -> bool:
    """Say whether codes are what their places say, in metres or kilometres."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows, columns = np.divmod(place, lattice.columns)
    y = np.rint((lattice.y0 + rows * lattice.cell) / metres).astype(np.int64)
    x = np.rint((lattice.x0 + columns * lattice.cell) / metres).astype(np.int64)
    parts = [pa.scalar(f"{head}N"), pa.array(y), pa.scalar("E"), pa.array(x), pa.scalar("")]
    form = pc.binary_join_element_wise(*(pc.cast(p, pa.large_string()) for p in parts))
    return bool(pc.all(pc.equal(texts, form)).as_py())


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the units as small whole numbers.

    Attributes
    ----------
    name : str
    kind : {"name", "area", "share"}
    values : array
        Numbers of ``labels`` (-1 where missing), else square metres or shares (not a number where
        missing), in the order of the page.
    type : str
        Of the whole numbers; the largest stands for what is missing.
    labels : list of str
    step : float
        What 1 stands for.
    """

    name: str
    kind: str
    values: npt.NDArray[Any]
    type: str
    labels: list[str]
    step: float = 1.0

    @property
    def missing(self) -> int:
        """The number that stands for what is missing."""
        return int(np.iinfo(self.type).max)

    @property
    def header(self) -> dict[str, Any]:
        """What the page must know of the column beside its numbers."""
        own = {"labels": self.labels} if self.kind == "name" else {"step": self.step}
        return {"name": self.name, "kind": self.kind, **own, "missing": self.missing}

    def numbers(self, values: npt.NDArray[Any], times: float = 1.0) -> npt.NDArray[Any]:
        """Write values, or sums of ``times`` squares, as whole numbers."""
        if self.kind == "name":
            return np.where(values < 0, self.missing, values)
        numbers = np.clip(np.rint(values / (self.step * times)), 0, self.missing - 1)
        # A trace of land is not none: it rounds up to the smallest step.
        numbers = np.where((values > 0) & (numbers == 0), 1, numbers)
        return np.where(np.isfinite(values), numbers, self.missing)


def columns(plan: Any, lattice: Lattice, small: bool) -> Iterator[Column]:
    """Give one after the other the columns that travel, for units in the order of the page."""
    steps, kind = (10_000, "uint16") if small else (250, "uint8")
    areas = (*AREAS, *(o.column for o in plan.scheme.overlays))
    for name in (c for c in NAMES if c in plan.units):
        codes, labels = pd.factorize(plan.units[name].iloc[lattice.order], sort=True)
        texts = [str(v) for v in labels]
        yield Column(name, "name", codes, "uint8" if len(texts) < 255 else "uint16", texts)
    for name in (c for c in (*areas, *SHARES) if c in plan.units):
        share = name in SHARES
        step = (1 if share else lattice.cell**2) / steps
        values = pd.to_numeric(plan.units[name].iloc[lattice.order]).astype("Float64")
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        yield Column(name, "share" if share else "area", numbers, kind, [], step)


def _red_lists(plan: Any, codes: pd.Index, cell: float) -> dict[str, Any]:
    """Say which red-line areas touch which unit, and with how much, from the ledger."""
    atoms = spelled(plan.ledger.loc[plan.ledger["red_set"] > 0, ["unit", "red_set", "area_m2"]])
    sums = atoms.groupby(["unit", "red_set"], as_index=False)["area_m2"].sum()
    areas = plan.red_sets[["red_set", "area_code"]].drop_duplicates()
    long = (
        sums.merge(areas, on="red_set")
        .groupby(["unit", "area_code"], as_index=False)["area_m2"]
        .sum()
    )
    known: Sequence[str] = sorted(set(long["area_code"].astype(str)))
    long["row"] = codes.get_indexer(long["unit"])
    long = long.sort_values(["row", "area_m2", "area_code"], ascending=[True, False, True])
    counts = np.bincount(long["row"].to_numpy(dtype=np.int64), minlength=len(codes))
    index = pd.Index(known).get_indexer(long["area_code"].astype(str))
    step = cell * cell / 10_000
    return {
        "areas": list(known),
        "counts": pack_numbers(counts, "uint16"),
        "index": pack_numbers(index, "uint16"),
        "step": step,
        "amount": pack_numbers(np.clip(np.rint(long["area_m2"] / step), 1, 65534), "uint16"),
    }
