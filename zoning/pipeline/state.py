"""What the steps of a run hand on to one another; it becomes the frozen plan at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.errors import Finding, Text


@dataclass
class State:
    """The tables of a run so far; see ``docs/architecture.md``.

    Parameters
    ----------
    units, pieces, shares : DataFrame
        ``shares`` is the table of units by township.
    zones : GeoDataFrame or None
        None without townships.
    places : GeoDataFrame or None
        Polygons of files that rules name.
    unzoned : Text or None
        Why some land has no zone: which townships lack which columns.
    """

    units: gpd.GeoDataFrame
    pieces: pd.DataFrame
    shares: pd.DataFrame
    townships: gpd.GeoDataFrame | None = None
    counties: gpd.GeoDataFrame | None = None
    redlines: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    unzoned: Text | None = None
    places: gpd.GeoDataFrame | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
