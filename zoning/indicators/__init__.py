"""Indicators: one pure function each, with formula, unit and source.

``at_hand`` holds what every city has (shares, densities).
"""

from zoning.indicators.at_hand import AT_HAND, at_hand, density, numeric_columns, share_of_area

__all__ = ["AT_HAND", "at_hand", "density", "numeric_columns", "share_of_area"]
