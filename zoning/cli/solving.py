"""What a search tells while it runs, and how it ended."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from zoning import api
from zoning.cli.console import Talk, for_a_program, progress_line

#: Seconds between two lines on how far the search is (our choice).
_EVERY = 2.0
INTERRUPTED = 130


@contextmanager
def searching(talk: Talk) -> Iterator[None]:
    """Tell best and bound on stderr while a search runs, if somebody sits there to read it."""
    for_program = for_a_program()
    if not for_program and (talk.quiet or talk.json or not sys.stderr.isatty()):
        yield
        return
    last = [0.0]

    def tell(seconds: float, best: float | None, bound: float | None) -> None:
        if seconds - last[0] < _EVERY:
            return
        last[0] = seconds
        known = "–" if best is None else f"{abs(best):.6g}"
        edge = "–" if bound is None else f"{abs(bound):.6g}"
        text = talk.say(f"{seconds:.0f} s: best {known}, bound {edge}",
                        f"{seconds:.0f} 秒：当前最优 {known}，界 {edge}")  # fmt: skip
        if for_program:
            progress_line(text)
        else:
            print(text, file=sys.stderr)

    with api.watching(tell):
        yield


def ended(talk: Talk, status: str) -> None:
    """Tell why a search ended before its proof; an interrupted one leaves with code 130."""
    if status == "time":
        talk.note("time was over: the best so far is given, with its gap",
                  "时限已到：给出当前最优结果及其间隙")  # fmt: skip
    if status == "interrupted":
        talk.note("interrupted: the best so far is given, with its gap",
                  "已中断：给出当前最优结果及其间隙")  # fmt: skip
        raise typer.Exit(INTERRUPTED)
