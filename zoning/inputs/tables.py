"""Tables of attributes: CSV and XLSX, with codes as text and numbers as numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.errors import Finding, InputError, Problem, Text, suggest
from zoning.inputs import renamed
from zoning.inputs.cells import bare, plain
from zoning.inputs.codes import check_codes, clean_codes
from zoning.inputs.columns import recognise
from zoning.inputs.sheets import formula_problems, other_sheets, read_cells
from zoning.inputs.source import Source, existing, sha256_of, some
from zoning.inputs.spots import spots

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_CODE = re.compile(r"0\d", re.ASCII)
_WHOLE = re.compile(r"[+-]?[\d,]+(\.0+)?", re.ASCII)


def read_table(
    path: str | Path,
    *,
    code: str | Sequence[str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    role: str = "table",
) -> tuple[pd.DataFrame, Source]:
    r"""Read a CSV or XLSX table with one header row.

    Codes stay text. A column becomes numbers (``Int64`` or ``Float64``) when every cell that is
    not missing is one; thousands separators and full-width digits are understood, percentages and
    remarks are not guessed and stay text.

    Parameters
    ----------
    path : str or Path
        ``.csv`` or ``.txt`` (UTF-8 or GB 18030), ``.xlsx`` or ``.xlsm``.
    code : str or sequence of str, optional
        Column of the code; must be there, filled and unique. Of several names the first that is
        there.
    sheet : str, optional
        Sheet of an XLSX file; the first if left out.
    encoding : str, optional
        Of a CSV file.
    role : str
        What the table is for, in messages.

    Returns
    -------
    DataFrame
        Rows in the order of the file.
    Source

    Raises
    ------
    InputError
        With all problems of the file together.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "统计 表.csv")
    ...     _ = path.write_text("代码,人口,备注\n0321,\"12,345\",\n0322,-,约数\n", "gb18030")
    ...     table, _ = read_table(path, code="代码")
    >>> table["代码"].tolist(), table["人口"].tolist()
    (['0321', '0322'], [12345, <NA>])
    """
    path = existing(Path(path), role)
    where = f"{path}:{sheet}" if sheet else str(path)
    raw = read_cells(path, sheet=sheet, encoding=encoding)
    names = [code] if isinstance(code, str) else list(code or ())
    code = next((name for name in names if name in raw.columns), names[0] if names else None)
    problems = formula_problems(path, sheet, where)
    problems += _header_problems(raw, where)
    if len(raw) == 0:
        problems.append(_empty(where))
    if code is not None and code not in raw.columns:
        problems.append(_no_code(code, list(raw.columns), where))
    if problems:
        elsewhere = other_sheets(path, sheet, names)
        if elsewhere is not None:
            problems = [elsewhere]
        raise InputError(problems)

    table = raw.copy()
    findings: list[Finding] = []
    for column in raw.columns:
        if column == code:
            table[column] = clean_codes(raw[column].map(plain))
        else:
            table[column], remark = as_numbers(raw[column], where, rows_of(raw))
            findings += remark
    if code is not None:
        problems = check_codes(table[[code]], where, rows_of(raw), parts=False)
        if problems:
            raise InputError(problems)
    record = Source(
        role, path.as_posix(), sheet, sha256_of(path), len(table), None, tuple(findings)
    )
    return table, record


def rows_of(table: pd.DataFrame) -> list[str]:
    """Name the rows of a table as a spreadsheet counts them: the heads are row 1."""
    known = table.attrs.get("rows", ())
    rows = known if len(known) == len(table) else range(2, len(table) + 2)
    return [f"row {i}" for i in rows]


def as_numbers(
    column: pd.Series, where: str = "", rows: Sequence[str] = ()
) -> tuple[pd.Series, list[Finding]]:
    """Turn text into numbers where all of a column are, else give it back as text.

    A column with leading zeros is a column of codes and stays text.

    Returns
    -------
    Series, list of Finding
        ``Int64``, ``Float64`` or ``string``; a warning where most but not all cells are numbers.

    Examples
    --------
    >>> import pandas as pd
    >>> as_numbers(pd.Series(["1,234", "—", "7.5"], dtype="string"))[0].tolist()
    [1234.0, <NA>, 7.5]
    """
    import pandas as pd

    text = column.astype("string").map(plain, na_action="ignore").astype("string")
    there = text.dropna()
    cells = there.to_numpy(object).tolist()
    if not cells or any(map(_CODE.match, cells)):
        return text, []
    ungrouped = pd.Series([bare(cell) for cell in cells], there.index, dtype="string")
    numbers = pd.to_numeric(ungrouped, errors="coerce")
    numbers = numbers.astype("Float64")
    numbers = numbers.where(numbers.abs() < float("inf"))
    strange = there[numbers.isna().to_numpy()]
    if len(strange) == 0:
        whole = all(map(_WHOLE.fullmatch, cells)) and (numbers.abs() < 2**53).all()
        out = numbers.reindex(column.index)
        return (out.astype("Int64") if whole else out), []
    if len(strange) > len(there) / 2:
        return text, []
    finding = Finding(
        Text(
            f"{len(strange)} of {len(there)} values of '{column.name}' are no numbers, so the "
            f"column stays text: {some(strange)}",
            f"'{column.name}' 的 {len(there)} 个值中有 {len(strange)} 个不是数字，该列按文本保留："
            f"{some(strange)}",
        ),
        where,
        measured=len(strange),
        limit=0,
        remedy=Text("write plain numbers, or leave the cell empty", "请填写纯数字，或将单元格留空"),
        code="mixed-column",
        spots=spots((rows[i] for i in column.index.get_indexer(strange.index)), strange)
        if rows
        else (),
    )
    return text, [finding]


def join_table(
    frame: gpd.GeoDataFrame,
    table: pd.DataFrame,
    code: str = "code",
    table_code: str = "code",
    *,
    where: str = "",
) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """Join attributes to polygons by code, one to one.

    Rows without a partner are reported, never guessed: a polygon keeps ``<NA>``, a row of the
    table is left out. Columns that both have keep the value of the polygons.

    Parameters
    ----------
    frame : GeoDataFrame
        Polygons with unique codes in ``code``.
    table : DataFrame
        Attributes with unique codes in ``table_code``.
    where : str
        How to name the table in messages.

    Returns
    -------
    GeoDataFrame, list of Finding
        On the index of ``frame``.

    Raises
    ------
    InputError
        If codes repeat, or not a single one is found on both sides.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> towns = gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=[shapely.box(0, 0, 1, 1)] * 2)
    >>> joined, found = join_table(towns, pd.DataFrame({"code": ["a", "c"], "people": [5, 7]}))
    >>> joined.people.tolist(), [f.code for f in found]
    ([5, <NA>], ['no-row', 'no-polygon'])
    """
    left, right = clean_codes(frame[code]), clean_codes(table[table_code])
    rows = rows_of(table)
    problems = check_codes(
        left.to_frame(), where, [f"polygon {i}" for i in frame.index], shapes=frame.geometry
    )
    problems += check_codes(right.to_frame(), where, rows, parts=False)
    if not problems and not set(left) & set(right):
        problems.append(_nothing_joins(left, right, where))
        names = (frame.get("name"), table.get("name"))
        problems += renamed.tell(renamed.propose(left, right, *names), where)
    if problems:
        raise InputError(problems)

    findings = _unmatched(left, right, where, frame.geometry, rows)
    names = (frame.get("name"), table.get("name"))
    findings += renamed.tell(renamed.propose(left, right, *names), where)
    values = table.drop(columns=table_code).set_axis(right.to_numpy(dtype=object), axis=0)
    values = values.convert_dtypes().reindex(left.to_numpy(dtype=object))
    values = values.set_axis(frame.index, axis=0)
    both = [c for c in values.columns if c in frame.columns]
    shapes = frame.geometry
    findings += [f for c in both if (f := _differs(frame[c], values[c], where, left, shapes))]
    return frame.join(values.drop(columns=both)), findings


def _header_problems(raw: pd.DataFrame, where: str) -> list[Problem]:
    names = list(raw.columns)
    doubled = sorted({n for n in names if n and names.count(n) > 1})
    problems = []
    if doubled:
        problems.append(
            Problem(
                Text(f"column names occur twice: {some(doubled)}", f"字段名重复：{some(doubled)}"),
                where,
                remedy=Text("give each column a name of its own", "请为每一列设置唯一名称"),
                code="duplicate-column",
            )
        )
    if "" in names:
        problems.append(
            Problem(
                Text(
                    f"column {names.index('') + 1} has values but no name",
                    f"第 {names.index('') + 1} 列有数值但没有名称",
                ),
                where,
                remedy=Text(
                    "the first row must hold the names; take out titles and merged cells",
                    "第一行应为字段名；请去除标题行和合并单元格",
                ),
                code="nameless-column",
            )
        )
    return problems


def _empty(where: str) -> Problem:
    return Problem(
        Text("the table has no rows", "表中没有数据行"),
        where,
        remedy=Text("check file and sheet", "请检查文件和工作表"),
        code="no-rows",
    )


def _no_code(code: str, names: Sequence[str], where: str) -> Problem:
    near = next((o.head for o in recognise(names, ["code"])), None) or suggest(code, names)
    hint = Text("", "")
    if near:
        hint = Text(f"did you mean '{near}' (for townships: table_code = \"{near}\")? ",
                    f"是否指“{near}”（乡镇表请写 table_code = \"{near}\"）？")  # fmt: skip
    listed = some(names, 20)
    return Problem(
        Text(f"column '{code}' is missing", f"缺少字段 '{code}'"),
        where,
        remedy=Text(f"{hint.en}columns: {listed}", f"{hint.zh}字段有：{listed}"),
        code="missing-column",
    )


def _unmatched(
    left: pd.Series, right: pd.Series, where: str, shapes: gpd.GeoSeries, rows: Sequence[str]
) -> list[Finding]:
    bare, loose = ~left.isin(set(right)), ~right.isin(set(left))
    no_row = sorted(set(left) - set(right))
    no_polygon = sorted(set(right) - set(left))
    out = []
    if no_row:
        out.append(
            Finding(
                Text(
                    f"{len(no_row)} polygons have no row in the table: {some(no_row)}",
                    f"{len(no_row)} 个面在表中没有记录：{some(no_row)}",
                ),
                where,
                measured=len(no_row),
                limit=0,
                remedy=Text("their values are unknown; add rows", "其属性未知；请补充记录"),
                code="no-row",
                spots=spots(left[bare], None, shapes[bare].to_numpy(), shapes.crs),
            )
        )
    if no_polygon:
        out.append(
            Finding(
                Text(
                    f"{len(no_polygon)} rows fit no polygon: {some(no_polygon)}",
                    f"{len(no_polygon)} 条记录没有对应的面：{some(no_polygon)}",
                ),
                where,
                measured=len(no_polygon),
                limit=0,
                remedy=Text("they are left out; check their codes", "这些记录未采用；请检查代码"),
                code="no-polygon",
                spots=spots((rows[i] for i in loose.to_numpy().nonzero()[0]), right[loose]),
            )
        )
    return out


def _nothing_joins(left: pd.Series, right: pd.Series, where: str) -> Problem:
    a, b = left.iloc[0], right.iloc[0]
    short = len(set(left.str[:9]) & set(right.str[:9]))
    hint = Text("check which columns hold the codes", "请检查代码列是否选对")
    if short:
        hint = Text(
            f"the first 9 digits agree for {short}; write both with as many digits",
            f"前 9 位有 {short} 个一致；请统一代码位数",
        )
    return Problem(
        Text(
            f"no code is on both sides (polygons: {a} …, table: {b} …)",
            f"两边没有相同的代码（面：{a} …，表：{b} …）",
        ),
        where,
        measured=0,
        remedy=hint,
        code="nothing-joins",
    )


def _differs(
    ours: pd.Series, theirs: pd.Series, where: str, codes: pd.Series, shapes: gpd.GeoSeries
) -> Finding | None:
    a, b = ours.astype("string"), theirs.astype("string")
    mask = ((a != b) & b.notna()).fillna(False)
    other = ours.index[mask]
    if len(other) == 0:
        return None
    return Finding(
        Text(
            f"'{ours.name}' differs between polygons and table in {len(other)} rows; "
            "the polygons' value is kept",
            f"'{ours.name}' 在面与表中有 {len(other)} 行不一致；保留面的值",
        ),
        where,
        measured=len(other),
        limit=0,
        code="column-on-both-sides",
        level="note",
        spots=spots(codes[mask], a[mask] + " / " + b[mask], shapes[mask].to_numpy(), shapes.crs),
    )
