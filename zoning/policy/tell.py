"""Results as texts for people: heads with units, numbers as they are read."""

from __future__ import annotations

import pandas as pd

from zoning.base.words import unit_sign
from zoning.errors import Text
from zoning.policy.explain import unit_text
from zoning.policy.run import Result


def text_rows(result: Result, lang: str, most: int) -> tuple[list[str], list[list[str]]]:
    """Give heads and rows of the main table: the name of each row and the last results.

    Examples
    --------
    >>> from zoning import api
    >>> heads, rows = text_rows(api.policy("transfers", examples=True), "en", 1)
    >>> heads[-1], rows[0][-1]
    ('balance (ha)', '1,860')
    """
    table = result.policy.tables[result.policy.main]
    labels = {c.name: c.label for c in table.columns}
    labels |= {g.name: g.label for g in table.groupings}
    labels |= {c.name: c.label for c in table.computed}
    frame = result.frame()
    computed = [c.name for c in table.computed if c.name in frame][-4:]
    first = "name" if "name" in frame else frame.columns[0]
    frame = frame[list(dict.fromkeys([first, *computed]))]
    heads = []
    for name in frame.columns:
        unit = unit_sign(unit_text(table.kinds[name]), lang) if table.kinds[name].unit else ""
        word = labels.get(name, Text(name, name)).get(lang)
        bracket = f"（{unit}）" if lang == "zh" else f" ({unit})"
        heads.append(f"{word}{bracket}" if unit not in ("", unit_sign("1", lang)) else word)
    words = result.policy.show.words
    rows = []
    for values in frame.head(most).itertuples(index=False):
        row = []
        for name, value in zip(frame.columns, values, strict=True):
            told = words.get(name, {}).get(str(value))
            row.append(told.get(lang) if told is not None else number_text(value))
        rows.append(row)
    return heads, rows


def number_text(value: object) -> str:
    """Write a cell; a missing one is a dash.

    Examples
    --------
    >>> number_text(1234567.0), number_text(0.12345), number_text(pd.NA), number_text("a")
    ('1,234,567', '0.1235', '–', 'a')
    """
    if value is pd.NA or value is None or value != value:
        return "–"
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if number == round(number):
        return f"{number:,.0f}"
    return f"{number:,.2f}" if abs(number) >= 100 else f"{number:.4g}"
