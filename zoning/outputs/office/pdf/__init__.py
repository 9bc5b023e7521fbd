"""A document as PDF, without an office program: pages, contents with page numbers, embedded font.

Text is broken by :mod:`~zoning.outputs.office.typeset`, blocks become strips
(:mod:`~zoning.outputs.office.pdf.strips`), strips become pages
(:mod:`~zoning.outputs.office.pdf.pages`); what the font cannot draw is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoning.base.heard import tell
from zoning.errors import Finding, Text
from zoning.outputs.office.whole import clean, stamp, write_whole

if TYPE_CHECKING:
    from datetime import datetime

    from zoning.outputs.office.document import Document
    from zoning.outputs.office.pdf.paint import Made

__all__ = ["make", "to_bytes", "write"]


def write(document: Document, path: str | Path) -> Path:
    """Write a document as PDF, whole or not at all.

    Parameters
    ----------
    document : Document
    path : str or Path

    Returns
    -------
    Path
        What was written. The same document gives the same bytes when ``SOURCE_DATE_EPOCH`` is set.
    """
    return write_whole(path, to_bytes(document, stamp()))


def to_bytes(document: Document, when: datetime) -> bytes:
    """Give a document as PDF; characters that the font lacks are told and drawn as 〓.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from zoning.outputs.office.document import Document, Text
    >>> slip = Document("查询单", "", [Text("丹阳")], "zh", cover=False, contents=False)
    >>> to_bytes(slip, datetime(2026, 1, 1, tzinfo=UTC))[:5]
    b'%PDF-'
    """
    made = make(document, when)
    if made.missing:
        shown = "、".join(f"{c} (U+{ord(c):04X})" for c in made.missing[:20])
        tell(Finding(Text(
            f"{len(made.missing)} characters are not in the embedded font and are drawn as 〓: "
            f"{shown}; the Word file shows them where the machine has a font for them",
            f"内嵌字库缺 {len(made.missing)} 个字，PDF 中以〓代替：{shown}；Word 文件在装有相应字体"
            "的电脑上可正常显示"), clean(document.title), code="font"))  # fmt: skip
    return made.data


def make(document: Document, when: datetime) -> Made:
    """Lay a document out; gives the bytes with the boxes of all that was drawn."""
    from zoning.outputs.office.pdf.paint import paint

    return paint(document, when)
