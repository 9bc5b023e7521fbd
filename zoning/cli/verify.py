"""``zoning verify``: a plan checked from its files alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from zoning.cli import console
from zoning.cli.console import Json, Lang, Quiet, Verbose, say, write, write_json


def verify(
    folder: Annotated[
        Path, typer.Argument(help="Folder of a plan. / 方案文件夹", show_default=False)
    ],
    lang: Lang = "",
    as_json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> None:
    """Add every sum and cap again from the written files, and prove the allocation. / 复核方案."""
    from zoning.store import load
    from zoning.verify import verify as check

    found = check(load(folder))
    failed = [c for c in found if not c.ok and c.level == "error"]
    if console.settings.json:
        write_json({"ok": not failed, "checks": [c.as_dict() for c in found]})
    for c in found:
        mark = say("ok", "通过") if c.ok else say("FAILS", "未通过")
        write(f"{mark}  {c.check} [{c.where}] {c.text.get(console.settings.lang)}")
    if failed:
        raise typer.Exit(1)


COMMANDS: dict[str, Callable[..., None]] = {"verify": verify}
