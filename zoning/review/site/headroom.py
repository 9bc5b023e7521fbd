"""What a project takes from every account: its free part, and nothing else.

New land of a project is the free land inside it. What is built already counts already; what is
protected or water may not be built on, which other questions tell. Every limit of the plan counts
new land of pieces, so it is asked with the free land of the site piece by piece.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import round_to_total
from zoning.capacity.rules import STEP, Limit
from zoning.errors import InputError, Text
from zoning.plan import Plan
from zoning.review.site.measured import Measured

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Level:
    """One limit with and without the project.

    Parameters
    ----------
    kind, code : str
        As in the table of limits.
    name : Text
    cap : int
        Headroom of the limit without the project: new land that it allows (m2, or its unit).
    planned : int or None
        What the plan's own allocation uses of it.
    takes : (int, int)
        What the project takes, from and to.
    unit : str
    source : str
    """

    kind: str
    code: str
    name: Text
    cap: int
    planned: int | None
    takes: tuple[int, int]
    unit: str = "m2"
    source: str = ""

    @property
    def left(self) -> tuple[int, int]:
        """What is left with the project, from and to; below 0 it does not fit."""
        return self.cap - self.takes[1], self.cap - self.takes[0]

    def as_dict(self, lang: str) -> dict[str, Any]:
        """Give the level as plain data."""
        return {
            "kind": self.kind, "code": self.code, "name": self.name.get(lang), "unit": self.unit,
            "headroom": self.cap, "planned": self.planned, "takes": list(self.takes),
            "left": list(self.left), "source": self.source,
        }  # fmt: skip


@dataclass(frozen=True)
class Accounts:
    """The limits of a plan, ready to be asked piece by piece.

    Attributes
    ----------
    limits : tuple of Limit
        Those with a cap.
    counts : array, shape (limits, pieces)
        What a square metre of new land counts, in millionths of the limit's unit.
    planned : list of int or None
    why : Text or None
        Why nothing can be asked.
    """

    limits: tuple[Limit, ...]
    counts: Ints
    index: pd.Index
    planned: list[int | None]
    new_m2: Ints
    closed: npt.NDArray[np.bool_]
    why: Text | None = None


def accounts_of(plan: Plan) -> Accounts:
    """Draw up the limits of a plan again."""
    from zoning.questions.answer import account_of

    try:
        account, pieces = account_of(plan)
    except InputError as error:
        none = np.zeros((0, 0), dtype=np.int64)
        empty = pd.Index([], dtype=object)
        text = error.problems[0].what
        return Accounts((), none, empty, [], np.zeros(0, np.int64), np.zeros(0, bool), text)
    limits = tuple(x for x in account.limits if x.cap_m2 is not None)
    counts = np.stack([_counts(x, pieces) for x in limits]) if limits else np.zeros(
        (0, len(pieces)), np.int64)  # fmt: skip
    table = plan.tables.get("limits")
    planned: list[int | None] = [None] * len(limits)
    if table is not None and "used_m2" in table:
        used = {(str(r.kind), str(r.code)): r.used_m2 for r in table.itertuples()}
        found = [used.get((x.kind, x.code)) for x in limits]
        planned = [None if v is None or pd.isna(v) else int(v) for v in found]
    new = pieces["new_m2"] if "new_m2" in pieces else plan.pieces.get("new_m2")  # type: ignore[union-attr]
    land = np.zeros(len(pieces), np.int64) if new is None else new.to_numpy(dtype=np.int64)
    shut = np.zeros(len(pieces), dtype=bool)
    for x, row in zip(limits, counts, strict=True):
        if x.kind == "zone" and x.cap_m2 == 0:
            shut |= row > 0
    return Accounts(limits, counts, pieces.index, planned, land, shut)


def _counts(limit: Limit, pieces: pd.DataFrame) -> Ints:
    """Give what one square metre counts in every piece."""
    weights = limit.weights(pieces)
    if weights is None:
        weights = limit.inside(pieces) * STEP
    return np.asarray(weights, dtype=np.int64)


def take(accounts: Accounts, measured: Measured, names: dict[str, Text]) -> list[list[Level]]:
    """Say what each site takes of each limit, and note it in the columns of rules.

    Parameters
    ----------
    accounts : Accounts
    measured : Measured
        ``over_headroom_m2``, ``beyond_plan_m2`` and ``closed_free_m2`` are put into it.
    names : dict of str to Text
        Names of limits by ``kind|code``, where the plan knows better ones.

    Returns
    -------
    list of list of Level
        For each site those limits that its free land meets, and those of the whole city.
    """
    n = measured.count
    out: list[list[Level]] = [[] for _ in range(n)]
    pieces = measured.pieces
    if accounts.why is not None or "free_low" not in pieces:
        return out
    over = np.zeros((2, n))
    beyond, closed = np.zeros((2, n)), np.zeros((2, n))
    at = accounts.index.get_indexer(pieces["piece"])
    site = pieces["site"].to_numpy()
    land = np.zeros((2, len(pieces)), np.int64)
    for k, column in enumerate(("free_low", "free_high")):
        values = pieces[column].to_numpy(dtype=np.float64)
        for i in np.unique(site).tolist():
            mine = site == i
            land[k, mine] = round_to_total(np.maximum(values[mine], 0.0))
    there = at >= 0
    for i in range(n):
        mine = there & (site == i)
        where, low, high = at[mine], land[0, mine], land[1, mine]
        new = accounts.new_m2[where]
        for k, amount in enumerate((low, high)):
            beyond[k, i] = np.maximum(amount - new, 0).sum()
            closed[k, i] = amount[accounts.closed[where]].sum()
        for j, limit in enumerate(accounts.limits):
            count = accounts.counts[j, where]
            if not count.any() and limit.kind not in ("city", "eco_agri"):
                continue
            # Amounts of limits are below 2^63: an area of the city in millionths is about 4e15.
            used = [-(-int((count * amount).sum()) // STEP) for amount in (low, high)]
            name = names.get(f"{limit.kind}|{limit.code}", limit.label)
            level = Level(
                limit.kind, limit.code, name, int(limit.cap_m2 or 0), accounts.planned[j],
                (used[0], used[1]), limit.unit, limit.source,
            )  # fmt: skip
            out[i].append(level)
            if limit.unit == "m2":
                for k in (0, 1):
                    over[k, i] = max(over[k, i], used[k] - level.cap)
    measured.put("over_headroom_m2", over[0], over[1])
    if any(p is not None for p in accounts.planned):
        measured.put("beyond_plan_m2", beyond[0], beyond[1])
    measured.put("closed_free_m2", closed[0], closed[1])
    return out
