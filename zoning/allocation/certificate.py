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
import pandas as pd

from zoning.capacity.rules import Limit, Lock
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


def _steps(suitability: pd.Series) -> list[int]:
    """Suitability in whole steps of 1e-9; missing counts as 0."""
    return [0 if pd.isna(s) else round(float(s) * _STEP) for s in suitability]


def box(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock]
) -> tuple[pd.Series, pd.Series]:
    """Give the least and the most new land of each piece, from the tables alone."""
    most = pieces["free_m2"].astype("int64").copy()
    unknown = pieces["suitability"].isna()
    for limit in limits:
        if limit.kind in ("zone", "quota"):
            unknown |= pieces[limit.where].isna()
    most[unknown] = 0
    least = pd.Series(0, index=pieces.index, dtype="int64")
    for lock in locks:
        here = pieces["unit"].isin(lock.units)
        if lock.kind == "in":
            least[here] = most[here] = pieces.loc[here, "free_m2"].astype("int64")
    for lock in locks:
        if lock.kind == "out":
            most[pieces["unit"].isin(lock.units)] = 0
    for limit in limits:
        if limit.cap_m2 is not None and limit.cap_m2 <= 0:
            here = inside(pieces, limit)
            most[here] = np.minimum(most, least)[here]
    return least, most


def inside(pieces: pd.DataFrame, limit: Limit) -> pd.Series:
    """Say which pieces a limit is about."""
    if not limit.where:
        return pd.Series(True, index=pieces.index)
    return (pieces[limit.where] == limit.code).fillna(False).astype(bool)


def broken_limits(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock], new: pd.Series
) -> tuple[Text, ...]:
    """List every limit, lock and free area that a plan breaks (added up again from the table)."""
    found = []
    least, most = box(pieces, limits, locks)
    for name, name_zh, bad in (
        ("above its free land", "超过可用土地", new > most),
        ("below its lock", "少于锁定面积", new < least),
    ):
        if bad.any():
            code = str(pieces.index[bad][0])
            found.append(Text(f"piece {code} is {name}", f"地块 {code} {name_zh}"))
    for limit in limits:
        used = int(new[inside(pieces, limit)].sum())
        en, zh = limit.label
        if limit.cap_m2 is not None and used > limit.cap_m2:
            over = used - limit.cap_m2
            found.append(Text(f"{en} is {over} m² above its cap", f"{zh}超出上限 {over} m²"))
        if used < limit.floor_m2:
            short = limit.floor_m2 - used
            found.append(Text(f"{en} is {short} m² below its floor", f"{zh}低于下限 {short} m²"))
    return tuple(found)


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
    new = new.reindex(pieces.index)
    broken = broken_limits(pieces, limits, locks, new)
    least, most = box(pieces, limits, locks)
    worth = _steps(pieces["suitability"])
    objective = sum(w * int(x) for w, x in zip(worth, new, strict=True))
    rest = np.array(worth, dtype=object)
    bound = 0
    for k, price in prices.items():
        limit = limits[k]
        if price > 0 and limit.cap_m2 is None:
            raise ValueError(f"a price on {limit.label.en}, which has no cap")
        rest[inside(pieces, limit).to_numpy()] -= price
        bound += price * (int(limit.cap_m2 or 0) if price > 0 else limit.floor_m2)
    for r, low, high in zip(rest, least, most, strict=True):
        bound += max(r * int(low), r * int(high))
    ok = bound == objective and not broken
    word = (
        Text("no plan can be better", "不存在更优方案") if ok else _why(broken, bound - objective)
    )
    return Certificate("complete", ok, word, objective / _STEP, bound / _STEP, broken)


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
    broken = broken_limits(pieces, limits, locks, new.reindex(pieces.index))
    text = _why(broken, 0) if broken else Text("the solver's proof", "依据求解器的证明")
    return Certificate("solver's word", not broken, text, objective, bound, broken)
