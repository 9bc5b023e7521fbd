"""What a document is made of, before any file format: headings, text, tables and pictures.

:mod:`~zoning.outputs.office.word` makes a docx of it, :mod:`~zoning.outputs.office.pdf` a PDF.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; ``level`` is 1 to 3. Numbers are part of ``text``; it may begin a new page."""

    level: int
    text: str
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; ``kind`` is ``body``, ``note`` (small) or ``warning`` (must be seen)."""

    text: str
    kind: Literal["body", "note", "warning"] = "body"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of ready text.

    Parameters
    ----------
    caption : str
        Without its number; empty: the table has none.
    heads : sequence of str
    rows : sequence of sequences of str
        As long as ``heads``.
    aligns : sequence of {"left", "right", "center"}
        One per column.
    widths : sequence of float
        Relative widths of columns.
    note : str
        Stands small below the table.
    total : bool
        Whether the last row is a sum.
    """

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    aligns: Sequence[Align]
    widths: Sequence[float]
    note: str = ""
    total: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture (PNG), its caption without a number, and words for those who cannot see it.

    A picture without a caption stands in no list of figures.
    """

    caption: str
    png: bytes = field(repr=False)
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    """A block to sign: a line for each role, and one for the date."""

    roles: Sequence[str]
    date: str


#: Smallest letters of a form, as a part of the usual ones (our choice: 8.5 points become 6.6).
LEAST_SIZE = 0.78

Block = Heading | Text | Table | Figure | Signatures


@dataclass(frozen=True, slots=True)
class Document:
    """A document before any file format.

    Parameters
    ----------
    title, subtitle : str
        The title is also the head of the pages.
    blocks : sequence of blocks
    lang : {"zh", "en"}
    warning : str
        The notice of the plan, that must be seen first; empty for none.
    lines : sequence of str
        Date, approval number and the like, below the title.
    cover : bool
        Whether title and lines have a page of their own.
    contents : bool
        Whether a table of contents, lists of figures and of tables stand before the blocks.
    one_page : bool
        A form: small margins above and below, no running head, and letters as much smaller as it
        takes to stand on one page (down to :data:`LEAST_SIZE`; what is longer goes on).
    """

    title: str
    subtitle: str
    blocks: Sequence[Block]
    lang: str
    warning: str = ""
    lines: Sequence[str] = ()
    cover: bool = True
    contents: bool = True
    one_page: bool = False
