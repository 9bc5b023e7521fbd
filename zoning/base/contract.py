"""What a contract of a table is, and how a table is held against it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from zoning.errors import Problem, Text, meant, suggest

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["text", "integer", "number", "flag"]

#: Units of columns that do not name theirs.
_NAMED_UNITS = {"lon": "deg", "lat": "deg", "suitability": "1", "units": "count",
                "source_year": "year"}  # fmt: skip
#: Unit by the end of a column's name.
_UNITS = {"_m2": "m2", "_share": "1", "_deg": "deg", "_min": "min", "_km": "km", "_m": "m"}
_KINDS = {
    "text": Text("text", "文本"),
    "integer": Text("whole numbers", "整数"),
    "number": Text("numbers", "数值"),
    "flag": Text("true or false", "真/假"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """What one column must hold.

    Parameters
    ----------
    name : str
    kind : {"text", "integer", "number", "flag"}
    lower, upper : float, optional
        Bounds of numbers, themselves allowed.
    nullable : bool
        Whether ``<NA>`` is allowed.
    optional : bool
        Whether the column may be absent (a plan without land use has no ``built_m2``).
    zone : bool
        Whether it holds zones: codes of the plan's scheme, which the caller hands in.
    values : tuple of str
        The only codes that are allowed, if any are listed.

    Examples
    --------
    >>> Column("built_share", "number", 0, 1).unit
    '1'
    """

    name: str
    kind: Kind = "text"
    lower: float | None = None
    upper: float | None = None
    nullable: bool = False
    optional: bool = False
    values: tuple[str, ...] = ()
    zone: bool = False

    @property
    def unit(self) -> str:
        """Unit, as it stands in the name: ``m2``, ``1`` for a share, ``deg``; else empty."""
        if self.name in _NAMED_UNITS:
            return _NAMED_UNITS[self.name]
        return next((unit for end, unit in _UNITS.items() if self.name.endswith(end)), "")

    def check(self, column: pd.Series, where: str) -> list[Problem]:
        """Find what the column holds that it must not."""
        # A column without rows has no kind that could be wrong.
        if len(column) and not _is_kind(column, self.kind):
            return [self._wrong_kind(column, where)]
        problems = []
        missing = int(column.isna().sum())
        if missing and not self.nullable:
            problems.append(self._missing(missing, where))
        there = column.dropna() if missing else column
        if self.values:
            strange = sorted(set(map(str, there.unique())) - set(self.values))
            if strange:
                problems.append(self._strange(strange, where))
        if self.kind in ("integer", "number") and len(there):
            problems += self._out_of_bounds(there, where)
        return problems

    def _wrong_kind(self, column: pd.Series, where: str) -> Problem:
        kind = _KINDS[self.kind]
        return Problem(
            Text(
                f"'{self.name}' must hold {kind.en}, it holds {column.dtype}",
                f"'{self.name}' 应为{kind.zh}，实际为 {column.dtype}",
            ),
            where,
            measured=str(column.dtype),
            limit=self.kind,
            code="wrong-kind",
        )

    def _missing(self, count: int, where: str) -> Problem:
        return Problem(
            Text(f"'{self.name}' is missing in {count} rows", f"'{self.name}' 有 {count} 行缺失"),
            where,
            measured=count,
            limit=0,
            code="missing-value",
        )

    def _strange(self, strange: list[str], where: str) -> Problem:
        listed, allowed = ", ".join(strange[:5]), ", ".join(self.values)
        return Problem(
            Text(
                f"'{self.name}' holds {listed}; allowed are {allowed}",
                f"'{self.name}' 含有 {listed}；允许值为 {allowed}",
            ),
            where,
            measured=listed,
            limit=allowed,
            code="unknown-value",
        )

    def _out_of_bounds(self, there: pd.Series, where: str) -> list[Problem]:
        low, high = float(there.min()), float(there.max())
        out = []
        for value, limit, sign, beyond in (
            (low, self.lower, "<", self.lower is not None and low < self.lower),
            (high, self.upper, ">", self.upper is not None and high > self.upper),
        ):
            # A NaN inside a float column is <NA> to pandas; infinity is not.
            if beyond or value in (float("inf"), float("-inf")):
                limits = "finite" if limit is None else f"{limit:g}"
                out.append(
                    Problem(
                        Text(
                            f"'{self.name}' reaches {value:g} ({sign} {limits})",
                            f"'{self.name}' 达到 {value:g}（{sign} {limits}）",
                        ),
                        where,
                        measured=value,
                        limit=limit,
                        code="out-of-bounds",
                    )
                )
        return out


@dataclass(frozen=True, slots=True)
class Contract:
    """What one table must hold.

    Parameters
    ----------
    name : str
        Table, such as ``"units"``.
    columns : tuple of Column
    index : str or None
        Name of the index, which must hold unique, sorted text; None for a plain row number.
    geometry : bool
        Whether the table has polygons in a CRS in metres.
    keys : tuple of str
        Columns that name a row together.
    ordered : bool
        Whether the rows stand in the order of the index.

    Examples
    --------
    >>> import pandas as pd
    >>> table = Contract("t", (Column("built_share", "number", 0, 1),), index="unit")
    >>> frame = pd.DataFrame({"built_share": [0.2, 1.5]}, index=pd.Index(["a", "b"], name="unit"))
    >>> [p.tell() for p in table.check(frame)]
    ["t: 'built_share' reaches 1.5 (> 1)"]
    """

    name: str
    columns: tuple[Column, ...]
    index: str | None = None
    geometry: bool = False
    keys: tuple[str, ...] = ()
    ordered: bool = True

    def check(
        self, frame: pd.DataFrame, where: str = "", *, zones: tuple[str, ...] = ()
    ) -> list[Problem]:
        """Find all that is wrong with a table.

        Parameters
        ----------
        frame : DataFrame
            More columns than the contract names are allowed.
        where : str
            How to name the table in messages; its own name by default.
        zones : tuple of str
            Codes that columns of zones may hold (``Scheme.codes``); without them any will do.

        Returns
        -------
        list of Problem
            Empty if the table keeps the contract.
        """
        where = where or self.name
        problems = self._check_rows(frame, where)
        known = [str(c) for c in frame.columns]
        for column in self.columns:
            if column.name in frame.columns:
                asked = replace(column, values=zones) if column.zone and zones else column
                problems += asked.check(frame[column.name], where)
            elif not column.optional:
                problems.append(_absent(column.name, known, where))
        if self.geometry:
            problems += _check_geometry(frame, where)
        return problems

    def _check_rows(self, frame: pd.DataFrame, where: str) -> list[Problem]:
        problems = []
        if self.index is not None:
            index = frame.index
            if index.name != self.index:
                problems.append(
                    _rows(f"the index is '{index.name}', not '{self.index}'",
                          f"索引为 '{index.name}'，应为 '{self.index}'", where)
                )  # fmt: skip
            elif _rising(frame, [index]):
                pass
            elif not index.is_unique:
                twice = index[index.duplicated()][0]
                problems.append(_rows(f"{self.index} {twice} occurs twice",
                                      f"{self.index} {twice} 重复", where))  # fmt: skip
            elif self.ordered and not index.is_monotonic_increasing:
                problems.append(_rows(f"rows are not sorted by {self.index}",
                                      f"未按 {self.index} 排序", where))  # fmt: skip
        keyed = bool(self.keys) and set(self.keys) <= set(frame.columns)
        if keyed and not _rising(frame, [frame[k] for k in self.keys]):
            twice = int(frame.duplicated(list(self.keys)).sum())
            if twice:
                named = " + ".join(self.keys)
                problems.append(_rows(f"{twice} rows repeat {named}",
                                      f"{twice} 行的 {named} 重复", where))  # fmt: skip
        return problems

    def markdown(self, describe: Callable[[str], str] = lambda name: "") -> str:
        """Write the contract as a Markdown table.

        Parameters
        ----------
        describe : callable
            Column name to a sentence about it, such as `zoning.base.words.description`.

        Examples
        --------
        >>> print(Contract("t", (Column("built_share", "number", 0, 1),)).markdown())
        | column | holds | unit | bounds | missing | about |
        |---|---|---|---|---|---|
        | `built_share` | number | 1 | 0 .. 1 | no |  |
        """
        lines = [
            "| column | holds | unit | bounds | missing | about |",
            "|---|---|---|---|---|---|",
        ]
        for c in self.columns:
            about = describe(c.name).replace("|", "\\|").replace("\n", " ")
            missing = "yes" if c.nullable else "no"
            missing += ", column may be absent" if c.optional else ""
            cells = (f"`{c.name}`", c.kind, c.unit, _bounds(c), missing, about)
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join(lines)


def _bounds(column: Column) -> str:
    if column.zone:
        return "codes of the scheme"
    if column.values:
        return ", ".join(f"`{v}`" for v in column.values)
    if column.lower is None and column.upper is None:
        return ""
    low, high = ("" if v is None else f"{v:g}" for v in (column.lower, column.upper))
    return f"{low} .. {high}".strip()


def _is_kind(column: pd.Series, kind: Kind) -> bool:
    from pandas.api import types

    dtype = column.dtype
    if kind == "flag":
        return bool(types.is_bool_dtype(dtype))
    if kind == "integer":
        return bool(types.is_integer_dtype(dtype))
    if kind == "number":
        return bool(types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype))
    if str(dtype) == "category":
        return _is_kind(column.cat.categories.to_series(), kind)
    if str(dtype) == "object":
        return types.infer_dtype(column, skipna=True) in ("string", "empty")
    return bool(types.is_string_dtype(dtype))


def _rising(frame: pd.DataFrame, keys: Sequence[pd.Series | pd.Index]) -> bool:
    """Whether rows stand in the order of their keys, each once: most tables do."""
    from zoning.base.runs import starts

    first = starts(keys)
    return first is not None and len(first) == len(frame)


def _rows(en: str, zh: str, where: str) -> Problem:
    return Problem(Text(en, zh), where, code="bad-rows")


def _absent(name: str, known: list[str], where: str) -> Problem:
    return Problem(
        Text(f"column '{name}' is missing", f"缺少字段 '{name}'"),
        where,
        remedy=meant(suggest(name, known)),
        code="missing-column",
    )


#: Kinds of shapes as they are named in text.
_AS_NAMED = {
    "POINT": "Point", "LINESTRING": "LineString", "LINEARRING": "LinearRing",
    "MULTIPOINT": "MultiPoint", "MULTILINESTRING": "MultiLineString",
    "GEOMETRYCOLLECTION": "GeometryCollection",
}  # fmt: skip


def _check_geometry(frame: Any, where: str) -> list[Problem]:
    crs = getattr(frame, "crs", None)
    if crs is None or not crs.is_projected:
        return [
            Problem(
                Text("geometry without a CRS in metres", "几何没有以米为单位的坐标系"),
                where,
                measured=None if crs is None else str(crs.name),
                code="geographic-crs",
            )
        ]
    import numpy as np
    import shapely

    # Empty is allowed: a zone without units has no ground.
    shapes = frame.geometry.to_numpy()
    ids = np.unique(shapely.get_type_id(shapes[~shapely.is_empty(shapes)]))
    kinds = {shapely.GeometryType(int(i)).name for i in ids if i >= 0} - {"POLYGON", "MULTIPOLYGON"}
    other = sorted(_AS_NAMED.get(k, k) for k in kinds)
    if not other:
        return []
    listed = ", ".join(other)
    return [
        Problem(
            Text(f"geometry holds {listed}, not polygons", f"几何为 {listed}，不是面"),
            where,
            measured=listed,
            code="non-polygon",
        )
    ]
