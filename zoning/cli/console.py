"""How a command speaks: its language, tables, JSON and progress; one `Talk` per command."""

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
from typing import Any

from zoning.errors import InputError, Text


@dataclass(frozen=True, slots=True)
class Talk:
    """What the user asked of the answer.

    Parameters
    ----------
    lang : {"zh", "en"}
        Language of messages.
    json : bool
        Write the answer as JSON, nothing else on stdout.
    quiet : bool
        Say only what is wrong.
    asked_lang : str or None
        The language that was asked for by ``--lang``; files speak the plan's own otherwise.
    """

    lang: str = "en"
    json: bool = False
    quiet: bool = False
    asked_lang: str | None = None

    def say(self, en: str, zh: str) -> str:
        """Give the sentence of the language."""
        return zh if self.lang == "zh" else en

    def write(self, text: str) -> None:
        """Write a line of the answer, unless quiet or JSON was asked for."""
        if not (self.quiet or self.json):
            print(text)

    def wrong(self, text: str) -> None:
        """Write a line on something that is wrong: with the answer, or alone when quiet."""
        if not self.json:
            print(text, file=sys.stderr if self.quiet else sys.stdout)

    def note(self, en: str, zh: str) -> None:
        """Write a hint on how the command was called to stderr, but never beside JSON."""
        if not self.json:
            print(self.say(en, zh), file=sys.stderr)

    def write_json(self, data: Any) -> None:
        """Write the whole answer as JSON, if that was asked for."""
        if self.json:
            from zoning.base.staged import plain

            print(json.dumps(plain(data), ensure_ascii=False, indent=1))

    def write_table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Write a short table; the first column to the left, numbers to the right."""
        if self.quiet or self.json:
            return
        from rich.cells import cell_len
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=escape(title), title_justify="left", header_style="bold")
        for i, head in enumerate(heads):  # heads wrap; names and numbers stay readable
            widest = max((cell_len(row[i]) for row in rows), default=0)
            table.add_column(
                escape(head), justify="right" if i else "left", overflow="fold",
                min_width=min(widest, 14),
            )  # fmt: skip
        for row in rows:
            table.add_row(*[escape(cell) for cell in row])
        out = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100, highlight=False)
        out.print(table)

    @contextmanager
    def progress(self) -> Iterator[Callable[[Text], None]]:
        """Show the step that runs, on a terminal only."""
        if self.quiet or self.json or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console

        with Console(file=sys.stderr).status("…") as status:
            yield lambda text: status.update(text.get(self.lang))

    @contextmanager
    def counting(self, title: Text) -> Iterator[Callable[[int, int], None]]:
        """Show a bar for work with a known end, on a terminal only."""
        if self.quiet or self.json or not sys.stderr.isatty():
            yield lambda _done, _all: None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(file=sys.stderr), transient=True) as bar:
            task = bar.add_task(title.get(self.lang), total=None)
            yield lambda done, everything: bar.update(task, completed=done, total=everything)


def default_language() -> str:
    """Give ``ZONING_LANG``, else the language of the system as POSIX orders its names.

    Examples
    --------
    >>> default_language() in ("zh", "en")
    True
    """
    names = ("ZONING_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    said = next(filter(None, map(os.environ.get, names)), None) or locale.getlocale()[0] or ""
    return "zh" if said.lower().startswith(("zh", "chinese")) else "en"


def log_level(verbose: int) -> None:
    """Let the log say more on stderr."""
    level = {0: logging.WARNING, 1: logging.INFO}.get(verbose, logging.DEBUG)
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s"
    )
    logging.getLogger("zoning").setLevel(level)


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
