"""From terrain, roads, rasters and evaluations to indicators of townships and units."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from zoning.errors import Finding, Text
from zoning.indicators.zonal import Places, raster_means
from zoning.inputs.ground import Ground
from zoning.inputs.pictures import ClassFile
from zoning.pipeline import neighbours, provincial, ten_told

if TYPE_CHECKING:
    from zoning.contribution.parts import Contribution
    from zoning.inputs.gather import Intake
    from zoning.planfile.layers import Evaluation, InputsPart
    from zoning.planfile.models import Config, ProvincialPart

#: What follows from an evaluation: indicator -> classes whose share of the evaluated land it is.
EVALUATED: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "ecology": {"ecology_extreme_share": (5,), "ecology_important_share": (3, 5)},
    "agriculture": {"farm_suited_share": (1, 2), "farm_unsuited_share": (5,)},
    "town": {"town_suited_share": (1, 2), "town_unsuited_share": (5,)},
}
TERRAIN = ("slope_deg", "relief_m", "elevation_m")


def columns(inputs: InputsPart, rules: Path | None = None, *, ten: bool = False) -> tuple[str, ...]:
    """Names of the indicators that a run measures beside areas.

    ``rules`` is the planner's own file of ``[inputs.integration]``; ``ten`` says whether
    ``[indicators.provincial]`` is there.

    Examples
    --------
    >>> from zoning.planfile.layers import DemRaster, InputsPart
    >>> columns(InputsPart(dem=DemRaster(path="dem.tif")))
    ('slope_deg', 'relief_m', 'elevation_m')
    """
    found: list[str] = [*TERRAIN] if inputs.dem is not None else []
    if inputs.roads is not None:
        found += ["min_to_centre", "road_km"]
    if inputs.neighbours is not None:
        found += neighbours.COLUMNS
    found += [*inputs.rasters]
    for purpose in inputs.evaluations:
        found += EVALUATED[purpose]
    if inputs.integration is not None:
        from zoning.evaluation import load_rules

        found += load_rules(rules).shares
    if ten:
        found += provincial.COLUMNS
    return tuple(found)


def asked(config: Config, ground: Ground) -> tuple[str, ...]:
    """Names of the indicators that a plan asks a run to measure beside areas."""
    ten = config.indicators.provincial is not None
    return columns(config.inputs, ground.own.get("integration"), ten=ten)


def measure(
    config: Config, intake: Intake, places: Mapping[str, gpd.GeoDataFrame]
) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    """Measure every indicator of ``[inputs]`` for townships and units.

    Parameters
    ----------
    config : Config
    intake : Intake
    places : mapping of GeoDataFrame
        ``townships``, ``units``, in the CRS of the grid.

    Returns
    -------
    dict of DataFrame
        By name of the places: a column of Float64 per indicator.
    findings : tuple of Finding
        Townships of which a raster says nothing; what an evaluation left out.
    """
    with tempfile.TemporaryDirectory(prefix="zoning-classes-") as folder:
        return _measured(config, _with_classes(config, intake, Path(folder)), places)


def _with_classes(config: Config, intake: Intake, folder: Path) -> Intake:
    """Let who asks for land use by its path find what the account reads; else nothing is made."""
    inputs, file = config.inputs, intake.layers.landuse
    asks = inputs.evaluations or config.indicators.provincial is not None
    if not isinstance(file, ClassFile) or not (
        asks or any(part.by == "built" for part in inputs.rasters.values())
    ):
        return intake
    return replace(intake, ground=replace(intake.ground, landuse=file.plain(folder)))


def _measured(
    config: Config, intake: Intake, places: Mapping[str, gpd.GeoDataFrame]
) -> tuple[dict[str, pd.DataFrame], tuple[Finding, ...]]:
    inputs, ground = config.inputs, intake.ground
    out = {k: pd.DataFrame(index=f.index) for k, f in places.items()}
    findings: list[Finding] = []
    seen = Places(places)  # which pixels lie in which place is found once for all rasters

    def put(found: Mapping[str, pd.Series | pd.DataFrame], name: str = "") -> None:
        for key, values in found.items():
            frame = values if isinstance(values, pd.DataFrame) else values.to_frame(name)
            out[key] = out[key].join(frame)

    if ground.dem is not None:
        from zoning.indicators.terrain import terrain_of

        put(terrain_of(ground.dem, seen, intake.grid.crs))
    if ground.roads is not None and ground.centres is not None:
        put(_travel(ground, places))
    if ground.neighbours is not None and inputs.neighbours is not None and "townships" in places:
        across = neighbours.pairs(places["townships"], intake.layers.city, ground.neighbours,
                                  inputs.neighbours.tolerance_m)  # fmt: skip
        put({"townships": neighbours.around(intake.layers.townships, places["townships"], across,
                                            ground.neighbours)})  # fmt: skip
    built: list[int] = []
    if intake.classes is not None:
        built = [int(v) for v in intake.classes.index[intake.classes["built"]]]
    for name, path in ground.rasters.items():
        part = inputs.rasters[name]
        only = (ground.landuse, built) if part.by == "built" and ground.landuse else None
        put(raster_means(path, seen, classes=part.classes, only=only), name)
    if inputs.evaluations:
        found, told = _evaluated(config, intake, seen)
        put(found)
        findings += told
    if "townships" in out:
        findings += _unknown(out["townships"], places["townships"])
    ten = config.indicators.provincial
    if ten is not None and "townships" in places:
        found_ten, told_ten = _ten(ten, intake, places["townships"], out["townships"])
        out["townships"] = out["townships"].join(found_ten)
        findings += told_ten
    return out, tuple(findings)


def _ten(
    part: ProvincialPart, intake: Intake, towns: gpd.GeoDataFrame, measured: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Make the ten provincial indicators from attributes and from what was measured so far."""
    ground, suitable = intake.ground, None
    if ground.dem is not None and ground.landuse is not None and intake.classes is not None:
        from zoning.indicators.suitable import suitable_of

        suitable = suitable_of(ground.dem, ground.landuse, intake.classes, {"t": towns},
                               intake.grid.crs)["t"]  # fmt: skip
    return provincial.table_of(beside(towns, measured), ground, part, suitable)


def _travel(ground: Ground, places: Mapping[str, gpd.GeoDataFrame]) -> dict[str, pd.DataFrame]:
    """Minutes to the nearest centre, and kilometres of road."""
    import shapely

    from zoning.indicators.access import minutes_to_centres, road_graph

    graph = road_graph(ground.roads, where="[inputs.roads]")
    lines = np.asarray(ground.roads.geometry.array)  # type: ignore[union-attr]
    tree = shapely.STRtree(lines)
    # All places are asked together: the ways from the centres are the same for each.
    shapes = np.concatenate([np.asarray(frame.geometry.array) for frame in places.values()])
    every = gpd.GeoDataFrame(geometry=shapes, crs=ground.roads.crs)  # type: ignore[union-attr]
    who, which = tree.query(shapes, predicate="intersects")
    km = shapely.length(shapely.intersection(lines[which], shapes[who])) / 1000.0
    length = np.round(np.bincount(who, km, len(shapes)), 6)
    found = pd.DataFrame(
        {
            "min_to_centre": minutes_to_centres(every, ground.centres, graph),
            "road_km": pd.Series(length).astype("Float64"),
        }
    )
    ends = np.cumsum([0, *map(len, places.values())]).tolist()
    return {
        key: found[first:end].set_axis(frame.index)
        for (key, frame), (first, end) in zip(places.items(), pairwise(ends), strict=True)
    }


def _evaluated(
    config: Config, intake: Intake, places: Places
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Evaluate, ecology first, and give the shares of classes of land."""
    out = {k: pd.DataFrame() for k in places.frames}
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory() as folder:
        done: dict[str, Path] = {}
        for purpose in ("ecology", "agriculture", "town"):
            part = config.inputs.evaluations.get(purpose)
            if part is None:
                continue
            finished = intake.ground.layers.get(f"{purpose}.raster")
            if finished is None:
                finished, told = _evaluate(purpose, part, intake, Path(folder), done)
                findings += told
            done[purpose] = finished
            for name, classes in EVALUATED[purpose].items():
                for key, values in raster_means(finished, places, classes=classes).items():
                    out[key][name] = values
        if config.inputs.integration is not None:
            findings += _together(intake, places, Path(folder), done, out)
    return out, findings


def _together(
    intake: Intake, places: Places, folder: Path,
    done: Mapping[str, Path], out: dict[str, pd.DataFrame],
) -> list[Finding]:  # fmt: skip
    """Read the three evaluations together; put the shares of what follows beside them."""
    from zoning import evaluation

    crs = intake.grid.crs
    rules = evaluation.load_rules(intake.ground.own.get("integration"))
    given = dict(done)
    if intake.ground.landuse is not None:
        given["landuse"] = intake.ground.landuse
    aligned = {
        role: _aligned(path, done["ecology"], role, folder / f"together-{role}.tif", crs)
        for role, path in given.items()
    }
    found = evaluation.integrate(aligned, folder / "together.tif", rules, classes=intake.classes)
    for row in rules.priority:
        for key, values in raster_means(found.path, places, classes=(row.code,)).items():
            out[key][f"first_{row.key}_share"] = values
    marks = folder / "marks.tif"
    _band(found.path, marks)
    rows = (*rules.conflict, *rules.potential) if found.found_m2 else ()
    for bit, mark in enumerate(rows):
        holding = tuple(v for v in range(1 << len(rows)) if v >> bit & 1)
        for key, values in raster_means(marks, places, classes=holding).items():
            out[key][f"{mark.key}_share"] = values
    km = {k: v / 1e6 for k, v in found.area_m2.items()}
    en = "; ".join(f"{r.name.en} {km[r.key]:,.2f} km2" for r in rules.priority)
    zh = "；".join(f"{r.name.zh} {km[r.key]:,.2f} km²" for r in rules.priority)
    words = [Text(en, zh), *found.notes]
    return [Finding(w, "[inputs.integration]", code="integration", level="note") for w in words]


def _band(path: Path, out: Path) -> None:
    """Write the second band of a raster by itself."""
    import rasterio

    with (
        rasterio.open(path) as file,
        rasterio.open(out, "w", **{**file.profile, "count": 1}) as target,
    ):
        for _, window in file.block_windows(1):
            target.write(file.read(2, window=window), 1, window=window)


def _evaluate(
    purpose: str, part: Evaluation, intake: Intake, folder: Path, done: Mapping[str, Path]
) -> tuple[Path, list[Finding]]:
    """Bring the rasters to one grid, and evaluate land inside the city."""
    from zoning import evaluation

    ground = intake.ground
    named = ground.own.get(purpose) or part.preset or ("A" if purpose == "ecology" else "B")
    preset = evaluation.load_preset(named).at_scale(part.scale)
    given: dict[str, Path] = {
        role: ground.layers[f"{purpose}.{role}"] for role in part.layers
    }  # fmt: skip
    wanted = set(preset.roles(purpose))
    heights = {"elevation", "slope", "relief"} & wanted
    if ground.dem is not None and heights and "elevation" not in given:
        given["elevation"] = ground.dem
    if "ecology" in done and "ecology" in wanted and "ecology" not in given:
        given["ecology"] = done["ecology"]
    if ground.landuse is not None and not {"land", "landuse"} & set(given):
        given["landuse"] = ground.landuse
    lead = next(
        (r for r in part.layers), "elevation" if "elevation" in given else next(iter(given))
    )
    rasters = {
        role: _aligned(path, given[lead], role, folder / f"{purpose}-{role}.tif", intake.grid.crs)
        for role, path in given.items()
    }
    run = getattr(evaluation, purpose)
    result = run(rasters, folder / f"{purpose}.tif", preset, boundary=intake.layers.city,
                 classes=intake.classes)  # fmt: skip
    where = f"[inputs.evaluations.{purpose}]"
    from zoning.base import words

    en, zh = ([words.value("role", r, x) for r in result.left_out] for x in ("en", "zh"))
    told = [n for n in result.notes if not any(f"'{role}'" in n.en for role in result.left_out)]
    if result.left_out:
        told.append(Text(f"left out, as no raster is given: {', '.join(en)}",
                         f"未计入（没有图层）：{'、'.join(zh)}"))  # fmt: skip
    return result.path, [Finding(n, where, code="evaluation", level="note") for n in told]


def _aligned(path: Path, lead: Path, role: str, out: Path, crs: Any) -> Path:
    """Give a raster on the pixels of another: classes by nearest neighbour, numbers bilinear."""
    import rasterio
    from rasterio.enums import Resampling
    from rasterio.vrt import WarpedVRT

    with rasterio.open(lead) as first, rasterio.open(path) as file:
        plane = first.crs is not None and first.crs.is_projected
        grid: dict[str, Any] = {"crs": first.crs, "transform": _upright(first),
                                "width": first.width, "height": first.height}  # fmt: skip
        if not plane:
            with WarpedVRT(first, crs=crs) as flat:
                grid = {"crs": flat.crs, "transform": flat.transform, "width": flat.width,
                        "height": flat.height}  # fmt: skip
        same = file.crs == grid["crs"] and file.shape == (grid["height"], grid["width"])
        if same and file.transform.almost_equals(grid["transform"], 1e-6):
            return path
        whole = np.issubdtype(np.dtype(file.dtypes[0]), np.integer) and role != "elevation"
        how = Resampling.nearest if whole else Resampling.bilinear
        # Where the raster does not reach nothing is known, whatever its kind of numbers.
        beyond: dict[str, Any] = {}
        if file.nodata is None:
            beyond = {"nodata": -9999, "dtype": "int32" if whole else "float32"}
        with WarpedVRT(file, resampling=how, **beyond, **grid) as view:
            # Read again once and then gone: pressed lightly.
            meta = {**view.profile, "driver": "GTiff", "compress": "deflate", "zlevel": 1}
            for key in ("blockxsize", "blockysize", "tiled"):
                meta.pop(key, None)
            with rasterio.open(out, "w", **meta) as target:
                for _, window in target.block_windows(1):
                    target.write(view.read(1, window=window), 1, window=window)
    return out


def _upright(file: Any) -> Any:
    """Give the pixels of a raster from the upper left corner on; some begin at the bottom."""
    from rasterio.transform import from_origin

    t, (west, south, east, north) = file.transform, file.bounds
    if t.b or t.d or (t.a > 0 and t.e < 0):
        return t
    return from_origin(min(west, east), max(south, north), abs(t.a), abs(t.e))


def _unknown(table: pd.DataFrame, townships: gpd.GeoDataFrame) -> list[Finding]:
    """Tell of which townships nothing could be measured."""
    found = []
    names = townships["name"] if "name" in townships else pd.Series("", index=townships.index)
    for column in table:
        gone = table.index[table[column].isna()]
        if len(gone):
            listed = ", ".join(f"{c} {names[c]}" for c in gone[:5])
            listed += "" if len(gone) <= 5 else f", … ({len(gone)})"
            found.append(Finding(
                Text(f"'{column}' could not be measured in {len(gone)} townships: {listed}",
                     f"{len(gone)} 个乡镇无法量算“{column}”：{listed}"), "[inputs]",
                measured=len(gone), limit=0, code="not-measured"))  # fmt: skip
    return found


def beside(frame: gpd.GeoDataFrame, measured: pd.DataFrame) -> gpd.GeoDataFrame:
    """Put what was measured beside the planner's own columns, which are kept as ``given_...``."""
    geometry = frame.geometry
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    table = table.rename(columns={c: f"given_{c}" for c in table.columns if c in measured})
    whole = pd.concat([table, measured], axis=1)
    return gpd.GeoDataFrame(whole, geometry=geometry, crs=frame.crs)


def contributions(
    townships: gpd.GeoDataFrame | None, intake: Intake, config: Config
) -> tuple[Contribution, ...]:
    """Give what is told of the line of the city, and of the ten provincial indicators."""
    return (
        *neighbours.contribution(townships, intake, config),
        *ten_told.contribution(townships, config),
    )
