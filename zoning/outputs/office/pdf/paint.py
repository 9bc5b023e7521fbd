"""Pages drawn into a PDF, with the boxes of all that was drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from zoning.outputs.office import font
from zoning.outputs.office.document import LEAST_SIZE
from zoning.outputs.office.pdf import strips as s
from zoning.outputs.office.pdf.pages import Page, Strip, paginate
from zoning.outputs.office.whole import clean

if TYPE_CHECKING:
    from datetime import datetime

    from zoning.outputs.office.document import Document

#: Letters that are to look bold are drawn with an outline of this part of their size.
_OUTLINE = 0.02
#: Contents list headings down to this level.
_DEPTH = 2


@dataclass(frozen=True)
class Box:
    """Where something was drawn: left, top, right, bottom in points from the upper left corner."""

    page: int
    kind: str
    x0: float
    y0: float
    x1: float
    y1: float
    text: str = ""
    size: float = 0.0


@dataclass
class Made:
    """A finished PDF."""

    data: bytes
    boxes: list[Box]
    missing: str
    #: Part of the height of each page that is used.
    used: list[float]
    #: Pages that a chapter, the cover or a list begins.
    chapters: set[int] = field(default_factory=set)


class Pen:
    """Draws on the page at hand; distances from the upper left corner of its text."""

    def __init__(self, canvas: Any, scale: float | None = None) -> None:
        self.canvas = canvas
        #: Of a form: its letters as a part of the usual ones, and its own margins.
        self.scale = scale
        self.page = 0
        self.boxes: list[Box] = []
        self.seen: set[str] = set()
        self.name = font.ps_name()

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return s.SIDE + x, s.PAGE[1] - s.TOP - y

    def _box(self, kind: str, x: float, y: float, wide: float, tall: float, *told: Any) -> None:
        left, top, part = s.SIDE + x, s.TOP + y, 1.0
        if self.scale is not None:
            part = self.scale
            left, top = (s.PAGE[0] - s.ROOM * part) / 2 + x * part, s.FORM + y * part
        self.boxes.append(
            Box(self.page, kind, left, top, left + wide * part, top + tall * part, *told)
        )

    def begin(self) -> None:
        """Begin a page: that of a form is drawn smaller, between its own margins."""
        if self.scale is not None:
            part = self.scale
            left = (s.PAGE[0] - s.ROOM * part) / 2 - part * s.SIDE
            low = s.PAGE[1] - s.FORM - part * (s.PAGE[1] - s.TOP)
            self.canvas.transform(part, 0, 0, part, left, low)

    def text(
        self, text: str, x: float, y: float, room: float, look: s.Look, *, fill: bool = False
    ) -> None:
        """Write a line; ``fill`` spreads its letters over the room, as Chinese text is set."""
        self.seen.update(text)
        said = font.drawable(text)
        if not said:
            return
        wide = font.width(said, look.size)
        extra = 0.0
        if fill and len(said) > 1 and 0 < room - wide < room * 0.12:
            extra = (room - wide) / (len(said) - 1)
            wide = room
        if look.align != "left":
            x += (room - wide) / (1 if look.align == "right" else 2)
        left, top = self._at(x, y)
        self.canvas.saveState()  # weight and spacing of a line end with it
        draw = self.canvas.beginText(left, top - (look.leading + look.size * 0.72) / 2)
        draw.setFont(self.name, look.size)
        draw.setFillColor(look.colour)
        draw.setCharSpace(extra)
        if look.bold:
            self.canvas.setStrokeColor(look.colour)
            self.canvas.setLineWidth(look.size * _OUTLINE)
            draw.setTextRenderMode(2)
        draw.textOut(said)
        self.canvas.drawText(draw)
        self.canvas.restoreState()
        tall = look.size
        self._box("text", x, y + (look.leading - tall) / 2, wide, tall, said, look.size)

    def rect(self, x: float, y: float, wide: float, tall: float, colour: str) -> None:
        """Fill a rectangle."""
        left, top = self._at(x, y)
        self.canvas.setFillColor(colour)
        self.canvas.rect(left, top - tall, wide, tall, stroke=0, fill=1)

    def rule(self, x: float, y: float, wide: float, weight: float, colour: str) -> None:
        """Draw a level line."""
        left, top = self._at(x, y)
        self.canvas.setStrokeColor(colour)
        self.canvas.setLineWidth(weight)
        self.canvas.line(left, top, left + wide, top)

    def dots(self, x: float, y: float, end: float, look: s.Look) -> None:
        """Lead the eye from an entry to its page number."""
        left, top = self._at(x, y)
        self.canvas.setStrokeColor(s.GREY)
        self.canvas.setLineWidth(0.6)
        self.canvas.setDash(0.6, 3)
        base = top - (look.leading + look.size * 0.72) / 2
        self.canvas.line(left, base, s.SIDE + max(x, end), base)
        self.canvas.setDash()

    def picture(self, png: bytes, x: float, y: float, wide: float, tall: float) -> None:
        """Draw a picture."""
        from reportlab.lib.utils import ImageReader

        left, top = self._at(x, y)
        image = ImageReader(io.BytesIO(png))
        self.canvas.drawImage(image, left, top - tall, wide, tall, mask="auto")
        self._box("picture", x, y, wide, tall)

    def link(self, mark: int, x: float, y: float, wide: float, tall: float) -> None:
        """Make a place lead to a heading or caption."""
        left, top = self._at(x, y)
        self.canvas.linkRect("", f"m{mark}", (left, top - tall, left + wide, top), thickness=0)

    def anchor(self, mark: int, y: float) -> None:
        """Remember where a heading or caption stands."""
        _, top = self._at(0, y)
        self.canvas.bookmarkHorizontal(f"m{mark}", 0, top + 10)


def fit(document: Document) -> tuple[float, list[Page], list[s.Mark]]:
    """Lay a form out: the largest letters, as a part of the usual ones, at which it is one page."""
    body, marks = s.strips_of(document)
    strips = [*_opening(document), *body]
    part, room = 1.0, s.PAGE[1] - 2 * s.FORM
    pages = paginate(strips, room)
    while len(pages) > 1 and part > LEAST_SIZE:
        part = max(part - 0.01, LEAST_SIZE)
        pages = paginate(strips, room / part)
    return part, pages, marks


def paint(document: Document, when: datetime) -> Made:
    """Lay a document out and draw it."""
    if document.one_page:
        part, pages, marks = fit(document)
        return _draw(document, when, marks, pages, 0, part)
    body, marks = s.strips_of(document)
    opening = [] if document.cover else _opening(document)
    pages = paginate([*opening, *body], s.HEIGHT)
    before = int(document.cover)
    front: list[Page] = []
    if document.contents:
        front = paginate(_front(document, marks, {}), s.HEIGHT)
    offset = before + len(front)
    places = {
        strip.mark: number
        for number, page in enumerate(pages, offset + 1)
        for _, strip in page.placed if strip.mark
    }  # fmt: skip
    if document.contents:  # as many lines as before, now with numbers
        front = paginate(_front(document, marks, places), s.HEIGHT)
    return _draw(document, when, marks, [*front, *pages], before)


def _front(document: Document, marks: Sequence[s.Mark], places: dict[int, int]) -> list[Strip]:
    """Give contents, list of figures, list of tables."""
    chinese = document.lang == "zh"
    titles = {
        "heading": "目  录" if chinese else "Contents",
        "figure": "图目录" if chinese else "Figures",
        "table": "表目录" if chinese else "Tables",
    }
    found: list[Strip] = []
    for kind, title in titles.items():
        entries = [(m, places.get(m.number, 0)) for m in marks
                   if m.kind == kind and m.level <= _DEPTH]  # fmt: skip
        if entries:
            found += s.contents_strips(title, entries)
    return found


def _opening(document: Document) -> list[Strip]:
    """Give the title at the top of a document without a cover."""
    title = replace(s.HEADS[1], align="center", before=0)
    look = s.Look(10, 15, s.GREY, align="center", before=2)
    found = [replace(x, keep=True) for x in s.text_strips(document.title, title)]
    for line in filter(None, (document.subtitle, *document.lines)):
        found += s.text_strips(line, look)
    if document.warning:
        found += s.text_strips(document.warning, s.KINDS["warning"])
    return found


def _draw(
    document: Document, when: datetime, marks: Sequence[s.Mark], pages: list[Page], before: int,
    scale: float | None = None,
) -> Made:  # fmt: skip
    out = io.BytesIO()
    canvas = _canvas(out, document, when)
    pen, total = Pen(canvas, scale), before + len(pages)
    known = {m.number: m for m in marks}
    used, chapters = [], set()
    if document.cover:
        pen.page = 1
        _cover(pen, document)
        used.append(1.0)
        chapters.add(1)
        canvas.showPage()
    for number, page in enumerate(pages, before + 1):
        pen.page = number
        pen.begin()
        if scale is None or total > 1:
            _furniture(pen, document, number, total)
        for y, strip in page.placed:
            if strip.mark:
                pen.anchor(strip.mark, y)
                _outline(canvas, known[strip.mark])
            strip.draw(pen, y)
        if page.placed and (page.placed[0][1].chapter or page.placed[0][1].new_page):
            chapters.add(number)
        used.append(page.used / s.HEIGHT)
        canvas.showPage()
    canvas.save()
    return Made(out.getvalue(), pen.boxes, font.missing(pen.seen), used, chapters)


def _canvas(out: io.BytesIO, document: Document, when: datetime) -> Any:
    """Open a canvas whose time stamps and identifier depend on the document alone."""
    from reportlab.pdfgen.canvas import Canvas

    lang = "zh-CN" if document.lang == "zh" else "en"
    font_name = font.ps_name()
    canvas = Canvas(out, pagesize=s.PAGE, invariant=1, pageCompression=1, lang=lang,
                    initialFontName=font_name)  # fmt: skip
    stamp = canvas._doc._timeStamp
    stamp.t, stamp.lt = when.timestamp(), when.utctimetuple()
    stamp.YMDhms = tuple(stamp.lt)[:6]
    stamp.dhh = stamp.dmm = 0
    canvas.setTitle(clean(document.title))
    canvas.setSubject(clean(document.subtitle))
    canvas.setAuthor("zoning")
    canvas.setCreator("zoning")
    canvas.setKeywords(clean(document.warning)[:255])
    return canvas


def _outline(canvas: Any, mark: s.Mark) -> None:
    """Put a heading among the bookmarks that readers show beside the pages."""
    if mark.kind == "heading" and mark.level <= _DEPTH:
        canvas.addOutlineEntry(mark.text, f"m{mark.number}", mark.level - 1, closed=0)


def _cover(pen: Pen, document: Document) -> None:
    y = 150.0
    for text, look in (
        (document.title, s.Look(26, 38, bold=True, align="center")),
        (document.subtitle, s.Look(18, 28, align="center")),
    ):
        for strip in s.text_strips(text, look) if text else []:
            strip.draw(pen, y)
            y += strip.height
        y += 10
    y += 20
    for strip in s.text_strips(document.warning, s.KINDS["warning"]) if document.warning else []:
        strip.draw(pen, y)
        y += strip.height
    y = max(y + 40, s.HEIGHT * 0.72)
    for line in document.lines:
        for strip in s.text_strips(line, s.Look(11, 20, align="center")):
            strip.draw(pen, y)
            y += strip.height


def _furniture(pen: Pen, document: Document, number: int, total: int) -> None:
    """Write the running head and the number of the page."""
    look = s.Look(8.5, 12, s.GREY, align="center")
    head = document.title
    if font.width(head, look.size) > s.ROOM:
        while font.width(head + "…", look.size) > s.ROOM:
            head = head[:-1]
        head += "…"
    if document.cover or (number > 1 and not document.one_page):
        pen.text(head, 0, -26, s.ROOM, look)
        pen.rule(0, -11, s.ROOM, 0.4, s.RULE)
    chinese = document.lang == "zh"
    said = f"第 {number} 页 / 共 {total} 页" if chinese else f"Page {number} of {total}"
    low = s.HEIGHT + 22
    if pen.scale is not None:
        low = (s.PAGE[1] - 2 * s.FORM) / pen.scale + 6
    pen.text(said, 0, low, s.ROOM, look)
