"""What is told to who plans in zones of their own, with a method of rules."""

from __future__ import annotations

import pandas as pd
import pytest
import worlds

import zoning as zn
from zoning.capacity.titles import title
from zoning.errors import InputError, Text
from zoning.planfile import load
from zoning.schemes import load_scheme
from zoning.schemes.read import scheme_of
from zoning.zones import load_method, method_of, tell_unit

ZONES = """
[zones]
scheme = "our-three"
method = "three.toml"
[[zones.zone]]
code = "z1"
zh = "城镇区"
en = "towns"
[[zones.zone]]
code = "z2"
zh = "农牧区"
en = "farms"
"""
METHOD = """
name = "three"
en = "rules"
zh = "规则法"
scheme = "our-three"
source = "ours"
evidence = "own"
[[rule]]
id = "towns"
when = "built_share > 0.2"
zone = "z1"
[[rule]]
id = "rest"
when = "{rest}"
zone = "z2"
{more}
"""
SUITED = """
[suitability]
built = 0.25
not_farmland = 0.15
source = "ours"
evidence = "own"
"""
CAP = '[cap]\nshare = 0.2\nsource = "ours"\nevidence = "own"\n[cap.quotas]\nz1 = 0.5\n'


def written(folder, rest="True", more=SUITED):
    path = worlds.write(folder, cap=None, extra=CAP)
    text = path.read_text(encoding="utf-8")
    assert "[zones]" not in text
    path.write_text(text + ZONES, encoding="utf-8")
    (folder / "three.toml").write_text(METHOD.format(rest=rest, more=more), encoding="utf-8")
    return path


def problem(path) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        zn.run(path)
    (only,) = caught.value.problems
    return only.tell("en"), only.tell("zh")


def test_a_rule_that_cannot_be_read_is_told_where_it_stands(tmp_path):
    en, zh = problem(written(tmp_path, rest="else"))
    assert en.startswith("three.toml: rule rest: ") and "a last rule for all others says True" in en
    assert "末条规则写 True" in zh


def test_suitability_of_rules_needs_no_guidance(tmp_path):
    with pytest.raises(InputError) as caught:
        zn.run(written(tmp_path, more=""))
    assert "built = 0.25" in str(caught.value)
    en, _ = problem(written(tmp_path, more=SUITED + "guidance = 0.4\n"))
    assert "no dimension 'guidance'" in en and "guidance = 0" in en


def test_a_plan_without_overlays_and_weights_is_told_nothing_of_them(tmp_path):
    found = zn.run(written(tmp_path)).stability(draws=20, doubts=0)
    for lang, word in (("en", "overlay"), ("zh", "叠加区")):
        assert word not in found.draws.tell(lang)
    assert found.free is None


def test_a_unit_in_no_township_is_told_so():
    unit = pd.Series({"zone": pd.NA, "zone_reason": "unknown", "township": pd.NA})
    assert "in no township" in tell_unit(unit, None, load_method("two-matrices"), "en")


def test_no_crosswalk_is_offered_that_leads_elsewhere(tmp_path):
    scheme = scheme_of(load(written(tmp_path)).zones)
    with pytest.raises(InputError, match=r"crosswalk \(a file\)"):
        method_of("two-matrices", scheme, None)
    with pytest.raises(InputError, match="a file, or zhenjiang-2013_national"):
        method_of("two-matrices", load_scheme("national"), None)


def test_a_zone_whose_name_says_zone_is_told_once():
    assert title("quota", Text("towns", "城镇区")).zh == "城镇区指标"
    assert title("quota", Text("key", "重点开发")).zh == "重点开发分区指标"
