"""Rules belong to the plan: whole runs that state all, some or none of them."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from contextlib import redirect_stdout
from pathlib import Path

import keeping
import pandas as pd
import pytest
import worlds

from zoning import api, pipeline, planfile, store
from zoning.allocation.proof.certificate import broken_limits, complete
from zoning.capacity import Limit
from zoning.cli import main
from zoning.errors import InputError
from zoning.outputs.folder import write as write_folder
from zoning.questions import answer
from zoning.verify import verify

BARE = "[outputs]\nqgis = false\nmap = false\n"


def run(folder: Path, cap: str | None = "", extra: str = BARE):
    path = worlds.write(folder, cap=cap, extra=extra)
    return pipeline.run(planfile.load(path), path.parent)


def only(cap: str) -> str:
    """Give rules that are the whole of [cap]."""
    return cap + BARE


def new_land(plan) -> dict[str, int]:
    return {z: r["new_m2"] for z, r in plan.run["zones"].items()}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return run(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return run(tmp_path_factory.mktemp("bare"), cap=None)


def test_the_whole_plan_without_cap_is_as_it_is_kept(bare):
    keeping.hold(bare, "no-cap")


def test_without_cap_there_is_the_account_of_what_exists(bare):
    c = bare.run["construction"]
    assert c["existing_m2"] == 2_000_000 and c["new_m2"] == 0
    assert c["share"] == pytest.approx(2 / 17.5)
    assert (c["cap_share"], c["cap_m2"], c["headroom_m2"]) == (None, None, None)
    assert bare.run["left_out"] == ["cap", "allocation"]
    assert "new_m2" not in bare.units and bare.run.get("allocation") is None
    (told,) = [c for c in bare.checks if c.check == "cap.none"]
    assert (told.ok, told.level) == (False, "warning")
    assert not [c for c in bare.checks if c.check.startswith(("cap.", "new.")) and c != told]
    assert "镇江" not in json.dumps(bare.run["config"], ensure_ascii=False)


@pytest.mark.slow
def test_run_report_and_map_say_that_there_is_no_cap(bare, tmp_path):
    from docx import Document

    write_folder(bare, tmp_path / "out")
    plan = store.load(tmp_path / "out")
    assert all(c.ok for c in verify(plan) if c.level == "error")
    said = {}
    for lang in ("en", "zh"):
        run_it = ["run", str(_written(tmp_path / lang)), "-o", str(tmp_path / f"o-{lang}")]
        said[lang] = zoning(*run_it, "--lang", lang)
        zoning("report", str(tmp_path / "out"), "--lang", lang)
        document = Document(str(tmp_path / "out" / "report.docx"))
        text = "\n".join(p.text for p in document.paragraphs)
        text += "\n".join(c.text for t in document.tables for r in t.rows for c in r.cells)
        assert ("states no cap" if lang == "en" else "未规定建设用地上限") in text
    assert "no cap" in said["en"] and "Left out: cap" in said["en"]
    assert "无上限" in said["zh"] and "未编制：建设用地上限" in said["zh"]
    zoning("map", str(tmp_path / "out"), "-o", str(tmp_path / "map.html"))


def zoning(*words: str) -> str:
    """Run a command that must end well; give what it says."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["zoning", *words])
        with redirect_stdout(out), pytest.raises(SystemExit) as left:
            main()
    assert not left.value.code, out.getvalue()
    return out.getvalue()


def _written(folder: Path) -> Path:
    return worlds.write(folder, cap=None, extra=BARE)


def test_a_plan_without_cap_is_asked_with_one(bare, usual):
    with pytest.raises(InputError, match="states no cap"):
        answer.ask(bare, answer.Question())
    question = answer.Question(cap=0.28)
    plan = answer.with_allocation(bare, *answer.ask(bare, question), question)
    assert plan.run["left_out"] == [] and "cap.none" not in {c.check for c in plan.checks}
    assert plan.run["construction"]["cap_m2"] == usual.run["construction"]["cap_m2"]
    # No zone has a cap of its own, but balance takes nothing new by what it is.
    assert sum(new_land(plan).values()) == 2_900_000 and new_land(plan)["balance"] == 0


@pytest.mark.slow
def test_the_rule_of_one_zone_leaves_the_others(tmp_path, usual):
    changed = run(tmp_path / "a", cap="[cap.zone_caps.key]\nshare = 0.10\n")
    assert new_land(changed)["balance"] == 0
    assert new_land(changed)["key"] == 500_000 < new_land(usual)["key"]
    assert {c.check for c in changed.checks} == {c.check for c in usual.checks}
    quota = run(tmp_path / "b", cap="[cap.quotas.key]\nshare = 0.10\n")
    assert new_land(quota) == {**new_land(usual), "key": 290_000}
    assert [c.check for c in quota.checks] == [c.check for c in usual.checks]


def test_a_file_that_states_one_zone_only_keeps_new_land_out_of_balance(tmp_path):
    path = worlds.write(tmp_path, cap=None, extra=only("[cap]\nshare = 0.9\nzone_caps.key = 0.3\n"))
    plan = pipeline.run(planfile.load(path), tmp_path)
    assert new_land(plan)["key"] == 1_500_000 and new_land(plan)["balance"] == 0
    assert [c.ok for c in plan.checks if c.check == "new.closed_zone"] == [True]


@pytest.mark.slow
def test_new_land_in_balance_on_purpose_is_told_by_run_and_verify(tmp_path):
    rules = '[cap]\nshare = 0.9\nzone_caps.balance = "none"\n'
    path = worlds.write(tmp_path, cap=None, extra=only(rules))
    plan = pipeline.run(planfile.load(path), tmp_path)
    placed = new_land(plan)["balance"]
    assert placed > 0 and not plan.ok
    write_folder(plan, tmp_path / "out")
    for checks in (plan.checks, verify(store.load(tmp_path / "out"))):
        (told,) = [c for c in checks if c.check == "new.closed_zone"]
        assert (told.where, told.ok, told.measured) == ("balance", False, placed)


@pytest.mark.slow
@pytest.mark.parametrize("part", ["zone_caps", "quotas"])
def test_none_in_the_place_of_a_share_drops_the_rule_whatever_stands_beside_it(part):
    """As a template leaves it, with a source, or in the short form."""
    said = {"share": "none", "source": "a document", "evidence": "S"}
    for rule in ("none", said):
        cap = planfile.parse({"cap": {"share": 0.3, part: {"key": rule, "moderate": 0.1}}}).cap
        found = getattr(cap, part)
        assert found["key"] is None and found["moderate"].share == 0.1
    with pytest.raises(InputError):
        planfile.parse({"cap": {"share": 0.3, part: {"key": {"share": "nothing"}}}})


@pytest.mark.slow
def test_another_survey_halves_the_weight_of_land_everywhere(tmp_path, usual):
    rules = """
[cap]
survey = "二调"
survey_factor = 0.5
base_source = "x"
[[cap.counties]]
place = "321001"
cap_share = 0.09
[[cap.townships]]
place = "321000002"
cap_total_m2 = 400000
"""
    plan = run(tmp_path, cap=rules)
    c, u = plan.run["construction"], usual.run["construction"]
    assert (c["cap_share"], c["survey_factor"]) == (0.56, 0.5)
    assert c["cap_m2"] == 2 * u["cap_m2"] == 9_800_000
    assert c["cap_share"] * c["base_m2"] == pytest.approx(c["cap_m2"])
    limit = {(r["kind"], r["code"]): r["cap_m2"] for r in plan.tables["limits"].to_dict("records")}
    # Key: 60 % of 5 km2, nothing built; county 1: 18 % of 12 km2, 2 km2 of it built.
    assert limit["zone", "key"] == 3_000_000
    assert limit["county", "321001"] == 160_000
    assert limit["township", "321000002"] == 800_000
    counties = plan.pieces.groupby("county", observed=True)["new_m2"].sum()
    assert counties["321001"] <= 160_000
    assert plan.config.cap.share == 0.28
    # What is asked of it is converted in the same place.
    question = answer.Question(cap=0.25)
    account, _ = answer.ask(plan, question)
    assert (account.cap_m2, account.cap_share) == (8_750_000, 0.5)
    ladder = answer.curves(plan, answer.ask(plan, answer.Question())[1])["cap_ladder"]
    assert ladder.loc[0.28, "cap_m2"] == 9_800_000


def test_run_json_keeps_the_whole_configuration(usual, tmp_path):
    write_folder(usual, tmp_path)
    written = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert written["format"] == 2
    config = written["config"]
    assert [z["code"] for z in config["zones"]["zone"]] == ["optimised", "key", "moderate"]
    assert config["zones"]["overlay"][0]["share"] == 0.5 and config["grid"]["cell_m"] == 1000
    assert config["inputs"]["townships"]["tolerance_m2"] == 10_000
    assert store.load(tmp_path).config == usual.config


@pytest.fixture
def old(tmp_path):
    """Unpack a plan that version 0.1.0 wrote, with ``[cap] share = 0.27`` and no source."""
    file = Path(__file__).parent / "data" / "plan-0.1.0.zip"
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "plan-0.1.0"


@pytest.mark.slow
def test_a_plan_of_0_1_0_loads_and_keeps_its_rules(old, tmp_path):
    assert json.loads((old / "run.json").read_text(encoding="utf-8"))["format"] == 1
    plan = store.load(old)
    cap = plan.config.cap
    assert (cap.share, cap.source, cap.evidence) == (0.27, "choice of this plan", "own")
    assert cap.zone_caps["key"].share == 0.30 and cap.zone_caps["balance"].share is None
    assert cap.quotas["moderate"].share == 0.10 and cap.eco_agri_share.share == 0.70
    account, found = answer.ask(plan, answer.Question())
    assert account.cap_m2 == plan.run["construction"]["cap_m2"] == 4_725_000
    assert found.new_m2.sum() == plan.run["construction"]["new_m2"]
    assert all(c.ok for c in verify(plan))
    proved = api.verify(old)  # its files too: what that version did not write is told, not refuted
    assert not [c.text.en for c in proved if not c.ok and c.level == "error"]
    assert any("another version" in c.text.en for c in proved if c.level == "note")
    write_folder(answer.with_allocation(plan, account, found, answer.Question()), tmp_path / "new")
    again = json.loads((tmp_path / "new" / "run.json").read_text(encoding="utf-8"))
    assert (again["format"], again["config"]["cap"]["quotas"]["key"]["share"]) == (2, 0.55)
    assert store.load(tmp_path / "new").config.cap == cap


@pytest.mark.slow
def test_a_plan_of_0_1_0_has_the_only_scheme_that_there_was(old, tmp_path):
    file = old / "run.json"
    run = json.loads(file.read_text(encoding="utf-8"))
    assert "zones" not in run["config"]  # all defaults, of which it kept none
    plan = store.load(old)
    assert plan.scheme.name == "zhenjiang-2013" and not plan.findings
    assert list(plan.zones.index) == list(plan.scheme.codes)
    assert [o.share for o in plan.scheme.overlays] == [0.5]
    under = plan.units["protected_m2"] / plan.units["area_m2"]
    assert (plan.units["overlay_balance_m2"] == plan.units["protected_m2"]).all()
    assert ((plan.units["zone"] == "balance") == (under >= 0.5)).all()
    # Its own share is that of the overlay, in the answer and in the folder of the answer too.
    run["config"]["zones"] = {"balance_share": 0.9}
    file.write_text(json.dumps(run), encoding="utf-8")
    plan = store.load(old)
    said = answer.answer(plan, answer.Question(cap=0.2))
    write_folder(said, tmp_path / "new")
    for known in (plan, said, store.load(tmp_path / "new")):
        assert [(o.share, o.evidence) for o in known.scheme.overlays] == [(0.9, "own")]
    again = json.loads((tmp_path / "new" / "run.json").read_text(encoding="utf-8"))
    assert again["format"] == 2 and again["config"]["zones"]["balance_share"] == 0.9


def test_the_certificate_counts_floors_by_itself():
    pieces = pd.DataFrame(
        {"unit": ["a", "b"], "county": ["x", "y"], "free_m2": [50, 50], "suitability": [0.2, 0.9]},
        index=["a", "b"],
    )
    limits = [Limit("city", "city", cap_m2=60), Limit("county", "x", floor_m2=20)]
    held = pd.Series([20, 40], index=pieces.index)
    assert broken_limits(pieces, limits, (), held) == ()
    # Price of the city 0.9 per m2, of the floor what its worse land costs.
    prices = {0: 900_000_000, 1: -700_000_000}
    assert complete(pieces, limits, (), held, prices).ok
    short = pd.Series([19, 41], index=pieces.index)
    (said,) = broken_limits(pieces, limits, (), short)
    assert said.en == "county x is 1 m² below its floor"
    assert said.zh.endswith("低于下限 1 m²")
    assert not complete(pieces, limits, (), short, prices).ok
    over = pd.Series([21, 40], index=pieces.index)
    (said,) = broken_limits(pieces, limits, (), over)
    assert said.en == "city is 1 m² above its cap"
