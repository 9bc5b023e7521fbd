"""The frozen bundle that a run produces; outputs and questions start from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zoning.errors import Check

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.config import Config
    from zoning.grid import GridSpec


@dataclass(frozen=True)
class Plan:
    """Everything a run knows; see ``docs/architecture.md`` for the columns of each table."""

    name: str
    notice: str | None
    config: Config
    grid: GridSpec
    city: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame
    ledger: pd.DataFrame
    red_sets: pd.DataFrame
    townships: gpd.GeoDataFrame | None = None
    counties: gpd.GeoDataFrame | None = None
    redlines: gpd.GeoDataFrame | None = None
    pieces: pd.DataFrame | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether no check of level "error" fails."""
        return all(c.ok or c.level != "error" for c in self.checks)

    def _repr_html_(self) -> str:
        """Show the plan in a notebook; the room that draws it stands far above this one."""
        import importlib

        html: str = importlib.import_module("zoning.outputs.notebook").plan_html(self)
        return html
