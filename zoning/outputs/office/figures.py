"""How measured values are written for people: digits, units, percentages."""

from __future__ import annotations

import math
from typing import Any

from zoning.base.areas import M2_PER_HA, M2_PER_KM2
from zoning.outputs.office.wording import is_missing

DASH = "–"
#: Above this a plain number is no share (a shadow price, an objective).
_MOST_SHARE = 10
#: Below this two digits would say nothing of a number; below that it is nothing.
_TWO_DIGITS, _LEAST = 0.005, 0.000001


def number(value: Any, measure: str = "") -> str:
    """Write a number for people.

    Parameters
    ----------
    value : object
        Text is given back as it is.
    measure : str
        ``"m2"`` gives km2 with two digits, ``"1"`` a percentage where it can be one.

    Examples
    --------
    >>> number(1_234_560_000, "m2"), number(0.2594, "1"), number(12345.0), number("a")
    ('1,234.56', '25.94%', '12,345', 'a')
    >>> number(65_062_818.59, "1"), number(19.4466), number(-0.000012), number(-1e-9, "1")
    ('65,062,818.59', '19.45', '-0.000012', '0.00%')
    """
    if isinstance(value, (str, bool)):
        return str(value)
    if measure == "m2":
        return area(value)
    if measure == "1" and abs(value) <= _MOST_SHARE:
        return f"{_fine(value * 100)}%"
    if measure == "year":
        return f"{value:.0f}"
    return f"{value:,.0f}" if float(value).is_integer() else _fine(value)


def _fine(value: float) -> str:
    """Write two digits; what is too small for them keeps more, and nothing has no sign."""
    if _LEAST <= abs(value) < _TWO_DIGITS:
        return f"{value:.6f}".rstrip("0")
    return f"{value if abs(value) >= _LEAST else 0:,.2f}"


def quantity(value: Any, measure: str) -> str:
    """Write a measured value with its unit; a dash where there is none.

    Areas below a hectare are written in square metres: residuals are of that size.

    Examples
    --------
    >>> quantity(6_120_000, "m2"), quantity(0.196805, "m2"), quantity(0, "m2")
    ('6.12 km²', '0.197 m²', '0 m²')
    >>> quantity(0.61, "1"), quantity(None, "m2")
    ('61.00%', '–')
    """
    if is_missing(value):
        return DASH
    if measure != "m2":
        return number(value, measure)
    return f"{value:,.3g} m²" if abs(value) < M2_PER_HA else f"{area(value)} km²"


def area(value_m2: Any) -> str:
    """Write square metres as km2; what is too small for two decimals keeps two digits.

    Examples
    --------
    >>> area(3_843_700_000), area(1_200), area(0), area(-25_000), area(0.2)
    ('3,843.70', '0.0012', '0.00', '-0.025', '0.00')
    >>> area(26_315), area(99_900)
    ('0.026', '0.1')
    """
    value = float(value_m2) / M2_PER_KM2
    if 0.000001 <= abs(value) < 0.1:
        return f"{value:.{1 - math.floor(math.log10(abs(value)))}f}".rstrip("0")
    return f"{value:,.2f}"
