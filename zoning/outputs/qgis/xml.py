"""The XML words of QGIS: symbols, renderers, labels and fields, as elements.

Everything is built as a tree, so text from data is always escaped. Symbol properties are written
twice, as ``Option`` (QGIS 3.18 and later) and as ``prop`` (earlier ones), as QGIS 3 itself did.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from zoning.outputs.office.whole import clean

Element = ET.Element
#: What the files say they were written by; the oldest QGIS they are checked with.
VERSION = "3.22.16-Białowieża"
DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"


def element(
    tag: str, attributes: Mapping[str, Any] | None = None, *children: Element | str
) -> Element:
    """Make an element with attributes, text and children; unprintable characters are dropped.

    Examples
    --------
    >>> write(element("a", {"b": '<"'}, "x&y"))
    '<a b="&lt;&quot;">x&amp;y</a>'
    """
    made = ET.Element(tag, {k: clean(v) for k, v in (attributes or {}).items()})
    for child in children:
        if isinstance(child, str):
            made.text = (made.text or "") + clean(child)
        else:
            made.append(child)
    return made


def write(tree: Element) -> str:
    """Write an element as text: the same as ``ElementTree.tostring``, without names of spaces."""
    parts: list[str] = []
    _write(parts.append, tree)
    return "".join(parts)


_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ATTRIBUTE = _TEXT | str.maketrans({'"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#09;"})


def _write(put: Callable[[str], Any], tree: Element) -> None:
    tag = tree.tag
    said = "".join(f' {k}="{v.translate(_ATTRIBUTE)}"' for k, v in tree.items())
    if not tree.text and not len(tree):
        put(f"<{tag}{said} />")
        return
    put(f"<{tag}{said}>")
    if tree.text:
        put(tree.text.translate(_TEXT))
    for child in tree:
        _write(put, child)
    put(f"</{tag}>")


def rgba(colour: str, opacity: float = 1.0) -> str:
    """Write a colour as QGIS does.

    Examples
    --------
    >>> rgba("#ff8000", 0.5)
    '255,128,0,128'
    """
    channels = [str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)]
    return ",".join([*channels, str(round(opacity * 255))])


def symbol(kind: str, name: str, *layers: Element, opacity: float = 1.0) -> Element:
    """Make a symbol of ``kind`` "fill" or "line" from its layers."""
    head = {"name": name, "type": kind, "alpha": opacity, "clip_to_extent": 1, "force_rhr": 0}
    return element("symbol", head, *layers)


def simple_fill(
    colour: str | None, outline: str, outline_mm: float, outline_opacity: float = 1.0
) -> Element:
    """Make a plain fill; ``colour=None`` leaves the inside empty."""
    return _layer("SimpleFill", {
        "color": rgba(colour) if colour else "0,0,0,0", "style": "solid" if colour else "no",
        "outline_color": rgba(outline, outline_opacity), "outline_width": outline_mm,
        "outline_width_unit": "MM", "outline_style": "solid", "joinstyle": "bevel",
    })  # fmt: skip


def simple_line(
    colour: str, width_mm: float, line: str = "solid", page_mm: float | None = None
) -> Element:
    """Make a line; as a layer of a fill it draws the outline.

    ``page_mm`` is its width around the feature that an atlas page is about.
    """
    made = _layer("SimpleLine", {
        "line_color": rgba(colour), "line_width": width_mm, "line_width_unit": "MM",
        "line_style": line, "joinstyle": "round", "capstyle": "flat",
    })  # fmt: skip
    if page_mm is not None:
        ours = "@atlas_featureid = $id AND @atlas_layerid = @layer_id"
        made.append(_computed("outlineWidth", f"if({ours}, {page_mm}, {width_mm})"))
    return made


def _computed(name: str, expression: str, tag: str = "data_defined_properties") -> Element:
    """Let an expression give a property of a symbol layer."""
    option = "Option"
    ours = element(
        option, {"name": name, "type": "Map"},
        element(option, {"name": "active", "value": "true", "type": "bool"}),
        element(option, {"name": "expression", "value": expression, "type": "QString"}),
        element(option, {"name": "type", "value": 3, "type": "int"}),
    )  # fmt: skip
    collection = element(
        option, {"type": "Map"}, element(option, {"name": "name", "value": "", "type": "QString"}),
        element(option, {"name": "properties", "type": "Map"}, ours),
        element(option, {"name": "type", "value": "collection", "type": "QString"}),
    )  # fmt: skip
    return element(tag, {}, collection)


def layout_property(name: str, expression: str) -> Element:
    """Let an expression give a property of an item of a layout."""
    return element("LayoutObject", {}, _computed(name, expression, "dataDefinedProperties"))


def hatch(
    parent: str, colour: str, angle_deg: float, distance_mm: float, line_mm: float
) -> Element:
    """Make a fill of parallel lines, the first layer of the symbol named ``parent``."""
    made = _layer("LinePatternFill", {
        "angle": angle_deg, "distance": distance_mm, "distance_unit": "MM",
        "line_width": line_mm, "line_width_unit": "MM", "color": rgba(colour),
    })  # fmt: skip
    made.append(symbol("line", f"@{parent}@0", simple_line(colour, line_mm)))
    return made


def _layer(kind: str, properties: Mapping[str, Any]) -> Element:
    options = [
        element("Option", {"name": k, "value": v, "type": "QString"}) for k, v in properties.items()
    ]
    old = [element("prop", {"k": k, "v": v}) for k, v in properties.items()]
    head = {"class": kind, "enabled": 1, "locked": 0, "pass": 0}
    return element("layer", head, element("Option", {"type": "Map"}, *options), *old)


def single(made: Element) -> Element:
    """Make a renderer with one symbol, named "0"."""
    return _renderer("singleSymbol", {}, element("symbols", {}, made))


def categorised(
    field: str, categories: Sequence[tuple[str, str]], symbols: Iterable[Element]
) -> Element:
    """Make a renderer by code: (code, label) and the symbols "0", "1", ... in the same order.

    The code ``""`` stands for everything else.
    """
    rows = [
        element("category", {"value": code, "type": "string", "symbol": i, "label": plain(label),
                             "render": "true"})
        for i, (code, label) in enumerate(categories)
    ]  # fmt: skip
    return _renderer(
        "categorizedSymbol", {"attr": field}, element("categories", {}, *rows),
        element("symbols", {}, *symbols),
    )  # fmt: skip


def graduated(
    expression: str, ranges: Sequence[tuple[float, float, str]], symbols: Iterable[Element]
) -> Element:
    """Make a renderer by classes: (lower, upper, label) and the symbols "0", "1", ... in order."""
    rows = [
        element("range", {"lower": f"{low:.15f}", "upper": f"{high:.15f}", "symbol": i,
                          "label": plain(label), "render": "true"})
        for i, (low, high, label) in enumerate(ranges)
    ]  # fmt: skip
    return _renderer(
        "graduatedSymbol", {"attr": expression, "graduatedMethod": "GraduatedColor"},
        element("ranges", {}, *rows), element("symbols", {}, *symbols),
    )  # fmt: skip


def _renderer(kind: str, attributes: Mapping[str, Any], *children: Element) -> Element:
    common = {"type": kind, "symbollevels": 0, "enableorderby": 0, "forceraster": 0}
    return element("renderer-v2", {**common, **attributes}, *children)


def plain(label: str) -> str:
    """Keep QGIS from reading ``[% %]`` in a label as an expression.

    Examples
    --------
    >>> plain("[% @user_account_name %]")
    '[ % @user_account_name %]'
    """
    return label.replace("[%", "[ %")


def text_format(
    fonts: Sequence[str], size_pt: float, colour: str, bold: bool = False, **more: Any
) -> Element:
    """Make a text format; the first font that the computer has is taken."""
    weight, style = (75, "Bold") if bold else (50, "Regular")
    attributes = {
        "fontFamily": fonts[0], "fontSize": size_pt, "fontSizeUnit": "Point", "fontWeight": weight,
        "namedStyle": style, "textColor": rgba(colour), "textOpacity": 1, **more,
    }  # fmt: skip
    families = element("families", {}, *(element("family", {"name": f}) for f in fonts))
    return element("text-style", attributes, families)


def labelling(
    field: str, fonts: Sequence[str], size_pt: float, colour: str, bold: bool, smallest_scale: int
) -> Element:
    """Label the features of a polygon layer with a field, on a white halo.

    Labels vanish at scales smaller than 1 to ``smallest_scale``; 0 keeps them at every scale.
    """
    style = text_format(fonts, size_pt, colour, bold, fieldName=field, isExpression=0)
    halo = {"bufferDraw": 1, "bufferSize": 0.7, "bufferSizeUnits": "MM",
            "bufferColor": rgba("#ffffff"), "bufferOpacity": 0.85}  # fmt: skip
    style.append(element("text-buffer", halo))
    drawing = {"drawLabels": 1, "obstacle": 0, "mergeLines": 0, "labelPerPart": 0,
               "scaleVisibility": int(smallest_scale > 0), "scaleMin": 1,
               "scaleMax": smallest_scale}  # fmt: skip
    placement = {"placement": 1, "centroidInside": 1, "centroidWhole": 0}
    settings = element(
        "settings", {"calloutType": "simple"}, style, element("placement", placement),
        element("rendering", drawing),
    )  # fmt: skip
    return element("labeling", {"type": "simple"}, settings)


@dataclass(frozen=True, slots=True)
class Form:
    """How the fields of a layer are filled in.

    Parameters
    ----------
    locked : frozenset of str
        Fields that are only shown.
    dates : frozenset of str
        Texts that hold a date as YYYY-MM-DD.
    long : frozenset of str
        Texts of several lines.
    tests : mapping of str to (str, str)
        Field to the expression that must hold, and what is said where it does not.
    starts : mapping of str to str
        Field to the expression that gives its first value.
    """

    locked: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    long: frozenset[str] = frozenset()
    tests: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    starts: Mapping[str, str] = field(default_factory=dict)


def fields(
    aliases: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
    form: Form | None = None,
) -> list[Element]:
    """Describe the fields of a layer.

    Parameters
    ----------
    aliases : mapping of str to str
        Field to the name that people see, in the order of the table.
    values : mapping of str to mapping
        Field to its codes with the words that are shown instead.
    form : Form, optional
        How they are filled in.
    """
    named = [
        element("alias", {"field": key, "index": i, "name": name})
        for i, (key, name) in enumerate(aliases.items())
    ]
    widgets = [
        element("field", {"name": name, "configurationFlags": "None"},
                _widget(name, values.get(name), form or Form()))
        for name in aliases
    ]  # fmt: skip
    parts = [element("fieldConfiguration", {}, *widgets), element("aliases", {}, *named)]
    return parts if form is None else [*parts, *_rules(aliases, form)]


def _rules(aliases: Mapping[str, str], form: Form) -> list[Element]:
    """Say what may be filled in, what must hold, and what stands there at first."""
    editable = [element("field", {"name": n, "editable": int(n not in form.locked)})
                for n in aliases]  # fmt: skip
    tests = [element("constraint", {"field": n, "exp": test, "desc": words})
             for n, (test, words) in form.tests.items()]  # fmt: skip
    # 4: an expression; soft: it is told, and can still be saved.
    kinds = [
        element("constraint", {"field": n, "constraints": 4, "notnull_strength": 0,
                               "unique_strength": 0, "exp_strength": 2})
        for n in form.tests
    ]  # fmt: skip
    starts = [element("default", {"field": n, "expression": e, "applyOnUpdate": 0})
              for n, e in form.starts.items()]  # fmt: skip
    return [
        element("editable", {}, *editable), element("constraints", {}, *kinds),
        element("constraintExpressions", {}, *tests), element("defaults", {}, *starts),
    ]  # fmt: skip


def _widget(name: str, codes: Mapping[str, str] | None, form: Form) -> Element:
    if name in form.dates:
        said = {"field_format": "yyyy-MM-dd", "display_format": "yyyy-MM-dd",
                "calendar_popup": "true", "allow_null": "true"}  # fmt: skip
        return _configured("DateTime", said)
    if name in form.long:
        return _configured("TextEdit", {"IsMultiline": "true", "UseHtml": "false"})
    return _choices(codes)


def _configured(kind: str, said: Mapping[str, str]) -> Element:
    options = [
        element("Option", {"name": k, "value": v,
                           "type": "bool" if v in ("true", "false") else "QString"})
        for k, v in said.items()
    ]  # fmt: skip
    config = element("config", {}, element("Option", {"type": "Map"}, *options))
    return element("editWidget", {"type": kind}, config)


def _choices(codes: Mapping[str, str] | None) -> Element:
    if not codes:
        return element("editWidget", {"type": ""}, element("config"))
    pairs = [
        element("Option", {"type": "Map"}, element("Option", {
            "name": word, "value": code, "type": "QString"}))
        for code, word in codes.items()
    ]  # fmt: skip
    table = element("Option", {"name": "map", "type": "List"}, *pairs)
    config = element("config", {}, element("Option", {"type": "Map"}, table))
    return element("editWidget", {"type": "ValueMap"}, config)
