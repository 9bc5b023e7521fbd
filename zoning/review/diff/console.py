"""A comparison as rows for the console and as plain data for programs."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from zoning.base import words
from zoning.base.areas import M2_PER_KM2
from zoning.contribution.parts import Field, Table
from zoning.review.diff import shown
from zoning.review.diff.compare import Diff
from zoning.review.diff.record import record

#: Texts of a table of policies that are numbers.
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")
_THOUSAND = 1000


def rows(diff: Diff, name: str, lang: str, most: int) -> tuple[list[str], list[list[str]]]:
    """Give heads and rows of a table for people: areas in km2, codes in words.

    Parameters
    ----------
    diff : Diff
    name : str
        Such as ``diff_matrix``.
    lang : {"zh", "en"}
    most : int
        Rows at most.
    """
    table = next((t for t in shown.tables(diff, diff.units.index) if t.name == name), None)
    if table is None:
        return [], []
    brief = shown.BRIEF.get(name)
    other = "_en" if lang == "zh" else "_zh"
    if brief is not None:  # a title and a column stand in both languages
        brief = tuple(c for c in brief if not c.endswith(other))
    fields = [f for f in table.fields if brief is None or f.name in brief]
    heads = [_head(f, lang) for f in fields]
    frame = table.frame.head(most)[[f.name for f in fields]]
    return heads, [
        [_cell(f, v, lang, name) for f, v in zip(fields, row, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    ]


def _head(f: Field, lang: str) -> str:
    if f.unit in ("", "1", "count"):
        return f.label.get(lang)
    sign = "km²" if f.unit == "m2" else words.unit_sign(f.unit, lang)
    return f"{f.label.zh}（{sign}）" if lang == "zh" else f"{f.label.en} ({sign})"


def _cell(f: Field, value: Any, lang: str, table: str) -> str:
    if value is None or value is pd.NA or value != value:
        return "—"
    word = f.words.get(str(value))
    if word is not None:
        return word.get(lang)
    if f.unit == "m2":
        return f"{int(value) / M2_PER_KM2:,.2f}"
    if f.unit == "1":
        return f"{float(value):.2%}"
    if isinstance(value, float):
        return _number(value)
    # What a plan.toml says stays as it is written: the order 2019 is no number.
    if table != "diff_rules" and f.name in ("before", "after") and _NUMBER.fullmatch(str(value)):
        return _number(float(value))
    return str(value)


def _number(value: float) -> str:
    """Write a number with its thousands, small ones with four digits that count.

    Examples
    --------
    >>> _number(6758847.0), _number(1234.56), _number(0.00012345), _number(12.0)
    ('6,758,847', '1,234.56', '0.0001234', '12')
    """
    if abs(value) < _THOUSAND:
        return f"{value:.4g}"
    return f"{value:,.2f}".removesuffix(".00")


def as_dict(diff: Diff, lang: str) -> dict[str, Any]:
    """Give every table as records, with what was compared."""
    found: dict[str, Any] = {**record(diff), "empty": diff.empty}
    found["notes"] = [f.as_dict(lang) for f in diff.findings]
    for table in shown.tables(diff, diff.units.index):
        if table.name not in ("diff_units", "diff_matrix"):
            found[table.name.removeprefix("diff_")] = _records(table)
    return found


def _records(table: Table) -> list[dict[str, Any]]:
    frame = table.frame.astype(object)
    records: list[dict[str, Any]] = frame.where(frame.notna(), None).to_dict("records")
    return records
