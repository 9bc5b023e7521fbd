"""The chapters that wings gave: their paragraphs, the maps of their themes, their tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.outputs.office.wording import is_missing
from zoning.outputs.report.blocks import Align, Block, Table, Text
from zoning.outputs.report.pieces import DASH, Writer, number

if TYPE_CHECKING:
    from zoning.contribution.parts import Contribution, Field
    from zoning.contribution.parts import Table as Given

#: More rows are named and left to tables.xlsx: a report is read, not searched (our choice).
MOST_ROWS = 60


def chapters(w: Writer) -> Iterator[Block]:
    """Write every chapter of every wing."""
    for given in w.plan.contributions:
        for chapter in given.chapters:
            yield w.chapter(chapter.title.en, chapter.title.zh)
            yield from (w.text(p.en, p.zh) for p in chapter.paragraphs)
            for theme in chapter.maps:
                yield from w.picture(theme)
            for name in chapter.tables:
                yield from _table(w, given, name)


def _table(w: Writer, given: Contribution, name: str) -> Iterator[Block]:
    table = given.table(name)
    title = table.title.get(w.lang)
    rows = table.frame.head(MOST_ROWS)
    yield Table(
        title,
        [_head(w, f) for f in table.fields],
        [
            [cell(w, f, v) for f, v in zip(table.fields, row, strict=True)]
            for row in rows[[f.name for f in table.fields]].itertuples(index=False, name=None)
        ],
        [_align(table, f) for f in table.fields],
        [1.0] * len(table.fields),
    )
    left = len(table.frame) - len(rows)
    if left:
        yield Text(
            w.say(f"{left:,} more rows stand in tables.xlsx.", f"其余 {left:,} 行见 tables.xlsx。"),
            "note",
        )


def _head(w: Writer, f: Field) -> str:
    """Name a column with the unit that it is shown in: areas in km2, shares in per cent."""
    label = f.label.get(w.lang)
    sign = "km²" if f.unit == "m2" else words.unit_sign(f.unit, w.lang)
    if f.unit in ("", "1", "count", "year"):
        return label
    return w.say(f"{label} ({sign})", f"{label}（{sign}）")


def cell(w: Writer, f: Field, value: Any) -> str:
    """Write one value: codes in words of the wing, areas in km2, a dash for what is missing."""
    if is_missing(value):
        return DASH
    word = f.words.get(str(value))
    return number(value, f.unit) if word is None else word.get(w.lang)


def _align(table: Given, f: Field) -> Align:
    numbers = table.frame[f.name].dtype.kind in "iuf" and not f.words
    return "right" if numbers else "left"
