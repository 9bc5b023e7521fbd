"""The command that makes many plans in one go."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zoning import api
from zoning.cli.command import About, command
from zoning.cli.console import Talk
from zoning.cli.plan import Engine, Scheduler, Workers
from zoning.errors import Text

#: Files beside the folders of the plans.
BATCH_FILES = ("index.html", "accounts.xlsx", "accounts.parquet", "zones.gpkg")


@command(writes={"out": BATCH_FILES})
def batch(
    talk: Talk,
    file: Annotated[
        Path, typer.Argument(help="A TOML file of plans. / 批量方案文件", show_default=False),
        About("file"),
    ],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", show_default=False,
                     help="Folder of all plans; else NAME-out beside it. / 输出文件夹"),
        About("folder", output=True),
    ] = None,
    workers: Workers = 1,
    engine: Engine = None,
    scheduler: Scheduler = None,
) -> None:  # fmt: skip
    """Make many plans with shared rules; go on where it stopped. / 批量编制方案。"""
    with talk.counting(Text("plans", "方案")) as bar:
        found = api.batch(
            file, out, workers=workers, engine=engine, scheduler=scheduler, lang=talk.lang,
            progress=bar,
        )  # fmt: skip
    talk.write_json({
        "name": found.name,
        "plans": [
            {"code": d.code, "state": d.state, "kept": d.kept,
             "problems": [p.as_dict(talk.lang) for p in d.problems]} for d in found.done
        ],
        "written": [str(f) for f in found.files],
    })  # fmt: skip
    heads = [("plan", "方案"), ("state", "状态"), ("before", "沿用")]
    rows = [[d.code, d.state, talk.say("kept", "是") if d.kept else "–"] for d in found.done]
    talk.write_table(found.name, [talk.say(*h) for h in heads], rows)
    if not talk.json:
        for d in found.done:
            for problem in d.problems:
                print(f"{d.code}: {problem.tell(talk.lang)}", file=sys.stderr)
    talk.write(str(found.folder / "index.html"))
    if not found.ok:
        raise typer.Exit(1)


COMMANDS: dict[str, Callable[..., None]] = {"batch": batch}
