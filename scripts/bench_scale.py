"""Measure how cost grows: from a city of 4,000 units to a province and to 1.5 million.

    python scripts/bench_scale.py [--cases zj yc js yc100] [--folder DIR] [--only run map ...]
    python scripts/bench_scale.py --cases tenth --only run --limit 7200     a tenth of the nation
    python scripts/bench_scale.py --china          9.5 million units; then with all counties
    python scripts/bench_scale.py --engines yc     one process, two, and a local Dask cluster

The cases are made here, on real boundaries (extra ``china``): townships are a Voronoi split, their
attributes, red lines of 1,200 vertices and land use are random (seed 7). They measure cost and
nothing else. Every stage is a process of its own; its processor seconds (user and system) and its
largest memory are those the system counts for it. With several cases the slopes from each to the
next are told too. ``--cell`` and ``--pixel`` make other cases.
Other tools stand beside it in ``bench_side.py``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
#: Vertices of a red line, its radius in metres, and land in km2 for each.
VERTICES, RADIUS, KM2_PER_LINE = 1200, (800.0, 4000.0), 54
#: Land in km2 for each township, and side in km of the squares that make counties.
KM2_PER_TOWN, COUNTY_KM = 75, 40
CLASSES = np.array([1, 1, 1, 3, 3, 7, 10, 12, 17, 4], "uint8")

PLAN = """\
[plan]
name = "{name}"
[grid]
cell_m = {cell}
[inputs.boundary]
path = "boundary.gpkg"
[inputs.townships]
path = "townships.gpkg"
table = "attributes.csv"
[inputs.redlines]
path = "redlines.gpkg"
[inputs.landuse]
path = "landuse.tif"
[zones]
scheme = "zhenjiang-2013"
method = "two-matrices"
[cap]
share = 0.40
source = "made up by the bench"
evidence = "own"
"""


@dataclass(frozen=True)
class Case:
    """A place, the side of its units and of its pixels in metres."""

    place: str
    cell: int = 1000
    pixel: float = 30.0


CASES = {
    "zj": Case("镇江市"),
    "yc": Case("盐城市"),
    "js": Case("江苏省"),
    "yc100": Case("盐城市", 100, 30.0),
    # A tenth of the nation; takes some ten minutes and 8 GB, so only where it is asked for.
    "tenth": Case("内蒙古自治区"),
}
#: What is measured without being named.
USUAL = ("zj", "yc", "js", "yc100")

#: Questions to a written plan, as commands.
QUESTIONS: dict[str, list[str]] = {
    "explain": ["explain", "{out}", "{unit}"],
    "verify": ["verify", "{out}"],
    "cap": ["allocate", "{out}", "--cap", "0.35"],
    "weight": ["allocate", "{out}", "--boundary-weight", "0.02"],
    "stability": ["stability", "{out}", "--draws", "1000"],
    "price": ["price", "{out}"],
    "map": ["map", "{out}", "-o", "{folder}/map.html"],
    "parquet": ["export", "{out}", "--to", "parquet", "-o", "{folder}/parquet"],
    "gdb": ["export", "{out}", "--to", "gdb", "-o", "{folder}/gdb"],
}


def make(case: Case, out: Path) -> None:
    """Write every file of a case."""
    import geopandas as gpd
    import pandas as pd
    import shapely

    from zoning.grid.distortion import choose_crs
    from zoning.inputs.china import find_area

    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    area = gpd.GeoSeries([find_area(case.place).geometry], crs=4326)
    crs, _ = choose_crs(area)
    shape = area.to_crs(crs).iloc[0]
    km2 = shape.area / 1e6
    gpd.GeoDataFrame({"name": [case.place]}, geometry=[shape], crs=crs).to_file(
        out / "boundary.gpkg"
    )
    count = max(20, round(km2 / KM2_PER_TOWN))
    points = _points(rng, shape, count)
    cells = np.array(
        shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=shape.envelope).geoms
    )
    cells = cells[shapely.STRtree(cells).query(shapely.points(points), predicate="within")[1]]
    blocks = (points // (COUNTY_KM * 1000)).astype(int)
    county = np.unique(blocks[:, 0] * 1000 + blocks[:, 1], return_inverse=True)[1]
    codes = [f"32{i:07d}" for i in range(count)]
    townships = gpd.GeoDataFrame(
        {"code": codes, "name": [f"镇{i}" for i in range(count)],
         "county": [f"{320000 + k}" for k in county]},
        geometry=shapely.intersection(cells, shape), crs=crs,
    )  # fmt: skip
    townships.to_file(out / "townships.gpkg")
    size = townships.area.to_numpy() / 1e6
    pd.DataFrame({
        "code": codes, "population": (size * rng.lognormal(6.2, 0.9, count)).astype(int),
        "gdp_10k_yuan": (size * rng.lognormal(8, 1, count)).astype(int),
        "min_to_centre": rng.uniform(5, 110, count).round(1),
        "slope_deg": rng.gamma(2, 2, count).round(2),
    }).to_csv(out / "attributes.csv", index=False)  # fmt: skip
    _red_lines(rng, points, shape, round(km2 / KM2_PER_LINE), crs).to_file(out / "redlines.gpkg")
    _land_use(rng, shape.bounds, case.pixel, crs, out / "landuse.tif")
    (out / "case.json").write_text(json.dumps({"cell": case.cell}), encoding="utf-8")
    (out / "plan.toml").write_text(PLAN.format(name=case.place, cell=case.cell), encoding="utf-8")


def made_apart(case: Case, out: Path) -> None:
    """Make a case in a process of its own: a child's largest memory starts with its parent's."""
    apart = multiprocessing.get_context("spawn").Process(target=make, args=(case, out))
    apart.start()
    apart.join()
    if apart.exitcode:
        raise SystemExit(f"the case {case.place} was not made")


def _points(rng: np.random.Generator, shape: Any, count: int) -> np.ndarray:
    import shapely

    shapely.prepare(shape)
    west, south, east, north = shape.bounds
    found: list[np.ndarray] = []
    while len(found) < count:
        some = rng.uniform((west, south), (east, north), (4 * count, 2))
        found += list(some[shapely.contains_xy(shape, some)])
    return np.array(found[:count])


def _red_lines(
    rng: np.random.Generator, points: np.ndarray, shape: Any, count: int, crs: str
) -> Any:
    import geopandas as gpd
    import shapely

    rings = []
    for _ in range(max(10, count)):
        middle = points[rng.integers(len(points))] + rng.normal(0, 3000, 2)
        angle = np.sort(rng.uniform(0, 2 * np.pi, VERTICES))
        wave = 1 + 0.15 * np.sin(3 * angle) + 0.02 * rng.standard_normal(VERTICES)
        radius = rng.uniform(*RADIUS) * wave
        ring = middle + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
        rings.append(shapely.make_valid(shapely.Polygon(ring)))
    lines = gpd.GeoDataFrame(
        {"area_code": [f"R{i:05d}" for i in range(len(rings))],
         "name": [f"红线{i}" for i in range(len(rings))], "type": "forest-park",
         "level": rng.integers(1, 3, len(rings))}, geometry=rings, crs=crs,
    )  # fmt: skip
    lines = lines.clip(gpd.GeoSeries([shape], crs=crs)).explode(index_parts=False)
    # What is left of a line beyond the outline, far from the rest, is no red line.
    lines = lines[(lines.geom_type == "Polygon") & (lines.area > 10_000)]
    return lines.dissolve("area_code").reset_index()


def _land_use(
    rng: np.random.Generator, bounds: tuple[float, ...], pixel: float, crs: str, path: Path
) -> None:
    import rasterio
    from rasterio.transform import from_origin

    west, south, east, north = bounds
    width, height = int((east - west) // pixel) + 2, int((north - south) // pixel) + 2
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype="uint8", crs=crs,
        transform=from_origin(west - 13.7, north + 7.3, pixel, pixel), nodata=0, tiled=True,
        blockxsize=512, blockysize=512, compress="deflate",
    ) as file:  # fmt: skip
        for top in range(0, height, 2048):
            rows = min(2048, height - top)
            some = CLASSES[rng.integers(0, len(CLASSES), (rows // 9 + 2, width // 9 + 2))]
            block = np.kron(some, np.ones((9, 9), "uint8"))[:rows, :width]
            file.write(block, 1, window=((top, top + rows), (0, width)))


class Workers:
    """Watches the processes that a process starts: the most memory that one of them ever held."""

    most = 0.0

    def watch(self, run: subprocess.Popen[bytes]) -> None:
        """Look ten times a second, until the process has ended."""
        import psutil

        with contextlib.suppress(psutil.Error):
            parent = psutil.Process(run.pid)
            while run.returncode is None:
                for child in parent.children(recursive=True):
                    with contextlib.suppress(psutil.Error):
                        self.most = max(self.most, child.memory_info().rss / 2**20)
                time.sleep(0.1)


def measured(
    words: list[str],
    limit: float,
    settings: Mapping[str, str] | None = None,
    workers: Workers | None = None,
) -> tuple[float, float, int | None]:
    """Run a process: processor seconds, largest memory in MB, exit code (None: too long)."""
    env = {**os.environ, **(settings or {})}
    run = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)

    timer = threading.Timer(limit, run.kill)
    timer.start()
    if workers is not None:
        threading.Thread(target=workers.watch, args=(run,), daemon=True).start()
    assert run.stderr is not None
    said = run.stderr.read()
    _, status, used = os.wait4(run.pid, 0)
    late = not timer.is_alive()
    timer.cancel()
    code = None if late else os.waitstatus_to_exitcode(status)
    if code not in (0, 1, None):
        print(said.decode(errors="replace")[-600:], file=sys.stderr)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, code


def stages(name: str, folder: Path, only: list[str], limit: float) -> dict[str, Any]:
    """Run a case and every question to it."""
    case, here = CASES[name], folder / name
    if not (here / "plan.toml").exists():
        made_apart(case, here)
    out = folder / f"out-{name}"
    cli = [sys.executable, "-m", "zoning"]
    found: dict[str, Any] = {}
    if "run" in only or not (out / "run.json").exists():
        cpu, memory, code = measured([*cli, "run", str(here / "plan.toml"), "-o", str(out)], limit)
        found["run"] = cpu, memory, code
        if code in (0, 1):
            times = json.loads((out / "times.json").read_text(encoding="utf-8"))
            found["steps"] = times["seconds"]
    found["units"] = units_of(out)
    unit = _a_unit(out)
    for question, words in QUESTIONS.items():
        if question in only:
            told = [
                w.format(out=out, unit=unit, folder=folder / f"{name}-{question}") for w in words
            ]
            (folder / f"{name}-{question}").mkdir(exist_ok=True)
            found[question] = measured([*cli, *told], limit)
    return found


def engines(name: str, folder: Path, limit: float) -> None:
    """Run a case with each engine; say whether the ledgers are the same bytes."""
    import hashlib

    here, seen = folder / name, set()
    if not (here / "plan.toml").exists():
        made_apart(CASES[name], here)
    for word in ([], ["--workers", "2"], ["--engine", "dask", "--workers", "2"]):
        out = folder / f"engine-{name}"
        start = time.perf_counter()
        workers = Workers()
        cpu, memory, _ = measured(
            [sys.executable, "-m", "zoning", "run", str(here / "plan.toml"), "-o", str(out), "-q",
             *word], limit, workers=workers,
        )  # fmt: skip
        wall = time.perf_counter() - start
        seen.add(hashlib.sha256((out / "ledger.parquet").read_bytes()).hexdigest())
        told = " ".join(word) or "one process"
        print(
            f"{name:6} {told:28} {cpu:8.1f} s, {wall:.1f} s on the clock, {memory:.0f} MB at most, "
            f"{workers.most:.0f} MB the largest worker"
        )
    print(f"{name:6} ledgers: {len(seen)} different")


def _a_unit(out: Path) -> str:
    """Give the code of a unit in the middle of the file."""
    import pyarrow.parquet as pq

    file = pq.ParquetFile(out / "units.parquet")
    group = file.read_row_group(file.num_row_groups // 2, columns=["unit"])
    return str(group["unit"][len(group) // 2].as_py())


def units_of(out: Path) -> int:
    """Count the units of a plan."""
    import pyarrow.parquet as pq

    return int(pq.ParquetFile(out / "units.parquet").metadata.num_rows)


def slope(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Give the log-log slope between two (size, cost) pairs."""
    return math.log(two[1] / one[1]) / math.log(two[0] / one[0])


def slopes(results: dict[str, dict[str, Any]]) -> list[str]:
    """Say how seconds grow with units from each case to the next larger, stage by stage.

    Examples
    --------
    >>> small = {"units": 10, "run": (2.0, 300.0, 0)}
    >>> slopes({"b": {"units": 100, "run": (20.0, 400.0, 0)}, "a": small})
    ['run        a-b  1.00']
    """
    order = sorted(results, key=lambda name: results[name]["units"])
    lines = []
    for stage in dict.fromkeys(s for name in order for s in results[name]):
        cost = [
            (name, (float(results[name]["units"]), results[name][stage][0]))
            for name in order
            if isinstance(results[name].get(stage), tuple) and results[name][stage][2] in (0, 1)
        ]
        told = [f"{a}-{b}  {slope(one, two):.2f}" for (a, one), (b, two) in pairwise(cost)]
        if told:
            lines.append(f"{stage:10} {'   '.join(told)}")
    return lines


def show(name: str, found: dict[str, Any]) -> None:
    """Print one case."""
    for key, value in found.items():
        if isinstance(value, tuple):
            cpu, memory, code = value
            end = "too long" if code is None else f"exit {code}"
            print(f"{name:6} {key:10} {cpu:8.1f} s {memory:8.0f} MB  {end}", flush=True)
        else:
            print(f"{name:6} {key:10} {value}", flush=True)


def main() -> None:
    """Read the words and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="*", default=list(USUAL))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--only", nargs="*", default=["run", *QUESTIONS])
    parser.add_argument("--limit", type=float, default=900.0, help="seconds on the clock per stage")
    parser.add_argument("--engines", nargs="*", default=[], help="cases with every engine")
    parser.add_argument("--china", action="store_true", help="the grid of the country")
    parser.add_argument("--place", help="another place, with --cell and --pixel")
    parser.add_argument("--cell", type=int, default=1000)
    parser.add_argument("--pixel", type=float, default=30.0)
    given = parser.parse_args()
    if given.place:
        CASES["own"] = Case(given.place, given.cell, given.pixel)
        given.cases = ["own"]
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in given.engines:
            engines(name, folder, given.limit)
        if given.china:
            words = ["-m", "zoning", "grid", "--country", "-o", str(folder / "china.parquet")]
            for name, more in (("grid", []), ("counties", ["--counties"])):
                show("china", {name: measured([sys.executable, *words, *more], given.limit)})
        if given.engines or given.china:
            return
        results = {}
        for name in given.cases:
            results[name] = stages(name, folder, given.only, given.limit)
            show(name, results[name])
        if len(results) > 1:
            print("log-log slopes of seconds over units:", *slopes(results), sep="\n")


if __name__ == "__main__":
    main()
