"""KML for Google Earth, Ovi and phones: WGS 84, in the plan's colours, every field in words."""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zoning.outputs.exchange.contents import Contents
from zoning.outputs.office.whole import clean
from zoning.outputs.qgis.looks import Look, Paint, rule_of

#: Seven decimals of a degree are about one centimetre.
_DECIMALS = 7
#: Layers that are seen at first, from the ground up; all others wait in the list.
_SEEN = ("zones", "redlines", "townships", "counties", "city")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'


def write(contents: Contents, path: Path) -> None:
    """Write all layers into one file: a folder for each layer, a style for each class.

    Parameters
    ----------
    contents : Contents
        With ``looks``; a layer without a look is drawn in grey.
    path : Path

    Notes
    -----
    Zeros are left out, decimals have six digits: the other formats hold all. CGCS2000 and WGS 84
    agree to about a decimetre, and PROJ takes them as equal.

    References
    ----------
    OGC 12-007r2, KML 2.3 (what is used here is in 2.2 as well).
    """
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write(_HEAD + "<Document>\n")
        out.write(f"<name>{_told(contents.title)}</name>\n")
        if contents.notice:
            out.write(f"<description>{_told(contents.notice)}</description>\n")
        for name, frame in contents.layers.items():
            out.write(_schema(name, _shown(contents, name, frame)) + "\n")
        for name, frame in contents.layers.items():
            for line in _folder(contents, name, frame):
                out.write(line + "\n")
        out.write("</Document>\n</kml>\n")


def _folder(contents: Contents, name: str, frame: Any) -> Iterator[str]:
    """Write the folder of a layer: its styles, then its features."""
    look = contents.looks.get(name)
    title = contents.said.table_name(name, contents.lang)
    yield f'<Folder id="{_told(name)}"><name>{_told(title)}</name>'
    seen = int(name in _SEEN)
    yield f"<visibility>{seen}</visibility><open>0</open>"
    for i, rule in enumerate(look.rules if look else ()):
        yield _style(f"{name}-{i}", rule.paints)
    shown = _shown(contents, name, frame)
    key = next((c for c in ("name", "name_zh", "unit") if c in shown), next(iter(shown), ""))
    world = frame.to_crs(4326)
    for row in world.to_dict("records"):
        shape = row["geometry"]
        if shape is None or shape.is_empty:
            continue
        yield "<Placemark>"
        yield f"<name>{_told(row.get(key, ''))}</name><visibility>{seen}</visibility>"
        if look is not None:
            yield _which(look, row, name)
        data = "".join(
            f'<SimpleData name="{_told(c)}">{_told(_short(row[c]))}</SimpleData>'
            for c in shown
            if not _missing(row[c]) and row[c] != 0
        )
        about = f'<SchemaData schemaUrl="#fields-{_told(name)}">{data}</SchemaData>'
        yield f"<ExtendedData>{about}</ExtendedData>"
        yield _shape(shape)
        yield "</Placemark>"
    yield "</Folder>"


def _shown(contents: Contents, name: str, frame: Any) -> dict[str, str]:
    """Name the columns that are told: words instead of codes."""
    labels = {
        c: contents.said.heading(c.removesuffix("_words"), contents.lang, name)
        for c in frame.columns
        if c != "geometry"
    }
    worded = {c.removesuffix("_words") for c in labels if c.endswith("_words")}
    return {c: label for c, label in labels.items() if c not in worded}


def _schema(name: str, shown: dict[str, str]) -> str:
    """List the fields of a layer once, so that features need not repeat their names."""
    fields = "".join(
        f'<SimpleField type="string" name="{_told(c)}"><displayName>{_told(label)}</displayName>'
        "</SimpleField>"
        for c, label in shown.items()
    )
    return f'<Schema name="{_told(name)}" id="fields-{_told(name)}">{fields}</Schema>'


def _which(look: Look, row: dict[str, Any], name: str) -> str:
    """Name the style of a feature."""
    whole = None if look.whole is None else row.get(look.whole)
    rule = rule_of(look, None if look.part is None else row.get(look.part), whole)
    return "" if rule is None else f"<styleUrl>#{_told(name)}-{look.rules.index(rule)}</styleUrl>"


def _style(key: str, paints: tuple[Paint, ...]) -> str:
    """Write a style; a hatch, which KML has not, becomes its lines alone."""
    fill = next((p for p in paints if p.kind == "fill" and p.colour), None)
    edges = [p for p in paints if p.kind == "line"] or [p for p in paints if p.outline]
    colour, opacity, width = "#808080", 1.0, 0.3
    if edges:
        last = edges[-1]
        known = (last.colour, last.opacity) if last.kind == "line" else (last.outline, 1.0)
        colour, opacity, width = str(known[0]), known[1], last.width_mm
    inside = f"<color>{_abgr(fill.colour, fill.opacity)}</color>" if fill else "<fill>0</fill>"
    return (
        f'<Style id="{_told(key)}"><LineStyle><color>{_abgr(colour, opacity)}</color>'
        f"<width>{max(width * 3.5, 0.5):.2g}</width></LineStyle>"
        f"<PolyStyle>{inside}</PolyStyle></Style>"
    )


def _abgr(colour: str | None, opacity: float) -> str:
    """Write a colour as KML does: opacity, blue, green, red.

    Examples
    --------
    >>> _abgr("#ff8000", 1.0)
    'ff0080ff'
    """
    text = str(colour)
    return f"{round(opacity * 255):02x}{text[5:7]}{text[3:5]}{text[1:3]}"


def _shape(shape: Any) -> str:
    parts = getattr(shape, "geoms", [shape])
    polygons = [
        f"<Polygon><outerBoundaryIs>{_ring(p.exterior)}</outerBoundaryIs>"
        + "".join(f"<innerBoundaryIs>{_ring(r)}</innerBoundaryIs>" for r in p.interiors)
        + "</Polygon>"
        for p in parts
    ]
    return (
        polygons[0] if len(polygons) == 1 else f"<MultiGeometry>{''.join(polygons)}</MultiGeometry>"
    )


def _ring(ring: Any) -> str:
    points = " ".join(f"{x:.{_DECIMALS}f},{y:.{_DECIMALS}f}" for x, y, *_ in ring.coords)
    return f"<LinearRing><coordinates>{points}</coordinates></LinearRing>"


def _short(value: object) -> object:
    """Write decimals with six digits, as people read them."""
    return f"{value:.6g}" if isinstance(value, float) and not value.is_integer() else value


def _missing(value: object) -> bool:
    return value is None or value != value or str(value) == "<NA>"


def _told(value: object) -> str:
    return html.escape(clean(value))
