"""How large a file may be: looked at before it is read, so that none can hold a machine up."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from zoning.errors import InputError, ZoningError

#: Cells from A1 to the farthest that holds something (our choice: 50 columns of all townships of
#: the country are 2 million).
MOST_CELLS = 20_000_000
#: Bytes of one member of an archive after unpacking (our choice).
MOST_UNPACKED = 1 << 30
_CELL = re.compile(rb'<c [^>]*?\br="([A-Z]{1,3})(\d{1,7})"')
_BLOCK = 1 << 20


def check_workbook(path: Path, where: str) -> None:
    """Refuse a workbook whose cells reach too far, or whose parts unpack to too much.

    A single value typed at XFD1048576 makes a sheet of 17 thousand million cells.

    Raises
    ------
    InputError
        With the farthest cell, or the part that is too large. A file that is no archive passes:
        its reader says what is wrong with it.
    """
    try:
        with zipfile.ZipFile(path) as book:
            for part in book.infolist():
                if part.file_size > MOST_UNPACKED:
                    raise _too_large(part, where)
            for part in book.infolist():
                if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                    _check_sheet(book, part, where)
    except (OSError, ValueError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile,
            zlib.error):  # fmt: skip
        return


def _check_sheet(book: zipfile.ZipFile, part: zipfile.ZipInfo, where: str) -> None:
    column = row = 0
    with book.open(part) as sheet:
        tail = b""
        while block := sheet.read(_BLOCK):
            for name, number in _CELL.findall(tail + block):
                column, row = max(column, _column(name)), max(row, int(number))
            tail = block[-100:]
    if column * row > MOST_CELLS:
        far = f"{_name(column)}{row}"
        raise InputError.one(
            f"the cells of {part.filename} reach to {far}: {column * row:,} cells",
            f"{part.filename} 的单元格延伸到 {far}，共 {column * row:,} 个",
            where=where, measured=column * row, limit=MOST_CELLS, code="too-many-cells",
            remedy=("delete the rows and columns beyond the table, and save",
                    "请删除表格以外的行和列后保存"),
        )  # fmt: skip


def _too_large(part: zipfile.ZipInfo, where: str) -> ZoningError:
    size = part.file_size / 2**20
    return InputError.one(
        f"{part.filename} unpacks to {size:,.0f} MB",
        f"{part.filename} 解压后为 {size:,.0f} MB",
        where=where,
        measured=part.file_size,
        limit=MOST_UNPACKED,
        code="too-large",
        remedy=("check where the file is from", "请核对文件来源"),
    )


def _column(name: bytes) -> int:
    number = 0
    for letter in name:
        number = number * 26 + letter - 64
    return number


def _name(column: int) -> str:
    name = ""
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(65 + letter) + name
    return name
