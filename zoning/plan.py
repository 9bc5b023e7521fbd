"""The frozen bundle that a run produces; outputs and questions start from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zoning.contribution.parts import Contribution
from zoning.errors import Check, Finding
from zoning.grid.lattice import GridSpec
from zoning.planfile.models import Config
from zoning.schemes import Scheme, scheme_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


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
    contributions: tuple[Contribution, ...] = ()

    @property
    def scheme(self) -> Scheme:
        """The zones that the plan speaks of."""
        return scheme_of(self.config.zones)

    @property
    def ok(self) -> bool:
        """Whether no check of level "error" fails."""
        return all(c.ok or c.level != "error" for c in self.checks)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed while the inputs were read, the worst first."""
        return tuple(Finding.from_record(note) for note in self.run.get("notes") or ())

    def __repr__(self) -> str:
        """Say in one line what the plan is; its frames show themselves."""
        parts = [f"{len(self.units):,} units"]
        if "zone" in self.units:
            parts.append(f"{self.units['zone'].nunique()} zones")
        if self.townships is not None:
            parts.append(f"{len(self.townships)} townships")
        new = self.run.get("construction", {}).get("new_m2")
        if new is not None and "allocation" in self.run:
            parts.append(f"{new / 1e6:,.2f} km2 of new land")
        parts += [f"with {', '.join(c.wing for c in self.contributions)}"] * bool(
            self.contributions
        )
        failed = sum(not c.ok and c.level == "error" for c in self.checks)
        said = f"{failed} of {len(self.checks)} checks fail" if failed else "all checks hold"
        return f"<Plan '{self.name}': {', '.join(parts)}; {said if self.checks else 'no checks'}>"
