"""The Chinese font that ships, and how wide text is in it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.base.shipped import data_path

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Name under which PDF files embed it; also that inside the file.
NAME = "Zoning Sans SC"
#: Stands for a character that the font lacks (geta mark, 〓: "a type is missing here").
GETA = "\u3013"
_PS_NAME = NAME.replace(" ", "")


def font_file() -> Path:
    """Give the path of the shipped font (SIL Open Font License; see data/fonts)."""
    return data_path("fonts", "ZoningSansSC.ttf")


@cache
def _face() -> Any:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    font = TTFont(_PS_NAME, str(font_file()))
    pdfmetrics.registerFont(font)
    return font.face


def ps_name() -> str:
    """Register the font with the PDF library and give its name there."""
    _face()
    return _PS_NAME


@cache
def _advance(char: str) -> int:
    face = _face()
    return int(face.charWidths.get(ord(char), face.charWidths[ord(GETA)]))


def width(text: str, size: float = 1.0) -> float:
    """Give the width of a text in points at a size.

    Examples
    --------
    >>> width("镇江", 10)
    20.0
    >>> width("镇a", 10) < 20
    True
    """
    return sum(_advance(char) for char in text) * size / 1000


def missing(texts: Iterable[str]) -> str:
    """Give the characters that the font cannot draw, each once, in order of their codes.

    Examples
    --------
    >>> missing(["丹阳", "\U00030edd\U00030edd面"])
    '\U00030edd'
    """
    known = _face().charToGlyph
    return "".join(sorted({c for text in texts for c in text if ord(c) not in known and c > " "}))


def drawable(text: str) -> str:
    """Replace what the font cannot draw by a mark that shows that something is missing.

    Examples
    --------
    >>> drawable("丹\U00030edd阳")
    '丹〓阳'
    """
    known = _face().charToGlyph
    return "".join(c if ord(c) in known else GETA for c in text if c >= " ")
