"""Tables of a Word document: their properties, rows and cells, written as XML for speed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from zoning.outputs.office.document import Table
from zoning.outputs.office.typeset import bound
from zoning.outputs.office.whole import clean
from zoning.outputs.office.word_style import TABLE_STYLE


def table_properties(element: Any, block: Table) -> None:
    """Set style, width, layout and caption of a table."""
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


def make_row(
    texts: Sequence[str],
    aligns: Sequence[str],
    widths: Sequence[int],
    *,
    head: bool = False,
    keep: bool = False,
    style: str = "TableText",
    size: float | None = None,
) -> Any:
    """Make a table row; rows are not broken across pages, heads repeat on each."""
    row = OxmlElement("w:tr")
    properties = OxmlElement("w:trPr")
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)
    for text, align, width in zip(texts, aligns, widths, strict=True):
        row.append(_cell(bound(clean(text)), align, width, keep, style, size))
    return row


def _cell(text: str, align: str, width: int, keep: bool, named: str, letters: float | None) -> Any:
    cell, properties = OxmlElement("w:tc"), OxmlElement("w:tcPr")
    size, middle = OxmlElement("w:tcW"), OxmlElement("w:vAlign")
    size.set(qn("w:w"), str(width))
    size.set(qn("w:type"), "dxa")
    middle.set(qn("w:val"), "center")
    properties.extend((size, middle))
    paragraph, look = OxmlElement("w:p"), OxmlElement("w:pPr")
    style, justify = OxmlElement("w:pStyle"), OxmlElement("w:jc")
    style.set(qn("w:val"), named)
    justify.set(qn("w:val"), align)
    look.append(style)
    if keep:
        look.append(OxmlElement("w:keepNext"))
    look.append(justify)
    run, words = OxmlElement("w:r"), OxmlElement("w:t")
    if letters is not None:  # smaller letters than the style's, so that no word breaks
        smaller, half = OxmlElement("w:rPr"), OxmlElement("w:sz")
        half.set(qn("w:val"), str(round(letters * 2)))
        smaller.append(half)
        run.append(smaller)
    words.set(qn("xml:space"), "preserve")
    words.text = text
    run.append(words)
    paragraph.extend((look, run))
    cell.extend((properties, paragraph))
    return cell
