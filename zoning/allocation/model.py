"""The question as arrays: how much fits in each piece, what it is worth, which sums are limited.

Suitability is read to nine decimals (``QUANTUM``), so that every sum of suitability x m2 is a
whole number and two optima can be compared without a tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import Floats, Ints
from zoning.base.runs import starts
from zoning.capacity.rules import STEP, Limit, Lock
from zoning.errors import InputError, Problem, Text, raise_all

#: Suitability 1 in whole steps: suitability is read to nine decimals.
QUANTUM = 10**9

_NEEDED = ("unit", "free_m2", "suitability")


def exact_dot(a: Ints, b: Ints) -> int:
    """Add up products of whole numbers without overflow.

    Parameters
    ----------
    a, b : int64 array, shape (n,)
        Magnitudes below 2**50 and 2**40; up to 2**20 rows.

    Examples
    --------
    >>> exact_dot(np.array([10**9, 3]), np.array([10**12, 2])) == 10**21 + 6
    True
    """
    total = 0
    b_high, b_low = b >> 20, b & 0xFFFFF
    a_high, a_low = a >> 20, a & 0xFFFFF
    for left, shift in ((a_high, 20), (a_low, 0)):
        for right, more in ((b_high, 20), (b_low, 0)):
            total += int((left * right).sum()) << (shift + more)
    return total


def sum_by(at: npt.NDArray[np.intp], values: npt.ArrayLike, n: int) -> Floats:
    """Add up values by position (exact for whole numbers below 2**53).

    Examples
    --------
    >>> sum_by(np.array([1, 1]), [2, 3], 3).tolist()
    [0.0, 5.0, 0.0]
    """
    return np.bincount(at, weights=np.asarray(values, dtype=np.float64), minlength=n).astype(
        np.float64
    )


@dataclass(frozen=True)
class Group:
    """Pieces whose new land is limited together, and the limits that say so.

    ``cap`` is never above what the members can hold, ``floor`` never below what they must. Where
    pieces count differently, ``weights`` says how many millionths each m2 counts, and floor and cap
    are in millionths too.
    """

    members: npt.NDArray[np.intp]
    floor: int
    cap: int
    floor_from: int | None
    cap_from: int | None
    weights: Ints | None = None

    @property
    def step(self) -> int:
        """How many of the group's amounts are one unit of its limits."""
        return 1 if self.weights is None else STEP

    def amount(self, land: Ints) -> int:
        """Add up what land of all pieces counts in the group."""
        here = land[self.members]
        if self.weights is None:
            return int(here.sum())
        return exact_dot(self.weights, here)


@dataclass(frozen=True)
class Model:
    """Arrays over the pieces, sorted by code.

    Parameters
    ----------
    codes : Index, shape (n,)
        Piece codes, sorted: position is the tie-break.
    least, room : int64 array, shape (n,)
        New land that must and that may be built, m2.
    worth : int64 array, shape (n,)
        Suitability in steps of 1e-9.
    unit : intp array, shape (n,)
        Position of the piece's unit in ``units``.
    units : Index
        Unit codes, sorted.
    groups : tuple of Group
        Limited sums.
    limits : tuple of Limit
        The limits the groups came from.
    unknown : int
        Pieces held at 0 because suitability or zone is missing.
    order : intp array, shape (n,)
        Row of each piece in the table that was given.
    """

    codes: pd.Index
    least: Ints
    room: Ints
    worth: Ints
    unit: npt.NDArray[np.intp]
    units: pd.Index
    groups: tuple[Group, ...]
    limits: tuple[Limit, ...]
    unknown: int
    order: npt.NDArray[np.intp]

    def objective(self, new: Ints) -> int:
        """Suitability x m2 of a plan, in steps of 1e-9 m2, exactly."""
        return exact_dot(self.worth, new)

    def with_box(self, least: Ints, room: Ints, worth: Ints | None = None) -> Model:
        """Give the same question with other bounds (and worth) of the pieces."""
        return replace(self, least=least, room=room, worth=self.worth if worth is None else worth)


def _check(pieces: pd.DataFrame, limits: Sequence[Limit]) -> None:
    needed = {*_NEEDED, *(limit.where for limit in limits if limit.where)}
    needed |= {limit.coefficient for limit in limits if limit.coefficient}
    problems = [
        Problem(
            Text(f"column '{c}' is missing", f"缺少字段 '{c}'"), "pieces", code="missing-column"
        )
        for c in sorted(needed - set(pieces.columns))
    ]
    first = starts([pieces.index])  # in their order, each once, as they nearly always are
    if (first is None or len(first) < len(pieces)) and pieces.index.has_duplicates:
        code = pieces.index[pieces.index.duplicated()][0]
        problems.append(
            Problem(
                Text(f"piece '{code}' occurs twice", f"地块 '{code}' 重复"),
                "pieces",
                code="duplicate-code",
            )
        )
    if "free_m2" in pieces and (pieces["free_m2"].isna() | (pieces["free_m2"] < 0)).any():
        problems.append(
            Problem(
                Text("free_m2 must be known and not negative", "free_m2 不得缺失或为负"),
                "pieces",
                code="bad-free",
            )
        )
    known = "worth" in pieces or "suitability" not in pieces
    worth = None if known else pieces["suitability"]
    if worth is not None and not (worth.between(0, 1) | worth.isna()).all():
        problems.append(
            Problem(
                Text("suitability must lie between 0 and 1", "适宜性必须在 0 与 1 之间"),
                "pieces",
                code="bad-suitability",
            )
        )
    raise_all(problems, InputError)


def room_of(pieces: pd.DataFrame, limits: Sequence[Limit]) -> pd.Series:
    """Give what each piece may hold: its free land, or 0 where suitability or zone is missing.

    Examples
    --------
    >>> table = pd.DataFrame({"free_m2": [5, 5], "suitability": [0.5, None]}, index=["a", "b"])
    >>> room_of(table, []).tolist()
    [5, 0]
    """
    known = pieces["suitability"].notna()
    for column in {x.where for x in limits if x.needs_zone}:
        known &= pieces[column].notna()
    return pieces["free_m2"].where(known, 0).astype("int64")


def make_model(pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock] = ()) -> Model:
    """Turn tables into arrays.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``unit, free_m2`` (int64, m2), ``suitability`` (0..1) and the columns limits name.
        ``worth`` takes the place of suitability; rows of one ``bundle`` share their free land.
    limits, locks : sequences
        What was decided.

    Returns
    -------
    Model

    Raises
    ------
    InputError
        If a column is missing or a code occurs twice.
    """
    _check(pieces, limits)
    order = np.asarray(pieces.index.argsort())
    asked = {*_NEEDED, "suitability", "worth", "bundle"}
    asked |= {name for x in limits for name in (x.where, x.coefficient) if name}
    table = pieces[[c for c in pieces if c in asked]].iloc[order]  # of many columns a third
    room_series = room_of(table, limits)
    unknown = int(((room_series == 0) & (table["free_m2"] > 0)).sum())
    room = room_series.to_numpy(np.int64, copy=True)
    worth = table["worth" if "worth" in table else "suitability"]
    suitability = worth.astype("Float64").fillna(0.0).to_numpy(np.float64)
    unit, units = _numbered(table["unit"])
    least = np.zeros(len(table), dtype=np.int64)
    for lock in locks:
        here = table["unit"].isin(lock.units).to_numpy()
        if "bundle" in table:  # rows of a bundle are built together: its floor says so
            here = here & table["bundle"].isna().to_numpy()
        if lock.kind == "in":
            least[here] = table["free_m2"].to_numpy(np.int64)[here]
            room[here] = np.maximum(room, least)[here]
    for lock in locks:
        if lock.kind == "out":
            room[table["unit"].isin(lock.units).to_numpy()] = 0
    return Model(
        codes=table.index,
        least=least,
        room=room,
        worth=np.round(suitability * QUANTUM).astype(np.int64),
        unit=unit,
        units=units,
        groups=groups_of(table, limits, least, room) + _bundles(table, locks, room),
        limits=tuple(limits),
        unknown=unknown,
        order=order,
    )


def _numbered(units: pd.Series) -> tuple[npt.NDArray[np.intp], pd.Index]:
    """Give the units in order, and each piece the position of its own; most stand in order."""
    first = starts([units])
    if first is None:
        number, names = pd.factorize(units, sort=True)
        return number, pd.Index(names)
    size = np.diff(first, append=len(units))
    number = np.repeat(np.arange(len(first), dtype=np.intp), size)
    return number, pd.Index(units.array.take(first))


def groups_of(
    table: pd.DataFrame, limits: Sequence[Limit], least: Ints, room: Ints
) -> tuple[Group, ...]:
    """Join limits on the same pieces: the highest floor and the lowest cap hold."""
    by_place: dict[tuple[str, str], list[int]] = {}
    found = []
    for k, limit in enumerate(limits):
        if limit.coefficient is not None:
            found.append(_own_group(table, limit, k, least, room))
            continue
        by_place.setdefault((limit.where, limit.code if limit.where else ""), []).append(k)
    members: dict[str, dict[str, npt.NDArray[np.intp]]] = {}
    everything = np.arange(len(table), dtype=np.intp)
    for (column, code), ks in by_place.items():
        if column and column not in members:
            codes = table[column].reset_index(drop=True)
            members[column] = codes.groupby(codes, observed=True).indices
        inside = members[column].get(code, everything[:0]) if column else everything
        caps = [(c, k) for k in ks if (c := limits[k].cap_m2) is not None]
        floors = [(-limits[k].floor_m2, k) for k in ks if limits[k].floor_m2 > 0]
        most, fewest = int(room[inside].sum()), int(least[inside].sum())
        cap, cap_from = min(caps) if caps else (most, None)
        minus, floor_from = min(floors) if floors else (-fewest, None)
        found.append(Group(inside, -minus, cap, floor_from, cap_from))
    return tuple(found)


def _bundles(table: pd.DataFrame, locks: Sequence[Lock], room: Ints) -> tuple[Group, ...]:
    """Let the rows of a bundle share their room, and fill it where a lock says so."""
    if "bundle" not in table:
        return ()
    forced = table["unit"].isin({u for x in locks if x.kind == "in" for u in x.units}).to_numpy()
    found = []
    for rows in table.reset_index(drop=True).groupby("bundle", sort=True).indices.values():
        cap = int(room[rows].max())
        floor = int(table["free_m2"].iloc[rows[0]]) if forced[rows[0]] else 0
        if cap > 0 or floor > 0:
            found.append(Group(rows.astype(np.intp), floor, cap, None, None))
    return tuple(found)


def _own_group(table: pd.DataFrame, limit: Limit, k: int, least: Ints, room: Ints) -> Group:
    """Make the group of a limit with a coefficient."""
    inside = np.flatnonzero(limit.inside(table).to_numpy(bool))
    counted = limit.weights(table)
    weights = None if counted is None else counted.to_numpy(np.int64)[inside]
    group = Group(inside, 0, 0, None, None, weights)
    floor, cap = group.amount(least), group.amount(room)
    if limit.floor_m2 > 0:
        floor = limit.floor_m2 * group.step
    if limit.cap_m2 is not None:
        cap = limit.cap_m2 * group.step
    return replace(
        group, floor=floor, cap=cap,
        floor_from=k if limit.floor_m2 > 0 else None,
        cap_from=k if limit.cap_m2 is not None else None,
    )  # fmt: skip
