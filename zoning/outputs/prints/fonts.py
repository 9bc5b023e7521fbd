"""Fonts that can write Chinese: the one that ships, then what the machine has."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from zoning.outputs.office import font

log = logging.getLogger(__name__)

#: Tried in this order: the font that ships, so that drawings are the same on every machine; for
#: characters that it lacks free fonts, then those of Windows, macOS and Chinese Linux desktops.
FAMILIES = (
    font.NAME,
    "Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "Noto Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "DengXian",
    "PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti", "FangSong", "SimSun",
    "Noto Sans CJK JP", "Noto Serif CJK SC", "Noto Serif CJK JP", "Arial Unicode MS",
)  # fmt: skip
_LATIN = "DejaVu Sans"


@cache
def chinese_fonts() -> tuple[str, ...]:
    """Give the known families with Chinese that this machine has, best first.

    Returns
    -------
    tuple of str
        May be empty; then a warning is logged once, and maps are drawn with empty boxes for
        Chinese characters.

    Notes
    -----
    matplotlib before 3.11 sees only the first face of a collection (.ttc), so "Noto Sans CJK JP"
    stands in the list: it holds the same characters, some with Japanese strokes.
    """
    from matplotlib.font_manager import fontManager

    if font.font_file().is_file():
        _add(fontManager)
    there = {known.name for known in fontManager.ttflist}
    found = tuple(name for name in FAMILIES if name in there)
    if not found:
        log.warning(
            "no font with Chinese characters was found; install Noto Sans CJK or Source Han Sans. "
            "未找到中文字体，图中汉字将无法显示，请安装思源黑体或 Noto Sans CJK。"
        )
    return found


def _add(manager: Any) -> None:
    """Make the font that ships known; it has one weight, which also stands for bold."""
    if any(known.name == font.NAME for known in manager.ttflist):
        return
    manager.addfont(font.font_file())
    regular = next(known for known in manager.ttflist if known.name == font.NAME)
    manager.ttflist.append(replace(regular, weight=700))


def has_truetype_outlines(path: str | Path) -> bool:
    """Whether a font file (.ttf, .otf, .ttc) holds TrueType outlines and not PostScript ones.

    References
    ----------
    OpenType specification 1.9, "Organization of an OpenType font": the version tag ``OTTO`` marks
    PostScript (CFF) outlines; a collection begins with ``ttcf`` and gives the place of each face.
    """
    with Path(path).open("rb") as f:
        tag = f.read(4)
        if tag == b"ttcf":
            f.seek(12)
            f.seek(int.from_bytes(f.read(4), "big"))
            tag = f.read(4)
    return tag in (b"\x00\x01\x00\x00", b"true")


def _pdf_font_type() -> int:
    """Give the way to embed the fonts in use: as TrueType (42), or as drawn glyphs (3).

    matplotlib writes fonts with PostScript outlines (Noto and Source Han are such) as if they
    were TrueType when told 42; strict readers and printers refuse that. Glyph procedures hold
    everywhere, and the text stays searchable either way.
    """
    from matplotlib.font_manager import FontProperties, findfont

    family = [*chinese_fonts(), _LATIN][0]
    return 42 if has_truetype_outlines(findfont(FontProperties(family=family))) else 3


@contextmanager
def chinese_text() -> Iterator[None]:
    """Draw and save figures with Chinese text, fonts embedded, and no mathematics in names.

    The settings hold inside the ``with`` block only: both drawing and saving belong into it.
    """
    import matplotlib as mpl

    settings = {
        "font.family": [*chinese_fonts(), _LATIN],
        "axes.unicode_minus": False,
        "pdf.fonttype": _pdf_font_type(),
        "svg.hashsalt": "zoning",  # else every drawing gets other names inside
        "text.parse_math": False,  # a "$" in a place name is a character
        "savefig.facecolor": "white",
    }
    with mpl.rc_context(settings):
        yield
