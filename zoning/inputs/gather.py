"""From plan.toml to layers in one coordinate system: everything is read, and all problems told.

Every input but the boundary may be absent. A file with problems does not hide those of the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from zoning.errors import Finding, InputError, Problem, Text, raise_all
from zoning.grid.distortion import Distortion
from zoning.grid.lattice import PLAN_UNITS, GridSpec, check_size
from zoning.inputs import plans, protections
from zoning.inputs.codes import clean_codes
from zoning.inputs.columns import offered, old_keys, rename
from zoning.inputs.desk import Desk
from zoning.inputs.frame import beside, choose_grid, no_way_to_grid, outside_china
from zoning.inputs.ground import Ground, read_ground, uncovered
from zoning.inputs.inspect.legends import another_legend, legends
from zoning.inputs.inspect.values import inspect_values, unlike_counties, unlike_totals
from zoning.inputs.landuse import load_classes
from zoning.inputs.layers import Layers
from zoning.inputs.redlines import check_layer, unknown_types
from zoning.inputs.source import Source, missing_file
from zoning.planfile.layers import Column, ProtectionLayer, TownshipLayer
from zoning.planfile.models import Config

#: A base of the cap more than this many times the city, or less than its like, is a slip (our
#: choice: published areas of cities differ by a few percent, with sea by some tens).
_BASE_FACTOR = 3
#: Columns of townships that are settled when the polygons are read.
_PLACED = ("code", "name", "county")


def _head(rule: str | Column) -> str:
    """Give the head in the file of a rule of ``columns``."""
    return rule if isinstance(rule, str) else rule.from_


@dataclass(frozen=True)
class Intake:
    """What a run starts from.

    Parameters
    ----------
    layers : Layers
        In the CRS of ``grid``.
    grid : GridSpec
    distortion : Distortion
        Of that CRS over the city.
    counties : Series or None
        Names of counties by code.
    classes : DataFrame or None
        The land-use classes, with land use.
    ground : Ground
    plans : GeoDataFrame or None
        Of ``[[inputs.plans]]`` (:mod:`zoning.inputs.plans`).
    sources : tuple of Source
        Files in the order they were read.
    findings : tuple of Finding
        Notes and warnings that do not stop a run.
    """

    layers: Layers
    grid: GridSpec
    distortion: Distortion
    counties: pd.Series | None = None
    classes: pd.DataFrame | None = None
    sources: tuple[Source, ...] = ()
    findings: tuple[Finding, ...] = ()
    ground: Ground = field(default_factory=Ground)
    plans: gpd.GeoDataFrame | None = None


def gather(config: Config, folder: Path) -> Intake:
    """Read every input of a plan.

    Parameters
    ----------
    config : Config
        Of plan.toml.
    folder : Path
        Where relative paths start: the folder of plan.toml.

    Returns
    -------
    Intake

    Raises
    ------
    InputError
        With the problems of all files together.
    """
    desk = Desk(folder)
    boundary = config.inputs.boundary
    if boundary is None:
        raise InputError.one(
            "[inputs.boundary] is missing", "缺少 [inputs.boundary]", where="plan.toml",
            code="no-boundary",
            remedy=("name a polygon file of the study area; zoning init DIR --city NAME makes one",
                    "请指定研究区面文件；zoning init 目录 --city 名称 可生成"),
        )  # fmt: skip
    if not (folder / boundary.path).exists():
        # Without it nothing else can be read; the other files that are absent are told as well.
        raise_all(absent_files(config, folder))
    outline = desk.polygons(boundary, "boundary", {}, (), None)
    if outline is not None:
        desk.problems.extend(no_way_to_grid(outline.crs, config.grid.crs, boundary.path))
    if outline is None or desk.problems:
        # Nothing can be held against it; the others are still looked at, each for itself.
        _counties(config, desk, None)
        _townships(config, desk, None)
        _protections(config, desk, None)
        plans.gather_plans(config.inputs, desk, None)
        raise InputError(desk.problems, desk.findings)
    city_frame = gpd.GeoSeries([shapely.union_all(outline.geometry.to_numpy())], crs=outline.crs)
    grid, distortion = _grid(config, desk, city_frame)
    check_size(distortion.planar_m2, grid.cell_m, most=PLAN_UNITS)
    city = city_frame.to_crs(grid.crs).iloc[0]
    if not city.is_valid:
        city = shapely.make_valid(city, method="structure", keep_collapsed=False)

    desk.outline = gpd.GeoSeries([city], crs=grid.crs)
    desk.tell(_odd_base(config, city.area))
    counties = _counties(config, desk, grid.crs)
    townships = _townships(config, desk, grid.crs)
    redlines, protected = _protections(config, desk, grid.crs)
    others = plans.gather_plans(config.inputs, desk, grid.crs)
    shifted = desk.weigh_datums()
    if townships is not None and not shifted & {"boundary", "townships"}:
        # Of a shifted layer the gaps along the boundary are a consequence, not a fault of its own.
        _tile(config, desk, townships, city)
    classes, landuse = _landuse(config, desk, grid, city, shifted="boundary" in shifted)
    ground = desk.attempt(lambda: read_ground(config.inputs, folder, grid.crs)) or Ground()
    desk.tell(uncovered(ground, desk.outline, folder))
    if desk.problems:
        raise InputError(desk.problems, desk.findings)
    desk.sources.extend(ground.sources)
    desk.findings.extend(f for source in ground.sources for f in source.findings)
    desk.findings.extend(ground.findings)
    for frame in (townships, redlines, protected, others):
        if frame is not None:
            frame.attrs.clear()  # numbers of rows in the files: nothing of a plan
    layers = Layers(city, townships, redlines, protected, landuse)
    return Intake(
        layers,
        grid,
        distortion,
        counties,
        classes,
        tuple(desk.sources),
        tuple(desk.findings),
        ground,
        others,
    )


def _grid(config: Config, desk: Desk, city: gpd.GeoSeries) -> tuple[GridSpec, Distortion]:
    """Choose the grid; where it does not fit a place that cannot be right, tell the place."""
    where = config.inputs.boundary.path if config.inputs.boundary else ""
    frame = outside_china(city, where)
    desk.tell(frame)
    try:
        return choose_grid(config, city)
    except InputError as error:
        if error.problems[0].code != "distortion":
            raise
        causes = [*frame]
        for part in (config.inputs.counties, config.inputs.townships):
            if part is not None and not causes:
                other = desk.polygons(part, "", {}, (), None)
                causes += [] if other is None else beside(city, other.geometry, where, part.path)
        raise InputError(causes or error.problems, desk.findings) from error


def _odd_base(config: Config, area_m2: float) -> list[Finding]:
    """Refuse a base of the cap that cannot be an area of this city, such as km2 for m2."""
    base = config.cap.base_area_m2
    if base is None or area_m2 / _BASE_FACTOR <= base <= area_m2 * _BASE_FACTOR:
        return []
    return [
        Finding(
            Text(f"[cap] base_area_m2 is {base:,} m2, the city has {area_m2:,.0f} m2 within its "
                 "boundary",
                 f"[cap] base_area_m2 为 {base:,} 平方米，而边界内面积为 {area_m2:,.0f} 平方米"),
            "plan.toml", measured=base, limit=round(area_m2), code="odd-base", level="error",
            remedy=Text("write square metres: 3844 km2 are 3_844_000_000",
                        "单位应为平方米：3844 平方公里写作 3_844_000_000"),
        )
    ]  # fmt: skip


def absent_files(config: Config, folder: Path) -> list[Problem]:
    """List every file of ``[inputs]`` that is not there."""
    inputs = config.inputs
    single = ("boundary", "counties", "townships", "landuse")
    named = [(role, getattr(inputs, role)) for role in single]
    paths = [(role, part.path) for role, part in named if part is not None]
    paths[-1:-1] = [(_role(p), p.path) for p in protections.protection_layers(inputs)]
    paths += [(p.role, p.path) for p in inputs.plans]
    if inputs.townships is not None and inputs.townships.table:
        paths.append(("townships", inputs.townships.table))
    if inputs.parks is not None:
        paths.append(("parks", inputs.parks.path))
    if inputs.landuse is not None and inputs.landuse.classes not in (None, *legends()):
        paths.append(("landuse classes", inputs.landuse.classes))
    return [
        missing_file(folder / path, role) for role, path in paths if not (folder / path).exists()
    ]


def _counties(config: Config, desk: Desk, crs: str | None) -> pd.Series | None:
    part = config.inputs.counties
    if part is None:
        return None
    columns: dict[str, str | None] = {
        name: part.columns.get(name, getattr(part, name)) for name in ("code", "name")
    }
    frame = desk.polygons(part, "counties", columns, ("code",), crs)
    desk.tell(old_keys(part, "[inputs.counties]"))
    if frame is not None:
        desk.codes += frame["code"].tolist()
        desk.counties = frame.set_index("code")
    return None if frame is None else frame.set_index("code")["name"].astype("string")


def _townships(config: Config, desk: Desk, crs: str | None) -> gpd.GeoDataFrame | None:
    part = config.inputs.townships
    if part is None:
        return None
    columns: dict[str, str | None] = {
        name: _head(part.columns.get(name, getattr(part, name))) for name in _PLACED
    }
    frame = desk.polygons(part, "townships", columns, ("code",), crs)
    desk.tell(old_keys(part, "[inputs.townships]"))
    if frame is None:
        return None
    heads = [str(c) for c in frame.columns if c not in ("geometry", *_PLACED)]
    if part.table:
        frame = desk.attempt(lambda: _join(frame, part, desk))
        if frame is None:
            return None
        heads += [str(c) for c in frame.columns if c not in (*heads, "geometry", *_PLACED)]
    where = part.table or part.path
    frame, wrong = rename(frame, part.columns, where, keep=_PLACED)
    desk.problems.extend(wrong)
    mapped = {_head(rule) for rule in part.columns.values()}
    desk.tell(offered([h for h in heads if h not in mapped], frame.columns, where,
                      "[inputs.townships.columns]", said=bool(part.columns)))  # fmt: skip
    frame = frame.rename(columns={"township": "given_township"})  # a column of the planner's
    townships = frame.rename(columns={"code": "township"}).set_index("township").sort_index()
    county = clean_codes(townships["county"])
    for code in townships.index[county.isna() | (county == "")]:
        desk.problems.append(Problem(
            Text(f"township {code} has no county", f"乡镇 {code} 没有所属县区"), part.path,
            remedy=Text(f"fill in column '{part.county}'", f"请填写字段“{part.county}”"),
            code="no-county"))  # fmt: skip
    townships["county"] = county.astype(object)
    desk.tell(inspect_values(townships, where))
    if desk.counties is not None:
        desk.tell(unlike_totals(townships, desk.counties, where))
    if desk.codes:
        desk.tell(unlike_counties(townships, desk.codes, part.path))
    desk.codes += county.dropna().unique().tolist()
    keep = [c for c in townships.columns if c != "geometry"]
    first = ["name", "county", *[c for c in keep if c not in ("name", "county")]]
    return townships[[*first, "geometry"]]


def _tile(config: Config, desk: Desk, townships: gpd.GeoDataFrame, city: Any) -> None:
    """Look for gaps and overlaps of the townships."""
    from zoning.inputs.topology import gaps_and_overlaps

    part = config.inputs.townships
    if part is not None:
        desk.tell(gaps_and_overlaps(townships, city, part.tolerance_m2, where=part.path))


def _join(frame: gpd.GeoDataFrame, part: TownshipLayer, desk: Desk) -> gpd.GeoDataFrame:
    from zoning.inputs import renamed
    from zoning.inputs.tables import join_table, read_table

    codes = [part.table_code]
    if "code" in part.columns and "table_code" not in part.model_fields_set:
        codes.insert(0, _head(part.columns["code"]))
    table = desk.keep(
        read_table(desk.folder / str(part.table), code=codes, sheet=part.sheet, role="townships"),
        str(part.table),
    )
    code = next(c for c in codes if c in table.columns)
    table, wrong = renamed.apply(table, code, part.renamed, str(part.table))
    desk.problems.extend(wrong)
    joined, found = join_table(frame, table, "code", code, where=str(part.table))
    desk.findings.extend(found)
    return joined


def _protections(
    config: Config, desk: Desk, crs: str | None
) -> tuple[gpd.GeoDataFrame | None, gpd.GeoDataFrame | None]:
    """Read red lines, and all other protections as one layer."""
    red: list[gpd.GeoDataFrame] = []
    other: list[gpd.GeoDataFrame] = []
    for part in protections.protection_layers(config.inputs):
        raw = desk.polygons(part, _role(part), {}, (), crs)
        if raw is None:
            continue
        frame, problems = protections.tidy(raw, part)
        desk.problems.extend(problems)
        desk.findings.extend(protections.unread(raw, part))
        if part.kind == "redline":
            # Without its columns or levels there is nothing to check: one cause, one finding.
            if not {p.code for p in problems} & {"missing-column", "protection-level"}:
                desk.problems.extend(check_layer(protections.redline_frame([frame]), part.path))
            desk.findings.extend(unknown_types(frame, part.path))
        (red if part.kind == "redline" else other).append(frame)
    desk.findings.extend(protections.old_names(config.inputs))
    lines = protections.redline_frame(red)
    if len(red) > 1:
        desk.problems.extend(check_layer(lines, "[[inputs.protections]]"))
    return lines, protections.dissolve(other)


def _role(part: ProtectionLayer) -> str:
    return "redlines" if part.kind == "redline" else part.kind


def _landuse(
    config: Config, desk: Desk, grid: GridSpec, city: Any, *, shifted: bool
) -> tuple[pd.DataFrame | None, Any]:
    from zoning.inputs.pictures import odd_picture
    from zoning.inputs.rasters import read_classes

    part = config.inputs.landuse
    if part is None or shifted:
        # Against a shifted boundary a sound raster would seem not to cover the city.
        return None, None
    named = part.classes in legends()
    table = part.classes if named or not part.classes else desk.folder / part.classes
    classes = desk.attempt(
        lambda: load_classes(table, rural_roads_are_construction=part.rural_roads_are_construction)
    )
    if classes is None:
        return None, None
    raster = desk.attempt(
        lambda: desk.keep(
            read_classes(
                desk.folder / part.path, band=part.band, to_crs=grid.crs, area=city, crs=part.crs,
                classes=tuple(classes.index.tolist()), reproject=part.reproject,
                max_unknown_share=part.max_unknown_share,
            ),
            part.path,
        )
    )  # fmt: skip
    if part.classes is None and raster is not None:
        desk.tell(another_legend(desk.sources[-1].areas, part.path))
    if raster is not None:
        desk.tell(odd_picture(raster, part.path, "band" in part.model_fields_set, grid.cell_m))
    return classes, raster
