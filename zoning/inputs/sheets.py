"""Cells of CSV and XLSX files as text, before anything is made of them."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError, Problem, Text
from zoning.inputs.source import some

if TYPE_CHECKING:
    import pandas as pd

_ENCODINGS = ("utf-8-sig", "gb18030")


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
    raw = _read_xlsx(path, sheet) if _is_excel(path) else _read_csv(path, encoding)
    return _tidy(raw)


def _is_excel(path: Path) -> bool:
    return path.suffix.lower() in (".xlsx", ".xlsm")


def _read_csv(path: Path, encoding: str | None) -> pd.DataFrame:
    import pandas as pd

    tried = (encoding,) if encoding else _ENCODINGS
    for name in tried:
        try:
            with path.open(encoding=name, newline="") as stream:
                return pd.read_csv(
                    stream, dtype=str, keep_default_na=False, header=None, skip_blank_lines=True
                )
        except (UnicodeDecodeError, LookupError):
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            raise _unreadable(path, error) from error
    raise InputError.one(
        f"the text is not {' or '.join(tried)}",
        f"文本编码不是 {' 或 '.join(tried)}",
        where=str(path),
        code="encoding",
        remedy=("save it as CSV UTF-8, or set encoding", "请另存为 CSV UTF-8,或设置 encoding"),
    )


def _read_xlsx(path: Path, sheet: str | None) -> pd.DataFrame:
    import pandas as pd

    try:
        with pd.ExcelFile(path, engine="openpyxl") as book:
            names = [str(n) for n in book.sheet_names]
            if sheet is not None and sheet not in names:
                raise InputError(_no_sheet(sheet, names, path))
            chosen = names[0] if sheet is None else sheet
            return book.parse(chosen, header=None, dtype=object, keep_default_na=False)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from error


def _tidy(raw: pd.DataFrame) -> pd.DataFrame:
    """Take the first row as names; drop rows and nameless columns that are empty all through."""
    import pandas as pd

    cells = raw.map(_text)
    cells = cells[(cells != "").any(axis=1)]
    if cells.empty:
        return pd.DataFrame()
    body = cells.iloc[1:].set_axis(cells.iloc[0].tolist(), axis=1)
    keep = [bool(name) or bool((body.iloc[:, i] != "").any()) for i, name in enumerate(body)]
    return body.loc[:, keep].reset_index(drop=True).astype("string")


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
        remedy=Text(f"sheets: {some(names, 20)}", f"工作表有:{some(names, 20)}"),
        code="missing-sheet",
    )


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(
        Problem(
            Text(f"the table cannot be read: {error}", f"表格无法读取:{error}"),
            str(path),
            remedy=Text("save it as XLSX or CSV UTF-8", "请另存为 XLSX 或 CSV UTF-8"),
            code="unreadable-file",
        )
    )
