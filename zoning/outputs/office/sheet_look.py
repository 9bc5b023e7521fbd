"""How a sheet of a workbook looks: cells, heads, links, widths, printing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from zoning.outputs.office.whole import clean

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

_TEXT_LIMIT = 32_767  # characters in a cell (ECMA-376 implementations)
_A4 = 9  # number of the paper in ECMA-376
_WIDE = 180  # characters that can still be read on A4


class Named(Protocol):
    """A column with its two names."""

    @property
    def name(self) -> str:
        """As in the other files."""

    @property
    def label(self) -> str:
        """For people."""


def put(cell: Any, value: Any) -> None:
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


def link(sheet: WriteOnlyWorksheet, place: str, name: str) -> None:
    """Make a cell lead to another sheet."""
    from openpyxl.worksheet.hyperlink import Hyperlink

    quoted = name.replace("'", "''")
    sheet._hyperlinks.append(Hyperlink(ref=place, location=f"'{quoted}'!A1", tooltip=name))


def prepare(sheet: WriteOnlyWorksheet, widths: list[float], heads: int, rows: int) -> None:
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
    sheet.oddHeader.center.text = "&A"
    sheet.oddFooter.center.text = "&P / &N"


def heads(sheet: WriteOnlyWorksheet, columns: Sequence[Named]) -> None:
    """Write the two head rows."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    fill = PatternFill("solid", fgColor="1F4E5F")
    line = Border(bottom=Side(style="thin", color="1F4E5F"))
    sheet.row_dimensions[1].height = 32  # two lines
    labels, names = [], []
    for column in columns:
        label, name = WriteOnlyCell(sheet), WriteOnlyCell(sheet)
        put(label, column.label)
        put(name, column.name)
        label.font = Font(bold=True, color="FFFFFF")
        label.fill = fill
        label.alignment = Alignment(wrap_text=True, horizontal="center", vertical="center")
        name.font = Font(size=8, color="6F6F6F")
        name.border = line
        labels.append(label)
        names.append(name)
    sheet.append(labels)
    sheet.append(names)


def line(sheet: WriteOnlyWorksheet, *values: Any, **font: Any) -> None:
    """Write a line in one font."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cells = [WriteOnlyCell(sheet) for _ in values]
    for cell, value in zip(cells, values, strict=True):
        put(cell, value)
        cell.font = Font(**font)
    sheet.append(cells)
