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
_LEVELS = ("low", "mid", "high")


def by_level(grade: str) -> tuple[int, str]:
    """Give the order of a grade: from low to high, others behind by their names.

    Examples
    --------
    >>> sorted(["high", "7", "low", "a", "mid"], key=by_level)
    ['low', 'mid', 'high', '7', 'a']
    """
    return (_LEVELS.index(grade) if grade in _LEVELS else len(_LEVELS), grade)
