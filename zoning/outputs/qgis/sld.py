"""Styles as SLD, for GeoServer, MapServer, uDig and others that do not read QML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from zoning.outputs.office.whole import clean
from zoning.outputs.qgis.looks import Look, Paint, Rule

#: Pixels for a millimetre: the standard's pixel is 0.28 mm.
_PX = 1 / 0.28
_NAMES = {
    "sld": "http://www.opengis.net/sld",
    "se": "http://www.opengis.net/se",
    "ogc": "http://www.opengis.net/ogc",
}


def sld(look: Look, layer: str, title: str, fields: Mapping[str, str] | None = None) -> str:
    """Write a style as SLD 1.1.

    Parameters
    ----------
    look : Look
        Classes, as read from the renderer.
    layer : str
        Name of the layer.
    title : str
    fields : mapping of str to str, optional
        What columns are called in the file, where it renames them.

    Returns
    -------
    str

    References
    ----------
    OGC 05-078r4, Styled Layer Descriptor 1.1.0; OGC 05-077r4, Symbology Encoding 1.1.0; OGC 04-095,
    Filter Encoding 1.1.0.

    Examples
    --------
    >>> text = sld(Look(None, None, (Rule("a", None, None, None, (Paint("line", "#ff0000"),)),)),
    ...            "city", "City")
    >>> "#ff0000" in text and "<se:Name>city</se:Name>" in text
    True
    """
    for prefix, uri in _NAMES.items():
        ET.register_namespace(prefix, uri)
    root = ET.Element(_n("sld:StyledLayerDescriptor"), {"version": "1.1.0"})
    named = ET.SubElement(root, _n("sld:NamedLayer"))
    _text(named, "se:Name", layer)
    user = ET.SubElement(named, _n("sld:UserStyle"))
    _text(user, "se:Name", layer)
    _title(user, title)
    kind = ET.SubElement(user, _n("se:FeatureTypeStyle"))
    names = fields or {}
    for rule in look.rules:
        _rule(kind, look, rule, names)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _n(name: str) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{_NAMES[prefix]}}}{local}"


def _text(parent: ET.Element, tag: str, text: str, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, _n(tag), attributes)
    made.text = clean(text)
    return made


def _title(parent: ET.Element, title: str) -> None:
    about = ET.SubElement(parent, _n("se:Description"))
    _text(about, "se:Title", title)


def _rule(parent: ET.Element, look: Look, rule: Rule, names: Mapping[str, str]) -> None:
    made = ET.SubElement(parent, _n("se:Rule"))
    _text(made, "se:Name", rule.label or "all")
    if rule.label:
        _title(made, rule.label)
    if rule.code == "":
        ET.SubElement(made, _n("se:ElseFilter"))
    elif look.part is not None:
        _filter(made, look, rule, names)
    for paint in rule.paints:
        _paint(made, paint)


def _filter(parent: ET.Element, look: Look, rule: Rule, names: Mapping[str, str]) -> None:
    test = ET.SubElement(parent, _n("ogc:Filter"))
    if rule.code is not None:
        _compare(test, "PropertyIsEqualTo", look, rule.code, names)
    elif rule.low == rule.high:
        _compare(test, "PropertyIsEqualTo", look, f"{rule.low:.15g}", names)
    else:
        both = ET.SubElement(test, _n("ogc:And"))
        # The first class holds its lower limit, unless a class of its own holds it.
        first = next(r for r in look.rules if r.low != r.high) is rule
        alone = any(r.low == r.high == rule.low for r in look.rules)
        low = "PropertyIsGreaterThanOrEqualTo" if first and not alone else "PropertyIsGreaterThan"
        _compare(both, low, look, f"{rule.low:.15g}", names)
        _compare(both, "PropertyIsLessThanOrEqualTo", look, f"{rule.high:.15g}", names)


def _compare(
    parent: ET.Element, how: str, look: Look, value: str, names: Mapping[str, str]
) -> None:
    made = ET.SubElement(parent, _n(f"ogc:{how}"))
    part = names.get(str(look.part), str(look.part))
    if look.whole is None:
        _text(made, "ogc:PropertyName", part)
    else:
        share = ET.SubElement(made, _n("ogc:Div"))
        _text(share, "ogc:PropertyName", part)
        _text(share, "ogc:PropertyName", names.get(look.whole, look.whole))
    _text(made, "ogc:Literal", value)


def _paint(parent: ET.Element, paint: Paint) -> None:
    if paint.kind == "line":
        line = ET.SubElement(parent, _n("se:LineSymbolizer"))
        _stroke(line, paint.colour, paint.opacity, paint.width_mm, paint.dashed)
        return
    area = ET.SubElement(parent, _n("se:PolygonSymbolizer"))
    if paint.kind == "hatch":
        fill = ET.SubElement(area, _n("se:Fill"))
        graphic = ET.SubElement(ET.SubElement(fill, _n("se:GraphicFill")), _n("se:Graphic"))
        mark = ET.SubElement(graphic, _n("se:Mark"))
        _text(mark, "se:WellKnownName", "horline")
        _stroke(mark, paint.colour, paint.opacity, paint.width_mm, False)
        _text(graphic, "se:Size", f"{paint.distance_mm * _PX:.4g}")
        _text(graphic, "se:Rotation", f"{-paint.angle_deg:g}")
        return
    if paint.colour is not None:
        fill = ET.SubElement(area, _n("se:Fill"))
        _text(fill, "se:SvgParameter", paint.colour, name="fill")
        if paint.opacity < 1:
            _text(fill, "se:SvgParameter", f"{paint.opacity:.3g}", name="fill-opacity")
    _stroke(area, paint.outline, paint.outline_opacity, paint.width_mm, False)


def _stroke(
    parent: ET.Element, colour: str | None, opacity: float, width_mm: float, dashed: bool
) -> None:
    if colour is None:
        return
    made = ET.SubElement(parent, _n("se:Stroke"))
    _text(made, "se:SvgParameter", colour, name="stroke")
    if opacity < 1:
        _text(made, "se:SvgParameter", f"{opacity:.3g}", name="stroke-opacity")
    _text(made, "se:SvgParameter", f"{max(width_mm * _PX, 0.1):.3g}", name="stroke-width")
    if dashed:
        _text(made, "se:SvgParameter", "6 3", name="stroke-dasharray")
