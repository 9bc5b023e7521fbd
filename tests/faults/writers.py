"""Every writer of the package, with an old and a new result: what the harnesses put to the test."""

from __future__ import annotations

import functools
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import worlds

from zoning import api, pipeline, planfile
from zoning.base import staged
from zoning.errors import Finding, InputError, Text

BARE = "[outputs]\nqgis = true\nmap = false\n"


def plans(folder: Path) -> tuple[api.Plan, api.Plan]:
    """Give two plans of one city: the old and the new one."""
    path = worlds.write(folder, extra=BARE)
    old = api.Plan.of(pipeline.run(planfile.load(path), folder))
    return old, old.allocate(cap=0.2)


def _grid(name: str) -> Callable[[api.Plan, Path], object]:
    def write(plan: api.Plan, place: Path) -> None:
        from zoning.outputs.exchange.units_file import write as write_units

        place.mkdir(exist_ok=True)
        # A geodatabase is told by its size: the new one has a column more.
        more = ["zone_reason"] if _new(plan) else []
        write_units(plan.units[["area_m2", "new_m2", *more, "geometry"]], place / name)

    return write


def _export(to: str) -> Callable[[api.Plan, Path], object]:
    return lambda plan, place: api.export(plan, to, place)


def _named(plan: api.Plan) -> api.Plan:
    """Name a township after the cap: the official layers hold no new land, so they differ."""
    towns = plan.townships.copy()  # type: ignore[union-attr]
    towns.loc[towns.index[1], "name"] = f"镇{plan.config.cap.share}"
    return replace(plan, townships=towns)


def _versions(plan: api.Plan) -> api.Changes:
    """Compare with the plan as it was before a township changed its class."""
    towns = plan.townships.copy()  # type: ignore[union-attr]
    towns.loc[towns.index[0], "zone"] = plan.scheme.codes[-1]
    return api.diff(replace(plan, townships=towns), _named(plan), causes=False)


def _changes(plan: api.Plan, place: Path) -> object:
    return _versions(plan).save(place)


def _new(plan: api.Plan) -> bool:
    """Say which of the two plans this is."""
    return plan.config.cap.share == 0.2


def _init(plan: api.Plan, place: Path) -> object:
    """Start a plan where none is: the old result is an empty folder."""
    return api.init(place) if _new(plan) else place.mkdir(exist_ok=True)


@functools.cache
def _questions(new: bool) -> Path:
    """Write a question of choice for solve, beside everything that is counted."""
    box = Path(tempfile.mkdtemp())
    rows = "".join(f"u{k},{z},{k + c + 2 * new}\n" for k in range(6)
                   for z, c in (("town", 3 - 2 * new), ("farm", 2)))  # fmt: skip
    (box / "costs.csv").write_text("unit,zone,cost\n" + rows, encoding="utf-8")
    amounts = "".join(f"f,u{k},town,{1 + k % 3}\n" for k in range(6))
    (box / "amounts.csv").write_text("limit,unit,zone,amount\n" + amounts, encoding="utf-8")
    (box / "limits.csv").write_text(f"limit,lower,upper\nf,{4 + 2 * new},\n", encoding="utf-8")
    (box / "problem.toml").write_text(
        'costs = "costs.csv"\namounts = "amounts.csv"\nlimits = "limits.csv"\nevery_unit = true\n',
        encoding="utf-8",
    )
    return box / "problem.toml"


def _solve(plan: api.Plan, place: Path) -> object:
    place.mkdir(exist_ok=True)
    return api.solve(_questions(new=_new(plan)), out=place / "chosen.csv")


@functools.cache
def _layers(new: bool) -> Path:
    """Write a raster of slopes for evaluate."""
    import numpy as np
    import rasterio
    from rasterio.transform import from_origin

    path = Path(tempfile.mkdtemp()) / "slope.tif"
    grid = np.arange(400, dtype="float32").reshape(20, 20) / (20 if new else 10)
    with rasterio.open(
        path, "w", driver="GTiff", width=20, height=20, count=1, dtype="float32",
        crs="EPSG:4549", transform=from_origin(500_000, 3_502_000, 100, 100),
    ) as file:  # fmt: skip
        file.write(grid, 1)
    return path


def _evaluate(plan: api.Plan, place: Path) -> object:
    place.mkdir(exist_ok=True)
    return api.evaluate("agriculture", {"slope": _layers(new=_new(plan))}, place / "classes.tif")


def _policy(plan: api.Plan, place: Path) -> object:
    result = api.policy("quota-new-land", plan, examples=True)
    return api.write_policy(result, place, plan=plan)


def _mend(plan: api.Plan, place: Path) -> object:
    """Repair copies of a plan: the old result is an empty folder."""
    if not _new(plan):
        return place.mkdir(exist_ok=True)
    return api.mend(_world(), place)


@functools.cache
def _world() -> Path:
    return worlds.write(Path(tempfile.mkdtemp()), extra=BARE)


def _batch(plan: api.Plan, place: Path) -> object:
    """Write what stands beside the plans of a batch."""
    from zoning.outputs import many

    place.mkdir(exist_ok=True)
    return many.write(place, "batch", [("one", "made", _saved(new=_new(plan)))], {})


_SAVED: dict[bool, Path] = {}


def _saved(new: bool) -> Path:
    """Give the folder of a plan of the batch."""
    return _SAVED[new]


def _decisions(plan: api.Plan, place: Path) -> object:
    """Layers to decide in are never written over: the old result is an empty folder."""
    return api.export(plan, "decisions", place) if _new(plan) else place.mkdir(exist_ok=True)


def _loose(plan: api.Plan) -> api.Plan:
    """Leave out the limits that a Marxan folder cannot hold."""
    cap = plan.config.cap.model_copy(update={"zone_caps": {}, "quotas": {}, "eco_agri_share": None})
    return replace(plan, config=plan.config.model_copy(update={"cap": cap}))


def _findings(name: str) -> Callable[[api.Plan, Path], object]:
    def write(plan: api.Plan, place: Path) -> object:
        place.mkdir(exist_ok=True)
        found = Finding(
            Text(f"cap {plan.config.cap.share}", f"上限 {plan.config.cap.share}"),
            "plan.toml",
            code="kill",
        )
        return api.write_findings(place / name, [found])

    return write


WRITERS: dict[str, Callable[[api.Plan, Path], object]] = {
    "folder": lambda plan, place: plan.save(place),
    "map": lambda plan, place: api.map(plan, place / "map.html"),
    "map-folder": lambda plan, place: api.map(plan, place / "map", folder=True),
    "report": lambda plan, place: api.report(plan, place),
    "slips": lambda plan, place: api.write_slips(
        api.site(plan, _middle(plan), width_m=90), place, "docx"),
    "changes": _changes,
    "official-change": lambda plan, place: _versions(plan).write_official(place),
    "report-pdf": lambda plan, place: api.report(plan, place, to="pdf"),
    "sheets": lambda plan, place: api.report(plan, place, sheets=True),
    "export-marxan": lambda plan, place: api.export(_loose(plan), "marxan", place),
    "prices": lambda plan, place: api.write_prices(plan, api.price(plan), place),
    "init": _init,
    "solve": _solve,
    "evaluate": _evaluate,
    "policy": _policy,
    "check-fix": _mend,
    "batch": _batch,
    "export-decisions": _decisions,
    "findings.csv": _findings("found.csv"),
    "findings.html": _findings("found.html"),
    **{f"export-{to}": _export(to) for to in (
        "qgis", "gdb", "shp", "geojson", "fgb", "parquet", "kml", "gpkg", "csv", "mps", "lp")},
    "export-official": lambda plan, place: api.export(_named(plan), "official", place),
    **{f"grid{end}": _grid("units" + end) for end in (
        ".gpkg", ".parquet", ".geojson", ".fgb", ".shp", ".gdb")},
}  # fmt: skip


def _middle(plan: api.Plan) -> str:
    """Give a point inside the plan."""
    point = plan.city.geometry.to_crs("EPSG:4490").representative_point().iloc[0]
    return f"{point.x:.6f},{point.y:.6f}"


def prepare(plan: api.Plan, folder: Path) -> None:
    """Make what writers read."""
    new = _new(plan)
    _questions(new=new)
    _layers(new=new)
    _world()
    _SAVED[new] = folder / str(new)
    plan.save(_SAVED[new])


def state(folder: Path) -> dict[str, str]:
    """Give every file by its mode and checksum; an empty folder is nothing.

    File geodatabases have times inside and count by size, and so do lists of checksums.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            inner = path.relative_to(folder)
            timed = any(p.suffix == ".gdb" for p in inner.parents) or inner.name.endswith(
                "zoning.json"
            )
            what = path.stat().st_size if timed else hashlib.sha256(path.read_bytes()).hexdigest()
            found[inner.as_posix()] = f"{path.stat().st_mode & 0o777:o} {what}"
    return found


def meet(place: Path) -> str:
    """Meet a place as the next command does; give what it could not do."""
    try:
        for folder in [place, *(p for p in place.rglob("*") if p.is_dir() and p.name[:1] != ".")]:
            staged.recover(folder)
    except InputError as error:
        return f"recover: {error}"
    return ""


def stop_the_clock() -> None:
    """Write the same time into every file of this process, so that bytes can be compared."""
    os.environ["SOURCE_DATE_EPOCH"] = "1700000000"
