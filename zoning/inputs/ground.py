"""Terrain, roads, centres and rasters of a plan: read, checked, in the CRS of the grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.errors import Finding, InputError, Problem, Text, raise_all
from zoning.inputs.neighbours import cut_numbers, read_neighbours
from zoning.inputs.roads import named_roads
from zoning.inputs.source import Source, existing, missing_file, sha256_of
from zoning.inputs.vector import bring, choose_layer, read_raw
from zoning.planfile.layers import RoadLayer

if TYPE_CHECKING:
    import geopandas as gpd

    from zoning.planfile.layers import InputsPart, Layer

#: Heights in metres that land of China can have: 艾丁湖 -154, 珠穆朗玛峰 8,849; a little more.
HEIGHTS_M = (-500.0, 9000.0)
#: Pixels of a side that are looked at; a larger raster is thinned (our choice).
_SIDE = 2000
_KINDS = {
    (): Text("points or polygons", "点或面"), ("LineString",): Text("lines", "线"),
    ("Polygon",): Text("polygons", "面"),
}  # fmt: skip
#: The three evaluations.
PURPOSES = ("ecology", "agriculture", "town")


@dataclass(frozen=True)
class Ground:
    """What indicators are measured from, beside areas.

    Parameters
    ----------
    dem : Path or None
    roads, centres : GeoDataFrame or None
        In the CRS of the grid; roads with ``speed_kmh`` or ``class``, and ``oneway``.
    neighbours : GeoDataFrame or None
        Places across the line: ``name``, ``zone``, ``population``, ``gdp_10k_yuan``, ``built_m2``
        (missing where the file has no such column), ``area_m2``.
    rasters : dict of Path
        By the name of the indicator.
    layers : dict of Path
        Rasters of evaluations, by ``PURPOSE.ROLE``; ``PURPOSE.raster`` is a finished one.
    landuse : Path or None
    own : dict of Path
        The planner's own TOML files: presets by purpose, and rules of ``integration``.
    sources : tuple of Source
    findings : tuple of Finding
        What was noticed beside what stands in ``sources``.
    """

    dem: Path | None = None
    roads: gpd.GeoDataFrame | None = None
    centres: gpd.GeoDataFrame | None = None
    neighbours: gpd.GeoDataFrame | None = None
    rasters: dict[str, Path] = field(default_factory=dict)
    layers: dict[str, Path] = field(default_factory=dict)
    landuse: Path | None = None
    own: dict[str, Path] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    findings: tuple[Finding, ...] = ()


def read_ground(inputs: InputsPart, folder: Path, crs: Any) -> Ground:
    """Read roads and centres, and look into every raster.

    Parameters
    ----------
    inputs : InputsPart
        Of plan.toml.
    folder : Path
        Where relative paths start.
    crs : CRS
        Of the grid.

    Raises
    ------
    InputError
        Files that are absent or cannot be read, a road without a usable speed, roads without
        centres; all at once.
    """
    problems: list[Problem] = []
    sources: list[Source] = []

    def raster(role: str, path: str) -> Path | None:
        try:
            sources.append(_look(folder / path, path, role))
        except InputError as error:
            problems.extend(error.problems)
            return None
        return folder / path

    def lines(role: str, part: Layer | None, kinds: tuple[str, ...]) -> gpd.GeoDataFrame | None:
        if part is None:
            return None
        try:
            frame, source = read_layer(folder / part.path, part, role, crs, kinds)
            if isinstance(part, RoadLayer):
                frame = named_roads(frame, part)
        except InputError as error:
            problems.extend(error.problems)
            return None
        sources.append(source)
        return frame

    dem = None if inputs.dem is None else raster("dem", inputs.dem.path)
    rasters = {n: raster(n, r.path) for n, r in inputs.rasters.items()}
    layers = {}
    for purpose, part in inputs.evaluations.items():
        for role, path in part.layers.items():
            layers[f"{purpose}.{role}"] = raster(role, path)
        if part.raster is not None:
            layers[f"{purpose}.raster"] = raster(purpose, part.raster)
    roads = lines("roads", inputs.roads, ("LineString", "MultiLineString"))
    centres = lines("centres", inputs.centres, ())
    beyond = lines("neighbours", inputs.neighbours, ("Polygon", "MultiPolygon"))
    told: list[Finding] = []
    if beyond is not None and inputs.neighbours is not None:
        told += cut_numbers(beyond, inputs.neighbours)
        beyond, lacking = read_neighbours(beyond, inputs.neighbours)
        problems += lacking
    own, read, lacking = _own_files(inputs, folder)
    sources += read
    problems += lacking
    problems += _fit(inputs)
    if problems:
        raise InputError(problems)
    return Ground(
        dem, roads, centres, beyond, {k: v for k, v in rasters.items() if v is not None},
        {k: v for k, v in layers.items() if v is not None},
        None if inputs.landuse is None else folder / inputs.landuse.path, own, tuple(sources),
        tuple(told),
    )  # fmt: skip


def _own_files(
    inputs: InputsPart, folder: Path
) -> tuple[dict[str, Path], list[Source], list[Problem]]:
    """Find the planner's own presets and rules of integration."""
    stated: dict[str, str] = {p: part.preset for p, part in inputs.evaluations.items()}
    if inputs.integration is not None and inputs.integration.rules is not None:
        stated["integration"] = inputs.integration.rules
    own, sources, problems = {}, [], []
    for name, path in stated.items():
        if not path.endswith(".toml"):
            continue
        if not (folder / path).is_file():
            problems.append(missing_file(folder / path, name))
            continue
        own[name] = folder / path
        sources.append(Source(name, Path(path).as_posix(), None, sha256_of(own[name]), None, None))
    return own, sources, problems


def _fit(inputs: InputsPart) -> list[Problem]:
    """Hold the parts against one another."""
    found = []
    if (inputs.roads is None) != (inputs.centres is None):
        lacking = "centres" if inputs.centres is None else "roads"
        found.append(Problem(
            Text("travel times need [inputs.roads] and [inputs.centres]",
                 "计算通行时间须同时提供 [inputs.roads] 与 [inputs.centres]"), "plan.toml",
            remedy=Text(f"give [inputs.{lacking}]", f"请提供 [inputs.{lacking}]"),
            code="no-centre"))  # fmt: skip
    lacking_of = [p for p in PURPOSES if p not in inputs.evaluations]
    if inputs.integration is not None and lacking_of:
        listed = ", ".join(f"[inputs.evaluations.{p}]" for p in lacking_of)
        found.append(Problem(
            Text("[inputs.integration] reads three evaluations together",
                 "[inputs.integration] 须有三项评价"), "plan.toml", measured=3 - len(lacking_of),
            limit=3, remedy=Text(f"give {listed}", f"请提供 {listed}"),
            code="no-evaluation"))  # fmt: skip
    for name, part in inputs.rasters.items():
        if not (name.isidentifier() and name.islower()):
            found.append(Problem(
                Text(f"'{name}' cannot be the name of an indicator",
                     f"“{name}”不能作指标名"), "[inputs.rasters]",
                remedy=Text("small letters, digits and _", "请用小写字母、数字和下划线"),
                code="bad-name"))  # fmt: skip
        if (part.kind == "classes") != bool(part.classes):
            found.append(Problem(
                Text(f"'{name}' needs kind = \"classes\" with the classes that count, or neither",
                     f"“{name}”须同时写 kind = \"classes\" 与 classes，或都不写"),
                "[inputs.rasters]", code="no-classes"))  # fmt: skip
        if part.by == "built" and inputs.landuse is None:
            found.append(Problem(
                Text(f"'{name}' counts built land, and the plan has no land use",
                     f"“{name}”按建设用地加权，而方案没有用地现状"), "[inputs.rasters]",
                remedy=Text("give [inputs.landuse], or by = \"area\"",
                            "请提供 [inputs.landuse]，或写 by = \"area\""),
                code="no-landuse"))  # fmt: skip
    return found


def _look(path: Path, shown: str, role: str) -> Source:
    """Open a raster and give its record."""
    import rasterio

    existing(path, role)
    try:
        with rasterio.open(path) as file:
            crs, pixels = file.crs, file.width * file.height
            beyond = _beyond(file, shown) if role == "dem" and crs is not None else None
    except rasterio.errors.RasterioError as error:
        raise InputError.one(
            f"cannot be read ({error})", "无法读取", where=shown, code="raster"
        ) from error
    if beyond is not None:
        raise InputError([beyond])
    if crs is None:
        raise InputError.one(
            "the raster has no CRS", "栅格没有坐标系", where=shown, code="no-crs",
            remedy=("write one into the file: gdal_edit -a_srs EPSG:4549", "请写入坐标系，例如 "
                    "gdal_edit -a_srs EPSG:4549"),
        )  # fmt: skip
    code = crs.to_epsg()
    name = f"EPSG:{code}" if code else crs.to_wkt()
    return Source(role, Path(shown).as_posix(), "1", sha256_of(path), pixels, name)


def _beyond(file: Any, shown: str) -> Problem | None:
    """Find heights that no land of China has: a mark of "not known" that nobody declared."""
    import numpy as np
    import shapely

    from zoning.inputs.spots import spots

    step = max(1, max(file.width, file.height) // _SIDE)
    shape = (max(1, file.height // step), max(1, file.width // step))
    heights = file.read(1, out_shape=shape, masked=True).astype("float64").filled(np.nan)
    low, high = HEIGHTS_M
    rows, cols = np.nonzero((heights < low) | (heights > high))
    if not len(rows):
        return None
    value = float(heights[rows[0], cols[0]])
    x, y = file.transform @ ((cols[0] + 0.5) * file.width / shape[1],
                             (rows[0] + 0.5) * file.height / shape[0])  # fmt: skip
    return Problem(
        Text(f"a height of {value:g} m stands in {len(rows) / heights.size:.1%} of the pixels",
             f"{len(rows) / heights.size:.1%} 的像元高程为 {value:g} 米"),
        shown, measured=value, limit=low if value < low else high, code="dem-range",
        remedy=Text(f"if it stands for \"not known\", declare it: gdal_edit.py -a_nodata {value:g} "
                    "FILE; heights are metres above the sea",
                    f"若表示“未知”，请声明：gdal_edit.py -a_nodata {value:g} 文件；高程单位为米"),
        spots=spots(["pixel"], [value], [shapely.Point(x, y)], file.crs),
    )  # fmt: skip


#: Rasters may lack so much of the study area at its edge before it is told (our choice).
_EDGE = 0.001


def uncovered(ground: Ground, city: gpd.GeoSeries, folder: Path) -> list[Finding]:
    """Find rasters that do not cover the study area: what they measure is missing there.

    Parameters
    ----------
    ground : Ground
    city : GeoSeries
        The study area.
    folder : Path
        That of plan.toml, taken off the names.
    """
    import rasterio
    import shapely

    from zoning.inputs.spots import spots

    dem = {} if ground.dem is None else {"dem": ground.dem}
    found = []
    for path in dict.fromkeys([*dem.values(), *ground.rasters.values(), *ground.layers.values()]):
        with rasterio.open(path) as file:
            frame, crs = shapely.box(*_upright(*file.bounds)), file.crs
        area = city.to_crs(crs).iloc[0]
        missing = shapely.difference(area, frame)
        share = missing.area / area.area if area.area > 0 else 0.0
        if share <= _EDGE:
            continue
        shown = path.relative_to(folder) if path.is_relative_to(folder) else path
        found.append(Finding(
            Text(f"the raster does not cover {share:.1%} of the study area",
                 f"栅格未覆盖研究区的 {share:.1%}"),
            shown.as_posix(), measured=round(share, 6), limit=_EDGE, code="not-covered",
            level="error" if share > 1 - _EDGE else "warning",
            remedy=Text("take a raster of the whole area; check its CRS",
                        "请使用覆盖全区的栅格，并检查其坐标系"),
            spots=spots(["gap"], [f"{share:.1%}"], [missing], crs),
        ))  # fmt: skip
    return found


def _upright(left: float, bottom: float, right: float, top: float) -> tuple[float, ...]:
    """Give bounds with the smaller number first; a south-up raster has them turned."""
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def read_layer(
    path: Path, part: Layer, role: str, crs: Any, kinds: tuple[str, ...] = ()
) -> tuple[gpd.GeoDataFrame, Source]:
    """Read lines, points or polygons in any form that is read, and bring them to the grid.

    Parameters
    ----------
    path : Path
    part : Layer
        What plan.toml says of it: layer, encoding, CRS, datum.
    role : str
        What it is for, in messages.
    crs : CRS
        Of the grid.
    kinds : tuple of str
        Forms that its shapes may have; left out, any.

    Raises
    ------
    InputError
        If it cannot be read, has no shapes or others than asked for, or lies nowhere.
    """
    existing(path, role)
    layer, _ = choose_layer(path, part.layer, role)
    frame, findings = read_raw(path, layer, part.encoding)
    if frame.geometry.isna().all():
        raise InputError.one(
            "is a table without shapes", "是没有几何的表", where=part.path, code="no-shapes",
            remedy=("give a layer of points, lines or polygons", "请给出点、线或面图层"),
        )  # fmt: skip
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    if frame.empty or (kinds and not frame.geom_type.isin(kinds).all()):
        raise InputError.one(
            f"needs {_KINDS[kinds[:1]].en}", f"需要{_KINDS[kinds[:1]].zh}要素", where=part.path,
            code="geometry",
        )  # fmt: skip
    frame, declared, problems, remarks = bring(
        frame, part.crs, crs, part.path, metres=True, sound=True, datum=part.datum
    )
    raise_all(problems)
    told = (*findings, *remarks)
    source = Source(role, Path(part.path).as_posix(), layer, sha256_of(path), len(frame), declared,
                    told)  # fmt: skip
    return frame.reset_index(drop=True), source
