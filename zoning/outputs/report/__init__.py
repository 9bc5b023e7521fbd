"""report.docx: the plan as a document that an office can sign, in Chinese or English.

Chapters make blocks (:mod:`~zoning.outputs.report.blocks`), and one module turns blocks into
Word. A chapter whose data the plan lacks is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoning.outputs.office.whole import notice, repack, stamp, write_whole

if TYPE_CHECKING:
    from zoning.outputs.report.blocks import Block
    from zoning.plan import Plan

__all__ = ["blocks_of", "to_bytes", "write"]


def write(plan: Plan, path: str | Path, *, lang: str | None = None) -> Path:
    """Write the report of a plan as a Word document.

    Parameters
    ----------
    plan : Plan
    path : str or Path
        The file, such as ``report.docx``.
    lang : {"zh", "en"}, optional
        By default that of the plan.

    Returns
    -------
    Path
        What was written. The same plan gives the same bytes when ``SOURCE_DATE_EPOCH`` is set.
    """
    return write_whole(path, to_bytes(plan, lang=lang or plan.config.plan.lang))


def to_bytes(plan: Plan, *, lang: str = "zh") -> bytes:
    """Give the document of :func:`write` as bytes."""
    from zoning.outputs.report.word import Cover, to_docx

    when = stamp()
    chinese = lang == "zh"
    no_number = (
        "(none; internal use, not to be published before review)",
        "(无;内部使用,未经审核不得公开)",
    )
    approval = plan.config.plan.map_approval_no or no_number[chinese]
    date = f"{when.year} 年 {when.month} 月 {when.day} 日" if chinese else when.date().isoformat()
    cover = Cover(
        plan.name,
        "主体功能区规划方案报告" if chinese else "Report of the main-functional-zone plan",
        notice(plan, lang),
        (date, f"审图号:{approval}" if chinese else f"Map approval number: {approval}"),
    )
    return repack(to_docx(cover, blocks_of(plan, lang), lang, when), when)


def blocks_of(plan: Plan, lang: str = "zh") -> list[Block]:
    """Give the chapters of the report in order, before any file format."""
    from zoning.outputs.report import accounts, back, firmness, front, given, newland, redlines
    from zoning.outputs.report.pieces import Writer

    w = Writer(plan, lang)
    chapters = (
        front.summary, front.study_area, front.method, accounts.zones, redlines.redlines,
        accounts.construction, newland.allocation, firmness.stability, given.chapters,
        back.checks, back.data, given.pages,
    )  # fmt: skip
    return [block for chapter in chapters for block in chapter(w)]
