"""Plans in zones of their own the whole way: init to report, a real QGIS, a real Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from test_webmap_chromium import BROWSER, DRIVER, Browser

from tests import worlds
from zoning import api, store
from zoning.base.shipped import data_path
from zoning.contribution.stored import describe
from zoning.outputs.office.workbook import sheets
from zoning.pipeline import beside

pytestmark = pytest.mark.slow
CHECK = Path(__file__).with_name("qgis_check.py")
NAMES = {"optimised": "z1", "key": "z2", "moderate": "z3", "balance": "over"}
CELLS = re.compile(r"^(high|mid|low) = .*$|^value = .*$", re.M)
#: Cells of the shipped method that five zones split further; the last of each row of a table.
FIVE = {'["z3", "z2", "z2"]': '["z3", "z2", "z5"]', '["z2", "z2", "z1"]': '["z2", "z4", "z1"]'}


def own(text: str) -> str:
    return re.sub(r"\b(optimised|key|moderate|balance)\b", lambda m: NAMES[m[1]], text)


def write(folder: Path, *, five: bool) -> Path:
    """Write the small city in z1..z3 and no overlay, or in z1..z5 and two overlays."""
    method = data_path("methods", "two-matrices.toml").read_text(encoding="utf-8")
    method = CELLS.sub(lambda m: own(m[0]), method).replace("zhenjiang-2013", "mine")
    for old, new in FIVE.items() if five else ():
        assert old in method
        method = method.replace(old, new)
    (folder / "m.toml").write_text(method, encoding="utf-8")
    count = 5 if five else 3
    zones = "".join(f'[[zones.zone]]\ncode = "z{i}"\nzh = "区{i}"\n' for i in range(1, count + 1))
    cap = "[cap]\nshare = 0.6\nzone_caps.z2 = 0.5\nquotas.z1 = 0.5\n"
    over = ""
    if five:
        cap += 'zone_caps.over = "existing"\n'
        over = (
            '[[zones.overlay]]\ncode = "over"\nzh = "叠加甲"\nen = "first overlay"\nshare = 0.5\n'
            'protections = ["redline"]\nnew_land = false\n'
            '[[zones.overlay]]\ncode = "side"\nzh = "旁列乙"\nen = "second overlay"\nshare = 0.2\n'
            'protections = ["redline"]\nreplaces = false\ncolour = "#aa00ff"\n'
        )
    worlds.write(folder, cap=None).unlink()
    (path,) = api.init(folder)
    text = path.read_text(encoding="utf-8")
    # What init wrote, changed as a planner would: the files, the rules, the zones.
    text = text.replace('path = "boundary.gpkg"', 'path = "边界.gpkg"')
    head, rest = text.split("[zones]\n", 1)
    _, tail = rest.split("\n[outputs]\n", 1)
    world = worlds.PLAN[worlds.PLAN.index("[inputs.townships]") :]
    part = f'[zones]\nscheme = "mine"\nmethod = "m.toml"\n{zones}{over}'
    tail = tail.replace("tables = false", "tables = true")
    path.write_text(f"{head}{world}{part}{cap}[outputs]\n{tail}", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Both plans, written with everything."""
    found = {}
    for name in ("three", "five"):
        folder = tmp_path_factory.mktemp(name)
        plan = api.run(write(folder, five=name == "five"))
        plan.save(folder / "out", report=True)
        found[name] = (folder / "out", api.load(folder / "out"))
    return found


def test_both_close_and_prove_themselves(drawn):
    for folder, plan in drawn.values():
        assert all(c.ok for c in api.verify(folder))
        assert plan.zones["area_m2"].sum() == plan.units["area_m2"].sum()
        assert plan.run["allocation"]["certificate"]["ok"]
        assert len(api.price(folder).table())
    three, five = (drawn[n][1] for n in ("three", "five"))
    assert three.scheme.codes == ("z1", "z2", "z3")
    assert "overlays" not in {c.wing for c in three.contributions}
    assert five.scheme.codes == ("z1", "z2", "z3", "z4", "z5", "over")


def test_areas_do_not_depend_on_the_zones(drawn):
    three, five = (drawn[n][1] for n in ("three", "five"))
    columns = ["area_m2", "built_m2", "free_m2", "redline_m2"]
    assert three.units[columns].equals(five.units[columns])
    beyond = five.zones.drop(index="over").sum(numeric_only=True)["area_m2"]
    assert beyond + five.zones.at["over", "area_m2"] == three.zones["area_m2"].sum()


def test_the_overlay_that_stands_beside_is_told_by_name(drawn):
    folder, plan = drawn["five"]
    beside_it = plan.units["overlays"].eq("side").fillna(False)
    assert beside_it.sum() == 3
    given = next(c for c in plan.contributions if c.wing == beside.WING)
    assert given.themes[0].title.zh == "旁列乙"
    codes = given.table(beside.TABLE).frame["overlay_side"]
    assert codes.tolist() == ["side" if b else "none" for b in beside_it]
    assert "3 个单元" in given.chapters[0].paragraphs[0].zh
    rows = sheets(plan, "zh")["account_overlay"]
    assert rows["area_m2"].sum() == plan.units.loc[beside_it, "area_m2"].sum()
    from openpyxl import load_workbook

    book = load_workbook(folder / "tables.xlsx", read_only=True)
    cells = {str(c) for s in book for row in s.iter_rows(values_only=True) for c in row}
    assert {"旁列乙", "叠加甲保护面积（m²）"} & cells >= {"旁列乙"}
    assert any(c.startswith("叠加甲保护面积") for c in cells)
    import docx

    report = docx.Document(folder / "report.docx")
    text = [p.text for p in report.paragraphs]
    text += [c.text for t in report.tables for row in t.rows for c in row.cells]
    assert any("旁列乙" in t and "其分区不变" in t for t in text)
    assert "旁列乙" in text


def test_an_answer_says_its_overlays_anew(drawn):
    _, plan = drawn["five"]
    answer = plan.allocate(cap=0.5)
    wings = [c.wing for c in answer.contributions]
    assert wings.count(beside.WING) == 1


def qgis_of(folder: Path, pictures: Path, tmp: Path):
    python = shutil.which("python3", path="/usr/bin:/bin")
    probe = [python, "-c", "import qgis.core"]
    if python is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("needs QGIS")
    target = tmp / "found.json"
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    env |= {"QT_QPA_PLATFORM": "offscreen", "QGIS_CHECK_PDF": "0"}
    subprocess.run(
        [python, str(CHECK), str(target), str(pictures), str(folder / "plan.qgz"),
         str(folder / "plan.gpkg")],
        check=True, capture_output=True, env=env, timeout=300,
    )  # fmt: skip
    return json.loads(target.read_text(encoding="utf-8"))


@pytest.mark.qgis
@pytest.mark.parametrize("name", ["three", "five"])
def test_a_real_qgis_draws_it(drawn, name, tmp_path):
    folder, plan = drawn[name]
    pictures = Path(os.environ.get("ZONING_PICTURES", tmp_path)) / name
    project, file = qgis_of(folder, pictures, tmp_path)
    assert project["read"] and all(layer["valid"] for layer in project["layers"])
    by_name = {layer["name"]: layer for layer in project["layers"]}
    zones = next(x for x in project["layers"] if x["attribute"] == "zone")
    legend = [(code, label, colour) for code, label, colour in zones["legend"] if code]
    expected = [(z.code, z.zh, z.colour) for z in plan.scheme.members]
    assert [row for row in legend if row[0] in plan.scheme.codes] == expected
    assert all(t["colours"] > 2 for t in project["themes"].values())
    if name == "five":
        assert "旁列乙" in project["themes"]
        layer = by_name["旁列乙"]
        assert [r[:2] for r in layer["legend"]][:2] == [["side", "旁列乙"], ["none", "非旁列乙"]]
        units = next(x for x in file["layers"] if x["table"] == "units")
        assert ["旁列乙", "side"] in units["maps"]["overlays"]
        assert units["aliases"]["overlay_over_m2"].startswith("叠加甲保护面积")


@pytest.mark.chromium
@pytest.mark.parametrize("name", ["three", "five"])
def test_a_real_browser_draws_it(drawn, name, tmp_path):
    pytest.importorskip("selenium")
    if not (BROWSER and DRIVER):
        pytest.skip("needs Chromium and chromedriver")
    folder, plan = drawn[name]
    browser = Browser()
    try:
        browser.open(folder / "map.html")
        assert browser.complaints() == []
        shown = browser.text("#zn")
        assert all(z.zh in shown for z in plan.scheme.zones if plan.zones.at[z.code, "units"])
        read = browser.js(
            "const g=Zoning.sides[0].grid;"
            "return Array.from({length:g.count},(_,i)=>[g.code(i),g.value(i,'zone')])"
        )
        assert dict(read) == plan.units["zone"].to_dict()
        if name == "five":
            unit = plan.units.index[plan.units["overlays"].eq("side").fillna(False)][0]
            i = browser.js(
                "const g=Zoning.sides[0].grid;for(let i=0;i<g.count;i++)"
                "if(g.code(i)===arguments[0])return i;return -1", unit,
            )  # fmt: skip
            browser.js("Zoning.emit('pick', Zoning.sides[0].grid.centre(arguments[0]))", i)
            card = browser.text(".zn-card")
            assert "叠加甲" in card and "旁列乙" in card
            themes = browser.js("return Zoning.plan.themes.map((t)=>t.code)")
            assert "overlay_side" in themes
        pictures = Path(os.environ.get("ZONING_PICTURES", tmp_path))
        pictures.mkdir(parents=True, exist_ok=True)
        browser.driver.save_screenshot(str(pictures / f"map-{name}.png"))
    finally:
        browser.driver.quit()


NATIONAL = """
[zones]
scheme = "national"
method = "two-matrices"
crosswalk = "zhenjiang-2013_national"
overrides = "decisions.csv"

[redlines]

[cap]
share = 0.28
source = "as in the reference plan"
evidence = "own"
"""


OLD = NATIONAL.replace('"national"', '"zhenjiang-2013"').replace(
    'crosswalk = "zhenjiang-2013_national"\n', "")  # fmt: skip


def national(folder: Path, decided: dict[str, str], zones: str = NATIONAL) -> Path:
    """Write the reference plan in today's zones, with decisions on record."""
    shipped = data_path("zhenjiang.toml")
    text = shipped.read_text(encoding="utf-8").split("[zones]\n")[0]
    text = re.sub(r'^(path|table) = "', lambda m: f'{m[1]} = "{data_path().as_posix()}/', text,
                  flags=re.M)  # fmt: skip
    rows = [f"township,{c},{z},土地利用为准,规划科,2026-11-02" for c, z in decided.items()]
    (folder / "decisions.csv").write_text(
        "\n".join(["level,code,zone,reason,who,date", *rows]), encoding="utf-8"
    )
    path = folder / "plan.toml"
    path.write_text(text + zones, encoding="utf-8")
    return path


def test_the_reference_plan_in_the_zones_of_today(tmp_path):
    """What the crosswalk leaves open waits for decisions; with them the whole city is zoned."""
    old = api.run(national(tmp_path, {}, OLD))
    open_plan = api.run(national(tmp_path, {}))
    became = pd.crosstab(old.townships["zone"], open_plan.townships["zone"].fillna("?"))
    assert set(became.columns) <= {"urbanised", "?"}
    assert became.loc["moderate", "?"] == (old.townships["zone"] == "moderate").sum()
    assert (became.loc[["key", "optimised"], "?"] == 0).all()
    waiting = open_plan.townships[open_plan.townships["zone"].isna()]
    failed = [c.check for c in open_plan.checks if not c.ok]
    assert "left_out.zone" in failed
    # New land needs a zone: none where it is open.
    assert open_plan.pieces.loc[open_plan.pieces["zone"].isna(), "new_m2"].sum() == 0
    farmed = waiting["farmland_m2"] / waiting["area_m2"] >= 0.25
    decided = {c: "农产品主产区" if f else "城市化地区" for c, f in farmed.items()}
    plan = api.run(national(tmp_path, decided))
    assert plan.units["zone"].notna().all()
    assert plan.zones["area_m2"].sum() == old.zones["area_m2"].sum()
    assert plan.zones["built_m2"].sum() == old.zones["built_m2"].sum()
    assert plan.zones.at["ecological", "units"] == 0
    # The figures of docs/schemes.md.
    assert (len(waiting), int(farmed.sum())) == (7, 2)
    assert plan.zones["units"].to_dict() == {
        "urbanised": 3869, "agricultural": 252, "ecological": 0,
    }  # fmt: skip
    assert plan.run["construction"]["cap_m2"] == old.run["construction"]["cap_m2"]
    assert plan.units["free_m2"].equals(old.units["free_m2"])
    plan.save(tmp_path / "out", report=True)
    assert all(c.ok for c in api.verify(tmp_path / "out"))
    if "ZONING_PICTURES" in os.environ:
        print(became, plan.zones.drop(columns="geometry").T, len(waiting), farmed.sum())
        qgis_of(tmp_path / "out", Path(os.environ["ZONING_PICTURES"]) / "national", tmp_path)


def test_store_reads_what_was_written(drawn):
    for folder, plan in drawn.values():
        again = store.load(folder)
        assert [describe(c) for c in again.contributions] == [
            describe(c) for c in plan.contributions
        ]
