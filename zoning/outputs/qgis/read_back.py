"""Decisions that somebody typed into plan.gpkg are read back before it is written again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from zoning.base import marks
from zoning.base.attributes import read_small
from zoning.base.heard import tell
from zoning.errors import Finding, Text
from zoning.plan import Plan
from zoning.zones.overrides import COLUMNS

#: Where they stand then, in the form that ``[zones] overrides`` reads.
FILE = "decisions-read-back.csv"
_SAID = ("level", "code", "zone", "reason", "who", "date")


def read_back(plan: Plan, folder: Path, stage: Path) -> int:
    """Write decisions of an edited plan.gpkg that are not on record into a file beside it.

    Rows of the table ``decisions`` that the plan does not have, and units whose ``zone`` was
    changed in their layer since the plan was written; those lack reason, name and date.

    Parameters
    ----------
    plan : Plan
        That takes the place of the one in the folder.
    folder, stage : Path
        The folder, and where its new files are made.

    Returns
    -------
    int
        Rows that were read back; each is told with a warning.
    """
    old = folder / "plan.gpkg"
    if marks.state(folder, "plan.gpkg") != "edited":
        return 0
    try:
        rows = [*_decisions(old, plan), *_zones(old, folder)]
    except (sqlite3.Error, OSError, ValueError, KeyError):
        return 0  # no plan that can be read; the file is kept aside as a whole
    if not rows:
        return 0
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(["level", "code"], kind="stable")
    frame.to_csv(stage / FILE, index=False, encoding="utf-8-sig", lineterminator="\n")
    codes = ", ".join(str(r["code"]) for r in rows[:5]) + (" …" if len(rows) > 5 else "")
    tell(Finding(
        Text(f"decisions that are not on record were read back into {FILE}: {codes}",
             f"发现未记录在案的决定，已读出并写入 {FILE}：{codes}"),
        str(old), measured=len(rows), limit=0, code="decisions-read-back", level="warning",
        remedy=Text(f"complete it and state [zones] overrides = \"{folder.name}/{FILE}\"",
                    f"补全后可注明 [zones] overrides = \"{folder.name}/{FILE}\""),
    ))  # fmt: skip
    return len(rows)


def _decisions(old: Path, plan: Plan) -> list[dict[str, Any]]:
    """Give the rows of the old table that the plan does not have."""
    there = read_small(old, ["decisions"]).get("decisions")
    if there is None or not {"level", "code", "zone"} <= set(there.columns):
        return []
    known = plan.tables.get("decisions")
    ours = set() if known is None else {_key(r) for r in known.to_dict("records")}
    return [
        {c: _text(row.get(c)) for c in COLUMNS}
        for row in there.to_dict("records") if _key(row) not in ours
    ]  # fmt: skip


def _key(row: Any) -> tuple[str, ...]:
    return tuple(_text(row.get(c)) for c in _SAID)


def _text(value: Any) -> str:
    return "" if value is None or value != value or str(value) == "<NA>" else str(value)


def _zones(old: Path, folder: Path) -> list[dict[str, Any]]:
    """Give units whose zone in the layer is no longer that of units.parquet."""
    import pandas as pd

    path = folder / "units.parquet"
    if marks.state(folder, path.name) != "ours":
        return []
    try:
        written = pd.read_parquet(path, columns=["zone"])["zone"]
    except (ValueError, KeyError):
        return []  # a plan without zones
    with closing(sqlite3.connect(f"{old.resolve().as_uri()}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT unit, zone FROM units").fetchall()
    was = {str(k): _text(v) for k, v in written.items()}
    return [
        {"level": "unit", "code": str(unit), "zone": _text(zone), "was": was[str(unit)]}
        for unit, zone in rows
        if str(unit) in was and _text(zone) and _text(zone) != was[str(unit)]
    ]
