"""The house template: what is its own stays, what runs or points elsewhere is refused."""

from __future__ import annotations

import io
import zipfile

import docx
import pytest
import worlds
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt, RGBColor

import zoning as zn
from zoning import api
from zoning.errors import InputError
from zoning.outputs.office import house, word
from zoning.outputs.office.document import Document, Figure, Heading, Table, Text
from zoning.outputs.office.whole import stamp
from zoning.outputs.report import outlines, pieces

RED = RGBColor(0xD0, 0, 0)


def template(*, mark: bool = True, words: bool = True) -> bytes:
    """Make the template of an office: red head, number, own heading, page, and a foot."""
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height, section.left_margin = Cm(21), Cm(29.7), Cm(3)
    section.header.paragraphs[0].text = "云岭市政府公文"
    if words:
        head = document.add_paragraph("云岭市人民政府文件")
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    style = document.styles["Heading 1"]
    style.font.color.rgb, style.font.size = RED, Pt(22)
    if mark:
        document.add_paragraph(house.MARK)
        document.add_paragraph("抄送：各县区人民政府。")
    return saved(document)


def saved(document: docx.document.Document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def changed(data: bytes, name: str, change) -> bytes:
    """Change one part of an archive, or add it."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {n: old.read(n) for n in old.namelist()}
    parts[name] = change(parts.get(name, b""))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for key, part in parts.items():
            new.writestr(key, part)
    return out.getvalue()


def report() -> Document:
    table = Table("主要数字", ["项目", "数值"], [["面积", "1 km²"]], ["left", "right"], [1, 1])
    return Document("云岭市规划", "报告", [Heading(1, "1  概要"), Text("正文。"), table], "zh")


def test_page_styles_head_and_words_of_the_house_stay():
    given = word.to_bytes(report(), stamp(), template())
    made = docx.Document(io.BytesIO(given))
    said = [p.text for p in made.paragraphs]
    assert said[0] == "云岭市人民政府文件" and said[1] == "云岭市规划"
    assert said[-1] == "抄送：各县区人民政府。" and house.MARK not in said
    assert round(made.sections[0].left_margin.cm, 2) == 3
    assert made.sections[0].header.paragraphs[0].text == "云岭市政府公文"
    heading = next(p for p in made.paragraphs if p.style.name == "Heading 1")
    assert heading.style.font.color.rgb == RED and heading.style.font.size == Pt(22)
    # what the house lacks is ours
    assert made.styles["Table Text"].font.size == Pt(9) and len(made.tables) == 1


def test_without_a_mark_the_report_stands_behind_the_words():
    made = docx.Document(io.BytesIO(word.to_bytes(report(), stamp(), template(mark=False))))
    said = [p.text for p in made.paragraphs]
    assert said[0] == "云岭市人民政府文件" and said.index("云岭市规划") == 1


def test_a_template_without_styles_of_ours_is_filled_up():
    import re

    def bare(part: bytes) -> bytes:
        return re.sub(rb'<w:style [^>]*w:styleId="(Heading1|Caption|Title)".*?</w:style>', b"",
                      part, flags=re.DOTALL)  # fmt: skip

    given = changed(template(words=False), "word/styles.xml", bare)
    made = docx.Document(io.BytesIO(word.to_bytes(report(), stamp(), given)))
    heading = [p for p in made.paragraphs if p.text.endswith("概要")][-1]
    assert heading.style.name == "Heading 1" and heading.style.font.size == Pt(18)


RELATION = (
    b'<Relationship Id="rX" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    b'relationships/%s" Target="http://elsewhere.example/t" TargetMode="External"/>'
)
FIELD = b"<w:p><w:r><w:instrText>%s</w:instrText></w:r></w:p><w:sectPr"


def relation(kind: bytes):
    return lambda part: part.replace(b"</Relationships>", RELATION % kind + b"</Relationships>")


@pytest.mark.parametrize(("name", "change", "told"), [
    ("word/vbaProject.bin", lambda _: b"x", "macros"),
    ("word/embeddings/oleObject1.bin", lambda _: b"x", "embedded files"),
    ("word/activeX/activeX1.bin", lambda _: b"x", "ActiveX"),
    ("word/_rels/settings.xml.rels", lambda _: b"<Relationships>" + RELATION % b"attachedTemplate"
     + b"</Relationships>", "attachedTemplate"),
    ("word/_rels/document.xml.rels", relation(b"image"), "fetches image"),
    ("word/document.xml", lambda p: p.replace(b"<w:sectPr", FIELD % b"DDEAUTO c:\\\\x", 1),
     "DDEAUTO"),
    ("word/document.xml", lambda p: p.replace(b"<w:sectPr", FIELD % b" INCLUDEPICTURE x ", 1),
     "INCLUDEPICTURE"),
    ("word/styles.xml", lambda p: b'<!DOCTYPE x [<!ENTITY a "b">]>' + p, "entities"),
])  # fmt: skip
def test_a_hostile_template_is_refused_with_its_reason(name, change, told, tmp_path):
    path = tmp_path / "红头.docx"
    path.write_bytes(changed(template(), name, change))
    with pytest.raises(InputError) as error:
        house.read(path)
    assert told in str(error.value) and error.value.problems[0].code == "template"


def test_every_reason_is_told_at_once_and_plain_links_pass(tmp_path):
    data = changed(template(), "word/vbaProject.bin", lambda _: b"x")
    data = changed(data, "word/_rels/document.xml.rels", relation(b"oleObject"))
    assert len(list(house.problems(data, "t"))) == 2
    data = changed(template(), "word/_rels/document.xml.rels", relation(b"hyperlink"))
    assert not list(house.problems(data, "t"))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"{\\rtf1}", b"\xd0\xcf\x11\xe0" * 9])
def test_what_is_no_word_document_is_told(data, tmp_path):
    path = tmp_path / "t.docx"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"no Word document"):
        house.read(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(house, "MOST_UNPACKED", 1000)
    (tmp_path / "t.docx").write_bytes(template())
    with pytest.raises(InputError, match="unpacks"):
        house.read(tmp_path / "t.docx")


@pytest.fixture
def quiet(monkeypatch):
    monkeypatch.setattr(pieces.Writer, "picture", lambda *_: iter(()))
    monkeypatch.setattr(pieces.Writer, "account_chart", lambda *_: iter(()))


def refuted(folder) -> list[str]:
    return [c.text.en for c in api.verify(folder) if not c.ok and c.level == "error"]


EXTRA = '[report]\ntemplate = "红头.docx"\noutline = "township"\n[outputs]\nreport = true\n'


@pytest.mark.slow
def test_a_plan_names_its_template_and_outline(tmp_path, quiet):
    path = worlds.write(tmp_path / "in", extra=EXTRA)
    with pytest.raises(InputError) as error:
        zn.check(path)
    assert "no-file" in {p.code for p in error.value.problems}
    (tmp_path / "in" / "红头.docx").write_bytes(template())
    plan = zn.run(path, tmp_path / "out")
    said = [p.text for p in docx.Document(tmp_path / "out" / "report.docx").paragraphs]
    assert said[0] == "云岭市人民政府文件" and said[-1] == "抄送：各县区人民政府。"
    assert "乡镇主体功能定位细化研究报告" in said and "1  概要" in said
    assert not refuted(tmp_path / "out")
    # a forged figure in a dressed report is still found
    forged = changed((tmp_path / "out" / "report.docx").read_bytes(), "word/document.xml",
                     lambda p: p.replace("甲镇".encode(), "戊镇".encode()))  # fmt: skip
    (tmp_path / "out" / "report.docx").write_bytes(forged)
    assert refuted(tmp_path / "out")
    # asked again from the folder alone, the template is found beside the plan
    plan = zn.load(tmp_path / "out")
    with pytest.raises(InputError, match="template"):
        plan.report(tmp_path / "again")
    plan.report(tmp_path / "again", template=tmp_path / "in" / "红头.docx")
    said = [p.text for p in docx.Document(tmp_path / "again" / "report.docx").paragraphs]
    assert said[0] == "云岭市人民政府文件"
    with pytest.raises(InputError, match="not a PDF"):
        plan.report(tmp_path / "again", to="pdf", template=tmp_path / "in" / "红头.docx")


@pytest.mark.slow
def test_the_outline_of_townships_has_every_part_once_and_numbers_in_order(quiet):
    plan = worlds.plan()
    from zoning.outputs import report as room

    for lang in ("zh", "en"):
        blocks = room.blocks_of(plan, lang, outlines.load("township"))
        heads = [b for b in blocks if isinstance(b, Heading)]
        chapters = [b.text for b in heads if b.level == 1]
        assert [c.split()[0] for c in chapters] == [str(n + 1) for n in range(len(chapters))]
        listed = next(b for b in blocks if isinstance(b, Table)
                      and b.caption in ("乡镇主体功能区名录", "List of townships"))  # fmt: skip
        names = {"zh": ["甲镇", "乙镇", "丙镇"], "en": [
            "Jiazhen Town (甲镇)", "Yizhen Town (乙镇)", "Bingzhen Town (丙镇)"]}  # fmt: skip
        assert [row[1] for row in listed.rows] == names[lang]
        full = [b.caption for b in room.blocks_of(plan, lang) if isinstance(b, Table | Figure)]
        mine = [b.caption for b in blocks if isinstance(b, Table | Figure)]
        assert sorted(mine) == sorted([*full, listed.caption])
        assert any("annex E.2" in b.text or "附录 E.2" in b.text
                   for b in blocks if isinstance(b, Text))  # fmt: skip


def test_an_outline_of_ones_own_and_its_mistakes(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[outline.mine]\ntitle = "Note"\ntitle_zh = "说明"\nparts = ["zones", "data"]',
                    encoding="utf-8")  # fmt: skip
    mine = outlines.load("mine.toml", [tmp_path])
    assert [parts for _, parts in mine.chapters] == [("zones",), ("data",)]
    path.write_text('[outline.mine]\ntitle = "N"\ntitle_zh = "说"\nparts = ["zonez"]\nx = 1\n',
                    encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError) as error:
        outlines.load("mine.toml", [tmp_path])
    told = str(error.value)
    assert "'zones'" in told and "'x'" in told
    with pytest.raises(InputError, match="did you mean 'township'"):
        outlines.load("townships")


@pytest.mark.slow
def test_a_pdf_is_read_back_page_by_page(tmp_path, quiet):
    import base64
    import re
    import zlib

    plan = zn.run(worlds.write(tmp_path / "in"), tmp_path / "out")
    plan.report(tmp_path / "out", to="pdf", lang="en")
    assert not refuted(tmp_path / "out")
    file = tmp_path / "out" / "report.pdf"
    data = file.read_bytes()
    pages = re.finditer(rb">>\s*stream\r?\n([!-z\s]*?)~>\s*endstream", data)
    texts = [(m, zlib.decompress(base64.a85decode(m[1]))) for m in pages]
    at, text = next((m, t) for m, t in texts if t.count(b" Tj") > 20)
    first = re.search(rb"\(.*?[^\\]\) Tj", text)
    forged = text[: first.end() - 4] + b"\\001" + text[first.end() - 4 :]  # one letter more
    packed = base64.a85encode(zlib.compress(forged))
    file.write_bytes(data[: at.start(1)] + packed + data[at.end(1) :])
    wrong = refuted(tmp_path / "out")
    assert wrong and re.search(r"report\.pdf, page \d+", wrong[0]), wrong
