"""What all commands share: options, tables, progress."""

from __future__ import annotations

import json
import locale
import logging
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from zoning.errors import InputError, Text


@dataclass
class Settings:
    """Options of the command that runs (one process runs one command)."""

    lang: str = "en"
    json: bool = False
    quiet: bool = False

    def reset(self) -> None:
        """Begin a command with the defaults."""
        self.lang, self.json, self.quiet = default_language(), False, False


settings = Settings()


def _language(value: str) -> str:
    if value not in ("", "zh", "en"):
        raise typer.BadParameter("zh or en / 只能是 zh 或 en")
    settings.lang = value or default_language()
    return value


def _json(value: bool) -> bool:
    settings.json = value
    return value


def _quiet(value: bool) -> bool:
    settings.quiet = value
    return value


def _verbose(value: int) -> int:
    level = {0: logging.WARNING, 1: logging.INFO}.get(value, logging.DEBUG)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s"
    )
    logging.getLogger("zoning").setLevel(level)
    return value


def default_language() -> str:
    """Give ``ZONING_LANG``, else the language of the system.

    Examples
    --------
    >>> default_language() in ("zh", "en")
    True
    """
    said = os.environ.get("ZONING_LANG") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "zh" if said.lower().startswith(("zh", "chinese")) else "en"


Lang = Annotated[
    str,
    typer.Option(
        "--lang", callback=_language, is_eager=True,
        help="Language of messages: zh or en. / 提示语言", show_default=False,
    ),
]  # fmt: skip
Json = Annotated[
    bool, typer.Option("--json", callback=_json, is_eager=True, help="Answer as JSON. / 输出 JSON")
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", callback=_quiet, help="Say only what is wrong. / 安静")
]
Verbose = Annotated[
    int,
    typer.Option(
        "-v", "--verbose", count=True, callback=_verbose, is_eager=True,
        help="Say more on stderr. / 详细日志",
    ),
]  # fmt: skip


def say(en: str, zh: str) -> str:
    """Give the sentence of the language that is set."""
    return zh if settings.lang == "zh" else en


def write(text: str) -> None:
    """Write a line of the answer, unless quiet or JSON was asked for."""
    if not (settings.quiet or settings.json):
        print(text)


def write_json(data: Any) -> None:
    """Write the whole answer as JSON."""
    from zoning.base.staged import plain

    print(json.dumps(plain(data), ensure_ascii=False, indent=1))


def write_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a short table; the first column to the left, numbers to the right."""
    if settings.quiet or settings.json:
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left", header_style="bold")
    for i, head in enumerate(heads):
        table.add_column(escape(head), justify="left" if i == 0 else "right", no_wrap=i > 0)
    for row in rows:
        table.add_row(*[escape(cell) for cell in row])
    out = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100, highlight=False)
    out.print(table)


@contextmanager
def progress() -> Iterator[Callable[[Text], None]]:
    """Show the step that runs, on a terminal only."""
    if settings.quiet or settings.json or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(file=sys.stderr).status("…") as status:
        yield lambda text: status.update(text.get(settings.lang))


@contextmanager
def counting(title: Text) -> Iterator[Callable[[int, int], None]]:
    """Show a bar for work with a known end, on a terminal only."""
    if settings.quiet or settings.json or not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(title.get(settings.lang), total=None)
        yield lambda done, everything: bar.update(task, completed=done, total=everything)


def new_folder(path: Path) -> Path:
    """Refuse a place for a folder that is a file."""
    if path.exists() and not path.is_dir():
        raise InputError.one(
            "is a file, not a folder", "是文件而不是文件夹", where=str(path), code="not-a-folder",
            remedy=("choose another place with -o", "请用 -o 另选位置"),
        )  # fmt: skip
    return path


def new_file(path: Path, *, parent_must_exist: bool = True) -> Path:
    """Refuse a place for a file that is a folder, or lies in none; before any work is done."""
    if path.is_dir():
        raise InputError.one(
            "is a folder, not a file", "是文件夹而不是文件", where=str(path), code="not-a-file",
            remedy=("choose another file with -o", "请用 -o 另选文件"),
        )  # fmt: skip
    if parent_must_exist and not path.parent.is_dir():
        raise InputError.one(
            "the folder does not exist", "文件夹不存在", where=str(path.parent), code="no-folder",
            remedy=("make it first", "请先新建该文件夹"),
        )  # fmt: skip
    return path


def within(value: float | None, where: str, low: float = 0.0, high: float = math.inf) -> None:
    """Refuse a number of an option that is not finite or lies outside its range."""
    if value is None or (math.isfinite(value) and low <= value <= high):
        return
    span = f"[{low:g}, {high:g}]" if math.isfinite(high) else f"[{low:g}, ∞)"
    raise InputError.one(
        f"{value} is outside {span}", f"{value} 不在 {span} 内", where=where,
        measured=value if math.isfinite(value) else str(value), code="range",
        limit=high if value > high and math.isfinite(high) else low,
    )  # fmt: skip
