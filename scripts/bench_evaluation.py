"""Time the evaluation of a large made-up city, beside another checkout of this project.

``python scripts/bench_evaluation.py [--side 10000] [--against FOLDER]``: heights of hills (slope
and relief follow from them), for preset B a raster of water and one of travel time too, cells of
10 m; towns, patches and all. Processor seconds and the largest memory of each command, which runs
in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin
from rasterio.windows import Window

ROOT = Path(__file__).parent.parent
CELL, ROWS = 10.0, 500
LAYERS = {"A": ("elevation",), "B": ("elevation", "water_modulus", "travel_time")}


def make(folder: Path, side: int) -> dict[str, Path]:
    """Write elevation, water modulus and travel time, strip by strip, so that nothing is held."""
    paths = {r: folder / f"{r}.tif" for r in ("elevation", "water_modulus", "travel_time")}
    meta = {"driver": "GTiff", "height": side, "width": side, "count": 1, "dtype": "float32",
            "crs": "EPSG:4549", "nodata": -9999, "tiled": True, "compress": "deflate",
            "transform": from_origin(400_000, 3_600_000, CELL, CELL)}  # fmt: skip
    x = np.arange(side, dtype=np.float32)[None, :] * np.float32(CELL)
    files = {r: rasterio.open(p, "w", **meta) for r, p in paths.items()}
    for top in range(0, side, ROWS):
        y = np.arange(top, min(top + ROWS, side), dtype=np.float32)[:, None] * np.float32(CELL)
        window = Window(0, top, side, len(y))
        hills = 120 + 100 * np.sin(x / 2700) * np.sin(y / 3100) + 40 * np.sin((x + 2 * y) / 700)
        water = 12 + 11 * np.sin(x / 9000 + 1) * np.cos(y / 7000)
        travel = 60 + 55 * np.sin(x / 15_000) * np.sin(y / 13_000)
        for role, values in zip(paths, (hills, water, travel), strict=True):
            files[role].write(values.astype("float32"), 1, window=window)
    for file in files.values():
        file.close()
    return paths


def run(code: Path, layers: dict[str, Path], preset: str, out: Path) -> tuple[float, float]:
    """Give processor seconds and peak memory in GB of one command."""
    command = [sys.executable, "-m", "zoning", "evaluate", "town", "-o", str(out), "-q",
               "--preset", preset]  # fmt: skip
    for role in LAYERS[preset]:
        command += ["--layer", f"{role}={layers[role]}"]
    env = {**os.environ, "PYTHONPATH": str(code), "PYTHONUTF8": "1"}
    child = subprocess.Popen(command, env=env)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def main() -> None:
    """Write a row for each preset and checkout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=10_000, help="cells along a side")
    parser.add_argument("--against", type=Path, help="another checkout, run in turn")
    given = parser.parse_args()
    codes = {"this": ROOT, **({"other": given.against} if given.against else {})}
    with tempfile.TemporaryDirectory() as box:
        # A child counts the memory that its parent holds when it starts: keep that small.
        with rasterio.Env(GDAL_CACHEMAX=64):
            layers = make(Path(box), given.side)
        print("| preset | version | processor s | largest memory, GB |\n|---|---|--:|--:|")
        for preset in ("A", "B"):
            for name, code in codes.items():
                seconds, memory = run(code, layers, preset, Path(box) / f"{preset}{name}.tif")
                print(f"| {preset} | {name} | {seconds:.1f} | {memory:.2f} |", flush=True)


if __name__ == "__main__":
    main()
