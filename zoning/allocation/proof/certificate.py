"""Proof that a plan is as good as it can be, by code that knows nothing of the solver.

It starts from the tables again: free land, limits, locks, the plan, stored prices. Three grades:

* ``complete``: no boundary term. The prices give an upper bound in whole numbers that equals the
  plan's worth, so no plan can be better; or no single square metre can be moved with gain.
* ``bounded``: with a boundary term. The bound is re-derived by arithmetic from stored prices and
  edge flows; the gap is stated.
* ``solver's word``: only the solver's proof stands behind the optimum; the limits are checked here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.capacity.rules import STEP, Limit, Lock
from zoning.errors import Text

Grade = Literal["complete", "bounded", "solver's word"]
_STEP = 10**9


@dataclass(frozen=True)
class Certificate:
    """What was proved about a plan.

    Parameters
    ----------
    grade : {"complete", "bounded", "solver's word"}
        How strong the proof is.
    ok : bool
        Whether every limit holds and the proof closes.
    text : Text
        In words.
    objective, bound : float
        Suitability x m2 (less the boundary); no bound is ``None``.
    broken : tuple of Text
        Limits the plan breaks.
    """

    grade: Grade
    ok: bool
    text: Text
    objective: float
    bound: float | None
    broken: tuple[Text, ...] = ()

    @property
    def gap(self) -> float | None:
        """Relative distance between bound and plan."""
        if self.bound is None:
            return None
        return 0.0 if self.bound == self.objective else _gap(self.bound, self.objective)

    def as_dict(self) -> dict[str, Any]:
        """Give the certificate as plain data."""
        return {
            "grade": self.grade,
            "ok": self.ok,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "en": self.text.en,
            "zh": self.text.zh,
            "broken": [t.en for t in self.broken],
        }


def _gap(bound: float, objective: float) -> float:
    return (bound - objective) / abs(bound) if bound else abs(objective)


@dataclass(frozen=True)
class Reading:
    """The tables read once more, as arrays over the pieces.

    Parameters
    ----------
    least, most : int64 array
        New land that must and that may be built, m2.
    worth : int64 array
        Suitability in steps of 1e-9; missing counts as 0.
    masks : tuple of bool array
        Which pieces each limit is about.
    weights : tuple of int64 array or None
        What one m2 counts in millionths, where pieces count differently.
    bundle : intp array, optional
        Bundle of each row (-1: none): its rows share their land.
    must : bool array, optional
        Per bundle whether all of its land is built.
    """

    least: npt.NDArray[np.int64]
    most: npt.NDArray[np.int64]
    worth: npt.NDArray[np.int64]
    masks: tuple[npt.NDArray[np.bool_], ...]
    weights: tuple[npt.NDArray[np.int64] | None, ...] = ()
    bundle: npt.NDArray[np.intp] | None = None
    must: npt.NDArray[np.bool_] | None = None

    def best(self, rest: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Give the most that each row, or each bundle of rows, can be worth at given net worths.

        The rows of a bundle share their land, so no more than the best of them counts.
        """
        alone = np.where(rest > 0, rest * self.most, rest * self.least)
        if self.bundle is None or self.must is None:
            return np.asarray(alone)
        own = self.bundle < 0
        n = len(self.must)
        at, most = self.bundle[~own], self.most[~own]
        lowest = np.iinfo(np.int64).min if rest.dtype.kind == "i" else -np.inf
        top = np.full(n, lowest, dtype=rest.dtype)
        room = np.zeros(n, dtype=np.int64)
        # A row that takes nothing is no way to fill the bundle.
        np.maximum.at(top, at, np.where(most > 0, rest[~own], lowest))
        np.maximum.at(room, at, most)
        built = (self.must & (top > lowest)) | (top > 0)
        shared: npt.NDArray[Any] = np.where(built, top, 0) * room
        return np.concatenate([alone[own], shared])

    def counts(self, k: int) -> npt.NDArray[np.float64]:
        """Give what one m2 of each piece counts under a limit, in its unit."""
        weights = self.weights[k]
        if weights is None:
            return self.masks[k].astype(np.float64)
        return np.where(self.masks[k], weights / STEP, 0.0)

    def used(self, k: int, land: npt.NDArray[np.int64]) -> int:
        """Add up what land counts under a limit, exactly, in millionths of its unit."""
        here, weights = land[self.masks[k]], self.weights[k]
        if weights is None:
            return int(here.sum()) * STEP
        return _total(weights[self.masks[k]], here)


def masks_of(pieces: pd.DataFrame, limits: Sequence[Limit]) -> tuple[npt.NDArray[np.bool_], ...]:
    """Say which pieces each limit is about."""
    columns: dict[str, tuple[npt.NDArray[np.intp], pd.Index]] = {}
    found = []
    for limit in limits:
        if limit.coefficient is not None:
            found.append(pieces[limit.coefficient].to_numpy(np.int64) != 0)
            continue
        if not limit.where:
            found.append(np.ones(len(pieces), dtype=bool))
            continue
        if limit.where not in columns:
            at, names = pd.factorize(pieces[limit.where])
            columns[limit.where] = (at, pd.Index(names))
        at, names = columns[limit.where]
        place = names.get_indexer([limit.code])[0]
        found.append((at == place) & (at >= 0))
    return tuple(found)


def read(pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock]) -> Reading:
    """Read the tables: what may and must be built, what it is worth, what each limit is about.

    Land whose suitability or zone is missing is not built, nor is land under a cap of 0.
    """
    masks = masks_of(pieces, limits)
    free = pieces["free_m2"].to_numpy(np.int64)
    unknown = pieces["suitability"].isna().to_numpy(bool)
    for column in sorted({x.where for x in limits if x.needs_zone}):
        unknown = unknown | pieces[column].isna().to_numpy(bool)
    most = np.where(unknown, 0, free)
    least = np.zeros_like(most)
    held = [(x.kind, pieces["unit"].isin(x.units).to_numpy(bool)) for x in locks]
    bundle = must = None
    if "bundle" in pieces:
        bundle, names = pd.factorize(pieces["bundle"])
        must = np.zeros(len(names), dtype=bool)
        for kind, here in held:
            if kind == "in":
                must[bundle[here & (bundle >= 0)]] = True
    for kind, here in held:
        if kind == "in" and bundle is not None:
            most[here] = free[here]
        elif kind == "in":
            least[here] = most[here] = free[here]
    for kind, here in held:
        if kind == "out":
            most[here] = 0
    for limit, mask in zip(limits, masks, strict=True):
        if limit.cap_m2 is not None and limit.cap_m2 <= 0:
            most[mask] = np.minimum(most, least)[mask]
    column = pieces["worth" if "worth" in pieces else "suitability"]
    values = column.astype("Float64").fillna(0.0).to_numpy(np.float64)
    worth = np.round(values * _STEP).astype(np.int64)
    weights = tuple(_weights(pieces, x) for x in limits)
    return Reading(least, most, worth, masks, weights, bundle, must)


def _weights(pieces: pd.DataFrame, limit: Limit) -> npt.NDArray[np.int64] | None:
    """Read what one m2 counts, ``None`` where every m2 in the place counts as one."""
    if limit.coefficient is None:
        return None
    found = pieces[limit.coefficient].to_numpy(np.int64)
    return None if np.isin(found, (0, STEP)).all() else found


def broken(
    at: Reading, codes: pd.Index, limits: Sequence[Limit], new: npt.NDArray[np.int64]
) -> tuple[Text, ...]:
    """List every limit, lock and free area that a plan breaks (added up again from the table)."""
    found = []
    for name, name_zh, bad in (
        ("above its free land", "超过可用土地", new > at.most),
        ("below its lock", "少于锁定面积", new < at.least),
    ):
        if bad.any():
            code = str(codes[bad][0])
            found.append(Text(f"piece {code} is {name}", f"地块 {code} {name_zh}"))
    found += _broken_bundles(at, codes, new)
    for k, limit in enumerate(limits):
        used = at.used(k, new)
        en, zh = limit.label
        word = "m²" if limit.unit == "m2" else limit.unit
        if limit.cap_m2 is not None and used > limit.cap_m2 * STEP:
            over = -(-(used - limit.cap_m2 * STEP) // STEP)
            found.append(
                Text(f"{en} is {over} {word} above its cap", f"{zh}超出上限 {over} {word}")
            )
        if used < limit.floor_m2 * STEP:
            short = -(-(limit.floor_m2 * STEP - used) // STEP)
            found.append(
                Text(f"{en} is {short} {word} below its floor", f"{zh}低于下限 {short} {word}")
            )
    return tuple(found)


def _broken_bundles(at: Reading, codes: pd.Index, new: npt.NDArray[np.int64]) -> list[Text]:
    """Name a piece of which more than its free land is built in all phases together."""
    if at.bundle is None or at.must is None:
        return []
    own = at.bundle >= 0
    used, room = np.zeros(len(at.must), np.int64), np.zeros(len(at.must), np.int64)
    np.add.at(used, at.bundle[own], new[own])
    np.maximum.at(room, at.bundle[own], at.most[own])
    bad = np.flatnonzero((used > room) | (at.must & (used < room)))
    if not len(bad):
        return []
    code = str(codes[np.flatnonzero(at.bundle == bad[0])[0]])
    return [Text(f"piece {code}: its phases do not fit its free land",
                 f"地块 {code}：各期新增与可用土地不符")]  # fmt: skip


def broken_limits(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock], new: pd.Series
) -> tuple[Text, ...]:
    """List every limit, lock and free area that a plan breaks, from the tables alone."""
    plan = new.reindex(pieces.index).to_numpy(np.int64)
    return broken(read(pieces, limits, locks), pieces.index, limits, plan)


def _total(a: npt.NDArray[np.int64], b: npt.NDArray[np.int64]) -> int:
    """Add up products of whole numbers exactly, the first below 2**62, the second below 2**40."""
    total = 0
    for shift in (0, 20, 40, 60):
        part = (np.abs(a) >> shift & 0xFFFFF) * np.sign(a)
        total += (int((part * (b >> 20)).sum()) << (shift + 20)) + (
            int((part * (b & 0xFFFFF)).sum()) << shift
        )
    return total


def complete(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock],
    new: pd.Series,
    prices: Mapping[int, int],
) -> Certificate:
    """Prove an optimum without boundary term by weak duality in whole numbers.

    For any prices y of the limits (y > 0 on a cap, y < 0 on a floor), no plan is worth more than
    ``sum y_k cap_k + sum_p max((s_p - sum y) most_p, (s_p - sum y) least_p)``.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``unit, free_m2, suitability`` and the columns that limits name.
    limits, locks : sequences
        What was decided.
    new : Series of int64
        The plan, m2.
    prices : mapping of position in ``limits`` to int
        In steps of 1e-9 per m2.

    Returns
    -------
    Certificate

    Examples
    --------
    >>> table = pd.DataFrame({"unit": ["a", "b"], "free_m2": [5, 5], "suitability": [0.9, 0.4]},
    ...                      index=["a", "b"])
    >>> cap = (Limit("city", "city", cap_m2=6),)
    >>> good = pd.Series([5, 1], index=["a", "b"])
    >>> complete(table, cap, (), good, {0: 400_000_000}).ok
    True
    >>> complete(table, cap, (), good[::-1].set_axis(["a", "b"]), {0: 400_000_000}).ok
    False
    """
    at = read(pieces, limits, locks)
    plan = new.reindex(pieces.index).to_numpy(np.int64)
    bad = broken(at, pieces.index, limits, plan)
    objective = _total(at.worth, plan)
    rest, bound = at.worth.copy(), 0
    for k, price in prices.items():
        limit = limits[k]
        if at.weights[k] is not None:
            # Whole numbers know no price of a limit under which pieces count differently. One that
            # leaves nothing has closed its pieces already; of another the bound is only weaker.
            continue
        if price > 0 and limit.cap_m2 is None:
            raise ValueError(f"a price on {limit.label.en}, which has no cap")
        rest[at.masks[k]] -= price
        bound += price * (int(limit.cap_m2 or 0) if price > 0 else limit.floor_m2)
    if at.bundle is None:
        bound += _total(rest, np.where(rest > 0, at.most, at.least))
    else:
        bound += sum(at.best(rest).tolist())
    ok = bound == objective and not bad
    word = Text("no plan can be better", "不存在更优方案") if ok else _why(bad, bound - objective)
    return Certificate("complete", ok, word, objective / _STEP, bound / _STEP, bad)


def _why(broken: tuple[Text, ...], short: int) -> Text:
    if broken:
        return Text("; ".join(t.en for t in broken), "；".join(t.zh for t in broken))
    return Text(
        f"not proved: the bound is {short / _STEP:g} suitability-m² higher",
        f"未能证明最优：上界高出 {short / _STEP:g}",
    )


def word_of_solver(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock],
    new: pd.Series,
    objective: float,
    bound: float,
) -> Certificate:
    """Check the limits; for the optimum there is the solver's own proof only."""
    bad = broken_limits(pieces, limits, locks, new)
    text = _why(bad, 0) if bad else Text("the solver's proof", "依据求解器的证明")
    return Certificate("solver's word", not bad, text, objective, bound, bad)
