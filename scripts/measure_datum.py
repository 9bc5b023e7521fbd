"""Hits, misses and false alarms of the search for GCJ-02 and BD-09, over the prefectures of China.

    python scripts/measure_datum.py [--cities N] [--skip N] [--most N] [--seed 7] [--noise 20 50]
    python scripts/measure_datum.py --chance 3000

The shifted layer comes from one set of outlines (Tianditu), its vertices with noise of digitising;
the reference from the same set generalised, or from another set (AMap, brought back from GCJ-02 by
its publisher). Layers that fill a part: one county against the city, and made-up red lines of which
two in five edges follow county lines. Writes a table in Markdown. With --chance: layers at random
(rectangles, circles, polygons; 1 to 99 of 0.3 to 10 km) near county lines, which share no line with
them, so that each finding is a false alarm; and rectangles on townships that are rectangles.
What is missed counts as out of reach where the layer, unshifted and exact, lies further from the
reference than the shift (median), or no nearer than at some other place within three kilometres, or
best over a third of the shift away.
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
from zoning.inputs.inspect.datum import BACK, bd09, find_shift, gcj02
from zoning.inputs.inspect.lines import Lines, Outline
from zoning.inputs.inspect.slight import standing

MOVES = {"as it is": lambda c: c, "GCJ-02": gcj02, "BD-09": bd09}
OUTCOMES = ("right", "missed", "out of reach", "another", "false alarm")
EXPECTED = {"as it is": None, "GCJ-02": "gcj02", "BD-09": "bd09"}


def main() -> None:
    """Print the table."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--cities", type=int, default=0, help="a seeded sample; 0: all")
    ask.add_argument("--skip", type=int, default=0, help="leave out the first N: a run in parts")
    ask.add_argument("--most", type=int, default=None, help="end after so many: a run in parts")
    ask.add_argument("--seed", type=int, default=7)
    ask.add_argument("--noise", type=float, nargs="+", default=[20.0, 50.0])
    ask.add_argument("--reference", choices=("generalised", "another set"), help="only this one")
    ask.add_argument("--shift", choices=tuple(MOVES), nargs="+", default=list(MOVES))
    ask.add_argument("--chance", type=int, default=0, help="this many layers at random")
    asked = ask.parse_args()
    if asked.chance:
        print(by_chance(asked.chance, asked.seed))
        return
    count: Counter[tuple[str, ...]] = Counter()
    for place in prefectures(asked.cities, asked.seed)[asked.skip :][: asked.most]:
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
                outcome = judge(found, EXPECTED[shift])
                if outcome == "missed":
                    exact = [shapely.transform(s, move) for s in shapes]
                    outcome, found = reach(exact, reference, BACK[EXPECTED[shift]])
                yield (kind, name, shift), outcome, found


def judge(found, expected: str | None) -> str:
    """Say whether a finding is right, missed, false or of another name."""
    if expected is None:
        return "right" if found is None else "false alarm"
    if found is None:
        return "missed"
    return "right" if (found.datum, found.of) == (expected, "layer") else "another"


def reach(moved, reference, back) -> tuple[str, str]:
    """Say whether a shift that was missed could be seen by anyone, with what was measured."""
    outline = Outline(moved)
    points = outline.points(3000)
    scale = 111_320 * np.array([np.cos(np.radians(points[:, 1].mean())), 1.0])
    near, moves = Lines(reference, scale, points), (back(points) - points) * scale
    lines = shapely.transform(outline.parts, lambda c: c * scale)
    metres, length = shapely.length(lines).sum(), np.hypot(*moves.mean(axis=0))
    there = points * scale + moves
    off = np.hypot(*near.settle(there, 90.0))
    far = np.median(np.minimum(near.far(there, 3000.0), 3000.0))
    stands = standing(near, points * scale, moves, metres, least=0.0)
    said = (
        f"shift {length:.0f} m; median distance at the true place {far:.0f} m, best {off:.0f} m off"
    )
    if stands is None or off > max(length / 3, 45.0) or far > length:
        return "out of reach", said
    return "missed", f"{said}; leads by {stands.lead:.2f}, stands {stands.above:.1f} above"


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


def by_chance(number: int, seed: int) -> str:
    """Hold layers that share no line against counties and against a few rectangles."""
    every = prefectures(0, seed)
    count: Counter[tuple[str, ...]] = Counter()
    for n in range(number):
        rng = np.random.default_rng([seed, n])
        where = "counties"
        if n % 3 == 2:
            where, lines, at = "rectangles", *few_rectangles(rng)
        else:
            city = china.find_area(every[rng.integers(len(every))].adcode)
            lines = np.append(china.counties(city).geometry.to_numpy(), city.geometry)
            at = shapely.get_coordinates(lines)
        shapes = at_random(at, rng)
        found = find_shift(shapes, lines)
        if found is not None and found.of == "reference":
            found = None  # a layer that fills a part accuses nobody: see `inspect_datums`
        many = "1 to 8 areas" if len(shapes) <= 8 else "9 to 99 areas"
        count[where, many, "none" if found is None else found.confidence] += 1
        if found is not None:
            print(n, where, len(shapes), found, file=sys.stderr)
    lines = ["| reference | layer | right | warned | refused |", "|---|---|---:|---:|---:|"]
    for key in sorted({k[:2] for k in count}):
        got = [count[(*key, o)] for o in ("none", "low", "high")]
        lines.append("| " + " | ".join([*key, *map(str, got)]) + " |")
    return "\n".join(lines)


def few_rectangles(rng: np.random.Generator):
    """Give townships of a made-up city: rectangles, as in examples; and where to put areas."""
    xs = np.sort(rng.uniform(0, 0.06, rng.integers(2, 5)))
    west, south = 119.5 + rng.uniform(-20, 10), 32 + rng.uniform(-8, 8)
    boxes = [shapely.box(west + a, south, west + b, south + 0.03)
             for a, b in zip([0, *xs], [*xs, 0.06], strict=True)]  # fmt: skip
    return np.array(boxes), rng.uniform((west, south), (west + 0.06, south + 0.03), (50, 2))


def at_random(at, rng: np.random.Generator):
    """Draw 1 to 99 areas of one kind and about one size near some of the points."""
    kind, size = rng.integers(3), np.exp(rng.uniform(np.log(0.003), np.log(0.1)))
    shapes = []
    for _ in range(int(np.exp(rng.uniform(0, np.log(99.99))))):
        x, y = at[rng.integers(len(at))] + rng.normal(0, size / 2, 2)
        wide, high = size * rng.uniform(0.2, 1, 2)
        if kind == 0:
            shapes.append(shapely.box(x, y, x + wide, y + high))
        elif kind == 1:
            shapes.append(shapely.Point(x, y).buffer(wide / 2, quad_segs=int(rng.integers(1, 8))))
        else:
            angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
            far = size / 2 * rng.uniform(0.4, 1, 9)
            ring = np.c_[x + far * np.cos(angle), y + far * np.sin(angle)]
            shapes.append(shapely.make_valid(shapely.Polygon(ring)))
    return np.array(shapes, dtype=object)


def table(count: Counter[tuple[str, ...]]) -> str:
    """Write the counts as a table."""
    lines = ["| layer | reference | shift | right | missed | out of reach | other | false alarm |",
             "|---|---|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    for key in dict.fromkeys(k[:3] for k in count):
        got = [count[(*key, o)] for o in OUTCOMES]
        lines.append("| " + " | ".join([*key, *map(str, got)]) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
