"""Shares of 1 km cells in polygons: this package beside the usual ways, in one process.

    python scripts/bench_overlay.py            print a table
    python scripts/bench_overlay.py --write    put it into docs/benchmarks.md as well
    python scripts/bench_overlay.py --quick    without the province

All ways get the same polygons (shapely objects, so reading their coordinates is in our time) and
give the same table: polygon, cell, share. The others get the squares of the cells made beforehand;
making them is not in their time. Ways take turns in every round, quick ones with up to 20 calls in
a turn; the median of all calls counts. Ways whose package is not installed are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from zoning.base.shipped import data_path, load_toml
from zoning.inputs.china import counties, find_area
from zoning.measure.coverage import polygon_shares

ROOT = Path(__file__).parent.parent
START, END = "<!-- overlay: made by scripts/bench_overlay.py -->", "<!-- overlay: end -->"
GRID = load_toml("grids", "zhenjiang.toml")
CRS, CELL = GRID["crs"], float(GRID["cell_m"])
ORIGIN = tuple(map(float, GRID["origin_m"]))
#: Processor time leaves out what other programs take; Windows counts it too coarsely.
CLOCK = time.process_time if os.name == "posix" else time.perf_counter
CALLS, TURN = 20, 0.05  # a turn is so many calls, or the calls of so many seconds

#: Polygon, number of the square (ours: its row and column), share.
Table = tuple[np.ndarray, Any, np.ndarray]


@dataclass
class Case:
    """Polygons and the squares they are laid over."""

    name: str
    polygons: np.ndarray
    rows: np.ndarray
    cols: np.ndarray

    @classmethod
    def over(cls, name: str, polygons: np.ndarray, region: np.ndarray) -> Case:
        """Take the squares that the region overlaps."""
        s = polygon_shares(region, origin=ORIGIN, cell=CELL)
        return cls(name, polygons, *np.unique([s.row, s.col], axis=1))

    def __post_init__(self) -> None:
        x, y = ORIGIN[0] + self.cols * CELL, ORIGIN[1] + self.rows * CELL
        self.squares = shapely.box(x, y, x + CELL, y + CELL)
        self.cells = gpd.GeoDataFrame({"cell": np.arange(len(x))}, geometry=self.squares, crs=CRS)
        self.frame = gpd.GeoDataFrame(
            {"polygon": np.arange(len(self.polygons))}, geometry=self.polygons, crs=CRS
        )
        self.low = int(self.rows.min()), int(self.cols.min())
        self.shape = int(np.ptp(self.rows)) + 1, int(np.ptp(self.cols)) + 1
        self.number = np.full(self.shape, -1)
        self.number[self.rows - self.low[0], self.cols - self.low[1]] = np.arange(len(x))


def ours(case: Case) -> Table:
    """Every polygon against the whole lattice."""
    s = polygon_shares(case.polygons, origin=ORIGIN, cell=CELL)
    return s.polygon, (s.row, s.col), s.share


def overlay(case: Case) -> Table:
    """Use the usual call."""
    cut = gpd.overlay(case.cells, case.frame, how="intersection", keep_geom_type=True)
    return cut["polygon"].to_numpy(), cut["cell"].to_numpy(), cut.area.to_numpy() / CELL**2


def strtree(case: Case) -> Table:
    """Write what a careful user of shapely writes: index, whole cells first, then intersections."""
    tree = shapely.STRtree(case.squares)
    polygon, cell = tree.query(case.polygons, predicate="intersects")
    shapely.prepare(case.polygons)
    inside = shapely.contains_properly(case.polygons[polygon], case.squares[cell])
    share = np.ones(len(cell))
    edge = ~inside
    cut = shapely.intersection(case.polygons[polygon[edge]], case.squares[cell[edge]])
    share[edge] = shapely.area(cut) / CELL**2
    return polygon, cell, share


def exactextract(case: Case) -> Table:
    """Ask for the coverage of a raster whose pixels are the cells."""
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    x, y = ORIGIN[0] + case.low[1] * CELL, ORIGIN[1] + case.low[0] * CELL
    rows, cols = case.shape
    crs = case.cells.crs.to_wkt()
    raster = NumPyRasterSource(
        np.zeros(case.shape),
        x,
        y,
        x + cols * CELL,
        y + rows * CELL,
        srs_wkt=crs,
    )
    found = exact_extract(raster, case.frame, ["cell_id", "coverage"], output="pandas")
    size = [len(ids) for ids in found["cell_id"]]
    ids = np.concatenate(found["cell_id"].to_list()).astype(np.int64)
    cell = case.number[rows - 1 - ids // cols, ids % cols]
    return np.repeat(np.arange(len(size)), size), cell, np.concatenate(found["coverage"].to_list())


WAYS: dict[str, Callable[[Case], Table]] = {
    "zoning": ours,
    "exactextract": exactextract,
    "shapely STRtree": strtree,
    "geopandas.overlay": overlay,
}


def dense(case: Case, table: Table) -> np.ndarray:
    """Lay a table out as polygons x squares, to compare it."""
    polygon, cell, share = table
    if isinstance(cell, tuple):
        row, col = cell[0] - case.low[0], cell[1] - case.low[1]
        within = (row >= 0) & (row < case.shape[0]) & (col >= 0) & (col < case.shape[1])
        polygon, share, row, col = polygon[within], share[within], row[within], col[within]
        cell = case.number[row, col]
    seen = cell >= 0
    out = np.zeros((len(case.polygons), len(case.squares)))
    np.add.at(out, (polygon[seen], cell[seen]), share[seen])
    return out


def measure(case: Case, ways: list[str], rounds: int, patience: float) -> tuple[dict, dict]:
    """Time all ways in turn; give seconds of all calls, and largest differences to the STRtree."""
    tables = {way: dense(case, WAYS[way](case)) for way in ways}  # warm, and not timed
    truth = tables["shapely STRtree"]
    error = {way: float(np.abs(t - truth).max()) for way, t in tables.items()}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    began = time.perf_counter()
    for done in range(rounds):
        if done >= 3 and time.perf_counter() - began > patience:
            break
        for way in ways:
            case.polygons = shapely.from_wkb(shapely.to_wkb(case.polygons))  # nothing prepared
            turn = time.perf_counter()
            for _ in range(CALLS):
                start = CLOCK()
                WAYS[way](case)
                seconds[way].append(CLOCK() - start)
                if time.perf_counter() - turn > TURN:
                    break
    return seconds, error


def cases(quick: bool) -> list[Case]:
    """Real boundaries, then the reconstructed layers of the reference case."""
    found = []
    city, six = {}, {}
    for source in ("tianditu", "amap"):
        area = find_area("镇江市", source=source)
        city[source] = gpd.GeoSeries([area.geometry], crs=4326).to_crs(CRS).to_numpy()
        six[source] = counties(area).to_crs(CRS).geometry.to_numpy()
    for source, name in (("tianditu", "Tianditu"), ("amap", "AMap")):
        found.append(Case.over(f"city, real ({name})", city[source], city[source]))
        found.append(Case.over(f"6 counties, real ({name})", six[source], six[source]))
    if not quick:
        all_ = counties(find_area("江苏省", source="tianditu")).to_crs(CRS).geometry.to_numpy()
        found.append(Case.over(f"{len(all_)} counties of Jiangsu, real (Tianditu)", all_, all_))
    townships = gpd.read_file(data_path("townships", "zhenjiang.gpkg")).to_crs(CRS)
    reds = gpd.read_file(data_path("redlines", "zhenjiang.gpkg")).to_crs(CRS)
    reds = reds.dissolve("area_code")
    region = city["tianditu"]
    found.append(
        Case.over(
            f"{len(townships)} townships, reconstructed", townships.geometry.to_numpy(), region
        )
    )
    found.append(
        Case.over(f"{len(reds)} red-line areas, reconstructed", reds.geometry.to_numpy(), region)
    )
    return found


def report(case: Case, seconds: dict[str, list[float]], error: dict[str, float]) -> list[str]:
    """Write the lines of one case, and say its figures on the terminal."""
    s = polygon_shares(case.polygons, origin=ORIGIN, cell=CELL)
    area = shapely.area(case.polygons)
    total = np.bincount(s.polygon, s.share, len(area)) * CELL**2
    vertices = int(shapely.get_num_coordinates(case.polygons).sum())
    base = seconds["zoning"]
    middle = statistics.median
    lines = []
    for way, t in seconds.items():
        gains = (f"{middle(t) / middle(base):,.0f}", f"{min(t) / min(base):,.0f}")
        gains = ("", "") if way == "zoning" else gains
        residual = f"{np.abs(total - area).max():.1e}" if way == "zoning" else ""
        row = (case.name, f"{vertices:,}", f"{len(s):,}", way, f"{middle(t) * 1e3:,.2f}", *gains,
               f"{error[way]:.0e}", residual)  # fmt: skip
        lines.append("| " + " | ".join(row) + " |")
        print(lines[-1], flush=True)
    return lines


HEAD = [
    "| polygons | vertices | pairs | way | ms | times slower: medians | fastest calls "
    "| largest difference from STRtree (share) | area of a polygon, off by (m2) |",
    "|---|--:|--:|---|--:|--:|--:|--:|--:|",
]


def surroundings(rounds: int) -> str:
    """Say what the figures were measured on."""
    names = ["numpy", "shapely", "geopandas", "exactextract"]
    here = [n for n in names if importlib.util.find_spec(n)]
    versions = ", ".join(f"{n} {__import__(n).__version__}" for n in here)
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {platform.machine()}, Python "
        f"{platform.python_version()}, {versions}, GEOS {shapely.geos_version_string}; medians of "
        f"up to {rounds} rounds (at least 3), taking turns in one process, one thread. Seconds "
        f"are {CLOCK.__name__}; one-minute load at the start: {load}."
    )


def write(lines: list[str]) -> None:
    """Replace what stands between the markers of docs/benchmarks.md."""
    path = ROOT / "docs" / "benchmarks.md"
    text = path.read_text(encoding="utf-8")
    before, rest = text.split(START)
    after = rest.split(END)[1]
    body = "\n".join(["", *lines, ""])
    path.write_text(before + START + body + END + after, encoding="utf-8", newline="\n")


def main() -> None:
    """Run all cases."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--write", action="store_true", help="put the table into docs/benchmarks.md"
    )
    parser.add_argument("--quick", action="store_true", help="leave the province out")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--patience", type=float, default=30.0, help="seconds for each case")
    args = parser.parse_args()
    ways = [w for w in WAYS if w != "exactextract" or importlib.util.find_spec("exactextract")]
    lines = [surroundings(args.rounds), "", *HEAD]
    print("\n".join(lines))
    for case in cases(args.quick):
        lines += report(case, *measure(case, ways, args.rounds, args.patience))
    if args.write:
        write(lines)


if __name__ == "__main__":
    main()
