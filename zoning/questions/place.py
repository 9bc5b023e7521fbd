"""The part of a plan folder that one place needs, for plans too large to be read whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from zoning.base.attributes import read_where
from zoning.base.staged import recover, sha256
from zoning.base.streamed import read_near
from zoning.errors import InputError, ZoningError
from zoning.grid.lattice import GridSpec
from zoning.plan import Plan
from zoning.planfile.kept import NEEDED, SEALED, read_run
from zoning.planfile.read import parse
from zoning.questions.explain import point_of, unit_code
from zoning.questions.lost import WING as LOSSES

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
        recover(folder)
        if any(not (folder / name).is_file() for name in NEEDED):
            return None
        return _read(folder, question)
    except (OSError, ValueError, LookupError, RuntimeError, sqlite3.Error, ZoningError):
        return None


def _read(folder: Path, question: str) -> Plan | None:
    run = read_run(folder / "run.json")
    if any(run.get("files", {}).get(name) != sha256(folder / name) for name in SEALED):
        return None
    if any(given["wing"] == LOSSES for given in run.get("contributions", ())):
        return None  # what the plan loses without a unit stands in a contribution
    spec = GridSpec.written(run["grid"])
    file, box = folder / "units.parquet", folder / "plan.gpkg"
    columns = _columns(file)
    if "overlays" not in columns or "core" in _columns(folder / "ledger.parquet"):
        return None  # a plan of 0.1.0 is completed by reading all of it
    at = point_of(question)
    code = question if at is None else unit_code(spec, *at)
    units = None if code is None else _units(file, spec, columns, code)
    found = _of_unit(box, units) if units is not None else _of_township(box, file, question)
    if found is None:
        return None
    units, tables = found
    townships, red = tables.pop("townships", None), tables.pop("redlines", None)
    pieces = tables.pop("pieces", None)
    nothing: Any = pd.DataFrame()
    return Plan(
        name=run["plan"], notice=run["notice"], config=parse(run["config"], "run.json"),
        grid=spec, city=nothing, units=units, zones=nothing, ledger=nothing, red_sets=nothing,
        townships=None if townships is None else townships.set_index("township"),
        redlines=red, tables=tables, run=run,
        pieces=None if pieces is None else pieces.set_index("piece"),
    )  # fmt: skip


def _units(file: Path, spec: GridSpec, columns: list[str], code: str) -> Any:
    """Read one unit; None where there is none of this code."""
    try:
        spec.locate(code)
    except InputError:  # a township's code or name
        return None
    known = [c for c in columns if c not in ("geometry", "bbox")]
    rows = read_unit(file, spec, code, known)
    return rows.to_pandas() if rows.num_rows == 1 else None  # "unit" is the index


def read_unit(file: Path, spec: GridSpec, code: str, columns: list[str]) -> Any:
    """Read the rows of a unit from the row group where its square lies, as an Arrow table."""
    import pyarrow.compute as pc

    x, y = spec.corner(*spec.locate(code))
    half = spec.cell_m / 2
    near = read_near(file, (x + half, y + half, x + half, y + half), columns)
    return near.filter(pc.equal(near["unit"], code))


def _of_unit(box: Path, units: pd.DataFrame) -> tuple[Any, dict[str, pd.DataFrame]] | None:
    """Read the rows of a unit, of its townships and its red lines."""
    mine = ("unit", [str(units.index[0])])
    tables = read_where(box, dict.fromkeys(_WHOLE) | dict.fromkeys(_OF_UNIT, mine))
    if tables is None or "unit_townships" not in tables:
        return None
    red = tables.get("redline_by_unit")
    named = {} if red is None else {"redlines": ("area_code", sorted(set(red["area_code"])))}
    near = {*tables["unit_townships"]["township"].dropna(), *units["township"].dropna()}
    more = read_where(box, {"townships": ("township", sorted(near)), **named})
    return None if more is None else (units, tables | more)


def _of_township(
    box: Path, file: Path, question: str
) -> tuple[Any, dict[str, pd.DataFrame]] | None:
    """Find a township by its code or whole name; what is less certain is left to the whole plan."""
    tables = read_where(box, dict.fromkeys((*_WHOLE, "townships")))
    if tables is None or "townships" not in tables:
        return None
    townships = tables["townships"].set_index("township")
    hits = townships.index[townships["name"].astype(str) == question]
    if question not in townships.index and len(hits) != 1:
        return None
    code = question if question in townships.index else str(hits[0])
    rows = pq.read_table(file, columns=["township", "zone"], filters=[("township", "==", code)])
    return rows.to_pandas(), tables


def _columns(path: Path) -> list[str]:
    return list(pq.read_schema(path).names)
