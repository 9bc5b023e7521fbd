"""How the document looks: page, fonts, heading, caption and table styles of Word."""

from __future__ import annotations

from typing import Any

from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt, RGBColor

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


def prepare(document: Document, lang: str, *, cover: bool = True) -> None:
    """Give a new document its page, styles and fonts."""
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin, section.bottom_margin = Cm(2.6), Cm(2.4)
    section.different_first_page_header_footer = cover
    _defaults(document)
    _paragraph_styles(document, lang)
    if not cover:
        document.styles["Title"].paragraph_format.space_before = Pt(0)
        document.styles["Title"].font.size = Pt(20)
        document.styles["Subtitle"].font.size = Pt(12)
    _table_style(document)
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


def _paragraph_styles(document: Document, lang: str) -> None:
    styles = document.styles
    normal = styles["Normal"]
    set_fonts(normal, BODY, LATIN)
    normal.font.size = Pt(12 if lang == "zh" else 11)
    normal.paragraph_format.line_spacing = 1.4
    normal.paragraph_format.space_after = Pt(4)
    for level, size, before in ((1, 18, 20), (2, 14, 14), (3, 12, 10)):
        style = styles[f"Heading {level}"]
        set_fonts(style, HEAD, LATIN_HEAD)
        style.font.size, style.font.bold, style.font.italic = Pt(size), level < 3, False
        style.font.color.rgb = INK
        style.paragraph_format.space_before = Pt(before)
        style.paragraph_format.space_after = Pt(8)
        style.paragraph_format.keep_with_next = True
    caption = styles["Caption"]
    set_fonts(caption, HEAD, LATIN_HEAD)
    caption.font.size, caption.font.bold, caption.font.color.rgb = Pt(10.5), False, INK
    caption.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(10), Pt(4)
    title = styles["Title"]
    set_fonts(title, HEAD, LATIN_HEAD)
    title.font.size, title.font.color.rgb = Pt(28), INK
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(150), Pt(16)
    _no_border(title)
    subtitle = styles["Subtitle"]
    set_fonts(subtitle, HEAD, LATIN_HEAD)
    subtitle.font.size, subtitle.font.italic, subtitle.font.color.rgb = Pt(18), False, INK
    subtitle.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _new_styles(styles)


def _new_styles(styles: Any) -> None:
    """Add the styles that the template lacks."""
    note = styles.add_style("Note", WD_STYLE_TYPE.PARAGRAPH)
    note.base_style = styles["Normal"]
    note.font.size = Pt(9.5)
    note.font.color.rgb = RGBColor(0x50, 0x50, 0x50)
    note.paragraph_format.line_spacing = 1.15
    warning = styles.add_style("Warning", WD_STYLE_TYPE.PARAGRAPH)
    warning.base_style = styles["Normal"]
    set_fonts(warning, HEAD, LATIN_HEAD)
    warning.font.color.rgb = WARN
    warning.paragraph_format.space_before = warning.paragraph_format.space_after = Pt(6)
    _box(warning)
    cell = styles.add_style("Table Text", WD_STYLE_TYPE.PARAGRAPH)
    cell.base_style = styles["Normal"]
    cell.font.size = Pt(9)
    cell.paragraph_format.line_spacing = 1.0
    cell.paragraph_format.space_after = Pt(0)
    figure = styles.add_style("Figure", WD_STYLE_TYPE.PARAGRAPH)
    figure.base_style = styles["Normal"]
    figure.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    figure.paragraph_format.keep_with_next = True
    figure.paragraph_format.space_before = Pt(6)
    figure.paragraph_format.line_spacing = 1.0
    for level in (1, 2):
        entry = styles.add_style(f"toc {level}", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
        entry.base_style = styles["Normal"]
        entry.paragraph_format.left_indent = Cm(0.8 * (level - 1))
        entry.paragraph_format.space_after = Pt(2)
    listed = styles.add_style("table of figures", WD_STYLE_TYPE.PARAGRAPH, builtin=True)
    listed.base_style = styles["Normal"]
    listed.paragraph_format.space_after = Pt(2)
    contents = styles.add_style("Contents Title", WD_STYLE_TYPE.PARAGRAPH)
    contents.base_style = styles["Normal"]
    set_fonts(contents, HEAD, LATIN_HEAD)
    contents.font.size = Pt(18)
    contents.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    contents.paragraph_format.space_after = Pt(12)


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
        '<w:tblCellMar><w:top w:w="35" w:type="dxa"/><w:left w:w="60" w:type="dxa"/>'
        '<w:bottom w:w="35" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr>'
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
