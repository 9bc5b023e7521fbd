"""The words that a method may use: scales, zones, names that are taken."""

from __future__ import annotations

SCALES = ("none", "linear", "log", "table", "points", "minmax", "zscore", "breaks")
#: What a method says where a person must decide.
REVIEW = "review"
#: Columns of the townships table that no dimension or matrix may be called.
RESERVED = frozenset(
    [
        "zone",
        "rule",
        "runner_up",
        "margin",
        "flip",
        "status",
        "flag",
        "zone_reason",
        "name",
        "county",
        "county_name",
        "township",
        "area_m2",
        "geometry",
    ]
)
