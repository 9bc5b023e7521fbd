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

    place = out or folder / ("map" if as_folder else "map.html")
    if as_folder:
        console.new_folder(place)
    else:
        console.new_file(place, parent_must_exist=False)
    plan = load(folder)
    # Files speak the plan's language unless another one is asked for.
    chosen = lang or None
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
    from zoning.outputs.office import workbook
    from zoning.outputs.prints import draw
    from zoning.store import load

    plan, place = load(folder), console.new_folder(out or folder)
    chosen = lang or plan.config.plan.lang
    place.mkdir(parents=True, exist_ok=True)
    files = [
        room.write(plan, place / "report.docx", lang=chosen),
        workbook.write(plan, place / "tables.xlsx", lang=chosen),
    ]
    if sheets:
        files += draw.write_all(plan, place / "sheets", lang=chosen)
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

    plan, place = load(folder), console.new_folder(out or folder)
    chosen = lang or plan.config.plan.lang
    if to in ("mps", "lp", "marxan"):
        from zoning.questions.answer import write_problem

        _done(write_problem(plan, to, place))
        return
    if to == "decisions":
        from zoning.outputs.exchange.decisions import write as write_decisions

        _done([write_decisions(plan, place / "decisions.gpkg")])
        return
    from zoning.outputs import exchange

    _done(exchange.write(plan, to, place, lang=chosen, encoding=encoding, url=url, schema=schema))


def solve(
    folder: Annotated[Path, typer.Argument(help="Marxan folder with input.dat. / Marxan 文件夹")],
    gap: Annotated[float, typer.Option("--gap", min=0, help="Relative gap to stop at.")] = 0.0,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="Time limit. / 时限(秒)")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="CSV of the selected units.")
    ] = None,
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Solve a Marxan folder with the engine of this toolkit. / 求解 Marxan 问题."""
    from zoning.allocation.files.marxan import read_marxan
    from zoning.allocation.files.selection import select

    console.within(gap, "--gap")
    console.within(seconds, "--seconds")
    if out is not None:
        console.new_file(out)
    found = select(read_marxan(folder), gap=gap, time_limit=seconds)
    chosen = found.zone[found.zone.notna()]
    if out is not None:
        from zoning.outputs.office import csv_file

        csv_file.write(chosen.rename("zone").reset_index(), out)
    answer = {"selected": len(chosen), "cost": found.cost, "bound": found.bound, "gap": found.gap,
              "reached": found.amounts.to_dict()}  # fmt: skip
    if console.settings.json:
        write_json(answer)
    write(console.say(
        f"{len(chosen):,} units selected, cost {found.cost:.6g}, bound {found.bound:.6g}, "
        f"gap {found.gap:.2g}",
        f"选中 {len(chosen):,} 个单元,费用 {found.cost:.6g},下界 {found.bound:.6g},"
        f"间隙 {found.gap:.2g}",
    ))  # fmt: skip


COMMANDS: dict[str, Callable[..., None]] = {
    "map": webmap, "report": report, "export": export, "solve": solve,
}  # fmt: skip
