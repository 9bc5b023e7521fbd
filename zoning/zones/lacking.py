"""What a township must have to get a class, and what one lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from zoning.base.words import label
from zoning.indicators import AT_HAND
from zoning.zones.method import Method


def needed(method: Method) -> dict[str, str]:
    """Give the columns without which a township has no class, and the indicator of each."""
    found = {}
    for d in method.dimensions:
        for term in d.terms:
            if term.missing == "unknown":
                known = AT_HAND.get(term.indicator)
                found[known.part if known else term.indicator] = term.indicator
    return found


def titled(column: str) -> str:
    """Give the Chinese name of a column, and the column itself, which is what one must fill in.

    Examples
    --------
    >>> titled("slope_deg"), titled("交通")
    ('“坡度”（slope_deg）', '“交通”')
    """
    name = label(column, "zh")
    return f"“{name}”" if name == column else f"“{name}”（{column}）"


def lacking(row: Mapping[str, Any] | pd.Series, method: Method) -> list[str]:
    """Name the columns that a township lacks and its class needs.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> lacking({"slope_deg": None, "redline_m2": 0, "farmland_m2": 0, "population": 1,
    ...     "gdp_10k_yuan": 1, "min_to_centre": 1}, load_method("two-matrices"))
    ['slope_deg']
    """
    found = []
    for part, indicator in needed(method).items():
        column = indicator if indicator in row else part
        if column in row and pd.isna(row[column]):
            found.append(column)
    return found
