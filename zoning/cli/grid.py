"""``zoning grid``: the units of any city, county or polygon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoning.cli import console
from zoning.cli.console import Json, Lang, Quiet, Verbose, say, write, write_json
from zoning.errors import InputError, Text

if TYPE_CHECKING:
    import geopandas as gpd


def grid(
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help=".gpkg .parquet .geojson .fgb .shp .gdb / 输出文件"),
    ],
    city: Annotated[
        str | None,
        typer.Option("--city", help="Name, adcode or 江苏省/南京市/鼓楼区.", show_default=False),
    ] = None,
    boundary: Annotated[
        str | None, typer.Option("--boundary", help="FILE[:layer]", show_default=False)
    ] = None,
    cell: Annotated[int, typer.Option("--cell", min=1, help="Side in metres. / 边长(米)")] = 1000,
    crs: Annotated[
        str | None, typer.Option("--crs", help="Projected CRS; else chosen. / 投影坐标系")
    ] = None,
    origin: Annotated[str, typer.Option("--origin", help="X,Y in metres. / 原点")] = "0,0",
    match_count: Annotated[
        int | None, typer.Option("--match-count", help="A published count to search origins for.")
    ] = None,
    source: Annotated[
        str, typer.Option("--source", help="Boundary set: tianditu or amap. / 边界来源")
    ] = "tianditu",
    min_share: Annotated[
        float, typer.Option("--min-share", min=0, max=1, help="Smaller shares are slivers.")
    ] = 0.0,
    slivers: Annotated[
        str, typer.Option("--slivers", help="keep, drop or merge. / 边缘碎块的处理")
    ] = "keep",
    max_area_error: Annotated[
        float, typer.Option("--max-area-error", help="Largest local area distortion.")
    ] = 0.001,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Make the planning units of a city, a county or a polygon. / 生成规划单元网格."""
    from zoning.grid.crs import check_projected, normal_crs
    from zoning.grid.lattice import GridSpec, check_size
    from zoning.grid.units import search_origins
    from zoning.inputs.gather import choose_grid
    from zoning.inputs.layers import Layers
    from zoning.ledger.atoms import build, settle_slivers
    from zoning.planfile import parse

    _check_place(out)
    if crs is not None:
        crs = normal_crs(crs, "--crs")
        check_projected(crs, "--crs")
    part = {"crs": crs, "cell_m": cell, "origin_m": _origin(origin), "min_share": min_share,
            "slivers": slivers, "max_area_error": max_area_error}  # fmt: skip
    config = parse({"grid": part}, "zoning grid")
    _refuse_idle_share(min_share, slivers)
    area = _area(city, boundary, source)
    spec, distortion = choose_grid(config, area)
    check_size(distortion.planar_m2, cell, "--cell")
    shape = area.to_crs(spec.crs).iloc[0]
    answer: dict[str, Any] = {}
    if match_count is not None:
        title = Text("search origins", "搜索原点")
        with console.counting(title) as bar:
            found = search_origins(shape, spec.crs, cell, match_count, progress=bar)
        answer["match"] = found.as_dict()
        _tell_search(found)
        if found.matches:
            spec = GridSpec(spec.crs, cell, found.matches[0])
    books = settle_slivers(build(Layers(shape), spec), spec, min_share, slivers)
    units = books.units
    _save(units, out)
    answer |= {
        "units": len(units),
        "area_m2": int(units["area_m2"].sum()),
        "dropped_m2": books.dropped_m2,
        "out": str(out),
        "grid": spec.as_dict(),
        "distortion": distortion.as_dict(),
    }
    if console.settings.json:
        write_json(answer)
    total = f"{answer['area_m2'] / 1e6:,.3f} km²"
    if books.dropped_m2:
        write(say(f"Dropped with slivers: {books.dropped_m2 / 1e6:,.3f} km²",
                  f"随碎块略去:{books.dropped_m2 / 1e6:,.3f} km²"))  # fmt: skip
    write(say(f"{len(units):,} units, {total} inside, {_name(spec.crs)}",
              f"{len(units):,} 个单元,范围内 {total},{_name(spec.crs)}"))  # fmt: skip
    write(say(
        f"Area distortion: locally up to {distortion.worst:.5%}, in total {distortion.total:+.5%}",
        f"面积变形:局部最大 {distortion.worst:.5%},合计 {distortion.total:+.5%}"))  # fmt: skip
    write(str(out))


def _name(crs: str) -> str:
    from pyproj import CRS

    return f"{crs} {CRS(crs).name}" if len(crs) < 20 else CRS(crs).name


def _refuse_idle_share(min_share: float, slivers: str) -> None:
    """Refuse a least share that would do nothing."""
    if min_share > 0 and slivers == "keep":
        raise InputError.one(
            "[grid] min_share is set but slivers is keep",
            "[grid] 设了 min_share 而 slivers 为 keep", where="zoning grid", code="idle-min-share",
            remedy=("set slivers to drop or merge", "请将 slivers 设为 drop 或 merge"),
        )  # fmt: skip


def _origin(text: str) -> tuple[int, int]:
    parts = text.replace(",", ",").split(",")
    try:
        x, y = (int(p) for p in parts)
    except ValueError as error:
        raise InputError.one(
            f"'{text}' is not X,Y in whole metres", f"“{text}”不是以米为单位的整数 X,Y",
            where="--origin", code="origin",
            remedy=("such as 404550,3563050", "例如 404550,3563050"),
        ) from error  # fmt: skip
    return x, y


def _area(city: str | None, boundary: str | None, source: str) -> gpd.GeoSeries:
    """Read the study area as one polygon."""
    import geopandas as gpd
    import shapely

    if (city is None) == (boundary is None):
        raise InputError.one(
            "give either --city or --boundary", "请在 --city 与 --boundary 中任选其一",
            where="zoning grid", code="usage",
        )  # fmt: skip
    if source not in ("tianditu", "amap"):
        raise InputError.one(
            f"unknown boundary set '{source}'", f"未知的边界来源“{source}”", where="--source",
            remedy=("tianditu or amap", "tianditu 或 amap"), code="usage",
        )  # fmt: skip
    if city is not None:
        from zoning.inputs.china import find_area

        found = find_area(city, "amap" if source == "amap" else "tianditu")
        write(say(f"{'/'.join(found.path)} ({found.adcode}); boundary: {found.licence}",
                  f"{'/'.join(found.path)}({found.adcode});边界来源:{found.licence}"))  # fmt: skip
        return gpd.GeoSeries([found.geometry], crs="EPSG:4326")
    from zoning.inputs.vector import read_polygons

    frame, _ = read_polygons(str(boundary), role="boundary", metres=False)
    return gpd.GeoSeries([shapely.union_all(frame.geometry.to_numpy())], crs=frame.crs)


def _tell_search(found: Any) -> None:
    n = len(found.matches)
    write(say(
        f"{n} of {found.tried:,} origins ({found.step_m} m steps) give {found.wanted:,} units "
        f"(all origins: {found.low:,} to {found.high:,}). "
        + ("A match is a coincidence of the search, not the plan's own origin." if n
           else "No origin gives it; the origin stays as stated."),
        f"{found.tried:,} 个原点(步长 {found.step_m} 米)中有 {n} 个得到 {found.wanted:,} 个单元"
        f"(全部原点:{found.low:,} 至 {found.high:,})。"
        + ("相符只是搜索所得,并非规划公布的原点。" if n
           else "没有原点相符,保持原设定。")))  # fmt: skip


#: Endings of the files that hold units, with the driver that writes each.
_DRIVERS = {
    ".gpkg": "GPKG", ".parquet": "Parquet", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile", ".gdb": "OpenFileGDB",
}  # fmt: skip


def _driver(out: Path) -> str:
    """Give the driver of a file's ending; refuse an ending that is not known."""
    driver = _DRIVERS.get(out.suffix.lower())
    if driver is None:
        raise InputError.one(
            f"unknown ending '{out.suffix}'", f"未知的扩展名“{out.suffix}”", where=str(out),
            code="ending",
            remedy=("use one of " + " ".join(_DRIVERS), "请使用 " + " ".join(_DRIVERS) + " 之一"),
        )  # fmt: skip
    return driver


def _check_place(out: Path) -> None:
    """Refuse a place that cannot take the file; a geodatabase is a folder, and may be replaced."""
    if _driver(out) == "OpenFileGDB" and out.is_dir():
        from zoning.outputs.exchange.gdb import check_place

        check_place(out)
    else:
        console.new_file(out)


def _save(units: gpd.GeoDataFrame, out: Path) -> None:
    """Write the units whole or not at all, in the format of the file's ending."""
    import tempfile

    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".writing-") as folder:
            made = Path(folder) / "made"
            made.mkdir()
            _write(units, made / out.name)
            if out.is_dir():  # a folder cannot be replaced in one step
                out.replace(Path(folder) / "before")
            for file in sorted(made.iterdir()):
                file.replace(out.parent / file.name)
    except (OSError, ValueError, RuntimeError) as error:  # those of GDAL are RuntimeErrors
        raise InputError.one(
            f"cannot be written: {error}", f"无法写入:{error}", where=str(out), code="unwritable",
            remedy=("check the place and its permissions", "请检查位置和权限"),
        ) from error  # fmt: skip


def _write(units: gpd.GeoDataFrame, path: Path) -> None:
    driver = _driver(path)
    if driver == "Parquet":
        units.to_parquet(path, compression="zstd")
        return
    options = {"layer": "units"} if driver in ("GPKG", "OpenFileGDB") else {}
    if driver == "ESRI Shapefile":
        options["encoding"] = "UTF-8"
    if driver == "OpenFileGDB":
        from zoning.outputs.exchange.gdb import small_integers

        units = small_integers(units)
    units.reset_index().to_file(path, driver=driver, engine="pyogrio", **options)


COMMANDS: dict[str, Callable[..., None]] = {"grid": grid}
