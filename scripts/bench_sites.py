"""Ask the reference plan about random sites and say how long it takes.

python scripts/bench_sites.py [--sites 1000]
"""

import argparse
import time

import geopandas as gpd
import numpy as np
import shapely

import zoning as zn


def random_sites(count: int, bounds: tuple[float, ...], seed: int = 20261126) -> list:
    """Give polygons of 3 to 11 corners, up to a kilometre and a half wide, all over the city."""
    rng = np.random.default_rng(seed)
    west, south, east, north = bounds
    found: list = []
    while len(found) < count:
        x, y = rng.uniform(west, east), rng.uniform(south, north)
        size, corners = 10 ** rng.uniform(0.5, 2.9), rng.integers(3, 12)
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        far = size * rng.uniform(0.3, 1, corners)
        ring = np.c_[x + far * np.cos(angle), y + far * np.sin(angle)]
        shape = shapely.Polygon(ring).buffer(0)
        if shape.area > 1:
            found.append(shape)
    return found


def main() -> None:
    """Make the plan, ask, and write one line."""
    options = argparse.ArgumentParser()
    options.add_argument("--sites", type=int, default=1000)
    count = options.parse_args().sites
    plan = zn.demo()
    shapes = random_sites(count, tuple(plan.city.total_bounds))
    sites = gpd.GeoDataFrame(geometry=shapes, crs=plan.grid.crs)
    begin, cpu = time.perf_counter(), time.process_time()
    found = zn.site(plan, sites, industry="C3011", energy_tce=1200, lists=["made-up"])
    took, cpu = time.perf_counter() - begin, time.process_time() - cpu
    counts = found.frame()["verdict"].value_counts().to_dict()
    print(f"{count} sites, {len(found[0].rows)} questions each: {took:.2f} s, {cpu:.2f} s of "
          f"processor time; {counts}")  # fmt: skip


if __name__ == "__main__":
    main()
