"""Findings are told once, in the user's language, and `check` knows what `run` will meet."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import worlds
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import zoning as zn
from zoning.base.staged import LONGEST_PATH, place_problems
from zoning.errors import Check, Finding, InputError, Text, once, tally
from zoning.pipeline import rehearse, run
from zoning.planfile import load


def test_a_method_in_the_plan_is_refused_with_its_file_and_line(tmp_path):
    text = worlds.write(tmp_path).read_text(encoding="utf-8")
    above = text.count("\n") + 1
    path = tmp_path / "mine.toml"

    def told(method):
        path.write_text(text + method, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            rehearse(load(path), tmp_path)
        return {p.where for p in caught.value.problems}

    rows = '[zones.method]\nbase = "two-matrices"\ncolour = "red"\n'
    more = "[zones.method.suitability]\nwieght = 3\n"
    assert told(rows + more) == {
        f"{path}:{above + 2} [zones.method]", f"{path}:{above + 4} [zones.method]:suitability",
    }  # fmt: skip
    assert told('[zones.method]\nbase = "two"\n') == {f"{path}:{above + 1} [zones.method]"}
    # Known only as data, it is named by its key.
    whole = load(path)
    bare = whole.model_copy(
        update={"zones": whole.zones.model_copy(update={"method": dict(whole.zones.method)})}
    )
    assert bare == whole
    with pytest.raises(InputError, match=r"^\[zones.method\]: no method 'two'"):
        rehearse(bare, tmp_path)


RULES = """
[zones.method]
name = "rules of the bureau"
en = "rules of the bureau"
zh = "本局规则"
source = "working group"
evidence = "own"
[[zones.method.rule]]
id = "hills"
when = "slope_deg > 5"
zone = "moderate"
[[zones.method.rule]]
id = "rest"
when = "True"
zone = "key"
"""
SUITABILITY = "[zones.method.suitability]\nbuilt = 1\nbuilt_full_share = 0.6\n"
HEAD = "level,code,zone,reason,who,date\n"


def zoning(*args: str, lang: str = "zh") -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does."""
    call = [sys.executable, "-m", "zoning", *args, "--lang", lang]
    return subprocess.run(call, capture_output=True, text=True, encoding="utf-8", check=False)


def codes(plan: Path) -> list[str]:
    return [f.code for f in rehearse(load(plan), plan.parent).intake.findings]


def test_a_check_is_a_finding_is_a_problem():
    check = Check("cap.city", "error", False, 12, 10, "m2", "city", Text("above", "超过"))
    assert isinstance(check, Finding) and check.code == check.check == "cap.city"
    assert check.as_dict()["zh"] == "超过" and check.margin == -2
    assert check.line("zh") == "错误：全市：超过"


def test_findings_are_counted_by_level_and_told_once():
    a = Finding(Text("a", "甲"), "x", level="note")
    b = Finding(Text("b", "乙"), "x")
    assert once([a, b, a]) == [b, a]
    assert tally(once([a, b, a]), "zh") == "1 项警告，1 项提示"
    assert tally([b, b], "en") == "2 warnings" and tally([]) == ""


@pytest.mark.slow
def test_a_run_tells_the_warnings_of_its_inputs_in_the_last_line(tmp_path):
    """Version 0.1.0 kept them in run.json and printed them in English by `check` only."""
    plan = worlds.write(tmp_path)
    table = tmp_path / "乡镇.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    lines[3] = lines[3].rsplit(",", 1)[0] + ","
    table.write_text("\n".join(lines) + "\n321000009,1,1,1,1\n", encoding="utf-8")
    text = zoning("check", str(plan))
    assert text.returncode == 0 and text.stderr == ""
    told = [line for line in text.stdout.splitlines() if line.startswith(("警告", "提示"))]
    assert len(told) == len(set(told)) >= 2
    cause = [t for t in told if "slope_deg" in t and "丙镇（321000003）" in t]
    assert cause, "cause: code and column"
    last = text.stdout.splitlines()[-1]
    assert "请先查看" in last and f"{sum(t.startswith('警告') for t in told)} 项警告" in last
    made = zoning("run", str(plan), "-o", str(tmp_path / "out"))
    assert all(t in made.stdout.splitlines() for t in told), "run tells what check tells"
    assert "警告" in made.stdout.splitlines()[-1] and "error" not in made.stdout
    notes = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["notes"]
    assert all(n["en"] and n["zh"] for n in notes)


@pytest.mark.slow
def test_quiet_still_says_what_fails(tmp_path):
    plan = worlds.write(tmp_path, cap='[cap]\nshare = 0.01\nsource = "s"\nevidence = "own"\n')
    made = zoning("run", str(plan), "-o", str(tmp_path / "out"), "-q")
    assert made.returncode == 1 and made.stdout == ""
    assert made.stderr.startswith("错误：")


def test_a_method_without_suitability_is_told_by_check(tmp_path):
    plan = worlds.write(tmp_path, extra=RULES)
    with pytest.raises(InputError, match="has no \\[suitability\\]"):
        rehearse(load(plan), tmp_path)
    plan = worlds.write(tmp_path, extra=RULES + "[allocation]\nenabled = false\n")
    assert run(load(plan), tmp_path).units["zone"].notna().all()


def test_check_names_decisions_without_a_place(tmp_path):
    (tmp_path / "d.csv").write_text(
        HEAD + "township,321000001,key,r,w,2026-01-01\nunit,1kmN9999E500,key,r,w,2026-01-01\n"
        "township,32100002,key,r,w,2026-01-01\n", encoding="utf-8",
    )  # fmt: skip
    plan = worlds.write(tmp_path, extra='[zones]\noverrides = "d.csv"\n')
    found = {f.code: f for f in rehearse(load(plan), tmp_path).intake.findings}
    told = found["decisions.no-place"].tell("zh")
    assert "1kmN9999E500" in told and "32100002 是否指“321000002”？" in told


def test_what_a_plan_without_townships_asks_in_vain_is_told(tmp_path):
    (tmp_path / "d.csv").write_text(HEAD, encoding="utf-8")
    plan = worlds.write(tmp_path, extra='[zones]\noverrides = "d.csv"\n')
    text = plan.read_text(encoding="utf-8")
    cut = text.index("[inputs.townships]"), text.index("[inputs.redlines]")
    plan.write_text(text[: cut[0]] + text[cut[1] :], encoding="utf-8")
    assert "idle" in codes(plan)


def test_a_place_that_cannot_take_the_plan_is_told_before_the_work(tmp_path):
    assert place_problems(tmp_path / "new" / "folder") == []
    (named,) = place_problems(tmp_path / "报告.docx")
    assert named.code == "not-a-folder" and named.remedy.en == f"-o {tmp_path / '报告'}"
    (tmp_path / "file").write_text("")
    assert [p.code for p in place_problems(tmp_path / "file" / "out")] == ["not-a-folder"]
    deep = tmp_path / "/".join(["x" * 100] * 6)
    (found,) = place_problems(deep)
    assert found.code == "path-too-long" and found.measured > found.limit == LONGEST_PATH
    # The longest name that is let through is one that SQLite opens.
    from zoning.base import staged

    inside = "/.zoning-writing/new/plan.gpkg"
    room = staged.LONGEST_PATH - len(str(tmp_path)) - len(inside) - 1
    edge = tmp_path / "/".join(["y" * 99] * (room // 100)) / ("y" * (room % 100))
    edge = Path(str(edge).rstrip("/"))
    assert place_problems(edge) == [] and place_problems(Path(str(edge) + "yyy"))
    (edge / "1234567").parent.mkdir(parents=True)
    import sqlite3

    target = Path(str(edge) + inside)
    target.parent.mkdir(parents=True)
    with sqlite3.connect(target) as db:
        db.execute("create table t(a)")


TOWN_CHANGES = ("", "slope", "drop-slope", "text", "negative", "code")


@st.composite
def changed_worlds(draw: st.DrawFn) -> dict[str, object]:
    return {
        "method": draw(st.sampled_from(
            ["", '[zones]\nmethod = "composite"\n', '[zones]\nmethod = "dominant"\n', RULES,
             RULES + SUITABILITY, '[zones]\ncompare = ["cube"]\n']
        )),
        "cap": draw(st.sampled_from(
            [None, "", "[cap]\nshare = 0.5\nsource = 's'\nevidence = 'own'\n",
             "[[cap.townships]]\nplace = '321000001'\nfloor_m2 = 99000000\nsource = 's'\n",
             "[[cap.counties]]\nplace = '9'\nsource = 's'\n"]
        )),
        "grid": draw(st.sampled_from([(), ("slivers", "drop"), ("slivers", "merge")])),
        "spread": draw(st.sampled_from(["", "population", "slope_deg", "nothing"])),
        "town": draw(st.sampled_from(TOWN_CHANGES)),
        "without": draw(st.sampled_from(["", "redlines", "landuse", "townships"])),
    }  # fmt: skip


def build(folder: Path, change: dict[str, object]) -> Path:
    import pandas as pd

    extra, cap = str(change["method"]), change["cap"]
    if change["spread"]:
        extra += f"[indicators]\nspread = ['{change['spread']}']\n"
    plan = worlds.write(folder, cap=None if cap is None else str(cap), extra=extra)
    text = plan.read_text(encoding="utf-8")
    if change["grid"]:
        text = text.replace(
            "[grid]\n", f"[grid]\nslivers = '{change['grid'][1]}'\nmin_share = 0.6\n"
        )
    if change["without"]:
        start = text.index(f"[inputs.{change['without']}]")
        text = text[:start] + text[text.index("\n\n", start) :]
    plan.write_text(text, encoding="utf-8")
    path = folder / "乡镇.csv"
    table = pd.read_csv(path, dtype=str)
    if change["town"] == "slope":
        table.loc[1, "slope_deg"] = ""
    elif change["town"] == "drop-slope":
        table = table.drop(columns="slope_deg")
    elif change["town"] == "text":
        table.loc[0, "population"] = "many"
    elif change["town"] == "negative":
        table.loc[0, "population"] = "-5"
    elif change["town"] == "code":
        table.loc[2, "code"] = "999"
    table.to_csv(path, index=False, encoding="utf-8")
    return plan


def test_totals_that_cannot_be_shared_out_are_told_by_check(tmp_path):
    """Version 0.1.0 let a negative total through and stopped with an internal error."""
    change = dict.fromkeys(("method", "cap", "grid", "without"), "")
    plan = build(tmp_path, change | {"spread": "population", "town": "negative"})
    with pytest.raises(InputError, match="cannot be below 0 persons: 321000001 甲镇"):
        rehearse(load(plan), tmp_path)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed_worlds())
def test_what_check_lets_through_runs(tmp_path_factory, change):
    plan = build(tmp_path_factory.mktemp("w"), change)
    try:
        rehearse(load(plan), plan.parent)
    except InputError:
        return
    run(load(plan), plan.parent)


def own_column(folder: Path, name: str, values: list[str]) -> Path:
    import pandas as pd

    plan = worlds.write(folder)
    path = folder / "乡镇.csv"
    pd.read_csv(path, dtype=str).assign(**{name: values}).to_csv(path, index=False)
    return plan


@pytest.mark.slow
def test_the_planners_own_measurement_decides_and_both_are_shown(tmp_path):
    """Version 0.1.0 overwrote the column without a word."""
    plan = own_column(tmp_path, "built_share", ["0.01", "0.9", ""])
    assert "own-measurement" in codes(plan)
    made = run(load(plan), tmp_path)
    towns = made.townships
    assert towns["given_built_share"].tolist()[:2] == [0.01, 0.9]
    assert towns["built_share"].tolist() == pytest.approx([1 / 3, 0, 0])
    assert towns["intensity"].tolist()[:2] == [0.01, 0.9]
    assert towns["zone"].isna().tolist() == [False, False, True], "an empty value is unknown"
    assert towns["built_m2"].sum() == made.units["built_m2"].sum(), "accounts add up"


@pytest.mark.slow
def test_an_own_area_makes_the_shares(tmp_path):
    plan = own_column(tmp_path, "built_m2", ["600000", "5400000", "0"])
    towns = run(load(plan), tmp_path).townships
    assert towns["intensity"].tolist() == pytest.approx([0.1, 0.9, 0])
    assert towns["given_built_m2"].tolist() == [600_000, 5_400_000, 0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["new_m2", "county_name", "zone", "free_m2"])
def test_a_column_of_any_result_steps_aside(tmp_path, name):
    plan = own_column(tmp_path, name, ["1", "2", "3"])
    assert run(load(plan), tmp_path).townships[f"given_{name}"].astype(str).tolist() == [
        "1", "2", "3",
    ]  # fmt: skip


def test_percent_in_the_place_of_shares_is_refused(tmp_path):
    plan = own_column(tmp_path, "built_share", ["30", "0.9", "0"])
    with pytest.raises(InputError, match="'built_share' of township 321000001 is 30"):
        rehearse(load(plan), tmp_path)


def test_only_a_plan_without_a_scheme_is_asked_for_one(tmp_path) -> None:
    for extra, asked in (("", True), ('[zones]\nscheme = "zhenjiang-2013"\n', False)):
        found = zn.check(worlds.write(tmp_path, extra=extra)).intake.findings
        assert ("no-scheme-named" in {f.code for f in found}) is asked
