"""A plan as a folder: written whole or not at all, and read again for every later question.

``units.parquet`` and ``ledger.parquet`` hold the areas, ``plan.gpkg`` the layers and tables,
``run.json`` the account of the run and the checksums of the others. ``plan.gpkg`` may be edited in
QGIS, so its checksum only tells what was written; those of the other two must fit.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from zoning.base import coded, marks, runs
from zoning.base.attributes import read_small, theirs
from zoning.base.keys import keyed
from zoning.base.memory import give_back
from zoning.base.staged import plain, recover, sha256
from zoning.base.streamed import Blocks, write_geoparquet
from zoning.contribution.parts import Contribution, names
from zoning.contribution.stored import describe, restore
from zoning.errors import Check, InputError, Text
from zoning.grid.lattice import GridSpec
from zoning.inputs.protections import upgrade_ledger
from zoning.ledger.sums import add_overlays, describe_zones
from zoning.ledger.tiles import BLOCK
from zoning.ledger.unknown import forget_red
from zoning.pipeline.contracts import hold
from zoning.plan import Plan
from zoning.planfile.kept import NEEDED, SEALED, read_run
from zoning.planfile.models import Config
from zoning.planfile.read import parse
from zoning.schemes import DEFAULT, load_scheme, scheme_of

#: Rows that are read together at least; small enough that one place is found quickly.
_GROUP = 1 << 15
#: Units on the side of a block of the ledger, and how many of these make a row group.
_SIDE, _ACROSS, _UP = BLOCK, 4, 2

#: Name of the index of each layer.
INDEX = {"townships": "township", "counties": "county", "redlines": "feature", "zones": "zone"}


def write_tables(plan: Plan, folder: Path) -> None:
    """Write ``units.parquet`` and ``ledger.parquet`` (same plan, same bytes), then ``run.json``.

    ``run["files"]`` holds the SHA-256 of both, and of all other files that are there already.
    """
    # Row groups by block with covering boxes let a reader take the units of a place alone.
    side = float(plan.grid.cell_m * _SIDE)
    blocks = Blocks(plan.grid.origin_m, _ACROSS * side, _UP * side)
    write_geoparquet(plan.units, folder / "units.parquet", _GROUP, blocks)
    atoms = coded.spelled(plan.ledger)
    atoms.to_parquet(folder / "ledger.parquet", compression="zstd", row_group_size=_GROUP)
    del atoms
    said, times = _without_times(plan.run)
    written = sorted(
        p for p in folder.rglob("*") if p.is_file() and p.name not in ("run.json", marks.TIMES)
    )
    files = {path.relative_to(folder).as_posix(): sha256(path) for path in written}
    kept = {**said, "files": files}
    if plan.contributions:
        kept["contributions"] = [describe(c) for c in plan.contributions]
    text = json.dumps(plain(kept), ensure_ascii=False, indent=1, allow_nan=False)
    if times:
        marks.write_times(folder, times)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def _without_times(run: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take out how long things took, so that equal plans are equal files."""
    said, times = dict(run), dict(run.get("seconds") or {})
    said.pop("seconds", None)
    solved = said.get("allocation")
    if isinstance(solved, Mapping) and "seconds" in solved:
        times["solve"] = solved["seconds"]
        said["allocation"] = {k: v for k, v in solved.items() if k != "seconds"}
    return said, times


#: What 0.1.0 called otherwise: columns, and the reason of a zone that red lines gave.
_OLD_NAMES = {"locked_m2": "lock_m2"}
_OLD_REASONS = {"redline": "overlay"}


def of_today(frame: Any) -> Any:
    """Give a table of units of 0.1.0 the names of today; any other is as it was."""
    if "zone_reason" not in frame or "overlays" in frame:
        return frame
    reasons = frame["zone_reason"].replace(_OLD_REASONS)
    return frame.rename(columns=_OLD_NAMES).assign(zone_reason=reasons)


def _with_overlays(
    units: gpd.GeoDataFrame, atoms: pd.DataFrame, config: Config, *, red_known: bool
) -> gpd.GeoDataFrame:
    """Complete the units of a plan of 0.1.0: their overlays, and the reason that names them."""
    if "zone_reason" not in units or "overlays" in units:
        return units
    geometry, crs = units.geometry, units.crs
    frame = coded.spelled(pd.DataFrame(units.drop(columns="geometry")))
    frame["zone_reason"] = frame["zone_reason"].replace(_OLD_REASONS)
    frame["overlays"] = pd.Series("", index=frame.index, dtype="string")
    add_overlays(frame, atoms, scheme_of(config.zones), red_known=red_known)
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=crs)


def load(folder: str | Path, *, squares: bool = True) -> Plan:
    """Read the folder of a run.

    Parameters
    ----------
    folder : str or Path
        What ``zoning run`` or ``zoning demo`` left.
    squares : bool
        Whether the units get their shapes; of a million units these are a third of the plan.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the folder is no plan, from a newer version of the layout, or damaged: a file cannot be
        read, or is not the one that ``run.json`` was written with.
    """
    folder = Path(folder)
    recover(folder)
    absent = [name for name in NEEDED if not (folder / name).is_file()]
    if absent and folder.is_file() and all((folder.parent / name).is_file() for name in NEEDED):
        raise InputError.one(
            "is a file of a plan, not its folder", "是方案中的文件，而不是方案文件夹",
            where=str(folder), code="no-plan",
            remedy=(f"give the folder: {folder.parent}", f"请给出文件夹：{folder.parent}"),
        )  # fmt: skip
    if absent:
        listed = ", ".join(absent)
        raise InputError.one(
            f"no plan here: {listed} missing", f"此处没有方案：缺少 {listed}", where=str(folder),
            code="no-plan",
            remedy=("give the folder of zoning run or zoning demo",
                    "请给出 zoning run 或 zoning demo 的输出文件夹"),
        )  # fmt: skip
    with _reading(folder / "run.json"):
        run = read_run(folder / "run.json")
    for name in SEALED:
        with _reading(folder / name):
            # Plans of earlier versions have no checksums.
            if run.get("files", {}).get(name) not in (None, sha256(folder / name)):
                raise ValueError("not the file that run.json was written with")
    with _reading(folder / "run.json"):
        config = parse(run["config"], str(folder / "run.json"))
        codes = scheme_of(config.zones).codes
    with _reading(folder / "units.parquet"):
        # A large plan's are written block by block.
        units = _units(folder / "units.parquet", squares)
        units = keyed(units, units.index, codes)
    with _reading(folder / "ledger.parquet"):
        give_back()
        atoms = keyed(pd.read_parquet(folder / "ledger.parquet"), units.index)
    with _reading(folder / "plan.gpkg"):
        layers, tables = _read_geopackage(folder / "plan.gpkg")
        city = layers["city"]
        pieces = tables.pop("pieces", None)
        pieces = None if pieces is None else keyed(pieces.set_index("piece"), units.index, codes)
        give_back()
    if "core" in atoms:
        atoms, tables["protection_sets"] = upgrade_ledger(atoms)
        old = _OLD_NAMES
        units, pieces = (
            units.rename(columns=old),
            None if pieces is None else pieces.rename(columns=old),
        )
        layers = {name: frame.rename(columns=old) for name, frame in layers.items()}
        if "redlines" not in layers and not run["config"].get("redlines", {}).get("none"):
            for frame in (pieces, layers.get("zones"), *tables.values()):
                if frame is not None:  # 0.1.0 wrote 0 for what it did not know
                    forget_red(frame)
    red_sets = tables.pop("red_sets", pd.DataFrame(columns=["red_set", "area_code", "level"]))
    for name in ("checks", "plan"):
        tables.pop(name, None)
    zones = layers.get("zones")
    if zones is None:
        zones = describe_zones(units, None, load_scheme(DEFAULT))  # none without townships
    with _reading(folder / "run.json"):
        red_known = "redlines" in layers or config.redlines.none
        units = _with_overlays(units, atoms, config, red_known=red_known)
        given = _contributions(run.pop("contributions", []), layers, tables)
        plan = Plan(
            name=run["plan"],
            notice=run["notice"],
            config=config,
            grid=GridSpec.written(run["grid"]),
            city=city,
            units=units,
            zones=zones,
            ledger=atoms,
            red_sets=red_sets,
            townships=layers.get("townships"),
            counties=layers.get("counties"),
            redlines=layers.get("redlines"),
            pieces=pieces,
            tables=tables,
            checks=tuple(_check(c) for c in run["checks"]),
            run=run,
            contributions=given,
        )
    # plan.gpkg may have been edited: what no longer keeps its contract is told, all of it.
    return hold(plan)


def _units(path: Path, squares: bool) -> gpd.GeoDataFrame:
    """Read the units, with their squares or with nothing in their place."""
    if squares:
        return runs.in_order(gpd.read_parquet(path))
    import pyarrow.parquet as pq

    told = pq.ParquetFile(path).schema_arrow
    crs = json.loads(told.metadata[b"geo"])["columns"]["geometry"]["crs"]
    wanted = [name for name in told.names if name not in ("geometry", "bbox")]
    frame = runs.in_order(pd.read_parquet(path, columns=wanted))
    return gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs=crs)


def _contributions(
    described: list[dict[str, Any]],
    layers: dict[str, gpd.GeoDataFrame],
    tables: dict[str, pd.DataFrame],
) -> tuple[Contribution, ...]:
    """Take what the wings gave out of the layers and tables of the file."""
    given = tuple(restore(d, layers, tables) for d in described)
    for name in names(given)[1]:
        del tables[name]
    return given


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn whatever a broken file makes of reading into one error that names it.

    Raises
    ------
    InputError
        If the file is damaged, or may not be read.
    """
    import sqlite3

    from pyarrow import ArrowException
    from shapely.errors import ShapelyError

    broken = (
        OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError,
        ArrowException, ShapelyError, sqlite3.Error,
    )  # fmt: skip
    try:
        yield
    except broken as error:
        # Libraries raise errors of their own where a file may not be read.
        barred = isinstance(error, PermissionError) or not os.access(path, os.R_OK)
        if path.exists() and barred:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise InputError.one(
                f"cannot be read: {reason}", f"无法读取：{reason}", where=str(path),
                code="unreadable",
                remedy=("close programs that hold it open, and look at its permissions",
                        "请关闭占用该文件的程序，并检查读取权限"),
            ) from error  # fmt: skip
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise InputError.one(
            f"this plan folder is damaged: {reason}", f"此方案文件夹已损坏：{reason}",
            where=str(path), code="damaged",
            remedy=("run zoning run again", "请重新运行 zoning run"),
        ) from error  # fmt: skip


def _check(c: dict[str, Any]) -> Check:
    return Check(
        c["check"], c["level"], c["ok"], c["measured"], c["limit"], c["unit"], c["where"],
        Text(c["en"], c["zh"]),
    )  # fmt: skip


def _read_geopackage(path: Path) -> tuple[dict[str, gpd.GeoDataFrame], dict[str, pd.DataFrame]]:
    """Read every layer and table; whole numbers stay whole, missing stays missing."""
    import pyogrio

    layers: dict[str, gpd.GeoDataFrame] = {}
    tables: dict[str, pd.DataFrame] = {}
    # A view of the units is all of them once more.
    apart = ("units", "units_clipped", "allocation", "layer_styles", "qgis_projects")
    listed = [(name, kind) for name, kind in pyogrio.list_layers(path) if name not in apart]
    plain = [name for name, kind in listed if kind is None]
    foreign = theirs(path, plain)
    listed = [(name, kind) for name, kind in listed if name not in foreign]
    small = read_small(path, [name for name in plain if name not in foreign])
    for name, kind in listed:
        frame = small[name] if name in small else read_layer(path, name)
        if kind is None:
            tables[name] = frame
        else:
            index = INDEX.get(name)
            layers[name] = frame.set_index(index) if index else frame
    return layers, tables


def read_layer(path: Path, name: str, where: str | None = None, *, geometry: bool = True) -> Any:
    """Read a layer or a table; whole numbers stay whole, missing stays missing.

    Parameters
    ----------
    path : Path
        The ``plan.gpkg``.
    name : str
    where : str, optional
        A condition in SQL, without the word ``WHERE``.
    geometry : bool
        Whether geometry is read, where there is one.
    """
    import pyogrio

    frame = pyogrio.read_dataframe(
        path, layer=name, use_arrow=True, where=where, read_geometry=geometry,
        arrow_to_pandas_kwargs={"types_mapper": _nullable},
    )  # fmt: skip
    for column in frame.columns:
        if str(frame[column].dtype) == "Int64" and not frame[column].isna().any():
            frame[column] = frame[column].astype("int64")
    return frame


def _nullable(kind: Any) -> Any:
    """Choose pandas types that can be missing."""
    import pyarrow as pa

    if pa.types.is_integer(kind):
        return pd.Int64Dtype()
    if pa.types.is_boolean(kind):
        return pd.BooleanDtype()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.StringDtype()
    return None
