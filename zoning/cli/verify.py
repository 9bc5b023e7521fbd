"""``zoning verify``: a plan checked from its files alone."""

from __future__ import annotations

from collections.abc import Callable

import typer

from zoning import api
from zoning.cli.allocating import Folder
from zoning.cli.command import command
from zoning.cli.console import Talk


@command()
def verify(talk: Talk, folder: Folder) -> None:
    """Add every sum and cap again from the written files, prove the allocation. / 复核方案."""
    found = api.verify(folder)
    failed = [c for c in found if not c.ok and c.level == "error"]
    talk.write_json({"ok": not failed, "checks": [c.as_dict() for c in found]})
    for c in found:
        mark = talk.say("ok", "通过") if c.ok else talk.say("FAILS", "未通过")
        tell = talk.write if c.ok else talk.wrong
        tell(f"{mark}  {c.check} [{c.where}] {c.text.get(talk.lang)}")
    if failed:
        raise typer.Exit(1)


COMMANDS: dict[str, Callable[..., None]] = {"verify": verify}
