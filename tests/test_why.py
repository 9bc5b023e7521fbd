"""Why a zone, word by word: names, amounts, townships, rules and units in both languages."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from zoning.errors import Text
from zoning.zones import load_method
from zoning.zones.decided import decision_on, tell_decision, tell_state
from zoning.zones.method import Called
from zoning.zones.tell import (
    amount,
    indicator_name,
    rule_words,
    tell_flip,
    tell_township,
    tell_unit,
    zone_name,
)

METHOD = load_method("two-matrices")
CALLED = {
    "ntl": Called(Text("night light", "夜间灯光"), "nW"), "bare": Called(Text("b", "裸"), ""),
    "cover": Called(Text("cover", "覆盖"), "share"),
}  # fmt: skip


def both(tell, *given) -> list[str]:
    return [tell(*given, lang) for lang in ("en", "zh")]


def test_names_of_zones_and_indicators():
    zones = (None, pd.NA, "review", "key")
    names = {lang: [zone_name(z, lang, METHOD.scheme) for z in zones] for lang in ("en", "zh")}
    assert names == {
        "en": ["unzoned", "unzoned", "manual review", "key development"],
        "zh": ["未分区", "未分区", "人工复核", "重点开发"],
    }
    found = {k: [indicator_name(k, lang, CALLED) for lang in ("en", "zh")]
             for k in ("ntl", "slope_deg", "x")}  # fmt: skip
    assert found == {"ntl": ["night light", "夜间灯光"], "slope_deg": ["mean slope", "平均坡度"],
                     "x": ["x", "x"]}  # fmt: skip
    assert indicator_name("ntl", "zh") == "ntl"


@pytest.mark.parametrize(("name", "value", "en", "zh"), [
    ("ntl", 1234.6, "1,235 nW", "1,235 nW"), ("ntl", 12345.6, "12,346 nW", "12,346 nW"),
    ("cover", 0.123, "12.3%", "12.3%"), ("bare", 3.0, "3", "3"),
    ("built_share", 0.5, "50.0%", "50.0%"), ("town_suited_share", 0.25, "25.0%", "25.0%"),
    ("ndvi_share", 0.5, "0.5", "0.5"),  # nobody knows what that is
    ("slope_deg", 3.25, "3.25°", "3.25°"), ("hazard", 2.0, "2", "2"), ("x", 1.5, "1.5", "1.5"),
    ("relief_m", 9999.4, "9,999 m", "9,999 m"), ("relief_m", 9999.5, "10,000 m", "10,000 m"),
    ("relief_m", -10_000.4, "-10,000 m", "-10,000 m"),
    ("population_density", 123_456.7, "123,457 persons/km²", "123,457 人/km²"),
    ("min_to_centre", 35.0, "35 min", "35 分钟"), ("min_to_centre", None, "–", "–"),
])  # fmt: skip
def test_amounts_are_written_with_their_units(name, value, en, zh):
    assert [amount(name, value, lang, CALLED) for lang in ("en", "zh")] == [en, zh]


#: A township of which the method says all, and the same in sentences.
TOWN = {
    "zone": "key", "constraint": 22.44, "constraint_grade": "low", "guidance": None,
    "guidance_grade": None, "intensity": 0.123, "intensity_grade": "low", "rule": "zone[high,low]",
    "runner_up": "moderate", "margin": 0.0561, "flip_en": "x if y", "flip_zh": "若甲",
    "flag": None, "zone_reason": "township", "method_zone": "key",
}  # fmt: skip
HEAD = (
    "Constraint 22.4 (low, cuts 28 and 60); guidance –; existing construction 12.3% (low, cuts "
    "15.0% and 30.0%).",
    "约束 22.4（低，分界 28、60）；引导 –；现状开发强度 12.3%（低，分界 15.0%、30.0%）。",
)
RULE = (
    " Rule: suitability for construction high, existing construction low.",
    "规则：建设适宜性高、现状开发强度低。",
)
NEXT = (" Runner-up: moderate development, margin 5.6%.", "次选：适度开发，余量 5.6%。")
FLIP = (" Smallest change: x if y.", "若甲。")
DECISION = {"zone": "key", "reason": "r", "who": "w", "date": "d", "was": None,
            "method_zone": "moderate", "state": "applied"}  # fmt: skip
KEY, OPEN, NONE = (
    ("Key development. ", "重点开发。"), ("Manual review. ", "人工复核。"),
    ("Unzoned. ", "未分区。"),
)  # fmt: skip


@pytest.mark.parametrize(("change", "parts"), [
    ({}, (KEY, HEAD, RULE, NEXT, FLIP)),
    ({"runner_up": None}, (KEY, HEAD, RULE, FLIP)),
    ({"margin": None, "flip_en": None, "flip_zh": None}, (KEY, HEAD, RULE)),
    ({"rule": None, "runner_up": None, "flip_en": None, "flip_zh": None}, (KEY, HEAD)),
    ({"flag": "strange"}, (KEY, HEAD, RULE, NEXT, FLIP, (" strange.", "strange。"))),
    ({"flag": "over-built"}, (KEY, HEAD, RULE, NEXT, FLIP,
        (" To review: built above 30% although suitability is low.",
         "请复核：适宜性低而现状开发强度超过 30%。"))),
    ({"zone_reason": "contiguity", "method_zone": "moderate"}, (KEY, HEAD, RULE, NEXT, FLIP,
        (" Its neighbours are all of this class; the method alone says moderate development.",
         "周边乡镇均为该类型（连片性调整）；单按方法为适度开发。"))),
    ({"zone_reason": "override", "method_zone": None}, (KEY, HEAD, RULE, NEXT, FLIP,
        (" A decision on record says so.", "按已登记的人工决定。"))),
    ({"zone": None, "zone_reason": "unknown", "rule": "unknown: x", "slope_deg": None},
        (NONE, HEAD, (" Rule: unknown: x.", "规则：unknown: x。"), NEXT, FLIP,
         (" Not enough is known to decide: slope_deg missing.",
          "资料不足，无法判定：缺少 slope_deg。"))),
    ({"zone": None, "zone_reason": "unknown", "rule": None, "runner_up": None, "flip_en": None,
      "flip_zh": None, "slope_deg": 1.0},
        (NONE, HEAD, (" Not enough is known to decide.", "资料不足，无法判定。"))),
    ({"zone": None, "zone_reason": "unknown"}, (OPEN, HEAD, RULE, NEXT, FLIP,
        (" The rule leaves it to a person.", "该规则交由人工判定。"))),
])  # fmt: skip
def test_a_township_is_told_sentence_by_sentence(change, parts):
    found = both(lambda lang: tell_township({**TOWN, **change}, METHOD, lang))
    assert found == ["".join(p[k] for p in parts) for k in (0, 1)]


def test_a_decision_and_what_a_crosswalk_leaves_open_end_the_sentences():
    plain = both(lambda lang: tell_township(TOWN, METHOD, lang))
    decided = both(lambda lang: tell_township(TOWN, METHOD, lang, DECISION))
    assert decided == [
        plain[0] + " Decided on record: key development (r; w, d); applied; the method alone says "
        "moderate development.",
        plain[1] + "人工决定为重点开发（r；w，d）；已执行；单按方法为适度开发。",
    ]
    method = replace(METHOD, choices={"zone[high,low]": ("key", "moderate")})
    en, zh = both(lambda lang: tell_township({**TOWN, "zone": None}, method, lang))
    assert en.endswith(" The crosswalk allows key development or moderate development: a decision "
                       "on record must say which.")  # fmt: skip
    assert zh.endswith("对照表可取重点开发或适度开发，须由人工决定。")
    assert both(lambda lang: tell_township({"zone": None}, METHOD, lang)) == [
        "Unzoned. Constraint –; guidance –; existing construction –.",
        "未分区。约束 –；引导 –；现状开发强度 –。",
    ]
    # A dimension without cuts has no grade to tell, one graded in classes their number.
    first, *others = METHOD.dimensions
    bare = replace(METHOD, dimensions=(replace(first, cuts=()), *others))
    assert "Constraint 22.4; guidance" in tell_township(TOWN, bare)
    assert "22.4 (7, cuts" in tell_township({**TOWN, "constraint_grade": "7"}, METHOD)


def test_the_smallest_change_is_told_with_amounts():
    row = {"flip_to": 2.5, "flip_from": 12_000.0, "flip_indicator": "ntl", "flip_zone": "key"}
    method = replace(METHOD, called=CALLED)
    assert both(lambda lang: tell_flip(row, method, lang)) == [
        "key development if night light went from 12,000 nW to 2.5 nW",
        "若夜间灯光由 12,000 nW 变为 2.5 nW，将改为重点开发",
    ]
    assert tell_flip({**row, "flip_to": None}, method, "en") is pd.NA


@pytest.mark.parametrize(("rule", "en", "zh"), [
    ("zone[high,mid]", "suitability for construction high, existing construction medium",
     "建设适宜性高、现状开发强度中"),
    ("zone[high,low]/intensity=high",
     "suitability for construction high, existing construction low, existing construction high",
     "建设适宜性高、现状开发强度低、现状开发强度高"),
    ("zone[1,12]", "suitability for construction grade 1, existing construction grade 12",
     "建设适宜性 1 级、现状开发强度 12 级"),
    ("suitability[low,mid]", "constraint low, guidance medium", "约束低、引导中"),
    ("other[high]", "other[high]", "other[high]"), ("none", "none", "none"),
    ("cube[low,mid,high]", "cube[low,mid,high]", "cube[low,mid,high]"),
])  # fmt: skip
def test_rules_are_told_by_what_met_in_their_tables(rule, en, zh):
    assert both(lambda lang: rule_words(rule, METHOD, lang)) == [en, zh]


def test_a_cube_and_rules_with_words_of_their_own_are_told():
    cube, rules = load_method("cube"), load_method("dominant")
    assert both(lambda lang: rule_words("cube[low,mid,high]", cube, lang)) == [
        "carrying capacity low, existing density medium, potential high",
        "承载能力低、现有开发密度中、发展潜力高",
    ]
    ecology = rules.rules[0]
    assert both(lambda lang: rule_words("ecology", rules, lang)) == [ecology.en, ecology.zh]
    silent = replace(rules, rules=(replace(ecology, en=""), *rules.rules[1:]))
    assert both(lambda lang: rule_words("ecology", silent, lang)) == ["ecology", ecology.zh]


UNIT = {"zone": "balance", "zone_reason": "overlay", "overlay_balance_m2": 700_000,
        "area_m2": 1_000_000, "township": "t", "township_zone": "key"}  # fmt: skip
COUNTED = ("red lines, protected cores, heritage sites or drinking-water sources",
           "生态红线、其他保护核心区、历史文化保护范围、饮用水水源保护区")  # fmt: skip


@pytest.mark.parametrize(("change", "en", "zh"), [
    ({}, f"Ecological balance: {COUNTED[0]} cover 70.0% of it, at least 50.0%. Key development if "
         "the protected share fell below 50.0% (now 70.0%).",
     f"生态平衡：{COUNTED[1]}占比 70.0%，达到 50.0%。若保护占比由 70.0% 降至 50.0% 以下，"
     "将改为重点开发。"),
    ({"township_zone": None},
     f"Ecological balance: {COUNTED[0]} cover 70.0% of it, at least 50.0%.",
     f"生态平衡：{COUNTED[1]}占比 70.0%，达到 50.0%。"),
    ({"area_m2": 0}, f"Ecological balance: {COUNTED[0]} cover 50.0% of it.",
     f"生态平衡：{COUNTED[1]}占比达到 50.0%。"),
    ({"overlay_balance_m2": None}, f"Ecological balance: {COUNTED[0]} cover 50.0% of it.",
     f"生态平衡：{COUNTED[1]}占比达到 50.0%。"),
    ({"zone": "key", "zone_reason": "township", "overlay_balance_m2": 499_000, "overlays": ""},
     "Key development: it takes the class of its township. Ecological balance if the protected "
     "share went to 50.0% (now 49.9%).",
     "重点开发：随所在乡镇的类型。若保护占比由 49.9% 变为 50.0%，将改为生态平衡。"),
    ({"zone": "key", "zone_reason": "contiguity", "overlay_balance_m2": 0},
     "Key development: its neighbours are all of this class. Ecological balance if the protected "
     "share went to 50.0% (now 0.0%).",
     "重点开发：周边乡镇均为该类型（连片性调整）。若保护占比由 0.0% 变为 50.0%，将改为生态平衡。"),
    ({"zone": "key", "zone_reason": "override"}, "Key development: a decision on record says so.",
     "重点开发：按已登记的人工决定。"),
    ({"zone": None, "zone_reason": "unknown", "township": None},
     "Unzoned: it lies in no township or in several.", "未分区：不属于任何乡镇或分属多个乡镇。"),
    ({"zone": None, "zone_reason": "unknown"}, "Unzoned: not enough is known to decide.",
     "未分区：资料不足，无法判定。"),
    ({"zone": "key", "zone_reason": "township", "overlay_balance_m2": None, "overlays": "balance"},
     "Key development: it takes the class of its township. Overlays: ecological balance.",
     "重点开发：随所在乡镇的类型。叠加：生态平衡。"),
])  # fmt: skip
def test_a_unit_is_told_word_by_word(change, en, zh):
    unit = {**UNIT, **change}
    assert both(lambda lang: tell_unit(unit, None, METHOD, lang)) == [en, zh]


def test_a_unit_without_columns_of_overlays_is_told_by_its_reason_alone():
    bare = {"zone": "key", "zone_reason": "odd"}
    assert both(lambda lang: tell_unit(bare, None, METHOD, lang)) == [
        "Key development: not enough is known to decide.", "重点开发：资料不足，无法判定。",
    ]  # fmt: skip
    none = replace(METHOD, scheme=replace(METHOD.scheme, overlays=()))
    unit = {**UNIT, "zone": "key", "zone_reason": "township"}
    said = tell_unit(unit, None, none, "en")
    assert said == "Key development: it takes the class of its township."


def test_decisions_on_a_unit_and_on_its_township_are_told_with_each():
    rows = [{**DECISION, "level": "unit", "code": "u1"},
            {**DECISION, "level": "township", "code": "t1", "zone": "optimised"}]  # fmt: skip
    unit = pd.Series({**UNIT, "zone": "key", "zone_reason": "override"}, name="u1")
    town = {"name": "甲", "zone": "optimised", "zone_reason": "override"}
    decisions = pd.DataFrame(rows)

    def told(lang, **place):
        row = pd.Series({**town, **place}, name="t1")
        return tell_unit(unit, row, METHOD, lang, decisions)

    said = "applied; the method alone says moderate development."
    assert told("en") == (
        f"Key development: decided on record: key development (r; w, d); {said} 甲: Optimised "
        "development. Constraint –; guidance –; existing construction –. Decided on record: "
        f"optimised development (r; w, d); {said}"
    )
    said = "（r；w，d）；已执行；单按方法为适度开发。"
    assert told("zh") == (
        f"重点开发：人工决定为重点开发{said}甲：优化开发。约束 –；引导 –；现状开发强度 –。"
        f"人工决定为优化开发{said}"
    )
    for name in (None, pd.NA):
        assert " township: Optimised" in told("en", name=name)
        assert "。乡镇：优化开发。" in told("zh", name=name)


@pytest.mark.parametrize(("state", "was", "en", "zh"), [
    ("applied", None, "applied; the method alone says moderate development",
     "已执行；单按方法为适度开发"),
    ("moot", "key", "moot: the method now says the same", "方法现已得出相同结果，无须再作决定"),
    ("no-place", None, "not applied: no such place in this plan", "未执行：本方案无此地点"),
    ("stale", "key", "applied although the method now says moderate development and said key "
     "development then", "仍予执行，但方法结果已变：决定时为重点开发，现为适度开发"),
    ("stale", pd.NA, "applied although the method now says moderate development and said unzoned "
     "then", "仍予执行，但方法结果已变：决定时为未分区，现为适度开发"),
])  # fmt: skip
def test_what_became_of_a_decision_is_told(state, was, en, zh):
    row = {**DECISION, "state": state, "was": was}
    assert both(lambda lang: tell_state(row, METHOD.scheme, lang)) == [en, zh]
    assert both(lambda lang: tell_decision(row, METHOD.scheme, lang)) == [
        f"decided on record: key development (r; w, d); {en}",
        f"人工决定为重点开发（r；w，d）；{zh}",
    ]


def test_the_decision_on_a_place_is_that_of_its_level_and_code():
    rows = [("unit", "a", "key"), ("township", "a", "moderate"), ("unit", "b", "optimised")]
    decisions = pd.DataFrame(rows, columns=["level", "code", "zone"])
    assert decision_on(decisions, "township", "a")["zone"] == "moderate"
    assert decision_on(decisions, "unit", "b")["zone"] == "optimised"
    assert decision_on(decisions, "township", "b") is None is decision_on(None, "unit", "a")
