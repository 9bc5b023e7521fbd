"""How the document looks: page, fonts, heading, caption and table styles of Word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

from zoning.outputs.office.flow import CAPTION, CELL, HEADS, NORMAL, NOTE, WARNING, Measure

#: Body and heading faces after the habits of Chinese official documents (GB/T 9704-2012: 仿宋 for
#: text, 黑体 for headings); every Windows and most office suites have them or a named stand-in.
BODY, HEAD = "仿宋", "黑体"
LATIN, LATIN_HEAD = "Times New Roman", "Arial"
TABLE_STYLE = "PlanTable"
INK, WARN = RGBColor(0x1F, 0x2A, 0x30), RGBColor(0xA1, 0x1D, 0x1D)

_STAND_INS = {
    BODY: "FangSong;仿宋_GB2312;FangSong_GB2312;STFangsong;Noto Serif CJK SC;SimSun",
    HEAD: "SimHei;Noto Sans CJK SC;Microsoft YaHei;STHeiti",
}
_FONT_TABLE = "/word/fontTable.xml"


def prepare(
    document: Document, lang: str, *, cover: bool = True, house: frozenset[str] | None = None
) -> None:
    """Give a new document its page, styles and fonts.

    Parameters
    ----------
    house : frozenset of str, optional
        The document is a house template with these styles, which stay as they are, like its page;
        what it lacks is added.
    """
    if house is None:
        section = document.sections[0]
        section.page_width, section.page_height = Cm(21.0), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2.5)
        section.top_margin, section.bottom_margin = Cm(2.6), Cm(2.4)
        section.different_first_page_header_footer = cover
        _defaults(document)
    _paragraph_styles(document, lang, house or frozenset())
    if not cover and house is None:
        document.styles["Title"].paragraph_format.space_before = Pt(0)
        document.styles["Title"].font.size = Pt(20)
        document.styles["Subtitle"].font.size = Pt(12)
    if TABLE_STYLE not in (house or ()):
        _table_style(document)
    if house is None:
        _font_table(document)
        _settings(document)


def make_form(document: Document, part: float) -> None:
    """Make a document a form of one page: small margins, letters that are a part of the usual."""
    section = document.sections[0]
    section.top_margin = section.bottom_margin = Cm(1.4)
    section.header_distance = section.footer_distance = Cm(0.5)
    sizes = {"Title": 16, "Subtitle": 10, "Warning": 10, "Table Text": 8.5, "Note": 8.5,
             "Caption": 9.5, "Normal": 10}  # fmt: skip
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.size = Pt(round(size * part * 2) / 2)
        style.paragraph_format.space_after = Pt(2 * part)
        style.paragraph_format.line_spacing = 1.0
    document.styles["Title"].paragraph_format.space_before = Pt(0)
    document.styles["Note"].paragraph_format.space_before = Pt(2 * part)


def set_fonts(style: Any, east: str, latin: str) -> None:
    """Name the fonts of a style for Latin and Chinese text, and drop those of the theme."""
    properties = style.element.get_or_add_rPr()
    fonts = properties.get_or_add_rFonts()
    fonts.attrib.clear()
    for key, name in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", east)):
        fonts.set(qn(f"w:{key}"), name)


def _defaults(document: Document) -> None:
    """Set fonts and language where a style says nothing."""
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}")
    properties = defaults.find(qn("w:rPr"))
    for tag in ("w:rFonts", "w:lang"):
        for old in properties.findall(qn(tag)):
            properties.remove(old)
    # Latin words are English in both languages, else Chinese rules would break them anywhere.
    properties.insert(0, parse_xml(
        f'<w:rFonts {nsdecls("w")} w:ascii="{LATIN}" w:hAnsi="{LATIN}" w:cs="{LATIN}" '
        f'w:eastAsia="{BODY}" w:hint="eastAsia"/>'))  # fmt: skip
    properties.append(parse_xml(
        f'<w:lang {nsdecls("w")} w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>'))  # fmt: skip


def _paragraph_styles(document: Document, lang: str, house: frozenset[str]) -> None:
    """Set every style that the document needs; those of a house stay."""
    for name, base, dress in _STYLES:
        if name.lower() in house:
            continue
        styles = document.styles
        # A style that is there only by name (python-docx knows them all) has no element yet.
        there = {str(s.name).lower() for s in styles}
        if name.lower() in there:
            style = styles[name]
        else:
            style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=name in _BUILT_IN)
            if base:
                style.base_style = styles[base]
        dress(style, lang)


def _spaced(style: Any, look: Measure) -> None:
    """Set size, fixed distance of lines, and space above and below."""
    style.font.size = Pt(look.size)
    form = style.paragraph_format
    form.line_spacing = Pt(look.leading)
    form.space_before, form.space_after = Pt(look.before), Pt(look.after)


def _normal(style: Any, lang: str) -> None:
    set_fonts(style, BODY, LATIN)
    _spaced(style, NORMAL[lang])


def _heading(level: int) -> Callable[[Any, str], None]:
    def dress(style: Any, _lang: str) -> None:
        set_fonts(style, HEAD, LATIN_HEAD)
        _spaced(style, HEADS[level])
        style.font.bold, style.font.italic = level < 3, False
        style.font.color.rgb = INK
        style.paragraph_format.keep_with_next = True
        _outline(style, level)

    return dress


def _outline(style: Any, level: int) -> None:
    """Give a heading its level, which contents and bookmarks follow."""
    properties = style.element.get_or_add_pPr()
    if properties.find(qn("w:outlineLvl")) is None:
        mark = parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="{level - 1}"/>')
        properties.append(mark)


def _caption(style: Any, _lang: str) -> None:
    set_fonts(style, HEAD, LATIN_HEAD)
    _spaced(style, CAPTION)
    style.font.bold, style.font.color.rgb = False, INK
    style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _title(style: Any, _lang: str) -> None:
    set_fonts(style, HEAD, LATIN_HEAD)
    style.font.size, style.font.color.rgb = Pt(28), INK
    style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(150), Pt(16)
    style.paragraph_format.line_spacing = 1.4
    _no_border(style)


def _subtitle(style: Any, _lang: str) -> None:
    set_fonts(style, HEAD, LATIN_HEAD)
    style.font.size, style.font.italic, style.font.color.rgb = Pt(18), False, INK
    style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    style.paragraph_format.line_spacing = 1.4


def _note(style: Any, _lang: str) -> None:
    _spaced(style, NOTE)
    style.font.color.rgb = RGBColor(0x50, 0x50, 0x50)


def _warning(style: Any, _lang: str) -> None:
    set_fonts(style, HEAD, LATIN_HEAD)
    _spaced(style, WARNING)
    style.font.color.rgb = WARN
    _box(style)


def _cell(style: Any, _lang: str) -> None:
    _spaced(style, CELL)


def _figure(style: Any, _lang: str) -> None:
    style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    style.paragraph_format.keep_with_next = True
    style.paragraph_format.space_before = Pt(6)
    style.paragraph_format.line_spacing = 1.0  # a fixed one would cut the picture


def _entry(level: int) -> Callable[[Any, str], None]:
    def dress(style: Any, _lang: str) -> None:
        style.paragraph_format.left_indent = Cm(0.8 * (level - 1))
        style.paragraph_format.space_after = Pt(2)

    return dress


def _contents(style: Any, _lang: str) -> None:
    set_fonts(style, HEAD, LATIN_HEAD)
    style.font.size = Pt(18)
    style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    style.paragraph_format.line_spacing = Pt(26)
    style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(12)


#: Name, the style it stands on, and how it looks.
_STYLES: tuple[tuple[str, str, Callable[[Any, str], None]], ...] = (
    ("Normal", "", _normal),
    *((f"Heading {level}", "Normal", _heading(level)) for level in (1, 2, 3)),
    ("Caption", "Normal", _caption), ("Title", "Normal", _title),
    ("Subtitle", "Normal", _subtitle), ("Note", "Normal", _note),
    ("Warning", "Normal", _warning), ("Table Text", "Normal", _cell),
    ("Figure", "Normal", _figure), ("toc 1", "Normal", _entry(1)), ("toc 2", "Normal", _entry(2)),
    ("table of figures", "Normal", _entry(1)), ("Contents Title", "Normal", _contents),
)  # fmt: skip
_BUILT_IN = {"Normal", "Heading 1", "Heading 2", "Heading 3", "Caption", "Title", "Subtitle",
             "toc 1", "toc 2", "table of figures"}  # fmt: skip


def _no_border(style: Any) -> None:
    """Take away the line that the template draws below titles."""
    properties = style.element.get_or_add_pPr()
    for border in properties.findall(qn("w:pBdr")):
        properties.remove(border)


def _box(style: Any) -> None:
    """Draw a bar at the left of a paragraph that must be seen."""
    border = parse_xml(
        f'<w:pBdr {nsdecls("w")}><w:left w:val="single" w:sz="24" w:space="8" w:color="A11D1D"/>'
        "</w:pBdr>"
    )
    properties = style.element.get_or_add_pPr()
    properties.insert_element_before(
        border, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc"
    )


def _table_style(document: Document) -> None:
    """Add a table with three lines: above, below the heads, and at the end (三线表)."""
    line = 'w:val="single" w:space="0" w:color="1F2A30"'
    document.styles.element.append(parse_xml(
        f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="{TABLE_STYLE}">'
        '<w:name w:val="Plan Table"/><w:uiPriority w:val="99"/><w:qFormat/>'
        "<w:tblPr><w:tblStyleRowBandSize w:val=\"1\"/><w:tblBorders>"
        f'<w:top {line} w:sz="12"/><w:bottom {line} w:sz="12"/>'
        '<w:insideH w:val="single" w:sz="2" w:space="0" w:color="D5DADD"/></w:tblBorders>'
        '<w:tblCellMar><w:top w:w="35" w:type="dxa"/><w:left w:w="90" w:type="dxa"/>'
        '<w:bottom w:w="35" w:type="dxa"/><w:right w:w="90" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
        f'<w:bottom {line} w:sz="6"/></w:tcBorders>'
        '<w:shd w:val="clear" w:color="auto" w:fill="EEF2F3"/></w:tcPr></w:tblStylePr>'
        '<w:tblStylePr w:type="lastRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
        f'<w:top {line} w:sz="6"/></w:tcBorders></w:tcPr></w:tblStylePr>'
        "</w:style>"))  # fmt: skip


def _font_table(document: Document) -> None:
    """Name stand-ins for the Chinese fonts, for machines that do not have them."""
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{others}"/><w:charset w:val="86"/>'
        f'<w:family w:val="{"modern" if name == BODY else "swiss"}"/>'
        '<w:pitch w:val="fixed"/></w:font>'
        for name, others in _STAND_INS.items()
    )
    fonts += "".join(
        f'<w:font w:name="{name}"><w:charset w:val="00"/><w:family w:val="{family}"/>'
        '<w:pitch w:val="variable"/></w:font>'
        for name, family in ((LATIN, "roman"), (LATIN_HEAD, "swiss"))
    )
    text = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {nsdecls("w")}>'
    for part in document.part.package.iter_parts():
        if str(part.partname) == _FONT_TABLE:
            part._blob = f"{text}{fonts}</w:fonts>".encode()


def _settings(document: Document) -> None:
    """Ask Word for its present layout, not that of the template's year."""
    for setting in document.settings.element.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
