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
    from zoning.plan import Plan

__all__ = ["blocks_of", "document_of", "to_bytes", "write"]


def write(plan: Plan, path: str | Path, *, lang: str | None = None) -> Path:
    """Write the report of a plan as a Word document, or as PDF.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        The file, such as ``report.docx`` or ``report.pdf``.
    lang : {"zh", "en"}, optional
        By default that of the plan.

    Returns
    -------
    Path
        What was written. The same plan gives the same bytes when ``SOURCE_DATE_EPOCH`` is set.
    """
    form = "pdf" if Path(path).suffix.lower() == ".pdf" else "docx"
    return write_whole(path, to_bytes(plan, lang=lang or plan.config.plan.lang, form=form))


def to_bytes(plan: Plan, *, lang: str = "zh", form: str = "docx") -> bytes:
    """Give the document of :func:`write` as bytes; ``form`` is ``docx`` or ``pdf``."""
    from zoning.outputs.office import pdf, word

    when = stamp()
    writer = {"docx": word.to_bytes, "pdf": pdf.to_bytes}[form]
    return writer(document_of(plan, lang, when), when)


def document_of(plan: Plan, lang: str, when: datetime) -> Document:
    """Give the report before any file format."""
    from zoning.outputs.office.document import Document

    chinese = lang == "zh"
    no_number = (
        "(none; internal use, not to be published before review)",
        "（无；内部使用，未经审核不得公开）",
    )
    approval = plan.config.plan.map_approval_no or no_number[chinese]
    date = f"{when.year} 年 {when.month} 月 {when.day} 日" if chinese else when.date().isoformat()
    return Document(
        plan.name,
        "主体功能区规划方案报告" if chinese else "Report of the main-functional-zone plan",
        blocks_of(plan, lang),
        lang,
        warning=notice(plan, lang),
        lines=(date, f"审图号：{approval}" if chinese else f"Map approval number: {approval}"),
    )


def blocks_of(plan: Plan, lang: str = "zh") -> list[Block]:
    """Give the chapters of the report in order, before any file format."""
    from zoning.outputs.report import (
        accounts,
        back,
        firmness,
        front,
        given,
        newland,
        redlines,
        summary,
    )
    from zoning.outputs.report.pieces import Writer

    w = Writer(plan, lang)
    chapters = (
        summary.summary, front.study_area, front.method, accounts.zones, redlines.redlines,
        accounts.construction, newland.allocation, firmness.stability, firmness.second_opinions,
        given.chapters, back.checks, back.data, given.pages,
    )  # fmt: skip
    return [block for chapter in chapters for block in chapter(w)]
