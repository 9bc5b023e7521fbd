"""Everything that the page knows about a plan, as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.names import traditional
from zoning.base.shipped import load_toml
from zoning.outputs.webmap import given, pyramid
from zoning.outputs.webmap.accounts import pack_accounts, zone_rows
from zoning.outputs.webmap.geography import pack as pack_geography
from zoning.outputs.webmap.ladder import pack as pack_ladder
from zoning.outputs.webmap.layers import CARDS, pack_layers, plain, town_rows
from zoning.outputs.webmap.packing import pack_json
from zoning.outputs.webmap.payload import AREAS, NAMES, SHARES, pack_units, units_in_order
from zoning.schemes.contrast import redline_look

if TYPE_CHECKING:
    from zoning.inputs.geography import Geography
    from zoning.questions.rungs import Ladder

#: Format of the document; the scripts of the page refuse another.
FORMAT = 1
#: Themes with classes, in the order of the menu; their classes are those of the map sheets.
SHARE_THEMES = ("redline_share", "built_share", "new_land", "stability", "built_redline")
_DECISION = ("level", "code", "zone", "reason", "who", "date", "state", "method_zone")
_VALUES = ("zone_reason", "grade", "status", "boundary_status", "level", "missing", "check_level")


def document(
    plans: tuple[Any, ...],
    *,
    lang: str,
    tiles: dict[str, Any] | None,
    ladder: Ladder | None = None,
    under: Geography | None = None,
) -> dict[str, Any]:
    """Gather one plan, or two to compare.

    Parameters
    ----------
    plans : tuple of zoning.plan.Plan
        One or two.
    lang : {"zh", "en"}
        The language that the page opens in.
    tiles : dict or None
        From :func:`zoning.outputs.webmap.tiles.background`.
    ladder : Ladder, optional
        The first plan under other caps.
    under : Geography, optional
        What lies under it.

    Returns
    -------
    dict
        Plain data for ``json``.
    """
    first = plans[0]
    return {
        "format": FORMAT,
        "lang": lang,
        "approval": approval_number(first),
        "dated": data_years(first),
        "look": {"redline": redline_look()},
        "digest": first.run.get("digest"),
        "plans": [
            {
                "name": p.name,
                "notice": notice(p),
                "zones": zone_rows(p),
                **_units(p, alone=len(plans) == 1),
                "accounts": pack_accounts(p),
                "overlays": overlays(p),
                "decisions": decisions(p),
                # Lines are those of the first plan; what the second calls its townships is its own.
                **({} if k == 0 else {"towns": town_rows(p)}),
            }
            for k, p in enumerate(plans)
        ],
        "ladder": None if ladder is None else pack_ladder(first, ladder, units_in_order(first)),
        "geography": None if under is None else pack_geography(first, under),
        "layers": pack_layers(first),
        "traditional": _traditional(first),
        "given_layers": list({x["code"]: x for p in plans for x in given.layers(p)}.values()),
        "themes": available_themes(plans),
        "words": dictionary(),
        "tiles": tiles,
    }


def _units(plan: Any, *, alone: bool) -> dict[str, Any]:
    """Pack the units, and what wings say of them; two plans side by side need all of them."""
    order = units_in_order(plan)
    if not alone or not pyramid.wanted(plan):
        return {"units": pack_units(plan), "given": given.pack(plan, order)}
    packed = pyramid.pack(plan, given.classes(plan, order))
    return {"units": packed, "given": {"classes": {}, "cards": given.cards(plan)}}


def _traditional(plan: Any) -> dict[str, str]:
    """Give the simplified signs of traditional ones, for all signs of names in the plan."""
    frames = (plan.townships, plan.counties, plan.redlines)
    named = [f["name"] for f in frames if f is not None and "name" in f]
    return traditional("".join(str(n) for names in named for n in names.dropna()))


def to_json(doc: dict[str, Any]) -> str:
    r"""Write the document so that no text in it can end its element.

    Examples
    --------
    >>> to_json({"name": "</script><b>"})
    '{"name":"\\u003c/script\\u003e\\u003cb\\u003e"}'
    """
    text = json.dumps(doc, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def packed(doc: dict[str, Any]) -> dict[str, Any]:
    """Pack the tables of a document: words, what cards say, rows of lines beside their shapes."""
    plans = [{**p, "given": {**p["given"], "cards": pack_json(p["given"]["cards"])}}
             for p in doc["plans"]]  # fmt: skip
    layers = {
        name: {
            "shapes": layer["shapes"],
            "table": pack_json({k: v for k, v in layer.items() if k != "shapes"}),
        }
        for name, layer in doc["layers"].items()
    }
    return {**doc, "plans": plans, "layers": layers, "words": pack_json(doc["words"])}


def available_themes(plans: tuple[Any, ...]) -> list[dict[str, Any]]:
    """List the themes that every plan has data for, the zones first."""
    themes: list[dict[str, Any]] = []
    if all("zone" in p.units and p.units["zone"].notna().any() for p in plans):
        # Overlays that take their units show what is protected; a hatch over them says it twice.
        calm = any(o.replaces for p in plans for o in p.scheme.overlays)
        themes.append({"code": "zones", "label": _theme_words("zones"), "calm": calm})
    shares = load_toml("styles", "sheets.toml")["shares"]
    for code in SHARE_THEMES:
        theme = shares[code]
        needs = [theme["part"], *([theme["whole"]] if "whole" in theme else [])]
        if all(_has(p, needs) for p in plans):
            about = {k: words.description(theme["part"], k) for k in ("zh", "en")}
            more: dict[str, Any] = {} if "whole" in theme else {"about": about}
            if theme["part"] in ("redline_m2", "new_m2"):
                more["calm"] = True
            themes.append({"code": code, "label": _theme_words(code), **more, **theme})
    return themes + given.themes(plans)


def _has(plan: Any, columns: list[str]) -> bool:
    return all(c in plan.units and plan.units[c].notna().any() for c in columns)


def _theme_words(code: str) -> dict[str, str]:
    return {lang: words.theme_name(code, lang) for lang in ("zh", "en")}


def dictionary() -> dict[str, Any]:
    """Give the words that the cards need: names of columns and of code values."""
    names = sorted({*AREAS, *SHARES, *NAMES, *CARDS, "unit", "lon", "lat"})
    return {
        "columns": {n: {lang: words.label(n, lang) for lang in ("zh", "en")} for n in names}
        | {"name_status": {lang: words.label("status", lang, "redlines") for lang in ("zh", "en")}},
        "values": {
            c: {k: {"zh": t.zh, "en": t.en} for k, t in words.values(c).items()} for c in _VALUES
        },
    }


def decisions(plan: Any) -> list[dict[str, Any]]:
    """Give the decisions by hand: where, by whom, when, why, and whether they are stale."""
    table = plan.tables.get("decisions")
    if table is None:
        return []
    columns = [c for c in _DECISION if c in table]
    rows = table[columns].itertuples(index=False)
    return [{c: plain(v) for c, v in zip(columns, row, strict=True)} for row in rows]


def notice(plan: Any) -> dict[str, str] | None:
    """Give the notice of a plan in both languages; one that exists once serves both."""
    en, zh = plan.notice, _setting(plan, "plan", "notice_zh")
    if not en and not zh:
        return None
    if not zh and en and en.count(" / ") == 1:
        zh, en = en.split(" / ")
    return {"zh": str(zh or en), "en": str(en or zh)}


def approval_number(plan: Any) -> str | None:
    """Give the review number of the map (审图号), if the plan's settings name one."""
    number = _setting(plan, "plan", "map_approval_no")
    return None if number is None else str(number)


def data_years(plan: Any) -> dict[str, str | None]:
    """Give the year of the land use and the years of the red lines, as the plan states them.

    Returns
    -------
    dict
        ``land`` and ``redlines``: ``"2020"``, ``"2013–2019"``; None where the plan states none.
    """
    land, lines = _setting(plan, "plan", "base_year"), plan.redlines
    years: list[int] = []
    if lines is not None and "source_year" in lines:
        years = sorted({int(y) for y in lines["source_year"].dropna()})
    span = "–".join(str(y) for y in dict.fromkeys((years[0], years[-1]))) if years else None
    return {"land": None if land is None else str(land), "redlines": span}


def plan_language(plan: Any) -> str:
    """Give the language of the plan's files, Chinese unless its settings say otherwise."""
    return str(_setting(plan, "plan", "lang") or "zh")


def overlays(plan: Any) -> list[dict[str, Any]]:
    """Give what lies over the zones: names, what counts, the threshold and its column."""
    return [
        {
            "code": o.code, "name_zh": o.zh, "name_en": o.en, "colour": o.colour,
            "counted_zh": o.counted.zh, "counted_en": o.counted.en, "share": o.share,
            "column": o.column, "replaces": o.replaces,
        }
        for o in plan.scheme.overlays
    ]  # fmt: skip


def _setting(plan: Any, section: str, key: str) -> Any:
    value = getattr(getattr(plan.config, section, None), key, None)
    return value or None
