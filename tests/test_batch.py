"""Many plans: shared rules, own overrides, failures listed, resumed to the same bytes."""

from __future__ import annotations

import hashlib
import shutil

import openpyxl
import pandas as pd
import pytest
import worlds

from zoning import api
from zoning.api import many
from zoning.errors import InputError
from zoning.planfile.models import OWN_SOURCE
from zoning.scale import batch as room

pytestmark = pytest.mark.slow

COMMON = """\
[plan]
notice = "shared"
[cap]
share = 0.40
[outputs]
map = false
qgis = false
tables = false
report = false
"""
BATCH = """\
[batch]
name = "三个 <小> 城"
common = "shared/rules.toml"

[[plan]]
code = "A"
file = "a/plan.toml"

[[plan]]
code = "B"
file = "b/plan.toml"
[plan.set.cap]
share = 0.30

[[plan]]
code = "C"
file = "c/plan.toml"
"""
BESIDE = ("index.html", "accounts.xlsx", "accounts.parquet", "zones.gpkg")


@pytest.fixture
def three(tmp_path, monkeypatch):
    """Two cities, and one whose land use is missing."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "rules.toml").write_text(COMMON, encoding="utf-8")
    for name in "abc":
        worlds.write(tmp_path / name)
    (tmp_path / "c" / "用地.tif").unlink()
    file = tmp_path / "cities.toml"
    file.write_text(BATCH, encoding="utf-8")
    return file


def digests(folder):
    """Name the bytes of what does not hold the time that a run took."""
    files = [folder / n for n in BESIDE]
    files += sorted(folder.glob("*/*.parquet"))
    return {str(f.relative_to(folder)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_rules_are_laid_over_one_another_and_failures_are_listed(three):
    told = []
    found = api.batch(three, lang="en", progress=lambda *a: told.append(a))
    assert [d.state for d in found.done][2] == "failed" and not found.ok
    assert told == [(1, 3), (2, 3), (3, 3)]
    (problem,) = found.done[2].problems
    assert problem.code == "missing-file" and "用地.tif" in problem.where
    made = {c: api.load(found.folder / c).config for c in "AB"}
    assert {c.plan.notice for c in made.values()} == {"shared"}
    # Its own file goes over what is shared, what the batch sets over both; a number that replaces
    # another does not take its source.
    assert (made["A"].cap.share, made["B"].cap.share) == (0.28, 0.30)
    assert made["A"].cap.source != made["B"].cap.source == OWN_SOURCE
    assert not (found.folder / "C" / "run.json").exists()
    for name in BESIDE:
        assert (found.folder / name).is_file()
    page = (found.folder / "index.html").read_text(encoding="utf-8")
    assert "三个 &lt;小&gt; 城" in page and "用地.tif" in page and "<svg" in page
    assert "<script" not in page and "http://" not in page.replace("http-equiv", "")


def test_accounts_of_all_plans_are_those_of_each(three):
    found = api.batch(three)
    books = pd.read_parquet(found.folder / "accounts.parquet")
    for code in "AB":
        plan = api.load(found.folder / code)
        mine = books[(books["plan"] == code) & (books["account"] == "account_county")]
        assert mine["area_m2"].sum() == plan.run["area_m2"]["city"]
        row = found.table.set_index("code").loc[code]
        assert row["new_m2"] == plan.run["construction"]["new_m2"]
        assert row["area_m2"] == plan.run["area_m2"]["city"]
    assert found.table.set_index("code").loc["C", "area_m2"] is pd.NA
    book = openpyxl.load_workbook(found.folder / "accounts.xlsx", read_only=True)
    assert book.sheetnames == ["方案一览", "各方案账"]
    lines = [[c.value for c in row] for row in book["各方案账"].rows]
    assert len(lines) == len(books) + 2  # two rows of heads: for people, and as in the table
    assert lines[0][:3] == ["方案代码", "账目", "城市"] and lines[1][:2] == ["plan", "account"]
    assert {line[1] for line in lines[2:]} >= {"分县账", "分区账"}  # no code where a name exists
    zone = lines[1].index("zone")
    assert "重点开发" in {line[zone] for line in lines[2:]}
    first = [c.value for c in next(book["方案一览"].iter_rows(min_row=3, max_row=3))]
    assert first[2] == "已完成"


def test_an_interrupted_batch_goes_on_to_the_same_bytes(three, monkeypatch, tmp_path):
    whole = api.batch(three, tmp_path / "whole")
    made = []
    make = many.make_one

    def stop(rules, base, out):
        if made:
            raise KeyboardInterrupt
        made.append(out.name)
        return make(rules, base, out)

    monkeypatch.setattr(many, "make_one", stop)
    with pytest.raises(KeyboardInterrupt):
        api.batch(three, tmp_path / "stopped")
    assert made == ["A"]
    monkeypatch.setattr(many, "make_one", make)
    again = api.batch(three, tmp_path / "stopped")
    assert [d.kept for d in again.done] == [True, False, False]
    assert [d.state for d in again.done] == [d.state for d in whole.done]
    assert digests(tmp_path / "stopped") == digests(tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("change", ["rules", "input", "result", "mark"])
def test_what_has_changed_is_made_again(three, change):
    found = api.batch(three)
    base, out = three.parent / "a", found.folder / "A"
    if change == "rules":
        rules = three.parent / "shared" / "rules.toml"
        rules.write_text(COMMON.replace("shared", "other"), encoding="utf-8")
    elif change == "input":
        table = base / "乡镇.csv"
        table.write_text(table.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    elif change == "result":
        shutil.copy(found.folder / "B" / "run.json", out / "run.json")
    else:
        (out / room.MARK).write_text("{", encoding="utf-8")
    again = {d.code: d.kept for d in api.batch(three).done}
    assert again == {"A": False, "B": change != "rules", "C": False}


def test_shared_files_start_at_the_shared_rules(three):
    worlds.write(three.parent / "shared")
    rules = three.parent / "shared" / "rules.toml"
    rules.write_text(COMMON + '[inputs.landuse]\npath = "用地.tif"\n', encoding="utf-8")
    for name in "abc":
        plan = three.parent / name / "plan.toml"
        text = plan.read_text(encoding="utf-8")
        assert '[inputs.landuse]\npath = "用地.tif"\n' in text
        plan.write_text(text.replace('[inputs.landuse]\npath = "用地.tif"\n', ""), encoding="utf-8")
    found = api.batch(three)
    assert "failed" not in {d.state for d in found.done}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no [[plan]]"),
        ('[[plan]]\ncode = "a"\nfile = "a/plan.toml"\n' * 2, "occurs twice"),
        ('[[plan]]\ncode = "../x"\nfile = "a/plan.toml"', "cannot name a folder"),
        ('[[plan]]\ncode = "a"\nfiles = "a/plan.toml"', "unknown key 'files'"),
        ('[batch]\ncommon = "gone.toml"\n[[plan]]\ncode = "a"\nfile = "a"', "no such file"),
    ],
)
def test_a_wrong_batch_is_told(tmp_path, text, told):
    file = tmp_path / "batch.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as error:
        api.batch(file)
    assert any(told in p.tell("en") for p in error.value.problems)


def test_a_batch_of_which_nothing_is_made_is_an_error(tmp_path):
    file = tmp_path / "batch.toml"
    file.write_text('[[plan]]\ncode = "a"\nfile = "gone.toml"', encoding="utf-8")
    with pytest.raises(InputError, match=r"gone\.toml"):
        api.batch(file)
    assert not (tmp_path / "batch-out" / "index.html").exists()


@pytest.mark.slow
def test_two_workers_leave_the_same_bytes(three, tmp_path):
    one = api.batch(three, tmp_path / "one")
    two = api.batch(three, tmp_path / "two", workers=2)
    assert [d.state for d in one.done] == [d.state for d in two.done]
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def test_a_geodatabase_is_a_file_of_the_batch(tmp_path):
    """The folder of one is found from the shared rules, and what changes in it makes plans anew."""
    from zoning.scale import batch

    shared = tmp_path / "共用"
    gdb = shared / "红线.gdb"
    gdb.mkdir(parents=True)
    (gdb / "a00000001.gdbtable").write_bytes(b"one")
    (shared / "v1.0").mkdir()
    rules = {"plan": {"name": "v1.0"}, "inputs": {"redlines": {"path": "红线.gdb"}}}
    moved = batch._moved(rules, shared, tmp_path / "城")
    assert moved["inputs"]["redlines"]["path"] == "../共用/红线.gdb"
    assert moved["plan"]["name"] == "v1.0"  # a folder that is no data
    before = batch.fingerprint(rules, shared)
    assert batch.fingerprint(rules, shared) == before
    (gdb / "a00000001.gdbtable").write_bytes(b"two")
    assert batch.fingerprint(rules, shared) != before


def test_what_a_raster_stands_for_is_of_the_batch(tmp_path):
    """A tile of a VRT, the mask and the world file beside a raster: a change makes plans anew."""
    from zoning.scale import batch

    tile = tmp_path / "瓦片 1" / "a & b.tif"
    tile.parent.mkdir()
    tile.write_bytes(b"one")
    inner = tmp_path / "inner.vrt"
    inner.write_text("<VRTDataset><SourceFilename relativeToVRT='1'>瓦片 1/a &amp; b.tif"
                     "</SourceFilename></VRTDataset>", encoding="utf-8")  # fmt: skip
    (tmp_path / "用地.vrt").write_text(
        "<VRTDataset><SourceFilename>inner.vrt</SourceFilename></VRTDataset>", encoding="utf-8"
    )
    (tmp_path / "高程.tif").write_bytes(b"heights")
    rules = {"inputs": {"landuse": {"path": "用地.vrt"}, "dem": {"path": "高程.tif"}}}
    seen = [batch.fingerprint(rules, tmp_path)]
    for name in ("瓦片 1/a & b.tif", "高程.tif.msk", "高程.tfw"):
        (tmp_path / name).write_bytes(b"two")
        seen.append(batch.fingerprint(rules, tmp_path))
    assert len(set(seen)) == 4
