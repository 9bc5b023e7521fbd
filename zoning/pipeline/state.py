"""What the steps of a run hand on to one another; it becomes the frozen plan at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.allocation import Allocation
    from zoning.capacity import Account
    from zoning.errors import Check, InfeasibleError


@dataclass
class State:
    """The tables of a run so far; see ``docs/architecture.md``.

    Parameters
    ----------
    units, pieces, shares : DataFrame
        ``shares`` is the table of units by township.
    zones : GeoDataFrame or None
        None without townships.
    account, allocation, infeasible
        None without land use; a run that cannot be solved has ``infeasible``.
    findings : list of Check
        What shows before solving: contradictions, and limits without effect.
    """

    units: gpd.GeoDataFrame
    pieces: pd.DataFrame
    shares: pd.DataFrame
    towns: gpd.GeoDataFrame | None = None
    counties: gpd.GeoDataFrame | None = None
    redlines: gpd.GeoDataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    account: Account | None = None
    allocation: Allocation | None = None
    infeasible: InfeasibleError | None = None
    findings: list[Check] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
