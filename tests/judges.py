"""Slow, obvious judges of the fast rooms, and shapes that are hard on them.

``by_fractions`` computes in exact rational numbers, so nothing is ever rounded; ``by_shapely``
intersects every polygon with every cell by GEOS. Both share no code with the package.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import shapely

Point = tuple[Fraction, Fraction]


def half_plane(ring: list[Point], axis: int, side: int, value: Fraction) -> list[Point]:
    """Keep what lies at ``side * (coordinate - value) >= 0`` (Sutherland and Hodgman, 1974).

    Pieces of a concave ring stay joined by bridges along the line; a bridge runs there and back,
    so the signed area is exact all the same.
    """
    kept = []
    for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
        a_in, b_in = side * (a[axis] - value) >= 0, side * (b[axis] - value) >= 0
        if a_in:
            kept.append(a)
        if a_in != b_in:
            t = (value - a[axis]) / (b[axis] - a[axis])
            kept.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
    return kept


def band(ring: list[Point], axis: int, low: Fraction, high: Fraction) -> list[Point]:
    return half_plane(half_plane(ring, axis, 1, low), axis, -1, high)


def signed_area(ring: list[Point]) -> Fraction:
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return sum((a[0] * b[1] - b[0] * a[1] for a, b in pairs), Fraction(0)) / 2


def rings_of(geometry):
    """Rings in exact numbers, with +1 or -1 so that shells add and holes take away."""
    for part in polygons_of(geometry):
        for sign, ring in [(1, part.exterior), *((-1, hole) for hole in part.interiors)]:
            points = [(Fraction(x), Fraction(y)) for x, y, *_ in list(ring.coords)[:-1]]
            if points:
                yield points, sign if signed_area(points) > 0 else -sign


def polygons_of(geometry):
    if geometry is None or geometry.is_empty:
        return
    if geometry.geom_type == "Polygon":
        yield geometry
    for part in getattr(geometry, "geoms", ()):
        yield from polygons_of(part)


def span(values) -> range:
    """Whole numbers whose unit intervals reach over all values."""
    return range(math.floor(min(values)), math.floor(max(values)) + 1)


def by_fractions(geometries, origin, cell) -> dict[tuple[int, int, int], Fraction]:
    """Exact share of every cell: {(polygon, row, col): share}, without zeros."""
    x0, y0, side = Fraction(origin[0]), Fraction(origin[1]), Fraction(cell)
    shares: dict[tuple[int, int, int], Fraction] = {}
    for number, geometry in enumerate(geometries):
        for ring, sign in rings_of(geometry):
            scaled = [((x - x0) / side, (y - y0) / side) for x, y in ring]
            for row in span([p[1] for p in scaled]):
                strip = band(scaled, 1, Fraction(row), Fraction(row + 1))
                for col in span([p[0] for p in strip]) if strip else ():
                    piece = band(strip, 0, Fraction(col), Fraction(col + 1))
                    key = number, row, col
                    shares[key] = shares.get(key, Fraction(0)) + sign * signed_area(piece)
    return {key: share for key, share in shares.items() if share}


def by_shapely(geometries, origin, cell) -> dict[tuple[int, int, int], float]:
    """Share of every cell by GEOS: {(polygon, row, col): share}, without zeros."""
    shares = {}
    for number, geometry in enumerate(geometries):
        if geometry is None or geometry.is_empty:
            continue
        west, south, east, north = geometry.bounds
        cols = span([(west - origin[0]) / cell - 1, (east - origin[0]) / cell + 1])
        rows = span([(south - origin[1]) / cell - 1, (north - origin[1]) / cell + 1])
        col, row = (v.ravel() for v in np.meshgrid(cols, rows))
        x, y = origin[0] + col * cell, origin[1] + row * cell
        squares = shapely.box(x, y, x + cell, y + cell)
        area = shapely.area(shapely.intersection(squares, geometry)) / cell**2
        keys = zip(row.tolist(), col.tolist(), area.tolist(), strict=True)
        shares.update({(number, r, c): a for r, c, a in keys if a > 0})
    return shares


def pixel_edges(raster):
    """Exact sides of pixels: columns from the west, rows from the north."""
    rows, cols = raster.classes.shape
    x = [Fraction(raster.x0) + k * Fraction(raster.dx) for k in range(cols + 1)]
    y = [Fraction(raster.y0) - k * Fraction(raster.dy) for k in range(rows + 1)]
    return x, y


def class_shares_by_fractions(raster, origin, cell) -> dict[tuple[int, int, int], Fraction]:
    """Exact share of each class in each cell: {(row, col, value): share}."""
    x, y = pixel_edges(raster)
    side = Fraction(cell)

    def parts(low, high, start):
        """Cells that an interval touches, and how much of it lies in each."""
        for k in span([(low - start) / side, (high - start) / side]):
            a, b = start + k * side, start + (k + 1) * side
            if min(high, b) > max(low, a):
                yield k, min(high, b) - max(low, a)

    shares: dict[tuple[int, int, int], Fraction] = {}
    for (i, j), value in np.ndenumerate(raster.classes):
        for row, height in parts(y[i + 1], y[i], Fraction(origin[1])):
            for col, width in parts(x[j], x[j + 1], Fraction(origin[0])):
                key = row, col, int(value)
                shares[key] = shares.get(key, Fraction(0)) + width * height / side**2
    return shares


def pieces_by_fractions(geometries, raster, origin, cell) -> dict[tuple[int, ...], Fraction]:
    """Exact area of each class in each polygon and cell: {(polygon, row, col, value): area}."""
    x, y = pixel_edges(raster)
    x0, y0, side = Fraction(origin[0]), Fraction(origin[1]), Fraction(cell)
    areas: dict[tuple[int, ...], Fraction] = {}

    def add(key, area):
        areas[key] = areas.get(key, Fraction(0)) + area

    for number, geometry in enumerate(geometries):
        for ring, sign in rings_of(geometry):
            for row in span([(p[1] - y0) / side for p in ring]):
                strip = band(ring, 1, y0 + row * side, y0 + (row + 1) * side)
                for col in span([(p[0] - x0) / side for p in strip]) if strip else ():
                    piece = band(strip, 0, x0 + col * side, x0 + (col + 1) * side)
                    rest = sign * signed_area(piece)
                    for i in range(len(y) - 1):
                        line = band(piece, 1, y[i + 1], y[i])
                        for j in range(len(x) - 1) if line else ():
                            area = sign * signed_area(band(line, 0, x[j], x[j + 1]))
                            add((number, row, col, int(raster.classes[i, j])), area)
                            rest -= area
                    add((number, row, col, -1), rest)
    return {key: area for key, area in areas.items() if area}


def worst_difference(got: dict, true: dict) -> float:
    """Largest difference between two sparse tables, computed exactly."""
    keys = set(got) | set(true)
    return max(
        (abs(float(Fraction(got.get(k, 0)) - Fraction(true.get(k, 0)))) for k in keys), default=0.0
    )


def star(rng, centre, radius, vertices, holes=0, rough=0.35):
    """A jagged polygon with holes, its rings drawn either way round."""

    def ring(x, y, r, n):
        angle = np.sort(rng.uniform(0, 2 * np.pi, n))
        r = r * (1 - rough * rng.uniform(0, 1, n))
        return np.c_[x + r * np.cos(angle), y + r * np.sin(angle)][:: rng.choice([-1, 1])]

    x, y = centre
    inner = []
    for k in range(holes):
        turn = 2 * np.pi * k / holes
        at = x + 0.33 * radius * np.cos(turn), y + 0.33 * radius * np.sin(turn)
        inner.append(ring(*at, 0.12 * radius, 9))
    return shapely.Polygon(ring(x, y, radius, vertices), inner)


def stars(rng, count, spread, radius, holes=3):
    """Valid stars of all sizes."""
    found = []
    while len(found) < count:
        centre = rng.uniform(-spread, spread, 2)
        vertices, inner = int(rng.integers(40, 120)), int(rng.integers(0, holes + 1))
        one = star(rng, centre, rng.uniform(0.05, 1) * radius, vertices, inner)
        if one.is_valid:
            found.append(one)
    return found


def place(geometries, scale, east, north):
    """Scale about (0, 0) and move."""
    return [shapely.transform(g, lambda c: c * scale + [east, north]) for g in geometries]
