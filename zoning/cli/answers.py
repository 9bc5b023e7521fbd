"""Commands that ask a plan: explain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zoning.cli import console
from zoning.cli.console import Json, Lang, Quiet, Verbose, write, write_json

Folder = Annotated[Path, typer.Argument(help="Folder of a plan. / 方案文件夹", show_default=False)]


def explain(
    folder: Folder,
    place: Annotated[
        str,
        typer.Argument(help="Unit code, township code or name, or LON,LAT. / 单元、乡镇或经纬度",
                       show_default=False),
    ],
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:  # fmt: skip
    """Say why a unit or township has its zone, from input to allocation. / 说明定类理由."""
    from zoning.explain import explain as answer
    from zoning.store import load

    found = answer(load(folder), place, console.settings.lang)
    if console.settings.json:
        write_json(found.as_dict())
    for line in found.lines:
        write(line)


COMMANDS: dict[str, Callable[..., None]] = {"explain": explain}
