"""What a ledger does not know, and that sums of it are not known then: missing is not 0."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from zoning.inputs.protections import counted_by_default
from zoning.ledger.atoms import NONE, OVERLAP


def known_use(atoms: pd.DataFrame, classes: pd.DataFrame | None) -> pd.Series:
    """Say of which atoms the land use is known (class 0 and classes of no table are not)."""
    if classes is None:
        return pd.Series(False, index=atoms.index)
    known = classes.index[classes["group"].notna()]
    return pd.Series(known.get_indexer(atoms["landuse"]) >= 0, index=atoms.index)


def forget_red(frame: pd.DataFrame, counted: Collection[str] | None = None) -> None:
    """Turn sums of red lines into ``<NA>`` where nobody gave red lines: unknown is not 0.

    ``counted``: as in :func:`zoning.ledger.sums.split`; ``protected_m2`` is known where red lines
    do not count in it.
    """
    unknown = ["redline", "redline_level1", "built_redline"]
    if "redline" in (counted_by_default() if counted is None else counted):
        unknown.append("protected")
    for name in unknown:
        if f"{name}_m2" in frame:
            frame[f"{name}_m2"] = pd.array([pd.NA] * len(frame), "Int64")
        if f"{name}_share" in frame:
            frame[f"{name}_share"] = pd.array([pd.NA] * len(frame), "Float64")


def unknown_stays(total: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Make sums ``<NA>`` of which a part is: pandas adds up what is unknown to 0."""
    for column in total.columns:
        if parts[column].isna().any():
            total[column] = pd.array([pd.NA] * len(total), "Int64")
    return total


def count_missing(parts: pd.DataFrame) -> dict[str, int]:
    """Add up what no township holds, what two hold, and land of unknown use, in m2."""
    area = parts["area_m2"]
    unknown = 0
    if "built_m2" in parts:
        counted = parts[["built_m2", "eco_agri_m2"]].sum(axis=1)
        unknown = int(area[(counted == 0) & (parts["landuse"] <= 0)].sum())
    return {
        NONE: int(area[parts["township"] == NONE].sum()),
        OVERLAP: int(area[parts["township"] == OVERLAP].sum()),
        "unknown_use": unknown,
    }
