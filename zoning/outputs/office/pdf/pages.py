"""From strips to pages: what stays together, what repeats, which picture may move down.

A strip is what is never cut: a line of text, a row of a table, a picture. A picture without room
gives way to the text behind it and comes first on the next page, so that no page stays half empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoning.outputs.office.pdf.paint import Pen

#: A picture is drawn smaller, down to this part of its size, rather than leave a gap (our choice).
LEAST_SCALE = 0.6


@dataclass(frozen=True)
class Strip:
    """Something of a height that is drawn in one piece.

    Parameters
    ----------
    height : float
        In points.
    draw : callable
        Given the pen and the upper edge.
    before : float
        Space above, which the top of a page does not need.
    keep : bool
        Whether the next strip must stand on the same page.
    repeat : sequence of Strip
        Drawn again above this strip where it comes first on a page: the heads of a table.
    mark : int
        Number of the heading or caption that this strip begins; 0 for none.
    shrink : callable, optional
        Gives the strip at a part of its size: a picture.
    floats : bool
        Whether what stands behind it may come first.
    new_page, chapter : bool
        Whether it begins a page; a chapter: floating pictures do not pass it.
    """

    height: float
    draw: Callable[[Pen, float], None]
    before: float = 0.0
    keep: bool = False
    repeat: Sequence[Strip] = ()
    mark: int = 0
    shrink: Callable[[float], Strip] | None = None
    floats: bool = False
    new_page: bool = False
    chapter: bool = False


@dataclass
class Page:
    """Strips with the distance of their upper edges from the top of the text."""

    placed: list[tuple[float, Strip]] = field(default_factory=list)
    used: float = 0.0


def paginate(strips: Sequence[Strip], room: float) -> list[Page]:
    """Put strips on pages.

    Parameters
    ----------
    strips : sequence of Strip
    room : float
        Height of the text of a page, in points.

    Examples
    --------
    >>> line = Strip(10.0, lambda pen, y: None)
    >>> [len(p.placed) for p in paginate([line] * 5, 30)]
    [3, 2]
    >>> head = Strip(10.0, lambda pen, y: None, keep=True)
    >>> [len(p.placed) for p in paginate([line, line, head, line], 30)]
    [2, 2]
    """
    worker = _Worker(room)
    for run in _runs(strips):
        worker.take(run)
    worker.flush()
    return worker.pages


def _runs(strips: Sequence[Strip]) -> list[list[Strip]]:
    """Group strips that must stand on one page."""
    runs: list[list[Strip]] = []
    open_ = False
    for strip in strips:
        if open_:
            runs[-1].append(strip)
        else:
            runs.append([strip])
        open_ = strip.keep
    return runs


class _Worker:
    def __init__(self, room: float) -> None:
        self.room = room
        self.pages = [Page()]
        self.waiting: list[list[Strip]] = []

    def take(self, run: list[Strip]) -> None:
        """Place a run, or let it wait when it floats."""
        first = run[0]
        if first.chapter or first.new_page:
            self.flush()
        if first.new_page and self.pages[-1].placed:
            self.pages.append(Page())
        if self._fits(run):
            self._place(run)
        elif first.floats:
            self.waiting.append(run)
        else:
            self._turn(inside=bool(first.repeat))
            if self.pages[-1].placed and not self._fits(run):  # pictures that waited took the room
                self.pages.append(Page())
            self._place(run)

    def flush(self) -> None:
        """Place what waits, smaller where that saves a gap."""
        waiting, self.waiting = self.waiting, []
        for run in waiting:
            small = self._shrunk(run)
            if not self._fits(run) and small is not None:
                self._place(small)
                continue
            if not self._fits(run):
                self.pages.append(Page())
            self._place(run)

    def _turn(self, *, inside: bool) -> None:
        """Begin a page; pictures that wait come first, but not inside a table."""
        self.pages.append(Page())
        if inside:
            return
        waiting, self.waiting = self.waiting, []
        for run in waiting:
            if self._fits(run):
                self._place(run)
            else:
                self.waiting.append(run)

    def _height(self, run: Sequence[Strip]) -> float:
        top = not self.pages[-1].placed
        height = sum(s.before + s.height for s in run)
        return height - (run[0].before if top else 0) + self._again(run, top)

    def _again(self, run: Sequence[Strip], top: bool) -> float:
        return sum(s.height for s in run[0].repeat) if top else 0.0

    def _fits(self, run: Sequence[Strip]) -> bool:
        return self.pages[-1].used + self._height(run) <= self.room + 1e-6

    def _shrunk(self, run: list[Strip]) -> list[Strip] | None:
        """Give a run with its picture as small as needed, if that is not too small."""
        rest = self.room - self.pages[-1].used
        for place, strip in enumerate(run):
            if strip.shrink is not None:
                other = self._height(run) - strip.height
                part = (rest - other) / strip.height
                if part >= LEAST_SCALE:
                    return [*run[:place], strip.shrink(min(1.0, part)), *run[place + 1 :]]
        return None

    def _place(self, run: Sequence[Strip]) -> None:
        page = self.pages[-1]
        if not page.placed:
            for strip in run[0].repeat:
                page.placed.append((page.used, strip))
                page.used += strip.height
        for strip in run:
            if page.placed:
                page.used += strip.before
            page.placed.append((page.used, strip))
            page.used += strip.height
