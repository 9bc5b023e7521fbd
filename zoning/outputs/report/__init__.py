"""report.docx: the plan as a document that an office can sign, in Chinese or English.

Chapters make blocks (:mod:`~zoning.outputs.office.document`), and one writer for each format turns
blocks into Word or PDF. A chapter whose data the plan lacks is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoning.outputs.office.whole import notice, stamp, write_whole

if TYPE_CHECKING:
    from datetime import datetime

    from zoning.outputs.office.document import Block, Document
    from zoning.outputs.report.outlines import Outline
    from zoning.plan import Plan

__all__ = ["blocks_of", "document_of", "to_bytes", "write"]


def write(
    plan: Plan, path: str | Path, *, lang: str | None = None, template: bytes | None = None,
    outline: Outline | None = None,
) -> Path:  # fmt: skip
    """Write the report of a plan as a Word document, or as PDF.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        The file, such as ``report.docx`` or ``report.pdf``.
    lang : {"zh", "en"}, optional
        By default that of the plan.
    template : bytes, optional
        House template of a Word document; see :mod:`zoning.outputs.office.house`.
    outline : Outline, optional
        By default the one that ships as ``full``.

    Returns
    -------
    Path
        What was written. The same plan gives the same bytes when ``SOURCE_DATE_EPOCH`` is set.
    """
    form = "pdf" if Path(path).suffix.lower() == ".pdf" else "docx"
    lang = lang or plan.config.plan.lang
    return write_whole(
        path, to_bytes(plan, lang=lang, form=form, template=template, outline=outline)
    )


def to_bytes(
    plan: Plan, *, lang: str = "zh", form: str = "docx", template: bytes | None = None,
    outline: Outline | None = None, when: datetime | None = None,
) -> bytes:  # fmt: skip
    """Give the document of :func:`write` as bytes; ``form`` is ``docx`` or ``pdf``."""
    from zoning.outputs.office import pdf, word

    when = when or stamp()
    document = document_of(plan, lang, when, outline)
    if form == "pdf":
        return pdf.to_bytes(document, when)
    return word.to_bytes(document, when, template)


def document_of(
    plan: Plan, lang: str, when: datetime, outline: Outline | None = None
) -> Document:  # fmt: skip
    """Give the report before any file format."""
    from zoning.outputs.office.document import Document
    from zoning.outputs.report.outlines import load

    chinese = lang == "zh"
    outline = outline or load("full")
    no_number = (
        "(none; internal use, not to be published before review)",
        "（无；内部使用，未经审核不得公开）",
    )
    approval = plan.config.plan.map_approval_no or no_number[chinese]
    date = f"{when.year} 年 {when.month} 月 {when.day} 日" if chinese else when.date().isoformat()
    return Document(
        plan.name,
        outline.title.get(lang),
        blocks_of(plan, lang, outline),
        lang,
        warning=notice(plan, lang),
        lines=(date, f"审图号：{approval}" if chinese else f"Map approval number: {approval}"),
    )


def blocks_of(plan: Plan, lang: str = "zh", outline: Outline | None = None) -> list[Block]:
    """Give the chapters of the report in order, before any file format."""
    from zoning.outputs.report import latin
    from zoning.outputs.report.outlines import load, written
    from zoning.outputs.report.pieces import Writer

    blocks = written(Writer(plan, lang), outline or load("full"))
    return list(blocks if lang == "zh" else latin.in_english(blocks, latin.english_names(plan)))
