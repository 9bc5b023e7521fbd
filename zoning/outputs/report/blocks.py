"""What a report is made of, before any file format: headings, text, tables and pictures."""

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
        Without its number.
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
    """A picture (PNG) with a caption without its number, and words for those who cannot see it."""

    caption: str
    png: bytes = field(repr=False)
    alt: str = ""


Block = Heading | Text | Table | Figure
