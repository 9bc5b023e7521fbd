"""The part of a plan folder that sites ask: what lies near them, and the sums of all the rest.

Shapes and units are read around the sites; of the pieces those of their units, and one row for all
others of a kind, so that every account has its sum.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from zoning.base import runs
from zoning.base.attributes import quoted, read_where
from zoning.base.staged import recover, sha256
from zoning.base.streamed import read_near
from zoning.contribution.stored import restore
from zoning.errors import ZoningError
from zoning.grid.lattice import GridSpec
from zoning.plan import Plan
from zoning.planfile.kept import NEEDED, SEALED, read_run
from zoning.planfile.read import parse

if TYPE_CHECKING:
    import geopandas as gpd

#: Ground that is read around sites, as a multiple of their size and at least, in metres: more than
#: a slip shows.
AROUND, LEAST_M = 4.0, 5_000.0
#: More units than these are not few: the plan is read whole (our choice).
MOST_UNITS = 100_000
#: Layers, and tables of contributions, that sites ask.
_LAYERS = ("protections", "parks", "conflicts", "environment_units")
_TABLES = ("access_list",)
#: What pieces are told apart by, where all of one kind become one row.
_KEYS = ("township", "county", "zone", "overlays", "township_zone")


def read_around(folder: Path, spec: GridSpec, shapes: Collection[Any]) -> Plan | None:
    """Read what :func:`zoning.review.site.ground.gather` asks about some sites.

    Parameters
    ----------
    folder : Path
        Of a plan.
    spec : GridSpec
        Its lattice.
    shapes : collection of polygons
        The sites, in the CRS of the plan.

    Returns
    -------
    Plan or None
        With the units near the sites, shapes near them (elsewhere empty ones) and no ledger. None
        where the whole plan must be read: a file is not the one of the run, the plan has limits of
        its own, phases, land that goes or goals, or the sites are spread too far.
    """
    try:
        if any(not (folder / name).is_file() for name in NEEDED):
            return None
        return _read(folder, spec, shapes)
    except (OSError, ValueError, LookupError, RuntimeError, sqlite3.Error, ZoningError):
        return None


def lattice_of(folder: Path) -> GridSpec | None:
    """Give the lattice of a plan folder; None where it is no plan that can be read in part."""
    try:
        recover(folder)
        return GridSpec.written(read_run(folder / "run.json")["grid"])
    except (OSError, ValueError, LookupError, ZoningError):
        return None


def _read(folder: Path, spec: GridSpec, shapes: Collection[Any]) -> Plan | None:
    run, box = read_run(folder / "run.json"), folder / "plan.gpkg"
    told = run.get("files", {})
    if "digest" not in run or any(told.get(n) != sha256(folder / n) for n in (*SEALED, box.name)):
        return None
    config = parse(run["config"], "run.json")
    cap = config.cap
    if cap.limit or cap.reduction or cap.phase or config.allocation.goals:
        return None
    bounds = _bounds(shapes)
    units = _units(folder / "units.parquet", spec, bounds)
    if units is None or "overlays" not in units:
        return None
    layers = _layers(box, run, bounds)
    pieces = _pieces(box, units.index)
    tables = read_where(box, dict.fromkeys(("limits", *_TABLES)))
    if tables is None or "city" not in layers:
        return None
    given = tuple(
        restore({**d, "layers": [x for x in d["layers"] if x["name"] in layers],
                 "tables": [x for x in d["tables"] if x["name"] in tables],
                 "themes": [], "cards": [], "chapters": []}, layers, tables)
        for d in run.pop("contributions", [])
    )  # fmt: skip
    nothing: Any = pd.DataFrame()
    return Plan(
        name=run["plan"], notice=run["notice"], config=config, grid=spec, city=layers["city"],
        units=units, zones=layers.get("zones", nothing), ledger=nothing,
        red_sets=nothing, townships=layers.get("townships"), counties=layers.get("counties"),
        redlines=layers.get("redlines"), pieces=pieces, tables=tables, run=run,
        contributions=given,
    )  # fmt: skip


def _bounds(shapes: Collection[Any]) -> tuple[float, float, float, float]:
    """Give the box around all sites, with the ground that a slip shows."""
    each = shapely.bounds(np.asarray(list(shapes), dtype=object))
    wide = np.maximum(AROUND * (each[:, 2:] - each[:, :2]).max(axis=1), LEAST_M)
    west, south = (each[:, k] - wide for k in (0, 1))
    east, north = (each[:, k] + wide for k in (2, 3))
    return float(west.min()), float(south.min()), float(east.max()), float(north.max())


def _units(file: Path, spec: GridSpec, bounds: tuple[float, ...]) -> Any:
    """Read the units near the sites with their squares; None where these are too many."""
    import geopandas as gpd
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = read_near(file, bounds, pq.read_schema(file).names)
    side = {k: pc.struct_field(table["bbox"], k) for k in ("xmin", "ymin", "xmax", "ymax")}
    west, south, east, north = bounds
    near = pc.and_(
        pc.and_(pc.less_equal(side["xmin"], east), pc.greater_equal(side["xmax"], west)),
        pc.and_(pc.less_equal(side["ymin"], north), pc.greater_equal(side["ymax"], south)),
    )
    table = table.filter(near).drop_columns("bbox")
    if table.num_rows > MOST_UNITS:
        return None
    frame = table.to_pandas()  # "unit" is the index
    squares = shapely.from_wkb(frame.pop("geometry").to_numpy())
    return runs.in_order(gpd.GeoDataFrame(frame, geometry=squares, crs=spec.crs))


def _layers(box: Path, run: Mapping[str, Any], bounds: tuple[float, ...]) -> dict[str, Any]:
    """Read every layer that is asked; shapes far from the sites are left empty."""
    import pyogrio

    from zoning.store import INDEX, read_layer

    there = {name for name, kind in pyogrio.list_layers(box) if kind is not None}
    handed = {x["name"] for d in run.get("contributions", ()) for x in d["layers"]}
    found = {}
    for name in ("city", "counties", "zones", "townships", "redlines", *_LAYERS):
        if name not in there or (name in _LAYERS and name not in handed):
            continue
        whole = name in ("city", "counties")
        frame = read_layer(box, name) if whole else _near(box, name, bounds)
        found[name] = frame.set_index(INDEX[name]) if name in INDEX else frame
    return found


def _near(box: Path, name: str, bounds: tuple[float, ...]) -> gpd.GeoDataFrame:
    """Read all rows of a layer, and the shapes of those that meet a box."""
    import geopandas as gpd
    import pyogrio

    from zoning.store import read_layer

    frame = read_layer(box, name, geometry=False)
    about = pyogrio.read_info(box, layer=name)
    shapes = np.full(len(frame), shapely.MultiPolygon(), dtype=object)
    if name != "zones":
        near = pyogrio.read_dataframe(box, layer=name, columns=[], bbox=bounds, fid_as_index=True)
        fids = pyogrio.read_dataframe(box, layer=name, columns=[], read_geometry=False,
                                      fid_as_index=True).index  # fmt: skip
        shapes[fids.get_indexer(near.index)] = near.geometry.to_numpy()
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=about["crs"])


def _pieces(box: Path, mine: pd.Index) -> pd.DataFrame | None:
    """Read the pieces of units, and the sums of all others that are of one kind."""
    with closing(sqlite3.connect(f"{box.resolve().as_uri()}?mode=ro", uri=True)) as db:
        columns = {
            str(r[1]): str(r[2]) for r in db.execute("PRAGMA table_info(pieces)") if not r[5]
        }
        if not columns:
            return None
        db.execute("CREATE TEMP TABLE mine (unit TEXT PRIMARY KEY)")
        db.executemany("INSERT INTO mine VALUES (?)", [(str(u),) for u in mine])
        listed = ", ".join(quoted(c) for c in columns)
        some = db.execute(
            f"SELECT {listed} FROM pieces WHERE unit IN (SELECT unit FROM mine)"  # noqa: S608
        ).fetchall()
        keys = [k for k in _KEYS if k in columns]
        sums = [c for c, kind in columns.items() if c.endswith("_m2") and kind == "INTEGER"]
        asked = ", ".join([*map(quoted, keys), *(f"SUM({quoted(c)})" for c in sums)])
        rest = db.execute(
            f"SELECT {asked} FROM pieces WHERE unit NOT IN (SELECT unit FROM mine) "  # noqa: S608
            f"GROUP BY {', '.join(map(quoted, keys))}"
        ).fetchall()
    frames = [pd.DataFrame(some, columns=list(columns)), pd.DataFrame(rest, columns=[*keys, *sums])]
    frames[1] = frames[1].assign(unit="", piece=[f"#{k}" for k in range(len(rest))])
    whole = pd.concat(frames, ignore_index=True)
    for column, kind in columns.items():
        if kind == "INTEGER":
            known = whole[column].astype("Int64")
            whole[column] = known if known.isna().any() else known.astype("int64")
        elif kind == "TEXT":
            whole[column] = whole[column].astype("string")
    return whole.set_index("piece")
