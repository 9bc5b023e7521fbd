"""Running a policy: tables, formulas in the order of the file, rounding, closing checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import round_to_total
from zoning.errors import Check, Finding, Problem, Text, meant, raise_all, suggest
from zoning.policy.compiled import Compiled
from zoning.policy.evaluate import Data, evaluate, full
from zoning.policy.gather import Given, Rows, doubled, gather
from zoning.policy.model import Computed, Grouping, Policy, Table
from zoning.zones.rules import Value

if TYPE_CHECKING:
    from zoning.plan import Plan

#: How far, relative to the total, a sum may be off before rounding: more is no rounding.
_NOISE = 1e-9


@dataclass(frozen=True)
class Result:
    """What a policy gives.

    Attributes
    ----------
    compiled : Compiled
    tables : mapping of str to Rows
        Every table with all its columns, in base units.
    checks : tuple of Check
    findings : tuple of Finding
        What is unknown or unused.
    ranking : DataFrame or None
        How firm the ranks are, where that was asked for; see :mod:`zoning.policy.robust`.
    """

    compiled: Compiled
    tables: Mapping[str, Rows]
    checks: tuple[Check, ...]
    findings: tuple[Finding, ...]
    ranking: pd.DataFrame | None = None

    @property
    def policy(self) -> Policy:
        """The policy."""
        return self.compiled.policy

    @property
    def ok(self) -> bool:
        """Whether no check of level "error" fails."""
        return all(c.ok or c.level != "error" for c in self.checks)

    def frame(self, name: str = "", *, every: bool = False) -> pd.DataFrame:
        """Give a table in the units of the file, in the order that it asks for.

        Parameters
        ----------
        name : str
            The main table if left out.
        every : bool
            All columns, not only those that are shown.
        """
        rows = self.tables[name or self.policy.main]
        table, show = rows.table, self.policy.show
        shown = list(show.columns) if rows.table.name == self.policy.main and not every else []
        names = list(dict.fromkeys([*table.keys, *(shown or table.kinds)]))
        out = pd.DataFrame({n: _series(rows.columns[n], table, n) for n in names})
        order = show.order.lstrip("-")
        if rows.table.name == self.policy.main and order:
            by = _series(rows.columns[order], table, order)
            falling = show.order.startswith("-")
            out = out.loc[by.sort_values(ascending=not falling, kind="stable").index]
        return out.reset_index(drop=True)


def _series(value: Value, table: Table, name: str) -> pd.Series:
    kind = table.kinds[name]
    if kind.unit is None:
        text = pd.array(value.data.astype(object), dtype="string")
        text[~value.known] = pd.NA
        return pd.Series(text, name=name)
    data = value.data / kind.unit.factor
    # what was rounded to whole numbers is one in its own unit too
    near = np.round(data)
    data = np.where(np.abs(data - near) <= 1e-12 * np.abs(data), near, data)
    return pd.Series(pd.array(np.where(value.known, data, np.nan), dtype="Float64"), name=name)


def run_policy(compiled: Compiled, plan: Plan | None = None, given: Given | None = None) -> Result:
    """Compute a policy.

    Parameters
    ----------
    compiled : Compiled
    plan : Plan, optional
        Needed where a table comes from one.
    given : Given, optional
        Files for its tables.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        With all that is wrong with the tables: missing columns, text for numbers, keys that occur
        twice, codes without a group, weights that no group has.
    """
    policy = compiled.policy
    tables, problems = gather(policy, plan, given or Given({}))
    raise_all(problems)
    done: dict[str, Rows] = {}
    for table in policy.tables.values():
        rows = _group(table, done) if table.kind == "group" else tables[table.name]
        problems += _keys(compiled, rows)
        for grouping in table.groupings:
            rows.columns[grouping.name] = _codes(grouping, rows, policy, problems)
        raise_all(problems)
        far = Far(rows, done)
        for column in table.computed:
            _compute(compiled, rows, column, far, problems)
        raise_all(problems)
        done[table.name] = rows
    checks = tuple(_check(compiled, i, done) for i in range(len(policy.checks)))
    findings = (*_unknown(policy, done), *compiled.unused)
    return Result(compiled, done, checks, findings)


def _group(table: Table, done: Mapping[str, Rows]) -> Rows:
    """Make one row for each value of a column of another table."""
    other = done[table.origin]
    parts = [other.columns[k] for k in table.keys]
    known = np.logical_and.reduce([p.known for p in parts])
    found = sorted({tuple(str(p.data[i]) for p in parts) for i in np.flatnonzero(known).tolist()})
    columns = {
        k: Value(np.array([f[j] for f in found], dtype=object), np.ones(len(found), dtype=bool))
        for j, k in enumerate(table.keys)
    }
    return Rows(table, tuple(found), columns, tuple(f[0] for f in found))


def _keys(compiled: Compiled, rows: Rows) -> list[Problem]:
    """Find keys that name two rows where a key must name one."""
    table, policy = rows.table, compiled.policy
    looked = any(
        t == table.name and f"look({table.name}" in one.text.replace(" ", "")
        for one in [*compiled.formulas.values(), *compiled.rules] for t, _ in one.far
    )  # fmt: skip
    twice = doubled(rows) if looked or table.name == policy.main else ()
    return [
        Problem(
            Text(f"the key {'/'.join(k)!r} of '{table.name}' occurs twice, or is empty",
                 f"“{table.name}”的键“{'/'.join(k)}”重复或为空"),
            table.where, measured="/".join(k), code="double-key",
        )
        for k in twice[:5]
    ]  # fmt: skip


def _codes(grouping: Grouping, rows: Rows, policy: Policy, problems: list[Problem]) -> Value:
    """Map codes to groups; a code that the map leaves out is told."""
    origin = rows.columns[grouping.origin]
    out, strange = [], []
    for code, known in zip(origin.data, origin.known, strict=True):
        group = grouping.codes.get(str(code), grouping.other) if known else None
        if known and group is None:
            strange.append(str(code))
        out.append(group)
    if strange:
        listed, mapped = ", ".join(sorted(set(strange))[:8]), ", ".join(grouping.codes)
        scheme = f" of the scheme '{grouping.scheme}'" if grouping.scheme else ""
        scheme_zh = f"（分区方案 {grouping.scheme}）" if grouping.scheme else ""
        groups = ", ".join(sorted(set(grouping.codes.values())))
        problems.append(
            Problem(
                Text(f"'{grouping.name}' has no group for {listed}; it knows {mapped}{scheme}",
                     f"“{grouping.name}”没有 {listed} 所属的组；已知 {mapped}{scheme_zh}"),
                rows.table.where, measured=listed, code="no-group",
                remedy=Text(
                    f"say what each counts as (one of {groups}): "
                    f"groups.{grouping.name} = {{ {strange[0]} = \"...\" }} in [[policies]]",
                    f"请在 [[policies]] 中写 groups.{grouping.name} = {{ {strange[0]} = \"…\" }}，"
                    f"取值为 {groups} 之一"),
            )
        )  # fmt: skip
    known = np.array([o is not None for o in out], dtype=bool)
    return Value(np.array([o or "" for o in out], dtype=object), known)


def data_of(compiled: Compiled, rows: Rows, far: Mapping[tuple[str, str, str], Value]) -> Data:
    """Put together what the formulas of a table can read; ``far`` is what others hold."""
    policy = compiled.policy
    columns: dict[str, Value] = {
        p.name: Value(p.value if p.unit is None else float(p.value) * p.unit.factor, True)
        for p in policy.parameters.values()
    }
    columns |= rows.columns
    return Data(len(rows), columns, far, policy.steps, policy.blocks)


class Far(dict[tuple[str, str, str], Value]):
    """What other tables hold for each row of this one, joined when it is first asked for."""

    def __init__(self, rows: Rows, done: Mapping[str, Rows]):
        super().__init__()
        self.rows, self.done = rows, done

    def __missing__(self, key: tuple[str, str, str]) -> Value:
        function, name, column = key
        other = self.done[name]
        keys = self.rows.table.keys if function == "total" else other.table.keys
        self[key] = _join(function, keys, self.rows, other, column)
        return self[key]


def _join(function: str, keys: tuple[str, ...], rows: Rows, other: Rows, column: str) -> Value:
    """Sum, or look up, the rows of another table that belong to each row; none is unknown."""
    value = other.columns[column]
    places: dict[tuple[str, ...], list[int]] = {}
    there = list(zip(*[other.columns[k].data for k in keys], strict=True)) or [()] * len(other)
    for i, code in enumerate(there):
        places.setdefault(code, []).append(i)
    here = list(zip(*[rows.columns[k].data for k in keys], strict=True)) or [()] * len(rows)
    text = value.data.dtype.kind == "O"
    data = np.full(len(rows), "", dtype=object) if text else np.full(len(rows), np.nan)
    known = np.zeros(len(rows), dtype=bool)
    for i, code in enumerate(here):
        found = places.get(code, [])
        if found and "" not in code and bool(value.known[found].all()):
            known[i] = True
            data[i] = math.fsum(value.data[found]) if function == "total" else value.data[found[0]]
    return Value(data, known)


def _compute(
    compiled: Compiled, rows: Rows, column: Computed, far: Far, problems: list[Problem],
) -> None:  # fmt: skip
    node = (rows.table.name, column.name)
    data = data_of(compiled, rows, far)
    one = compiled.formulas[node]
    for name in one.blocks:
        problems.extend(_weights_for(compiled.policy, name, rows))
    value = evaluate(one, data)
    if column.rounding is not None:
        total = compiled.totals.get(node)
        goal = evaluate(total, data) if total is not None else None
        value = _rounded(rows, column, value, goal, problems)
    rows.columns[column.name] = value


def _weights_for(policy: Policy, name: str, rows: Rows) -> list[Problem]:
    """Find groups of rows that no weights are given for."""
    block = policy.blocks[name]
    if block.by is None:
        return []
    groups = rows.columns[block.by]
    lost = sorted({str(g) for g, k in zip(groups.data, groups.known, strict=True) if k}
                  - set(block.rows))  # fmt: skip
    near = suggest(lost[0], block.rows) if lost else None
    return [
        Problem(
            Text(f"weights '{name}' have no row for {', '.join(lost)}",
                 f"权重“{name}”没有 {'、'.join(lost)} 一行"),
            policy.path.name, measured=lost[0], code="no-weights",
            remedy=meant(near),
        )
    ] if lost else []  # fmt: skip


def _rounded(
    rows: Rows, column: Computed, value: Value, goal: Value | None, problems: list[Problem]
) -> Value:
    """Round to whole steps that add up to the total, by group."""
    rounding, unit = column.rounding, column.unit
    if rounding is None or unit is None:
        return value
    step = rounding.step * unit.factor
    groups = np.zeros(len(rows), dtype=object)
    if rounding.by is not None:
        groups = full(rows.columns[rounding.by], len(rows)).data
    out, known = np.full(len(rows), np.nan), np.zeros(len(rows), dtype=bool)
    for group in sorted(set(groups.tolist()), key=str):
        places = np.flatnonzero(groups == group)
        if not value.known[places].all() or (goal is not None and not goal.known[places].all()):
            continue
        amounts: npt.NDArray[np.float64] = value.data[places] / step
        found = math.fsum(amounts.tolist())
        total = found if goal is None else float(goal.data[places[0]]) / step
        if (amounts < -_NOISE).any():
            problems.append(_negative(rows, column, places, amounts))
            continue
        if abs(found - total) > max(_NOISE * abs(total), 1e-6):
            problems.append(_open(rows, column, str(group), found * step, total * step))
            continue
        # a total between two steps is rounded down: nothing is handed out that is not there
        goal_steps = math.floor(total + 1e-6)
        out[places] = round_to_total(np.maximum(amounts, 0.0), goal_steps) * step
        known[places] = True
    return Value(out, known)


def _negative(
    rows: Rows, column: Computed, places: npt.NDArray[np.int64], amounts: npt.NDArray[np.float64]
) -> Problem:
    worst = int(places[int(np.argmin(amounts))])
    return Problem(
        Text(f"'{column.name}' is negative for {rows.names[worst]}; shares of a total are not",
             f"“{column.name}”在{rows.names[worst]}为负；分配额不能为负"),
        column.where, measured=float(amounts.min()), limit=0, code="negative",
        remedy=Text("write max(0, ...), or do not round it to a total",
                    "请用 max 限制不低于 0，或不按总额取整"),
    )  # fmt: skip


def _open(rows: Rows, column: Computed, group: str, found: float, total: float) -> Problem:
    unit = column.unit
    factor, name = (unit.factor, unit.name) if unit else (1.0, "")
    at = f" ({group})" if column.rounding and column.rounding.by else ""
    return Problem(
        Text(f"'{column.name}'{at} adds up to {found / factor:,.6f} {name} before rounding, "
             f"not to {total / factor:,.6f}",
             f"“{column.name}”{at}取整前合计 {found / factor:,.6f} {name}，"
             f"而非 {total / factor:,.6f}"),
        column.where, found / factor, total / factor, code="not-closed",
        remedy=Text("shares must add up to 1, or the total is another one",
                    "各份额之和须为 1，或总额有误"),
    )  # fmt: skip


def _check(compiled: Compiled, number: int, done: Mapping[str, Rows]) -> Check:
    """Answer a closing check: true for all rows, or it fails; unknown is no answer."""
    rule, one = compiled.policy.checks[number], compiled.rules[number]
    rows = done[rule.table]
    value = evaluate(one, data_of(compiled, rows, Far(rows, done)))
    wrong = [n for n, k, v in zip(rows.names, value.known, value.data, strict=True)
             if k and v != 1]  # fmt: skip
    lost = [n for n, k in zip(rows.names, value.known, strict=True) if not k]
    text = rule.text
    if wrong or lost:
        listed = ", ".join([*wrong, *lost][:5])
        what = ("fails for" if wrong else "cannot be answered for",
                "不成立" if wrong else "无法判断")  # fmt: skip
        text = Text(f"{text.en}: {what[0]} {listed}", f"{text.zh}：{what[1]}（{listed}）")
    return Check(
        check=f"policy.{compiled.policy.name}.{rule.name}", level=rule.level,  # type: ignore[arg-type]
        ok=not wrong and not lost, measured=len(wrong) + len(lost), limit=0, unit="count",
        where=compiled.policy.name, text=text,
    )  # fmt: skip


def _unknown(policy: Policy, done: Mapping[str, Rows]) -> list[Finding]:
    """Tell which shown results are not known, and where."""
    rows, found = done[policy.main], []
    for name in policy.show.columns or tuple(rows.table.kinds):
        lost = [n for n, k in zip(rows.names, rows.columns[name].known, strict=True) if not k]
        if lost:
            some = ", ".join(lost[:5]) + (", ..." if len(lost) > 5 else "")
            found.append(
                Finding(
                    Text(f"'{name}' is not known for {len(lost)} of {len(rows)} rows: {some}",
                         f"“{name}”有 {len(lost)} 行（共 {len(rows)} 行）未知：{some}"),
                    policy.path.name, measured=len(lost), code="unknown", level="warning",
                    remedy=Text("a value that it is made of is missing; explain shows which",
                                "其构成中有缺失值；explain 可指出"),
                )
            )  # fmt: skip
    return found
