"""What a contribution must keep, so that every writer can draw it; all problems at once."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from zoning.base import runs
from zoning.contribution.parts import Chart, Class, Contribution, Layer, Pages, Table, Theme
from zoning.errors import Problem, Text

_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_COLOUR = re.compile(r"#[0-9a-f]{6}\Z")
#: Names that files of a plan have for themselves.
_RESERVED = {"fid", "geom", "layer_styles", "qgis_projects", "plan", "checks", "inputs"}


def check(
    contributions: Sequence[Contribution],
    units: Collection[str] | None = None,
    taken: Iterable[str] = (),
) -> list[Problem]:
    """Find everything that would keep a writer from drawing a contribution.

    Parameters
    ----------
    contributions : sequence of Contribution
        All of one plan: names must be unique among them.
    units : collection of str, optional
        Codes of the plan's units; rows about others are told.
    taken : iterable of str
        Names that the plan's own layers and tables have.

    Returns
    -------
    list of Problem
        Empty if all is as it must be.

    Examples
    --------
    >>> import pandas as pd
    >>> from zoning.contribution.parts import Field
    >>> noise = Table(
    ...     "noise", Text("noise", "噪声"), pd.DataFrame({"unit": ["a"]}),
    ...     (Field("unit", Text("unit", "单元"), Text("its code", "编号")),))
    >>> given = Contribution("loud", Text("Noise", "噪声"), tables=(noise,))
    >>> check([given], units=["a"])
    []
    >>> [p.code for p in check([given], units=["b"], taken=["noise"])]
    ['taken-name', 'unknown-unit']
    """
    found = _names(contributions, {*taken, *_RESERVED})
    known = None if units is None else pd.Index(units)
    for given in contributions:
        for part, text in _texts(given):
            if not (text.en.strip() and text.zh.strip()):
                found.append(_problem(
                    part, "no-text", "a text is empty in one language", "有一种语言的文字为空",
                ))  # fmt: skip
        for x in given.frames():
            found += _frame(f"{given.wing}/{x.name}", x, known)
        for table in given.tables:
            found += _keys(given, table)
        for layer in given.layers:
            found += _layer(given, layer)
        for theme in given.themes:
            found += _theme(given, theme)
        found += _references(given)
    return found


def _problem(where: str, code: str, en: str, zh: str, measured: Any = None) -> Problem:
    return Problem(Text(en, zh), where, measured=measured, code=code)


def _names(contributions: Sequence[Contribution], taken: set[str]) -> list[Problem]:
    wings = Counter(c.wing for c in contributions)
    used = Counter(x.name for c in contributions for x in c.drawn())
    used += Counter(x.name for c in contributions for x in c.tables)
    found = []
    for name in sorted({*wings, *used}):
        if not _NAME.match(name):
            found.append(_problem(
                name, "bad-name", "a name has small letters, digits and _ only",
                "名称只能含小写字母、数字和下划线", name,
            ))  # fmt: skip
        if wings[name] > 1 or used[name] > 1 or (used[name] and name in taken):
            found.append(_problem(
                name, "taken-name", "this name occurs twice in the plan", "该名称在方案中重复",
                name,
            ))  # fmt: skip
    return found


def _texts(given: Contribution) -> Iterator[tuple[str, Text]]:
    """Give every text that people may read, with its place."""
    yield given.wing, given.title
    for theme in given.themes:
        yield f"{given.wing}/{theme.name}", theme.title
        yield f"{given.wing}/{theme.name}", theme.about
    for x in given.frames():
        yield f"{given.wing}/{x.name}", x.title
        for f in x.fields:
            where = f"{given.wing}/{x.name}.{f.name}"
            yield where, f.label
            yield where, f.about
            yield from ((where, text) for text in f.words.values())
    for drawn in given.drawn():
        yield from ((f"{given.wing}/{drawn.name}", c.label) for c in drawn.classes)
    yield from ((f"{given.wing}: card", card.title) for card in given.cards)
    for chapter in given.chapters:
        yield f"{given.wing}: chapter", chapter.title
        yield from ((f"{given.wing}: chapter", p) for p in chapter.paragraphs)
        yield from ((f"{given.wing}: chart", c.title) for c in chapter.charts)


def _frame(where: str, x: Layer | Table, units: pd.Index | None) -> list[Problem]:
    """Hold the columns of a frame against its fields."""
    found = []
    columns = [str(c) for c in x.frame.columns if not (isinstance(x, Layer) and c == "geometry")]
    told = [f.name for f in x.fields]
    if x.frame.index.name is not None:
        found.append(_problem(
            where, "named-index", "codes stand in a column, not in the index",
            "编号应为字段而非索引", x.frame.index.name,
        ))  # fmt: skip
    for name in [c for c in columns if c not in told]:
        found.append(_problem(
            f"{where}.{name}", "no-field", "this column is not described", "该字段没有说明", name
        ))  # fmt: skip
    for name in [n for n in told if n not in columns]:
        found.append(_problem(
            f"{where}.{name}", "no-column", "a column is described that is not there",
            "说明了不存在的字段", name,
        ))  # fmt: skip
    twice = {c.lower() for c in columns if [d.lower() for d in columns].count(c.lower()) > 1}
    for name in [*sorted(twice), *(c for c in columns if c.lower() in ("fid", "geom"))]:
        found.append(_problem(
            f"{where}.{name}", "taken-name", "this column's name is taken", "该字段名已被占用", name
        ))  # fmt: skip
    if units is not None and "unit" in columns:
        given = _different(x.frame["unit"])
        strange = sorted(set(given[runs.positions(given, units) < 0]))
        if strange:
            found.append(_problem(
                where, "unknown-unit", f"rows about units that the plan lacks: {strange[0]}",
                f"含有方案中没有的单元：{strange[0]}", len(strange),
            ))  # fmt: skip
    return found


def _different(column: Any) -> Any:
    """Give the different values of a column as texts."""
    values = pd.Index(column.unique())
    return values if isinstance(values.dtype, pd.StringDtype) else values.astype(str)


def _layer(given: Contribution, layer: Layer) -> list[Problem]:
    where = f"{given.wing}/{layer.name}"
    crs = getattr(layer.frame, "crs", None)
    if crs is None or not crs.is_projected:
        return [_problem(
            where, "geographic-crs", "a layer needs the plan's CRS in metres",
            "图层须采用方案的米制坐标系",
        )]  # fmt: skip
    kinds = {s.geom_type for s in layer.frame.geometry if s is not None and not s.is_empty}
    other = sorted(kinds - {"Polygon", "MultiPolygon"})
    found = []
    if other:
        found.append(_problem(
            where, "non-polygon", f"a layer holds polygons, not {other[0]}",
            f"图层应为面，而非 {other[0]}", other[0],
        ))  # fmt: skip
    if not _COLOUR.match(layer.colour):
        found.append(_bad_colour(where, layer.colour))
    if (layer.by is None) != (not layer.classes):
        found.append(_problem(
            where, "no-classes", "a column to draw by and its classes go together",
            "分类字段与类别须同时给出",
        ))  # fmt: skip
    if layer.by is not None:
        found += _classes(where, layer.classes, layer.frame.get(layer.by))
        if any(c.code is None for c in layer.classes):
            found.append(_problem(
                where, "no-code", "the classes of a layer have codes", "图层的类别须有代码"
            ))  # fmt: skip
    return found


def _theme(given: Contribution, theme: Theme) -> list[Problem]:
    where = f"{given.wing}/{theme.name}"
    table = next((t for t in given.tables if t.name == theme.table), None)
    if table is None or "unit" not in table.frame or theme.column not in table.frame:
        return [_problem(
            where, "no-table", f"a theme needs a table '{theme.table}' with the columns 'unit' and "
            f"'{theme.column}'", f"专题需要含“unit”和“{theme.column}”字段的表“{theme.table}”",
        )]  # fmt: skip
    if not table.frame["unit"].is_unique:
        return [_problem(
            where, "double-unit", "a theme's table has one row for each unit",
            "专题的表中每个单元只能有一行",
        )]  # fmt: skip
    found = []
    if not theme.classes:
        found.append(_problem(where, "no-classes", "a theme needs classes", "专题须有类别"))
    return found + _classes(where, theme.classes, table.frame[theme.column])


def _bad_colour(where: str, colour: str) -> Problem:
    return _problem(
        where, "bad-colour", f"a colour is #rrggbb in small letters, not {colour}",
        f"颜色应为小写的 #rrggbb，而非 {colour}", colour,
    )  # fmt: skip


def _classes(where: str, classes: Sequence[Class], column: Any) -> list[Problem]:
    """Hold classes against the values that they are to show."""
    found = [_bad_colour(where, c.colour) for c in classes if not _COLOUR.match(c.colour)]
    if column is None:
        return [_problem(where, "no-column", "the column to draw by is not there", "没有分类字段")]
    by_code = [c for c in classes if c.code is not None]
    if by_code and len(by_code) < len(classes):
        return [*found, _problem(
            where, "mixed-classes", "classes are by code or by limits, not both",
            "类别须全部按代码或全部按界限划分",
        )]  # fmt: skip
    there = column.dropna()
    if by_code:
        codes = [c.code for c in by_code]
        strange = sorted(set(_different(there)) - {str(c) for c in codes})
    else:
        limits = [(c.lower, c.upper) for c in classes]
        if any(a is None or b is None or not a < b for a, b in limits) or any(
            one[1] != two[0] for one, two in itertools.pairwise(limits)
        ):
            return [*found, _problem(
                where, "bad-limits", "the limits of the classes do not follow one another",
                "各类别的界限不连续", str(limits),
            )]  # fmt: skip
        values = there.astype(float)
        low, high = (classes[0].lower, classes[-1].upper) if classes else (0.0, 0.0)
        strange = [str(v) for v in values[(values < low) | (values > high)]]
    if strange:
        found.append(_problem(
            where, "no-class", f"no class holds the value {strange[0]}",
            f"没有类别包含值 {strange[0]}", strange[0],
        ))  # fmt: skip
    return found


def _keys(given: Contribution, table: Table) -> list[Problem]:
    """Find keys that are no columns, and rows that they do not tell apart."""
    where, columns = f"{given.wing}/{table.name}", set(map(str, table.frame.columns))
    missing = [k for k in table.keys if k not in columns]
    if missing:
        return [_problem(where, "no-column", f"the key '{missing[0]}' is no column",
                         f"键“{missing[0]}”不是字段", missing[0])]  # fmt: skip
    if not table.keys:
        return []
    twice = table.frame.duplicated(list(table.keys))
    if not twice.any():
        return []
    row = tuple(map(str, table.frame.loc[twice, list(table.keys)].iloc[0]))
    return [_problem(where, "two-rows", f"its keys name two rows: {', '.join(row)}",
                     f"键对应多行：{'、'.join(row)}", int(twice.sum()))]  # fmt: skip


def _references(given: Contribution) -> list[Problem]:
    """Find cards and chapters that name what is not there."""
    tables: Mapping[str, Table] = {t.name: t for t in given.tables}
    themes = {t.name for t in given.themes}
    found = []
    for card in given.cards:
        table = tables.get(card.table)
        columns = () if table is None else tuple(map(str, table.frame.columns))
        lacking = [(card.table, c) for c in (*card.keys, *card.columns) if c not in columns]
        lacking += [(x.name, c) for x in given.layers if x.name == card.layer
                    for c in card.by if c not in x.frame]  # fmt: skip
        if card.terms:
            terms = tables.get(card.terms)
            known = () if terms is None else tuple(map(str, terms.frame.columns))
            lacking += [(card.terms, c) for c in ("row", "line_en", "line_zh") if c not in known]
            lacking += [(card.table, "keys")] if table is not None and not table.keys else []
        if lacking:
            of, column = lacking[0]
            found.append(_problem(
                f"{given.wing}: card", "no-column", f"'{of}' lacks '{column}'",
                f"“{of}”缺少“{column}”", column,
            ))  # fmt: skip
    for chapter in given.chapters:
        missing = [t for t in chapter.tables if t not in tables]
        missing += [m for m in chapter.maps if m not in themes]
        missing += [
            f"{name}.{column}" for name, shown in chapter.columns.items() for column in shown
            if name not in tables or column not in tables[name].frame
        ]  # fmt: skip
        if missing:
            found.append(_problem(
                f"{given.wing}: chapter", "no-table", f"there is no '{missing[0]}'",
                f"没有“{missing[0]}”", missing[0],
            ))  # fmt: skip
        for chart in chapter.charts:
            found += _chart(f"{given.wing}: chart", chart, tables.get(chart.table))
        if chapter.pages is not None:
            found += _pages(f"{given.wing}: pages", chapter.pages, tables)
    return found


def _lacks(where: str, name: str, table: Table | None, wanted: Iterable[str]) -> list[Problem]:
    """Find that a table is not there, or the first of the columns that it lacks."""
    if table is None:
        return [_problem(where, "no-table", f"there is no '{name}'", f"没有“{name}”", name)]
    missing = [c for c in wanted if c not in table.frame]
    return [
        _problem(where, "no-column", f"'{name}' lacks '{c}'", f"“{name}”缺少“{c}”", c)
        for c in missing[:1]
    ]


def _chart(where: str, chart: Chart, table: Table | None) -> list[Problem]:
    found = _lacks(where, chart.table, table, (chart.column, chart.label))
    if table is None or found or table.frame[chart.column].dtype.kind in "iuf":
        return found
    return [_problem(
        where, "no-number", f"a chart needs numbers, '{chart.column}' holds none",
        f"图表需要数值，“{chart.column}”不是数值", chart.column,
    )]  # fmt: skip


def _pages(where: str, pages: Pages, tables: Mapping[str, Table]) -> list[Problem]:
    table = tables.get(pages.table)
    found = _lacks(where, pages.table, table, pages.columns)
    if table is None or found:
        return found
    empty = [c for c in pages.columns if table.frame[c].isna().any()]
    found += [
        _problem(where, "no-value", f"'{c}' of a page is empty", f"页面的“{c}”为空", c)
        for c in empty
    ]
    names = table.frame.groupby(list(pages.keys), sort=False)[pages.name].nunique()
    for code in names.index[names > 1][:1]:
        told = str(code if isinstance(code, str) else ", ".join(map(str, code)))
        found.append(_problem(
            where, "double-name", f"the page {told} has more than one name",
            f"页面 {told} 有多个名称", told,
        ))  # fmt: skip
    return found
