"""The keys of large tables held as numbers: once, where a plan is put together or read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from zoning.base import runs
from zoning.base.coded import by_text, coded

#: Keys that occur often in units, pieces and the ledger, and those that name zones.
_OFTEN = (
    "county", "township", "township_name", "zone_reason", "overlays", "next_by", "protected_by",
)  # fmt: skip
_ZONES = ("zone", "township_zone", "runner_up")


def keyed(frame: Any, units: pd.Index, zones: Sequence[str] = ()) -> Any:
    """Hold the keys of a table as numbers; what is no text stays as it is.

    Parameters
    ----------
    frame : DataFrame
    units : Index
        Codes of all units; a column ``unit`` becomes positions in it, where all are there.
    zones : sequence of str
        All zones of the scheme: columns that hold no other share them, so they can be compared,
        and take a zone that no row has yet.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": ["b", "a"], "zone": ["key", None]})
    >>> held = keyed(rows, pd.Index(["a", "b"]), ["key", "moderate"])
    >>> held["zone"].cat.codes.tolist(), held["zone"].cat.categories.tolist()
    ([0, -1], ['key', 'moderate'])
    """
    found: dict[str, Any] = {c: by_text(frame[c]) for c in _OFTEN if _is_text(frame, c)}
    known = pd.Index(sorted(zones), dtype="string")
    for column in (c for c in _ZONES if _is_text(frame, c)):
        at = runs.positions(frame[column], known)
        other = (at < 0) & frame[column].notna().to_numpy()
        found[column] = by_text(frame[column]) if other.any() else coded(at, known)
    if _is_text(frame, "unit"):
        at, first = runs.positions(frame["unit"], units), runs.starts([units])
        if first is not None and len(first) == len(units) and (at >= 0).all():
            found["unit"] = coded(at, units)
    return frame.assign(**found) if found else frame


def _is_text(frame: Any, column: str) -> bool:
    # pandas 2 holds texts as objects too.
    return column in frame and pd.api.types.is_string_dtype(frame[column].dtype)
