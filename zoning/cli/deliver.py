"""Commands that make files from a plan: map, report, export."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zoning.cli import console
from zoning.cli.console import Json, Lang, Quiet, Verbose, write, write_json

Folder = Annotated[
    Path, typer.Argument(help="Folder of a plan. / 方案文件夹", show_default=False)
]  # fmt: skip


def _done(files: list[Path]) -> None:
    if console.settings.json:
        write_json({"written": [str(f) for f in files]})
    for file in files:
        write(str(file))


def webmap(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File, or folder with --folder. / 输出")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", help="Another plan, side by side. / 对比方案")
    ] = None,
    as_folder: Annotated[
        bool, typer.Option("--folder", help="html + assets, for a strict content policy.")
    ] = False,
    tiles: Annotated[
        str | None, typer.Option("--tiles", help="Background that needs the network: tianditu.")
    ] = None,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write the interactive map: one file, no network. / 离线网页地图."""
    from zoning.outputs import webmap as room
    from zoning.store import load

    plan = load(folder)
    place = out or folder / ("map" if as_folder else "map.html")
    chosen = console.settings.lang
    if compare is not None:
        made = room.write_compare(plan, load(compare), place, lang=chosen, folder=as_folder)
    else:
        made = room.write(
            plan, place, lang=chosen, folder=as_folder, tiles=tiles,
            tianditu_key=os.environ.get("TIANDITU_TK"),
        )  # fmt: skip
    _done([made])


def report(
    folder: Folder,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder. / 输出文件夹", show_default=False)
    ] = None,
    sheets: Annotated[
        bool, typer.Option("--sheets", help="Also map sheets as PDF. / 同时输出图件")
    ] = False,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write report.docx and tables.xlsx, and map sheets on request. / 报告与表格."""
    from zoning.outputs import report as room
    from zoning.outputs import sheet, tables
    from zoning.store import load

    plan, place, chosen = load(folder), console.new_folder(out or folder), console.settings.lang
    place.mkdir(parents=True, exist_ok=True)
    files = [
        room.write(plan, place / "report.docx", lang=chosen),
        tables.write(plan, place / "tables.xlsx", lang=chosen),
    ]
    if sheets:
        files += sheet.write_all(plan, place / "sheets", lang=chosen)
    _done(files)


def export(
    folder: Folder,
    to: Annotated[
        str, typer.Option("--to", help="gdb, shp, geojson, fgb, parquet, postgis, official, qgis.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Folder. / 输出文件夹", show_default=False)
    ] = None,
    encoding: Annotated[
        str, typer.Option("--encoding", help="Text of shapefiles: GBK or UTF-8.")
    ] = "GBK",
    url: Annotated[
        str | None, typer.Option("--url", help="Database for postgis.", show_default=False)
    ] = None,
    schema: Annotated[str, typer.Option("--schema", help="Schema for postgis.")] = "zoning",
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Write a plan in another format, or in the official schema. / 交换格式与官方标准."""
    from zoning.store import load

    plan, place, chosen = load(folder), console.new_folder(out or folder), console.settings.lang
    from zoning.outputs import exchange

    _done(exchange.write(plan, to, place, lang=chosen, encoding=encoding, url=url, schema=schema))


COMMANDS: dict[str, Callable[..., None]] = {"map": webmap, "report": report, "export": export}
