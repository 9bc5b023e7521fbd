"""The last row of tables that share the city out: what adds up, added up."""

from __future__ import annotations

import pandas as pd

#: Tables whose rows together are the city.
ADDED = frozenset((
    "zones", "counties", "townships", "account_zone", "account_county", "account_township",
    "account_zone_county", "account_zone_township", "account_zone_landuse",
))  # fmt: skip
#: Others of which people read areas in km2.
SHOWN = frozenset((
    "account_city", "account_overlay", "redline_areas", "redline_types", "redline_levels",
    "redline_by_county", "redline_by_township", "redline_by_zone", "redline_built", "redlines",
    "protection_kinds", "protection_areas", "protection_levels", "protection_by_county",
    "protection_by_township", "protection_by_zone", "limits",
))  # fmt: skip
#: What may be added over places; a cap, a quota or a share may not.
COLUMNS = frozenset((
    "units", "area_m2", "built_m2", "new_m2", "reduced_m2", "redline_m2", "redline_level1_m2",
    "built_redline_m2", "water_m2", "farmland_m2", "eco_agri_m2", "free_m2", "protected_m2",
    "core_m2", "basic_farmland_m2", "heritage_m2", "water_source_m2", "lock_m2",
))  # fmt: skip


def total(key: str, table: pd.DataFrame) -> dict[str, int] | None:
    """Add up a table.

    Parameters
    ----------
    key : str
        Name of the table.
    table : DataFrame

    Returns
    -------
    dict or None
        Sum of every column that may be added and has no gap; None for tables that are no parts
        of the city.

    Examples
    --------
    >>> frame = pd.DataFrame({"area_m2": [1, 2], "cap_m2": [3, 4], "built_m2": [1, None]})
    >>> total("account_county", frame), total("units", frame)
    ({'area_m2': 3}, None)
    """
    if key not in ADDED or not len(table):
        return None
    return {
        c: sum(int(v) for v in table[c])
        for c in table.columns if c in COLUMNS and not table[c].isna().any()
    }  # fmt: skip
