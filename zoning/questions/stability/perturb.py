"""One draw of a doubt: another method or other values, by a stream of random numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from zoning.weights.scaling import Scale
from zoning.zones.method import Cube, Dimension, Matrix, Method
from zoning.zones.rules import Rule
from zoning.zones.scoring import Floats

Rng = np.random.Generator


def weights(method: Method, rng: Rng, half: float) -> Method:
    """Multiply every weight by a factor from 1 - half to 1 + half; fits come afterwards."""

    def moved(d: Dimension) -> Dimension:
        f = 1.0 + half * rng.uniform(-1.0, 1.0, len(d.terms))
        terms = [replace(t, weight=t.weight * float(x)) for t, x in zip(d.terms, f, strict=True)]
        return replace(d, terms=tuple(terms))

    return replace(method, dimensions=tuple(moved(d) for d in method.dimensions))


def cuts(method: Method, rng: Rng, half: float) -> Method:
    """Move every cut of a fitted method by up to ``half`` of the span of its scale."""

    def moved(d: Dimension) -> Dimension:
        step = half * d.span * rng.uniform(-1.0, 1.0, len(d.cuts))
        return replace(
            d, cuts=tuple(sorted(c + float(s) for c, s in zip(d.cuts, step, strict=True)))
        )

    return replace(method, dimensions=tuple(moved(d) for d in method.dimensions))


def numbers(
    rules: tuple[Rule, ...], spans: Sequence[Floats], rng: Rng, half: float
) -> tuple[Rule, ...]:
    """Move every number of ordered rules by up to ``half`` of its span, as `cuts` moves cuts."""
    moved = []
    for rule, span in zip(rules, spans, strict=True):
        step = half * span * rng.uniform(-1.0, 1.0, span.size)
        moved.append(rule.moved(step.tolist()))
    return tuple(moved)


def scale_ends(method: Method, rng: Rng, half: float) -> Method:
    """Move the ends, steps and points of every scale by up to ``half`` of its length.

    A logarithmic scale is as long as the logarithm of its ends. Scales that are read off the data
    have no ends of their own.
    """

    def moved(s: Scale) -> Scale:
        if s.kind in ("linear", "log"):
            low, high = (s.low, s.high) if s.kind == "linear" else np.log([s.low, s.high])
            step = half * (high - low) * rng.uniform(-1.0, 1.0, 2)
            ends = np.array([low, high]) + step
            ends = ends if s.kind == "linear" else np.exp(ends)
            return replace(s, low=float(ends[0]), high=float(ends[1]))
        if s.kind in ("table", "points"):
            at = np.asarray(s.at, np.float64)
            reach = float(at.max() - at.min()) or abs(float(at[0])) or 1.0
            step = half * reach * rng.uniform(-1.0, 1.0, at.size)
            return replace(s, at=tuple(float(x) for x in np.sort(at + step)))
        return s

    return replace(
        method,
        dimensions=tuple(
            replace(d, terms=tuple(replace(t, scale=moved(t.scale)) for t in d.terms))
            for d in method.dimensions
        ),
    )


def cells(method: Method, rng: Rng, chance: float) -> Method:
    """Give each cell of the last table that lies beside another zone that zone, with a chance."""
    if method.cube is not None:
        return replace(method, cube=_cube(method.cube, rng, chance))
    if not method.matrices:
        return method
    *before, last = method.matrices
    return replace(method, matrices=(*before, _matrix(last, rng, chance)))


def _matrix(matrix: Matrix, rng: Rng, chance: float) -> Matrix:
    names = list(matrix.cells)
    grid = np.array([matrix.cells[n] for n in names], object)
    new = _swapped(grid, rng, chance)
    return replace(matrix, cells={n: tuple(row) for n, row in zip(names, new, strict=True)})


def _cube(cube: Cube, rng: Rng, chance: float) -> Cube:
    names = list(cube.cells)
    grid = np.array([cube.cells[n] for n in names], object)
    new = _swapped(grid, rng, chance)
    return replace(
        cube, cells={n: tuple(tuple(r) for r in layer) for n, layer in zip(names, new, strict=True)}
    )


def _swapped(grid: npt.NDArray[np.object_], rng: Rng, chance: float) -> npt.NDArray[np.object_]:
    """Take, here and there, what a neighbour one step along one axis says."""
    out = grid.copy()
    for at in np.ndindex(grid.shape):
        near = []
        for axis in range(grid.ndim):
            for step in (-1, 1):
                other = list(at)
                other[axis] += step
                if 0 <= other[axis] < grid.shape[axis] and grid[tuple(other)] != grid[at]:
                    near.append(grid[tuple(other)])
        # Both numbers are always drawn, so that one cell does not change what another gets.
        hit, which = rng.random(), rng.random()
        if near and hit < chance:
            out[at] = near[int(which * len(near))]
    return out


def column(
    x: Floats, rng: Rng, *, share: float = 0.0, amount: float = 0.0, years: float = 0.0,
    growth: tuple[float, float] = (0.0, 0.0), common: bool = False,
) -> Floats:  # fmt: skip
    """Draw other values of a column: log-normal and normal errors, and growth since the count.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> column(np.array([100.0, np.nan]), rng, years=2, growth=(0.1, 0.1)).round(6).tolist()
    [121.0, nan]
    """
    n = 1 if common else x.size
    spread = np.log1p(share**2)  # so that the factor has mean 1 and standard deviation `share`
    factor = np.exp(rng.normal(-spread / 2.0, np.sqrt(spread), n))
    factor = factor * (1.0 + rng.uniform(min(growth), max(growth), n)) ** years
    out: Floats = x * factor + rng.normal(0.0, 1.0, n) * amount
    return out


def ground(
    areas: Floats, mapped: tuple[str, ...], confusion: Mapping[str, Mapping[str, float]], rng: Rng
) -> dict[str, Floats]:
    """Draw what lies on the ground where a raster shows a class.

    The shares of what a class of the map is on the ground are drawn from the distribution that the
    samples leave open (Dirichlet; a sample counts one), alike for all places. A class without
    samples is taken as it is mapped.

    Parameters
    ----------
    areas : array, shape (classes, n)
        By class of the map and place.
    mapped : tuple of str
        Classes of the map, in the order of the rows.
    confusion : mapping
        Class of the map to class on the ground to samples.

    Returns
    -------
    dict of arrays, shape (n,)
        Area by class on the ground; they add up to those of the map.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> found = ground(np.array([[10.0, 0.0]]), ("7",), {"7": {"7": 5.0, "1": 0.0}}, rng)
    >>> found["7"].tolist()
    [10.0, 0.0]
    """
    out: dict[str, Floats] = {}
    for name, area in zip(mapped, areas, strict=True):
        row = {c: v for c, v in confusion.get(name, {}).items() if v > 0} or {name: 1.0}
        # One class is all there is, to the last digit; the stream stays in step all the same.
        drawn = rng.dirichlet(np.array(list(row.values())))
        share = drawn if len(row) > 1 else np.ones(1)
        for code, part in zip(row, share, strict=True):
            out[code] = out.get(code, np.zeros(areas.shape[1])) + area * part
    return out
