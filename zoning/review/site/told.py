"""Areas as a slip tells them: small overlaps stay visible, bounds are told as bounds."""

from __future__ import annotations

from collections.abc import Mapping

from zoning.errors import Text
from zoning.inputs.sites import LEAST_M2
from zoning.review.site.rules import LEVELS


def one(area_m2: float, lang: str) -> str:
    """Write an area: below a hectare in square metres, so that rounding hides no overlap.

    Examples
    --------
    >>> [one(a, "en") for a in (0, 0.4, 12, 25_000, 3_000_000_000)]
    ['0 m²', '0.4 m²', '12 m²', '2.50 ha', '3,000.00 km²']
    """
    if 0 < area_m2 < 0.5:
        return f"{area_m2:.2g} m²" if area_m2 >= 0.001 else "<0.001 m²"
    whole = round(area_m2)
    if whole < 10_000:
        return f"{whole:,} m²"
    if whole < 100_000_000:
        return f"{whole / 1e4:,.2f} {'公顷' if lang == 'zh' else 'ha'}"
    return f"{whole / 1e6:,.2f} km²"


def told(low: float, high: float, lang: str) -> str:
    """Write an area, or the two bounds that it lies between.

    Examples
    --------
    >>> told(10, 10, "en"), told(0, 25_000, "en"), told(0, 25_000, "zh")
    ('10 m²', 'between 0 m² and 2.50 ha', '0 m² 至 2.50 公顷')
    """
    a, b = one(low, lang), one(high, lang)
    if a == b:
        return a
    return f"{a} 至 {b}" if lang == "zh" else f"between {a} and {b}"


def told_number(value: float) -> str:
    """Write a declared number as it was written.

    Examples
    --------
    >>> told_number(1200.0), told_number(3.5)
    ('1,200', '3.5')
    """
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,}"


def outside(
    level: str, text: Text, low: Mapping[str, float], high: Mapping[str, float]
) -> tuple[str, Text]:
    """Say that the layers of a plan know nothing of land outside it, which may hide a red.

    Examples
    --------
    >>> half = {"outside_m2": 500.0, "inside_m2": 500.0}
    >>> level, text = outside("green", Text("asked; none", "经查询，不涉及"), half, half)
    >>> level, text.en
    ('unknown', 'asked; none; not known of 500 m² outside the plan')
    """
    beyond, most = low["outside_m2"], high["outside_m2"]
    if most < LEAST_M2 or LEVELS.index(level) <= LEVELS.index("unknown"):
        return level, text
    if high["inside_m2"] < LEAST_M2:
        return "unknown", Text("not known: outside the plan", "位于规划范围外，无从查询")
    return "unknown", Text(
        f"{text.en}; not known of {told(beyond, most, 'en')} outside the plan",
        f"{text.zh}；规划范围外 {told(beyond, most, 'zh')}无从查询",
    )
