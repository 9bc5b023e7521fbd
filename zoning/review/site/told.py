"""Areas as a slip tells them: small overlaps stay visible, bounds are told as bounds."""

from __future__ import annotations


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
