"""``zoning verify``: a plan checked from its files alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zoning import api
from zoning.cli.allocating import Folder
from zoning.cli.command import About, command
from zoning.cli.console import Talk


@command()
def verify(
    talk: Talk,
    folder: Folder,
    inputs: Annotated[
        Path | None,
        typer.Option(
            "--inputs", show_default=False,
            help="Folder of plan.toml, or that file: also read and measure the inputs again. / "
            "同时核对输入数据",
        ),
        About("folder"),
    ] = None,
    place: Annotated[
        str | None,
        typer.Option(
            "--place", show_default=False, metavar="PLACE",
            help="A unit code, LON,LAT or a township: prove only what the plan says of it. / "
            "只核对一个地点",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Prove a plan again from its files alone: areas, zones, limits, every file. / 复核方案。"""
    with talk.working("prove the plan again", "复核方案"):
        found = api.verify(folder, inputs=inputs, place=place)
    failed = [c for c in found if not c.ok and c.level == "error"]
    talk.write_json({"ok": not failed, "checks": [c.as_dict() for c in found]})
    for c in found:
        mark = talk.say("ok", "通过") if c.ok else talk.say("FAILS", "未通过")
        tell = talk.write if c.ok else talk.wrong
        if c.level == "warning" and not c.ok:
            mark = talk.say("warning", "警告")
        if c.level == "note":
            mark = talk.say("note", "提示")
        tell(f"{mark}  {c.check} [{c.where}] {c.text.get(talk.lang)}")
    proved = sum(c.ok and c.level == "error" for c in found)
    talk.write(talk.say(f"{proved} statements proved from the files, {len(failed)} refuted",
                        f"由文件核实 {proved} 项，不符 {len(failed)} 项"))  # fmt: skip
    if failed:
        raise typer.Exit(1)


COMMANDS: dict[str, Callable[..., None]] = {"verify": verify}
