"""Cells of a table in text: what means that nothing is known, and what is a number."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from zoning.errors import Finding, Text
from zoning.inputs.source import some

if TYPE_CHECKING:
    import pandas as pd

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
#: Cells that mean "not known" in statistics tables.
_MISSING = frozenset(
    ("", "-", "--", "—", "——", "–", "…", "/", "NA", "N/A", "#N/A", "NULL", "null", "None", "nan",
     "NaN", "<NA>", "无", "缺")
)  # fmt: skip


def plain(cell: str) -> Any:
    """Give a cell in half-width signs without blanks around it; what means nothing is missing."""
    import pandas as pd

    text = unicodedata.normalize("NFKC", cell).strip() if not cell.isascii() else cell.strip()
    return pd.NA if text in _MISSING or cell.strip() in _MISSING else text


def bare(cell: str) -> str:
    """Leave out the separators of thousands."""
    return cell.replace(",", "") if _GROUPED.fullmatch(cell) else cell


def numbers_of(column: pd.Series) -> pd.Series:
    """Read the numbers of a column, also those that stand in text; what is none is missing.

    So is what is too large to be counted exactly (2**53), as no area, year or number of people is.

    Examples
    --------
    >>> import pandas as pd
    >>> numbers_of(pd.Series(["1,234", "—", "about 3", "７.5"])).tolist()
    [1234.0, nan, nan, 7.5]
    """
    import pandas as pd

    cells = column.astype(object).map(lambda c: plain(c) if isinstance(c, str) else c)
    text = cells.map(lambda c: bare(c) if isinstance(c, str) else c)
    numbers = pd.to_numeric(text, errors="coerce")
    return numbers.where(numbers.abs() < 2**53)


def no_numbers(column: pd.Series, where: str) -> list[Finding]:
    """Tell what stands in a column of numbers and is none.

    Examples
    --------
    >>> import pandas as pd
    >>> told = no_numbers(pd.Series(["about 3", "—", "2"], name="area_ha"), "parks.gpkg")
    >>> told[0].what.en
    "1 value of 'area_ha' is no number and is read as missing: about 3"
    """
    there = column.astype(object).map(lambda c: plain(c) if isinstance(c, str) else c).notna()
    odd = column[there & numbers_of(column).isna()]
    if not len(odd):
        return []
    n, listed = len(odd), some(map(str, odd))
    values = "1 value" if n == 1 else f"{n} values"
    no = "is no number and is" if n == 1 else "are no numbers and are"
    return [Finding(
        Text(f"{values} of '{column.name}' {no} read as missing: {listed}",
             f"“{column.name}”有 {n} 个值不是数字，按缺失处理：{listed}"),
        where, code="no-number", level="warning",
        remedy=Text("write plain numbers, or leave the cell empty", "请填写纯数字，或将单元格留空"),
    )]  # fmt: skip
