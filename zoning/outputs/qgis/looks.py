"""The classes of a style, read from its QGIS renderer, for other symbol languages.

The renderer stays the one source of a look: SLD and KML are made from what it says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from zoning.outputs.qgis.xml import Element


@dataclass(frozen=True, slots=True)
class Paint:
    """One layer of a symbol.

    Parameters
    ----------
    kind : {"fill", "hatch", "line"}
    colour : str or None
        ``#rrggbb``; None draws nothing inside.
    opacity : float
    width_mm : float
        Of the outline or the lines.
    outline : str or None
    outline_opacity : float
    angle_deg, distance_mm : float
        Of a hatch.
    dashed : bool
    """

    kind: str
    colour: str | None
    opacity: float = 1.0
    width_mm: float = 0.0
    outline: str | None = None
    outline_opacity: float = 1.0
    angle_deg: float = 0.0
    distance_mm: float = 0.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A class of features with its look.

    Parameters
    ----------
    label : str
    code : str or None
        The value of ``part``; ``""`` stands for every other value; None where numbers or nothing
        decide.
    low, high : float or None
        Limits, the upper one within; the lower one is within where it equals the upper one.
    paints : tuple of Paint
        From the ground up.
    """

    label: str
    code: str | None
    low: float | None
    high: float | None
    paints: tuple[Paint, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What decides (a column, or one over another) and the classes."""

    part: str | None
    whole: str | None
    rules: tuple[Rule, ...]


def look_of(renderer: Element) -> Look:
    """Read a renderer of ours.

    Examples
    --------
    >>> from zoning.outputs.qgis import xml as qx
    >>> grey = qx.symbol("fill", "0", qx.simple_fill("#808080", "#000000", 0.1))
    >>> found = look_of(qx.categorised("zone", [("key", "Key")], [grey]))
    >>> found.part, found.rules[0].code, found.rules[0].paints[0].colour
    ('zone', 'key', '#808080')
    """
    symbols = {str(s.get("name")): _paints(s) for s in renderer.findall("symbols/symbol")}
    kind, attribute = renderer.get("type"), str(renderer.get("attr") or "")
    if kind == "categorizedSymbol":
        rows = [
            Rule(str(c.get("label")), str(c.get("value")), None, None,
                 symbols[str(c.get("symbol"))])
            for c in renderer.findall("categories/category")
        ]  # fmt: skip
        return Look(attribute, None, tuple(rows))
    if kind == "graduatedSymbol":
        rows = [
            Rule(str(r.get("label")), None, float(str(r.get("lower"))), float(str(r.get("upper"))),
                 symbols[str(r.get("symbol"))])
            for r in renderer.findall("ranges/range")
        ]  # fmt: skip
        parts = re.findall('"([^"]+)"', attribute)
        return Look(parts[0], parts[1] if len(parts) > 1 else None, tuple(rows))
    return Look(None, None, (Rule("", None, None, None, symbols["0"]),))


def rule_of(look: Look, value: object, whole: object = None) -> Rule | None:
    """Give the class of a feature, as QGIS finds it: the first that fits.

    Parameters
    ----------
    look : Look
    value, whole : object
        What stands in its columns; missing values fit only the class of everything else.

    Examples
    --------
    >>> look = Look("a", None, (Rule("0", None, 0, 0, ()), Rule("some", None, 0, 1, ())))
    >>> rule_of(look, 0).label, rule_of(look, 0.5).label, rule_of(look, 2)
    ('0', 'some', None)
    """
    if look.part is None:
        return look.rules[0]
    if look.rules[0].low is None:
        known = {r.code: r for r in look.rules}
        return known.get(_text(value)) or known.get("")
    number = _number(value)
    if look.whole is not None:
        base = _number(whole)
        number = None if number is None or not base else number / base
    if number is None:
        return None
    return next((r for r in look.rules if r.low <= number <= r.high), None)  # type: ignore[operator]


def _text(value: object) -> str | None:
    missing = value is None or value != value or str(value) == "<NA>"
    return None if missing else str(value)


def _number(value: object) -> float | None:
    text = _text(value)
    return None if text is None else float(text)


def _paints(symbol: Element) -> tuple[Paint, ...]:
    opacity = float(symbol.get("alpha", 1.0))
    return tuple(_paint(layer, opacity) for layer in symbol.findall("layer"))


def _paint(layer: Element, opacity: float) -> Paint:
    said = {str(o.get("name")): str(o.get("value")) for o in layer.findall("Option/Option")}
    kind = layer.get("class")
    if kind == "SimpleLine":
        colour, alpha = _colour(said["line_color"])
        return Paint("line", colour, alpha * opacity, float(said["line_width"]),
                     dashed="dash" in said["line_style"])  # fmt: skip
    colour, alpha = _colour(said["color"])
    if kind == "LinePatternFill":
        angle, distance = float(said["angle"]), float(said["distance"])
        width = float(said["line_width"])
        return Paint("hatch", colour, alpha * opacity, width, None, 1.0, angle, distance)
    outline, edge = _colour(said["outline_color"])
    return Paint("fill", colour if said["style"] == "solid" else None, alpha * opacity,
                 float(said["outline_width"]), outline, edge * opacity)  # fmt: skip


def _colour(text: str) -> tuple[str, float]:
    r, g, b, a = (int(v) for v in text.split(",")[:4])
    return f"#{r:02x}{g:02x}{b:02x}", a / 255
