"""Hits, misses and false alarms of the search for GCJ-02 and BD-09, over the prefectures of China.

    python scripts/measure_datum.py [--cities N] [--skip N] [--seed 7] [--noise 20 50]

The shifted layer comes from one set of outlines (Tianditu), its vertices with noise of digitising;
the reference from the same set generalised, or from another set (AMap, brought back from GCJ-02 by
its publisher). Layers that fill a part: one county against the city, and made-up red lines of which
two in five edges follow county lines. Writes a table in Markdown.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from zoning.inputs import china
from zoning.inputs.inspect.datum import bd09, find_shift, gcj02

MOVES = {"as it is": lambda c: c, "GCJ-02": gcj02, "BD-09": bd09}
EXPECTED = {"as it is": None, "GCJ-02": "gcj02", "BD-09": "bd09"}


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--cities", type=int, default=0, help="a seeded sample; 0: all")
    ask.add_argument("--skip", type=int, default=0, help="leave out the first N: a run in parts")
    ask.add_argument("--seed", type=int, default=7)
    ask.add_argument("--noise", type=float, nargs="+", default=[20.0, 50.0])
    ask.add_argument("--reference", choices=("generalised", "another set"), help="only this one")
    ask.add_argument("--shift", choices=tuple(MOVES), nargs="+", default=list(MOVES))
    asked = ask.parse_args()
    count: Counter[tuple[str, ...]] = Counter()
    for place in prefectures(asked.cities, asked.seed)[asked.skip :]:
        for noise in asked.noise:
            every = trials(place, noise, asked.seed, asked.reference, asked.shift)
            for key, outcome, detail in every:
                count[(*key, outcome)] += 1
                if outcome != "right":
                    print(place.name, noise, *key, outcome, detail, file=sys.stderr)
    print(table(count))


def prefectures(number: int, seed: int) -> list[china.Place]:
    """Give the prefectures, or a seeded sample of them, sorted by code."""
    every = [p for p in china.list_areas() if p.level == "city"]
    every += [p for p in china.list_areas() if p.adcode in ("110000", "120000", "310000", "500000")]
    # Taiwan has no counties in this set, and the web-map shift was never applied there.
    every = [p for p in every if not p.adcode.startswith(("71", "81", "82"))]
    if number and number < len(every):
        some = np.random.default_rng(seed).choice(len(every), number, replace=False)
        every = [every[i] for i in sorted(some)]
    return every


def trials(place: china.Place, noise: float, seed: int, only=None, shifts=tuple(MOVES)):
    """Give what was found for each kind of layer, reference and shift."""
    rng = np.random.default_rng([seed, int(place.adcode), int(noise)])
    city = china.find_area(place.adcode)
    townships = china.counties(city)
    kinds = {"whole city": [city.geometry], "one county": [townships.geometry.iloc[0]],
             "red lines": red_lines(townships.geometry.to_numpy(), rng)}  # fmt: skip
    coarse = shapely.simplify(np.append(townships.geometry.to_numpy(), city.geometry), 0.0005)
    references = {"generalised": coarse}
    try:
        other = china.find_area(place.adcode, "amap")
        references["another set"] = np.append(
            china.counties(other).geometry.to_numpy(), other.geometry
        )
    except china.InputError:
        pass
    for kind, shapes in kinds.items():
        drawn = [digitised(s, noise, rng) for s in shapes]
        for name, reference in references.items():
            if only not in (None, name):
                continue
            for shift in shifts:
                move = MOVES[shift]
                moved = [shapely.transform(s, move) for s in drawn]
                found = find_shift(moved, reference)
                yield (kind, name, shift), judge(found, EXPECTED[shift]), found


def judge(found, expected: str | None) -> str:
    """Say whether a finding is right, missed, false or of another name."""
    if expected is None:
        return "right" if found is None else "false alarm"
    if found is None:
        return "missed"
    return "right" if (found.datum, found.of) == (expected, "layer") else "another"


def digitised(shape, noise_m: float, rng: np.random.Generator):
    """Draw a shape again: each vertex off by noise, in metres."""

    def shake(points):
        degree = 111_320 * np.array([np.cos(np.radians(points[:, 1:].mean())), 1.0])
        each, which = np.unique(points, axis=0, return_inverse=True)  # a ring stays closed
        return points + (rng.normal(0, noise_m / np.sqrt(2), each.shape) / degree)[which.ravel()]

    return shapely.make_valid(shapely.transform(shape, shake))


def red_lines(townships, rng: np.random.Generator):
    """Make areas of which a part of the edge follows county lines, the rest is free."""
    out = []
    for shape in townships[:4]:
        part = max(shapely.get_parts(shape), key=lambda p: p.area)
        ring = shapely.get_coordinates(part.exterior)
        x, y = ring[rng.integers(len(ring))]
        size = np.sqrt(part.area) * 0.35
        area = shapely.intersection(part, shapely.Point(x, y).buffer(size, quad_segs=4))
        out += [p for p in shapely.get_parts(area) if p.geom_type == "Polygon"][:1]
    return out


def table(count: Counter[tuple[str, ...]]) -> str:
    """Write the counts as a table."""
    lines = ["| layer | reference | shift | right | missed | another name | false alarm |",
             "|---|---|---|---:|---:|---:|---:|"]  # fmt: skip
    for key in dict.fromkeys(k[:3] for k in count):
        got = [count[(*key, o)] for o in ("right", "missed", "another", "false alarm")]
        lines.append("| " + " | ".join([*key, *map(str, got)]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
