"""tables.xlsx: one sheet per table of the plan, ready to print, with text that stays text.

Two head rows: the name for people in one language, and the name of the column as in the other
files. Names that begin with ``=``, ``+``, ``-`` or ``@`` are written as text and marked as such,
so no spreadsheet runs them.
"""

from __future__ import annotations

import io
import math
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.outputs import contributed
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

__all__ = ["sheets", "write"]

#: A longer table is named in the first sheet and left to units.parquet. Spreadsheets hold
#: 1,048,576 rows, but are of no use long before; our choice.
MOST_ROWS = 20_000
_TEXT_LIMIT = 32_767  # characters in a cell (ECMA-376 implementations)
_A4 = 9  # number of the paper in ECMA-376
_WIDE = 180  # characters that can still be read on A4
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


_LONG = (
    f"Tables of more than {MOST_ROWS:,} rows (–) are not written here; see units.parquet.",
    f"超过 {MOST_ROWS:,} 行的表（–）不写入本文件，见 units.parquet。",
)
_UNITS = (
    "Areas are whole square metres, shares are shown in per cent, empty means no data.",
    "面积单位为平方米（整数），比例以百分数显示，空白为无数据。",
)
_Named = tuple[str, int]  # name of the sheet, number of rows


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    label: str
    form: str
    codes: str | None  # the column whose words its codes take
    width: float


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

    frames: dict[str, pd.DataFrame] = {**plan.tables, **contributed.tables(plan)}
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
    """Leave out sentences of the other language; names stay in both."""
    own, other = (f"_{lang}", "_en" if lang == "zh" else "_zh")
    there = set(table.columns)
    extra = [
        c for c in table.columns
        if c.endswith(other) and c.removesuffix(other) + own in there and not c.startswith("name_")
    ]  # fmt: skip
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
) -> None:
    """Write one table with its two head rows."""
    # The codes of a wing's column have the words of the wing, whatever others call so.
    known = {**known, **{
        str(c): {code: word.get(lang) for code, word in given.items()}
        for c in table.columns if (given := said.values(str(c), key)) is not None
    }}  # fmt: skip
    columns = [_column(key, table[name], known, said, lang) for name in table.columns]
    _prepare(sheet, [c.width for c in columns], 2, len(table))
    _heads(sheet, columns)
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
            _put(cell, value)
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
    for name, column in zip(table.columns, columns, strict=True):
        values = table[name].astype(object).to_numpy()
        missing = table[name].isna().to_numpy()
        if column.codes:
            spoken = {v: say(known, column.codes, v, lang) for v in set(values[~missing])}
            values = np.array(
                [words.value(column.codes, None, lang) if gone else spoken[v]
                 for v, gone in zip(values, missing, strict=True)], dtype=object)  # fmt: skip
        else:
            values = np.where(missing, None, values)
        ready.append(values)
    return zip(*ready, strict=True) if ready else iter(())


def _put(cell: Any, value: Any) -> None:
    """Fill a cell; text is marked as text, whatever it begins with."""
    import numpy as np

    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        cell.value = value
        return
    text = clean(value)[:_TEXT_LIMIT]
    cell.value = text
    cell.data_type = "s"  # openpyxl takes "=1+1" for a formula


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
    wording = "check_level" if (key, name) == ("checks", "level") else name
    label = said.heading(name, lang, key)
    measure = said.unit(name, key)
    form = _FORMATS.get(measure, "General")
    if form == "General" and values.dtype.kind == "f":
        form = "#,##0.00"
    own = said.values(name, key)
    there = holds_codes(known, wording) if own is None else bool(own)
    codes = wording if there else None
    sample = [_shown(v, measure) for v in values.head(200) if not is_missing(v)]
    longest = max([width_of(text) for text in sample] + [width_of(label) * 0.6, len(name)] + [8])
    return _Column(name, label, form, codes, min(longest + 2, 48))


def _shown(value: Any, measure: str) -> str:
    """Write a value about as long as the spreadsheet will show it."""
    if isinstance(value, str) or not isinstance(value, numbers.Real):
        return str(value)
    return "100.00%" if measure == "1" else f"{value:,.2f}"


def _prepare(sheet: WriteOnlyWorksheet, widths: list[float], heads: int, rows: int) -> None:
    """Freeze the heads and the first column, set widths, filter and printing."""
    from openpyxl.utils import get_column_letter

    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    if heads:
        sheet.freeze_panes = f"B{heads + 1}"
        sheet.print_title_rows = f"1:{heads}"
        last = get_column_letter(len(widths))
        sheet.auto_filter.ref = f"A{heads}:{last}{heads + max(rows, 1)}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    # Wide tables go over several sheets beside each other, the first column on each.
    pages = max(1, math.ceil(sum(widths) / _WIDE))
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = pages, 0
    if pages > 1:
        sheet.print_title_cols = "A:A"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&P / &N"


def _heads(sheet: WriteOnlyWorksheet, columns: list[_Column]) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    fill = PatternFill("solid", fgColor="1F4E5F")
    line = Border(bottom=Side(style="thin", color="1F4E5F"))
    sheet.row_dimensions[1].height = 32  # two lines
    labels, names = [], []
    for column in columns:
        label, name = WriteOnlyCell(sheet), WriteOnlyCell(sheet)
        _put(label, column.label)
        _put(name, column.name)
        label.font = Font(bold=True, color="FFFFFF")
        label.fill = fill
        label.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
        name.font = Font(size=8, color="6F6F6F")
        name.border = line
        labels.append(label)
        names.append(name)
    sheet.append(labels)
    sheet.append(names)


def _about(sheet: WriteOnlyWorksheet, plan: Plan, found: Mapping[str, _Named], lang: str) -> None:
    """Write the first sheet: what this is, from what, and which sheets follow."""
    chinese = lang == "zh"
    _prepare(sheet, [34, 34, 28, 12], 0, 0)
    _line(sheet, plan.name, bold=True, size=16)
    warning = notice(plan, lang)
    if warning:
        _line(sheet, warning, bold=True, color="A11D1D")
    _line(sheet, "坐标系" if chinese else "CRS", plan.grid.crs[:60])
    _line(sheet, "单元边长（m）" if chinese else "side of a unit (m)", plan.grid.cell_m)
    _line(sheet, _UNITS[chinese])
    _line(sheet, _LONG[chinese])
    if unzoned := why_unzoned(plan, lang):
        _line(sheet, f"{words.unzoned(lang)}{'：' if chinese else ': '}{unzoned}")
    _line(sheet)
    said = contributed.Words.of(plan)
    heads = ("工作表", "英文名", "标识", "行数") if chinese else ("sheet", "Chinese", "key", "rows")
    _line(sheet, *heads, bold=True)
    other = "en" if chinese else "zh"
    for key, (name, rows) in found.items():
        _line(sheet, name if rows <= MOST_ROWS else "–", said.table_name(key, other), key, rows)


def _line(sheet: WriteOnlyWorksheet, *values: Any, **font: Any) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cells = [WriteOnlyCell(sheet) for _ in values]
    for cell, value in zip(cells, values, strict=True):
        _put(cell, value)
        cell.font = Font(**font)
    sheet.append(cells)
