"""How large a file may be: looked at before it is read, so that none can hold a machine up."""

from __future__ import annotations

import re
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from xml.parsers import expat

from zoning.errors import InputError, ZoningError

#: Cells from A1 to the farthest that holds something (our choice: 50 columns of all townships of
#: the country are 2 million).
MOST_CELLS = 20_000_000
#: Bytes of one member of an archive after unpacking (our choice).
MOST_UNPACKED = 1 << 30
_CELL = re.compile(r"([A-Za-z]{1,3})\d+$")
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
                _check_part(book, part, where)
    except (OSError, ValueError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile,
            zlib.error):  # fmt: skip
        return


def _check_part(book: zipfile.ZipFile, part: zipfile.ZipInfo, where: str) -> None:
    """Read the marks of a part as XML does: what a pattern misses holds its reader up all the same.

    Rows and cells may say where they are, or follow one another; a row far away is reached one by
    one. Any part may be a sheet.
    """
    reach = _Reach()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reach.see
    with book.open(part) as file, suppress(expat.ExpatError):  # its reader says what is wrong
        while (block := file.read(_BLOCK)) and not reach.too_far:
            parser.Parse(block)
    if reach.too_far:
        far = reach.column * reach.row <= MOST_CELLS  # a row without cells
        column, row = max(reach.column, 1), max(reach.last if far else reach.row, 1)
        cells = max(column * row, reach.cells)
        raise InputError.one(
            f"the cells of {part.filename} reach to {_name(column)}{row}: {cells:,} cells",
            f"{part.filename} 的单元格延伸到 {_name(column)}{row}，共 {cells:,} 个",
            where=where, measured=cells, limit=MOST_CELLS, code="too-many-cells",
            remedy=("delete the rows and columns beyond the table, and save",
                    "请删除表格以外的行和列后保存"),
        )  # fmt: skip


class _Reach:
    """How far the cells of a part reach, and how many there are; texts that cells share count.

    Rows without cells, as sheets with heights of rows have to their end, cost little: only where
    they are farther than cells may be many.
    """

    def __init__(self) -> None:
        self.column = self.row = self.last = self.cells = self._at = 0

    @property
    def too_far(self) -> bool:
        return max(self.column * self.row, self.last, self.cells) > MOST_CELLS

    def see(self, element: str, told: dict[str, str]) -> None:
        kind = element.rpartition(" ")[2]
        if kind == "row":
            self.last, self._at = max(self.last + 1, _whole(told.get("r", ""))), 0
        elif kind == "c":
            found = _CELL.match(told.get("r", ""))
            self._at = _column(found[1].upper()) if found else self._at + 1
            self.column, self.row = max(self.column, self._at), self.last
        self.cells += kind in ("c", "si")


def _whole(text: str) -> int:
    """Give the number of a row as its reader takes it: as written, or with a point or exponent."""
    for kind in (int, float):
        with suppress(ValueError, OverflowError):
            return int(kind(text))
    return 0


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


def _column(name: str) -> int:
    number = 0
    for letter in name:
        number = number * 26 + ord(letter) - 64
    return number


def _name(column: int) -> str:
    name = ""
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(65 + letter) + name
    return name
