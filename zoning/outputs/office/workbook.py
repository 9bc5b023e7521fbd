"""tables.xlsx: one sheet per table of the plan, ready to print, with text that stays text.

Two head rows: the name for people in one language, and the name of the column as in the other
files. Names that begin with ``=``, ``+``, ``-`` or ``@`` are written as text and marked as such,
so no spreadsheet runs them.
"""

from __future__ import annotations

import io
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.areas import M2_PER_KM2
from zoning.outputs import contributed
from zoning.outputs.office import totals
from zoning.outputs.office.sheet_look import heads, line, link, prepare, put
from zoning.outputs.office.whole import clean, notice, repack, stamp, write_whole
from zoning.outputs.office.wording import (
    dictionary,
    holds_codes,
    is_missing,
    say,
    why_unzoned,
    with_names,
    with_unzoned,
)

if TYPE_CHECKING:
    import pandas as pd
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from zoning.plan import Plan

__all__ = ["book_of", "sheets", "write"]

#: A longer table is named in the first sheet and left to units.parquet. Spreadsheets hold
#: 1,048,576 rows, but are of no use long before; our choice.
MOST_ROWS = 20_000
_NAME_LIMIT = 31  # characters in the name of a sheet
#: What a spreadsheet would take for the beginning of a formula.
_RISKY = ("=", "+", "-", "@", "\t", "\r")
_FORMATS = {
    "m2": "#,##0", "1": "0.00%", "count": "#,##0", "persons": "#,##0", "year": "0",
    "deg": "0.000000",
}  # fmt: skip
#: First what the office signs, then the detail.
_ORDER = (
    "account_city", "zones", "account_zone", "counties", "account_county", "townships",
    "account_township", "account_zone_county", "account_zone_township", "account_zone_landuse",
    "redline_areas", "redline_types", "redline_overlaps", "redline_by_county",
    "redline_by_township", "redline_by_zone", "redline_built", "redlines", "redline_by_unit",
    "residuals", "units", "unit_townships",
)  # fmt: skip


#: What only ``verify`` reads: in plan.gpkg, of no use on a sheet.
_FOR_PROGRAMS = frozenset({"allocation_edges"})

_LONG = (
    f"Tables of more than {MOST_ROWS:,} rows (–) are not written here; see units.parquet.",
    f"超过 {MOST_ROWS:,} 行的表（–）不写入本文件，见 units.parquet。",
)
_UNITS = (
    "Areas are whole square metres, in accounts with km² beside them; shares are shown in per "
    "cent, empty means no data. Names of sheets are links; cell A2 of a sheet leads back.",
    "面积单位为平方米（整数），各账另列平方公里（km²）；比例以百分数显示，空白为无数据。"
    "工作表名称可点击，各表第二行首格返回本页。",
)
_Named = tuple[str, int]  # name of the sheet, number of rows


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    label: str
    form: str
    codes: str | None  # the column whose words its codes take
    width: float
    of: str = ""  # the column of square metres that this one shows in km2


def write(plan: Plan, path: str | Path, *, lang: str | None = None) -> Path:
    """Write every table of a plan into one spreadsheet.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        The file, such as ``tables.xlsx``.
    lang : {"zh", "en"}, optional
        Language of the heads and of the words for codes; by default that of the plan.

    Returns
    -------
    Path
        What was written. The same plan gives the same bytes when ``SOURCE_DATE_EPOCH`` is set.
    """
    return write_whole(path, to_bytes(plan, lang=lang or plan.config.plan.lang))


def to_bytes(plan: Plan, *, lang: str = "zh") -> bytes:
    """Give the spreadsheet of :func:`write` as bytes."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.title = clean(plan.name)
    book.properties.creator = "zoning"
    found = sheets(plan, lang)
    said = contributed.Words.of(plan)
    names = _sheet_names([said.table_name(key, lang) for key in ("plan", *found)])
    listed = {key: (name, len(found[key])) for key, name in zip(found, names[1:], strict=True)}
    _about(book.create_sheet(names[0]), plan, listed, lang)
    known = dictionary(plan, lang)
    for (key, table), name in zip(found.items(), names[1:], strict=True):
        if len(table) <= MOST_ROWS:
            _fill(book.create_sheet(name), key, table, known, said, lang, home=names[0])
    out = io.BytesIO()
    book.save(out)
    return repack(out.getvalue(), stamp())


def book_of(
    title: str, tables: Mapping[str, pd.DataFrame], said: contributed.Words,
    known: Mapping[str, Mapping[str, str]], lang: str = "zh",
) -> bytes:  # fmt: skip
    """Give a spreadsheet of tables that belong to no single plan.

    Parameters
    ----------
    title : str
    tables : mapping of DataFrame
        One sheet each, without an index.
    said : Words
        Names of tables and columns.
    known : mapping of column to mapping of code to word
    lang : {"zh", "en"}
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    book.properties.title, book.properties.creator = clean(title), "zoning"
    names = _sheet_names([said.table_name(key, lang) for key in tables])
    for (key, table), name in zip(tables.items(), names, strict=True):
        _fill(book.create_sheet(name), key, table, known, said, lang)
    out = io.BytesIO()
    book.save(out)
    return repack(out.getvalue(), stamp())


def sheets(plan: Plan, lang: str = "zh") -> dict[str, pd.DataFrame]:
    """Give the tables of the spreadsheet in order: no geometry, the index as a column.

    Parameters
    ----------
    plan : Plan
    lang : {"zh", "en"}
        Language of the names that are put beside codes.
    """
    import pandas as pd

    frames = {k: t for k, t in plan.tables.items() if k not in _FOR_PROGRAMS}
    frames |= contributed.tables(plan)
    for key in ("zones", "counties", "townships", "redlines", "units"):
        frame = getattr(plan, key)
        if frame is not None:
            frames[key] = pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index()
    if plan.zones is not None and len(plan.zones):
        frames["zones"] = with_unzoned(plan)
    order = [key for key in _ORDER if key in frames]
    order += sorted(set(frames) - set(order))
    found = {key: with_names(plan, _one_language(_flat(frames[key]), lang), lang) for key in order}
    if plan.checks:
        found["checks"] = pd.DataFrame([_check_row(c, lang) for c in plan.checks])
    if plan.run.get("inputs"):
        found["inputs"] = pd.DataFrame(plan.run["inputs"])
    return found


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Bring a named index into the columns."""
    return table.reset_index() if table.index.name or table.index.nlevels > 1 else table


def _one_language(table: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Leave out sentences of the other language, and their short form; names stay in both."""
    own, other = (f"_{lang}", "_en" if lang == "zh" else "_zh")
    there = set(table.columns)
    extra = [
        c for c in table.columns
        if c.endswith(other) and c.removesuffix(other) + own in there and not c.startswith("name_")
    ]  # fmt: skip
    extra += ["flip"] if {"flip", "flip_zh", "flip_en"} <= there else []
    extra += [other[1:]] if {"en", "zh"} <= there else []
    return table.drop(columns=extra)


def _check_row(check: Any, lang: str) -> dict[str, Any]:
    row = check.as_dict()
    row["note"] = check.text.get(lang)
    row["margin"] = check.margin
    keep = ("check", "note", "where", "level", "ok", "measured", "limit", "margin", "unit")
    return {key: row[key] for key in keep}


def _sheet_names(names: list[str]) -> list[str]:
    """Make names that a spreadsheet takes: short, without its signs, and unique in any case."""
    done: list[str] = []
    for name in names:
        plain = "".join("_" if c in "[]:*?/\\" else c for c in clean(name)).strip("'") or "_"
        short, number = plain[:_NAME_LIMIT], 2
        while short.lower() in (d.lower() for d in done):
            tail = f" {number}"
            short, number = plain[: _NAME_LIMIT - len(tail)] + tail, number + 1
        done.append(short)
    return done


def _fill(
    sheet: WriteOnlyWorksheet,
    key: str,
    table: pd.DataFrame,
    known: Mapping[str, Mapping[str, str]],
    said: contributed.Words,
    lang: str,
    *,
    home: str | None = None,
) -> None:
    """Write one table with its two head rows; cell A2 leads back to the first sheet, if any."""
    # The codes of a wing's column have the words of the wing, whatever others call so.
    known = {**known, **{
        str(c): {code: word.get(lang) for code, word in given.items()}
        for c in table.columns if c != "source"  # which has no codes, and a name in Chinese
        if (given := said.values(str(c), key)) is not None
    }}  # fmt: skip
    columns = [_column(key, table[name], known, said, lang) for name in table.columns]
    if home is None or key in totals.ADDED or key in totals.SHOWN:
        columns = [c for one in columns for c in _with_km2(one, lang)]
    prepare(sheet, [c.width for c in columns], 2, len(table))
    heads(sheet, columns)
    if home is not None:
        link(sheet, "A2", home)  # office programs colour links: not on the dark head
    # One cell per column is filled again for each row. openpyxl keeps styles by reference, so text
    # that must be quoted has a cell of its own.
    plain = [_blank(sheet, column, quoted=False) for column in columns]
    quoted = [_blank(sheet, column, quoted=True) for column in columns]
    for row in _rows(table, columns, known, lang):
        cells = [
            q if isinstance(value, str) and value.startswith(_RISKY) else p
            for p, q, value in zip(plain, quoted, row, strict=True)
        ]
        for cell, value in zip(cells, row, strict=True):
            put(cell, value)
        sheet.append(cells)
    sums = totals.total(key, table)
    if sums is not None:
        _total(sheet, columns, sums, lang)


def _with_km2(column: _Column, lang: str) -> list[_Column]:
    """Put a column in km2 beside one in square metres."""
    if not column.name.endswith("_m2"):
        return [column]
    name = column.name.removesuffix("_m2") + "_km2"
    label = column.label.replace("m²", "km²")
    if label == column.label:
        label += "（km²）" if lang == "zh" else " (km²)"
    wide = max(column.width - 4, len(name) + 2.0)
    return [column, _Column(name, label, "#,##0.00", None, wide, column.name)]


def _total(
    sheet: WriteOnlyWorksheet, columns: list[_Column], sums: Mapping[str, int], lang: str
) -> None:
    """Write the row that adds up the table; what cannot be added stays empty."""
    from openpyxl.styles import Border, Font, Side

    cells = []
    for place, column in enumerate(columns):
        cell = _blank(sheet, column, quoted=False)
        value: Any = sums.get(column.of or column.name)
        if value is not None and column.of:
            value = value / M2_PER_KM2
        if place == 0:
            value = "合计" if lang == "zh" else "total"
        put(cell, value)
        cell.font = Font(bold=True)
        cell.border = Border(top=Side(style="thin", color="1F4E5F"))
        cells.append(cell)
    sheet.append(cells)


def _blank(sheet: WriteOnlyWorksheet, column: _Column, *, quoted: bool) -> Any:
    """Make the cell of a column; ``quoted`` keeps text a text when someone edits it."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet)
    cell.number_format = column.form
    if quoted:
        cell.quotePrefix = True
    return cell


def _rows(
    table: pd.DataFrame, columns: list[_Column], known: Mapping[str, Mapping[str, str]], lang: str
) -> Iterator[tuple[Any, ...]]:
    """Give the cells row by row: codes in words, nothing for what is missing."""
    import numpy as np

    ready = []
    for column in columns:
        given = table[column.of or column.name]
        values = given.astype(object).to_numpy()
        missing = given.isna().to_numpy()
        if column.of:
            values = np.array([None if gone else v / M2_PER_KM2
                               for v, gone in zip(values, missing, strict=True)],
                              dtype=object)  # fmt: skip
        elif column.codes:
            spoken = {v: say(known, column.codes, v, lang) for v in set(values[~missing])}
            values = np.array(
                [words.value(column.codes, None, lang) if gone else spoken[v]
                 for v, gone in zip(values, missing, strict=True)], dtype=object)  # fmt: skip
        else:
            values = np.where(missing, None, values)
        ready.append(values)
    return zip(*ready, strict=True) if ready else iter(())


def _column(
    key: str,
    values: pd.Series,
    known: Mapping[str, Mapping[str, str]],
    said: contributed.Words,
    lang: str,
) -> _Column:
    from zoning.outputs.prints.frame import columns as width_of

    name = str(values.name)
    # "ok" and the like have words; the severity of a check is not the level of a red line.
    narrow = "check_level" if (key, name) == ("checks", "level") else f"{key}.{name}"
    wording = narrow if holds_codes(known, narrow) else name
    label = said.heading(name, lang, key)
    measure = said.unit(name, key)
    form = _FORMATS.get(measure, "General")
    if form == "General" and values.dtype.kind == "f":
        form = "#,##0.00"
    elif form == "General" and values.dtype.kind in "iu" and measure:
        form = "#,##0"  # an amount; a number without a unit may be a code
    own = None if name == "source" else said.values(name, key)
    there = holds_codes(known, wording) if own is None else bool(own)
    codes = wording if there else None
    sample = [
        say(known, codes, v, lang) if codes else _shown(v, measure)
        for v in values.head(200) if not is_missing(v)
    ]  # fmt: skip
    longest = max([width_of(text) for text in sample] + [width_of(label) * 0.6, len(name)] + [8])
    return _Column(name, label, form, codes, min(longest + 2, 48))


def _shown(value: Any, measure: str) -> str:
    """Write a value about as long as the spreadsheet will show it."""
    if isinstance(value, str) or not isinstance(value, numbers.Real):
        return str(value)
    return "100.00%" if measure == "1" else f"{value:,.2f}"


def _about(sheet: WriteOnlyWorksheet, plan: Plan, found: Mapping[str, _Named], lang: str) -> None:
    """Write the first sheet: what this is, from what, and which sheets follow."""
    from zoning.outputs.prints.frame import columns as width_of

    chinese = lang == "zh"
    said, other = contributed.Words.of(plan), "en" if chinese else "zh"
    rows_of = [(n, said.table_name(k, other), k) for k, (n, _) in found.items()]
    longest = [max(width_of(row[i]) for row in rows_of) for i in range(3)]
    prepare(sheet, [*(min(max(34.0, w + 2), 60.0) for w in longest), 12], 0, 0)
    top: list[tuple[tuple[Any, ...], dict[str, Any]]] = [((plan.name,), {"bold": True, "size": 16})]
    warning = notice(plan, lang)
    if warning:
        top.append(((warning,), {"bold": True, "color": "A11D1D"}))
    top += [
        (("坐标系" if chinese else "CRS", plan.grid.crs[:60]), {}),
        (("单元边长（m）" if chinese else "side of a unit (m)", plan.grid.cell_m), {}),
        ((_UNITS[chinese],), {}), ((_LONG[chinese],), {}),
    ]  # fmt: skip
    if unzoned := why_unzoned(plan, lang):
        top.append(((f"{words.unzoned(lang)}{'：' if chinese else ': '}{unzoned}",), {}))
    heads = ("工作表", "英文名", "标识", "行数") if chinese else ("sheet", "Chinese", "key", "rows")
    top += [((), {}), (heads, {"bold": True})]
    for values, font in top:
        line(sheet, *values, **font)
    for place, (key, (name, rows)) in enumerate(found.items(), len(top) + 1):
        there = rows <= MOST_ROWS
        line(sheet, name if there else "–", said.table_name(key, other), key, rows)
        if there:
            link(sheet, f"A{place}", name)
