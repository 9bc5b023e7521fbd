"""The tables of a policy before its formulas: from the plan, from files, from the policy itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.errors import InputError, Problem, Text, meant, suggest
from zoning.policy.model import PLACED, Column, Policy, Table
from zoning.zones.rules import Value

if TYPE_CHECKING:
    from zoning.plan import Plan


@dataclass(frozen=True)
class Rows:
    """A table of a policy with its values, in base units.

    Attributes
    ----------
    table : Table
    keys : tuple of tuple of str
        The codes that name each row.
    columns : dict of str to Value
    names : tuple of str
        What people call each row; the key where there is no name.
    """

    table: Table
    keys: tuple[tuple[str, ...], ...]
    columns: dict[str, Value]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Given:
    """What a run of a policy is given beside the plan.

    Parameters
    ----------
    tables : mapping of str to Path or DataFrame
        Files (or frames) for tables of the kind ``file``.
    examples : bool
        Whether tables without a file take the shipped example.
    rows : mapping of str to Rows
        Tables that are ready, in place of what would be read.
    """

    tables: Mapping[str, Path | pd.DataFrame]
    examples: bool = False
    rows: Mapping[str, Rows] = field(default_factory=dict)


def gather(
    policy: Policy, plan: Plan | None, given: Given
) -> tuple[dict[str, Rows], list[Problem]]:
    """Make the tables that need no formula; those by group come later.

    Returns
    -------
    dict of str to Rows
    list of Problem
        Everything that is wrong with them.
    """
    found: dict[str, Rows] = {}
    problems: list[Problem] = []
    for table in policy.tables.values():
        if table.kind == "group":
            continue
        if table.name in given.rows:
            ready = given.rows[table.name]
            found[table.name] = replace(ready, columns=dict(ready.columns))
            continue
        try:
            frame, where = _frame(policy, table, plan, given)
            if table.place:
                frame = _placed(frame, table, plan, where, problems)
            found[table.name] = rows_of(table, frame, where, problems)
        except InputError as error:
            problems.extend(error.problems)
    return found, problems


def _frame(
    policy: Policy, table: Table, plan: Plan | None, given: Given
) -> tuple[pd.DataFrame, str]:
    """Give the raw frame of a table, and the name of its place for messages."""
    if table.kind == "rows":
        return pd.DataFrame([dict(r) for r in table.rows]), table.where
    if table.kind == "plan":
        return _of_plan(table, plan), table.origin
    source = given.tables.get(table.name)
    if source is None and given.examples and table.example:
        source = policy.path.parent / table.example
    if source is None and table.origin:
        source = policy.path.parent / table.origin
    if isinstance(source, pd.DataFrame):
        return source, table.name
    if source is None:
        if table.optional:
            names = [c.origin for c in table.columns]
            return pd.DataFrame({n: pd.Series(dtype="object") for n in names}), table.name
        raise _no_file(policy, table)
    from zoning.inputs.tables import read_table

    frame, _ = read_table(source, sheet=table.sheet, role=table.name)
    return frame, str(source)


def _no_file(policy: Policy, table: Table) -> InputError:
    wanted = ", ".join(c.origin for c in table.columns)
    example = f" ({table.example})" if table.example else ""
    return InputError(
        InputError.one(
            f"the table '{table.name}' ({table.label.en}) needs a file with the columns {wanted}",
            f"表“{table.name}”（{table.label.zh}）需要一个文件，字段为 {wanted}",
            where=policy.path.name, code="no-table", measured=table.name,
            remedy=(f"give it as tables.{table.name} = FILE, or with --table {table.name}=FILE; "
                    f"--examples takes what ships{example}",
                    f"请写 tables.{table.name} = 文件，或用 --table {table.name}=文件；"
                    f"--examples 采用随附示例{example}"),
        ).problems
    )  # fmt: skip


def _of_plan(table: Table, plan: Plan | None) -> pd.DataFrame:
    """Take a table of the plan, its index as a column."""
    if plan is None:
        raise InputError.one(
            f"the table '{table.name}' comes from a plan, and none was given",
            f"表“{table.name}”来自方案，但未给出方案", where=table.where, code="no-plan",
            remedy=("name the folder of the plan", "请给出方案文件夹"),
        )  # fmt: skip
    frames = plan_tables(plan)
    if table.origin not in frames:
        near = suggest(table.origin, frames)
        raise InputError.one(
            f"the plan has no table '{table.origin}'", f"方案没有表“{table.origin}”",
            where=table.where, code="no-table", measured=table.origin,
            remedy=meant(near, Text(f"it has {', '.join(sorted(frames))}",
                                    f"现有：{'、'.join(sorted(frames))}")),
        )  # fmt: skip
    return frames[table.origin]


def plan_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    """Give the tables of a plan without geometry, their index as a column.

    Areas of counties and townships from the accounts stand beside their own columns, so that a
    policy reads them in one place.
    """
    frames: dict[str, pd.DataFrame] = {}
    named = {
        "units": plan.units, "zones": plan.zones, "townships": plan.townships,
        "counties": plan.counties, "redlines": plan.redlines, "pieces": plan.pieces,
    }  # fmt: skip
    for name, frame in {**plan.tables, **named}.items():
        if frame is None:
            continue
        plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
        frames[name] = plain.reset_index() if plain.index.name else plain
    sums = plan.run.get("construction")
    if sums:
        frames["construction"] = pd.DataFrame([dict(sums)])
    for contribution in plan.contributions:
        frames |= {t.name: pd.DataFrame(t.frame) for t in contribution.tables}
    for place, key in (("townships", "township"), ("counties", "county")):
        account = frames.get(f"account_{key}")
        if place in frames and account is not None and key in account:
            more = [c for c in account.columns if c not in frames[place]]
            frames[place] = frames[place].merge(account[[key, *more]], on=key, how="left")
    return frames


def _placed(
    frame: pd.DataFrame, table: Table, plan: Plan | None, where: str, problems: list[Problem]
) -> pd.DataFrame:
    """Find unit, township, county and zone of rows that have a longitude and a latitude."""
    columns = {c.name: c.origin for c in table.columns}
    names = [columns.get(n, n) for n in table.place]
    if plan is None or len(names) != 2 or any(n not in frame for n in names):
        problems.append(
            Problem(
                Text(f"'{table.name}' is placed by {', '.join(names)}: that needs a plan",
                     f"“{table.name}”按 {'、'.join(names)} 定位，需要这些字段和一个方案"),
                where, code="no-place",
            )
        )  # fmt: skip
        return frame
    from pyproj import Transformer

    to_plane = Transformer.from_crs("EPSG:4490", plan.grid.crs, always_xy=True)
    lon, lat = (pd.to_numeric(frame[n], errors="coerce").to_numpy(dtype=float) for n in names)
    x, y = to_plane.transform(lon, lat)
    left, low = plan.grid.origin_m
    units, place = plan.units, frame.copy()
    codes: list[str | None] = []
    for a, b in zip(x, y, strict=True):
        inside = np.isfinite(a) and np.isfinite(b)
        code = plan.grid.code(
            int((a - left) // plan.grid.cell_m), int((b - low) // plan.grid.cell_m)
        ) if inside else ""  # fmt: skip
        codes.append(code if code in units.index else None)
    place["unit"] = pd.array(codes, dtype="string")
    known = place["unit"].notna().to_numpy()
    for name in PLACED[1:]:
        values = pd.array([None] * len(place), dtype="string")
        if name in units:
            values[known] = units[name].astype("string").reindex(place["unit"][known]).array
        place[name] = values
    if not known.all():
        first, lost = int(np.flatnonzero(~known)[0]), int((~known).sum())
        problems.append(
            Problem(
                Text(f"{lost} of {len(place)} rows lie in no unit of the plan, "
                     f"the first in row {first + 2}",
                     f"{len(place)} 行中有 {lost} 行不在本方案的单元内，首个为第 {first + 2} 行"),
                where, measured=f"{lon[first]}, {lat[first]}", code="outside",
                remedy=Text("longitude first, then latitude, in degrees; a table of this city",
                            "经度在前、纬度在后，以度为单位；请用本市的表"),
            )
        )  # fmt: skip
    return place


def rows_of(table: Table, frame: pd.DataFrame, where: str, problems: list[Problem]) -> Rows:
    """Turn a frame into rows in base units, sorted by their keys."""
    origins = {c.name: c.origin for c in table.columns}
    keys = []
    for key in table.keys:
        name = origins.get(key, key)
        if name not in frame:
            problems.append(_missing(table, name, frame, where))
            return Rows(table, (), {}, ())
        keys.append(_texts(frame[name]))
    # a table without keys has one row, which belongs to every row of the others
    codes = list(zip(*[k.data for k in keys], strict=True)) or [()] * len(frame)
    order = sorted(range(len(codes)), key=lambda i: codes[i])
    columns: dict[str, Value] = {}
    for column in table.columns:
        if column.origin not in frame:
            problems.append(_missing(table, column.origin, frame, where))
            continue
        values = _values(frame[column.origin], column, where, problems)
        columns[column.name] = Value(values.data[order], values.known[order])
    for name, code in zip(table.keys, keys, strict=True):
        columns[name] = Value(code.data[order], code.known[order])
    for name in PLACED if table.place else ():
        if name in frame:
            one = _texts(frame[name])
            columns[name] = Value(one.data[order], one.known[order])
    named = columns.get("name") or _texts(pd.Series(["/".join(codes[i]) for i in order]))
    names = [n if k else "/".join(c) for n, k, c in
             zip(named.data, named.known, (codes[i] for i in order), strict=True)]  # fmt: skip
    return Rows(table, tuple(codes[i] for i in order), columns, tuple(map(str, names)))


def _missing(table: Table, name: str, frame: pd.DataFrame, where: str) -> Problem:
    near = suggest(name, list(map(str, frame.columns)))
    listed = ", ".join(map(str, frame.columns[:40]))
    return Problem(
        Text(f"no column '{name}' for the table '{table.name}'",
             f"缺少字段“{name}”（表“{table.name}”）"),
        where, measured=name, code="missing-column",
        remedy=meant(near, Text(f"columns: {listed}", f"现有字段：{listed}")),
    )  # fmt: skip


def _texts(series: pd.Series) -> Value:
    text = series.astype("string")
    known = text.notna().to_numpy(dtype=bool)
    return Value(text.fillna("").astype(object).to_numpy(), known)


def _values(series: pd.Series, column: Column, where: str, problems: list[Problem]) -> Value:
    """Give a column in base units; text where a number is needed is told with its row."""
    if column.unit is None:
        return _texts(series)
    numbers = pd.to_numeric(series, errors="coerce").astype("Float64")
    bad = numbers.isna() & series.notna()
    if bad.any():
        first = int(np.flatnonzero(bad.to_numpy())[0])
        problems.append(
            Problem(
                Text(f"'{column.origin}' is no number in row {first + 2}: {series.iloc[first]!r}",
                     f"“{column.origin}”第 {first + 2} 行不是数值：{series.iloc[first]!r}"),
                where, measured=str(series.iloc[first]), code="not-a-number",
            )
        )  # fmt: skip
    data = numbers.to_numpy(dtype=np.float64, na_value=np.nan) * column.unit.factor
    return Value(data, np.isfinite(data))


def doubled(rows: Rows) -> Sequence[tuple[str, ...]]:
    """Give the keys that name more than one row, and those that are empty."""
    seen: dict[tuple[str, ...], int] = {}
    for key in rows.keys:
        seen[key] = seen.get(key, 0) + 1
    return [k for k, n in seen.items() if n > 1 or "" in k]


def number(value: Any) -> float | None:
    """Give a plain number, or ``None`` for what is missing."""
    return None if value is None or value is pd.NA or value != value else float(value)
