"""Forged plans: whoever changes a figure and every checksum that goes with it is named."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pages
import pandas as pd
import pytest
import worlds

from zoning import api, pipeline, planfile, store
from zoning.base import marks
from zoning.digest import digest
from zoning.errors import InputError
from zoning.outputs.folder import write as write_folder

CORES = '[inputs.cores]\npath = "核心.gpkg"\n\n[[inputs.locks]]\ncode = "lock"\npath = "锁.gpkg"\n'
WHOLE = "[outputs]\nqgis = true\nmap = true\ntables = true\nreport = true\n"
#: The plans that are forged.
PLANS = {
    "plain": ("", WHOLE),
    "cores, locks, two surveys": (
        '[cap]\nshare = 0.28\nsource = "x"\nsurvey_factor = 0.9\n', WHOLE + CORES,
    ),
    "boundary weight, floor": (
        '[[cap.counties]]\nplace = "321001"\nfloor_m2 = 10\nsource = "x"\n',
        WHOLE + "[allocation]\nboundary_weight = 0.05\n",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def honest(tmp_path_factory):
    """Give the folder of each plan, made once."""
    made: dict[str, Path] = {}

    def folder_of(name: str) -> Path:
        if name not in made:
            folder = tmp_path_factory.mktemp("伪") / "plan"
            cap, extra = PLANS[name]
            path = worlds.write(folder, cap=cap, extra=extra)
            for file, shape in (("核心", worlds.square(3, 1, 0.5, 0.5)),
                                ("锁", worlds.square(1, 1, 0.25, 1))):  # fmt: skip
                gpd.GeoDataFrame(
                    {"code": ["x"], "name": [file]}, geometry=[shape], crs=worlds.CRS
                ).to_file(folder / f"{file}.gpkg")
            write_folder(pipeline.run(planfile.load(path), folder), folder / "out")
            made[name] = folder / "out"
        return made[name]

    return folder_of


class Forger:
    """Changes files of a plan and repairs every checksum, so that the folder loads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def parquet(self, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        """Change units or ledger."""
        path = self.folder / f"{name}.parquet"
        frame = gpd.read_parquet(path) if name == "units" else pd.read_parquet(path)
        change(frame).to_parquet(path, compression="zstd")

    def sql(self, *statements: str) -> None:
        """Change plan.gpkg; the triggers of its spatial index are in the way."""
        with closing(sqlite3.connect(self.folder / "plan.gpkg")) as db, db:
            for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"
                                      ).fetchall():  # fmt: skip
                db.execute(f'DROP TRIGGER "{name}"')
            changed = 0
            for statement in statements:
                changed += max(0, db.execute(statement).rowcount)
            assert changed, statements

    def run(self, change: Callable[[dict], None]) -> None:
        """Change run.json."""
        path = self.folder / "run.json"
        run = json.loads(path.read_text(encoding="utf-8"))
        change(run)
        path.write_text(json.dumps(run, ensure_ascii=False, indent=1), encoding="utf-8")

    def text(self, name: str, old: str, new: str) -> None:
        """Change the text of a page."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert re.search(old, text), old
        path.write_text(re.sub(old, new, text, count=1), encoding="utf-8")

    def page(self, old: str, new: str) -> None:
        """Change what a page says, in its packed tables too."""
        path = self.folder / "map.html"
        path.write_text(pages.forged(path.read_text(encoding="utf-8"), old, new), encoding="utf-8")

    def entry(self, name: str, inner: str, old: str, new: str) -> None:
        """Change an entry of an archive."""
        path, out = self.folder / name, io.BytesIO()
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(out, "w") as made:
            for entry in archive.namelist():
                data = archive.read(entry)
                if re.fullmatch(inner, entry):
                    text = data.decode("utf-8")
                    if re.search(old, text):
                        data, inner = re.sub(old, new, text, count=1).encode(), "(done)"
                made.writestr(entry, data)
        assert inner == "(done)", (name, old)
        path.write_bytes(out.getvalue())
        marks.seal(path)

    def repair(self) -> None:
        """Write the right checksums and digest into run.json."""
        self.sums()
        try:
            number = digest(store.load(self.folder))
        except InputError:
            return
        self.run(lambda run: run.update(digest=number))

    def sums(self) -> None:
        """Write the right checksums into run.json."""

        def right(run: dict) -> None:
            run["files"] = {
                p.name: hashlib.sha256(p.read_bytes()).hexdigest()
                for p in sorted(self.folder.iterdir())
                if p.is_file() and p.name != "run.json"
            }  # fmt: skip

        self.run(right)


def put(frame: pd.DataFrame, where, column: str, value) -> pd.DataFrame:
    """Set one value; ``where`` is a row number or a mask whose first row counts."""
    row = frame.index[where] if isinstance(where, int) else frame.index[where][0]
    frame.loc[row, column] = value(frame.at[row, column]) if callable(value) else value
    return frame


def plus(n):
    return lambda v: v + n


def units(column, value, where=0):
    return lambda f: f.parquet("units", lambda t: put(t, where, column, value))


def ledger(column, value, where=0):
    return lambda f: f.parquet("ledger", lambda t: put(t, where, column, value))


def sql(*statements):
    return lambda f: f.sql(*statements)


def run_json(*path, value):
    def change(run):
        for key in path[:-1]:
            run = run[key]
        run[path[-1]] = value(run[path[-1]]) if callable(value) else value

    return lambda f: f.run(change)


def checks(name, change):
    """Change the checks of one name in run.json."""
    return lambda f: f.run(lambda run: [change(c) for c in run["checks"] if c["check"] == name])


def both(*forgeries):
    def apply(f):
        for one in forgeries:
            one(f)

    return apply


def no_red(table):
    """Take the red lines out of the ledger."""
    return table.assign(red_set=0, red_level=0)


def swap_use(table):
    """Turn built land of the first unit into fields."""
    built = table["landuse"] == 7
    return put(table, built.to_numpy(), "landuse", 1)


def other(one, two):
    return lambda v: one if v != one else two


C = "WHERE township = '321000003'"
FIRST = "(SELECT min(fid) FROM pieces WHERE new_m2 > 0)"
#: What is forged: name to a function of the forger. Checksums and digest are repaired afterwards.
FORGERIES = {
    # units.parquet
    "unit larger": units("area_m2", plus(7)),
    "free land raised": units("free_m2", plus(5000)),
    "built land": units("built_m2", plus(9)),
    "red line of a unit": units("redline_m2", plus(3)),
    "level of a red line": units("redline_level1_m2", plus(3)),
    "protected land": units("protected_m2", plus(3)),
    "water": units("water_m2", plus(3)),
    "farmland": units("farmland_m2", plus(3)),
    "green land": units("eco_agri_m2", plus(3)),
    "built in red lines": units("built_redline_m2", plus(3)),
    "unit rezoned": units("zone", other("key", "moderate")),
    "reason of a zone": units("zone_reason", "override"),
    "township of a unit": units("township", other("321000003", "321000001")),
    "name of a township of a unit": units("township_name", "丁镇"),
    "class of the township of a unit": units("township_zone", other("key", "moderate")),
    "suitability": units("suitability", lambda v: 1 - v),
    "new land of a unit": units("new_m2", plus(10)),
    "square moved": lambda f: f.parquet(
        "units", lambda t: t.set_geometry(t.geometry.translate(3, 0), crs=t.crs)),
    "a unit left out": lambda f: f.parquet("units", lambda t: t.iloc[1:]),
    "balance overlay": units("overlay_balance_m2", plus(50)),
    # ledger.parquet
    "atom larger": ledger("area_m2", plus(7)),
    "land moved between units": lambda f: f.parquet(
        "ledger", lambda t: put(put(t, 0, "area_m2", plus(-9)), -1, "area_m2", plus(9))),
    "red lines taken from the ledger": lambda f: f.parquet("ledger", no_red),
    "one red atom freed": lambda f: f.parquet(
        "ledger", lambda t: put(put(t, (t["red_set"] > 0).to_numpy(), "red_level", 0),
                                (t["red_set"] > 0).to_numpy(), "red_set", 0)),
    "built land called fields": lambda f: f.parquet("ledger", swap_use),
    "land use nobody knows": ledger("landuse", 99),
    "land of another township": ledger("township", "321000003"),
    "land of another county": ledger("county", "321002"),
    "red level": lambda f: f.parquet(
        "ledger", lambda t: put(t, (t["red_level"] == 1).to_numpy(), "red_level", 2)),
    "an atom left out": lambda f: f.parquet("ledger", lambda t: t.iloc[1:].reset_index(drop=True)),
    # plan.gpkg
    "piece: new land": sql(f"UPDATE pieces SET new_m2 = new_m2 + 1 WHERE fid = {FIRST}"),
    "piece: free land": sql(f"UPDATE pieces SET free_m2 = free_m2 + 500 WHERE fid = {FIRST}"),
    "piece: built land": sql(f"UPDATE pieces SET built_m2 = built_m2 + 500 WHERE fid = {FIRST}"),
    "piece: area": sql(f"UPDATE pieces SET area_m2 = area_m2 + 500 WHERE fid = {FIRST}"),
    "piece: zone": sql(f"UPDATE pieces SET zone = 'balance' WHERE fid = {FIRST}"),
    "piece: class": sql(f"UPDATE pieces SET township_zone = 'x' WHERE fid = {FIRST}"),
    "piece: suitability": sql(f"UPDATE pieces SET suitability = 0.999 WHERE fid = {FIRST}"),
    "piece: county": sql("UPDATE pieces SET county = '321002' WHERE county = '321001'"),
    "piece left out": sql(f"DELETE FROM pieces WHERE fid = {FIRST}"),
    "new land moved to another piece": sql(
        f"UPDATE pieces SET new_m2 = new_m2 - 1000 WHERE fid = {FIRST}",
        "UPDATE pieces SET new_m2 = new_m2 + 1000 WHERE fid = "
        "(SELECT max(fid) FROM pieces WHERE free_m2 > 1000)"),
    "township: class": sql("UPDATE townships SET zone = 'key' WHERE township = '321000003'"),
    "township: attribute": sql(f"UPDATE townships SET population = 900000 {C}"),
    "township: area": sql(f"UPDATE townships SET area_m2 = area_m2 + 1 {C}"),
    "township: built": sql(f"UPDATE townships SET built_m2 = built_m2 + 1 {C}"),
    "township: county": sql("UPDATE townships SET county = '321001' WHERE township = '321000003'"),
    "township: new land": sql("UPDATE townships SET new_m2 = new_m2 + 1"),
    "county: new land": sql("UPDATE counties SET new_m2 = new_m2 + 1"),
    "county: area": sql("UPDATE counties SET area_m2 = area_m2 + 1"),
    "county: share": sql("UPDATE counties SET built_share = built_share + 0.1"),
    "account of the city: share": sql("UPDATE account_city SET share = share + 0.1"),
    "set of protections": ledger("protection_set", 7),
    "county: red lines": sql("UPDATE counties SET redline_m2 = 0"),
    "zone: area": sql("UPDATE zones SET area_m2 = area_m2 + 1 WHERE zone = 'key'"),
    "zone: quota": sql("UPDATE zones SET quota_m2 = quota_m2 + 1000000 WHERE quota_m2 IS NOT NULL"),
    "zone: new land": sql("UPDATE zones SET new_m2 = new_m2 + 1 WHERE zone = 'key'"),
    "red line smaller": sql("UPDATE redlines SET area_m2 = area_m2 - 1000"),
    "red set of another level": sql("UPDATE red_sets SET level = 3 - level"),
    "limit: cap": sql("UPDATE limits SET cap_m2 = cap_m2 + 5 WHERE kind = 'city'"),
    "limit: used": sql("UPDATE limits SET used_m2 = used_m2 - 5 WHERE kind = 'city'"),
    "limit left out": sql("DELETE FROM limits WHERE kind = 'quota'"),
    "layer units: free land": sql("UPDATE units SET free_m2 = free_m2 + 1"),
    "layer units: zone": sql("UPDATE units SET zone = 'key' WHERE zone <> 'key'"),
    "layer allocation: new land": sql("UPDATE allocation SET new_m2 = new_m2 + 1"),
    "layer allocation: a unit more": sql("DELETE FROM allocation WHERE fid = 1"),
    "clipped: whole squares": sql(
        "UPDATE rtree_unit_shapes SET geom = (SELECT geom FROM units LIMIT 1)"),
    "clipped: another view": sql(
        "DROP VIEW units_clipped",
        "CREATE VIEW units_clipped AS SELECT fid AS OGC_FID, geom, unit, 'key' AS zone FROM units",
        "UPDATE gpkg_contents SET description = 'x' WHERE table_name = 'units_clipped'"),
    "check that holds": sql("UPDATE checks SET measured = measured + 1 WHERE measured IS NOT NULL"),
    "name of the plan": sql("UPDATE plan SET value = 'another' WHERE key = 'name'"),
    "account of the city": sql("UPDATE account_city SET built_m2 = built_m2 - 1"),
    "account of zones": sql("UPDATE account_zone SET new_m2 = new_m2 + 1"),
    "account of counties": sql("UPDATE account_county SET free_m2 = free_m2 + 1"),
    "account of townships": sql("UPDATE account_township SET area_m2 = area_m2 + 1"),
    "shares of units": sql("UPDATE unit_townships SET area_m2 = area_m2 + 1 WHERE fid = 1"),
    "red lines by county": sql("UPDATE redline_by_county SET area_m2 = area_m2 + 1"),
    "shape: open sides": sql("UPDATE landscape SET after = after - 100 WHERE measure = 'edge_m'"),
    "shape: share": sql(
        "UPDATE landscape SET before = before + 0.01 WHERE measure = 'largest_patch_share'"),
    "fairness: Gini": sql("UPDATE equity SET gini = gini - 0.01 WHERE gini IS NOT NULL"),
    "fairness: head of a township": sql(
        "UPDATE equity_townships SET built_per_head_m2 = built_per_head_m2 + 1"),
    # both where it stands twice
    "check: measured": both(
        sql("UPDATE checks SET measured = measured + 1 WHERE \"check\" = 'cap.city'"),
        checks("cap.city", lambda c: c.update(measured=c["measured"] + 1))),
    "check: limit": both(
        sql("UPDATE checks SET \"limit\" = \"limit\" + 1 WHERE \"check\" = 'new.city'"),
        checks("new.city", lambda c: c.update(limit=c["limit"] + 1))),
    "check: verdict": both(
        sql("UPDATE checks SET ok = 1 - ok WHERE \"check\" = 'left_out.none'"),
        checks("left_out.none", lambda c: c.update(ok=not c["ok"]))),
    "check left out": both(
        sql("DELETE FROM checks WHERE \"check\" = 'allocation.cap'"),
        lambda f: f.run(lambda r: r.update(
            checks=[c for c in r["checks"] if c["check"] != "allocation.cap"]))),
    "middle of a unit": both(
        units("lon", plus(0.25)),
        sql("UPDATE units SET lon = lon + 0.25 WHERE fid = 1")),
    # run.json
    "pieces of no worth": run_json("allocation", "unknown", value=plus(1)),
    "how far the lattice bends": both(
        run_json("grid", "distortion", "worst_local", value=plus(1e-5)),
        checks("crs.distortion", lambda c: c.update(measured=c["measured"] + 1e-5)),
        sql("UPDATE checks SET measured = measured + 1e-5 WHERE \"check\" = 'crs.distortion'")),
    "area on the ellipsoid": run_json(
        "grid", "distortion", value=lambda d: {**d, "ellipsoid_m2": d["ellipsoid_m2"] * 1.01,
                                               "total": (d["total"] + 1) / 1.01 - 1}),
    "city larger": run_json("area_m2", "city", value=plus(1000)),
    "cap": run_json("construction", "cap_m2", value=plus(1000)),
    "existing land": run_json("construction", "existing_m2", value=plus(-1000)),
    "new land in the account": run_json("construction", "new_m2", value=plus(-1)),
    "share in the account": run_json("construction", "share", value=0.2),
    "sum of a zone": run_json("zones", "key", "new_m2", value=plus(1)),
    "units of a zone": run_json("zones", "key", "units", value=plus(1)),
    "count of units": run_json("grid", "units", value=plus(1)),
    "union of red lines": run_json("redlines", "union_m2", value=plus(-5)),
    "worth of the allocation": run_json("allocation", "suitability_m2", value=plus(0.25)),
    "cap in the rules": run_json("config", "cap", "share", value=0.2),
    "quota in the rules": run_json("config", "cap", "quotas", "key", "share", value=0.05),
    "weight of the overlay": lambda f: f.run(
        lambda r: r["config"]["zones"].update(balance_share=0.99)),
    "class table": lambda f: f.run(lambda r: [c.update(group="ecology") for c in
                                              r["landuse_classes"] if c["value"] == 7]),
    "class table left out": lambda f: f.run(lambda r: r.pop("landuse_classes")),
    "zone: cap": both(
        sql("UPDATE zones SET cap_m2 = cap_m2 + 1 WHERE cap_m2 IS NOT NULL"),
        lambda f: f.run(lambda r: [z.update(cap_m2=z["cap_m2"] + 1) for z in r["zones"].values()
                                   if z.get("cap_m2") is not None])),
    # what people open
    "map: figure": lambda f: f.text("map.html", r'"existing_m2":(\d+)', '"existing_m2":1'),
    "map: name": lambda f: f.text("map.html", r'"name":"小城"', '"name":"大城"'),
    "map: township": lambda f: f.page(r'"(\w+镇)", "(\d+)"', r'"\1乙", "\2"'),
    "map: card": lambda f: f.page(r'("cards": \[.*?)(\d)(\d\.\d)', r"\1\3\2"),
    "map: script": lambda f: f.text("map.html", r"</body>", "<script>1</script></body>"),
    "workbook: cell": lambda f: f.entry(
        "tables.xlsx", r"xl/worksheets/sheet[5-9].*", r"<v>\d{5,}</v>", "<v>7</v>"),
    "report: figure": lambda f: f.entry(
        "report.docx", "word/document.xml", r"(\d\d),(\d\d\d)|km²", "99"),
    "project: source": lambda f: f.entry("plan.qgz", r".*qgs", r"\./plan\.gpkg", "./other.gpkg"),
    "project: title": lambda f: f.entry("plan.qgz", r".*qgs", r"<title>[^<]*", "<title>x"),
}  # fmt: skip


def told(folder: Path) -> list[str]:
    """Give what verify refutes; a plan that cannot be read any more is told too."""
    try:
        found = api.verify(folder)
    except InputError as error:
        return [p.tell("en") for p in error.problems]
    return [c.text.en for c in found if not c.ok and c.level == "error"]


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANS)
def test_honest_plans_pass(honest, name):
    assert told(honest(name)) == []


OPENED = ("map:", "workbook:", "report:", "project:")
#: Each forgery on one plan; on all of them where ZONING_FULL is set.
CHOSEN = [
    (what, name)
    for n, what in enumerate(FORGERIES)
    for k, name in enumerate(PLANS)
    if os.environ.get("ZONING_FULL") or k == n % len(PLANS)
]


@pytest.mark.slow
@pytest.mark.parametrize(("what", "name"), CHOSEN)
def test_a_forged_plan_is_named(honest, tmp_path, what, name):
    folder = Path(shutil.copytree(honest(name), tmp_path / "plan"))
    if not what.startswith(OPENED):
        for one in ("report.docx", "tables.xlsx", "map.html", "plan.qgz"):
            (folder / one).unlink()  # it takes long to make them again
    forger = Forger(folder)
    FORGERIES[what](forger)
    forger.repair()
    assert told(folder) != []


@pytest.mark.parametrize(("column", "value"), [("agree", 2), ("status", "accept")])
def test_how_many_methods_agree_is_counted_again(column, value):
    from types import SimpleNamespace

    from zoning.verify.compare import Findings
    from zoning.verify.zones import _agreement

    table = pd.DataFrame({
        "township": ["a", "b", "c"], "one": ["x", "x", "x"], "two": ["x", "y", "x"],
        "three": ["x", None, "y"], "agree": [3, 1, 2], "zone": ["x", None, "x"],
        "status": ["accept", "review", "flag"],
    })  # fmt: skip
    honest = Findings()
    _agreement(SimpleNamespace(tables={"methods": table}), honest)
    assert [c.ok for c in honest.checks] == [True, True]
    table.loc[1, column] = value
    forged = Findings()
    _agreement(SimpleNamespace(tables={"methods": table}), forged)
    assert [c.where for c in forged.checks if not c.ok] == [f"plan.gpkg: methods, {column}: b"]


@pytest.mark.slow
def test_what_is_shared_out_and_what_comes_from_inputs_is_named(tmp_path):
    """Totals in units, layers of themes; with the inputs attributes that no method reads."""
    path = worlds.write(
        tmp_path / "w", extra="[outputs]\nqgis = false\nmap = false\n" + CORES
        + '[indicators]\nspread = ["population"]\n')  # fmt: skip
    towns = pd.read_csv(tmp_path / "w" / "乡镇.csv", dtype={"code": str})
    towns.assign(strategic=3).to_csv(tmp_path / "w" / "乡镇.csv", index=False, encoding="utf-8")
    for file, shape in (("核心", worlds.square(3, 1, 0.5, 0.5)),
                        ("锁", worlds.square(1, 1, 0.25, 1))):  # fmt: skip
        gpd.GeoDataFrame({"code": ["x"], "name": [file]}, geometry=[shape], crs=worlds.CRS).to_file(
            tmp_path / "w" / f"{file}.gpkg"
        )
    write_folder(pipeline.run(planfile.load(path), tmp_path / "w"), tmp_path / "out")
    assert told(tmp_path / "out") == []
    ways = {
        "reconciliation": (sql("UPDATE reconciliation SET missing_before = 1"), False),
        "units.parquet, population": (both(
            units("population", plus(500)),
            sql("UPDATE units SET population = population + 500 WHERE fid = 1")), False),
        "protection_map": (sql("UPDATE protection_map SET area_m2 = area_m2 + 1"), False),
        "strategic": (sql("UPDATE townships SET strategic = 4"), True),
        "redlines, name": (sql("UPDATE redlines SET name = 'another'"), True),
    }  # fmt: skip
    for where, (forge, asked) in ways.items():
        folder = tmp_path / "forged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "out", folder)
        forger = Forger(folder)
        forge(forger)
        forger.repair()
        inputs = tmp_path / "w" if asked else None
        found = api.verify(folder, inputs=inputs)
        off = [c.text.en for c in found if not c.ok and c.level == "error"]
        assert any(where in text for text in off), (where, off)
