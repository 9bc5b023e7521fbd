"""The order of blocks in Word, worked out beforehand so that no page stays half empty.

Word moves a picture without room to the next page and leaves the gap. So pages are counted here
with the sizes and fixed distances of lines that :mod:`~zoning.outputs.office.word_style` sets: text
that stands behind such a picture comes first, and at the end of a chapter it is drawn smaller where
that saves a page. Chapters begin a page, so that what a machine's fonts change ends with a chapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zoning.outputs.office import typeset
from zoning.outputs.office.document import Block, Figure, Heading, Signatures, Table, Text
from zoning.outputs.office.pdf.pages import LEAST_SCALE
from zoning.outputs.office.pdf.strips import HEIGHT, PAD_X, ROOM, picture_size
from zoning.outputs.office.whole import clean


@dataclass(frozen=True)
class Measure:
    """Size of letters, distance of lines, space above and below of a style, in points."""

    size: float
    leading: float
    before: float = 0.0
    after: float = 4.0

    def tall(self, lines: int) -> float:
        """Give the height of a paragraph."""
        return self.before + lines * self.leading + self.after


NORMAL = {"zh": Measure(12, 20), "en": Measure(11, 16)}
NOTE, WARNING = Measure(9.5, 13.5), Measure(12, 19, 6, 6)
CAPTION, CELL = Measure(10.5, 15, 10), Measure(9, 12, after=0)
HEADS = {1: Measure(18, 26, 20, 8), 2: Measure(14, 20, 14, 8), 3: Measure(12, 18, 10, 8)}
#: Above and below the text of a cell, with its line.
CELL_PAD = 3.8
#: Line of names to sign: 1.3 cm.
SIGN = 36.9
#: A picture takes at most this part of a page, a table that is kept whole that one (our choice).
MOST_PICTURE, WHOLE_TABLE = 0.48, 0.25
#: Letters of other fonts are wider than those counted with: so much room is asked for.
WIDER = 1.22
#: Heads are bold, and bold letters wider still.
BOLD = 1.12
#: What lines that a machine breaks otherwise may take, in points (our choice: a line and a half).
_SLACK = 30.0
_FIGURE_EXTRA = 14.0
_SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5)


@dataclass(frozen=True)
class Placed:
    """A block in its place; a picture is drawn at a part of its size."""

    block: Block
    scale: float = 1.0


def column_widths(block: Table) -> tuple[list[float], float]:
    """Give the widths of columns in points and the size of letters at which no word breaks."""
    heads = [typeset.bound(clean(t)) for t in block.heads]
    rows = [[typeset.bound(clean(t)) for t in row] for row in block.rows]
    return typeset.fitted(heads, rows, block.widths, ROOM, _SIZES, 4 * PAD_X, WIDER, BOLD)


def picture_size_of(block: Figure) -> tuple[float, float]:
    """Give width and height of a picture at full size, in points."""
    wide, tall = picture_size(block.png)
    high = min(ROOM * tall / wide, HEIGHT * MOST_PICTURE)
    return high * wide / tall, high


def arranged(blocks: Sequence[Block], lang: str) -> list[Placed]:
    """Put blocks in the order in which pages are well filled.

    Parameters
    ----------
    blocks : sequence of blocks
    lang : {"zh", "en"}

    Returns
    -------
    list of Placed
        Every block once; only pictures have moved, and none into another chapter.
    """
    desk = _Desk(lang)
    for place, block in enumerate(blocks):
        desk.take(block, blocks[place + 1] if place + 1 < len(blocks) else None)
    desk.flush()
    return desk.out


class _Desk:
    """Counts how far the page at hand is filled."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self.used = 0.0
        self.out: list[Placed] = []
        self.waiting: list[Figure] = []

    def take(self, block: Block, following: Block | None) -> None:
        headed = bool(self.out) and isinstance(self.out[-1].block, Heading)
        if isinstance(block, Heading) and (block.level == 1 or block.new_page):
            self.flush()
            self.used = 0.0
        elif self.waiting and not headed:
            self._those_that_fit()
        if isinstance(block, Figure):
            self._figure(block)
            return
        pieces = list(_pieces(block, self.lang))
        if isinstance(block, Heading):
            ahead = next(_pieces(following, self.lang), 0.0) if following is not None else 0.0
            self._put([sum(pieces) + ahead])
            self.used -= ahead
        else:
            self._put(pieces)
        self.out.append(Placed(block))

    def flush(self) -> None:
        """Place the pictures that wait, smaller where that saves a gap."""
        waiting, self.waiting = self.waiting, []
        for block in waiting:
            tall = picture_size_of(block)[1]
            rest = HEIGHT - _SLACK - self.used - _beside(block)
            part = 1.0 if rest >= tall else rest / tall
            if part < LEAST_SCALE:
                self.used, part = 0.0, 1.0
            self._set(block, part)

    def _figure(self, block: Figure) -> None:
        tall = picture_size_of(block)[1] + _beside(block)
        if self.used + tall <= HEIGHT - _SLACK:
            self._set(block, 1.0)
        else:
            self.waiting.append(block)

    def _those_that_fit(self) -> None:
        waiting, self.waiting = self.waiting, []
        for block in waiting:
            self._figure(block)

    def _set(self, block: Figure, part: float) -> None:
        self.used += picture_size_of(block)[1] * part + _beside(block)
        self.out.append(Placed(block, part))

    def _put(self, pieces: Sequence[float]) -> None:
        for tall in pieces:
            if self.used and self.used + tall > HEIGHT:
                self.used = 0.0
            self.used += tall


def _beside(block: Figure) -> float:
    if not block.caption:
        return _FIGURE_EXTRA
    return _FIGURE_EXTRA + CAPTION.tall(_count(block.caption, CAPTION.size, ROOM))


def _count(text: str, size: float, room: float, first: float = 0.0) -> int:
    return len(typeset.lines(typeset.bound(clean(text)), room, size, first))


def _pieces(block: Block, lang: str) -> Iterator[float]:
    """Give the heights of what is not cut, in order: lines, rows, or the whole of a short table."""
    if isinstance(block, Heading):
        look = HEADS[block.level]
        yield look.tall(_count(block.text, look.size, ROOM))
    elif isinstance(block, Text):
        look = {"note": NOTE, "warning": WARNING}.get(block.kind, NORMAL[lang])
        first = 2 * look.size if block.kind == "body" and lang == "zh" else 0.0
        count = _count(block.text, look.size, ROOM, first)
        yield from [look.leading] * (count - 1)
        yield look.leading + look.before + look.after
    elif isinstance(block, Signatures):
        yield (len(block.roles) + 2) // 2 * SIGN
    elif isinstance(block, Table):
        yield from _rows(block)


def _rows(block: Table) -> Iterator[float]:
    head, *rows = row_heights(block)
    top = CAPTION.tall(_count(block.caption, CAPTION.size, ROOM)) if block.caption else 5.0
    foot = NOTE.tall(_count(block.note, NOTE.size, ROOM)) if block.note else 6.0
    if is_whole(block):
        yield top + head + sum(rows) + foot
        return
    yield top + head + sum(rows[:2])
    yield from rows[2:-1]
    yield sum(rows[2:][-1:]) + foot


def row_heights(block: Table) -> list[float]:
    """Give the heights of the head and of all rows."""
    widths, size = column_widths(block)
    room = [w - 2 * PAD_X for w in widths]
    return [
        max(_count(t, size * WIDER, r) for t, r in zip(row, room, strict=True)) * CELL.leading
        + CELL_PAD
        for row in [block.heads, *block.rows]
    ]


def is_whole(block: Table) -> bool:
    """Say whether a table is short enough to be kept on one page."""
    return sum(row_heights(block)) <= HEIGHT * WHOLE_TABLE
