"""The PDF writer: whole text, its own font, pages well filled, the same bytes twice."""

from __future__ import annotations

import io
import itertools
from datetime import UTC, datetime

import docx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from zoning.base.heard import hearing
from zoning.base.shipped import data_path
from zoning.outputs.office import font, pdf, typeset, word
from zoning.outputs.office.document import Document, Figure, Heading, Signatures, Table, Text
from zoning.outputs.office.pdf.pages import Strip, paginate

WHEN = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
SENTENCE = "全市面积 3,843.70 km²，占 28.00%；“生态优先、分区管控”（重建数据）。"


def png(wide: int, tall: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (wide, tall), (90, 160, 120)).save(out, "png")
    return out.getvalue()


def report(lang: str = "zh", **how: object) -> Document:
    rows = [[f"第 {i} 行", "1,234.56", "说明文字" * (i % 7)] for i in range(80)]
    table = Table("主要数字", ["名称", "面积（km²）", "说明"], rows, ["left", "right", "left"],
                  [2, 1, 3], "注：合计闭合。", True)  # fmt: skip
    blocks = [Heading(1, "1  概要"), *[Text(SENTENCE * 5)] * 7]
    for part in range(2, 5):
        blocks += [Heading(1, f"{part}  章"), Text(SENTENCE * 9), Figure("分区图", png(160, 118)),
                   *[Text(SENTENCE * 3)] * 5, Heading(2, f"{part}.1  节"), table]  # fmt: skip
    blocks += [Text("必须看到", "warning"), Signatures(("编制", "审核", "批准"), "日期")]
    return Document("镇江市规划", "报告", blocks, lang, "重建数据", ("2026 年",), **how)


@pytest.fixture(scope="module")
def made():
    return pdf.make(report(), WHEN)


@pytest.mark.slow
def test_every_word_of_the_document_can_be_read_back(made):
    pypdf = pytest.importorskip("pypdf")
    reader = pypdf.PdfReader(io.BytesIO(made.data))
    text = "".join(page.extract_text() for page in reader.pages).replace("\n", "")
    for block in report().blocks:
        said = getattr(block, "text", "")
        assert said.replace(" ", "")[:20] in text.replace(" ", "").replace("\xa0", "")
    assert text.count("第 79 行") == 3
    assert reader.metadata.creation_date == WHEN
    assert reader.metadata.title == "镇江市规划"
    fonts = {str(f["/BaseFont"]) for page in reader.pages
             for f in (r.get_object() for r in page["/Resources"]["/Font"].values())}  # fmt: skip
    assert all("ZoningSansSC" in f for f in fonts), fonts


@pytest.mark.slow
def test_contents_name_the_pages_where_headings_and_captions_stand(made):
    heads = {b.text: b.page for b in made.boxes if b.size >= 14 or "表 " in b.text[:2]}
    entries = [b for b in made.boxes if b.page == 2 and b.text.startswith("3  章")]
    row = [b for b in made.boxes if b.page == 2 and abs(b.y0 - entries[0].y0) < 2]
    assert [b.text for b in row if b.text.isdigit()] == [str(heads["3  章"])]
    pypdf = pytest.importorskip("pypdf")
    reader = pypdf.PdfReader(io.BytesIO(made.data))
    entry = next(e for e in reader.outline if not isinstance(e, list) and e["/Title"] == "3  章")
    assert reader.get_destination_page_number(entry) + 1 == heads["3  章"]


def test_nothing_leaves_the_page_and_no_two_texts_overlap(made):
    texts = [b for b in made.boxes if b.kind == "text"]
    for box in made.boxes:
        assert 60 < box.x0 <= box.x1 < 535 and 20 < box.y0 <= box.y1 < 830, box
    for page in {b.page for b in texts}:
        here = sorted((b for b in made.boxes if b.page == page), key=lambda b: b.y0)
        for i, one in enumerate(here):
            for other in here[i + 1 :]:
                if other.y0 >= one.y1 - 0.5:
                    break
                assert other.x0 >= one.x1 - 0.5 or one.x0 >= other.x1 - 0.5, (one, other)


def test_no_page_is_more_than_a_third_empty_unless_a_chapter_ends(made):
    last = len(made.used)
    for page, used in enumerate(made.used, 1):
        assert used > 2 / 3 or page == last or page + 1 in made.chapters, (page, used)


@given(st.lists(st.tuples(st.sampled_from(["line", "keep", "picture"]),
                          st.floats(8, 120)), max_size=60))  # fmt: skip
@example([("picture", 82.0), ("picture", 120.0), ("picture", 99.0), ("picture", 103.0),
          ("keep", 8.0), ("picture", 97.0)])  # fmt: skip
def test_every_strip_comes_once_and_no_page_overflows(kinds):
    def picture(tall: float, name: int) -> Strip:
        return Strip(tall, name, floats=True, shrink=lambda part: picture(tall * part, name))

    strips = [
        picture(tall, i) if kind == "picture" else Strip(tall / 6, i, keep=kind == "keep")
        for i, (kind, tall) in enumerate(kinds)
    ]
    pages = paginate(strips, 300.0)
    assert sorted(s.draw for p in pages for _, s in p.placed) == list(range(len(strips)))
    runs = 0
    for strip in strips:  # a run that is kept together may be taller than a page
        runs = runs + strip.height if strip.keep else 0
        if runs > 150:
            return
    for page in pages:
        assert page.used <= 300.0 + 1e-6
        order = [s.draw for _, s in page.placed if not s.floats]
        assert order == sorted(order)


@given(st.text("镇江，。（）“”%km²12., /-abc", max_size=80), st.floats(30, 200))
def test_lines_keep_all_letters_and_break_where_they_may(text, room):
    found = typeset.lines(text, room, 10)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(font.width(line, 10) <= room + 1e-6 for line in found)
    if typeset.narrowest(text, 10) <= room:  # nothing had to be cut
        for one, other in itertools.pairwise(found):
            assert not (one and other) or other[0] not in typeset.NO_START or " " in text


def test_heads_and_words_of_a_table_do_not_break():
    heads = ["construction land of the city", "name", "upper bound"]
    found = typeset.column_widths(heads, [["12", "Zhenjiang", "x"]], [1, 20, 1], 300, 8, 6)
    for head, width in zip(heads, found, strict=True):
        words = head.split()
        lines = typeset.lines(head, width - 6, 8)
        assert all(w in " ".join(lines).split() for w in words), lines
    assert sum(found) == pytest.approx(300)


def test_the_font_covers_rare_characters_of_place_names_and_tells_what_it_lacks():
    everyday = "".join(
        bytes((a, b)).decode("gb2312") for a in range(0xB0, 0xD7) for b in range(0xA1, 0xFA)
    )
    assert font.missing([everyday]) == ""
    # third level of the table of 2013: place names and surnames outside GB 2312
    assert font.missing(["扽䢺𬭎鄌郚莒犍为歙砀砻硚盱眙睢邳郯浉浠漷濉灞洨涢滘堌埇垌崀嶍峣𫠊"]) == ""
    with hearing() as told:
        pdf.to_bytes(Document("镇", "", [Text("\U00030edd面")], "zh"), WHEN)
    assert [f.code for f in told] == ["font"]
    assert "U+30EDD" in told[0].what.zh and "〓" in told[0].what.en


def test_the_licence_travels_with_the_font():
    text = data_path("fonts", "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text and "Adobe" in text
    assert data_path("fonts", "ZoningSansSC.ttf").stat().st_size < 3_000_000


def test_the_same_document_gives_the_same_bytes(made):
    assert pdf.make(report(), WHEN).data == made.data
    assert pdf.make(report(), datetime(2027, 1, 1, tzinfo=UTC)).data != made.data


def test_one_document_makes_both_formats_and_a_slip_has_one_page(tmp_path):
    docx = pytest.importorskip("docx")
    slip = Document("查询单", "丹阳市", [Text(SENTENCE), Signatures(("查询人", "审核"), "日期")],
                    "zh", "重建数据", ("2026 年",), cover=False, contents=False)  # fmt: skip
    assert len(pdf.make(slip, WHEN).used) == 1
    path = word.write(slip, tmp_path / "slip.docx")
    document = docx.Document(path)
    shown = [p.text for p in document.paragraphs]
    assert shown[:3] == ["查询单", "丹阳市", "重建数据"] and SENTENCE[:8] in shown[4]
    assert [c.text for c in document.tables[0].columns[0].cells] == ["查询人：", "日期："]
    assert pdf.write(slip, tmp_path / "slip.pdf").read_bytes()[:5] == b"%PDF-"
    assert (tmp_path / "slip.pdf.zoning.json").is_file()


def test_a_picture_does_not_cut_a_table_and_its_heads_come_again():
    head = Strip(10, "head", keep=True)
    rows = [Strip(10, f"row {i}", repeat=(head,)) for i in range(12)]
    picture = Strip(60, "picture", floats=True, shrink=lambda part: Strip(60 * part, "picture"))
    line = Strip(10, "line")
    pages = paginate([*[line] * 5, picture, head, *rows, *[line] * 3], 100.0)
    told = [[s.draw for _, s in page.placed] for page in pages]
    assert told[1][:2] == ["head", "row 4"], told
    table = [s for page in told for s in page if str(s).startswith("row")]
    assert table == [f"row {i}" for i in range(12)]
    flat = [s for page in told for s in page if s != "head"]
    assert flat.index("picture") > flat.index("row 11")


def test_a_table_gives_room_to_the_column_that_would_be_long():
    told = "construction in the zone is within the cap that the plan states for it, by township"
    rows = [[told, "city", "error", "1,163.35 km²"]] * 6
    heads = ["check", "where", "level", "measured"]
    widths = typeset.column_widths(heads, rows, [1, 1, 1, 1], 400, 9, 6)
    even = typeset.lines(told, 100 - 6, 9)
    assert len(typeset.lines(told, widths[0] - 6, 9)) <= len(even) - 2
    assert all(
        len(typeset.lines(c, w - 6, 9)) == 1 for c, w in zip(rows[0][1:], widths[1:], strict=True)
    )


def test_letters_are_smaller_only_where_that_makes_a_table_much_shorter():
    short = [["area", "1.00"]] * 3
    assert typeset.fitted(["a", "b"], short, [1, 1], 200, (9.0, 8.0), 6)[1] == 9.0
    words = ["incommensurabilities " * 2] * 6
    size = typeset.fitted(["x"] * 6, [words] * 9, [1] * 6, 700, (9.0, 8.5, 8.0, 7.0), 6, 1.2)[1]
    assert 9.0 * 0.88 <= size <= 9.0


def test_a_picture_without_a_caption_stands_in_no_list():
    blocks = [Heading(1, "1  章"), Figure("", png(160, 118), "位置"), Figure("甲", png(160, 118))]
    made = pdf.make(Document("甲", "报告", blocks, "zh"), WHEN)
    assert [b.text for b in made.boxes if b.text.startswith("图 ")][-1:] == ["图 1  甲"]
    written = docx.Document(io.BytesIO(word.to_bytes(Document("甲", "报告", blocks, "zh"), WHEN)))
    assert [p.text for p in written.paragraphs if p.style.name == "Caption"] == ["图 1  甲"]
    assert len(written.inline_shapes) == 2
