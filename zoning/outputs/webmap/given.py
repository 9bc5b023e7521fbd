"""What the wings gave, as the page needs it: classes of themes, layers, lines of cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.base import words
from zoning.errors import Text
from zoning.outputs import contributed
from zoning.outputs.office.figures import quantity
from zoning.outputs.office.wording import is_missing
from zoning.outputs.webmap.layers import MAX_POINTS, degrees, fit, latin
from zoning.outputs.webmap.packing import pack_json, pack_numbers, pack_shapes

if TYPE_CHECKING:
    from zoning.contribution.parts import Class, Contribution, Field, Layer
    from zoning.plan import Plan

#: Above this number of rows card lines do not travel with the page (our choice).
MOST_LINES = 20_000
#: Above this number of lines the terms of a policy do not travel with the page (our choice).
MOST_TERMS = 100_000
#: Above this number of features a layer has no cards (our choice).
MOST_FEATURES = 5_000
_MISSING = 255
#: Head of sentences that a table holds in both languages.
_FOUND = Text("found", "核查结果")


def themes(plans: tuple[Plan, ...]) -> list[dict[str, Any]]:
    """List the themes of wings that every plan has."""
    first, *others = [contributed.themes(p) for p in plans]
    return [
        {"code": name, "label": both(t.title), "about": both(t.about), "given": _legend(t.classes)}
        for name, (_, t) in first.items()
        if all(name in other for other in others)
    ]


def pack(plan: Plan, order: Any) -> dict[str, Any]:
    """Pack what speaks of units: the class of each unit in each theme, and the lines of its card.

    Parameters
    ----------
    plan : Plan
    order : Index
        Codes of the units in the order of the page.
    """
    packed = {
        name: pack_numbers(np.where(number < 0, _MISSING, number), "uint8")
        for name, number in classes(plan, order).items()
    }
    return {"classes": packed, "cards": cards(plan)}


def classes(plan: Plan, order: Any) -> dict[str, Any]:
    """Give the class of each unit in each theme, in the order of the page; -1 where it has none."""
    return {
        name: contributed.class_of(
            contributed.theme_column(plan, name).reindex(order), theme.classes
        )
        for name, (_, theme) in contributed.themes(plan).items()
    }


def cards(plan: Plan) -> list[dict[str, Any]]:
    """Pack the lines that wings put on cards."""
    return [_card(given, k) for given in plan.contributions for k in range(len(given.cards))]


def layers(plan: Plan) -> list[dict[str, Any]]:
    """Pack the layers, each with its look; the colour of every feature is its class."""
    return [_layer(given, x) for given, x in contributed.styled_layers(plan).values()]


def both(text: Text) -> dict[str, str]:
    """Give a text in both languages as the page reads it."""
    return {"zh": text.zh, "en": text.en}


def _legend(classes: tuple[Class, ...]) -> list[dict[str, Any]]:
    return [{"colour": c.colour, "label": both(c.label)} for c in classes]


def _layer(given: Contribution, x: Layer) -> dict[str, Any]:
    shapes, tolerance = fit(x.frame.geometry.array, MAX_POINTS)
    number = np.full(len(x.frame), -1)
    if x.by is not None:
        number = contributed.class_of(x.frame[x.by], x.classes)
    return {
        "code": x.name, "label": both(x.title), "colour": x.colour, "filled": x.filled,
        **_features(x, next((c.by for c in given.cards if c.layer == x.name), ())),
        "legend": _legend(x.classes), "classes": number.tolist(),
        "shapes": pack_shapes(degrees(shapes, x.frame.crs).array), "tolerance_m": tolerance,
    }  # fmt: skip


def _features(x: Layer, by: tuple[str, ...]) -> dict[str, Any]:
    """Pack what the cards of the features say; a layer with too many has lines only."""
    if len(x.frame) > MOST_FEATURES:
        return {"columns": [], "rows": None}
    fields = [f for f in x.fields if f.name in x.frame]
    frame = x.frame[[f.name for f in fields]]
    rows = [
        [_cell(f, v) for f, v in zip(fields, row, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    ]
    columns = [{"name": f.name, **both(f.label)} for f in fields]
    packed = {"columns": columns, "rows": pack_json(rows)}
    if any(f.name == "name" for f in fields):
        packed |= latin(x.frame, "protections" if x.name == "protections" else "places")
    return {**packed, "keys": _keys(x.frame, by)} if by else packed


def _keys(frame: Any, by: tuple[str, ...]) -> list[str]:
    """Name every row by the columns that do so together."""
    return ["/".join(map(str, row)) for row in frame[list(by)].itertuples(index=False, name=None)]


def _card(given: Contribution, k: int) -> dict[str, Any]:
    card = given.cards[k]
    table = given.table(card.table)
    if len(table.frame) > MOST_LINES:
        n, most = len(table.frame), MOST_LINES
        return {"title": both(card.title), "columns": [], "rows": {}, "left_out": both(Text(
            f"{n:,} rows are more than the map holds ({most:,}); see the table in plan.gpkg",
            f"共 {n:,} 行，超过地图可容纳的 {most:,} 行，详见 plan.gpkg 中的表格"))}  # fmt: skip
    fields = {f.name: f for f in table.fields}
    wanted = [fields[c] for c in card.columns]
    rows: dict[str, list[list[Any]]] = {}
    how: dict[str, list[str]] = {}
    keys = table.frame[list(table.keys)].astype(str).agg("/".join, axis=1) if card.terms else None
    columns = table.frame[list(card.columns)]
    told = table.frame["zh"] if "en" in card.columns and "zh" in table.frame else None
    places = _keys(table.frame, card.keys)
    for n, values in enumerate(columns.itertuples(index=False, name=None)):
        line = [
            # A sentence that the table holds in both languages.
            both(Text(str(v), str(told.iloc[n]))) if told is not None and f.name == "en"
            else _cell(f, v)
            for f, v in zip(wanted, values, strict=True)
        ]  # fmt: skip
        rows.setdefault(places[n], []).append(line)
        if keys is not None:
            how.setdefault(places[n], []).append(keys.iloc[n])
    packed = {
        "title": both(card.title), "rows": rows,
        "columns": [both(_FOUND if told is not None and f.name == "en" else f.label)
                    for f in wanted],
        "place": card.place, "names": [f.name for f in wanted],
    }  # fmt: skip
    return packed if keys is None else {**packed, "keys": how, "terms": _terms(given, card.terms)}


def _terms(given: Contribution, name: str) -> dict[str, Any] | None:
    """Pack how each row came about: its lines in Chinese and in English."""
    frame = given.table(name).frame
    if not 0 < len(frame) <= MOST_TERMS:
        return None
    lines = {
        str(row): [list(some["line_zh"].astype(str)), list(some["line_en"].astype(str))]
        for row, some in frame.groupby("row", sort=False)
    }
    return pack_json(lines)


def _cell(f: Field, value: Any) -> Any:
    """Write a value for people; what differs by language is a pair."""
    if is_missing(value):
        return None
    word = f.words.get(str(value))
    if word is not None:
        return both(word)
    text = quantity(value, f.unit)
    if f.unit in ("", "1", "m2", "count", "year"):
        return text
    return {lang: words.measured(text, f.unit, lang) for lang in ("zh", "en")}
