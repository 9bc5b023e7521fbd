"""From blocks to strips: how headings, text, tables and pictures of a document look in a PDF."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from zoning.outputs.office import typeset
from zoning.outputs.office.document import (
    Align,
    Document,
    Figure,
    Heading,
    Signatures,
    Table,
    Text,
)
from zoning.outputs.office.font import width
from zoning.outputs.office.pdf.pages import Strip
from zoning.outputs.office.whole import clean

if TYPE_CHECKING:
    from zoning.outputs.office.pdf.paint import Pen

CM = 72 / 2.54
#: A4 and its margins, in points: left and right, top, bottom.
PAGE = (21.0 * CM, 29.7 * CM)
SIDE, TOP, BOTTOM = 2.5 * CM, 2.6 * CM, 2.4 * CM
ROOM = PAGE[0] - 2 * SIDE
HEIGHT = PAGE[1] - TOP - BOTTOM
#: Margin of a form above and below.
FORM = 1.4 * CM

INK, GREY, WARN = "#1f2a30", "#505050", "#a11d1d"
RULE, BAND = "#d5dadd", "#eef2f3"
#: Left and right in a cell, above and below.
PAD_X, PAD_Y = 3.0, 2.2
#: A table up to this part of a page is not broken.
WHOLE_TABLE = 0.3
#: A picture takes at most this part of a page.
_MOST_PICTURE = 0.48


@dataclass(frozen=True)
class Look:
    """Size, distance of lines, colour and weight of a text."""

    size: float
    leading: float
    colour: str = INK
    bold: bool = False
    align: Align = "left"
    before: float = 0.0
    indent: float = 0.0
    bar: bool = False
    fill: bool = False


HEADS = {
    1: Look(18, 25, bold=True, before=20), 2: Look(14, 20, bold=True, before=14),
    3: Look(12, 18, bold=True, before=10),
}  # fmt: skip
BODY = {"zh": Look(10.5, 17.5, before=4, indent=21, fill=True), "en": Look(10, 15, before=5)}
KINDS = {
    "note": Look(8.5, 12.5, GREY, before=3),
    "warning": Look(10.5, 16, WARN, before=8, bar=True),
}
CAPTION = Look(9.5, 14, bold=True, align="center", before=12)
CELL = Look(8.5, 11.5)
#: Sizes that a table may take before its words are cut.
CELL_SIZES = (8.5, 8.0, 7.5, 7.0)


@dataclass
class Numbers:
    """How many headings, tables and figures there were."""

    mark: int = 0
    table: int = 0
    figure: int = 0


@dataclass(frozen=True)
class Mark:
    """A heading or caption that contents and lists lead to."""

    number: int
    kind: Literal["heading", "table", "figure"]
    level: int
    text: str


def text_strips(text: str, look: Look, room: float = ROOM, left: float = 0.0) -> list[Strip]:
    """Break a text into a strip for each line; the first and last two stay together."""
    said = typeset.bound(clean(text))
    found = typeset.lines(said, room - (10 if look.bar else 0), look.size, look.indent)
    strips = []
    for place, line in enumerate(found):
        strips.append(Strip(
            look.leading, _liner(line, look, place, len(found), room, left),
            before=look.before if place == 0 else 0.0,
            keep=len(found) > 1 and place in (0, len(found) - 2),
        ))  # fmt: skip
    return strips


def _liner(
    line: str, look: Look, place: int, of: int, room: float, left: float
) -> Callable[[Pen, float], None]:
    def draw(pen: Pen, y: float) -> None:
        x = left + (look.indent if place == 0 else 0.0)
        wide = room - (look.indent if place == 0 else 0.0)
        if look.bar:
            pen.rect(left, y, 3, look.leading, look.colour)
            x, wide = x + 10, wide - 10
        pen.text(line, x, y, wide, look, fill=look.fill and place < of - 1)

    return draw


def strips_of(document: Document) -> tuple[list[Strip], list[Mark]]:
    """Give the strips of all blocks, and what contents and lists lead to."""
    numbers, marks = Numbers(), list[Mark]()
    strips: list[Strip] = []
    for block in document.blocks:
        if isinstance(block, Heading):
            strips += _heading(block, numbers, marks)
        elif isinstance(block, Text):
            look = KINDS.get(block.kind) or BODY[document.lang]
            strips += text_strips(block.text, look)
        elif isinstance(block, Table):
            strips += _table(block, numbers, marks, document.lang)
        elif isinstance(block, Signatures):
            strips += _signatures(block, document.lang)
        else:
            strips += _figure(block, numbers, marks, document.lang)
    return strips, marks


def _heading(block: Heading, numbers: Numbers, marks: list[Mark]) -> list[Strip]:
    numbers.mark += 1
    marks.append(Mark(numbers.mark, "heading", block.level, clean(block.text)))
    strips = [replace(s, keep=True) for s in text_strips(block.text, HEADS[block.level])]
    strips[0] = replace(strips[0], mark=numbers.mark, chapter=block.level == 1,
                        new_page=block.new_page)  # fmt: skip
    return [*strips, Strip(2.0, lambda _pen, _y: None, keep=True)]


def caption(kind: Literal["table", "figure"], number: int, text: str, lang: str) -> str:
    """Write a caption with its number."""
    name = {"table": ("Table", "表"), "figure": ("Figure", "图")}[kind][lang == "zh"]
    return f"{name} {number}  {clean(text)}"


def _marked(
    kind: Literal["table", "figure"], text: str, numbers: Numbers, marks: list[Mark], lang: str
) -> list[Strip]:
    number = numbers.table if kind == "table" else numbers.figure
    numbers.mark += 1
    said = caption(kind, number, text, lang)
    marks.append(Mark(numbers.mark, kind, 1, said))
    strips = [replace(s, keep=True) for s in text_strips(said, CAPTION)]
    strips[0] = replace(strips[0], mark=numbers.mark)
    return strips


def _figure(block: Figure, numbers: Numbers, marks: list[Mark], lang: str) -> list[Strip]:
    pixels = picture_size(block.png)
    tall = min(ROOM * pixels[1] / pixels[0], HEIGHT * _MOST_PICTURE)
    if not block.caption:
        return [replace(_picture(block, pixels, tall), keep=False)]
    numbers.figure += 1
    caption_strips = _marked("figure", block.caption, numbers, marks, lang)
    caption_strips[0] = replace(caption_strips[0], before=3)
    caption_strips[-1] = replace(caption_strips[-1], keep=False)
    return [_picture(block, pixels, tall), *caption_strips]


def picture_size(png: bytes) -> tuple[int, int]:
    """Read width and height of a PNG."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return image.size


def _picture(block: Figure, pixels: tuple[int, int], tall: float) -> Strip:
    wide = tall * pixels[0] / pixels[1]

    def draw(pen: Pen, y: float) -> None:
        pen.picture(block.png, (ROOM - wide) / 2, y, wide, tall)

    return Strip(
        tall, draw, before=8, keep=True, floats=True,
        shrink=lambda part: _picture(block, pixels, tall * part),
    )  # fmt: skip


def _table(block: Table, numbers: Numbers, marks: list[Mark], lang: str) -> list[Strip]:
    numbers.table += bool(block.caption)
    bare = [Strip(5.0, lambda _pen, _y: None, keep=True)]
    strips = _marked("table", block.caption, numbers, marks, lang) if block.caption else bare
    widths, size = table_widths(block)
    look = replace(CELL, size=size, leading=size * 1.35)
    head = replace(_row(block.heads, _CENTER * len(block.heads), widths,
                        replace(look, bold=True), "head"), keep=True)  # fmt: skip
    last = len(block.rows) - 1
    rows = []
    for place, row in enumerate(block.rows):
        rule: Rule = "last" if place == last else "row"
        if block.total and place == last:
            rule = "total"
        kept = replace(look, bold=block.total and place == last)
        rows.append(_row(row, block.aligns, widths, kept, rule))
    whole = head.height + sum(r.height for r in rows) <= HEIGHT * WHOLE_TABLE
    rows = [
        replace(r, repeat=(head,), keep=(whole and i < last) or (i == 0 < last) or i == last - 1)
        for i, r in enumerate(rows)
    ]
    note = text_strips(block.note, KINDS["note"]) if block.note else []
    if note and rows:
        rows[-1] = replace(rows[-1], keep=True)
    return [*strips, head, *rows, *note, Strip(4.0, lambda _pen, _y: None)]


def table_widths(block: Table) -> tuple[list[float], float]:
    """Give the widths of columns and the size of letters at which no word breaks."""
    heads = [typeset.bound(clean(t)) for t in block.heads]
    rows = [[typeset.bound(clean(t)) for t in row] for row in block.rows]
    return typeset.fitted(heads, rows, block.widths, ROOM, CELL_SIZES, 2 * PAD_X)


_CENTER: tuple[Align, ...] = ("center",)
Rule = Literal["head", "row", "last", "total"]


def _row(
    texts: Sequence[str], aligns: Sequence[Align], widths: Sequence[float], look: Look, rule: Rule
) -> Strip:
    cells = [
        typeset.lines(typeset.bound(clean(t)), w - 2 * PAD_X, look.size)
        for t, w in zip(texts, widths, strict=True)
    ]
    tall = max(len(c) for c in cells) * look.leading + 2 * PAD_Y

    def draw(pen: Pen, y: float) -> None:
        if rule == "head":
            pen.rect(0, y, ROOM, tall, BAND)
            pen.rule(0, y, ROOM, 1.2, INK)
            pen.rule(0, y + tall, ROOM, 0.6, INK)
        if rule == "total":
            pen.rule(0, y, ROOM, 0.6, INK)
        if rule in ("last", "total"):
            pen.rule(0, y + tall, ROOM, 1.2, INK)
        elif rule == "row":
            pen.rule(0, y + tall, ROOM, 0.3, RULE)
        x = 0.0
        for cell, align, wide in zip(cells, aligns, widths, strict=True):
            top = y + (tall - len(cell) * look.leading) / 2
            for place, line in enumerate(cell):
                here = replace(look, align=align)
                pen.text(line, x + PAD_X, top + place * look.leading, wide - 2 * PAD_X, here)
            x += wide

    return Strip(tall, draw)


def _signatures(block: Signatures, lang: str) -> list[Strip]:
    """Draw a line to sign for each role, two beside each other, and the date."""
    colon = "：" if lang == "zh" else ":"
    look = replace(BODY[lang], indent=0.0, fill=False)
    names = [*block.roles, block.date]
    half = ROOM / 2

    def draw(pair: Sequence[str]) -> Callable[[Pen, float], None]:
        def inner(pen: Pen, y: float) -> None:
            for place, name in enumerate(pair):
                x, said = place * half, f"{clean(name)}{colon}"
                pen.text(said, x, y + 14, half, look)
                begin = x + width(said, look.size) + 4
                pen.rule(begin, y + 14 + look.leading, x + half - 16 - begin, 0.6, INK)

        return inner

    pairs = [names[i : i + 2] for i in range(0, len(names), 2)]
    strips = [Strip(14 + look.leading + 4, draw(pair), keep=True) for pair in pairs]
    strips[0] = replace(strips[0], before=12)
    strips[-1] = replace(strips[-1], keep=False)
    return strips


def contents_strips(title: str, entries: Sequence[tuple[Mark, int]]) -> list[Strip]:
    """Give the lines of a table of contents: text, dots, number of the page."""
    look = replace(HEADS[1], size=15, leading=22, align="center")
    found = [replace(s, keep=True, chapter=True) for s in text_strips(title, look)]
    for mark, page in entries:
        found.append(_entry(mark, page))
    return found


def _entry(mark: Mark, page: int) -> Strip:
    look = Look(10.5 if mark.level == 1 else 10, 17, bold=False)
    left = 16.0 * (mark.level - 1)
    room = ROOM - left - 34
    lines_ = typeset.lines(typeset.bound(mark.text), room, look.size)

    def draw(pen: Pen, y: float) -> None:
        for place, line in enumerate(lines_):
            pen.text(line, left, y + place * look.leading, room, look)
        last = y + (len(lines_) - 1) * look.leading
        begin = left + width(lines_[-1], look.size) + 5
        number = str(page) if page else ""
        end = ROOM - width(number, look.size) - 5
        pen.dots(begin, last, end, look)
        pen.text(number, ROOM - 40, last, 40, replace(look, align="right"))
        pen.link(mark.number, left, y, ROOM - left, len(lines_) * look.leading)

    return Strip(len(lines_) * look.leading, draw)
