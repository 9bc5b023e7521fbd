"""How a command speaks: its language, tables, JSON and progress; one `Talk` per command."""

from __future__ import annotations

import json
import locale
import logging
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoning.base.encoding import can_write
from zoning.errors import InputError, Text

#: Number of the form of answers as JSON; it rises when a key changes its meaning or goes.
ANSWER_FORMAT = 1


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
    command : str
        Name of the command that speaks.
    """

    lang: str = "en"
    json: bool = False
    quiet: bool = False
    asked_lang: str | None = None
    command: str = "zoning"
    _answer: dict[str, Any] = field(default_factory=dict)
    _written: list[str] = field(default_factory=list)

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

    def write_json(self, data: Mapping[str, Any]) -> None:
        """Give the answer as data; it is written once, at the end of the command."""
        self._answer.update(data)

    def wrote(self, files: Sequence[Path]) -> None:
        """Tell the files that were written, a line each, and keep them for the answer as data."""
        for file in files:
            self._written.append(str(file))
            self.write(str(file))

    def finish(self) -> None:
        """Write the answer as JSON to stdout, or into the file of ZONING_ANSWER."""
        place = os.environ.get("ZONING_ANSWER")
        if not (self.json or place):
            return
        from zoning.base.staged import plain

        about = {"answer": about_answer(self.command)}
        told = plain({**about, "written": self._written, **self._answer})
        text = json.dumps(told, ensure_ascii=False, indent=1)
        if self.json:
            fits = can_write(text, getattr(sys.stdout, "encoding", None) or "utf-8")
            print(text if fits else json.dumps(told, indent=1))
        if place:
            Path(place).write_text(text, encoding="utf-8")

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
                min_width=max(1, min(widest, 14)),
            )  # fmt: skip
        for row in rows:
            table.add_row(*[escape(cell) for cell in row])
        out = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 100, highlight=False)
        # A table that is too wide goes beyond the line: what is cut off would be another number.
        out.print(table, crop=False)

    @contextmanager
    def progress(self) -> Iterator[Callable[[Text], None]]:
        """Show the step that runs: on a terminal, or as lines for the program that started us."""
        if for_a_program():
            yield lambda text: progress_line(text.get(self.lang))
            return
        if self.quiet or self.json or not sys.stderr.isatty():
            yield lambda _: None
            return
        from rich.console import Console

        with Console(file=sys.stderr).status("…") as status:
            yield lambda text: status.update(text.get(self.lang))

    @contextmanager
    def working(self, en: str, zh: str) -> Iterator[None]:
        """Show that one step runs."""
        with self.progress() as tell:
            tell(Text(en, zh))
            yield

    @contextmanager
    def counting(self, title: Text) -> Iterator[Callable[[int, int], None]]:
        """Show a bar for work with a known end: on a terminal, or as lines for a program."""
        if for_a_program():
            told = title.get(self.lang)
            yield lambda done, everything: progress_line(told, done, everything)
            return
        if self.quiet or self.json or not sys.stderr.isatty():
            yield lambda _done, _all: None
            return
        from rich.console import Console
        from rich.progress import Progress

        with Progress(console=Console(file=sys.stderr), transient=True) as bar:
            task = bar.add_task(title.get(self.lang), total=None)
            yield lambda done, everything: bar.update(task, completed=done, total=everything)


def for_a_program() -> bool:
    """Whether another program, such as the tools inside QGIS, started us and reads our steps."""
    return os.environ.get("ZONING_PROGRESS") == "lines"


def progress_line(text: str, done: float | None = None, of: float | None = None) -> None:
    """Write how far the work is as one line of JSON, for the program that started the command."""
    told = {"text": text} if of is None else {"text": text, "done": done, "of": of}
    print(json.dumps({"progress": told}, ensure_ascii=False), file=sys.stderr, flush=True)


def about_answer(command: str) -> dict[str, Any]:
    """Say of an answer as JSON by whom and in which form it is written."""
    from zoning import __version__

    return {"format": ANSWER_FORMAT, "command": command, "zoning": __version__}


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
    meant = f"{value / 100:g}" if high == 1 < value <= 100 else None  # per cent without its sign
    raise InputError.one(
        f"{value} is outside {span}", f"{value} 不在 {span} 内", where=where,
        remedy=(f"a share, such as {meant}", f"份额，例如 {meant}") if meant else None,
        measured=value if math.isfinite(value) else str(value), code="range",
        limit=high if value > high and math.isfinite(high) else low,
    )  # fmt: skip
