"""Names in Latin letters: readings, English names, traditional signs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoning.base.names import english, syllables, traditional


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("句容市", "Jurong City"), ("丹徒区", "Dantu District"), ("吕城镇", "Lücheng Town"),
        ("谏壁街道", "Jianbi Subdistrict"), ("西安市", "Xi'an City"), ("单县", "Shanxian County"),
        ("六合区", "Luhe District"), ("重庆市", "Chongqing City"), ("长江", "Changjiang"),
        ("茅山管委会", "Maoshan Administrative Committee"), ("Old Town", "Old Town"),
        ("大堰垱镇", "Dayandang Town"), ("滉塘乡", "Huangtang Township"),
        ("枫林土家族乡", "Fenglin Tujia Ethnic Township"), ("瀍河回族区", "Chanhe Hui District"),
        ("三都水族自治县", "Sandu Shui Autonomous County"),
        ("双江拉祜族佤族布朗族傣族自治县",
         "Shuangjiang Lahu, Va, Blang and Dai Autonomous County"),
        ("江北民族乡", "Jiangbei Ethnic Township"), ("水族馆", "Shuizuguan"),
        ("新安经济开发区管委会", "Xin'an Economic Development Zone Administrative Committee"),
    ],
)  # fmt: skip
def test_names_are_written_as_atlases_write_them(name, written):
    assert english(name) == written


def test_kinds_of_protected_land_have_english_words():
    assert english("茅山风景名胜区", "protections") == "Maoshan Scenic Area"
    assert english("赤山湖国家湿地公园", "protections") == "Chishanhu National Wetland Park"
    reservoir = "Wangjiachang Reservoir Drinking-water Source Protection Area"
    assert english("王家厂水库饮用水水源保护区", "protections") == reservoir


@given(st.text(alphabet="镇江句容市区A1 ,（）()街道", max_size=12))
def test_any_name_can_be_read(name):
    assert isinstance(english(name), str)
    assert all(part == part.strip() and part for part in syllables(name))


@given(st.text(alphabet="镇江句容单县重庆六合区", min_size=1, max_size=9))
def test_a_name_of_known_signs_has_a_sound_for_each(name):
    assert len(syllables(name)) == len(name) and all(s.isascii() for s in syllables(name))


def test_traditional_signs_lead_to_simplified_ones():
    found = traditional("镇丹阳")
    assert found["鎮"] == "镇" and found["陽"] == "阳" and set(found.values()) <= set("镇丹阳")


def test_every_sign_of_a_name_has_a_reading():
    """Of 20,992; signs that no name has (兙, and those added to Unicode of late) aside."""
    silent = [chr(c) for c in range(0x4E00, 0xA000) if not syllables(chr(c))[0].isascii()]
    assert len(silent) == 68 and not {*"垱埗圌垟湾沚猇"} & {*silent}


@pytest.mark.slow
def test_readings_are_those_of_another_library():
    pypinyin = pytest.importorskip("pypinyin")
    ours = 0
    names = (
        "镇江 丹阳 扬中 句容 高桥镇 宝堰镇 世业镇 上党镇 辛丰镇 谷阳镇 新坝镇 八桥镇 姚桥镇 丁岗镇"
    )
    for name in names.split():
        ours += syllables(name) == pypinyin.lazy_pinyin(name)
    assert ours == len(names.split())
