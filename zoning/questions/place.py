"""The part of a plan folder that one place needs, for plans too large to be read whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from zoning.base.staged import sha256
from zoning.errors import ZoningError
from zoning.grid.lattice import GridSpec
from zoning.plan import Plan
from zoning.planfile.read import parse
from zoning.questions.explain import point_of, unit_code
from zoning.questions.lost import WING as LOSSES
from zoning.store import NEEDED, SEALED, read_layer, read_run

#: Tables of which a unit needs its own rows, and those it needs whole.
_OF_UNIT, _WHOLE = ("unit_townships", "redline_by_unit", "pieces"), ("limits", "decisions")


def read_place(folder: Path, question: str) -> Plan | None:
    """Read what :func:`zoning.questions.explain.explain` needs for one place.

    Parameters
    ----------
    folder : Path
        Of a plan.
    question : str
        As for ``explain``.

    Returns
    -------
    Plan or None
        With the units of the place and their pieces alone, and no ledger. None where the whole
        plan must be read: the place is not found at once, losses were worked out, or the folder is
        damaged or of an older layout, of which :func:`zoning.store.load` has the word.
    """
    try:
        if any(not (folder / name).is_file() for name in NEEDED):
            return None
        return _read(folder, question)
    except (OSError, ValueError, LookupError, RuntimeError, ZoningError):
        return None


def _read(folder: Path, question: str) -> Plan | None:
    import pyogrio

    run = read_run(folder / "run.json")
    if any(run.get("files", {}).get(name) != sha256(folder / name) for name in SEALED):
        return None
    if any(given["wing"] == LOSSES for given in run.get("contributions", ())):
        return None  # what the plan loses without a unit stands in a contribution
    grid = run["grid"]
    spec = GridSpec(grid["crs"], grid["cell_m"], (grid["origin_m"][0], grid["origin_m"][1]))
    file, box = folder / "units.parquet", folder / "plan.gpkg"
    there = dict(pyogrio.list_layers(box))
    townships = read_layer(box, "townships").set_index("township") if "townships" in there else None
    at = point_of(question)
    code = question if at is None else unit_code(spec, *at)
    units = None if code is None else gpd.read_parquet(file, filters=[("unit", "==", code)])
    tables = {name: read_layer(box, name) for name in _WHOLE if name in there}
    if units is None or units.empty:
        township = None if townships is None else _township(townships, question)
        if township is None:
            return None
        units = pd.read_parquet(
            file, columns=["township", "zone"], filters=[("township", "==", township)]
        )
    else:
        where = f"unit = '{str(code).replace(chr(39), chr(39) * 2)}'"
        tables |= {name: read_layer(box, name, where) for name in _OF_UNIT if name in there}
    if "overlays" not in _columns(file) or "core" in _columns(folder / "ledger.parquet"):
        return None  # a plan of 0.1.0 is completed by reading all of it
    pieces = tables.pop("pieces", None)
    red = read_layer(box, "redlines", geometry=False) if "redlines" in there else None
    nothing: Any = pd.DataFrame()
    return Plan(
        name=run["plan"], notice=run["notice"], config=parse(run["config"], "run.json"),
        grid=spec, city=nothing, units=units, zones=nothing, ledger=nothing, red_sets=nothing,
        townships=townships, redlines=red, tables=tables, run=run,
        pieces=None if pieces is None else pieces.set_index("piece"),
    )  # fmt: skip


def _township(townships: pd.DataFrame, question: str) -> str | None:
    """Find a township by its code or whole name; what is less certain is left to the whole plan."""
    if question in townships.index:
        return question
    hits = townships.index[townships["name"].astype(str) == question]
    return str(hits[0]) if len(hits) == 1 else None


def _columns(path: Path) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_schema(path).names)
