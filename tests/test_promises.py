"""What the words of outputs, messages and documents promise, held against what is there."""

from __future__ import annotations

import dataclasses
import json
import re
import runpy
import shutil
import tomllib
from pathlib import Path

import fake_plan
import geopandas as gpd
import pandas as pd
import pytest
import worlds

import zoning as zn
from zoning.base import tables
from zoning.errors import InputError, some
from zoning.outputs import report
from zoning.outputs.office.document import Heading, Table
from zoning.outputs.qgis import geopackage, styles
from zoning.outputs.report import back
from zoning.outputs.report.pieces import Writer
from zoning.outputs.webmap import document
from zoning.outputs.webmap.layers import pack_layers
from zoning.outputs.webmap.tiles import background
from zoning.planfile.models import Config
from zoning.questions.question import Question, locks

ROOT = Path(__file__).parent.parent
EXAMPLES = [
    (str(page.relative_to(ROOT / "docs")), number, text)
    for page in sorted((ROOT / "docs").rglob("*.md"))
    for number, text in enumerate(
        re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    )
]
#: Pieces of a plan.toml; what is no such piece is a policy or a method.
FRAGMENTS = [e for e in EXAMPLES if set(tomllib.loads(e[2])) <= set(Config.model_fields)]
#: They are about files of their own.
DELIVERY = [e for e in FRAGMENTS if e[0].startswith("messy-delivery")]
FRAGMENTS = [e for e in FRAGMENTS if e not in DELIVERY]
POLICIES = [e for e in EXAMPLES if "policy" in tomllib.loads(e[2])]
#: Files of the audit; tests/test_audit.py reads each of them.
REVIEW = [e for e in EXAMPLES if re.match(r"# (rules|order|tolerance)\.toml\n", e[2])]


@pytest.fixture
def whole_world(every_file, tmp_path):
    """The world with every file that an example of the documents may name, for one test."""
    shutil.copytree(every_file, tmp_path, dirs_exist_ok=True)
    return tmp_path / "plan.toml"


@pytest.fixture(scope="module")
def every_file(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("examples")
    worlds.write(tmp_path)
    for old, new in (("边界", "boundary"), ("乡镇", "townships"), ("红线", "redlines")):
        shutil.copy(tmp_path / f"{old}.gpkg", tmp_path / f"{new}.gpkg")
    shutil.copy(tmp_path / "乡镇.csv", tmp_path / "townships.csv")
    shutil.copy(tmp_path / "用地.tif", tmp_path / "landuse.tif")
    gpd.GeoDataFrame(
        {"code": ["F1"], "name": ["田"]}, geometry=[worlds.square(3, 0)], crs=worlds.CRS
    ).to_file(tmp_path / "basic_farmland.gpkg")
    gpd.GeoDataFrame(
        {"管制区": ["允许建设区"]}, geometry=[worlds.square(2, 1)], crs=worlds.CRS
    ).to_file(tmp_path / "土规.gpkg")
    gpd.GeoDataFrame(
        {"code": ["P1"], "name": ["园"], "kind": ["advanced_manufacturing"],
         "planned_area_ha": [100.0], "leading_industries": ["C39"], "四至": ["东至河，西至路"]},
        geometry=[worlds.square(2, 0)], crs=worlds.CRS,
    ).to_file(tmp_path / "parks.gpkg")  # fmt: skip
    (tmp_path / "prices.csv").write_text("township,yuan_m2\n321000001,1.5\n321000002,2.5\n"
                                         "321000003,3.5\n", encoding="utf-8")  # fmt: skip
    (tmp_path / "farmland.toml").write_text(POLICIES[0][2], encoding="utf-8")
    return tmp_path


#: What says the same in both languages is asked once.
DIFFERENT = {json.dumps(tomllib.loads(e[2]), default=str): e for e in reversed(FRAGMENTS)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "number", "text"),
    DIFFERENT.values(), ids=[f"{n}-{i}" for n, i, _ in DIFFERENT.values()],
)  # fmt: skip
def test_examples_of_the_documents_pass_check(whole_world, name, number, text) -> None:
    """The rules of one's own of docs/method.md could not be run: they have no suitability."""
    given = tomllib.loads(whole_world.read_text(encoding="utf-8"))
    fragment = tomllib.loads(text)
    if "protections" in fragment.get("inputs", {}):
        del given["inputs"]["redlines"]
    whole_world.write_text(worlds.toml(worlds.merged(given, fragment)), encoding="utf-8")
    zn.check(whole_world)


def test_there_are_examples() -> None:
    assert len(FRAGMENTS) >= 7 and len(DELIVERY) == len(POLICIES) == 2
    assert any("policies" in tomllib.loads(text) for _, _, text in FRAGMENTS)
    methods = [e for e in EXAMPLES if "dimension" in tomllib.loads(e[2])]
    assert len(REVIEW) == 6
    assert sorted([*FRAGMENTS, *DELIVERY, *POLICIES, *REVIEW, *methods]) == sorted(EXAMPLES)


@pytest.mark.parametrize(("name", "number", "text"), POLICIES, ids=[n for n, _, _ in POLICIES])
def test_policies_of_the_documents_hold(tmp_path, name, number, text) -> None:
    file = tmp_path / "farmland.toml"
    file.write_text(text, encoding="utf-8")
    assert zn.api.check_policy(file) == ()


@pytest.mark.slow
@pytest.mark.parametrize(("name", "number", "text"), DELIVERY, ids=[n for n, _, _ in DELIVERY])
def test_the_page_of_a_messy_delivery_says_what_is_said(
    tmp_path, monkeypatch, name, number, text
) -> None:
    """Its plan.toml is read, what is certain is repaired as it says, the rest is asked."""
    script = ROOT / "scripts" / "messy_delivery.py"
    monkeypatch.setattr("sys.argv", [str(script), str(tmp_path)])
    runpy.run_path(str(script), run_name="__main__")
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    lang = "zh" if "zh-CN" in name else "en"
    for finding in zn.mend(tmp_path, tmp_path / "repaired"):
        assert finding.line(lang)[:70] in page
    with pytest.raises(InputError) as caught:
        zn.check(tmp_path / "repaired" / "plan.toml")
    (shifted,) = caught.value.problems
    assert shifted.tell(lang).split(": " if lang == "en" else "：")[0] in page
    state = text.replace('县界.shp"\n', '县界.shp"\ndatum = "gcj02"\n')
    (tmp_path / "plan.toml").write_text(state, encoding="utf-8")
    zn.mend(tmp_path, tmp_path / "again")
    assert zn.check(tmp_path / "again" / "plan.toml").intake.grid.crs


def rebuilt(plan, **columns):
    """Give the plan red lines with some columns of standing."""
    lines = plan.redlines.drop(columns=["status", "boundary_status"], errors="ignore")
    return dataclasses.replace(
        plan, redlines=lines.assign(source="survey", **columns), notice=None,
        run={**plan.run, "notice_zh": None},
    )  # fmt: skip


def headings(plan, lang="en"):
    return [b.text for b in back.data(Writer(plan, lang)) if isinstance(b, Heading)]


def test_standing_of_name_and_boundary_are_two_things() -> None:
    """A card said 有文件依据 beside "own reconstruction": the one of the name, the other not."""
    plan = rebuilt(fake_plan.make(), status="documented", boundary_status="reconstructed")
    assert tables.CONTRACTS["redlines"].check(plan.redlines) == []
    card = pack_layers(plan)["redlines"]
    row = dict(zip(card["columns"], card["rows"][0], strict=True))
    assert (row["status"], row["boundary_status"]) == ("documented", "reconstructed")
    said = document.dictionary()
    assert said["columns"]["name_status"] == {"zh": "名称依据", "en": "standing of the name"}
    assert said["columns"]["boundary_status"]["zh"] == "边界依据"
    assert said["values"]["boundary_status"]["reconstructed"]["zh"] == "自行重建"
    told = [b for b in back.data(Writer(plan, "en")) if isinstance(b, Table)]
    assert [t.rows[0][0] for t in told if t.heads[-1] == "areas"] == [
        "documented", "own reconstruction",
    ]  # fmt: skip


def test_the_reference_case_says_both() -> None:
    lines = gpd.read_file(ROOT / "data" / "redlines" / "zhenjiang.gpkg", ignore_geometry=True)
    assert set(lines["boundary_status"]) == {"reconstructed"}
    assert {"documented", "made-up"} < set(lines["status"])


def test_only_a_rebuilt_plan_speaks_of_reconstruction() -> None:
    real = rebuilt(fake_plan.make(), status=pd.NA)
    told = headings(real)
    assert not any("reconstruct" in t or "Standing" in t for t in told), told
    assert any("Data" in t for t in told)
    assert "made up" not in str([b for b in back.data(Writer(real, "en"))])
    again = headings(rebuilt(fake_plan.make(), status="made-up"))
    assert any("reconstruct" in t for t in again) and any("Standing" in t for t in again)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_levels_of_checks_are_not_levels_of_red_lines(lang) -> None:
    plan = fake_plan.make()
    frame = geopackage.tables(plan)["checks"]
    words = styles.value_maps(plan, list(frame.columns), lang, "checks")["level"]
    assert set(words) == {"error", "warning", "note"}
    assert set(styles.value_maps(plan, ["level"], lang, "redlines")["level"]) >= {"1", "2"}
    alias = styles.aliases(plan, "checks", ["level"], lang)["level"]
    assert alias != styles.aliases(plan, "redlines", ["level"], lang)["level"]


def test_the_key_of_the_background_is_told_as_people_give_it() -> None:
    with pytest.raises(InputError) as error:
        background("tianditu", None)
    assert "TIANDITU_TK" in str(error.value)
    assert "TIANDITU_TK" in error.value.problems[0].tell("zh")


@pytest.mark.parametrize("column", ["area_code", "level"])
def test_one_missing_column_is_one_finding(tmp_path, column) -> None:
    """Without its code column a layer also told that every level occurs many times."""
    plan = worlds.write(tmp_path)
    # Both of one level: without codes they would look like one area given twice.
    lines = worlds.redlines().assign(level=2).rename(columns={column: "其他"})
    (tmp_path / "红线.gpkg").unlink()
    lines.to_file(tmp_path / "红线.gpkg")
    with pytest.raises(InputError) as error:
        zn.check(plan)
    (problem,) = error.value.problems
    assert problem.code == "missing-column" and f"'{column}'" in problem.tell("en")


def test_long_lists_say_how_many_more() -> None:
    names = [f"镇{i}" for i in range(12)]
    assert some(names).en == "镇0, 镇1, 镇2, 镇3, 镇4 and 7 more"
    assert some(names).zh.endswith("等共 12 个") and some(names[:5]).zh.count("、") == 4
    assert some(names[:5]).en == "镇0, 镇1, 镇2, 镇3, 镇4", "five fit"
    plan = fake_plan.make()
    with pytest.raises(InputError, match="and 2 more"):
        locks(plan, Question(lock_out=tuple(f"x{i}" for i in range(7))))


@pytest.mark.slow
def test_the_year_of_the_existing_land_is_said(tmp_path) -> None:
    """It did nothing in 0.1.0."""
    path = worlds.write(tmp_path)
    text = path.read_text(encoding="utf-8").replace("[plan]\n", "[plan]\nbase_year = 2020\n")
    path.write_text(text, encoding="utf-8")
    plan = zn.run(path)
    assert plan.run["construction"]["base_year"] == 2020
    for lang, said in (("en", "existing construction land (2020)"),
                       ("zh", "现状建设用地（2020 年）")):  # fmt: skip
        tables = [b for b in report.blocks_of(plan, lang) if hasattr(b, "rows")]
        assert said in {row[0] for table in tables for row in table.rows}
