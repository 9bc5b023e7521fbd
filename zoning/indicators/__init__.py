"""Indicators: one pure function each, with formula, unit and source.

``at_hand`` holds what every city has (shares, densities); ``provincial`` the ten of the provincial
procedure and ``composition`` their index; ``transfer`` moves attributes between townships and
units; ``terrain`` reads slope and relief off a DEM; ``access`` travel times off a road network.
"""

from zoning.indicators.at_hand import (
    AT_HAND,
    at_hand,
    density,
    numeric_columns,
    own_first,
    share_of_area,
)
from zoning.indicators.composition import compare_compositions, composite
from zoning.indicators.grading import Grading, grading
from zoning.indicators.transfer import reconcile, transfer

__all__ = [
    "AT_HAND",
    "Grading",
    "at_hand",
    "compare_compositions",
    "composite",
    "density",
    "grading",
    "numeric_columns",
    "own_first",
    "reconcile",
    "share_of_area",
    "transfer",
]
