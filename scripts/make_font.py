"""Make data/fonts/ZoningSansSC.ttf: the Chinese font that ships and is embedded in PDF files.

It is a subset of Noto Sans CJK SC (SIL Open Font License 1.1, (c) 2014-2021 Adobe): all 8,105
characters of the table of general standard Chinese characters (通用规范汉字表, 2013, whose third
level holds rare characters of place names and surnames), all of GB 2312, and the Latin, Greek
and punctuation that reports use. Cubic outlines become quadratic ones within a thousandth of the
em, since PDF writers embed TrueType best. The font is renamed, as the licence wants of subsets
under reserved names.

    python scripts/make_font.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc \
        /usr/share/unicode/Unihan_OtherMappings.txt.bz2
"""

from __future__ import annotations

import argparse
import bz2
import re
from pathlib import Path
from typing import Any

FACE = "Noto Sans CJK SC"
NAME = "Zoning Sans SC"
HERE = Path(__file__).resolve().parent.parent
TARGET = HERE / "data" / "fonts" / "ZoningSansSC.ttf"
#: Largest distance between old and new outline, in thousandths of the em.
ERROR = 1.0
#: Latin, Greek, punctuation, arrows, signs of units, circled numbers, full-width forms.
RANGES = (
    (0x20, 0x7E), (0xA0, 0xFF), (0x391, 0x3C9), (0x2010, 0x2027), (0x2030, 0x205E),
    (0x2070, 0x208E), (0x2100, 0x214F), (0x2150, 0x218F), (0x2190, 0x21FF), (0x2200, 0x22FF),
    (0x2460, 0x24FF), (0x25A0, 0x25FF), (0x2600, 0x26FF), (0x2713, 0x2717), (0x3000, 0x303F),
    (0x3100, 0x312F), (0x3200, 0x33FF), (0xFE30, 0xFE4F), (0xFF00, 0xFFEF),
)  # fmt: skip


def characters(unihan: Path) -> set[int]:
    """Give the code points to keep."""
    found = {c for low, high in RANGES for c in range(low, high + 1)}
    opened = bz2.open if unihan.suffix == ".bz2" else open
    with opened(unihan, "rt", encoding="utf-8") as lines:
        found |= {int(m[1], 16) for m in map(re.compile(r"U\+(\w+)\tkTGH").match, lines) if m}
    rows = range(0xB0, 0xF8)
    for pair in (bytes((a, b)) for a in rows for b in range(0xA1, 0xFF)):
        found |= {ord(c) for c in pair.decode("gb2312", errors="ignore")}
    return found


def to_truetype(font: Any) -> None:
    """Replace cubic outlines by quadratic ones."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    order, glyphs, drawn = font.getGlyphOrder(), font.getGlyphSet(), {}
    for name in order:
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, ERROR, reverse_direction=True))
        drawn[name] = pen.glyph()
    font["loca"], glyf = newTable("loca"), newTable("glyf")
    font["glyf"] = glyf
    glyf.glyphOrder, glyf.glyphs = order, drawn
    del font["CFF "]
    if "VORG" in font:
        del font["VORG"]
    glyf.compile(font)
    hmtx = font["hmtx"]
    for name, glyph in drawn.items():
        glyph.recalcBounds(glyf)
        hmtx[name] = (hmtx[name][0], getattr(glyph, "xMin", 0))
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in ("maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs",
                  "maxInstructionDefs", "maxStackElements", "maxSizeOfInstructions",
                  "maxComponentElements", "maxComponentDepth"):  # fmt: skip
        setattr(maxp, field, 0)
    maxp.maxZones = 1
    font["post"].formatType = 3.0
    font.sfntVersion = "\000\001\000\000"


def rename(font: Any) -> None:
    """Give the subset a name of its own and keep the words of the licence."""
    keep = {r.nameID: r.toUnicode() for r in font["name"].names if r.nameID in (0, 13, 14)}
    table = font["name"]
    table.names = []
    words = {1: NAME, 2: "Regular", 3: f"{NAME} 1.0", 4: NAME, 5: "Version 1.0",
             6: NAME.replace(" ", "") + "-Regular", **keep}  # fmt: skip
    for number, text in sorted(words.items()):
        table.setName(text, number, 3, 1, 0x409)


def make(collection: Path, unihan: Path, target: Path) -> None:
    """Build the font."""
    from fontTools import subset
    from fontTools.ttLib import TTCollection

    faces = TTCollection(collection).fonts
    font = next(f for f in faces if f["name"].getDebugName(1) == FACE)
    options = subset.Options(
        layout_features=[], hinting=False, notdef_outline=True, glyph_names=False,
        desubroutinize=True, drop_tables=["vhea", "vmtx", "BASE", "DSIG", "GSUB", "GPOS", "GDEF"],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14], recalc_timestamp=False,
    )  # fmt: skip
    worker = subset.Subsetter(options)
    worker.populate(unicodes=characters(unihan))
    worker.subset(font)
    to_truetype(font)
    rename(font)
    target.parent.mkdir(parents=True, exist_ok=True)
    font.recalcTimestamp = False
    font.save(target)
    print(f"{target.name}: {len(font.getBestCmap()):,} characters, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("collection", type=Path, help="NotoSansCJK-Regular.ttc")
    parser.add_argument("unihan", type=Path, help="Unihan_OtherMappings.txt, or .bz2")
    parser.add_argument("-o", type=Path, default=TARGET)
    given = parser.parse_args()
    make(given.collection, given.unihan, given.o)
