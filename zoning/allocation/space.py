"""Neighbours and the boundary between what is built and what is not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.allocation.lookup import find
from zoning.allocation.model import Model, sum_by
from zoning.base import runs
from zoning.base.areas import Floats, Ints
from zoning.errors import InputError, Problem, Text, raise_all

Positions = npt.NDArray[np.intp]
M_PER_KM = 1000.0


def lattice_edges(units: Iterable[str], cell_m: int) -> pd.DataFrame:
    """Give the shared sides of the squares of a lattice, read from their codes.

    Parameters
    ----------
    units : iterable of str
        Unit codes that end in ``N<row>E<column>``, in kilometres (``1km...``) or in metres.
    cell_m : int
        Side of a square in metres.

    Returns
    -------
    DataFrame
        ``a, b`` (unit codes) and ``length_m``; each side once, sorted.

    Raises
    ------
    InputError
        If a code does not name a place on the lattice.

    Examples
    --------
    >>> lattice_edges(["1kmN3E4", "1kmN3E5", "1kmN4E5"], 1000)
             a        b  length_m
    0  1kmN3E4  1kmN3E5    1000.0
    1  1kmN3E5  1kmN4E5    1000.0
    """
    codes, a, b, length = lattice_sides(units, cell_m)
    if not len(codes):
        return pd.DataFrame({"a": [], "b": [], "length_m": []})
    return pd.DataFrame({"a": codes.array.take(a), "b": codes.array.take(b), "length_m": length})


class Sides(NamedTuple):
    """Shared sides of squares by the positions of their codes.

    Parameters
    ----------
    codes : Series of str
        Sorted codes of the units.
    a, b : int64 arrays
        Positions in ``codes``, sorted.
    length : float64 array
        Metres.
    """

    codes: pd.Series
    a: Ints
    b: Ints
    length: Floats


def lattice_sides(units: Iterable[str], cell_m: int) -> Sides:
    """Give the sides of :func:`lattice_edges` without writing a code twice for each.

    Examples
    --------
    >>> lattice_sides(["1kmN3E4", "1kmN3E5"], 1000)[1:]
    (array([0]), array([1]), array([1000.]))
    """
    given = units.array if isinstance(units, pd.Series | pd.Index) else [str(u) for u in units]
    codes = pd.Series(given)
    if not len(codes):
        none = np.empty(0, dtype=np.int64)
        return Sides(codes, none, none, np.empty(0))
    if runs.starts([codes]) is None:
        codes = pd.Series(np.sort(codes.to_numpy(dtype=object)))
    north, east = _places(codes)
    step = cell_m // 1000 if str(codes[0]).startswith("1km") else cell_m
    # One whole number per place; a width of its own keeps the last column from the first one.
    width = int(east.max() - east.min()) + 2 * step + 1
    key = (north - north.min()) * width + (east - east.min())
    order = np.argsort(key, kind="stable")
    ends = []
    for away in (step, step * width):
        at = np.searchsorted(key, key + away, sorter=order)
        there = order[np.minimum(at, len(order) - 1)]
        here = np.flatnonzero(key[there] == key + away)
        ends.append(np.column_stack([here, there[here]]))
    pairs = np.concatenate(ends)
    # Codes are sorted, so positions sort as their codes do.
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return Sides(codes, pairs[:, 0], pairs[:, 1], np.full(len(pairs), float(cell_m)))


def _places(codes: pd.Series) -> tuple[Ints, Ints]:
    """Read row and column of unit codes."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = runs.arrow(codes)
    texts = pa.array(codes.astype(str), pa.large_string()) if texts is None else texts
    found = pc.extract_regex(texts, r"N(?P<n>-?\d+)E(?P<e>-?\d+)$")
    if found.null_count:
        code = codes[np.flatnonzero(np.asarray(found.is_null()))[0]]
        raise InputError.one(
            f"unit code '{code}' names no square", f"单元编码 '{code}' 不能定位", where="units"
        )
    north, east = (
        np.asarray(pc.cast(pc.struct_field(found, k), pa.int64()), dtype=np.int64) for k in (0, 1)
    )
    return north, east


@dataclass(frozen=True)
class Space:
    """The units of a model as places with neighbours.

    Parameters
    ----------
    area, built : float64 array, shape (units,)
        Area and existing construction, m2.
    a, b : intp array, shape (edges,)
        The two units of each edge.
    length : float64 array, shape (edges,)
        Metres.
    row : intp array, shape (edges,)
        Row of the edge in the table that was given.
    weight : float64 array, shape (edges,)
        What a full step of share across the edge costs, in suitability-m2: lambda x length.
    """

    area: Floats
    built: Floats
    a: Positions
    b: Positions
    length: Floats
    row: Positions
    weight: Floats

    def shares(self, model: Model, new: Ints) -> Floats:
        """Give the built share of every unit."""
        total = self.built + sum_by(model.unit, new, len(self.area))
        return np.divide(total, self.area, out=np.zeros_like(total), where=self.area > 0)

    def boundary(self, values: Floats) -> float:
        """Measure the boundary in metres: length x difference of the values across each edge."""
        return float((self.length * np.abs(values[self.a] - values[self.b])).sum())

    def cost(self, values: Floats) -> float:
        """Give lambda x boundary, in suitability-m2."""
        return float((self.weight * np.abs(values[self.a] - values[self.b])).sum())

    def net(self, flow: Floats) -> Floats:
        """Give what leaves each unit over its edges less what enters."""
        n = len(self.area)
        return sum_by(self.a, flow, n) - sum_by(self.b, flow, n)


def make_space(model: Model, pieces: pd.DataFrame, edges: pd.DataFrame, lambda_km: float) -> Space:
    """Join the edges to the units of a model.

    Parameters
    ----------
    model : Model
        The pieces as arrays.
    pieces : DataFrame, index ``piece``
        ``unit, area_m2, built_m2``.
    edges : DataFrame
        ``a, b`` (unit codes), ``length_m``. Edges to units that are not there, or that have no
        area, are left out.
    lambda_km : float
        Weight of the boundary: km2 of suitability per km.

    Returns
    -------
    Space

    Raises
    ------
    InputError
        If lambda or a length is negative, an edge occurs twice or joins a unit to itself.
    """
    area, built = (
        sum_by(model.unit, pieces[c].to_numpy(np.float64)[model.order], len(model.units))
        for c in ("area_m2", "built_m2")
    )
    a, b = (find(edges[c], model.units) for c in ("a", "b"))
    length = edges["length_m"].to_numpy(np.float64)
    _check_edges(a, b, length, lambda_km)
    keep = (a >= 0) & (b >= 0)
    keep[keep] &= (area[a[keep]] > 0) & (area[b[keep]] > 0)
    row = np.flatnonzero(keep)
    order = row[np.lexsort((np.maximum(a, b)[row], np.minimum(a, b)[row]))]
    return Space(
        area=area,
        built=built,
        a=a[order],
        b=b[order],
        length=length[order],
        row=order,
        weight=length[order] * (lambda_km * M_PER_KM),
    )


def _check_edges(a: Positions, b: Positions, length: Floats, lambda_km: float) -> None:
    problems = []
    if not lambda_km >= 0:
        text = Text(f"lambda is {lambda_km}, below 0", f"lambda 为 {lambda_km}，小于 0")
        problems.append(Problem(text, "[allocation] lambda", code="bad-lambda"))
    if not (np.isfinite(length).all() and (length >= 0).all()):
        text = Text("an edge has no valid length_m", "存在无效的边长 length_m")
        problems.append(Problem(text, "edges", code="bad-edge"))
    known = (a >= 0) & (b >= 0)
    pair = np.sort(np.minimum(a, b)[known] * np.int64(2**31) + np.maximum(a, b)[known])
    if (a[known] == b[known]).any() or (pair[1:] == pair[:-1]).any():
        text = Text("an edge occurs twice or joins a unit to itself", "存在重复的边或连接自身的边")
        problems.append(Problem(text, "edges", code="bad-edge"))
    raise_all(problems)
