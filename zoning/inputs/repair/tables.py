"""Cells of a table put right: sums left out, numbers written plainly, markers emptied."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from zoning.base.shipped import load_toml
from zoning.errors import Finding, Text
from zoning.inputs.source import some

if TYPE_CHECKING:
    import pandas as pd

_TOTALS = {"合计", "总计", "全市合计", "全县合计", "小计", "total", "sum"}
_NUMBER = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$|^[+-]?\d+(\.\d+)?$")


#: Rows above the head that may hold a title (our choice).
_TITLES = 5


def drop_titles(cells: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Take out title rows, where the first row that names every column lies below them.

    Heads of two rows are not joined: what their names would be is a question.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame([["code", "people"], ["1", "5"]], columns=["Table 3", ""])
    >>> found, log = drop_titles(cells, "a.xlsx")
    >>> list(found.columns), found.to_numpy().tolist(), len(log)
    (['code', 'people'], [['1', '5']], 1)
    """
    named = sum(bool(str(c).strip()) for c in cells.columns)
    if named * 2 > cells.shape[1]:
        return cells, []
    for at in range(min(_TITLES, len(cells))):
        row = [unicodedata.normalize("NFKC", str(v)).strip() for v in cells.iloc[at]]
        if all(row) and len(set(row)) == len(row) and not any(map(_NUMBER.match, row)):
            title = next((str(c) for c in cells.columns if str(c).strip()), "")
            log = _log("title-rows", where, f"rows above the head were taken out: {title}",
                       f"表头以上的标题行已去除：{title}")  # fmt: skip
            head = [str(v).strip() for v in cells.iloc[at]]
            # The numbers of the rows stay those of the file.
            return cells.iloc[at + 1 :].set_axis(head, axis=1), [log]
    return cells, []


def drop_totals(cells: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Leave out rows that add up the others.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"code": ["1", "合计"], "population": ["5", "5"]}, dtype="string")
    >>> drop_totals(cells, "a.csv")[0]["code"].tolist()
    ['1']
    """
    plain = cells.map(lambda v: unicodedata.normalize("NFKC", str(v)).replace(" ", "").lower())
    hit = plain.isin(_TOTALS).any(axis=1)
    if not hit.any():
        return cells, []
    rows = [str(int(i) + 2) for i in cells.index[hit]]
    log = _log("total-row", where, f"sums were left out: rows {some(rows)}",
               f"第 {some(rows)} 行为合计，已去除")  # fmt: skip
    return cells[~hit].reset_index(drop=True), [log]


def plain_numbers(cells: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Write numbers without separators and full-width digits, and codes without odd blanks.

    Examples
    --------
    >>> import pandas as pd
    >>> plain_numbers(pd.DataFrame({"a": ["６０，０００"]}, dtype="string"), "a.csv")[0]["a"][0]
    '60000'
    """
    count = 0

    def plain(cell: Any) -> str:
        nonlocal count
        text = unicodedata.normalize("NFKC", str(cell))
        text = re.sub("[\u200b\u200c\u200d\ufeff]", "", text).strip()
        if not _NUMBER.match(text):
            return str(cell)
        new = text.replace(",", "")
        count += new != str(cell)
        return new

    out = cells.map(plain).astype("string")
    log = [_log("plain-number", where, f"{count} cells were written as plain numbers",
                f"{count} 个单元格已写为普通数字")] if count else []  # fmt: skip
    return out, log


def drop_unknown_markers(cells: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[Finding]]:
    """Empty cells with numbers that stand for "not known", such as -9999.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"population": ["-9999", "5"]}, dtype="string")
    >>> drop_unknown_markers(cells, "a.csv")[0]["population"].tolist()
    ['', '5']
    """
    import pandas as pd

    markers = load_toml("townships", "ranges.toml")["unknown"]
    hit = cells.apply(lambda c: pd.to_numeric(c, errors="coerce").isin(markers))
    count = int(hit.to_numpy().sum())
    if not count:
        return cells, []
    columns = some([str(c) for c in cells.columns[hit.any()]])
    log = _log("unknown-marker", where,
               f"cells that stand for \"not known\" were emptied ({count}): {columns}",
               f"{count} 个表示“未知”的单元格已清空：{columns}")  # fmt: skip
    return cells.mask(hit, ""), [log]


def _log(code: str, where: str, en: str, zh: str) -> Finding:
    return Finding(Text(en, zh), where, code=code, level="note")
