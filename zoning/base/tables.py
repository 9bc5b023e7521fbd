"""What each table of a plan must hold: columns, kinds of values, units, bounds, CRS.

A contract is checked where a table changes hands between rooms and where a plan is read back from
its files. It says what stands in ``docs/architecture.md``, so that a program can hold it.

Examples
--------
>>> import pandas as pd
>>> [p.tell() for p in CONTRACTS["red_sets"].check(pd.DataFrame({"red_set": [1], "level": [3]}))]
["red_sets: column 'area_code' is missing", "red_sets: 'level' reaches 3 (> 2)"]
"""

from __future__ import annotations

from typing import Any

from zoning.base.contract import Column, Contract

__all__ = ["CONTRACTS", "Column", "Contract"]

REASONS = ("township", "overlay", "override", "contiguity", "unknown")
GRADES = ("low", "mid", "high")


def _area(name: str, **more: Any) -> Column:
    return Column(name, "integer", 0, **more)


def _share(name: str, **more: Any) -> Column:
    return Column(name, "number", 0, 1, nullable=True, **more)


def _zone(name: str, **more: Any) -> Column:
    return Column(name, nullable=True, zone=True, **more)


def _from_landuse(*names: str) -> tuple[Column, ...]:
    return tuple(_area(n, optional=True, nullable=True) for n in names)


_REASON = Column("zone_reason", values=REASONS, optional=True)

UNITS = Contract(
    "units",
    (
        _area("area_m2"),
        Column("lon", "number", -180, 180),
        Column("lat", "number", -90, 90),
        Column("county", nullable=True, optional=True),
        Column("township", nullable=True, optional=True),
        Column("township_name", nullable=True, optional=True),
        _share("township_share", optional=True),
        _zone("township_zone", optional=True),
        _zone("zone", optional=True),
        _REASON,
        Column("overlays", nullable=True, optional=True),
        *_from_landuse("redline_m2", "redline_level1_m2", "protected_m2"),
        *_from_landuse("core_m2", "basic_farmland_m2", "heritage_m2", "water_source_m2", "lock_m2"),
        *_from_landuse("built_m2", "built_redline_m2", "water_m2", "farmland_m2", "eco_agri_m2"),
        *_from_landuse("free_m2"),
        _share("suitability", optional=True),
        *_from_landuse("new_m2", "reduced_m2"),
        Column("phase", nullable=True, optional=True),
    ),
    index="unit",
    geometry=True,
)

TOWNSHIPS = Contract(
    "townships",
    (
        Column("name"),
        Column("county", nullable=True, optional=True),
        Column("county_name", nullable=True, optional=True),
        _area("area_m2"),
        *_from_landuse("built_m2", "redline_m2", "farmland_m2", "water_m2", "reduced_m2"),
        _share("built_share", optional=True),
        _share("redline_share", optional=True),
        *(Column(g, "number", nullable=True, optional=True)
          for g in ("constraint", "guidance", "intensity")),
        *(Column(f"{g}_grade", nullable=True, optional=True, values=GRADES)
          for g in ("constraint", "guidance", "intensity", "suitability")),
        _zone("zone", optional=True),
        _zone("method_zone", optional=True),
        Column("rule", nullable=True, optional=True),
        Column("runner_up", nullable=True, optional=True),
        Column("margin", "number", nullable=True, optional=True),
        Column("flip", nullable=True, optional=True),
        Column("status", optional=True, values=("ok", "review", "unknown")),
        _REASON,
    ),
    index="township",
    geometry=True,
)  # fmt: skip

COUNTIES = Contract(
    "counties",
    (
        Column("name"),
        _area("area_m2"),
        *_from_landuse("built_m2", "redline_m2", "farmland_m2", "water_m2", "reduced_m2"),
    ),
    index="county",
    geometry=True,
)

REDLINES = Contract(
    "redlines",
    (
        Column("area_code"),
        Column("name"),
        Column("type", nullable=True),
        Column("level", "integer", 1, 2),
        _area("area_m2"),
        _area("published_m2", nullable=True),
        Column("status", nullable=True, values=("documented", "named", "made-up")),
        Column(
            "boundary_status",
            nullable=True,
            optional=True,
            values=("documented", "reconstructed", "made-up"),
        ),
        Column("source", nullable=True),
        Column("source_year", "integer", nullable=True),
    ),
    index="feature",
    geometry=True,
    keys=("area_code", "level"),
)

ZONE_TABLE = Contract(
    "zones",
    (
        Column("name_zh"),
        Column("name_en"),
        Column("colour"),
        Column("units", "integer", 0),
        _area("area_m2"),
        *_from_landuse("built_m2", "new_m2", "reduced_m2", "cap_m2", "quota_m2"),
    ),
    index="zone",
    geometry=True,
    ordered=False,  # in the order of development, not of the alphabet
)

LEDGER = Contract(
    "ledger",
    (
        Column("unit"),
        Column("township"),
        Column("county", nullable=True),
        Column("red_set", "integer", 0),
        Column("red_level", "integer", 0, 2),
        Column("protection_set", "integer", 0),
        Column("protected_by"),
        Column("landuse", "integer", -1),
        Column("area_m2", "integer", 1),
    ),
    keys=(
        "unit",
        "township",
        "county",
        "red_set",
        "red_level",
        "protection_set",
        "protected_by",
        "landuse",
    ),
)

RED_SETS = Contract(
    "red_sets",
    (Column("red_set", "integer", 1), Column("area_code"), Column("level", "integer", 1, 2)),
    keys=("red_set", "area_code", "level"),
)

PIECES = Contract(
    "pieces",
    (
        Column("unit"),
        Column("township"),
        Column("county", nullable=True),
        _zone("zone", optional=True),
        _zone("township_zone", optional=True),
        Column("overlays", nullable=True, optional=True),
        _area("area_m2"),
        *_from_landuse("built_m2", "free_m2", "free_farmland_m2"),
        _share("suitability", optional=True),
        *_from_landuse("new_m2", "reducible_m2", "reduced_m2"),
        Column("reduction", nullable=True, optional=True),
        Column("keep_worth", "number", 0, nullable=True, optional=True),
    ),
    index="piece",
)

#: Contracts by the name of the table.
CONTRACTS: dict[str, Contract] = {
    c.name: c for c in (UNITS, TOWNSHIPS, COUNTIES, REDLINES, ZONE_TABLE, LEDGER, RED_SETS, PIECES)
}
