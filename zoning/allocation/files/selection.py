"""Choosing for units among zones under linear constraints: the general question of the field.

Each unit takes one zone, or at most one; every zone has a cost per unit; sums of amounts have lower
and upper bounds; a boundary penalty counts edges whose two units do not share a zone. A minimum set
with targets (Marxan, prioritizr) is the case of one zone. Solved by the same branch and bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from zoning.allocation.files import targets
from zoning.allocation.files.begin import Task
from zoning.allocation.files.rows import Rows
from zoning.allocation.lookup import find
from zoning.allocation.methods.solver import Found, branch_and_bound
from zoning.base.areas import Floats
from zoning.errors import Finding, InfeasibleError, InputError, Problem, Text, raise_all

_NO_EDGES: tuple[str, ...] = ("a", "b", "weight")


def _no_rows(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({c: [] for c in columns})


@dataclass(frozen=True)
class Selection:
    """The question as tables.

    Parameters
    ----------
    costs : DataFrame
        ``unit, zone, cost``: what is minimised. A pair that is not listed may not be chosen.
    amounts : DataFrame
        ``constraint, unit, zone, amount``.
    bounds : DataFrame, index ``constraint``
        ``lower, upper``; ``<NA>`` or infinite means none.
    locks : DataFrame
        ``unit, zone, locked`` (True: must have it, False: must not).
    edges : DataFrame
        ``a, b, weight``: penalty when one unit has a zone and its neighbour has not; ``a == b``
        is paid whenever the unit has a zone.
    names : mapping of constraint to str
        What people call a constraint, where it has a name.
    notes : tuple of Finding
        What was read otherwise than one might think.
    files : tuple of Path
        What it was read from.
    every_unit : bool
        Whether each unit must have a zone (otherwise at most one).
    """

    costs: pd.DataFrame
    amounts: pd.DataFrame = field(
        default_factory=lambda: _no_rows("constraint", "unit", "zone", "amount")
    )
    bounds: pd.DataFrame = field(default_factory=lambda: _no_rows("lower", "upper"))
    locks: pd.DataFrame = field(default_factory=lambda: _no_rows("unit", "zone", "locked"))
    edges: pd.DataFrame = field(default_factory=lambda: _no_rows(*_NO_EDGES))
    every_unit: bool = False
    names: Mapping[Any, str] = field(default_factory=dict)
    notes: tuple[Finding, ...] = ()
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Selected:
    """The answer.

    Parameters
    ----------
    zone : Series, index ``unit``
        Zone of each unit, ``<NA>`` where it has none.
    cost, bound, gap : float
        Total cost with penalties, the solver's bound, and their relative distance.
    amounts : Series, index ``constraint``
        What was reached.
    status : {"proved", "time", "interrupted"}
        Why the search ended.
    notes : tuple of Finding
        Those of the question.
    targets : DataFrame, index ``constraint``
        ``lower, upper, available, reached, kept``: every target beside what was reached.
    """

    zone: pd.Series
    cost: float
    bound: float
    gap: float
    amounts: pd.Series
    status: str = "proved"
    notes: tuple[Finding, ...] = ()
    targets: pd.DataFrame = field(default_factory=lambda: _no_rows("lower", "upper", "reached"))


def _check(question: Selection) -> None:
    needed = {
        "costs": ("unit", "zone", "cost"),
        "amounts": ("constraint", "unit", "zone", "amount"),
        "bounds": ("lower", "upper"),
        "locks": ("unit", "zone", "locked"),
        "edges": _NO_EDGES,
    }
    problems = [
        Problem(Text(f"column '{c}' is missing", f"缺少字段 '{c}'"), name, code="missing-column")
        for name, columns in needed.items()
        for c in columns
        if c not in getattr(question, name)
    ]
    raise_all(problems)
    pairs = pd.MultiIndex.from_frame(question.costs[["unit", "zone"]])
    if pairs.has_duplicates:
        problems.append(
            Problem(
                Text("a unit and zone are listed twice", "单元与分区重复"),
                "costs",
                code="duplicate-code",
            )
        )
    unknown = set(question.amounts["constraint"]) - set(question.bounds.index)
    if unknown:
        name = sorted(map(str, unknown))[0]
        problems.append(
            Problem(
                Text(f"constraint '{name}' has no bounds", f"约束 '{name}' 没有上下限"),
                "bounds",
                code="missing-bounds",
            )
        )
    if (question.edges["weight"].astype(float) < 0).any():
        text = Text("an edge has a weight below 0", "存在小于 0 的边权")
        problems.append(Problem(text, "edges", code="bad-edge"))
    raise_all(problems, InputError)


def select(question: Selection, *, gap: float = 0.0, time_limit: float | None = None) -> Selected:
    """Solve to a stated gap.

    Parameters
    ----------
    question : Selection
        The tables.
    gap : float
        Relative gap at which to stop.
    time_limit : float, optional
        Seconds; the best answer and its gap are given when they are over.

    Returns
    -------
    Selected

    Raises
    ------
    InputError
        If a table is not as it must be.
    InfeasibleError
        If the bounds and locks cannot hold together; a target above all that can be chosen is
        named, with what exists.
    UnfinishedError
        If time was over before any answer was found.

    Examples
    --------
    >>> costs = pd.DataFrame({"unit": ["a", "b"], "zone": ["s", "s"], "cost": [3.0, 1.0]})
    >>> amounts = pd.DataFrame({"constraint": ["owl"] * 2, "unit": ["a", "b"], "zone": ["s", "s"],
    ...                         "amount": [2.0, 2.0]})
    >>> bounds = pd.DataFrame({"lower": [2.0], "upper": [None]}, index=["owl"])
    >>> found = select(Selection(costs, amounts, bounds))
    >>> found.zone.tolist(), found.cost
    ([<NA>, 's'], 1.0)
    """
    _check(question)
    costs = question.costs.sort_values(["unit", "zone"], kind="stable").reset_index(drop=True)
    pair = pd.MultiIndex.from_frame(costs[["unit", "zone"]])
    lower, upper = _locked(question, pair)
    amounts = _amounts(question, pair)
    available = amounts.total(upper)
    raise_all(_unreachable(question, available, amounts.total(lower)), InfeasibleError)
    rows = Rows(len(costs))
    _one_zone_each(rows, costs["unit"], 1.0 if question.every_unit else 0.0)
    for k, (low, high) in enumerate(_ends(question.bounds).tolist()):
        mine = amounts.row == k
        rows.add(amounts.column[mine], amounts.value[mine], low, high)
    cost = costs["cost"].to_numpy(float).copy()
    extra = _penalties(question, pair, cost, rows)
    task = _task(question, costs, cost, lower, upper, amounts, rows, extra)
    if task is not None:
        found = targets.solve(task, gap=gap, seconds=time_limit)
    else:
        found = _solve(np.r_[cost, extra], lower, upper, rows, gap, time_limit)
    x = found.answer()
    if x is None:
        raise InfeasibleError(_together())
    chosen = x[: len(costs)] > 0.5
    zone = pd.Series(pd.NA, index=pd.Index(costs["unit"].unique(), name="unit"), dtype="object")
    zone[costs.loc[chosen, "unit"]] = costs.loc[chosen, "zone"].to_numpy()
    total = float(cost @ chosen) + _paid(rows, extra, chosen)
    reached = amounts.total(chosen.astype(float))
    distance = max(0.0, (total - found.bound) / max(abs(total), 1e-12))
    names = question.bounds.index
    return Selected(
        zone.rename("zone"), total, min(found.bound, total), distance,
        pd.Series(reached, index=names, name="amount"), found.status,
        question.notes, _beside(question, available, reached),
    )  # fmt: skip


def _task(
    question: Selection, costs: pd.DataFrame, cost: Floats, lower: Floats, upper: Floats,
    amounts: _Amounts, rows: Rows, extra: Floats,
) -> Task | None:  # fmt: skip
    """Give the question as one of minimum cuts where it has one zone, targets and a boundary."""
    from scipy import sparse

    ends = _ends(question.bounds)
    plain = costs["zone"].nunique() == 1 and not question.every_unit and np.isinf(ends[:, 1]).all()
    if not plain or not len(extra) or (amounts.value < 0).any() or (cost < 0).any():
        return None
    shape = (amounts.rows, len(costs))
    held = sparse.csc_array((amounts.value, (amounts.row, amounts.column)), shape=shape)
    least = np.where(np.isfinite(ends[:, 0]), ends[:, 0], 0.0)
    i, j = rows.edges
    return Task(cost, lower, upper, held, least, i, j, extra)


class _Amounts(NamedTuple):
    """Amounts as triplets: position of the constraint, of the pair of unit and zone, amount."""

    row: Any
    column: Any
    value: Floats
    rows: int

    def total(self, x: Floats) -> Floats:
        """Add up the amounts of a choice, constraint by constraint."""
        held = self.value * x[self.column]
        return np.bincount(self.row, weights=held, minlength=self.rows).astype(np.float64)


def _amounts(question: Selection, pair: pd.MultiIndex) -> _Amounts:
    part = question.amounts
    row = question.bounds.index.get_indexer(part["constraint"])
    column = pair.get_indexer(pd.MultiIndex.from_frame(part[["unit", "zone"]]))
    there = column >= 0
    value = part["amount"].to_numpy(np.float64)
    return _Amounts(row[there], column[there], value[there], len(question.bounds))


def _ends(bounds: pd.DataFrame) -> Floats:
    """Give lower and upper ends; what is missing bounds nothing."""
    ends = [pd.to_numeric(bounds[c]).astype("Float64") for c in ("lower", "upper")]
    low, high = (
        e.fillna(gone).to_numpy(np.float64) for e, gone in zip(ends, (-np.inf, np.inf), strict=True)
    )
    return np.column_stack([low, high])


def _unreachable(question: Selection, most: Floats, least: Floats) -> list[Problem]:
    """Name every target above all that may be chosen, every upper bound below what is locked."""
    found = []
    for name, (low, high), able, must in zip(
        question.bounds.index, _ends(question.bounds), most, least, strict=True
    ):
        word = str(question.names.get(name, name))
        if question.amounts.empty or (question.amounts["amount"] >= 0).all():
            if low > able * (1 + 1e-9) + 1e-9:
                found.append(_gap_of(word, "target-above-all", low, able))
            elif high < must * (1 - 1e-9) - 1e-9:
                found.append(_gap_of(word, "bound-below-locked", high, must))
    return found


def _gap_of(name: str, code: str, limit: float, there: float) -> Problem:
    if code == "target-above-all":
        text = Text(
            f"'{name}': the target is {limit:.6g}, all that may be chosen holds {there:.6g}",
            f"“{name}”：目标为 {limit:.6g}，而可选单元合计仅 {there:.6g}",
        )
        remedy = Text(f"set the target to {there:.6g} at most", f"目标不应高于 {there:.6g}")
    else:
        text = Text(
            f"'{name}': at most {limit:.6g}, but units locked in hold {there:.6g}",
            f"“{name}”：上限为 {limit:.6g}，而已锁定单元合计 {there:.6g}",
        )
        remedy = Text("raise the bound, or unlock units", "提高上限，或解除部分锁定")
    return Problem(text, "targets", measured=there, limit=limit, remedy=remedy, code=code)


def _beside(question: Selection, available: Floats, reached: Floats) -> pd.DataFrame:
    ends = _ends(question.bounds)
    slack = 1e-6 * np.maximum(1.0, np.abs(reached))
    kept = (reached >= ends[:, 0] - slack) & (reached <= ends[:, 1] + slack)
    table = question.bounds[["lower", "upper"]].assign(
        available=available, reached=reached, kept=kept
    )
    names = [str(question.names.get(k, k)) for k in table.index]
    table.insert(0, "name", names)
    return table


def _one_zone_each(rows: Rows, unit: pd.Series, least: float) -> None:
    """Let every unit have one zone at most (a single zone says so by its bound)."""
    at, codes = pd.factorize(unit)
    many = np.bincount(at, minlength=len(codes)) > (1 if least == 0 else 0)
    for members in np.split(np.arange(len(at)), np.flatnonzero(np.diff(at)) + 1):
        if len(members) and many[at[members[0]]]:
            rows.add(members, np.ones(len(members)), least, 1.0)


def _locked(question: Selection, pair: pd.MultiIndex) -> tuple[Any, Any]:
    lower, upper = np.zeros(len(pair)), np.ones(len(pair))
    at = pair.get_indexer(pd.MultiIndex.from_frame(question.locks[["unit", "zone"]]))
    if (at < 0).any():
        raise InputError.one(
            "a lock names a unit or zone that has no cost", "锁定表中的单元或分区没有费用",
            where="locks", code="unknown-lock",
        )  # fmt: skip
    inside = question.locks["locked"].to_numpy(bool)
    lower[at[inside]] = 1.0
    upper[at[~inside]] = 0.0
    if (lower > upper).any():
        unit = pair[lower > upper][0][0]
        raise InfeasibleError.one(
            f"unit '{unit}' is locked in and locked out", f"单元“{unit}”同时被锁定选入与排除",
            where="locks", code="locks",
        )  # fmt: skip
    return lower, upper


def _penalties(question: Selection, pair: pd.MultiIndex, cost: Floats, rows: Rows) -> Floats:
    """Add one column per edge and zone that is 1 where just one of the two units has the zone."""
    a, b = question.edges["a"].to_numpy(), question.edges["b"].to_numpy()
    weight = question.edges["weight"].to_numpy(np.float64)
    extra, first, second = [], [], []
    zones = pair.get_level_values(1)
    for zone in sorted(zones.unique()):
        mine = np.flatnonzero(zones == zone)
        units = pd.Index(pair.get_level_values(0)[mine])
        i, j = (np.where(k >= 0, mine[k], -1) for k in (find(a, units), find(b, units)))
        # An edge to the outside, or to a unit without this zone, is paid when the other is chosen.
        single = (np.minimum(i, j) < 0) | (i == j)
        pays = single & (np.maximum(i, j) >= 0)
        np.add.at(cost, np.maximum(i, j)[pays], weight[pays])
        both = ~single & (weight != 0)
        i, j, n = i[both], j[both], int(both.sum())
        d = rows.columns + np.arange(n)
        rows.columns += n
        extra.append(weight[both])
        first.append(i)
        second.append(j)
        ends = np.column_stack([i, j, d])
        rows.many(ends, np.array([1.0, -1.0, -1.0]), -np.inf, 0.0)
        rows.many(ends, np.array([-1.0, 1.0, -1.0]), -np.inf, 0.0)
    if not extra:
        return np.zeros(0)
    rows.edges = (np.concatenate(first), np.concatenate(second))
    return np.concatenate(extra)


def _paid(rows: Rows, extra: Floats, chosen: Any) -> float:
    """Add up the penalties of a choice from the choice itself."""
    i, j = rows.edges
    return float(extra[chosen[i] != chosen[j]].sum())


def _solve(
    cost: Floats, lower: Floats, upper: Floats, rows: Rows, gap: float, seconds: float | None
) -> Found:
    more = rows.columns - len(lower)
    low, high = rows.sides()
    return branch_and_bound(
        cost,
        rows=rows.matrix(),
        low=low,
        high=high,
        lower=np.r_[lower, np.zeros(more)],
        upper=np.r_[upper, np.full(more, np.inf)],
        whole=np.r_[np.ones(len(lower)), np.zeros(more)],
        gap=gap,
        seconds=seconds,
    )


def _together() -> Problem:
    return Problem(
        Text("targets, bounds and locks cannot hold together", "目标、上下限与锁定无法同时满足"),
        "constraints",
        remedy=Text(
            "each can be met alone; lower targets or release locks",
            "各项目标单独可满足；请降低目标或解除锁定",
        ),
        code="infeasible",
    )
