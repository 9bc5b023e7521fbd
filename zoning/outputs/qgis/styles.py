"""How the layers of a plan look in QGIS: renderers, labels and fields, all from data.

Zones come from the plan itself, shares from ``data/styles/sheets.toml``, lines and hatches from
``data/styles/qgis.toml``, types of red lines from ``data/redlines``. The same styles
stand in the GeoPackage and in the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from zoning.base import words
from zoning.base.shipped import load_toml
from zoning.outputs import contributed
from zoning.outputs.prints import themes as sheet_themes
from zoning.outputs.qgis import xml as qx
from zoning.schemes.contrast import redline_look

if TYPE_CHECKING:
    from zoning.contribution.parts import Class, Layer
    from zoning.plan import Plan

#: The layers of plan.gpkg, the lowest of the map first.
LAYERS = ("units", "zones", "allocation", "redlines", "townships", "counties", "city")
_NAMES_OF = {"zone": "zones", "township_zone": "zones", "runner_up": "zones",
             "was": "zones", "decided_zone": "zones"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """One way to draw one layer.

    Parameters
    ----------
    key : str
        Stable name: a theme, or what the style shows.
    layer : str
        Table of plan.gpkg.
    name : str
        What people call it.
    renderer : Element
        The symbols.
    labels : Element or None
        How features are labelled.
    default : bool
        Whether the layer opens this way.
    """

    key: str
    layer: str
    name: str
    renderer: qx.Element
    labels: qx.Element | None = None
    default: bool = False


def styles(plan: Plan, lang: str = "zh") -> tuple[Style, ...]:
    """Give every style that a plan has data for.

    Parameters
    ----------
    plan : Plan
    lang : {"zh", "en"}
        Language of names and legends.

    Returns
    -------
    tuple of Style
        Exactly one default for each layer that is there.
    """
    themes = sheet_themes.themes(plan)
    found: list[Style] = []
    if "zones" in themes:
        name = words.theme_name("zones", lang)
        found.append(Style("zones", "units", name, _zones(plan, lang, "unit"), default=True))
        found.append(Style("zones", "zones", name, _zones(plan, lang, "zone"), default=True))
    else:
        found.append(_plain_units(lang))
    shares = sheet_themes.share_themes()
    for key in (t for t in themes if t in shares):
        name = words.theme_name(key, lang)
        if key == "new_land":  # the layer holds only units that get some
            ramp = _ramp(replace(shares[key], zero=None), lang)
            found.append(Style(key, "allocation", name, ramp, default=True))
        else:
            found.append(Style(key, "units", name, _ramp(shares[key], lang)))
    if plan.redlines is not None:
        label = _labels("redlines")
        name = words.theme_name("redline_hatch", lang)
        found.append(Style("redline_hatch", "redlines", name, _hatch(lang), label, default=True))
        by_type = words.label("type", lang)
        found.append(Style("redline_types", "redlines", by_type, _types(plan, lang), label))
    for layer in ("townships", "counties", "city"):
        if getattr(plan, layer) is not None:
            labels = _labels(layer) if layer != "city" else None
            name = words.table_name(layer, lang)
            found.append(Style(layer, layer, name, _boundary(layer), labels, default=True))
    return (*found, *_given(plan, lang))


def _given(plan: Plan, lang: str) -> list[Style]:
    """Style the layers and themes of the wings: one look each, by its classes."""
    found = []
    for name, (_, layer) in contributed.styled_layers(plan).items():
        if layer.by is None:
            drawn = qx.single(_given_area("0", layer.colour, layer))
        else:
            drawn = _by_class(
                layer.by, layer.classes, lang,
                [_given_area(str(i), c.colour, layer) for i, c in enumerate(layer.classes)],
            )  # fmt: skip
        found.append(Style(name, name, layer.title.get(lang), drawn, default=True))
    for name, (_, theme) in contributed.themes(plan).items():
        symbols = [_area(str(i), c.colour, "unit") for i, c in enumerate(theme.classes)]
        drawn = _by_class(theme.column, theme.classes, lang, symbols)
        found.append(Style(name, name, theme.title.get(lang), drawn, default=True))
    return found


def _given_area(name: str, colour: str, layer: Layer) -> qx.Element:
    """Fill an area half through, with its outline; or draw the outline alone."""
    fill = qx.simple_fill(colour if layer.filled else None, layer.colour, 0.4)
    return qx.symbol("fill", name, fill, opacity=0.6 if layer.filled else 1.0)


def _by_class(
    column: str, classes: Sequence[Class], lang: str, symbols: list[qx.Element]
) -> qx.Element:
    if classes[0].code is not None:
        pairs = [(str(c.code), c.label.get(lang)) for c in classes]
        return qx.categorised(column, pairs, symbols)
    ranges = [(float(c.lower or 0), float(c.upper or 0), c.label.get(lang)) for c in classes]
    return qx.graduated(f'"{column}"', ranges, symbols)


def qml(
    style: Style | None,
    aliases: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
    tip: str = "",
    form: qx.Form | None = None,
) -> str:
    """Write a style as the text of a QML file.

    Parameters
    ----------
    style : Style or None
        None for a table without geometry, which has fields only.
    aliases, values : mapping
        As for :func:`zoning.outputs.qgis.xml.fields`.
    tip : str
        HTML of the map tip.
    form : Form, optional
        How fields are filled in.
    """
    head = {"version": qx.VERSION,
            "styleCategories": "Symbology|Labeling|Fields|Forms|MapTips",
            "labelsEnabled": int(style is not None and style.labels is not None)}  # fmt: skip
    tree = qx.element("qgis", head, *layer_parts(style, aliases, values, tip, form))
    tree.append(qx.element("layerGeometryType", {}, "4" if style is None else "2"))
    return qx.DOCTYPE + qx.write(tree)


def layer_parts(
    style: Style | None,
    aliases: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
    tip: str = "",
    form: qx.Form | None = None,
) -> list[qx.Element]:
    """Give the elements that QML files and project layers share."""
    parts = [] if style is None else [style.renderer]
    if style is not None and style.labels is not None:
        parts.append(style.labels)
    parts += qx.fields(aliases, values, form)
    if tip:
        parts.append(qx.element("mapTip", {}, tip))
    if style is not None:
        parts += [qx.element("blendMode", {}, "0"), qx.element("layerOpacity", {}, "1")]
    if "name" in aliases:
        parts.append(qx.element("previewExpression", {}, '"name"'))
    return parts


def aliases(plan: Plan, layer: str, columns: Iterable[str], lang: str) -> dict[str, str]:
    """Give the names of the fields of a layer for people, in the order of the table."""
    said = contributed.Words.of(plan)
    return {c: said.heading(c, lang, layer) for c in columns}


def value_maps(
    plan: Plan, columns: Iterable[str], lang: str, layer: str = ""
) -> dict[str, dict[str, str]]:
    """Give the words for the codes in the columns of a layer."""
    found: dict[str, dict[str, str]] = {}
    said = contributed.Words.of(plan)
    for column in columns:
        codes: Mapping[str, str]
        given = said.values(column, layer)
        if given is not None:
            if given:
                found[column] = {code: word.get(lang) for code, word in given.items()}
            continue
        if column in _NAMES_OF:
            codes = {code: name for code, (name, _) in sheet_themes.zone_words(plan, lang).items()}
        elif (layer, column) == ("checks", "level"):
            codes = {code: word.get(lang) for code, word in words.values("check_level").items()}
        elif narrow := words.values(f"{layer}.{column}"):
            codes = {code: word.get(lang) for code, word in narrow.items()}
        elif column in ("township", "ok"):
            codes = {}
        else:
            codes = {code: word.get(lang) for code, word in words.values(column).items()}
        if codes:
            found[column] = dict(codes)
    return found


def _look() -> dict[str, Any]:
    return load_toml("styles", "qgis.toml")


def fonts() -> list[str]:
    """Give the fonts that QGIS should look for, in order."""
    return list(_look()["fonts"])


def _area(name: str, colour: str | None, look: str, opacity: float = 1.0) -> qx.Element:
    line = _look()[look]
    fill = qx.simple_fill(colour, line["outline"], line["outline_mm"], line["outline_opacity"])
    return qx.symbol("fill", name, fill, opacity=opacity)


def _plain_units(lang: str) -> Style:
    name = words.table_name("units", lang)
    return Style("units", "units", name, qx.single(_area("0", None, "unit")), default=True)


def _zones(plan: Plan, lang: str, look: str) -> qx.Element:
    known = sheet_themes.zone_words(plan, lang)
    categories = [(code, name) for code, (name, _) in known.items()]
    colours = [colour for _, colour in known.values()]
    if bool(plan.units["zone"].isna().any()) and look == "unit":
        categories.append(("", words.unzoned(lang)))
        colours.append(_look()["no_data"])
    symbols = [_area(str(i), colour, look) for i, colour in enumerate(colours)]
    return qx.categorised("zone", categories, symbols)


def _ramp(share: sheet_themes.ShareTheme, lang: str) -> qx.Element:
    limits = list(zip(share.breaks[:-1], share.breaks[1:], strict=True))
    if share.zero is not None:
        limits.insert(0, (0.0, 0.0))
    legend = share.legend(lang)
    ranges = [(low, high, label) for (low, high), (_, label) in zip(limits, legend, strict=True)]
    symbols = [_area(str(i), colour, "unit") for i, (colour, _) in enumerate(legend)]
    value = f'"{share.part}"' if share.whole is None else f'1.0 * "{share.part}" / "{share.whole}"'
    return qx.graduated(value, ranges, symbols)


def _hatch(lang: str) -> qx.Element:
    categories, symbols = [], []
    red = redline_look()
    for i, (level, look) in enumerate(_look()["hatch"].items()):
        categories.append((level, words.value("level", level, lang)))
        mm = red["level"][level]["mm"]
        lines = qx.hatch(
            str(i), red["line"], look["angle_deg"], look["distance_mm"], look["line_mm"]
        )
        casing = qx.simple_line(red["casing"], round(mm + 0.4, 2))
        symbols.append(qx.symbol("fill", str(i), lines, casing, qx.simple_line(red["line"], mm)))
    return qx.categorised("level", categories, symbols)


def _types(plan: Plan, lang: str) -> qx.Element:
    look = _look()["types"]
    names = {code: word.get(lang) for code, word in words.values("type").items()}
    redlines = plan.redlines
    here = [] if redlines is None else sorted({str(t) for t in redlines["type"].dropna()})
    order = [t for t in names if t in here] + [t for t in here if t not in names]
    colours = look["colours"]
    symbols = [
        _area(str(i), colours[i % len(colours)], "zone", look["opacity"]) for i in range(len(order))
    ]
    return qx.categorised("type", [(t, names.get(t, t)) for t in order], symbols)


def _boundary(layer: str) -> qx.Element:
    look = _look()["boundary"][layer]
    line = qx.simple_line(look["colour"], look["line_mm"], look["line"], look.get("page_mm"))
    return qx.single(qx.symbol("fill", "0", line))


def _labels(layer: str) -> qx.Element:
    look = _look()["label"][layer]
    return qx.labelling(
        look["field"], fonts(), look["size_pt"], look["colour"], look["bold"],
        look["smallest_scale"],
    )  # fmt: skip
