"""``zoning grid``: the units of any city, county or polygon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoning import api
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.errors import InputError, Text, named

if TYPE_CHECKING:
    import pandas as pd

    from zoning.grid.units import OriginSearch


@command(writes={"out": (".",)})
def grid(
    talk: Talk,
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", help=".gpkg .parquet .geojson .fgb .shp .gdb / 输出文件",
            show_default=False,
        ),
        About("file", output=True,
              endings=(".gpkg", ".parquet", ".geojson", ".fgb", ".shp", ".gdb")),
    ],
    city: Annotated[
        str | None,
        typer.Option(
            "--city", help="Name, adcode or 江苏省/南京市/鼓楼区. / 名称、行政区划代码或路径",
            show_default=False,
        ),
    ] = None,
    boundary: Annotated[
        str | None,
        typer.Option("--boundary", help="FILE[:layer] / 范围面文件", show_default=False),
        About("vector"),
    ] = None,
    province: Annotated[
        str | None,
        typer.Option("--province", help="The same for a province. / 省级单位", show_default=False),
    ] = None,
    country: Annotated[
        bool, typer.Option("--country", help="All provinces together. / 全国")
    ] = False,
    cell: Annotated[int, typer.Option("--cell", min=1, help="Side in metres. / 边长（米）")] = 1000,
    crs: Annotated[
        str | None,
        typer.Option("--crs", help="Projected CRS; else chosen. / 投影坐标系"),
        About("crs"),
    ] = None,
    origin: Annotated[str, typer.Option("--origin", help="X,Y in metres. / 原点")] = "0,0",
    match_count: Annotated[
        int | None,
        typer.Option(
            "--match-count",
            help="A published count to search origins for. / 按公布的单元数搜索原点",
        ),
    ] = None,
    source: Annotated[
        str,
        typer.Option("--source", help="Boundary set: tianditu or amap. / 边界来源"),
        About(choices=("tianditu", "amap")),
    ] = "tianditu",
    min_share: Annotated[
        float,
        typer.Option(
            "--min-share", min=0, max=1, help="Smaller shares are slivers. / 小于此比例的为碎块"
        ),
    ] = 0.0,
    slivers: Annotated[
        str,
        typer.Option("--slivers", help="keep, drop or merge. / 边缘碎块的处理"),
        About(choices=("keep", "drop", "merge")),
    ] = "keep",
    max_area_error: Annotated[
        float,
        typer.Option(
            "--max-area-error", help="Largest local area distortion. / 允许的最大面积变形"
        ),
    ] = 0.001,
    counties: Annotated[
        bool,
        typer.Option(
            "--counties",
            help="Also county shares of units: NAME-counties.parquet. / 各县在单元中的面积",
        ),
    ] = False,
) -> None:  # fmt: skip
    """Make the planning units of a city, a county or a polygon. / 生成规划单元网格。"""
    with _steps(talk, match_count is not None) as bar:
        found = api.grid(
            province or city, boundary=boundary, country=country, cell_m=cell, crs=crs,
            origin_m=_origin(origin), match_count=match_count, source=source,
            min_share=min_share, slivers=slivers,
            max_area_error=max_area_error, counties=counties, out=out, progress=bar,
        )  # fmt: skip
    talk.write_json({**found.as_dict(), "out": str(out)})
    if found.place is not None:
        talk.write(found.place.get(talk.lang))
    if found.match is not None:
        _tell_search(talk, found.match)
    dropped, total = f"{found.dropped_m2 / 1e6:,.3f} km²", f"{found.area_m2 / 1e6:,.3f} km²"
    if found.dropped_m2:
        talk.write(talk.say(f"Dropped with slivers: {dropped}", f"随碎块略去：{dropped}"))
    n, name = found.count, _name(found.grid.crs, talk.lang)
    talk.write(talk.say(f"{n:,} units, {total} inside, {name}",
                        f"{n:,} 个单元，范围内 {total}，{name}"))  # fmt: skip
    if found.counties is not None:
        _tell_counties(talk, found.counties)
    worst, sum_ = found.distortion.worst, found.distortion.total
    talk.write(talk.say(f"Area distortion: locally up to {worst:.5%}, in total {sum_:+.5%}",
                        f"面积变形：局部最大 {worst:.5%}，合计 {sum_:+.5%}"))  # fmt: skip
    shares = [out.with_name(f"{out.stem}-counties.parquet")] if counties else []
    talk.wrote([out, *shares])


def _tell_counties(talk: Talk, table: pd.DataFrame) -> None:
    """Tell how many counties there are, and how near their sums are to their polygons."""
    own = table[table["polygon_m2"].notna()]
    off = (own["area_m2"] + own["several_m2"] - own["polygon_m2"]).abs().max()
    rest = {str(c): int(a) for c, a in zip(table["county"], table["area_m2"], strict=True)}
    none, several = rest.get("none", 0) / 1e6, rest.get("overlap", 0) / 1e6
    talk.write(talk.say(
        f"{len(own):,} counties, each within {off:.2f} m² of its polygon; in no county "
        f"{none:,.3f} km², in several {several:,.3f} km²",
        f"{len(own):,} 个县级单元，与各自图形面积相差不超过 {off:.2f} 平方米；"
        f"不属任何县 {none:,.3f} km²，属多个县 {several:,.3f} km²"))  # fmt: skip


@contextmanager
def _steps(talk: Talk, searches: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar for the search of origins, else that units are measured."""
    if searches:
        with talk.counting(Text("search origins", "搜索原点")) as bar:
            yield bar
    else:
        with talk.working("measure the units", "量算规划单元"):
            yield None


def _name(crs: str, lang: str) -> str:
    from zoning.base.words import crs_title

    title = crs_title(crs, lang)
    return named(title, crs).get(lang) if len(crs) < 20 else title


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


def _tell_search(talk: Talk, found: OriginSearch) -> None:
    n = len(found.matches)
    talk.write(talk.say(
        f"{n} of {found.tried:,} origins ({found.step_m} m steps) give {found.wanted:,} units "
        f"(all origins: {found.low:,} to {found.high:,}). "
        + ("A match is a coincidence of the search, not the plan's own origin." if n
           else "No origin gives it; the origin stays as stated."),
        f"{found.tried:,} 个原点（步长 {found.step_m} 米）中有 {n} 个得到 {found.wanted:,} 个单元"
        f"（全部原点：{found.low:,} 至 {found.high:,}）。"
        + ("相符只是搜索所得，并非规划公布的原点。" if n
           else "没有原点相符，保持原设定。")))  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {"grid": grid}
