"""Which chapters a report has, in which order: data, so that an office can ask for its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zoning.base import strict, words
from zoning.base.shipped import data_path, load_toml
from zoning.errors import InputError, Text, meant, raise_all, suggest
from zoning.outputs.report import accounts, back, firmness, front, given, newland, redlines, summary
from zoning.outputs.report.pieces import Writer

if TYPE_CHECKING:
    from zoning.outputs.office.document import Block

#: What a chapter may hold.
PARTS: dict[str, Callable[[Writer], Iterator[Block]]] = {
    "summary": summary.summary, "area": front.study_area, "method": front.method,
    "zones": accounts.zones, "redlines": redlines.redlines, "construction": accounts.construction,
    "new-land": newland.allocation, "stability": firmness.stability,
    "second-opinions": firmness.second_opinions, "wings": given.chapters,
    "checks": back.checks, "data": back.data, "register": accounts.register, "pages": given.pages,
}  # fmt: skip


@dataclass(frozen=True)
class Outline:
    """A report before it is written.

    Parameters
    ----------
    title : Text
        Of the whole report.
    chapters : tuple of (Text or None, parts)
        Without a title of its own a chapter is called as its part is.
    source, evidence : str
        Where the outline comes from.
    """

    title: Text
    chapters: tuple[tuple[Text | None, tuple[str, ...]], ...]
    source: str
    evidence: str


def outlines() -> tuple[str, ...]:
    """Name the outlines that ship."""
    return tuple(load_toml("report", "outlines.toml")["outline"])


def load(name: str, folders: Sequence[Path] = ()) -> Outline:
    """Read an outline: one that ships, or a file.

    Parameters
    ----------
    name : str
        ``full``, ``township``, or the path of a TOML file.
    folders : sequence of Path
        Where a file is looked for, in order.

    Raises
    ------
    InputError
        If there is none of this name, or its file has mistakes (all of them).

    Examples
    --------
    >>> load("township").title.zh
    '乡镇主体功能定位细化研究报告'
    """
    if not name.lower().endswith(".toml"):
        known = outlines()
        if name not in known:
            near = suggest(name, known)
            listed = ", ".join(known)
            raise InputError.one(
                f"no outline of a report is called '{name}'", f"没有名为“{name}”的报告提纲",
                where="[report] outline", code="outline",
                remedy=meant(near, Text(f"one of {listed}, or a .toml file",
                                        f"可用：{listed}，或 .toml 文件")),
            )  # fmt: skip
        document = strict.read(data_path("report", "outlines.toml"))
    else:
        document = strict.read(found(name, folders))
    top = strict.Reader(document.data, document.where, document=document, code="outline")
    read = {key: _outline(part) for key, part in _children(top)}
    top.close()
    raise_all(top.problems)
    if not read:
        raise InputError.one("holds no outline", "没有提纲", where=document.where, code="outline")
    return read[name] if name in read else next(iter(read.values()))


def found(name: str, folders: Sequence[Path]) -> Path:
    """Find a file that a plan names: beside the plan, in the folder of the run, or as it is."""
    places = [folder / name for folder in folders] + [Path(name)]
    return next((p for p in places if p.is_file()), places[0])


def _children(top: strict.Reader) -> Iterator[tuple[str, strict.Reader]]:
    for key, table in top.table("outline").items():
        yield key, top.child(f"outline.{key}", table)


def _outline(part: strict.Reader) -> Outline:
    title = Text(part.get("title", kind=str) or "", part.get("title_zh", kind=str) or "")
    chapters: list[tuple[Text | None, tuple[str, ...]]] = [
        (None, (name,)) for name in _parts(part, part.get("parts", [], kind=list))
    ]
    for row in part.tables("chapter"):
        called = Text(row.get("title", kind=str) or "", row.get("title_zh", kind=str) or "")
        chapters.append((called, tuple(_parts(row, row.get("parts", kind=list) or []))))
        row.close()
    if not chapters:
        part.fail("has no chapters", "没有章节")
    source, evidence = part.get("source", "", kind=str), part.evidence("own")
    part.close()
    return Outline(title, tuple(chapters), source, evidence)


def _parts(part: strict.Reader, names: Sequence[object]) -> list[str]:
    kept = []
    for name in map(str, names):
        if name in PARTS:
            kept.append(name)
            continue
        near = suggest(name, list(PARTS))
        hint = f"; did you mean '{near}'?" if near else f"; known: {', '.join(PARTS)}"
        tip = f"；是否指“{near}”？" if near else f"；可用：{'、'.join(PARTS)}"
        part.fail(f"no part is called '{name}'{hint}", f"没有名为“{name}”的部分{tip}", key="parts")
    return kept


def written(w: Writer, outline: Outline) -> Iterator[Block]:
    """Write the chapters of an outline."""
    for title, names in outline.chapters:
        if len(names) == 1:
            w.begin(title)
            yield from PARTS[names[0]](w)
            if names == ("data",) and outline.evidence != "own":
                told, tag = (
                    words.source(outline.source, w.lang),
                    front.evidence(w, outline.evidence),
                )
                yield w.text(f"Outline of this report: {told} ({tag}).",
                             f"本报告提纲：{told}（{tag}）。")  # fmt: skip
            continue
        head = None if title is None else w.chapter(title.en, title.zh)
        w.begin(None, nested=head is not None)
        blocks = [block for name in names for block in PARTS[name](w)]
        w.begin(None)
        if not blocks and head is not None:
            w.take_back()
        elif head is not None:
            yield head
        yield from blocks
