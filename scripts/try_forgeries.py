"""Forge every number of a plan in turn, on three plans; whatever verify does not name is told.

    python scripts/try_forgeries.py [--most 200] [--seed 20131] [--like WORD]
        [--plans reference city scheme rules]

The plans: the reference case, another city, a city under another scheme of zones, and one with
limits of its own, phases, land that goes, a goal and a weight of its boundary. One number
of a column of every table, layer, Parquet file and of run.json is changed, and each number and
verdict of each check in both files that have it; checksums and digest are made right again, as a
forger would. What comes from inputs alone is tried with ``verify --inputs``. Prints a line of JSON
for each plan with the kinds that were tried and those that passed unnamed; exit 1 if there are any.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import field_cases
import geopandas as gpd
import numpy as np
import pandas as pd
import worlds
from test_forgeries import Forger, told

from zoning import api
from zoning.base.shipped import data_path
from zoning.errors import InputError
from zoning.verify.compare import Findings

#: No number of the plan: rows have numbers of their own, and any price, or flow over a side, that
#: proves the same bound is as good.
APART = {"fid", "ogc_fid", "price", "flow"}
#: What comes from inputs alone: a change that flips no class is another input, not another result.
#: Without the inputs the digest binds it; `verify --inputs` must name it.
FROM_INPUTS = {
    "published_m2", "source_year", "year", "strategic", "population", "gdp_10k_yuan",
    "revenue_10k_yuan", "hazard", "min_to_centre", "road_km", "slope_deg", "relief_m",
    "elevation_m", "town_suited_share", "town_unsuited_share",
}  # fmt: skip
#: Layers and tables that repeat inputs.
GIVEN = ("townships", "redlines", "protections", "redline_areas", "protection_areas")
PLANS = ("reference", "city", "scheme", "rules")
#: A plan with every kind of rule that counts new land.
RULES = """
[[cap.limit]]
name = "farm"
of = "farmland"
upper = 400000
[[cap.limit]]
name = "points"
of = "suitability"
county = "321001"
keep_share = 0.5
unit = "points"
[[cap.phase]]
name = "near"
share = 0.3
quotas = { key = 0.1 }
[[cap.phase]]
name = "far"
[[cap.reduction]]
name = "old"
township = "321000001"
share = 0.2
lower_m2 = 1000
price = 0.02
[allocation]
boundary_weight = 0.02
goals = ["least farm"]
goals_within = 0.1
"""
#: Where the inputs of a plan lie, if not beside its folder.
INPUTS = {"reference": data_path("zhenjiang.toml").parent}
Forgery = tuple[str, Callable[[Forger], object]]


def numbers(folder: Path) -> Iterator[Forgery]:
    """Give a forgery for each column of numbers of each table, and each number of run.json."""
    yield from parquet(folder)
    yield from tables(folder)
    yield from leaves(folder)
    yield from checks(folder)


def parquet(folder: Path) -> Iterator[Forgery]:
    for name in ("units", "ledger"):
        path = folder / f"{name}.parquet"
        frame = gpd.read_parquet(path) if name == "units" else pd.read_parquet(path)
        for column in frame.columns:
            if column in APART or not pd.api.types.is_numeric_dtype(frame[column]):
                continue

            def forge(f: Forger, name: str = name, column: str = column) -> None:
                def change(t: pd.DataFrame) -> pd.DataFrame:
                    known = t.index[t[column].notna()]
                    row = known[len(known) // 2]
                    whole = pd.api.types.is_integer_dtype(t[column])
                    t.loc[row, column] = t.at[row, column] + (7 if whole else 0.25)
                    return t

                f.parquet(name, change)

            if frame[column].notna().any():
                yield f"{name}.parquet {column}", forge


def tables(folder: Path) -> Iterator[Forgery]:
    with closing(sqlite3.connect(folder / "plan.gpkg")) as db:
        named = [n for (n,) in db.execute("SELECT table_name FROM gpkg_contents ORDER BY 1")]
        views = {n for (n,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
        for table in named:
            if table in views or table.startswith("rtree_") or table == "layer_styles":
                continue
            for _, column, kind, *_ in db.execute(f'PRAGMA table_info("{table}")').fetchall():
                numeric = kind.upper() in ("INTEGER", "MEDIUMINT", "REAL", "DOUBLE", "INT")
                if not numeric or column.lower() in APART:
                    continue
                known = db.execute(
                    f'SELECT rowid FROM "{table}" WHERE "{column}" NOTNULL ORDER BY 1'  # noqa: S608
                ).fetchall()
                if not known:
                    continue
                row, step = known[len(known) // 2][0], 1 if kind.upper() != "REAL" else 0.25
                change = f'"{column}" = "{column}" + {step} WHERE rowid = {row}'
                statement = f'UPDATE "{table}" SET {change}'  # noqa: S608
                asked = column.lower() in FROM_INPUTS and table in GIVEN
                ask = " (inputs)" if asked else ""
                yield f"plan.gpkg {table}.{column}{ask}", lambda f, s=statement: f.sql(s)


def leaves(folder: Path) -> Iterator[Forgery]:
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))

    def walk(at: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        if isinstance(at, dict):
            for key, value in at.items():
                yield from walk(value, (*path, key))
        elif isinstance(at, list):
            for i, value in enumerate(at[:1]):
                yield from walk(value, (*path, i))
        elif isinstance(at, int | float) and not isinstance(at, bool):
            yield path

    for part in ("area_m2", "grid", "zones", "construction", "redlines", "allocation"):
        for path in [p for p in walk(run.get(part), (part,)) if p[-1] not in APART]:

            def forge(f: Forger, path: tuple[Any, ...] = path) -> None:
                def change(r: Any) -> None:
                    for key in path[:-1]:
                        r = r[key]
                    # What a goal reached is kept in whole units.
                    step = 2.0 if path[-2:-1] == (0,) and path[-1] == "value" else 0.25
                    r[path[-1]] += 1 if isinstance(r[path[-1]], int) else step

                f.run(change)

            yield "run.json " + ".".join(map(str, path)), forge


def checks(folder: Path) -> Iterator[Forgery]:
    """Forge each number and verdict of a check where it stands, in run.json and in plan.gpkg."""
    run = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    for n, check in enumerate(run["checks"]):
        for part in ("measured", "limit", "ok"):
            value = check[part]
            if value is None:
                continue
            new = not value if part == "ok" else value + (1 if isinstance(value, int) else 0.25)

            def forge(f: Forger, n: int = n, part: str = part, new: Any = new) -> None:
                f.run(lambda r: r["checks"][n].update({part: new}))
                f.sql(f'UPDATE checks SET "{part}" = {float(new)} WHERE fid = {n + 1}')  # noqa: S608

            yield f"checks {check['check']} {check['where']} {part}", forge


def plans(names: list[str], box: Path) -> Iterator[tuple[str, Path]]:
    """Make the honest plans."""
    for name in names:
        folder = box / name
        out = folder / "out"
        if name == "reference":
            api.run(data_path("zhenjiang.toml"), out)
        elif name == "city":
            field_cases.world(folder)
            field_cases.edit(folder, ("[outputs]", "[cap]\nshare = 0.35\n[outputs]"))
            api.run(folder / "plan.toml", out)
        elif name == "rules":
            api.run(worlds.write(folder, extra=RULES), out)
        else:
            scheme = '[zones]\nscheme = "national"\ncrosswalk = "zhenjiang-2013_national"\n'
            cap = '[cap]\nshare = 0.3\nsource = "x"\nevidence = "own"\n'
            api.run(worlds.write(folder, cap=None, extra=scheme + cap), out)
        yield name, out


class NamedError(Exception):
    """The auditor named a difference."""


def named(folder: Path, inputs: Path | None = None) -> bool:
    """Say whether verify names anything; it stops at the first.

    The forger is taken to have made the digest right: that it differs does not count here.
    """
    add = Findings.add

    def first(self: Findings, name: str, ok: bool, *args: Any, **more: Any) -> None:
        if not ok and name != "verify.digest" and more.get("level", "error") == "error":
            raise NamedError(name)
        add(self, name, ok, *args, **more)

    try:
        with mock.patch.object(Findings, "add", first):
            found = api.verify(folder, inputs=inputs)
    except (NamedError, InputError):
        return True
    return any(not c.ok and c.level == "error" and c.check != "verify.digest" for c in found)


def main() -> int:
    """Forge, verify, tell."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--plans", nargs="+", choices=PLANS, default=list(PLANS))
    ask.add_argument("--most", type=int, default=0, help="a seeded sample of so many kinds")
    ask.add_argument("--from", dest="first", type=int, default=0, help="leave so many kinds out")
    ask.add_argument("--like", default="", help="only kinds in which this pattern is found")
    ask.add_argument("--seed", type=int, default=20131)
    asked, bad = ask.parse_args(), False
    with tempfile.TemporaryDirectory() as box:
        for name, honest in plans(asked.plans, Path(box)):
            bare = Path(box, f"{name}-honest")
            shutil.copytree(honest, bare)
            for one in ("report.docx", "tables.xlsx", "map.html", "plan.qgz"):
                (bare / one).unlink(missing_ok=True)  # made again, they take long
            Forger(bare).repair()
            assert told(bare) == [], told(bare)[:3]
            every = [k for k in numbers(bare) if re.search(asked.like, k[0])][asked.first :]
            if asked.most and asked.most < len(every):
                chosen = np.random.default_rng(asked.seed).choice(
                    len(every), asked.most, replace=False
                )
                every = [every[i] for i in sorted(chosen)]
            unnamed, start = [], time.perf_counter()
            for kind, forge in every:
                folder = Path(box, f"{name}-forged")
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(bare, folder)
                forger = Forger(folder)
                forge(forger)
                forger.sums()
                inputs = INPUTS.get(name, honest.parent) if kind.endswith("(inputs)") else None
                if not named(folder, inputs):
                    unnamed.append(kind)
                    print(f"{name}: {kind}", file=sys.stderr, flush=True)
            said = {"plan": name, "kinds": len(every), "unnamed": unnamed,
                    "seconds": round(time.perf_counter() - start)}  # fmt: skip
            print(json.dumps(said, ensure_ascii=False), flush=True)
            bad |= bool(unnamed)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
