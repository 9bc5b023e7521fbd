"""Encodings of shapefiles: stated, declared, wrong, missing, and names cut in a character."""

import geopandas as gpd
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.inputs.shapefile import choose_encoding, decode
from zoning.inputs.vector import read_polygons

LONG = "主体功能区名称"


def make(folder, encoding, cpg="keep", name="乡镇 数据.shp", **columns):
    folder.mkdir(exist_ok=True, parents=True)
    columns = columns or {"代码": ["321102001", "321102002"], "名称": ["大路镇", "姚桥镇"]}
    frame = gpd.GeoDataFrame(
        columns,
        crs="EPSG:4549",
        geometry=[shapely.box(5e5 + i, 0, 5e5 + i + 1, 1) for i in range(2)],
    )
    path = folder / name
    frame.to_file(path, encoding=encoding)
    if cpg is None:
        path.with_suffix(".cpg").unlink()
    elif cpg != "keep":
        path.with_suffix(".cpg").write_text(cpg)
    # The header of the .dbf names a code page too; take it off where the .cpg decides.
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = 0
    path.with_suffix(".dbf").write_bytes(dbf)
    return path


def read(path, **options):
    options.setdefault("columns", {"code": "代码", "name": "名称"})
    return read_polygons(path, **options)


@pytest.mark.parametrize(
    ("encoding", "cpg", "notes"),
    [
        ("UTF-8", "keep", []),
        ("GBK", "keep", []),
        ("GBK", "936", []),
        ("GBK", "ANSI 936", []),
        ("GBK", "GB2312", []),
        ("GBK", None, ["encoding-guessed"]),
        ("UTF-8", None, ["encoding-guessed"]),
        ("GBK", "UTF-8", ["encoding-guessed"]),
        ("GBK", "no such encoding", ["encoding-guessed"]),
        ("GB18030", None, ["encoding-guessed"]),
    ],
)
def test_chinese_text_arrives(tmp_path, encoding, cpg, notes):
    got, source = read(make(tmp_path / "中文 路径", encoding, cpg))
    assert got.name.tolist() == ["大路镇", "姚桥镇"]
    assert got.code.tolist() == ["321102001", "321102002"]
    assert [f.code for f in source.findings] == notes
    if notes:
        said = source.findings[0]
        assert said.level == ("warning" if cpg == "UTF-8" else "note")
        assert "encoding" in said.remedy.en


def test_the_header_of_the_dbf_counts_where_there_is_no_cpg(tmp_path):
    path = make(tmp_path, "GBK", None)
    dbf = bytearray(path.with_suffix(".dbf").read_bytes())
    dbf[29] = 0x4D
    path.with_suffix(".dbf").write_bytes(dbf)
    got, _ = read(path)
    assert got.name.tolist() == ["大路镇", "姚桥镇"]


def test_the_stated_encoding_goes_first_and_must_fit(tmp_path):
    path = make(tmp_path, "GBK", None)
    got, source = read(path, encoding="GBK")
    assert got.name.tolist() == ["大路镇", "姚桥镇"] and source.findings == ()
    for wrong in ("utf-8", "ascii", "nonsense"):
        with pytest.raises(InputError) as e:
            read(path, encoding=wrong)
        assert e.value.problems[0].code == "encoding"


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
def test_names_cut_at_ten_bytes_do_not_stop_the_reader(tmp_path, encoding):
    path = make(tmp_path, encoding, 代码=["1", "2"], 名称=["甲", "乙"], **{LONG: ["优化", "重点"]})
    got, source = read(path)
    cut = "主体功" if encoding == "UTF-8" else "主体功能区"
    assert got[cut].tolist() == ["优化", "重点"]
    assert [f.code for f in source.findings] == ["cut-names"]
    assert cut in source.findings[0].what.zh
    with pytest.raises(InputError) as e:
        read(path, columns={"code": "代码", "zone": LONG})
    assert e.value.problems[0].code == "missing-column" and cut in e.value.problems[0].remedy.en


def test_two_names_cut_to_the_same_stay_apart(tmp_path):
    path = make(
        tmp_path,
        "UTF-8",
        代码=["1", "2"],
        名称=["甲", "乙"],
        **{"主体功甲": ["a", "b"], "主体功乙": ["c", "d"]},
    )
    got, _ = read(path)
    values = [got[c].tolist() for c in got.columns if c.startswith("主体功")]
    assert values == [["a", "b"], ["c", "d"]]


def test_values_cut_in_a_character_lose_only_that_one(tmp_path):
    long = "镇江市" * 60  # 540 bytes in UTF-8; a text field holds 254
    got, _ = read(make(tmp_path, "UTF-8", 代码=["1", "2"], 名称=[long, "乙"]))
    assert got.name[0] and long.startswith(got.name[0]) and "\ufffd" not in got.name[0]


def test_missing_values_stay_missing(tmp_path):
    got, _ = read(make(tmp_path, "GBK", None, 代码=["1", "2"], 名称=[None, "乙"]))
    assert got.name.isna().tolist() == [True, False]


def test_ascii_needs_no_guess(tmp_path):
    path = make(tmp_path, "UTF-8", None, code=["1", "2"], name_=["a", "b"])
    got, source = read(path, columns={"code": "code"})
    assert got.code.tolist() == ["1", "2"] and source.findings == ()


@settings(max_examples=80, deadline=None)
@given(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=9),
    st.integers(1, 40),
    st.sampled_from(["utf-8", "gb18030"]),
)
def test_a_cut_text_is_a_beginning_of_the_whole(text, size, encoding):
    raw = text.encode(encoding)
    got = decode(raw[:size], encoding)
    assert text.startswith(got)
    assert len(raw[:size]) - len(got.encode(encoding)) < 4


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=2, max_size=6),
        min_size=1,
        max_size=5,
    )
)
def test_utf8_is_always_told_from_gbk(tmp_path_factory, texts):
    path = tmp_path_factory.getbasetemp() / "none.shp"
    assert choose_encoding([t.encode("utf-8") for t in texts], path)[0] == "utf-8"
    raw = [t.encode("gb18030") for t in texts]
    try:
        for r in raw:
            decode(r, "utf-8")
        assume(False)  # a few GBK texts are UTF-8 as well; nobody can tell
    except UnicodeDecodeError:
        assert choose_encoding(raw, path)[0] == "gb18030"


def test_bytes_that_fit_nothing(tmp_path):
    with pytest.raises(InputError, match="UTF-8, GB 18030"):
        choose_encoding([b"\xff\xff\xff\xff"], tmp_path / "a.shp")
