"""The frozen bundle that a run produces; outputs and questions start from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from zoning.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.config import Config
    from zoning.grid import GridSpec

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Check:
    """One statement about a plan that was measured against a limit.

    Parameters
    ----------
    check : str
        Stable name, such as ``"cap.city"`` or ``"ledger.units"``.
    level : {"error", "warning", "note"}
        What a failure means.
    ok : bool
        Whether the limit holds.
    measured, limit : float or None
        In ``unit``.
    unit : str
        ``"m2"``, ``"1"`` or a count's noun.
    where : str
        The place: ``"city"``, a county, township or zone code.
    text : Text
        The statement in words.
    """

    check: str
    level: Level
    ok: bool
    measured: float | int | None
    limit: float | int | None
    unit: str
    where: str
    text: Text = field(default_factory=lambda: Text("", ""))

    @property
    def margin(self) -> float | int | None:
        """What is left before the limit (negative when it is passed)."""
        if self.measured is None or self.limit is None:
            return None
        return self.limit - self.measured

    def as_dict(self) -> dict[str, Any]:
        """Give the check as it stands in ``run.json``."""
        return {
            "check": self.check,
            "level": self.level,
            "ok": self.ok,
            "measured": self.measured,
            "limit": self.limit,
            "unit": self.unit,
            "where": self.where,
            "en": self.text.en,
            "zh": self.text.zh,
        }


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
