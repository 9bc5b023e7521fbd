"""Run what version 0.1.0 did wrong, at the command line, and tell for each whether it is right.

``python scripts/check_findings.py`` tries the version that is imported; with a checkout of another
one in front, ``PYTHONPATH=OTHER python scripts/check_findings.py``, that one. Each case makes a
county of 18 squares (tests/worlds.py), calls the command line in this process, and looks at what it
said and wrote. The numbers are those of docs/findings-0.1.md, which names the tests as well.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import os
import sqlite3
import sys
import tempfile
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio

ROOT = Path(__file__).resolve().parents[1]
CAP = '[cap]\nshare = 0.28\nsource = "x"\nevidence = "own"\n'


def _worlds() -> types.ModuleType:
    """Open the small county of the tests; of the package it asks only where data lie."""
    try:
        import zoning.base.shipped  # noqa: F401
    except ImportError:  # 0.1.0 called it otherwise; the rules of its cases stand here
        sys.modules["zoning.base.shipped"] = stand_in = types.ModuleType("zoning.base.shipped")
        stand_in.data_path = None  # type: ignore[attr-defined]
    spec = importlib.util.spec_from_file_location("worlds", ROOT / "tests" / "worlds.py")
    if spec is None or spec.loader is None:
        raise SystemExit("tests/worlds.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


WORLDS = _worlds()
CASES: dict[str, tuple[str, Callable[[Path], bool]]] = {}


def case(number: str, about: str) -> Callable[[Callable[[Path], bool]], Callable[[Path], bool]]:
    """Note a case under the number of its finding."""

    def note(check: Callable[[Path], bool]) -> Callable[[Path], bool]:
        CASES[number] = about, check
        return check

    return note


@dataclass
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Both streams."""
        return self.out + self.err


def zoning(*words: Any, lang: str = "en") -> Done:
    """Call the command line in this process."""
    from zoning.cli import main

    out, err = io.StringIO(), io.StringIO()
    before, os.environ["ZONING_LANG"] = sys.argv, lang
    sys.argv = ["zoning", *map(str, words)]
    code: Any = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as left:
        code = left.code or 0
    finally:
        sys.argv = before
    return Done(int(code), out.getvalue(), err.getvalue())


def made(box: Path, extra: str = "", *, name: str = "out") -> tuple[Path, Done]:
    """Write the county with some more TOML, and run it."""
    plan = WORLDS.write(box, cap=None, extra=extra)
    return plan, zoning("run", plan, "-o", box / name)


def units(box: Path) -> pd.DataFrame:
    """Read the units of a plan."""
    return pd.DataFrame(gpd.read_parquet(box / "out" / "units.parquet").drop(columns="geometry"))


@case("1.1", "the cap of one zone deletes the rules of the others")
def _one_cap(box: Path) -> bool:
    made(box, CAP + '[cap.zone_caps.key]\nshare = 0.30\nsource = "x"\nevidence = "own"\n')
    found = units(box)
    return int(found.loc[found["zone"] == "balance", "new_m2"].sum()) == 0


@case("1.2", "land on protected cores is called free")
def _cores(box: Path) -> bool:
    box.mkdir(exist_ok=True)
    core = gpd.GeoDataFrame({"code": ["c"], "name": ["c"]}, geometry=[WORLDS.square(2, 0, 1, 0.4)],
                            crs=WORLDS.CRS)  # fmt: skip
    core.to_file(box / "核心.gpkg")
    made(box, CAP + '[inputs.cores]\npath = "核心.gpkg"\n')
    unit = units(box).loc["1kmN3500E502"]
    return int(unit["free_m2"]) <= int(unit["area_m2"]) - 400_000


@case("1.3", "a plan without [cap] gets the rules of Zhenjiang as its own")
def _no_cap(box: Path) -> bool:
    made(box)
    run = json.loads((box / "out" / "run.json").read_text(encoding="utf-8"))
    return (run.get("construction") or {}).get("cap_share") is None


@case("1.5", "map --folder deletes what is in the folder")
def _map_folder(box: Path) -> bool:
    made(box)
    thesis = box / "mine" / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("mine", encoding="utf-8")
    zoning("map", box / "out", "--folder", "-o", thesis.parent)
    return thesis.exists()


@case("1.7", "verify fails on what allocate wrote with a boundary weight")
def _verify_answer(box: Path) -> bool:
    made(box, CAP)
    zoning("allocate", box / "out", "--lambda", 0.1, "-o", box / "answer")
    return zoning("verify", box / "answer").code == 0


def _forged(box: Path, *orders: str) -> bool:
    made(box, CAP)
    with contextlib.closing(sqlite3.connect(box / "out" / "plan.gpkg")) as db, db:
        for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f'DROP TRIGGER "{row[0]}"')
        for order in orders:
            db.execute(order)
    return zoning("verify", box / "out").code != 0


@case("1.8", "verify passes a plan whose sums of zones were edited")
def _forged_zones(box: Path) -> bool:
    return _forged(box, "UPDATE zones SET built_m2 = built_m2 + 1000000")


@case("1.8b", "verify passes a plan whose units were given other zones in QGIS")
def _forged_units(box: Path) -> bool:
    return _forged(box, "UPDATE units SET zone = 'optimised'")


@case("1.8c", "verify passes a plan whose figures in run.json were changed")
def _forged_run(box: Path) -> bool:
    made(box, CAP)
    file = box / "out" / "run.json"
    run = json.loads(file.read_text(encoding="utf-8"))
    run["construction"]["existing_m2"] += 1_000_000
    file.write_text(json.dumps(run, ensure_ascii=False), encoding="utf-8")
    return zoning("verify", box / "out").code != 0


@case("1.9", "a planner's own built_share is overwritten without a word")
def _own_share(box: Path) -> bool:
    plan = WORLDS.write(box, cap=None, extra=CAP)
    table = pd.read_csv(box / "乡镇.csv", dtype={"code": str})
    table["built_share"] = [0.41, 0.12, 0.03]
    table.to_csv(box / "乡镇.csv", index=False)
    said = zoning("run", plan, "-o", box / "out").said
    towns = gpd.read_file(box / "out" / "plan.gpkg", layer="townships")
    read = "given_built_share" if "given_built_share" in towns else "built_share"
    mine = np.allclose(sorted(towns[read].astype(float)), [0.03, 0.12, 0.41])
    return bool(mine) and "built_share" in said


@case("1.10", "nobody says which column of which township is missing")
def _unzoned(box: Path) -> bool:
    plan = WORLDS.write(box, cap=None, extra=CAP)
    table = pd.read_csv(box / "乡镇.csv", dtype={"code": str})
    table.loc[2, "slope_deg"] = None
    table.to_csv(box / "乡镇.csv", index=False)
    said = zoning("run", plan, "-o", box / "out").said
    return "丙镇" in said and ("slope_deg" in said or "slope" in said)


RULE = """
[zones.method]
name = "own"
en = "own"
zh = "自定"
source = "x"
evidence = "own"
[[zones.method.rule]]
id = "a"
when = "slope_deg > 5"
zone = "moderate"
[[zones.method.rule]]
id = "rest"
when = "True"
zone = "key"
"""


@case("1.11", "check finds no problem and run stops")
def _rehearsed(box: Path) -> bool:
    plan, done = made(box, CAP + RULE)
    return (zoning("check", plan).code == 0) == (done.code in (0, 1))


@case("1.12", "run -q says nothing about a failed check")
def _quiet(box: Path) -> bool:
    plan = WORLDS.write(box, cap=None, extra=CAP.replace("0.28", "0.1"))
    done = zoning("run", plan, "-q", "-o", box / "out")
    return done.code == 1 and done.said.strip() != ""


@case("1.13", "other lattices are refused for a plan with cores, and nothing is saved")
def _lattices(box: Path) -> bool:
    box.mkdir(exist_ok=True)
    core = gpd.GeoDataFrame({"code": ["c"], "name": ["c"]}, geometry=[WORLDS.square(2, 0, 1, 0.4)],
                            crs=WORLDS.CRS)  # fmt: skip
    core.to_file(box / "核心.gpkg")
    made(box, CAP + '[inputs.cores]\npath = "核心.gpkg"\n')
    done = zoning("stability", box / "out", "--draws", 20, "--lattices", "--save")
    return done.code == 0 and "stability" in units(box)


@case("1.14", "whole squares inside the city are not 1,000,000 m2")
def _whole(box: Path) -> bool:
    zoning("demo", "-o", box / "out", "-q")
    found = gpd.read_parquet(box / "out" / "units.parquet")
    city = gpd.read_file(box / "out" / "plan.gpkg", layer="city").geometry.iloc[0]
    inside = found.geometry.within(city).to_numpy()
    return bool((found.loc[inside, "area_m2"] == 1_000_000).all()) and int(inside.sum()) > 3000


def _shifted(box: Path, away: float) -> None:
    for file in ("边界", "乡镇", "红线"):
        frame = gpd.read_file(box / f"{file}.gpkg")
        frame["geometry"] = frame.geometry.translate(0, away)
        frame.to_file(box / f"{file}.gpkg")
    with rasterio.open(box / "用地.tif", "r+") as raster:
        t = raster.transform
        raster.transform = rasterio.Affine(t.a, t.b, t.c, t.d, t.e, t.f + away)


@case("1.15", "two regions are compared on half an empty page")
def _compared(box: Path) -> bool:
    made(box / "a", CAP)
    plan = WORLDS.write(box / "b", cap=None, extra=CAP)
    _shifted(box / "b", -400_000)
    zoning("run", plan, "-o", box / "b" / "out")
    there = box / "m.html"
    done = zoning("map", box / "a" / "out", "--compare", box / "b" / "out", "-o", there)
    return done.code != 0 and not there.exists()


@case("2.decisions", "explain does not say who decided, and why")
def _decided(box: Path) -> bool:
    box.mkdir(exist_ok=True)
    (box / "decisions.csv").write_text(
        "level,code,zone,reason,who,date\ntownship,321000002,moderate,field visit,Li,2026-01-02\n",
        encoding="utf-8",
    )
    made(box, CAP + '[zones]\noverrides = "decisions.csv"\n')
    said = zoning("explain", box / "out", "321000002").out
    return all(word in said for word in ("field visit", "Li", "2026-01-02"))


@case("2.version", "zoning --version is missing")
def _version(_box: Path) -> bool:
    return zoning("--version").code == 0


@case("2.export", "the help of export hides formats")
def _formats(_box: Path) -> bool:
    said = zoning("export", "--help").said
    return all(word in said for word in ("mps", "lp", "marxan", "decisions"))


@case("2.area_code", "one missing column is told as a level that occurs many times")
def _area_code(box: Path) -> bool:
    plan = WORLDS.write(box, cap=None, extra=CAP)
    red = gpd.read_file(box / "红线.gpkg").rename(columns={"area_code": "no"})
    pd.concat([red] * 3, ignore_index=True).to_file(box / "红线.gpkg")
    said = zoning("check", plan).said
    return "area_code" in said and "occurs" not in said


@case("2.words", "levels of red lines in Chinese words are refused")
def _level_words(box: Path) -> bool:
    plan = WORLDS.write(box, cap=None, extra=CAP)
    red = gpd.read_file(box / "红线.gpkg")
    red["level"] = ["一级", "二级"]
    red.to_file(box / "红线.gpkg")
    return zoning("run", plan, "-o", box / "out").code == 0


@case("6.2", "run deletes a report that people edited")
def _report(box: Path) -> bool:
    plan, _ = made(box, CAP)
    zoning("report", box / "out")
    from docx import Document

    document = Document(str(box / "out" / "report.docx"))
    document.add_paragraph("mine")
    document.save(str(box / "out" / "report.docx"))
    zoning("run", plan, "-o", box / "out")
    kept = (box / "out").glob("report*.docx")
    return any(Document(str(p)).paragraphs[-1].text == "mine" for p in kept)


@case("6.4", "map -o replaces any file")
def _map_file(box: Path) -> bool:
    made(box, CAP)
    thesis = box / "thesis.html"
    thesis.write_text("mine", encoding="utf-8")
    zoning("map", box / "out", "-o", thesis)
    kept = [p for p in box.glob("thesis*") if p.read_bytes() == b"mine"]
    return len(kept) == 1


@case("6.4b", "grid -o drops the other layers of a GeoPackage")
def _grid_file(box: Path) -> bool:
    WORLDS.write(box, cap=None)
    city = box / "city.gpkg"
    gpd.read_file(box / "边界.gpkg").to_file(city, layer="boundary")
    gpd.read_file(box / "红线.gpkg").to_file(city, layer="mine")
    zoning("grid", "--boundary", f"{city}:boundary", "-o", city)
    with contextlib.closing(sqlite3.connect(city)) as db:
        return ("mine",) in db.execute("SELECT table_name FROM gpkg_contents").fetchall()


def tried(number: str) -> tuple[bool, str]:
    """Try one case; what breaks is not right, and is said."""
    _, check = CASES[number]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as box:
        try:
            return check(Path(box) / "规划"), ""
        except Exception as error:  # whatever an older version does is an answer
            return False, f"{type(error).__name__}: {error}".splitlines()[0][:90]


def main() -> None:
    """Try the cases that are named, or all."""
    import zoning

    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("numbers", nargs="*", help=f"of: {', '.join(CASES)}")
    told = ask.parse_args()
    wrong = 0
    version = getattr(zoning, "__version__", "?")
    for number in told.numbers or CASES:
        right, why = tried(number)
        wrong += not right
        print(f"{'right' if right else 'WRONG':6} {number:12} {CASES[number][0]}"
              + (f"  ({why})" if why else ""), flush=True)  # fmt: skip
    print(f"zoning {version}: {wrong} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
