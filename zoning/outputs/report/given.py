"""The chapters that wings gave: paragraphs, maps, charts, tables; at the end, pages of places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unicodedata import east_asian_width

from zoning.base import words
from zoning.base.areas import M2_PER_HA, M2_PER_KM2
from zoning.base.names import called
from zoning.errors import Text as Both
from zoning.outputs.office.document import Align, Block, Figure, Table, Text
from zoning.outputs.office.figures import DASH, number
from zoning.outputs.office.wording import is_missing
from zoning.outputs.prints.chart import draw_column
from zoning.outputs.report.latin import both, english_names
from zoning.outputs.report.pieces import DPI, Writer

if TYPE_CHECKING:
    import pandas as pd

    from zoning.contribution.parts import Chart, Contribution, Field, Pages
    from zoning.contribution.parts import Table as Given

#: More rows are named and left to tables.xlsx: a report is read, not searched (our choice).
MOST_ROWS = 60
#: Bars that still have room on one sheet (our choice).
MOST_BARS = 40
#: Maps of places, one on each page of a place; a province has none of its townships (our choice).
MOST_MAPS = 150
_MAP_MM, _MAP_DPI, _MAP_COLOURS = 115.0, 150, 64
_CALLED = Both("this place", "本地")
#: Unit of a column of square metres that is shown in hectares, and from where two digits do.
_SMALL, _LEAST_HA = "m2 in ha", 0.05
#: Columns that hold codes of places.
PLACES = ("unit", "township", "county", "zone")


def chapters(w: Writer) -> Iterator[Block]:
    """Write every chapter of every wing but those of pages."""
    for given in w.plan.contributions:
        for chapter in given.chapters:
            if chapter.pages is not None:
                continue
            yield w.chapter(chapter.title.en, chapter.title.zh)
            yield from (w.text(p.en, p.zh) for p in chapter.paragraphs)
            for theme in chapter.maps:
                yield from w.picture(theme)
            for chart in chapter.charts:
                yield from _chart(w, given.table(chart.table), chart)
            for name in chapter.tables:
                yield from _table(w, given, name, chapter.columns.get(name))


def _chart(w: Writer, table: Given, chart: Chart) -> Iterator[Block]:
    """Draw a column as bars: places by name, areas in km2; what has no room is told."""
    fields = {f.name: f for f in table.fields}
    rows = table.frame.head(MOST_BARS)
    if not len(rows):
        return
    field, label = fields[chart.column], fields[chart.label]
    size = M2_PER_KM2 if field.unit == "m2" else 1
    numbers = rows[chart.column].astype("Float64").to_numpy(float, na_value=float("nan")) / size
    names = [
        w.place(v) if chart.label in PLACES and not is_missing(v) else cell(w, label, v)
        for v in rows[chart.label]
    ]
    if w.lang == "en":
        said = english_names(w.plan)
        names = [said.get(n, n) for n in names]
    title = chart.title.get(w.lang)
    drawn = draw_column(title, names, numbers.tolist(), _head(w, field), w.lang)
    yield Figure(title, drawn.to_bytes("png", DPI), title)
    left = len(table.frame) - len(rows)
    if left:
        yield Text(
            w.say(f"The first {len(rows)} rows of the table; {left:,} more are not drawn.",
                  f"图中为表的前 {len(rows)} 行，其余 {left:,} 行未绘出。"), "note",
        )  # fmt: skip


def pages(w: Writer) -> Iterator[Block]:
    """Write the chapters of pages: each place on a sheet of its own, with all that is known."""
    for given in w.plan.contributions:
        for chapter in given.chapters:
            if chapter.pages is None:
                continue
            first = w.chapter(chapter.title.en, chapter.title.zh)
            yield replace(first, new_page=first.level == 1)
            yield from (w.text(p.en, p.zh) for p in chapter.paragraphs)
            table = given.table(chapter.pages.table)
            # The first place stands on the sheet of the chapter's own words.
            groups = table.frame.groupby(list(chapter.pages.keys), sort=False)
            maps = len(groups) <= MOST_MAPS
            if not maps:
                yield w.text(f"{len(groups):,} places are too many for a map of each.",
                             f"共 {len(groups):,} 处，不逐一附图。")  # fmt: skip
            for i, (_, rows) in enumerate(groups):
                yield from _page(w, chapter.pages, table, rows, new_page=i > 0)
                if maps:
                    yield from _lies(w, rows.iloc[0])


def _lies(w: Writer, row: Any) -> Iterator[Block]:
    """Draw where a county or township lies, with its zones and protections."""
    from zoning.outputs.prints.place import draw_place

    frame = {"county": w.plan.counties, "township": w.plan.townships}.get(str(row.get("level")))
    if frame is None or row["code"] not in frame.index:
        return
    shape = frame.geometry[row["code"]]
    if shape is None or shape.is_empty:
        return
    drawn = draw_place(w.plan, shape, str(row["name"]), w.lang, called=_CALLED, tall=_MAP_MM)
    yield Figure("", drawn.to_bytes("png", _MAP_DPI, _MAP_COLOURS), drawn.title)


def _page(
    w: Writer, pages: Pages, table: Given, rows: pd.DataFrame, *, new_page: bool
) -> Iterator[Block]:
    fields = {f.name: f for f in table.fields}
    name = str(rows[pages.name].iloc[0])
    said = both(name, called(rows.iloc[:1].rename(columns={pages.name: "name"}), w.lang)[0])
    yield replace(w.section(said, said), new_page=new_page)
    colon, stop = ("：", "；") if w.lang == "zh" else (": ", "; ")
    keys = [
        f"{fields[k].label.get(w.lang)}{colon}{cell(w, fields[k], rows[k].iloc[0])}"
        for k in pages.keys
    ]
    yield Text(stop.join(keys), "note")
    columns = (pages.group, pages.item.get(w.lang), pages.value.get(w.lang))
    lines: list[list[str]] = []
    last = None
    for group, item, value in rows[list(columns)].itertuples(index=False, name=None):
        head = cell(w, fields[pages.group], group) if group != last else ""
        lines.append([head, str(item), str(value)])
        last = group
    heads = [fields[c].label.get(w.lang) for c in columns]
    # The heading above names it: lists of tables are not for every place.
    yield Table("", heads, lines, ["left", "left", "right"], [1.2, 1.5, 1.3])


def _table(
    w: Writer, given: Contribution, name: str, wanted: Sequence[str] | None = None
) -> Iterator[Block]:
    table = given.table(name)
    fields = [f for f in table.fields if wanted is None or f.name in wanted]
    title = table.title.get(w.lang)
    rows = table.frame.head(MOST_ROWS)
    fields = _in_hectares(_one_language(fields, w.lang), table.frame)
    if not any(f.name == "name" or f.name.endswith("_name") for f in fields):
        fields = [_by_name(w, f, rows[f.name]) for f in fields]
    fields = _without_codes(fields, rows)
    yield Table(
        title,
        [_head(w, f) for f in fields],
        [
            [cell(w, f, v) for f, v in zip(fields, row, strict=True)]
            for row in rows[[f.name for f in fields]].itertuples(index=False, name=None)
        ],
        [_align(table, f) for f in fields],
        [_width(w, f, rows[f.name]) for f in fields],
    )
    left = len(table.frame) - len(rows)
    if left:
        yield Text(
            w.say(f"{left:,} more rows stand in tables.xlsx.", f"其余 {left:,} 行见 tables.xlsx。"),
            "note",
        )


def _by_name(w: Writer, f: Field, codes: Any) -> Field:
    """Show counties and townships by name where nothing else in the table names them."""
    if f.name not in ("county", "township") or f.words:
        return f
    label = Both(*(words.label(f"{f.name}_name", lang) for lang in ("en", "zh")))
    said = {str(c): w.place(c) for c in codes if not is_missing(c)}
    return replace(f, label=label, words={c: Both(name, name) for c, name in said.items()})


def _without_codes(fields: list[Field], rows: Any) -> list[Field]:
    """Leave out the codes of places whose names stand beside them and tell them apart."""
    names = [f.name for f in fields]

    def said(code: str, name: str) -> bool:
        pairs = rows[[code, name]].drop_duplicates()
        twice = pairs[code].duplicated().any() or pairs[name].duplicated().any()
        return not (twice or pairs[name].isna().any())

    gone = {
        code for code in ("county", "township")
        for name in (f"{code}_name", "name")
        if code in names and name in names and said(code, name)
    }  # fmt: skip
    return [f for f in fields if f.name not in gone]


def _one_language(fields: Sequence[Field], lang: str) -> list[Field]:
    """Leave out columns of the other language where they have a twin in this one."""
    other = "en" if lang == "zh" else "zh"
    names = {f.name for f in fields}
    twins = {f"{n.removesuffix(lang)}{other}" for n in names if f"_{n}".endswith(f"_{lang}")}
    return [f for f in fields if f.name not in twins]


def _in_hectares(fields: list[Field], frame: Any) -> list[Field]:
    """Show areas in hectares where none of a table reaches a square kilometre."""
    areas = [f.name for f in fields if f.unit == "m2"]
    if any(abs(frame[a].fillna(0)).max() >= M2_PER_KM2 for a in areas):
        return fields
    return [replace(f, unit=_SMALL) if f.name in areas else f for f in fields]


def _width(w: Writer, f: Field, values: Any) -> float:
    """Give a column the room that its longest word or cell needs, within bounds."""
    words = [*_head(w, f).replace("（", " （").split(" "), *(cell(w, f, v) for v in values)]
    return 2.0 + min(max(max(_wide(x) for x in words), 5), 20)


def _wide(text: str) -> int:
    """Count a Chinese character twice."""
    return sum(1 + (east_asian_width(c) in "WF") for c in text)


def _head(w: Writer, f: Field) -> str:
    """Name a column with the unit that it is shown in: areas in km2, shares in per cent."""
    label = f.label.get(w.lang)
    sign = (
        "km²" if f.unit == "m2" else words.unit_sign("ha" if f.unit == _SMALL else f.unit, w.lang)
    )
    if f.unit in ("", "1", "count", "year"):
        return label
    return w.say(f"{label} ({sign})", f"{label}（{sign}）")


def cell(w: Writer, f: Field, value: Any) -> str:
    """Write one value: codes in words of the wing, areas in km2, a dash for what is missing."""
    if is_missing(value):
        return DASH
    word = f.words.get(str(value))
    if f.unit == _SMALL and word is None:
        ha = float(value) / M2_PER_HA
        return f"{ha:,.2f}" if value == 0 or abs(ha) >= _LEAST_HA else f"{ha:.4f}"
    return number(value, f.unit) if word is None else word.get(w.lang)


def _align(table: Given, f: Field) -> Align:
    numbers = table.frame[f.name].dtype.kind in "iuf" and not f.words
    return "right" if numbers else "left"
