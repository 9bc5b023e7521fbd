"""Measure the method rooms: travel time on a large road graph, stability, double evaluation.

    python scripts/bench_method.py [--nodes 1000000] [--side 8000]

Prints a table; docs/benchmarks-method.md keeps one run with its machine.
"""

from __future__ import annotations

import argparse
import gc
import platform
import tempfile
import time
from pathlib import Path

import numpy as np

from zoning.base.shipped import data_path
from zoning.evaluation import town
from zoning.indicators.access import RoadGraph, travel_minutes
from zoning.pipeline import run
from zoning.planfile import load
from zoning.questions import stability


def grid_graph(nodes: int, seed: int = 7) -> RoadGraph:
    """Make a street grid with random speeds and some streets missing."""
    side = int(nodes**0.5)
    rng = np.random.default_rng(seed)
    at = np.arange(side * side).reshape(side, side)
    start = np.concatenate([at[:, :-1].ravel(), at[:-1].ravel()])
    end = np.concatenate([at[:, 1:].ravel(), at[1:].ravel()])
    keep = rng.random(start.size) > 0.05
    start, end = start[keep], end[keep]
    metres = rng.uniform(80, 200, start.size)
    minutes = metres / (rng.choice([25, 40, 60, 100], start.size) * 1000 / 60)
    y, x = np.divmod(np.arange(side * side), side)
    oneway = rng.random(start.size) < 0.1
    return RoadGraph(np.column_stack([x, y]) * 100.0, start, end, minutes, metres, oneway)


def bench_travel(nodes: int) -> None:
    import networkx as nx

    graph = grid_graph(nodes)
    centres = np.random.default_rng(1).choice(len(graph.xy), 7, replace=False)
    t = time.perf_counter()
    ours = travel_minutes(graph, centres)
    seconds = time.perf_counter() - t
    t = time.perf_counter()
    looking = graph.to_networkx().reverse(copy=False)
    build = time.perf_counter() - t
    t = time.perf_counter()
    found = nx.multi_source_dijkstra_path_length(looking, set(centres.tolist()), weight="minutes")
    theirs = time.perf_counter() - t
    other = np.full(len(graph.xy), np.inf)
    other[list(found)] = list(found.values())
    both = np.isfinite(ours)
    assert (both == np.isfinite(other)).all()
    worst = float(np.abs(ours[both] - other[both]).max())
    print(f"travel time, {len(graph.xy):,} nodes, {len(graph.start):,} edges, 7 centres")
    print(f"  ours {seconds:.2f} s; networkx {theirs:.2f} s + {build:.2f} s to build its graph")
    print(f"  {theirs / seconds:.0f} times as fast; largest difference {worst:.1e} min")


def bench_stability() -> None:
    path = data_path("zhenjiang.toml")
    config = load(path)
    plan = run(config, path.parent)
    t = time.perf_counter()
    result = stability.run(plan, draws=10_000)
    seconds = time.perf_counter() - t
    n, m = len(result.townships), len(result.units)
    print(f"stability, {result.draws.count:,} draws, {n} townships, {m:,} units: {seconds:.2f} s")
    print(f"  {result.tell('en')}")


def peak_gb() -> str:
    """Give the largest memory of this process so far, where the system tells."""
    try:
        import resource
    except ImportError:  # Windows
        return "unknown here"
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"


def bench_evaluation(side: int) -> None:
    import rasterio
    from rasterio.transform import from_origin
    from rasterio.windows import Window

    meta = {"driver": "GTiff", "width": side, "height": side, "count": 1, "dtype": "float32",
            "crs": "EPSG:4549", "transform": from_origin(400000, 3600000, 10, 10)}  # fmt: skip
    rng = np.random.default_rng(3)
    with tempfile.TemporaryDirectory() as folder:
        layers = {}
        highest = {"slope": 30, "water_modulus": 40, "relief": 300, "travel_time": 99}
        for name, high in highest.items():
            layers[name] = Path(folder) / f"{name}.tif"
            with rasterio.open(layers[name], "w", **meta) as f:
                for top in range(0, side, 500):
                    rows = min(500, side - top)
                    block = rng.uniform(0, high, (rows, side)).astype("float32")
                    f.write(block, 1, window=Window(0, top, side, rows))
        gc.collect()
        t = time.perf_counter()
        town(layers, Path(folder) / "town.tif", "B")
        seconds = time.perf_counter() - t
    peak = peak_gb()
    print(f"evaluation, preset B, towns, 4 layers of {side:,} x {side:,} pixels: {seconds:.1f} s")
    print(f"  largest memory of this process {peak}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--side", type=int, default=8_000)
    args = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}")
    bench_evaluation(args.side)  # first, so that its memory is its own
    bench_stability()
    bench_travel(args.nodes)


if __name__ == "__main__":
    main()
