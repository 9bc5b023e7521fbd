"""Why a number is what it is: every formula of a row with its terms, units and sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from zoning.base.words import measured
from zoning.base.words import source as named_source
from zoning.errors import Text
from zoning.policy.evaluate import Calculation, Data, full
from zoning.policy.formula import Formula
from zoning.policy.functions import FUNCTIONS
from zoning.policy.gather import Rows
from zoning.policy.kinds import Kind
from zoning.policy.model import Policy
from zoning.policy.run import Far, Result, data_of
from zoning.policy.units import Unit, dimension_name, fitting
from zoning.zones.rules import Value

#: Rows beyond which the terms of a table are not written out in advance.
MOST_ROWS = 2_000


@dataclass(frozen=True)
class Step:
    """One formula of one row.

    Attributes
    ----------
    column : str
    label : Text
    value : Text
        With its unit, or the words of its code.
    formula : str
    terms : tuple of (Text, Text)
        What the formula reads: its words, and its value with unit.
    source : str
    """

    column: str
    label: Text
    value: Text
    formula: str
    terms: tuple[tuple[Text, Text], ...]
    source: str

    def lines(self, lang: str) -> list[str]:
        """Tell the step."""
        out = [f"{self.label.get(lang)} = {self.value.get(lang)}", f"    = {self.formula}"]
        colon = "：" if lang == "zh" else ": "
        out += [f"      {words.get(lang)}{colon}{value.get(lang)}" for words, value in self.terms]
        if self.source:
            out.append(
                ("      来源：" if lang == "zh" else "      source: ")
                + named_source(self.source, lang)
            )
        return out


def explain_row(result: Result, key: str, table: str = "") -> list[Step]:
    """Tell every formula of a row, in the order of the file.

    Parameters
    ----------
    result : Result
    key : str
        Code of the row; several keys are joined by ``/``.
    table : str
        The main table if left out.
    """
    name = table or result.policy.main
    rows = result.tables[name]
    place = next(i for i, k in enumerate(rows.keys) if "/".join(k) == key)
    return [s for i, s in _steps(result, rows, [place])]


def terms_frame(result: Result, table: str = "") -> pd.DataFrame:
    """Write out the terms of every row of a table, so that a stored plan can tell them.

    Returns
    -------
    DataFrame
        ``row`` (its code), ``name``, ``step``, ``line_en``, ``line_zh``; empty for a table of
        more than ``MOST_ROWS`` rows.
    """
    rows = result.tables[table or result.policy.main]
    columns = ["row", "name", "step", "line_en", "line_zh"]
    if len(rows) > MOST_ROWS:
        return pd.DataFrame(columns=columns)
    out, counts = [], dict.fromkeys(range(len(rows)), 0)
    for i, step in _steps(result, rows, list(range(len(rows)))):
        for en, zh in zip(step.lines("en"), step.lines("zh"), strict=True):
            out.append(("/".join(rows.keys[i]), rows.names[i], counts[i], en, zh))
            counts[i] += 1
    frame = pd.DataFrame(out, columns=columns)
    return frame.sort_values(["row", "step"], kind="stable", ignore_index=True)


def _steps(result: Result, rows: Rows, places: list[int]) -> Iterator[tuple[int, Step]]:
    """Give the steps formula by formula, each for all rows that are asked for."""
    compiled, policy = result.compiled, result.policy
    others = {t: r for t, r in result.tables.items() if t != rows.table.name}
    data = data_of(compiled, rows, Far(rows, others))
    for column in rows.table.computed:
        formula = compiled.formulas[rows.table.name, column.name]
        parts = _parts(policy, rows, formula, data)
        told = policy.show.words.get(column.name, {})
        for i in places:
            value = _tagged(rows.columns[column.name], i, column.unit)
            terms = tuple((label, _tagged(v, i, unit)) for label, v, unit in parts)
            yield i, Step(
                column.name, column.label, told.get(value.en, value),
                " ".join(column.formula.split()), terms, column.source,
            )  # fmt: skip


def _parts(
    policy: Policy, rows: Rows, formula: Formula, data: Data
) -> list[tuple[Text, Value, Unit | None]]:
    """Give what a formula reads: parameters with sources, columns, and what groups gave."""
    found: list[tuple[Text, Value, Unit | None]] = []
    labels = _labels(rows)
    for name in formula.reads:
        if name in policy.parameters:
            p = policy.parameters[name]
            words = Text(
                f"{name}, {p.label.en} [{p.evidence}, {p.source}]",
                f"{name}，{p.label.zh}（{p.evidence}，{named_source(p.source)}）",
            )
            found.append((words, full(data.columns[name], len(rows)), p.unit))
        else:
            label, kind = labels.get(name, Text(name, name)), rows.table.kinds[name]
            words = Text(*(
                name if told == name else f"{name}{comma}{told}"
                for told, comma in ((label.en, ", "), (label.zh, "，"))
            ))  # fmt: skip
            found.append((words, rows.columns[name], kind.unit))
    calculation = Calculation(formula.text, data)
    seen: set[str] = set()
    for node in ast.walk(formula.tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        text = ast.unparse(node)
        grouped = FUNCTIONS[node.func.id].grouped or node.func.id in (
            "total", "look", "weighted", "weight", "steps",
        )  # fmt: skip
        if grouped and text not in seen and text != formula.text:
            seen.add(text)
            kind = dict(formula.calls)[text]
            unit = fitting(kind.unit) if kind.unit is not None else None
            found.append((Text(text, text), full(calculation.call(node), len(rows)), unit))
    return found


def _labels(rows: Rows) -> dict[str, Text]:
    table = rows.table
    return {
        **{c.name: c.label for c in table.columns}, **{g.name: g.label for g in table.groupings},
        **{c.name: c.label for c in table.computed},
    }  # fmt: skip


def _tagged(value: Value, i: int, unit: Unit | None) -> Text:
    name = "" if unit is None else unit.name
    number = written(value, i, unit)
    return Text(measured(number, name, "en"), measured(number, name, "zh"))


def written(value: Value, i: int, unit: Unit | None) -> str:
    """Write a value for people; an unknown one is a dash.

    Examples
    --------
    >>> import numpy as np
    >>> v = Value(np.array([1234567.0, 0.123456789, np.nan]), np.array([True, True, False]))
    >>> [written(v, i, None) for i in range(3)]
    ['1,234,567', '0.123457', '–']
    """
    if not value.known[i]:
        return "–"
    if value.data.dtype.kind == "O":
        return str(value.data[i])
    number = float(value.data[i]) / (unit.factor if unit else 1.0)
    whole = round(number)
    if abs(number - whole) <= 1e-9 * max(1.0, abs(number)) and abs(number) < 1e15:
        return f"{whole:,}"
    digits = 6 if abs(number) < 1 else 4 if abs(number) < 1000 else 2
    return f"{number:,.{digits}f}".rstrip("0").rstrip(".")


def unit_text(kind: Kind) -> str:
    """Write the unit of a kind.

    Examples
    --------
    >>> from zoning.policy.units import parse_unit
    >>> unit_text(Kind("number", parse_unit("万元"))), unit_text(Kind("text"))
    ('万元', '')
    """
    if kind.unit is None:
        return ""
    return kind.unit.name or dimension_name(kind.unit)
