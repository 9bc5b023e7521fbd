"""Commands on other programs: the tools inside QGIS, and opening what a plan has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zoning import api
from zoning.cli.allocating import Folder
from zoning.cli.command import About, command
from zoning.cli.console import Talk


@command(writes={"profiles": ("*",)})
def qgis(
    talk: Talk,
    action: Annotated[
        str,
        typer.Argument(
            help="install, remove or where. / install 安装，remove 移除，where 查看",
            show_default=False,
        ),
        About(choices=("install", "remove", "where")),
    ],
    profile: Annotated[
        str, typer.Option("--profile", help="Profile of QGIS. / QGIS 用户配置")
    ] = "default",
    profiles: Annotated[
        Path | None,
        typer.Option("--profiles", show_default=False,
                     help="Folder of the profiles; else that of this system. / 配置文件夹"),
        About("folder", output=True),
    ] = None,
) -> None:  # fmt: skip
    """Put the commands into the toolbox of QGIS. / 在 QGIS 工具箱中安装全部命令。"""
    from zoning.cli.commands import describe

    done = api.qgis(action, profile=profile, profiles=profiles, commands=describe())
    talk.write_json({"folder": str(done.folder), "enabled": done.enabled,
                     "files": [str(f) for f in done.files]})  # fmt: skip
    n = len(done.files)
    told = {
        "install": (f"{n} files written", f"已写出 {n} 个文件"),
        "remove": (f"{n} files taken away", f"已移除 {n} 个文件"),
        "where": (f"{n} files", f"{n} 个文件"),
    }
    talk.write(f"{done.folder}{talk.say(': ', '：')}{talk.say(*told[action])}")
    if action == "install":
        talk.write(talk.say(
            "Start QGIS again: Processing > Toolbox > zoning. In a terminal: qgis_process list",
            "请重新启动 QGIS：处理 > 工具箱 > 主体功能区规划；终端可用 qgis_process list",
        ))  # fmt: skip


@command()
def open_plan(
    talk: Talk,
    folder: Folder,
    what: Annotated[
        str | None,
        typer.Option("--what", show_default=False,
                     help="What to open; else the map, or what there is. / 打开的内容"),
        About(choices=("map", "qgis", "report", "tables", "folder")),
    ] = None,
) -> None:  # fmt: skip
    """Open a plan: its map, QGIS project, report or folder. / 打开方案。"""
    opened = api.open(folder, what)
    talk.write_json({"opened": str(opened)})
    talk.write(str(opened))


COMMANDS: dict[str, Callable[..., None]] = {"open": open_plan, "qgis": qgis}
