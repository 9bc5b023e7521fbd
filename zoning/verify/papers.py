"""Reports read back: a Word document by its paragraphs, a PDF by what is written on each page."""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings, differences, langs, least, say

_STREAM = re.compile(rb"stream\r?\n(.*?)\s*endstream", re.DOTALL)
_WRITTEN = re.compile(rb"/CreationDate \(D:(\d{14})")


def word_report(plan: Plan, path: Path, found: Findings) -> None:
    """Hold the report against the plan; around it may stand the words of a house template."""
    from zoning.outputs import report
    from zoning.outputs.report.outlines import load

    outline = load(plan.config.report.outline, [path.parent, path.parent.parent])
    stored, best = _paragraphs(path.read_bytes()), None
    for lang in langs(plan):
        right = _paragraphs(report.to_bytes(plan, lang=lang, outline=outline))
        around = _around(stored, right) if plan.config.report.template else 0
        off = [] if around else list(differences(stored, right))
        if best is None or len(off) < len(best[0]):
            best = off, around
        if not off:
            break
    if best is None:
        return
    say(found, plan, "report.docx", best[0])
    if best[1]:
        found.not_looked_at(Text(f"report.docx: {best[1]} paragraphs of a house template",
                                 f"report.docx：公文模板的 {best[1]} 段文字"))  # fmt: skip


def _around(stored: list[str], right: list[str]) -> int:
    """Count what stands around a report that is there as a whole; 0 where it is not."""
    more = len(stored) - len(right)
    whole = any(stored[k : k + len(right)] == right for k in range(max(more, 0) + 1))
    return more if whole else 0


def pdf_report(plan: Plan, path: Path, found: Findings) -> None:
    """Hold the pages of a PDF against those that the plan makes at the time it tells."""
    from zoning.outputs import report
    from zoning.outputs.report.outlines import load

    data = path.read_bytes()
    hit = _WRITTEN.search(data)
    if hit is None:
        raise ValueError("no time of writing")
    when = datetime.strptime(hit[1].decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    outline = load(plan.config.report.outline, [path.parent, path.parent.parent])
    stored = _pages(data)
    if not stored:
        raise ValueError("no pages")
    made = (
        report.to_bytes(plan, lang=lang, form="pdf", outline=outline, when=when)
        for lang in langs(plan)
    )
    off = least(stored, map(_pages, made))
    # What differs is set in numbers of letters of a font: the page is what a reader can find.
    say(found, plan, "report.pdf", [(f"page {p.split('/')[1]}", "changed", "as written")
                                    for p, _, _ in off])  # fmt: skip
    found.not_looked_at(Text("report.pdf: its pictures", "report.pdf：图片内容"))


def _pages(data: bytes) -> dict[str, str]:
    """Give what is written and drawn on each page, pictures apart."""
    pages: dict[str, str] = {}
    for hit in _STREAM.finditer(data):
        try:
            raw = hit[1].strip()
            if raw.endswith(b"~>"):
                raw = base64.a85decode(raw.removesuffix(b"~>"))
            text = zlib.decompress(raw)
        except (ValueError, zlib.error):
            continue
        if b"BT " in text or b"BT\n" in text:
            pages[str(len(pages) + 1)] = text.decode("latin-1")
    return pages


def _paragraphs(data: bytes) -> list[str]:
    """Give the text of a document by paragraph; those with the date of writing stand out."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("word/document.xml").decode("utf-8")
    found = []
    for paragraph in re.findall(r"<w:p[ >].*?</w:p>", text, re.DOTALL):
        words = "".join(re.findall(r"<w:t[^>]*>(.*?)</w:t>", paragraph, re.DOTALL))
        if words and not re.fullmatch(r"\d{4}(-\d\d-\d\d| 年 \d+ 月 \d+ 日)", words):
            found.append(words)
    return found
