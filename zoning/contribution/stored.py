"""How a contribution is kept: described as plain data for run.json, and put together again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from zoning.contribution.parts import (
    Card,
    Chapter,
    Chart,
    Class,
    Contribution,
    Field,
    Layer,
    Pages,
    Table,
    Theme,
)
from zoning.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def describe(given: Contribution) -> dict[str, Any]:
    """Give all but the frames as plain data for ``run.json``."""
    return {
        "wing": given.wing,
        "title": _pair(given.title),
        "layers": [
            {
                **_head(x), "colour": x.colour, "by": x.by, "filled": x.filled,
                "classes": [_class(c) for c in x.classes],
            }
            for x in given.layers
        ],
        "tables": [{**_head(x), "keys": list(x.keys)} for x in given.tables],
        "themes": [
            {
                "name": x.name, "title": _pair(x.title), "about": _pair(x.about),
                "table": x.table, "column": x.column, "classes": [_class(c) for c in x.classes],
            }
            for x in given.themes
        ],
        "cards": [
            {
                "title": _pair(x.title), "table": x.table, "columns": list(x.columns),
                "place": x.place, "terms": x.terms, "by": list(x.by),
            }
            for x in given.cards
        ],
        "chapters": [
            {
                "title": _pair(x.title), "paragraphs": [_pair(p) for p in x.paragraphs],
                "maps": list(x.maps), "tables": list(x.tables),
                "columns": {name: list(shown) for name, shown in x.columns.items()},
                "charts": [{**_plain(c), "title": _pair(c.title)} for c in x.charts],
                "pages": x.pages and {
                    **_plain(x.pages), "keys": list(x.pages.keys),
                    "item": _pair(x.pages.item), "value": _pair(x.pages.value),
                },
            }
            for x in given.chapters
        ],
    }  # fmt: skip


def restore(
    described: Mapping[str, Any],
    layers: Mapping[str, gpd.GeoDataFrame],
    tables: Mapping[str, pd.DataFrame],
) -> Contribution:
    """Put a contribution together again from its description and its frames.

    Raises
    ------
    KeyError
        If a frame is missing.
    """
    return Contribution(
        described["wing"],
        Text(*described["title"]),
        tuple(
            Layer(
                x["name"], Text(*x["title"]), layers[x["name"]], _fields(x), x["colour"], x["by"],
                _classes(x), x["filled"],
            )
            for x in described["layers"]
        ),
        tuple(
            Table(x["name"], Text(*x["title"]), tables[x["name"]], _fields(x),
                  tuple(x.get("keys", ())))
            for x in described["tables"]
        ),
        tuple(
            Theme(
                x["name"], Text(*x["title"]), Text(*x["about"]), x["table"], x["column"],
                _classes(x),
            )
            for x in described["themes"]
        ),
        tuple(
            Card(Text(*x["title"]), x["table"], tuple(x["columns"]), x.get("place", "unit"),
                 x.get("terms", ""), tuple(x.get("by", ())))
            for x in described["cards"]
        ),
        tuple(
            Chapter(
                Text(*x["title"]), tuple(Text(*p) for p in x["paragraphs"]), tuple(x["maps"]),
                tuple(x["tables"]),
                tuple(Chart(**{**c, "title": Text(*c["title"])}) for c in x.get("charts", ())),
                _pages(x.get("pages")), {k: tuple(v) for k, v in x.get("columns", {}).items()},
            )
            for x in described["chapters"]
        ),
    )  # fmt: skip


def _plain(x: Chart | Pages) -> dict[str, Any]:
    return {f.name: getattr(x, f.name) for f in fields(x)}


def _pages(x: Mapping[str, Any] | None) -> Pages | None:
    if x is None:
        return None
    texts = {k: Text(*x[k]) for k in ("item", "value")}
    return Pages(**{**x, **texts, "keys": tuple(x["keys"])})


def _pair(text: Text) -> list[str]:
    return [text.en, text.zh]


def _head(x: Layer | Table) -> dict[str, Any]:
    told = [
        {
            "name": f.name, "label": _pair(f.label), "about": _pair(f.about), "unit": f.unit,
            "words": {str(k): _pair(t) for k, t in f.words.items()},
        }
        for f in x.fields
    ]  # fmt: skip
    return {"name": x.name, "title": _pair(x.title), "fields": told}


def _fields(x: Mapping[str, Any]) -> tuple[Field, ...]:
    return tuple(
        Field(
            f["name"], Text(*f["label"]), Text(*f["about"]), f["unit"],
            {k: Text(*t) for k, t in f["words"].items()},
        )
        for f in x["fields"]
    )  # fmt: skip


def _class(c: Class) -> dict[str, Any]:
    return {
        "label": _pair(c.label), "colour": c.colour, "code": c.code, "lower": c.lower,
        "upper": c.upper,
    }  # fmt: skip


def _classes(x: Mapping[str, Any]) -> tuple[Class, ...]:
    return tuple(
        Class(Text(*c["label"]), c["colour"], c["code"], c["lower"], c["upper"])
        for c in x["classes"]
    )
