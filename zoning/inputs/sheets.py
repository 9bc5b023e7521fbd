"""Cells of CSV and XLSX files as text, before anything is made of them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError, Problem, Spot, Text
from zoning.inputs.bounds import check_workbook
from zoning.inputs.source import Rows, some

if TYPE_CHECKING:
    import pandas as pd

_ENCODINGS = ("utf-8-sig", "gb18030")
#: Workbooks of other programs, which are told and not read.
UNREAD = (".xls", ".xlsb", ".ods", ".et", ".numbers")


def read_cells(
    path: Path, *, sheet: str | None = None, encoding: str | None = None
) -> pd.DataFrame:
    """Read a table as text; the first row gives the names.

    Rows that are empty all through and nameless columns without values are left out.

    Returns
    -------
    DataFrame of str
        An empty cell is ``""``. Names may be empty or doubled: judging them is up to the caller.

    Raises
    ------
    InputError
        If the file cannot be read, has no such sheet or another encoding.
    """
    if path.suffix.lower() in UNREAD:
        raise InputError(_another_form(path))
    raw = _read_xlsx(path, sheet) if _is_excel(path) else _read_csv(path, encoding)
    return _tidy(raw)


def _another_form(path: Path) -> Problem:
    with path.open("rb") as stream:
        head = stream.read(512).lstrip().lower()
    page = head.startswith((b"<html", b"<!doctype", b"<table", b"<?xml"))
    kind = Text(" (in truth a web page)", "（实为网页）") if page else Text("", "")
    form = path.suffix.lower()
    old = Text("the old form ", "旧版 ") if form == ".xls" else Text("the form ", " ")
    return Problem(
        Text(f"a workbook in {old.en}{form}{kind.en} is not read",
             f"不支持{old.zh}{form} 工作簿{kind.zh}"),
        str(path), code="old-excel" if form == ".xls" else "other-workbook",
        remedy=Text("open it in Excel, WPS or LibreOffice and save it as .xlsx or CSV UTF-8",
                    "请用 Excel、WPS 或 LibreOffice 打开，另存为 .xlsx 或 CSV UTF-8"),
    )  # fmt: skip


def _is_excel(path: Path) -> bool:
    return path.suffix.lower() in (".xlsx", ".xlsm")


def _read_csv(path: Path, encoding: str | None) -> pd.DataFrame:
    import pandas as pd

    tried = (encoding,) if encoding else _encodings(path)
    for name in tried:
        try:
            with path.open(encoding=name, newline="") as stream:
                start, blank, heads = 0, 0, stream.readline()
                while heads and not heads.strip():
                    start, blank, heads = stream.tell(), blank + 1, stream.readline()
                stream.seek(start)
                cells = pd.read_csv(
                    stream, dtype=str, keep_default_na=False, header=None, skip_blank_lines=False,
                    sep=_separator(heads),
                )  # fmt: skip
                return cells.set_axis(range(blank, blank + len(cells)), axis=0)
        except (UnicodeDecodeError, LookupError):
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise _unreadable(path, error) from error
    raise InputError.one(
        f"the text is not {' or '.join(tried)}",
        f"文本编码不是 {' 或 '.join(tried)}",
        where=str(path),
        code="encoding",
        remedy=("save it as CSV UTF-8, or set encoding", "请另存为 CSV UTF-8，或设置 encoding"),
    )


def _encodings(path: Path) -> tuple[str, ...]:
    """Give the encodings to try; Excel's "Unicode text" begins with the mark of UTF-16."""
    with path.open("rb") as stream:
        mark = stream.read(2)
    return ("utf-16",) if mark in (b"\xff\xfe", b"\xfe\xff") else _ENCODINGS


def _separator(heads: str) -> str:
    """Give what parts the heads: the comma, unless only another sign does."""
    found = [sign for sign in ",;\t" if sign in heads]
    return found[0] if found else ","


def _read_xlsx(path: Path, sheet: str | None) -> pd.DataFrame:
    import pandas as pd

    check_workbook(path, str(path))
    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            names = [str(n) for n in book.sheet_names]
            if sheet is not None and sheet not in names:
                raise InputError(_no_sheet(sheet, names, path))
            chosen = names[0] if sheet is None else sheet
            return book.parse(chosen, header=None, dtype=object, keep_default_na=False)
    except InputError:
        raise
    except Exception as error:  # a damaged workbook breaks its reader in any way
        raise _unreadable(path, error) from error


def _sheet_names(path: Path) -> list[str]:
    import pandas as pd

    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            return [str(n) for n in book.sheet_names]
    except Exception as error:  # as above
        raise _unreadable(path, error) from error


def other_sheets(path: Path, sheet: str | None, wanted: Sequence[str]) -> Problem | None:
    """Say on which other sheet the table seems to be, where the first one is a cover.

    Parameters
    ----------
    path : Path
    sheet : str or None
        As the planner states it; a stated sheet is not doubted.
    wanted : sequence of str
        Heads of which one must be there.
    """
    if sheet is not None or not _is_excel(path):
        return None
    names = _sheet_names(path)
    for name in names[1:]:
        heads = set(_tidy(_read_xlsx(path, name)).columns)
        if heads & set(wanted) or (not wanted and len(heads) > 1):
            return Problem(
                Text(f"the first sheet '{names[0]}' holds no such table, '{name}' does",
                     f"第一张工作表“{names[0]}”中没有所需数据，“{name}”中有"),
                str(path), code="other-sheet",
                remedy=Text(f'sheet = "{name}"; sheets: {some(names, 20)}',
                            f'sheet = "{name}"；工作表有：{some(names, 20)}'),
            )  # fmt: skip
    return None


def formula_problems(path: Path, sheet: str | None, where: str) -> list[Problem]:
    """Find formulas without a result, and cells with an error such as #DIV/0!.

    A file keeps the result of each formula beside it; programs that write formulas leave it out,
    and the cell seems to be empty.
    """
    if not _is_excel(path) or not _has_formulas(path):
        return []
    import openpyxl

    try:
        formulas = openpyxl.load_workbook(path, read_only=True)
        results = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception:  # its own reader has told what is wrong
        return []
    try:
        name = sheet if sheet in formulas.sheetnames else formulas.sheetnames[0]
        pairs = zip(formulas[name].iter_rows(), results[name].iter_rows(), strict=False)
        both = [(a, b) for left, right in pairs for a, b in zip(left, right, strict=False)]
        cells = [
            a.coordinate for a, b in both
            if isinstance(a.value, str) and a.value.startswith("=") and b.value is None
        ]  # fmt: skip
        broken = [(b.coordinate, str(b.value)) for _, b in both if b.data_type == "e"]
    finally:
        formulas.close()
        results.close()
    found = [_error_cells(broken, where)] if broken else []
    if not cells:
        return found
    return [
        *found,
        Problem(
            Text(f"{len(cells)} formulas were never calculated: {some(cells)}",
                 f"{len(cells)} 个公式从未计算：{some(cells)}"),
            where, measured=len(cells), limit=0, code="formula-not-calculated",
            remedy=Text("open the file in Excel, WPS or LibreOffice and save it, or paste values",
                        "请用 Excel、WPS 或 LibreOffice 打开并保存，或粘贴为数值"),
        )
    ]  # fmt: skip


def _error_cells(cells: Sequence[tuple[str, str]], where: str) -> Problem:
    """Say which cells show an error; a reader of tables would take them for empty."""
    listed = some(f"{at} ({value})" for at, value in cells)
    return Problem(
        Text(f"cells with an error: {listed}", f"{len(cells)} 个单元格为错误值：{listed}"),
        where, measured=len(cells), limit=0, code="error-cell",
        remedy=Text("mend the formula, or clear the cell where the value is not known",
                    "请修正公式；若数值未知，请清空单元格"),
        spots=tuple(Spot(at, value) for at, value in cells[:2000]),
    )  # fmt: skip


def _has_formulas(path: Path) -> bool:
    """Whether any sheet holds a formula or an error, looked for in the packed text by pieces."""
    try:
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
                    continue
                with book.open(name) as sheet:
                    tail = b""
                    while block := sheet.read(1 << 20):
                        if any(mark in tail + block for mark in (b"<f>", b"<f ", b't="e"')):
                            return True
                        tail = block[-5:]
    except (OSError, zipfile.BadZipFile):
        return False
    return False


def _tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Take the first row as names; drop rows and nameless columns that are empty all through."""
    import pandas as pd

    cells = raw.map(_text)
    cells = cells[(cells != "").any(axis=1)]
    if cells.empty:
        return pd.DataFrame()
    body = cells.iloc[1:].set_axis(cells.iloc[0].tolist(), axis=1)
    keep = [bool(name) or bool((body.iloc[:, i] != "").any()) for i, name in enumerate(body)]
    body = body.loc[:, keep].astype("string")
    rows = Rows(int(i) + 1 for i in body.index)
    body = body.reset_index(drop=True)
    body.attrs["rows"] = rows  # as a spreadsheet counts them: the heads are row 1
    return body


def _text(cell: Any) -> str:
    """Write a cell as text; Excel keeps whole numbers as floats."""
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return str(cell).strip()


def _no_sheet(sheet: str, names: Sequence[str], path: Path) -> Problem:
    return Problem(
        Text(f"no sheet '{sheet}'", f"没有工作表 '{sheet}'"),
        str(path),
        remedy=Text(f"sheets: {some(names, 20)}", f"工作表有：{some(names, 20)}"),
        code="missing-sheet",
    )


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        Problem(
            Text(f"the table cannot be read: {error}", f"表格无法读取：{error}"),
            str(path),
            remedy=Text("save it as XLSX or CSV UTF-8", "请另存为 XLSX 或 CSV UTF-8"),
            code="unreadable-file",
        )
    )
