"""Codes of places as text: leading zeros kept, traces of spreadsheets taken off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zoning.errors import Problem, Spot, Text
from zoning.inputs.source import shorten
from zoning.inputs.spots import spots

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_FLOAT = re.compile(r"^(\d+)\.0+$")
#: Signs without width, which come along when codes are copied from web pages.
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff]")
_SCIENTIFIC = re.compile(r"^\d(?:\.\d+)?[eE]\+?\d+$")


def clean_code(value: Any) -> Any:
    """Write one code as text; what is no code is ``None``.

    Examples
    --------
    >>> clean_code(321102001.0), clean_code(" 321102001.0 "), clean_code("0012"), clean_code("")
    ('321102001', '321102001', '0012', None)
    >>> clean_code("３２１１")
    '3211'
    """
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # Full-width digits and stray blanks come from typing with a Chinese input method.
    text = _UNSEEN.sub("", unicodedata.normalize("NFKC", str(value))).strip()
    if text in ("", "<NA>", "nan", "None"):
        return None
    match = _FLOAT.match(text)
    return match[1] if match else text


def clean_codes(column: pd.Series) -> pd.Series:
    """Write a column of codes as text (dtype ``string``), missing as ``<NA>``."""
    return column.map(clean_code, na_action="ignore").astype("string")


def check_codes(
    columns: pd.DataFrame,
    where: str,
    labels: Sequence[str],
    *,
    unique: bool = True,
    parts: bool = True,
    shapes: gpd.GeoSeries | None = None,
) -> list[Problem]:
    """Find codes that are missing, doubled or spoiled by a spreadsheet.

    Parameters
    ----------
    columns : DataFrame of str
        The columns that name a row together; for most layers a single one.
    where : str
        File and layer.
    labels : sequence of str
        How to name each row in a message.
    unique : bool
        Whether every row needs a code of its own.
    parts : bool
        Whether rows are polygons, so that several may be the parts of one place.
    shapes : GeoSeries, optional
        Of the same rows, to say where each is.
    """
    seen = _Seen(columns, labels, shapes)
    named = " + ".join(columns.columns)
    missing = columns.isna().any(axis=1)
    problems = [
        Problem(
            Text(f"{labels[i]} has no {named}", f"{labels[i]} 缺少 {named}"),
            where,
            remedy=Text("fill in the code", "请补全代码"),
            code="missing-code",
            spots=seen.at([i]),
        )
        for i in missing.to_numpy().nonzero()[0]
    ]
    problems = shorten(problems, where)
    if unique:
        problems += shorten(_doubled(columns[~missing], where, named, parts, seen), where)
    for name in columns.columns:
        spoiled = columns[name].str.match(_SCIENTIFIC).fillna(False).to_numpy(dtype=bool)
        if spoiled.any():
            rows = spoiled.nonzero()[0]
            problems.append(_spoiled(name, columns[name].iloc[rows[0]], where, seen.at(rows)))
    return problems


class _Seen:
    """The rows of a layer or table, to say where something is."""

    def __init__(
        self, columns: pd.DataFrame, labels: Sequence[str], shapes: gpd.GeoSeries | None
    ) -> None:
        self.columns, self.labels, self.shapes = columns, labels, shapes

    def at(self, rows: Any) -> tuple[Spot, ...]:
        """Give the places of rows, by their position."""
        said = self.columns.iloc[rows].fillna("").agg(" + ".join, axis=1)
        drawn = None if self.shapes is None else self.shapes.to_numpy()[rows]
        crs = None if self.shapes is None else self.shapes.crs
        return spots((self.labels[i] for i in rows), said, drawn, crs)

    def of(self, code: Sequence[str]) -> tuple[Spot, ...]:
        """Give the places of all rows with a code."""
        same = (self.columns == list(code)).fillna(False).all(axis=1)
        return self.at(same.to_numpy().nonzero()[0])


def _doubled(
    columns: pd.DataFrame, where: str, named: str, parts: bool, seen: _Seen
) -> list[Problem]:
    counts = columns.value_counts(sort=False)
    out = []
    for key, count in counts[counts > 1].sort_index().items():
        code = " + ".join(str(k) for k in key)
        out.append(
            Problem(
                Text(f"{named} {code} occurs {count} times", f"{named} {code} 出现 {count} 次"),
                where,
                measured=int(count),
                limit=1,
                remedy=_PARTS if parts else _ROWS,
                code="duplicate-code",
                spots=seen.of(key),
            )
        )
    return out


_PARTS = Text(
    "give each row its own code, or merge the parts of a place (an exclave) into one multipolygon: "
    "zoning check --fix does where they do not overlap",
    "请为每行设置唯一代码，或将同一地方的各部分（飞地）合并为一个多部件面；"
    "互不重叠时 zoning check --fix 可代为合并",
)
_ROWS = Text("keep one row for each code", "每个代码只保留一行")


def _spoiled(name: str, example: str, where: str, seen: tuple[Spot, ...]) -> Problem:
    return Problem(
        Text(
            f"'{example}' in {name} lost its digits in a spreadsheet",
            f"{name} 中的 '{example}' 已被电子表格改写，丢失了位数",
        ),
        where,
        remedy=Text(
            "format the column as text before typing or pasting the codes",
            "请先将该列设为文本格式，再输入或粘贴代码",
        ),
        code="spoiled-code",
        spots=seen,
    )
