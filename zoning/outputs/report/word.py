"""From blocks to a Word document."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import docx
from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm

from zoning.outputs.office.whole import clean
from zoning.outputs.prints.frame import columns
from zoning.outputs.report.blocks import Block, Figure, Heading, Table, Text
from zoning.outputs.report.style import TABLE_STYLE, prepare

_STYLES = {"body": "Normal", "note": "Note", "warning": "Warning"}
_ALIGNS = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
}
_UNIT = re.compile(r"(\d) (%|km²|m\b)")
_TEXT_WIDTH = 9070  # twentieths of a point: 16 cm
_PICTURE = Cm(16)
_CONTENTS_DEPTH = 2
#: Tables of up to this many lines are kept on one page; _LINE columns of text fill a line.
_WHOLE, _LINE = 14, 100


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands on the first page and in the running head.

    Parameters
    ----------
    title, subtitle : str
    warning : str
        The notice of the plan; empty for none.
    lines : sequence of str
        Date, approval number and the like.
    """

    title: str
    subtitle: str
    warning: str
    lines: Sequence[str]


def to_docx(cover: Cover, blocks: Sequence[Block], lang: str, when: datetime) -> bytes:
    """Write a report as a Word document.

    Parameters
    ----------
    cover : Cover
    blocks : sequence of Block
    lang : {"zh", "en"}
    when : datetime
        Goes into the properties of the document.

    Returns
    -------
    bytes
    """
    document = docx.Document()
    prepare(document, lang)
    _properties(document, cover, lang, when)
    _running_head(document, cover, lang)
    _cover(document, cover)
    _contents(document, blocks, lang)
    numbers = {"table": 0, "figure": 0}
    marks = 0
    for block in blocks:
        if isinstance(block, Heading):
            marks += 1
            _heading(document, block, marks)
        elif isinstance(block, Text):
            _paragraph(document, block, lang)
        elif isinstance(block, Table):
            numbers["table"] += 1
            _table(document, block, numbers["table"], lang)
        else:
            numbers["figure"] += 1
            _figure(document, block, numbers["figure"], lang)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def written(text: str) -> str:
    r"""Prepare text for the document: no illegal signs, and no break between number and unit.

    Examples
    --------
    >>> written("28.00 % of 3,840 km²")
    '28.00\xa0% of 3,840\xa0km²'
    """
    return _UNIT.sub("\\1\u00a0\\2", clean(text))


def _properties(document: Document, cover: Cover, lang: str, when: datetime) -> None:
    known = document.core_properties
    known.title, known.subject = clean(cover.title)[:255], clean(cover.subtitle)[:255]
    known.author = known.last_modified_by = "zoning"
    known.comments = clean(cover.warning)[:255]
    known.keywords, known.language = "主体功能区规划", "zh-CN" if lang == "zh" else "en"
    known.created = known.modified = when.replace(tzinfo=None)


def _cover(document: Document, cover: Cover) -> None:
    document.add_paragraph(clean(cover.title), style="Title")
    document.add_paragraph(clean(cover.subtitle), style="Subtitle")
    if cover.warning:
        document.add_paragraph(clean(cover.warning), style="Warning")
    for line in cover.lines:
        paragraph = document.add_paragraph(clean(line))
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _heading(document: Document, block: Heading, mark: int) -> None:
    paragraph = document.add_paragraph(style=f"Heading {block.level}")
    name = _mark(mark)
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for element in (start, end):
        element.set(qn("w:id"), str(mark))
    start.set(qn("w:name"), name)
    paragraph._p.append(start)
    paragraph.add_run(written(block.text))
    paragraph._p.append(end)
    if block.level == 1 or block.new_page:
        paragraph.paragraph_format.page_break_before = mark == 1 or block.new_page


def _mark(number: int) -> str:
    return f"_Toc{number:08d}"


def _paragraph(document: Document, block: Text, lang: str) -> None:
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


def _contents(document: Document, blocks: Sequence[Block], lang: str) -> None:
    """Write a table of contents: a field whose entries are already there, linked to headings.

    Page numbers appear when Word updates the field (F9): only Word knows its pages, and a number
    that is wrong would be worse than none.
    """
    heading = document.add_paragraph(
        "目  录" if lang == "zh" else "Contents", style="Contents Title"
    )
    heading.paragraph_format.page_break_before = True
    found = [b for b in blocks if isinstance(b, Heading)]
    entries = [(i, b) for i, b in enumerate(found, 1) if b.level <= _CONTENTS_DEPTH]
    for place, (mark, block) in enumerate(entries):
        paragraph = document.add_paragraph(style=f"toc {block.level}")
        if place == 0:
            _field_end(paragraph.add_run(), "begin")
            instruction = OxmlElement("w:instrText")
            instruction.set(qn("xml:space"), "preserve")
            instruction.text = f' TOC \\o "1-{_CONTENTS_DEPTH}" \\h \\z \\u '
            paragraph.add_run()._r.append(instruction)
            _field_end(paragraph.add_run(), "separate")
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), _mark(mark))
        link.set(qn("w:history"), "1")
        run = paragraph.add_run(written(block.text))
        link.append(run._r)
        paragraph._p.append(link)
        if place == len(entries) - 1:
            _field_end(paragraph.add_run(), "end")


def _running_head(document: Document, cover: Cover, lang: str) -> None:
    """Put the plan's name above and page numbers below every page but the first."""
    section = document.sections[0]
    head = section.header.paragraphs[0]
    head.text = clean(cover.title)
    head.style = document.styles["Note"]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    foot = section.footer.paragraphs[0]
    foot.style = document.styles["Note"]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    before, between, after = ("第 ", " 页 / 共 ", " 页") if lang == "zh" else ("Page ", " of ", "")
    foot.add_run(before)
    _field(foot, "PAGE", "1")
    foot.add_run(between)
    _field(foot, "NUMPAGES", "1")
    foot.add_run(after)


def _caption(document: Document, kind: str, number: int, text: str, lang: str) -> Any:
    """Write a caption whose number is a field, so that Word can list tables and figures."""
    name = {"table": ("Table", "表"), "figure": ("Figure", "图")}[kind][lang == "zh"]
    paragraph = document.add_paragraph(style="Caption")
    paragraph.add_run(f"{name} ")
    _field(paragraph, f"SEQ {name} \\* ARABIC", str(number))
    paragraph.add_run(f"  {written(text)}")
    return paragraph


def _figure(document: Document, block: Figure, number: int, lang: str) -> None:
    paragraph = document.add_paragraph(style="Figure")
    picture = paragraph.add_run().add_picture(io.BytesIO(block.png), width=_PICTURE)
    described = picture._inline.docPr
    described.set("descr", clean(block.alt or block.caption))
    described.set("name", f"figure {number}")
    _caption(document, "figure", number, block.caption, lang)


def _table(document: Document, block: Table, number: int, lang: str) -> None:
    caption = _caption(document, "table", number, block.caption, lang)
    caption.paragraph_format.keep_with_next = True
    table = document.add_table(rows=0, cols=len(block.heads))
    element = table._tbl
    _table_properties(element, block)
    total = sum(block.widths)
    widths = [round(_TEXT_WIDTH * w / total) for w in block.widths]
    for column, width in zip(element.tblGrid.findall(qn("w:gridCol")), widths, strict=True):
        column.set(qn("w:w"), str(width))
    aligns: list[str] = ["center"] * len(block.heads)
    element.append(_row(block.heads, aligns, widths, head=True, keep=True))
    whole = _lines(block) <= _WHOLE
    for place, row in enumerate(block.rows, 1):
        keep = place == 1 or (whole and place < len(block.rows))
        element.append(_row(row, block.aligns, widths, keep=keep and place < len(block.rows)))
    after = document.add_paragraph(written(block.note), style="Note")
    if not block.note:
        after.paragraph_format.space_after = 0


def _lines(block: Table) -> float:
    """Estimate how many lines of text a table takes."""
    total = sum(block.widths)
    room = [_LINE * w / total for w in block.widths]
    return sum(
        max(columns(t) // r + 1 for t, r in zip(row, room, strict=True)) for row in block.rows
    )


def _table_properties(element: Any, block: Table) -> None:
    properties = element.tblPr
    for child in list(properties):
        properties.remove(child)
    settings = (
        ("w:tblStyle", {"val": TABLE_STYLE}),
        ("w:tblW", {"w": "5000", "type": "pct"}),
        ("w:jc", {"val": "center"}),
        ("w:tblLayout", {"type": "fixed"}),
        ("w:tblLook", {"val": f"{0x0620 + 0x0040 * block.total:04X}", "firstRow": "1",
                       "lastRow": str(int(block.total)), "firstColumn": "0", "lastColumn": "0",
                       "noHBand": "1", "noVBand": "1"}),
        ("w:tblCaption", {"val": clean(block.caption)}),
    )  # fmt: skip
    for tag, attributes in settings:
        child = OxmlElement(tag)
        for key, value in attributes.items():
            child.set(qn(f"w:{key}"), value)
        properties.append(child)


def _row(
    texts: Sequence[str],
    aligns: Sequence[str],
    widths: Sequence[int],
    *,
    head: bool = False,
    keep: bool = False,
) -> Any:
    """Make a table row; rows are not broken across pages, heads repeat on each."""
    row = OxmlElement("w:tr")
    properties = OxmlElement("w:trPr")
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)
    for text, align, width in zip(texts, aligns, widths, strict=True):
        row.append(_cell(written(text), align, width, keep))
    return row


def _cell(text: str, align: str, width: int, keep: bool) -> Any:
    cell, properties = OxmlElement("w:tc"), OxmlElement("w:tcPr")
    size, middle = OxmlElement("w:tcW"), OxmlElement("w:vAlign")
    size.set(qn("w:w"), str(width))
    size.set(qn("w:type"), "dxa")
    middle.set(qn("w:val"), "center")
    properties.extend((size, middle))
    paragraph, look = OxmlElement("w:p"), OxmlElement("w:pPr")
    style, justify = OxmlElement("w:pStyle"), OxmlElement("w:jc")
    style.set(qn("w:val"), "TableText")
    justify.set(qn("w:val"), align)
    look.append(style)
    if keep:
        look.append(OxmlElement("w:keepNext"))
    look.append(justify)
    run, words = OxmlElement("w:r"), OxmlElement("w:t")
    words.set(qn("xml:space"), "preserve")
    words.text = text
    run.append(words)
    paragraph.extend((look, run))
    cell.extend((properties, paragraph))
    return cell
