"""A plan as a folder: written whole or not at all, and read again for every later question.

``units.parquet`` and ``ledger.parquet`` hold the areas, ``plan.gpkg`` the layers and tables,
``run.json`` the account of the run.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from zoning.accounts import describe_zones
from zoning.errors import InputError, Text
from zoning.grid import GridSpec
from zoning.plan import Check, Plan
from zoning.planfile import parse

#: The files without which a folder is no plan.
NEEDED = ("run.json", "units.parquet", "ledger.parquet", "plan.gpkg")

#: Name of the index of each layer.
_INDEX = {"townships": "township", "counties": "county", "redlines": "feature", "zones": "zone"}


@contextmanager
def staged(folder: Path, last: Sequence[str] = ("run.json",)) -> Iterator[Path]:
    """Give an empty folder; when all went well its files move to ``folder``, ``last`` at the end.

    Nothing of ``folder`` is touched before, so a failed or killed run leaves the last good one;
    other files there stay as they are.

    Raises
    ------
    InputError
        If the folder cannot be made or a file is held open by another program.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=folder, prefix=".writing-"))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        yield stage
        files = sorted(p for p in stage.rglob("*") if p.is_file())
        for file in sorted(files, key=lambda p: p.name in last):
            place = folder / file.relative_to(stage)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                file.replace(place)
            except OSError as error:
                raise _unwritable(place, error) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _unwritable(path: Path, error: OSError) -> InputError:
    reason = error.strerror or str(error)
    return InputError(
        InputError.one(
            f"cannot be written: {reason}", f"无法写入:{reason}", where=str(path),
            code="unwritable",
            remedy=("close programs that hold it open, or choose another folder with -o",
                    "请关闭占用该文件的程序,或用 -o 另选文件夹"),
        ).problems
    )  # fmt: skip


def write_tables(plan: Plan, folder: Path) -> None:
    """Write ``units.parquet``, ``ledger.parquet`` and ``run.json`` (same plan, same bytes)."""
    plan.units.to_parquet(folder / "units.parquet", compression="zstd")
    plan.ledger.to_parquet(folder / "ledger.parquet", compression="zstd")
    text = json.dumps(plain(dict(plan.run)), ensure_ascii=False, indent=1, allow_nan=False)
    (folder / "run.json").write_text(text + "\n", encoding="utf-8", newline="\n")


def plain(value: Any) -> Any:
    """Turn numbers of numpy and missing values into what JSON knows."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if hasattr(value, "item"):
        return plain(value.item())
    if value is pd.NA or value != value or value in (float("inf"), float("-inf")):
        return None
    return value if isinstance(value, float) else str(value)


def load(folder: str | Path) -> Plan:
    """Read the folder of a run.

    Parameters
    ----------
    folder : str or Path
        What ``zoning run`` or ``zoning demo`` left.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        If the folder is no plan, or from a newer version of the layout.
    """
    folder = Path(folder)
    absent = [name for name in NEEDED if not (folder / name).is_file()]
    if absent:
        listed = ", ".join(absent)
        raise InputError.one(
            f"no plan here: {listed} missing", f"此处没有方案:缺少 {listed}", where=str(folder),
            code="no-plan",
            remedy=("give the folder of zoning run or zoning demo",
                    "请给出 zoning run 或 zoning demo 的输出文件夹"),
        )  # fmt: skip
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    units = gpd.read_parquet(folder / "units.parquet")
    layers, tables = _read_geopackage(folder / "plan.gpkg")
    grid = run["grid"]
    pieces = tables.pop("pieces", None)
    red_sets = tables.pop("red_sets", pd.DataFrame(columns=["red_set", "area_code", "level"]))
    for name in ("checks", "plan"):
        tables.pop(name, None)
    zones = layers.get("zones")
    if zones is None:
        zones = describe_zones(units, None)
    return Plan(
        name=run["plan"],
        notice=run["notice"],
        config=parse(run["config"], str(folder / "run.json")),
        grid=GridSpec(grid["crs"], grid["cell_m"], (grid["origin_m"][0], grid["origin_m"][1])),
        city=layers["city"],
        units=units,
        zones=zones,
        ledger=pd.read_parquet(folder / "ledger.parquet"),
        red_sets=red_sets,
        townships=layers.get("townships"),
        counties=layers.get("counties"),
        redlines=layers.get("redlines"),
        pieces=None if pieces is None else pieces.set_index("piece"),
        tables=tables,
        checks=tuple(_check(c) for c in run["checks"]),
        run=run,
    )


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
    for name, kind in pyogrio.list_layers(path):
        if name in ("units", "allocation", "layer_styles", "qgis_projects"):
            continue
        frame = pyogrio.read_dataframe(
            path, layer=name, use_arrow=True, arrow_to_pandas_kwargs={"types_mapper": _nullable}
        )
        frame = frame.rename(columns={"geom": "geometry"}) if kind is None else frame
        for column in frame.columns:
            if str(frame[column].dtype) == "Int64" and not frame[column].isna().any():
                frame[column] = frame[column].astype("int64")
        if kind is None:
            tables[name] = frame
        else:
            index = _INDEX.get(name)
            layers[name] = frame.set_index(index) if index else frame
    return layers, tables


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
