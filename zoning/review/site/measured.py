"""What was measured of sites, as columns that rules read and rows of what a site meets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.inputs.protections import load_kinds

Floats = npt.NDArray[np.float64]

#: What rules may read, in the order of tables; those of kinds of protection stand behind.
COLUMNS = (
    "area_m2", "inside_m2", "outside_m2", "protected_m2", "redline_level1_m2", "redline_level2_m2",
    "built_m2", "water_m2", "farmland_m2", "unknown_use_m2", "free_m2", "unzoned_m2",
    "closed_free_m2", "park_m2", "conflict_m2", "conflict_warning_m2", "environment_m2",
    "environment_priority_m2", "environment_key_m2", "outside_growth_m2", "plans_open_m2",
    "over_headroom_m2", "beyond_plan_m2", "energy_tce", "emission_t",
)  # fmt: skip


def rule_columns() -> tuple[str, ...]:
    """Give every column that a rule on sites may read.

    Examples
    --------
    >>> {"basic_farmland_m2", "redline_m2", "free_m2"} <= set(rule_columns())
    True
    """
    return (*COLUMNS, *map(str, load_kinds()["column"]))


@dataclass
class Measured:
    """What was measured.

    Parameters
    ----------
    count : int
        Number of sites.
    low, high : dict of column to array
        Equal where the answer is exact; a column that nobody can answer is absent.
    parts : DataFrame
        ``site``, ``layer``, ``code``, ``name``, ``type``, ``level``, ``source``, ``low``, ``high``
        (m2): every feature that a site has ground in common with.
    pieces : DataFrame
        ``site``, ``unit``, ``township``, ``area``, ``open`` (under no protection), ``free_low``,
        ``free_high``: the site by units and townships; free columns only with land use.
    use : DataFrame
        ``site``, ``value``, ``area``: classes of land use, where the raster is there.
    """

    count: int
    low: dict[str, Floats] = field(default_factory=dict)
    high: dict[str, Floats] = field(default_factory=dict)
    parts: pd.DataFrame = field(default_factory=pd.DataFrame)
    pieces: pd.DataFrame = field(default_factory=pd.DataFrame)
    use: pd.DataFrame = field(default_factory=pd.DataFrame)

    def put(self, column: str, low: Floats, high: Floats | None = None) -> None:
        """Keep a column."""
        self.low[column], self.high[column] = low, low if high is None else high


def part_rows(count: int, layer: str, table: Any, which: Any, areas: Any) -> pd.DataFrame:
    """Write out parts of one layer; ``which`` gives site and feature of each area."""
    columns = ["site", "layer", "code", "name", "type", "level", "source", "low", "high"]
    if not count:
        return pd.DataFrame(columns=columns)
    site, feature = which
    found = pd.DataFrame({"site": site, "layer": layer, "low": areas, "high": areas})
    for name in ("code", "name", "type", "level", "source"):
        found[name] = table[name].to_numpy()[feature] if name in table else ""
    return found[columns]


def sum_of(site: Any, areas: Any, count: int) -> Floats:
    """Add areas up by site."""
    return np.bincount(site, areas, minlength=count).astype(np.float64)
