"""One place of a plan proved from the rows that it needs, for plans too large to be read whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import shapely

from zoning import store
from zoning.base.attributes import read_where
from zoning.errors import Check, InputError, Text
from zoning.plan import Plan
from zoning.planfile.kept import SEALED
from zoning.questions.place import read_place, read_unit
from zoning.verify import areas, shapes, zones
from zoning.verify.compare import Findings


def verify_place(folder: Path, question: str) -> list[Check]:
    """Prove what a plan says of one unit or township.

    Parameters
    ----------
    folder : Path
        Of a plan.
    question : str
        A unit code, ``LON,LAT`` in degrees, or a township code or whole name.

    Returns
    -------
    list of Check
        Areas against the ledger and against the shapes, zone and reason, pieces and new land; a
        note says what only the whole plan can prove.

    Raises
    ------
    InputError
        If there is no such place, or the folder is damaged: the sealed files must have their
        checksums.
    """
    plan = read_place(folder, question)
    if plan is None:
        # Damage is told by the reader of whole plans, which has the word.
        store.load(folder)
        raise InputError.one(
            f"'{question}' is no unit or township that can be read alone",
            f"“{question}”不是可单独读取的单元或乡镇", where="--place", code="unknown-place",
            remedy=("give a unit code, LON,LAT or a township's code or whole name",
                    "请给出单元代码、LON,LAT（经纬度），或乡镇的代码或全名"),
        )  # fmt: skip
    found = Findings()
    listed = ", ".join(SEALED)
    found.add("verify.checksum", True, Text(f"{listed}: as run.json sealed them",
                                            f"{listed}：与 run.json 的校验和一致"))  # fmt: skip
    if len(plan.units) == 1 and "area_m2" in plan.units:
        _unit(plan, folder, found)
    else:
        _township(plan, folder, question, found)
    found.not_looked_at(Text(
        "sums of other places, limits, the proof and other files: zoning verify without --place",
        "其他地点的汇总、约束、最优性与其他文件：不加 --place 时核对"))  # fmt: skip
    return found.checks


def _unit(plan: Plan, folder: Path, found: Findings) -> None:
    """Hold a unit against its atoms, its pieces, the shapes over it and the rules of zones."""
    code = str(plan.units.index[0])
    small = _with_atoms(plan, folder, ("unit", "==", code))
    atoms = areas.parts(small)
    sums = [c for c in atoms.columns if c.endswith("_m2")]
    areas.keys(small, found)
    areas.compare(small, found, "units.parquet", small.units, areas.add_up(atoms, ["unit"], sums))
    if small.pieces is not None:
        derived = areas.add_up(atoms, ["unit", "township"], sums)
        derived.index = pd.Index([f"{u}|{t}" for u, t in derived.index])
        areas.compare(small, found, "plan.gpkg: pieces", small.pieces, derived)
    if small.townships is not None and "zone" in small.units:
        zones.unit_zones(small, atoms, found)
    for column in ("new_m2", "reduced_m2"):
        if small.pieces is not None and column in small.pieces and column in small.units:
            found.column("verify.new_land", f"units.parquet, {column}", small.units[column],
                         pd.Series([small.pieces[column].sum()], small.units.index),
                         source=Text("pieces", "地块"))  # fmt: skip
    if small.pieces is not None and {"new_m2", "free_m2"} <= {*small.pieces}:
        over = small.pieces[~small.pieces["new_m2"].between(0, small.pieces["free_m2"])]
        found.add("verify.free", over.empty, Text(
            "new land lies on free land" if over.empty else f"piece {over.index[0]}: more new land "
            "than is free",
            "新增均在可用土地上" if over.empty else f"地块 {over.index[0]}：新增多于可用土地"),
            code)  # fmt: skip
    _shape(small, folder, found)


def _with_atoms(plan: Plan, folder: Path, where: tuple[str, str, str]) -> Plan:
    """Read the atoms of a place, the sets that lie over it, and its squares."""
    ledger = pd.read_parquet(folder / "ledger.parquet", filters=[where]).reset_index(drop=True)
    numbers = [str(n) for n in sorted({int(n) for n in ledger["red_set"] if n})]
    file = folder / "plan.gpkg"
    tables = read_where(file, {"red_sets": ("red_set", numbers), "protection_sets": None}) or {}
    empty = pd.DataFrame(columns=["red_set", "area_code", "level"])
    more = {k: v for k, v in tables.items() if k == "protection_sets"}
    # A place without red lines is not a plan to which nobody gave any.
    given = "redlines" in {name for name, _ in pyogrio.list_layers(file)}
    return replace(
        plan, ledger=ledger, red_sets=tables.get("red_sets", empty), tables={**plan.tables, **more},
        redlines=empty if given else None,
    )  # fmt: skip


def _shape(plan: Plan, folder: Path, found: Findings) -> None:
    """Measure the square of a unit again under the boundary and the red lines that meet it."""
    import geopandas as gpd

    if plan.config.grid.slivers != "keep":
        return
    file, code = folder / "units.parquet", str(plan.units.index[0])
    shape = read_unit(file, plan.grid, code, ["unit", "geometry"])["geometry"]
    frame = gpd.GeoDataFrame(
        plan.units, geometry=shapely.from_wkb(shape.to_numpy()), crs=plan.grid.crs
    )
    small = replace(plan, units=frame)
    squares = small.units.geometry.to_numpy()
    shapes.lattice(small, found)
    bounds = tuple(frame.total_bounds)

    def over(layer: str) -> Any:
        read = pyogrio.read_dataframe(folder / "plan.gpkg", layer=layer, columns=[], bbox=bounds)
        return shapely.union_all(read.geometry.to_numpy())

    city = over("city")
    shapes.cover(small, found, "area_m2", squares, city, Text("the boundary", "边界"))
    if plan.redlines is not None:
        red = shapely.intersection(over("redlines"), city)
        shapes.cover(small, found, "redline_m2", squares, red,
                     Text("the layer redlines", "红线图层"))  # fmt: skip


def _township(plan: Plan, folder: Path, question: str, found: Findings) -> None:
    """Hold a township against its atoms."""
    towns = plan.townships
    code = question
    if towns is not None and question not in towns.index:
        code = str(towns.index[towns["name"].astype(str) == question][0])
    small = _with_atoms(plan, folder, ("township", "==", code))
    atoms = areas.parts(small)
    sums = [c for c in atoms.columns if c.endswith("_m2")]
    mine = small.townships.loc[[code]]  # type: ignore[union-attr]
    derived = areas.add_up(atoms, ["township"], sums).reindex(mine.index, fill_value=0)
    areas.compare(small, found, "plan.gpkg: townships", mine, derived)
