"""Phases and land that may go, restated as rows of land to build or to keep.

A piece becomes one row for each phase: what is built of it in that phase; the rows of a piece share
its free land (a *bundle*). Existing land that may go becomes one row more: how much of it is
*kept*, worth its suitability and the price of giving it up. Every limit is restated over the rows:

* by the end of phase t: the rows of the phases up to t;
* on all construction (net of reduced land): all rows; kept land moves the cap up;
* on new land: the rows of all phases;
* on reduced land: the kept rows, with cap and floor exchanged.

So every limit is again a sum with floor and cap over whole square metres, and methods, proofs and
files need to know nothing but bundles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.model import QUANTUM, room_of
from zoning.base.areas import Ints
from zoning.capacity.phases import order_of
from zoning.capacity.rules import LATER, STEP, Limit, Lock, by_column

_KEPT = "kept"


@dataclass(frozen=True)
class Stages:
    """A question restated over rows.

    Parameters
    ----------
    rows : DataFrame, index ``piece@phase`` or ``piece@kept``
        Like pieces, with ``worth`` and, with phases, ``bundle``.
    limits : tuple of Limit
        Restated; position k is position k of the limits that were given.
    given : tuple of Limit
    phases : tuple of str
        Names in order; one without a name where there are no phases.
    pieces : Index
    kept : Series of int64, index ``piece``
        Existing land that may go, m2, where a row stands for it.
    constant : float
        Worth of all land that may go: what the rows are worth too much.
    """

    rows: pd.DataFrame
    limits: tuple[Limit, ...]
    given: tuple[Limit, ...]
    phases: tuple[str, ...]
    pieces: pd.Index
    kept: pd.Series
    constant: float

    def land(self, new: pd.Series) -> pd.DataFrame:
        """Give the land of each piece: ``new_m2``, ``by_NAME_m2`` and ``reduced_m2``."""
        n, total, found = len(self.pieces), np.zeros(len(self.pieces), np.int64), {}
        values = new.reindex(self.rows.index).to_numpy(np.int64)
        for t, phase in enumerate(self.phases):
            total = total + values[t * n : (t + 1) * n]
            if t < len(self.phases) - 1:
                found[by_column(phase)] = total
        table = pd.DataFrame({"new_m2": total, **found}, index=self.pieces)
        if len(self.kept):
            left = pd.Series(values[len(self.phases) * n :], index=self.kept.index)
            gone = (self.kept - left).reindex(self.pieces, fill_value=0)
            table["reduced_m2"] = gone.astype("int64")
        return table

    def values(self, pieces: pd.DataFrame, new: pd.Series) -> pd.Series:
        """Give the land of each row from that of the pieces (the way back of :meth:`land`)."""
        columns = [by_column(p) for p in self.phases[:-1]]
        ends = [*(pieces[c] for c in columns), new]
        parts = [ends[0], *(b - a for a, b in pairwise(ends))]
        built = [p.reindex(self.pieces).to_numpy(np.int64) for p in parts]
        if len(self.kept):
            gone = pieces["reduced_m2"].reindex(self.kept.index)
            built.append((self.kept - gone).to_numpy(np.int64))
        return pd.Series(np.concatenate(built), index=self.rows.index, name="new_m2")

    def prices(self, prices: Mapping[int, float]) -> dict[int, float]:
        """Turn prices of the restated limits into those of the given ones, or back."""
        return {k: -y if self.given[k].kind == "reduction" else y for k, y in prices.items()}


def staged(limits: Sequence[Limit], pieces: pd.DataFrame) -> bool:
    """Say whether a question has phases or land that may go."""
    if any(x.staged for x in limits):  # the rows themselves
        return False
    may_go = "reducible_m2" in pieces and bool((pieces["reducible_m2"] > 0).any())
    return bool(order_of(limits)) or (may_go and any(x.kind == "reduction" for x in limits))


def stages_of(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock] = ()
) -> Stages | None:
    """Restate a question with phases or land that may go; ``None`` where it has neither.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        As for :func:`zoning.allocation.allocate`; with reductions ``reduction``,
        ``reducible_m2`` and ``keep_worth``.
    limits, locks : sequences
        Units that are locked give no land up.

    Returns
    -------
    Stages or None

    Examples
    --------
    >>> pieces = pd.DataFrame({"unit": ["a"], "free_m2": [9], "suitability": [0.5]}, index=["a|t"])
    >>> rules = [Limit("phase", "near", cap_m2=4, phase="near"), Limit("phase", "far")]
    >>> found = stages_of(pieces, rules)
    >>> found.rows["worth"].round(4).to_dict()
    {'a|t@near': 0.5, 'a|t@far': 0.4995}
    >>> found.land(pd.Series([4, 3], index=found.rows.index)).values.tolist()
    [[7, 4]]
    """
    if not staged(limits, pieces):
        return None
    phases = order_of(limits) or ("",)
    locked = {u for x in locks for u in x.units}
    forced = {u for x in locks if x.kind == "in" for u in x.units}
    room = room_of(pieces, limits)
    room = room.where(~pieces["unit"].isin(forced), pieces["free_m2"]).astype("int64")
    kept = _kept(pieces, limits, locked)
    rows = _rows(pieces, phases, room, kept)
    scopes = _Scopes(rows, phases, len(pieces))
    restated = tuple(scopes.restate(x, kept, pieces) for x in limits)
    held = rows["worth"].to_numpy()[len(phases) * len(pieces) :]
    steps = np.round(held * QUANTUM).astype(np.int64).astype(object)
    worth = int((steps * kept.to_numpy().astype(object)).sum()) / QUANTUM if len(kept) else 0.0
    return Stages(scopes.rows(), restated, tuple(limits), phases, pieces.index, kept, worth)


def _kept(pieces: pd.DataFrame, limits: Sequence[Limit], locked: set[str]) -> pd.Series:
    """Give the land that may go, where some may and no lock holds it."""
    if "reducible_m2" not in pieces or not any(x.kind == "reduction" for x in limits):
        return pd.Series([], index=pieces.index[:0], dtype="int64")
    may_go = pieces["reducible_m2"].astype("int64")
    return may_go[(may_go > 0) & ~pieces["unit"].isin(locked)]


def _rows(
    pieces: pd.DataFrame, phases: tuple[str, ...], room: pd.Series, kept: pd.Series
) -> pd.DataFrame:
    """Lay the rows of all phases behind one another, then those of kept land."""
    several = len(phases) > 1
    # Steps are whole, so that the same worth is read everywhere.
    steps = np.round(pieces["suitability"].astype("Float64").fillna(0.0).to_numpy(float) * QUANTUM)
    parts = []
    for t, phase in enumerate(phases):
        part = pieces.assign(free_m2=room, worth=_worth(pieces, steps, t), _row=t)
        if several:
            part["bundle"] = pieces.index.astype(str)
            part.index = pieces.index.astype(str) + f"@{phase}"
        if t:
            part = _without_area(part)
        parts.append(part)
    if len(kept):
        # What may go leaves the existing land of the piece and comes back as its kept row.
        if "built_m2" in parts[0]:
            less = kept.reindex(pieces.index, fill_value=0).to_numpy()
            parts[0] = parts[0].assign(built_m2=parts[0]["built_m2"].to_numpy() - less)
        part = pieces.loc[kept.index].assign(
            free_m2=kept,
            worth=0.0 if "worth" in pieces else pieces.loc[kept.index, "keep_worth"],
            _row=-1,
        )
        part.index = kept.index.astype(str) + f"@{_KEPT}"
        if several:
            part["bundle"] = pd.NA
        parts.append(_without_area(part))
    rows = pd.concat(parts)
    rows["suitability"] = rows["suitability"].astype("Float64").fillna(0.0)
    rows.index.name = "piece"
    return rows


def _worth(pieces: pd.DataFrame, steps: Any, t: int) -> Any:
    """Give what 1 m2 is worth in phase ``t``; a goal of its own counts alike in every phase."""
    return pieces["worth"] if "worth" in pieces else np.round(steps * LATER**t) / QUANTUM


def _without_area(part: pd.DataFrame) -> pd.DataFrame:
    """Count the area and the existing land of a piece on its first row only."""
    return part.assign(**{c: 0 for c in ("area_m2", "built_m2") if c in part})


class _Scopes:
    """Columns that say on which rows a limit counts."""

    def __init__(self, rows: pd.DataFrame, phases: tuple[str, ...], n: int):
        self._rows = rows
        self._phases, self._at = phases, rows["_row"].to_numpy()
        self._more: dict[str, pd.Series | Ints] = {}

    def rows(self) -> pd.DataFrame:
        """Give the rows with the columns that were needed."""
        table = self._rows.drop(columns="_row")
        return table.assign(**self._more)

    def restate(self, limit: Limit, kept: pd.Series, pieces: pd.DataFrame) -> Limit:
        """Say the same limit over the rows."""
        if limit.kind == "reduction":
            here = kept[pieces.loc[kept.index, "reduction"].eq(limit.code).fillna(False)]
            total = int(here.sum())
            most = None if limit.floor_m2 <= 0 else total - limit.floor_m2
            least = 0 if limit.cap_m2 is None else max(0, total - limit.cap_m2)
            column = self._masked("reduction", _KEPT, self._at < 0)
            return replace(limit, floor_m2=least, cap_m2=most, column=column, staged=True)
        last = len(self._phases) - 1
        upto = self._phases.index(limit.phase) if limit.phase in self._phases else last
        if limit.net and upto == last:
            inside = limit.inside(pieces)
            more = int(kept[inside[kept.index].to_numpy(bool)].sum())
            cap = None if limit.cap_m2 is None else limit.cap_m2 + more
            floor = limit.floor_m2 + more if limit.floor_m2 > 0 else 0
            return replace(limit, cap_m2=cap, floor_m2=floor, staged=True)
        scope = limit.phase or "new"
        if upto == last and not len(kept):
            return replace(limit, staged=True)
        return self._scoped(limit, scope, (self._at >= 0) & (self._at <= upto))

    def _scoped(self, limit: Limit, scope: str, mask: np.ndarray) -> Limit:
        """Let a limit count on some rows only."""
        if limit.coefficient is None and limit.where:
            column = self._masked(limit.where, scope, mask)
            return replace(limit, column=column, staged=True)
        name = f"{limit.coefficient or 'all'}~{scope}"
        if name not in self._more:
            counts = STEP if limit.coefficient is None else self._rows[limit.coefficient]
            self._more[name] = np.where(mask, counts, 0).astype(np.int64)
        return replace(limit, coefficient=name, staged=True)

    def _masked(self, column: str, scope: str, mask: np.ndarray) -> str:
        name = f"{column}~{scope}"
        if name not in self._more:
            self._more[name] = self._rows[column].astype("string").where(mask)
        return name
