"""The one rounding of areas to whole square metres, written once and used by every ledger.

Amounts stand in a table with two families of sums: those of units, and those of places (county,
township, what is red in it ...). Both are nested, so a rounding exists in which every amount and
every sum of both families is its own floor or ceiling; it is found as a flow through a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.base.areas import Floats, Ints
from zoning.base.memory import give_back

#: Amounts are held in this part of a square metre, so that sums are exact and dust is nothing.
_PARTS = 1 << 16

#: Up to so many parts all sets are asked at once where flows do not keep them (a second or so).
_MANY = 20_000

#: Whole numbers need no sorting where their range is up to so many times their count.
_DENSE = 16

#: What is so close to a whole number of square metres takes that one, tried one after the other.
_CLOSE = (0.45, 0.4, 0.3, 0.2, 0.1, 0.0)


def round_areas(
    amounts: npt.ArrayLike,
    units: npt.ArrayLike,
    nests: Sequence[npt.ArrayLike],
    total: int,
    *,
    across: int = 0,
    whole: npt.ArrayLike | None = None,
    cell_m2: int = 0,
) -> Ints:
    """Round areas to whole square metres so that units, places and the total all hold.

    Parameters
    ----------
    amounts : array of float, shape (n,)
        Areas of atoms in m2, not negative.
    units : int array, shape (n,)
        Number of the unit that each atom lies in.
    nests : sequence of int arrays, shape (n,)
        Labels of places from coarse to fine, such as county, township, red or not; labels of a
        level may repeat in different parents.
    total : int
        What the result adds up to, in m2: the rounded area of the city.
    across : int
        How many of the finest levels are kept over all places too, such as all that is red.
    whole : bool array, shape (n,), optional
        Atoms of units that lie in the city as whole squares.
    cell_m2 : int
        Area of a whole square; needed with ``whole``.

    Returns
    -------
    int64 array, shape (n,)
        In m2. A whole square has exactly ``cell_m2``; any other unit, and every place of every
        level, is less than 1 m2 from its amount, and so is the part of a unit in a place of the
        finest level; atoms inside such a part follow by largest remainder. What ``across`` names is
        within 1 m2 too unless few atoms leave no such choice. The same table in the same order
        gives the same result.

    Raises
    ------
    ValueError
        If an amount is negative or not finite, or ``total`` or ``cell_m2`` is out of reach.

    Notes
    -----
    Amounts are first taken to 2**-16 m2; what is less is noise of cutting polygons, not land. Two
    families of nested sets make a network, and in a network with whole bounds a flow of real
    numbers implies one of whole numbers: so the rounding exists whatever the amounts.

    References
    ----------
    B. D. Causey, L. H. Cox, L. R. Ernst, Applications of transportation theory to statistical
    problems, J. Am. Stat. Assoc. 80, 1985 (controlled rounding); A. J. Hoffman, J. B. Kruskal,
    Integral boundary points of convex polyhedra, 1956.

    Examples
    --------
    Two whole squares of 10 m2 and a part of one, in two townships:

    >>> amounts = [3.4, 6.6, 10.0, 2.4]
    >>> round_areas(amounts, [0, 0, 1, 2], [[0, 1, 1, 0]], 22,
    ...             whole=[True, True, True, False], cell_m2=10).tolist()
    [4, 6, 10, 2]
    """
    values = np.asarray(amounts, np.float64)
    if values.size and (not np.isfinite(values).all() or values.min() < 0):
        raise ValueError("amounts must be finite and not negative")
    unit = _numbered(np.asarray(units))
    square = np.zeros(values.size, bool) if whole is None else np.asarray(whole, bool)
    fine = _exact(values, unit, square, int(total), cell_m2)
    levels = [np.zeros(values.size, np.int64)]
    for labels in nests:
        levels.append(_numbered(np.stack([levels[-1], np.asarray(labels)])))
    crossing = levels[:1]
    for labels in nests[len(nests) - across :]:
        crossing.append(_numbered(np.stack([crossing[-1], np.asarray(labels)])))
    part = _numbered(np.stack([unit, levels[-1]]))
    first = _first(part)
    size = _add(fine, part)
    given = size // _PARTS
    open_ = np.flatnonzero(size % _PARTS)
    give_back()  # the tables of all atoms, before a network is made of some
    up = _round_up(
        size[open_] % _PARTS, unit[first][open_], [level[first][open_] for level in levels],
        [level[first][open_] for level in crossing[1:]], int(total) - int(given.sum()),
    )  # fmt: skip
    given[open_] += up
    return _hand_out(fine, part, given)


def _numbered(keys: npt.NDArray[Any]) -> Ints:
    """Give numbers from 0 to the different keys (columns, where there are several rows)."""
    if keys.ndim == 1:
        if keys.size and keys.dtype.kind in "iu":
            least = keys.min()
            if int(keys.max()) - int(least) < _DENSE * keys.size:  # need not be sorted
                near = keys - least
                seen = np.zeros(int(near.max()) + 1, bool)
                seen[near] = True
                return np.asarray(np.cumsum(seen)[near] - 1, np.int64)
        return np.unique(keys, return_inverse=True)[1].ravel().astype(np.int64)
    number = _numbered(keys[0])
    for row in keys[1:]:
        # One number for both, in the order of the columns; far below 2**63.
        other = _numbered(row)
        number = _numbered(number * (int(other.max(initial=0)) + 1) + other)
    return number


def _first(numbers: Ints) -> Ints:
    """Give the first row of each number; all from 0 to the largest occur."""
    first = np.empty(int(numbers.max()) + 1 if numbers.size else 0, np.int64)
    # Of several rows the one that is written last stays.
    first[numbers[::-1]] = np.arange(numbers.size - 1, -1, -1)
    return first


def _add(values: Ints, labels: Ints) -> Ints:
    """Add up whole numbers by label; floats of bincount would not be exact for a country."""
    out = np.zeros(int(labels.max()) + 1 if labels.size else 0, np.int64)
    np.add.at(out, labels, values)
    return out


def _exact(
    values: Floats, unit: Ints, square: npt.NDArray[np.bool_], total: int, cell_m2: int
) -> Ints:
    """Bring amounts to whole parts of a square metre; whole squares and the total as they must."""
    fine = np.rint(values * _PARTS).astype(np.int64)
    squares = _add(square.astype(np.int64), unit) > 0
    lacks = np.where(squares, cell_m2 * _PARTS - _add(fine, unit), 0)
    # The largest atom of a square takes up its noise: there it is least of all.
    order = np.lexsort((-fine, unit))
    largest = order[np.searchsorted(unit[order], np.arange(lacks.size))]
    fine[largest] += lacks
    low, high = (total - 1) * _PARTS + 1, (total + 1) * _PARTS - 1
    missing = min(max(int(fine.sum()), low), high) - int(fine.sum())
    if missing:
        loose = np.flatnonzero(~square)
        if not loose.size:
            raise ValueError(f"cannot reach a total of {total} from whole squares")
        fine[loose[np.argmax(fine[loose])]] += missing
    if fine.size and fine.min() < 0:
        raise ValueError(f"cannot reach a total of {total} from {values.sum()}")
    return fine


def _round_up(
    rest: Ints, unit: Ints, levels: Sequence[Ints], crossing: Sequence[Ints], give: int
) -> Ints:
    """Choose which parts are rounded up (1) or down (0).

    Parameters
    ----------
    rest : int array
        What each part has above a whole number.
    unit : int array
    levels : sequence of int arrays
        Places from the whole city (one number) to the finest.
    crossing : sequence of int arrays
        What is kept over all places, coarse to fine.
    give : int
        How many parts are rounded up.
    """
    if not rest.size:
        return rest
    units, places = [_numbered(unit)], [_numbered(level) for level in levels]
    tree = _tree(rest, places)
    loose = [np.array([[give], [give]])] + [_bounds(size) for size, _ in tree[1:]]
    if crossing:
        up = _both_ways(rest, units, places, [_numbered(level) for level in crossing], give)
        if up is not None:
            return up
    # The nearest totals of places, handed down by largest remainder, can nearly always be kept;
    # floors and ceilings can always.
    near = [np.array([give])]
    for size, parent in tree[1:]:
        near.append(_hand_out(size, parent, near[-1]))
    for bounds in ([np.stack([n, n]) for n in near], loose):
        up = _flow(rest, units, places, bounds)
        if up is not None:
            return up
    raise ValueError(f"cannot give {give} m2 to parts that add up to {rest.sum() / _PARTS}")


def _both_ways(
    rest: Ints, units: Sequence[Ints], places: Sequence[Ints], crossing: Sequence[Ints], give: int
) -> Ints | None:
    """Keep units, places and what crosses the places; None where no way is found.

    A flow knows two families of sets only, so the totals of the finest places are chosen first,
    under places and crossing sets, then the parts under units and those totals: the nearest whole
    number, where it can be. Where none comes out, all is asked at once, slow for many parts.
    """
    first = _first(places[-1])
    above, across = ([level[first] for level in family] for family in (places, crossing))
    size = _add(rest, places[-1])
    for close in _CLOSE:
        bounds = [_bounds(n, close) for n, _ in _tree(rest, places)]
        bounds[0] = np.array([[give], [give]])
        totals = _flow(size, across, above, bounds, close)
        if totals is not None:
            kept = [_add(totals, level) for level in above]
            for near in _CLOSE:
                up = _flow(rest, units, places, [np.stack([n, n]) for n in kept], near)
                if up is not None:
                    return up
    if rest.size > _MANY:
        return None
    return _all_at_once(rest, [*units, *places, *crossing], give)


def _all_at_once(rest: Ints, families: Sequence[Ints], give: int) -> Ints | None:
    """Give floor or ceiling to every set of every family, by branch and bound."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array, vstack

    rows = [csr_array(np.ones((1, rest.size)))]
    low, high = [np.array([give])], [np.array([give])]
    for family in families:
        size = _add(rest, family)
        rows.append(csr_array((np.ones(rest.size), (family, np.arange(rest.size)))))
        least, most = _bounds(size)
        low.append(least)
        high.append(most)
    found = milp(
        np.zeros(rest.size), integrality=np.ones(rest.size), bounds=Bounds(0, 1),
        constraints=LinearConstraint(vstack(rows), np.concatenate(low), np.concatenate(high)),
    )  # fmt: skip
    return None if found.x is None else np.rint(found.x).astype(np.int64)


def _bounds(size: Ints, close: float = 0.0) -> Ints:
    """Give floor and ceiling of sizes, in whole square metres; only the one that is so close."""
    low, rest = size // _PARTS, size % _PARTS
    return np.stack([low + (rest > (1 - close) * _PARTS), low + (rest > close * _PARTS)])


def _tree(rest: Ints, places: Sequence[Ints]) -> list[tuple[Ints, Ints]]:
    """Give for each level what its places have, and which place of the level before holds each."""
    found = [(_add(rest, places[0]), np.zeros(int(places[0].max()) + 1, np.int64))]
    for above, level in pairwise(places):
        found.append((_add(rest, level), above[_first(level)]))
    return found


def _flow(
    rest: Ints,
    near: Sequence[Ints],
    far: Sequence[Ints],
    bounds: Sequence[Ints],
    close: float = 0.0,
) -> Ints | None:
    """Send whole square metres through two families of nested sets, within all bounds.

    Parameters
    ----------
    rest : int array
        What each part has; it may carry the floor or the ceiling of it.
    near : sequence of int arrays
        The set of each level, coarse to fine, that a part belongs to; each of these sets carries
        the floor or the ceiling of its sum.
    far : sequence of int arrays
        The other family; its first level is one set.
    bounds : sequence of int arrays
        Lowest and highest of each set of each level of ``far``.
    close : float
        A part, and a set of ``near``, that is so close to its floor or ceiling, m2, carries that.

    Returns
    -------
    int array or None
        What goes through each part; None where the bounds cannot hold together.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    source, low_out, low_in, start = range(4)
    arcs: list[tuple[Ints, Ints, Ints, Ints]] = []  # from, to, least, most
    ends = []  # the nodes of the finest level of either family
    own = [_bounds(size, close) for size, _ in _tree(rest, near)]
    least, most = _bounds(rest, close)
    for level, (low, high) in zip([*near, *far], [*own, *bounds], strict=True):
        # What a set must carry at least is too much already, or at most too little: seen at a
        # look, where the flow needs a second of a country's parts to say so.
        if (_add(least, level) > high).any() or (_add(most, level) < low).any():
            return None
    for levels, limits in ((near, own), (far, bounds)):
        above = np.array([source])
        for (_, parent), (low, high) in zip(_tree(rest, levels), limits, strict=True):
            here = np.arange(start, start + parent.size)
            # From the source through one family, back to it through the other: it goes round.
            way = (here, above[parent]) if levels is far else (above[parent], here)
            arcs.append((*way, low, high))
            above, start = here, start + parent.size
        ends.append(above[levels[-1]])
    arcs.append((ends[0], ends[1], least, most))
    a, b, low, high = (np.concatenate(column) for column in zip(*arcs, strict=True))
    # A lower bound is a flow that must come from one end and go to the other.
    rows = np.concatenate([a, np.full(b.size, low_out), a])
    cols = np.concatenate([b, b, np.full(a.size, low_in)])
    room = np.concatenate([high - low, low, low]).astype(np.int32)
    network = coo_array((room, (rows, cols)), shape=(start, start)).tocsr()
    network.eliminate_zeros()
    found = maximum_flow(network, low_out, low_in)
    if found.flow_value != int(low.sum()):
        return None
    through = np.asarray(found.flow[ends[0], ends[1]]).ravel()
    return np.asarray(least + through, np.int64)


def _hand_out(fine: Ints, part: Ints, given: Ints) -> Ints:
    """Share out what each part got to its atoms by largest remainder, rows in their order."""
    out = fine // _PARTS
    missing = given - _add(out, part)
    order = np.lexsort((-(fine % _PARTS), part))
    start = np.searchsorted(part[order], np.arange(given.size))
    rank = np.arange(part.size) - start[part[order]]
    out[order[rank < missing[part[order]]]] += 1
    return out
