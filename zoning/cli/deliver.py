"""Commands that make files from a plan: map, report, export; and solve."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from zoning import api
from zoning.api.places import new_file, new_folder
from zoning.cli.allocating import Folder
from zoning.cli.command import About, command
from zoning.cli.console import Talk, within
from zoning.cli.solving import ended, searching
from zoning.errors import InputError, Text

_PLANS = 2

Out = Annotated[
    Path | None,
    typer.Option(
        "-o", "--out", help="Folder; else that of the plan. / 输出文件夹", show_default=False
    ),
    About("folder", output=True),
]


def _done(talk: Talk, files: Sequence[Path]) -> None:
    talk.write_json({"written": [str(f) for f in files]})
    talk.wrote(files)


def _two(names: Sequence[str] | None) -> Sequence[str] | None:
    if names and len(names) != _PLANS:
        raise InputError.one(
            f"{len(names)} names for two plans", f"两个方案给出了 {len(names)} 个名称",
            where="--name", code="two-names", remedy=("give --name twice", "请给出两次 --name"),
        )  # fmt: skip
    return names or None


@command(writes={"out": (".",)})
def webmap(
    talk: Talk,
    folder: Folder,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", help="File, or folder with --folder. / 输出", show_default=False
        ),
        About("file", output=True),
    ] = None,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", help="Another plan, side by side. / 对比方案"),
        About("plan-folder"),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option("--name", show_default=False,
                     help="What to call each of two plans; give it twice. / 两个方案的名称"),
    ] = None,
    as_folder: Annotated[
        bool,
        typer.Option(
            "--folder", help="html + assets, for a strict content policy. / 输出为文件夹"
        ),
    ] = False,
    tiles: Annotated[
        str | None,
        typer.Option("--tiles", help="Background that needs the network. / 在线底图"),
        About(choices=("tianditu",)),
    ] = None,
    inputs: Annotated[
        Path | None,
        typer.Option("--inputs", show_default=False,
                     help="Where water, roads, relief start (plan.toml). / 输入数据文件夹"),
        About("folder"),
    ] = None,
    ladder: Annotated[
        bool,
        typer.Option(
            "--ladder", help="A slider of 41 caps, each solved (some 20 s). / 上限滑块：逐档求解"
        ),
    ] = False,
) -> None:  # fmt: skip
    """Write the interactive map: one file, no network. / 离线网页地图。"""
    place = out or folder / ("map" if as_folder else "map.html")
    if as_folder:
        new_folder(place)
    else:
        new_file(place, parent_must_exist=False, ending=".html", part="map.html")
    # Files speak the plan's language unless another one is asked for.
    with talk.progress() as progress:
        progress(Text("write the map", "生成网页地图"))
        made = api.map(
            folder, place, compare=compare, names=_two(names), folder=as_folder, tiles=tiles,
            ladder=ladder or None,
            inputs=inputs,
            tianditu_key=os.environ.get("TIANDITU_TK"), lang=talk.asked_lang, progress=progress,
        )  # fmt: skip
    _done(talk, [made])


@command(writes={"out": ("report.docx", "report.pdf", "tables.xlsx", "sheets/*.pdf")})
def report(
    talk: Talk,
    folder: Folder,
    out: Out = None,
    to: Annotated[
        str, typer.Option("--to", help="docx or pdf. / 报告格式"), About(choices=api.REPORTS)
    ] = "docx",
    sheets: Annotated[
        bool, typer.Option("--sheets", help="Also map sheets as PDF. / 同时输出图件")
    ] = False,
    template: Annotated[
        Path | None,
        typer.Option("--template", show_default=False,
                     help="House template (.docx); else that of the plan. / 公文模板"),
        About("file"),
    ] = None,
    outline: Annotated[
        str | None,
        typer.Option("--outline", show_default=False,
                     help="full, township, or a TOML file. / 报告提纲"),
    ] = None,
) -> None:  # fmt: skip
    """Write the report and tables.xlsx, and map sheets on request. / 报告与表格。"""
    place = new_folder(out or folder)
    with talk.working("write the report", "编写报告"):
        files = api.report(
            folder, place, to=to, sheets=sheets, template=template, outline=outline,
            lang=talk.asked_lang,
        )  # fmt: skip
    _done(talk, files)


@command(writes={"out": ("*",)})
def export(
    talk: Talk,
    folder: Folder,
    to: Annotated[
        str,
        typer.Option(
            "--to", show_default=False,
            help="One of: " + " ".join(api.FORMATS) + ". / 格式",
        ),
        About(choices=api.FORMATS),
    ],
    out: Out = None,
    encoding: Annotated[
        str,
        typer.Option("--encoding", help="Text of shapefiles: GBK or UTF-8. / 属性编码"),
        About(choices=("GBK", "UTF-8")),
    ] = "GBK",
    url: Annotated[
        str | None,
        typer.Option("--url", show_default=False,
                     help="Database for postgis, or @FILE with it. / 数据库地址或 @文件"),
    ] = None,
    schema: Annotated[
        str, typer.Option("--schema", help="Schema for postgis. / 数据库模式")
    ] = "zoning",
    layer: Annotated[
        list[str] | None,
        typer.Option(
            "--layer", show_default=False,
            help="Only this layer or table, such as units; several times. / 只输出该图层或表",
        ),
    ] = None,
    public: Annotated[
        bool,
        typer.Option("--public", help="No red lines, no farmland. / 公开版，不含红线与农田"),
    ] = False,
) -> None:  # fmt: skip
    """Write a plan in another format, or in the official schema. / 交换格式与官方标准。"""
    place = new_folder(out or folder)
    how = {"encoding": encoding, "url": url, "schema": schema, "layers": layer or (),
           "public": public, "lang": talk.asked_lang}  # fmt: skip
    with talk.working(f"write {to}", f"导出 {to}"):
        files = api.export(folder, to, place, **how)  # type: ignore[arg-type]
    _done(talk, files)


@command(writes={"out": (".",)})
def solve(
    talk: Talk,
    problem: Annotated[
        Path,
        typer.Argument(
            help="Marxan folder or input file, or a TOML of tables. / Marxan 文件夹或表格 TOML",
            show_default=False,
        ),
        About("folder"),
    ],
    name: Annotated[
        str | None,
        typer.Option("--input", help="Input file, where a folder has several. / 输入文件名"),
    ] = None,
    gap: Annotated[
        float, typer.Option("--gap", min=0, help="Relative gap to stop at. / 停止求解的相对间隙")
    ] = 0.0,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="Time limit. / 时限（秒）")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="CSV of all units; targets beside it. / 单元与目标 CSV"),
        About("file", output=True),
    ] = None,
) -> None:  # fmt: skip
    """Choose units and zones under linear limits: Marxan folders, or tables. / 求解选址问题。"""
    within(gap, "--gap")
    within(seconds, "--seconds")
    if out is not None:
        new_file(out)
        new_file(api.target_file(out))
    with searching(talk):
        found = api.solve(problem, name=name, gap=gap, seconds=seconds, out=out)
    chosen = int(found.zone.notna().sum())
    talk.write_json({
        "selected": chosen, "cost": found.cost, "bound": found.bound, "gap": found.gap,
        "status": found.status, "reached": found.amounts.to_dict(),
        "notes": [n.as_dict(talk.lang) for n in found.notes],
    })  # fmt: skip
    for note in found.notes:
        talk.write(note.line(talk.lang))
    talk.write(talk.say(
        f"{chosen:,} units selected, cost {found.cost:.6g}, bound {found.bound:.6g}, "
        f"gap {found.gap:.2g}",
        f"选中 {chosen:,} 个单元，费用 {found.cost:.6g}，下界 {found.bound:.6g}，"
        f"间隙 {found.gap:.2g}",
    ))  # fmt: skip
    ended(talk, found.status)


COMMANDS: dict[str, Callable[..., None]] = {
    "map": webmap, "report": report, "export": export, "solve": solve,
}  # fmt: skip
