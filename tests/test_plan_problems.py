"""Every problem of plan.toml as it is told: code, line, sentence and remedy in two languages."""

from __future__ import annotations

import pytest

from zoning.errors import InputError
from zoning.planfile import load, parse


def told(folder, text):
    """Load a file and give each problem as it is told, with its line."""
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(path)
    return [
        (p.code, p.where.removeprefix(f"{path}").removeprefix(":"), *p.what, *(p.remedy or ()))
        for p in caught.value.problems
    ]


HOW_FIRM = ('say how firm it is: evidence = "S" for a published document, "own" ...',
            '请注明可靠程度：公布的文件为 evidence = "S"，自定为 "own" 等')  # fmt: skip
NAME_IT = ("name the document, or leave evidence out", "请注明文件，或删去 evidence")
SEVERAL = """\
[grid]
slivers = "drop"
[cap]
base_area_m2 = 10
survey = "二调"
share = 0.2
source = "a plan"
[cap.zone_caps]
optimized = 0.3
z = "none"
[cap.quotas.key]
share = 0.1
evidence = "S"
[[cap.phase]]
name = "near"
source = "x"
[[cap.phase]]
name = "far"
evidence = "sure"
[[cap.limit]]
name = "farm"
phase = "neer"
[[cap.limit]]
name = "farm"
phase = "near"
[[cap.counties]]
place = "1"
source = "x"
[[cap.townships]]
place = "2"
evidence = "S"
[[cap.reduction]]
name = "old"
evidence = "I"
[allocation]
whole_units = true
[inputs.landuse]
path = "u.tif"
survey = "三调"
"""


def test_all_that_contradicts_itself_is_told_with_its_line_and_remedy(tmp_path):
    assert told(tmp_path, SEVERAL) == [
        ("no-source", "4", "[cap] base_area_m2 has no base_source",
         "[cap] base_area_m2 缺少 base_source", "name the document", "请注明文件名称"),
        ("survey-mismatch", "5", "the cap stands on '二调', the land use on '三调'",
         "上限采用“二调”，现状用地采用“三调”，口径不同",
         "use one survey, or state [cap] survey_factor", "请统一口径，或给出 [cap] survey_factor"),
        ("unknown-zone", "9",
         "[cap.zone_caps] names zone 'optimized', which the plan does not have",
         "[cap.zone_caps] 中的分区“optimized”不在方案内", "did you mean 'optimised'?",
         "是否指“optimised”？"),
        ("unknown-zone", "10", "[cap.zone_caps] names zone 'z', which the plan does not have",
         "[cap.zone_caps] 中的分区“z”不在方案内", "zones: optimised, key, moderate, balance",
         "可用分区：optimised、key、moderate、balance"),
        ("no-evidence", "3", "[cap] has a source but no evidence", "[cap] 有 source 而无 evidence",
         *HOW_FIRM),
        ("no-source", "11", "[cap.quotas.key] has evidence 'S' but no source",
         "[cap.quotas.key] 有 evidence“S”而无 source", *NAME_IT),
        ("no-evidence", "14", "[cap.phase.0] has a source but no evidence",
         "[cap.phase.0] 有 source 而无 evidence", *HOW_FIRM),
        ("no-source", "17", "[cap.phase.1] has evidence 'sure' but no source",
         "[cap.phase.1] 有 evidence“sure”而无 source", *NAME_IT),
        ("no-source", "32", "[cap.reduction.0] has evidence 'I' but no source",
         "[cap.reduction.0] 有 evidence“I”而无 source", *NAME_IT),
        # A place of 0.1.0 had a source and no tag: the first one is fine.
        ("no-source", "29", "[cap.townships.0] has evidence 'S' but no source",
         "[cap.townships.0] 有 evidence“S”而无 source", *NAME_IT),
        ("duplicate-name", "3", "two limits are called 'farm'", "有两个约束名为“farm”"),
        ("unknown-phase", "20", "'neer' is no phase of the plan", "本方案没有分期“neer”",
         "did you mean 'near'?", "是否指“near”？"),
        ("whole-stages", "36",
         "phases and land that may go need fractions of units, not whole units",
         "分期与减量需按单元的一部分分配，不能用整单元", "set whole_units = false",
         "请设 whole_units = false"),
        ("no-min-share", "2", "[grid] slivers is set but min_share is 0",
         "[grid] 设了 slivers 而 min_share 为 0", "set min_share, such as 0.05",
         "请设 min_share，例如 0.05"),
    ]  # fmt: skip


def shares_of_nothing(line, name):
    return ("no-cap", line,
            f"phase '{name}' has shares of the headroom, and no [cap] share is given",
            f"分期“{name}”规定了余量的份额，但未给出 [cap] share", "state [cap] share, or upper_m2",
            "请写明 [cap] share，或用 upper_m2")  # fmt: skip


GOALS = "goals cannot keep wishes about patches", "多目标不支持斑块要求"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("[cap]\n[[cap.phase]]\nname = 'near'\nshare = 0.2\nquotas = {kee = 0.1, key = 0.2}",
         [("one-phase", "1", "a plan has two phases or more, or none",
           "分期应有两期及以上，或不分期", "the last phase holds all new land: add it",
           "最后一期包含全部新增，请补上"),
          ("unknown-zone", "2", "'kee' is no zone of the plan", "本方案没有分区“kee”",
           "did you mean 'key'?", "是否指“key”？"), shares_of_nothing("2", "near")]),
        ("[cap]\n[cap.quotas]\nkey = 'none'\nmoderate = 0.1\n[[cap.phase]]\nname = 'a'\n"
         "quotas = {key = 0.1}\n[[cap.phase]]\nname = 'b'\nshare = 0.1\n"
         "[[cap.phase]]\nname = 'c'\nupper_m2 = 4",
         [("no-cap", "2",
           "[cap.quotas] are shares of what is left under the cap, and no [cap] share is given",
           "[cap.quotas] 是上限剩余空间的份额，但未给出 [cap] share", "state [cap] share",
           "请写明 [cap] share"), shares_of_nothing("5", "a"), shares_of_nothing("8", "b")]),
        ("[cap]\nshare = 0.1\n[[cap.phase]]\nname = 'a'\nquotas = {key = 0.1}\n"
         "[[cap.phase]]\nname = 'a'\nshare = 0.1\n[[cap.limit]]\nname = 'a'",
         [("duplicate-name", "1", "two phases are called 'a'", "有两个分期名为“a”")]),
        ("[[cap.limit]]\nname = 'a'\nphase = 'zzz'\n[[cap.limit]]\nname = 'b'",
         [("unknown-phase", "1", "'zzz' is no phase of the plan", "本方案没有分期“zzz”",
           "there are: none", "可用：无")]),
        ("[[cap.reduction]]\nname = 'b'\n[[cap.reduction]]\nname = 'b'\n[[cap.reduction]]\n"
         "name = 'a'\n[[cap.reduction]]\nname = 'a'",
         [("duplicate-name", "", f"two reductions are called '{n}'", f"有两个减量规则名为“{n}”")
          for n in "ab"]),
        ("[[cap.limit]]\nname = 'yuan'\n[allocation]\ngoals = ['most area', 'least yuan', "
         "'most yaun', 'most farmland', 'most suitability', 'most area', 'least xx']\n"
         "min_patch_units = 2",
         [("unknown-goal", "4", "'yaun' is no goal of the plan", "本方案没有目标“yaun”",
           "did you mean 'yuan'?", "是否指“yuan”？"),
          ("unknown-goal", "4", "'xx' is no goal of the plan", "本方案没有目标“xx”",
           "there are: area, farmland, suitability, yuan",
           "可用：area、farmland、suitability、yuan"),
          ("duplicate-name", "4", "a goal is named twice", "目标重复"), ("patches", "4", *GOALS)]),
        ("[allocation]\ngoals = ['most area']\nattached = true", [("patches", "2", *GOALS)]),
        ("[allocation]\nwhole_units = true\n[[cap.phase]]\nname = 'a'\n[[cap.phase]]\nname = 'b'",
         [("whole-stages", "2",
           "phases and land that may go need fractions of units, not whole units",
           "分期与减量需按单元的一部分分配，不能用整单元", "set whole_units = false",
           "请设 whole_units = false")]),
        ("[grid]\nmin_share = 0.1",
         [("idle-min-share", "2", "[grid] min_share does nothing while slivers are kept",
           "[grid] slivers 为 keep 时 min_share 不起作用", 'set slivers = "drop" or "merge"',
           '请设 slivers = "drop" 或 "merge"')]),
        ("[grid]\nslivers = 'merge'",
         [("no-min-share", "2", "[grid] slivers is set but min_share is 0",
           "[grid] 设了 slivers 而 min_share 为 0", "set min_share, such as 0.05",
           "请设 min_share，例如 0.05")]),
        ("[zones]\nscheme = 'nothing'\n[cap.zone_caps]\nkee = 0.1",
         [("no-scheme", "1",
           "[zones] scheme: no scheme 'nothing' ships, and there is no [[zones.zone]]",
           "[zones] scheme：没有内置方案“nothing”，也未给出 [[zones.zone]]",
           "shipped: national, zhenjiang-2013", "内置：national, zhenjiang-2013")]),
        # What 0.1.0 wrote behind a tag is let be.
        ("[cap]\nshare = 0.2\nsource = 'p'\nevidence = 'S (shares), I (rest)'\n"
         "[cap.zone_caps.key]\nshare = 0.3\nsource = 'p'\nevidence = 'sure (S)'",
         [("evidence", "8", "evidence 'sure (S)' is none of S, C, T, M-high, M-med, M-low, I, own",
           "证据标记 'sure (S)' 不在 S, C, T, M-high, M-med, M-low, I, own 之中")]),
    ],
)  # fmt: skip
def test_rules_that_do_not_go_together_are_told_with_line_and_remedy(tmp_path, text, problems):
    assert told(tmp_path, text) == problems


@pytest.mark.parametrize(
    "raw",
    [
        {"cap": {"survey": "a"}}, {"inputs": {"landuse": {"path": "x", "survey": "a"}}},
        {"cap": {"survey": "a"}, "inputs": {"landuse": {"path": "x", "survey": "a"}}},
        {"cap": {"survey": "a"}, "inputs": {"landuse": {"path": "x"}}},
        {"grid": {"min_share": 0.1, "slivers": "merge"}}, {"grid": {"slivers": "keep"}},
        {"cap": {"base_area_m2": 5, "base_source": "s"}}, {"cap": {"base_source": "s"}},
        {"allocation": {"min_patch_units": 2, "attached": True, "whole_units": True}},
        {"allocation": {"goals": ["most area", "least area"], "min_patch_units": 1}},
        {"cap": {"reduction": [{"name": "a"}], "limit": [{"name": "a"}]}},
        {"cap": {"phase": [{"name": "a"}, {"name": "b", "lower_m2": 3}],
                 "limit": [{"name": "l", "phase": "b"}, {"name": "m"}]}},
        {"cap": {"counties": [{"place": "1", "source": "s"}]}},
        {"cap": {"share": 0.1, "source": "s", "evidence": "own"}},
        {"cap": {"share": 0.1, "evidence": "own"}},
        {"cap": {"quotas": {"key": "none", "moderate": "none"}}},
    ],
)  # fmt: skip
def test_what_goes_together_is_taken(raw):
    assert parse(raw).model_dump(exclude_unset=True, mode="json").keys() == raw.keys()


WRONG = """x = 1
[plan]
langg = "zh"
lang = "fr"
name = 3
base_year = 1.5
[grid]
cell_m = "x"
origin_m = 5
min_share = inf
max_area_error = -1
expected_units = 0
[cap]
share = true
zone_caps = 4
quotas = {key = true}
[cap.zone_caps2]
[[cap.counties]]
place = "1"
floor_m2 = -1
cap_share = 1.1
[[cap.limit]]
name = "A"
upper = nan
[outputs]
qgis = "maybe"
"""


def test_values_of_another_kind_are_told_in_two_languages(tmp_path):
    """The English is that of pydantic, with the value behind it."""
    found = [row for row in told(tmp_path, WRONG) if row[0] != "unknown-key"]
    assert [(code.removeprefix("value-"), line, zh) for code, line, _, zh in found] == [
        ("string_type", "5", "[plan] name：须为文本（现为 3）"),
        ("literal_error", "4", "[plan] lang：只能是 'zh' 或 'en'（现为 'fr'）"),
        ("int_from_float", "6", "[plan] base_year：须为整数（现为 1.5）"),
        ("int_parsing", "8", "[grid] cell_m：须为整数（现为 'x'）"),
        ("tuple_type", "9", "[grid] origin_m：须为列表（现为 5）"),
        ("greater_than", "11", "[grid] max_area_error：须大于 0.0（现为 -1）"),
        ("less_than", "10", "[grid] min_share：须小于 1.0（现为 inf）"),
        ("dict_type", "15", "[cap] zone_caps：须为一个表（现为 4）"),
        ("model_type", "16", "[cap.quotas] key：须为一个表（现为 True）"),
        ("greater_than_equal", "20", "[cap.counties.0] floor_m2：须不小于 0（现为 -1）"),
        ("less_than_equal", "21", "[cap.counties.0] cap_share：须不大于 1.0（现为 1.1）"),
        ("string_pattern_mismatch", "23",
         "[cap.limit.0] name：须符合 ^[a-z][a-z0-9_]*$（现为 'A'）"),
        ("greater_than_equal", "24", "[cap.limit.0] upper：须不小于 0.0（现为 nan）"),
        ("bool_parsing", "26", "[outputs] qgis：须为 true 或 false（现为 'maybe'）"),
    ]  # fmt: skip
    ends = [en.partition(" (it is ")[2] for _, _, en, _ in found]
    assert ends[:4] == ["3)", "'fr')", "1.5)", "'x')"]
    assert found[0][2].startswith("[plan] name: ")
    kinds = "'redline'、'core'、'basic_farmland'、'heritage'、'water' 或 'lock'"
    rest = """
[grid]
origin_m = [1, 2, 3]
[inputs]
roads = [3]
[[inputs.protections]]
kind = "x"
[[cap.limit]]
name = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
upper = "x"
"""
    assert [(row[1], row[3]) for row in told(tmp_path, rest)] == [
        ("3", "[grid] origin_m：最多 2 项"),
        ("6", "[inputs.protections.0] path：缺少此键"),
        ("7", f"[inputs.protections.0] kind：只能是 {kinds}（现为 'x'）"),
        ("5", "[inputs] roads：须为一个表"),
        ("9", f"[cap.limit.0] name：最多 40 个字符（现为 '{'a' * 41}'）"),
        ("10", "[cap.limit.0] upper：须为数值（现为 'x'）"),
    ]  # fmt: skip


UNKNOWN = """\
x = 1
[plan]
langg = "zh"
[cap.zone_caps2]
[cap.zone_caps.key]
sharee = 0.1
[errors.columns.population]
shar = 0.1
[inputs.townships]
nmae = "x"
[[inputs.protections]]
yeer = 3
[[cap.phase]]
zzzzzz = 3
[plan.name]
x = 1
"""


def test_unknown_keys_have_suggestions_of_the_table_that_they_stand_in(tmp_path):
    found = [row for row in told(tmp_path, UNKNOWN) if row[0] == "unknown-key"]
    keys = "name, title, title_zh, until, share, upper_m2, lower_m2, quotas, source, evidence"
    top = ("plan, grid, inputs, indicators, zones, redlines, published, cap, allocation, audit, "
           "errors, policies, outputs, report")  # fmt: skip
    assert [(line, en, remedy) for _, line, en, _, remedy, _ in found] == [
        ("3", "[plan] unknown key 'langg'", "did you mean 'lang'?"),
        ("10", "[inputs.townships] unknown key 'nmae'", "did you mean 'name'?"),
        ("12", "[inputs.protections.0] unknown key 'yeer'", "did you mean 'year'?"),
        ("6", "[cap.zone_caps.key] unknown key 'sharee'", "did you mean 'share'?"),
        ("14", "[cap.phase.0] unknown key 'zzzzzz'", f"known keys: {keys}"),
        ("4", "[cap] unknown key 'zone_caps2'", "did you mean 'zone_caps'?"),
        ("8", "[errors.columns.population] unknown key 'shar'", "did you mean 'share'?"),
        ("1", "[top level] unknown key 'x'", f"known keys: {top}"),
    ]
    assert found[0][3:] == ("[plan] 未知的键“langg”", "did you mean 'lang'?", "是否指“lang”？")


def test_a_measured_value_stands_with_its_problem_where_it_is_a_plain_one():
    def measured(raw):
        with pytest.raises(InputError) as caught:
            parse(raw)
        return [p.measured for p in caught.value.problems]

    assert measured({"plan": {"name": 3}, "grid": {"cell_m": "x", "min_share": 1.5}}) == [
        3,
        "x",
        1.5,
    ]
    assert measured({"cap": {"quotas": {"key": True}}, "grid": {"origin_m": {}}}) == [None, True]


def test_a_file_that_is_not_there_can_be_made(tmp_path):
    with pytest.raises(InputError) as caught:
        load(tmp_path / "plan.toml")
    (problem,) = caught.value.problems
    assert tuple(problem.remedy) == ("zoning init DIR makes one", "可用 zoning init 目录 生成")


def test_what_a_writer_left_that_died_is_finished_before_the_plan_is_read(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("zoning.planfile.read.recover", seen.append)
    (tmp_path / "plan.toml").write_text("", encoding="utf-8")
    load(tmp_path / "plan.toml")
    assert seen == [tmp_path]
