"""Measure the audit: 8 layers of 5,000 polygons, 2 million points together.

python scripts/bench_audit.py [--polygons 5000] [--layers 8] [--points 50] [--same 0.7]

Layers are curved parcels on a city of 60 by 60 km. Of each layer a part (`--same`) are the very
parcels of the layer before, as plans of one land share most of their lines; the others are drawn
anew at about the same place, so that they cross what is there. With `--same 0` every line crosses
every other layer, which no real plans do. Reading of files is not measured.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
import shapely

from zoning.grid.lattice import GridSpec
from zoning.review.audit.claims import _layer, gather
from zoning.review.audit.partition import measure
from zoning.review.audit.patches import judge
from zoning.review.audit.rules import load_rules
from zoning.review.audit.settings import load_tolerance

CITY_KM, X, Y = 60, 420_000.0, 3_520_000.0
CLAIMS = (
    ("land_use_plan", "allowed"), ("urban_plan", "industrial"), ("growth_boundary", "centralised"),
    ("forest", "protected"), ("existing_use", "cropland"), ("redline", "level1"),
    ("basic_farmland", "basic_farmland"), ("water", "water"),
)  # fmt: skip


def parcels(rng: np.random.Generator, count: int, points: int) -> np.ndarray:
    """Give curved parcels that do not overlap each other, on a turned lattice."""
    side = int(np.ceil(np.sqrt(count)))
    step = CITY_KM * 1000 / side
    col, row = np.meshgrid(np.arange(side), np.arange(side))
    at = np.column_stack([col.ravel(), row.ravel()])[:count] * step + step / 2
    at = at + rng.uniform(-0.15, 0.15, at.shape) * step
    t = np.linspace(0, 2 * np.pi, points, endpoint=False)
    wave = 0.18 * np.sin(3 * t + rng.uniform(0, 6, (count, 1)))
    r = 0.30 * step * (1 + wave + 0.03 * rng.random((count, points)))
    angle = t + rng.uniform(0, 1, (count, 1))
    xy = np.stack([at[:, :1] + r * np.cos(angle), at[:, 1:] + r * np.sin(angle)], axis=-1)
    return shapely.polygons(xy + np.array([X, Y]))


def main() -> None:
    """Build the layers, audit them, print what it took."""
    wanted = argparse.ArgumentParser()
    wanted.add_argument("--polygons", type=int, default=5000)
    wanted.add_argument("--layers", type=int, default=8)
    wanted.add_argument("--points", type=int, default=50)
    wanted.add_argument("--same", type=float, default=0.7)
    given = wanted.parse_args()
    rng = np.random.default_rng(7)
    rows, layers = [], []
    last = parcels(rng, given.polygons, given.points)
    for k in range(given.layers):
        role, code = CLAIMS[k % len(CLAIMS)]
        layers.append(_layer(role, "[[inputs.plans]]", given.polygons))
        fresh = parcels(rng, given.polygons, given.points)
        last = np.where(rng.random(given.polygons) < given.same, last, fresh)
        rows += [((role, code), shape, k) for shape in last]
    claims = gather(rows, layers, {})
    points = int(shapely.get_num_coordinates(claims.shapes).sum())
    city = shapely.box(X, Y, X + CITY_KM * 1000, Y + CITY_KM * 1000)
    rules, grid = load_rules(), GridSpec("EPSG:4549")
    start = time.process_time()
    found = measure(city, None, claims, rules, grid)
    cut = time.process_time() - start
    lines = (shapely.boundary(claims.shapes), claims.layer)
    told = judge(found, claims.claims, rules, load_tolerance(), city, grid, lines)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{len(rows):,} polygons, {points:,} points, {len(told.patches):,} patches")
    print(
        f"{seconds:.1f} s of processor time ({cut:.1f} s to cut and measure), {peak:.2f} GB at most"
    )


if __name__ == "__main__":
    main()
