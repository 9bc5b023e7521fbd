"""What policies hand to a plan: tables, map themes, cards and chapters, as plain data."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zoning.base.names import by_code
from zoning.base.words import unit_sign
from zoning.contribution.palette import groups
from zoning.contribution.parts import (
    Card,
    Chapter,
    Chart,
    Class,
    Contribution,
    Field,
    Theme,
    stem_of,
    zone_words,
)
from zoning.contribution.parts import Table as Shown
from zoning.errors import Text
from zoning.policy.explain import terms_frame, unit_text
from zoning.policy.kept import TERMS
from zoning.policy.model import Policy, Table
from zoning.policy.places import PLACES, key_place, page_chapter, place_pages
from zoning.policy.run import Result

if TYPE_CHECKING:
    from zoning.plan import Plan

#: The word of this wing.
WING = "policy"


def contribute(results: Sequence[Result], plan: Plan) -> Contribution:
    """Put the results of all policies of a plan together.

    Returns
    -------
    Contribution
        For each policy its tables, the terms of every row, a theme and a card where its rows are
        places of the plan, and a chapter of the report; at the end the page of every place.
    """
    tables: list[Shown] = []
    themes: list[Theme] = []
    cards: list[Card] = []
    chapters: list[Chapter] = []
    for result in results:
        policy = result.policy
        names = [policy.main, *policy.show.tables]
        shown = [_named(_table(result, name), plan) for name in names]
        tables += [*shown, _terms(result)]
        units = _units(result, plan)
        theme = None
        if units is not None:
            tables.append(units)
            theme = _theme(result, units)
        if theme is not None:
            themes.append(theme)
        card = _card(result, shown[0])
        cards += [card] if card is not None else []
        chapters.append(_chapter(result, shown, theme))
    pages = place_pages(results, plan)
    if pages is not None:
        tables.append(pages)
        chapters.append(page_chapter())
    return Contribution(
        WING, Text("Policies", "政策"), tables=tuple(tables), themes=tuple(themes),
        cards=tuple(cards), chapters=tuple(chapters),
    )  # fmt: skip


def stem(policy: Policy) -> str:
    """Give the name that a policy has inside a plan."""
    return stem_of(policy.name)


def _table(result: Result, name: str) -> Shown:
    policy = result.policy
    table = policy.tables[name]
    frame = _placed(result, name)
    title = policy.title if name == policy.main else Text(
        f"{policy.title.en}: {table.label.en}", f"{policy.title.zh}：{table.label.zh}")  # fmt: skip
    own = stem(policy) if name == policy.main else f"{stem(policy)}_{name}"
    keys = tuple(k for k in table.keys if k in frame and not frame.duplicated(table.keys).any())
    return Shown(own, title, _plain(frame), _fields(policy, table, frame), keys)


def _placed(result: Result, name: str) -> pd.DataFrame:
    """Give a table with the unit that each of its rows lies in, where the file places them."""
    frame = result.frame(name)
    every = result.frame(name, every=True)
    keys = list(result.policy.tables[name].keys)
    if not result.policy.tables[name].place or "unit" not in every or "unit" in frame:
        return frame
    units = every.set_index(keys)["unit"]
    codes = frame.set_index(keys).index
    return frame if units.index.has_duplicates else frame.assign(unit=units.reindex(codes).array)


def _named(table: Shown, plan: Plan) -> Shown:
    """Give codes of places their names, but where the name stands in a column beside."""
    known: dict[str, Mapping[str, Text]] = {}
    if plan.zones is not None:
        known["zone"] = zone_words(plan.zones)
    for level, frame in (("county", plan.counties), ("township", plan.townships)):
        if frame is not None and (level, "name") != tuple(table.frame.columns[:2]):
            known[level] = {c: Text(n, n) for c, n in by_code(frame).items()}
    fields = tuple(
        replace(f, words={c: known[f.name][c] for c in codes if c in known[f.name]})
        if f.name in known and not f.words else f
        for f in table.fields
        for codes in [sorted({str(c) for c in table.frame[f.name].dropna()})]
    )  # fmt: skip
    return replace(table, fields=fields)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Use dtypes that every writer knows."""
    out = frame.copy()
    for name in out:
        if out[name].dtype == "string":
            out[name] = out[name].astype(object).where(out[name].notna(), None)
        else:
            out[name] = out[name].astype("float64")
    return out


def _fields(policy: Policy, table: Table, frame: pd.DataFrame) -> tuple[Field, ...]:
    return tuple(_field(policy, table, str(name)) for name in frame.columns)


def _field(policy: Policy, table: Table, name: str) -> Field:
    labels = {c.name: c.label for c in table.columns}
    labels |= {g.name: g.label for g in table.groupings}
    labels |= {c.name: c.label for c in table.computed}
    if table.kind == "group" and name in table.keys and table.origin in policy.tables:
        labels[name] = _field(policy, policy.tables[table.origin], name).label
    told = labels.get(name, _PLACE_WORDS.get(name, Text(name, name)))
    kind, formula = table.kinds[name], {c.name: c.formula for c in table.computed}.get(name)
    flat = " ".join((formula or "").split())
    about = Text(f"= {flat}", f"= {flat}") if flat else told
    unit = unit_text(kind)  # a bare number is no share: a rank of 5 is not 500 %
    words = dict(policy.show.words.get(name, {}))
    return Field(name, told, about, "" if unit == "1" else unit, words)


_PLACE_WORDS = {
    "unit": Text("unit", "单元"), "township": Text("township", "乡镇"),
    "county": Text("county", "县（市、区）"), "zone": Text("zone", "功能区"),
}  # fmt: skip


def _terms(result: Result) -> Shown:
    policy = result.policy
    fields = (
        Field("row", Text("row", "行"), Text("code of the row", "行的代码")),
        Field("name", Text("name", "名称"), Text("its name", "名称")),
        Field("step", Text("step", "序"), Text("order of the lines", "行内次序"), "count"),
        Field("line_en", Text("in English", "英文"), Text("the line in English", "英文说明")),
        Field("line_zh", Text("in Chinese", "中文"), Text("the line in Chinese", "中文说明")),
    )
    title = Text(f"{policy.title.en}: terms", f"{policy.title.zh}：计算过程")
    parts = [terms_frame(result, t) for t in (policy.main, *policy.show.tables)]
    return Shown(stem(policy) + TERMS, title, pd.concat(parts, ignore_index=True), fields)


def _units(result: Result, plan: Plan) -> Shown | None:
    """Give each unit what its place gets, for the map and the cards."""
    place, policy = key_place(result), result.policy
    if place is None and policy.tables[policy.main].place:
        return _inside(result, plan)
    if place is None or (place != "unit" and place not in plan.units):
        return None
    table = policy.tables[policy.main]
    frame = _plain(result.frame())
    columns = [str(c) for c in frame.columns if c not in (*PLACES, "name")]
    codes = plan.units[place].astype(object) if place != "unit" else plan.units.index.to_series()
    joined = frame.set_index(place)[columns].reindex(codes.to_numpy())
    joined.insert(0, "unit", plan.units.index.to_numpy())
    fields = (
        Field("unit", Text("unit", "单元"), Text("code of the unit", "单元编号")),
        *(_field(policy, table, c) for c in columns),
    )
    title = Text(f"{policy.title.en}: by unit", f"{policy.title.zh}：分单元")
    return Shown(f"{stem(policy)}_units", title, joined.reset_index(drop=True), fields)


def _inside(result: Result, plan: Plan) -> Shown | None:
    """Sum up, for each unit, the rows that lie in it: numbers added, of words the last one."""
    policy, name = result.policy, result.policy.show.theme
    rows = result.frame(every=True)
    if not name or "unit" not in rows:
        return None
    known = rows[rows["unit"].notna() & rows[name].notna()]
    codes = list(policy.show.words.get(name, {}))
    groups = known.groupby("unit")[name]
    found = (
        groups.agg(lambda x: max(x, key=lambda c: codes.index(c) if c in codes else -1))
        if rows[name].dtype == "string" else groups.sum()
    )  # fmt: skip
    frame = pd.DataFrame({name: found.reindex(plan.units.index)})
    frame = _plain(frame.assign(rows=known["unit"].value_counts().reindex(plan.units.index)))
    frame.insert(0, "unit", plan.units.index.to_numpy())
    rows_of = policy.tables[policy.main].label
    fields = (
        Field("unit", Text("unit", "单元"), Text("code of the unit", "单元编号")),
        _field(policy, policy.tables[policy.main], name),
        Field("rows", rows_of, Text(f"number of {rows_of.en}", f"{rows_of.zh}数"), "count"),
    )
    title = Text(f"{policy.title.en}: by unit", f"{policy.title.zh}：分单元")
    return Shown(f"{stem(policy)}_units", title, frame.reset_index(drop=True), fields)


def _theme(result: Result, units: Shown) -> Theme | None:
    policy, name = result.policy, result.policy.show.theme
    if not name or name not in units.frame:
        return None
    field = next(f for f in units.fields if f.name == name)
    values = units.frame[name]
    words = policy.show.words.get(name, {})
    classes = (
        _code_classes(values, words, policy.show.hues)
        if values.dtype == object else _classes(values, policy.show.colours, field.unit)
    )  # fmt: skip
    if not classes:
        return None
    en, zh = (unit_sign(field.unit, lang) for lang in ("en", "zh"))
    pure = field.unit in ("", "1", "count")
    tail = Text("", "") if pure else Text(f" ({en})", f"（{zh}）")
    title = Text(f"{policy.title.en}: {field.label.en}{tail.en}",
                 f"{policy.title.zh}：{field.label.zh}{tail.zh}")  # fmt: skip
    return Theme(f"{stem(policy)}_map", title, policy.about, units.name, name, classes)


def _code_classes(
    values: pd.Series, words: dict[str, Text] | object, hues: dict[str, str] | object
) -> tuple[Class, ...]:
    known = sorted(set(values.dropna().astype(str)))
    ramp = groups(max(len(known), 1))
    told = words if isinstance(words, dict) else {}
    colours = hues if isinstance(hues, dict) else {}
    order = [c for c in told if c in known] + [c for c in known if c not in told]
    return tuple(
        Class(told.get(c, Text(c, c)), colours.get(c, ramp[i]), code=c) for i, c in enumerate(order)
    )


def _classes(values: pd.Series, colours: str, unit: str, most: int = 5) -> tuple[Class, ...]:
    """Cut numbers into classes of about equal counts, at round limits."""
    known = np.sort(values.dropna().to_numpy(dtype=float))
    if not len(known):
        return ()
    limits = np.unique([_round_up(x) for x in np.quantile(known, np.linspace(0, 1, most + 1)[1:])])
    low = min(_round_down(known[0]), known[0])
    ends = [float(low), *(float(x) for x in limits if x > low)]
    if len(ends) == 1:
        ends.append(ends[0] + 1.0)
    ends[-1] = max(ends[-1], float(known[-1]))
    ramp = _ramp(colours, len(ends) - 1)
    return tuple(
        Class(Text(told, told), ramp[i], lower=a, upper=b)
        for i, (a, b) in enumerate(itertools.pairwise(ends))
        for told in [f"{_short(a)} – {_short(b)}"]
    )


def _round_up(x: float) -> float:
    step = _step(x)
    return float(np.ceil(round(x / step, 9)) * step) if step else 0.0


def _round_down(x: float) -> float:
    step = _step(x)
    return float(np.floor(round(x / step, 9)) * step) if step else 0.0


def _step(x: float) -> float:
    """Give the second digit's size, so that limits read well."""
    return 0.0 if x == 0 else float(10.0 ** (np.floor(np.log10(abs(x))) - 1))


def _short(x: float) -> str:
    return f"{x:,.0f}" if abs(x) >= 100 or x == round(x) else f"{x:,.3g}"


def _ramp(name: str, count: int) -> list[str]:
    """Take colours of a ramp of matplotlib, pale ends left out."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    ramp = colormaps[name] if name in colormaps else colormaps["YlGn"]
    return [to_hex(ramp(x)) for x in np.linspace(0.15, 0.9, count)]


def _card(result: Result, main: Shown) -> Card | None:
    """Give the lines of a place's card: what it gets, or what lies in it, with all terms."""
    place = next((p for p in PLACES if p in main.frame), None)
    own = {"name", *PLACES} if place in main.keys else set(PLACES)
    columns = tuple(str(c) for c in main.frame.columns if c not in own)
    if place is None or not columns:
        return None
    terms = stem(result.policy) + TERMS if main.keys else ""  # a row without a key has none
    return Card(result.policy.title, main.name, columns, place, terms)


def _chapter(result: Result, tables: Sequence[Shown], theme: Theme | None) -> Chapter:
    policy = result.policy
    source = Text(f"Source: {policy.source} ({policy.evidence}).",
                  f"来源：{policy.source_zh}（{policy.evidence}）。")  # fmt: skip
    parts = [policy.about, source]
    if policy.notice is not None:
        parts.append(policy.notice)
    parts += policy.show.paragraphs
    parts += [Text(f"{c.line('en')}.", f"{c.line('zh')}。") for c in result.checks if not c.ok]
    chart = _chart(result, tables[0].name)
    # codes of units are for the map; a reader of the report has names
    columns = {
        t.name: tuple(str(c) for c in t.frame.columns if c != "unit")
        for t in tables if "unit" in t.frame and "unit" not in t.keys
    }  # fmt: skip
    return Chapter(
        policy.title, tuple(parts), (theme.name,) if theme else (),
        tuple(t.name for t in tables), (chart,) if chart else (), columns=columns,
    )  # fmt: skip


def _chart(result: Result, table: str) -> Chart | None:
    """Say which column is drawn as bars; rows are named by ``name``, or else by their key."""
    policy, column = result.policy, result.policy.show.chart
    if not column:
        return None
    main = policy.tables[policy.main]
    shown = result.frame().columns
    named = "name" if "name" in shown else main.keys[-1]
    told = _field(policy, main, column).label
    title = Text(f"{policy.title.en}: {told.en}", f"{policy.title.zh}：{told.zh}")
    return Chart(title, table, column, named)
