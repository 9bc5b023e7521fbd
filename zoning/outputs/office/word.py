"""A document as docx: real styles, fields and tables of Word."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import docx
from docx.enum.table import WD_ALIGN_VERTICAL
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Emu, Pt

from zoning.outputs.office.document import Document, Figure, Heading, Signatures, Table, Text
from zoning.outputs.office.flow import (
    CELL,
    Placed,
    arranged,
    column_widths,
    is_whole,
    picture_size_of,
)
from zoning.outputs.office.house import House, opened
from zoning.outputs.office.pdf.strips import ROOM
from zoning.outputs.office.typeset import bound
from zoning.outputs.office.whole import clean, repack, stamp, write_whole
from zoning.outputs.office.word_style import make_form, prepare
from zoning.outputs.office.word_table import make_row, table_properties

_WORD_PART = 0.92
_STYLES = {"body": "Normal", "note": "Note", "warning": "Warning"}
_ALIGNS = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
}
_TWENTIETHS = 20  # of a point, in which Word counts widths
_CONTENTS_DEPTH = 2
_KIND = {"table": ("Table", "表"), "figure": ("Figure", "图")}
#: Where the numbers of bookmarks of captions begin; headings have those below.
_BOOKMARKS = {"table": 100_000, "figure": 200_000}


def write(document: Document, path: str | Path) -> Path:
    """Write a document as docx, whole or not at all, the same bytes for the same document."""
    when = stamp()
    return write_whole(path, to_bytes(document, when))


def to_bytes(document: Document, when: datetime, template: bytes | None = None) -> bytes:
    """Give a document as docx.

    Parameters
    ----------
    document : Document
    when : datetime
        Goes into the properties of the document.
    template : bytes, optional
        A house template that :func:`zoning.outputs.office.house.read` let pass.

    Returns
    -------
    bytes
    """
    house = None if template is None else opened(template)
    word = docx.Document() if house is None else house.document
    lang = document.lang
    prepare(word, lang, cover=document.cover, house=None if house is None else house.styles)
    _properties(word, document, when)
    if document.one_page:
        from zoning.outputs.office.pdf.paint import fit

        # Word sets the same lines a little higher than the PDF does.
        make_form(word, fit(document)[0] * _WORD_PART)
    elif house is None or not house.heads:
        _running_head(word, document)
    _cover(word, document, house)
    if document.contents:
        _contents(word, document)
    _Blocks(word, document).write()
    if house is not None:
        end = word.element.body.sectPr
        for element in house.behind:
            end.addprevious(element)
    out = io.BytesIO()
    word.save(out)
    return repack(out.getvalue(), when)


class _Blocks:
    """Writes the blocks of a document one after the other, and counts them."""

    def __init__(self, word: Any, document: Document) -> None:
        self.word, self.document = word, document
        self.numbers = {"table": 0, "figure": 0}
        self.marks = 0
        section = word.sections[0]
        # A house may have another page than ours.
        wide = section.page_width - section.left_margin - section.right_margin
        self.part = min(1.0, Emu(wide).pt / ROOM)

    def write(self) -> None:
        """Write all blocks; those of a form stay in their order, others fill pages well."""
        blocks, lang = self.document.blocks, self.document.lang
        form = self.document.one_page
        for placed in map(Placed, blocks) if form else arranged(blocks, lang):
            self._one(placed.block, placed.scale, lang)

    def _one(self, block: Any, scale: float, lang: str) -> None:
        if isinstance(block, Heading):
            self.marks += 1
            chapter = block.level == 1 and self.document.cover
            _heading(self.word, block, self.marks, new_page=chapter or block.new_page)
        elif isinstance(block, Text):
            _paragraph(self.word, block, lang)
        elif isinstance(block, Table):
            self.numbers["table"] += bool(block.caption)
            _table(self.word, block, self.numbers["table"], lang, self.part)
        elif isinstance(block, Signatures):
            _signatures(self.word, block, lang, small=self.document.one_page)
        else:
            self.numbers["figure"] += bool(block.caption)
            _figure(self.word, block, self.numbers["figure"], lang, scale * self.part)


def written(text: str) -> str:
    r"""Prepare text for the document: no illegal signs, and no break between number and unit.

    Examples
    --------
    >>> written("28.00 % of 3,840 km²")
    '28.00\xa0% of 3,840\xa0km²'
    """
    return bound(clean(text))


def _properties(word: Any, document: Document, when: datetime) -> None:
    known = word.core_properties
    known.title, known.subject = clean(document.title)[:255], clean(document.subtitle)[:255]
    known.author = known.last_modified_by = "zoning"
    known.comments = clean(document.warning)[:255]
    known.keywords = "主体功能区规划"
    known.language = "zh-CN" if document.lang == "zh" else "en"
    known.created = known.modified = when.replace(tzinfo=None)


def _cover(word: Any, document: Document, house: House | None) -> None:
    """Write title, notice and lines: on a page of their own, or above the text."""
    if house is not None and house.words and "title" not in house.styles:
        word.styles["Title"].paragraph_format.space_before = Pt(24)  # the red head stands above
    for text, style in ((document.title, "Title"), (document.subtitle, "Subtitle"),
                        (document.warning, "Warning")):  # fmt: skip
        if text:
            word.add_paragraph(clean(text), style=style)
    for line in document.lines:
        paragraph = word.add_paragraph(clean(line))
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _heading(document: Any, block: Heading, mark: int, *, new_page: bool) -> None:
    paragraph = document.add_paragraph(style=f"Heading {block.level}")
    name = _mark(mark)
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(mark))
    start.set(qn("w:name"), name)
    paragraph._p.append(start)
    paragraph.add_run(written(block.text))
    paragraph._p.append(end)
    if block.level == 1 or new_page:
        paragraph.paragraph_format.page_break_before = new_page


def _mark(number: int) -> str:
    return f"_Toc{number:08d}"


def _paragraph(document: Any, block: Text, lang: str) -> None:
    paragraph = document.add_paragraph(written(block.text), style=_STYLES[block.kind])
    if block.kind == "body" and lang == "zh":
        _indent(paragraph)


def _indent(paragraph: Any) -> None:
    """Indent the first line by two characters, whatever their size."""
    indent = paragraph._p.get_or_add_pPr().get_or_add_ind()
    indent.set(qn("w:firstLineChars"), "200")
    indent.set(qn("w:firstLine"), "480")


def _field(paragraph: Any, code: str, shown: str) -> None:
    """Add a field with the text that is shown until it is updated."""
    for kind, text in (("begin", ""), ("code", code), ("separate", ""), ("shown", shown),
                       ("end", "")):  # fmt: skip
        run = paragraph.add_run()
        if kind == "shown":
            run.text = text
        elif kind == "code":
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {text} "
            run._r.append(instruction)
        else:
            _field_end(run, kind)


def _field_end(run: Any, kind: str) -> None:
    character = OxmlElement("w:fldChar")
    character.set(qn("w:fldCharType"), kind)
    run._r.append(character)


def _contents(word: Any, document: Document) -> None:
    """Write contents, list of figures and list of tables.

    Each is a field whose entries are already there, linked to their places. Page numbers appear
    when Word updates the field (F9): only Word knows its pages, and a number that is wrong would
    be worse than none.
    """
    chinese = document.lang == "zh"
    found = [b for b in document.blocks if isinstance(b, Heading)]
    headings = [(_mark(i), b.level, b.text) for i, b in enumerate(found, 1)
                if b.level <= _CONTENTS_DEPTH]  # fmt: skip
    title = "目  录" if chinese else "Contents"
    code = f'TOC \\o "1-{_CONTENTS_DEPTH}" \\h \\z \\u'
    _listed(word, title, code, headings, new_page=document.cover)
    for kind, type_, titles in (("figure", Figure, ("Figures", "图目录")),
                                ("table", Table, ("Tables", "表目录"))):  # fmt: skip
        name = _KIND[kind][chinese]
        blocks = [b for b in document.blocks if isinstance(b, type_) and b.caption]
        entries = [(_caption_mark(kind, i), 1, f"{name} {i}  {b.caption}")
                   for i, b in enumerate(blocks, 1)]  # fmt: skip
        if entries:
            _listed(word, titles[chinese], f'TOC \\h \\z \\c "{name}"', entries, "table of figures")


def _listed(
    word: Any, title: str, code: str, entries: Sequence[tuple[str, int, str]],
    style: str = "", *, new_page: bool = False,
) -> None:  # fmt: skip
    heading = word.add_paragraph(title, style="Contents Title")
    heading.paragraph_format.page_break_before = new_page
    for place, (anchor, level, text) in enumerate(entries):
        paragraph = word.add_paragraph(style=style or f"toc {level}")
        if place == 0:
            _field_end(paragraph.add_run(), "begin")
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f" {code} "
            paragraph.add_run()._r.append(instruction)
            _field_end(paragraph.add_run(), "separate")
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), anchor)
        link.set(qn("w:history"), "1")
        run = paragraph.add_run(written(text))
        link.append(run._r)
        paragraph._p.append(link)
        if place == len(entries) - 1:
            _field_end(paragraph.add_run(), "end")


def _running_head(word: Any, document: Document) -> None:
    """Put the title above and page numbers below every page; a cover has neither."""
    section = word.sections[0]
    head = section.header.paragraphs[0]
    head.text = clean(document.title)
    head.style = word.styles["Note"]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot = section.footer.paragraphs[0]
    foot.style = word.styles["Note"]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, between, after = (
        ("第 ", " 页 / 共 ", " 页") if document.lang == "zh" else ("Page ", " of ", "")
    )
    foot.add_run(before)
    _field(foot, "PAGE", "1")
    foot.add_run(between)
    _field(foot, "NUMPAGES", "1")
    foot.add_run(after)


def _caption(document: Any, kind: str, number: int, text: str, lang: str) -> Any:
    """Write a caption whose number is a field, so that Word can list tables and figures."""
    name = _KIND[kind][lang == "zh"]
    paragraph = document.add_paragraph(style="Caption")
    anchor = _caption_mark(kind, number)
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(_BOOKMARKS[kind] + number))
    start.set(qn("w:name"), anchor)
    paragraph._p.append(start)
    paragraph.add_run(f"{name} ")
    _field(paragraph, f"SEQ {name} \\* ARABIC", str(number))
    paragraph.add_run(f"  {written(text)}")
    paragraph._p.append(end)
    return paragraph


def _caption_mark(kind: str, number: int) -> str:
    return f"_{kind}{number:06d}"


def _figure(document: Any, block: Figure, number: int, lang: str, part: float) -> None:
    paragraph = document.add_paragraph(style="Figure")
    wide = Pt(picture_size_of(block)[0] * part)
    picture = paragraph.add_run().add_picture(io.BytesIO(block.png), width=wide)
    described = picture._inline.docPr
    described.set("descr", clean(block.alt or block.caption))
    described.set("name", f"figure {number}" if block.caption else clean(block.alt))
    if block.caption:
        _caption(document, "figure", number, block.caption, lang)


def _table(document: Any, block: Table, number: int, lang: str, part: float) -> None:
    if block.caption:
        caption = _caption(document, "table", number, block.caption, lang)
        caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(block.heads))
    element = table._tbl
    table_properties(element, block)
    points, size = column_widths(block)
    widths = [round(w * part * _TWENTIETHS) for w in points]
    style = document.styles["Table Text"].style_id
    how = {"style": style, "size": None if size == CELL.size else size}
    for column, width in zip(element.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(width))
    aligns: list[str] = ["center"] * len(block.heads)
    element.append(make_row(block.heads, aligns, widths, head=True, keep=True, **how))
    whole = is_whole(block)
    for place, row in enumerate(block.rows, 1):
        keep = place == 1 or (whole and place < len(block.rows))
        last = place == len(block.rows)
        element.append(make_row(row, block.aligns, widths, keep=keep and not last, **how))
    after = document.add_paragraph(written(block.note), style="Note")
    if not block.note:
        after.paragraph_format.space_after = 0
        after.paragraph_format.line_spacing = Pt(6 if block.caption else 5)


def _signatures(document: Any, block: Signatures, lang: str, *, small: bool = False) -> None:
    """Write a line to sign for each role, two beside each other, and one for the date."""
    colon = "：" if lang == "zh" else ":"
    names = [*block.roles, block.date]
    pairs = [names[i : i + 2] for i in range(0, len(names), 2)]
    table = document.add_table(rows=len(pairs), cols=4)
    properties = table._tbl.tblPr
    for child in list(properties):
        properties.remove(child)
    table.autofit = False
    for column, wide in zip(table.columns, (3.0, 4.6, 3.0, 4.6), strict=True):
        column.width = Cm(wide)
    for row, pair in zip(table.rows, pairs, strict=True):
        row.height = Cm(0.9 if small else 1.3)
        for place, name in enumerate(pair):
            label, line = row.cells[2 * place], row.cells[2 * place + 1]
            label.text = f"{clean(name)}{colon}"
            for cell in (label, line):
                cell.vertical_alignment = WD_ALIGN_VERTICAL.BOTTOM
                cell.width = Cm(3.0 if cell is label else 4.6)
            line._tc.get_or_add_tcPr().append(parse_xml(
                f'<w:tcBorders {nsdecls("w")}><w:bottom w:val="single" w:sz="6" w:space="0" '
                'w:color="1F2A30"/></w:tcBorders>'))  # fmt: skip
