"""Plans in zones of their own: the same sums under other names; crosswalks; no code in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

from tests import worlds
from zoning import api, planfile, schemes
from zoning.base.shipped import data_path
from zoning.pipeline import steps

ROOT = Path(__file__).parent.parent
NAMES = {"optimised": "z1", "key": "z2", "moderate": "z3", "balance": "z4"}
CODES = {c for n in schemes.scheme_names() for c in schemes.load_scheme(n).names}
#: A word that is a code and also plain English: the column ``key`` of tables of keys and values.
ENGLISH = {"key"}


def renamed(text: str) -> str:
    return re.sub(r"\b(optimised|key|moderate|balance)\b", lambda m: NAMES[m[1]], text)


def own_scheme(folder: Path) -> str:
    """Write the shipped method in zones z1 to z3, and state the scheme that has them."""
    text = data_path("methods", "two-matrices.toml").read_text(encoding="utf-8")
    cells = re.compile(r"^(high|mid|low) = .*$|^value = .*$", re.M)
    text = cells.sub(lambda m: renamed(m[0]), text).replace("zhenjiang-2013", "own4")
    (folder / "own.toml").write_text(text, encoding="utf-8")
    zones = "".join(f'[[zones.zone]]\ncode = "z{i}"\nzh = "区{i}"\n' for i in (1, 2, 3))
    return (
        f'[zones]\nscheme = "own4"\nmethod = "own.toml"\n{zones}'
        '[[zones.overlay]]\ncode = "z4"\nzh = "区4"\nnew_land = false\nshare = 0.5\n'
        'protections = ["redline", "core", "heritage", "water"]\n'
    )


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The same small city in the shipped zones and in zones z1 to z4."""
    plans = []
    for name in ("shipped", "own"):
        folder = tmp_path_factory.mktemp(name)
        path = worlds.write(folder, extra='[zones]\nscheme = "zhenjiang-2013"\n')
        if name == "own":
            text = path.read_text(encoding="utf-8")
            text = re.sub(r"(zone_caps|quotas)(\.| = \{)([^\n]*)", lambda m: renamed(m[0]), text)
            text = re.sub(r"^\[cap\.(zone_caps|quotas)\.[^\n]*", lambda m: renamed(m[0]), text,
                          flags=re.M)  # fmt: skip
            text = text.replace('[zones]\nscheme = "zhenjiang-2013"\n', own_scheme(folder))
            path.write_text(text, encoding="utf-8")
        plans.append(steps.run(planfile.load(path), folder))
    return plans


def test_other_names_give_the_same_sums(pair):
    shipped, own = pair
    assert own.scheme.codes == ("z1", "z2", "z3", "z4")
    assert own.units["zone"].tolist() == shipped.units["zone"].map(NAMES).tolist()
    for column in ("units", "area_m2", "built_m2", "new_m2", "cap_m2", "quota_m2"):
        assert own.zones[column].tolist() == shipped.zones[column].tolist(), column
    assert own.run["construction"] == shipped.run["construction"]
    one, two = (p.units["margin"].astype("Float64") for p in pair)
    pd.testing.assert_series_equal(one, two)
    assert own.units["runner_up"].tolist() == shipped.units["runner_up"].map(NAMES).tolist()


def test_other_names_are_as_firm(pair):
    one, two = (api.stability(p, draws=40).draws for p in pair)
    assert one.units["stability"].tolist() == two.units["stability"].tolist()
    assert one.townships["second"].map(NAMES).fillna("").tolist() == (
        two.townships["second"].fillna("").tolist()
    )


def strings(path: Path) -> set[str]:
    """Give the string literals of a module, its docstrings apart."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    homes = (ast.Module, ast.ClassDef, ast.FunctionDef)
    bodies = [n.body for n in ast.walk(tree) if isinstance(n, homes) and n.body]
    told = {id(b[0].value) for b in bodies if isinstance(b[0], ast.Expr)}
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and id(n) not in told]
    return {n.value for n in found if isinstance(n.value, str)}


def test_no_module_knows_a_zone_of_a_shipped_scheme():
    modules = [p for p in (ROOT / "zoning").rglob("*.py") if "_data" not in p.parts]
    assert len(modules) > 200
    found = {str(p.name): strings(p) & (CODES - ENGLISH) for p in modules}
    assert {name: codes for name, codes in found.items() if codes} == {}


def test_no_page_or_style_knows_a_zone_of_a_shipped_scheme():
    assets = ROOT / "zoning" / "outputs" / "assets"
    files = [p for p in assets.glob("*") if p.suffix in {".js", ".css", ".html"}]
    files += [*(ROOT / "data" / "styles").glob("*.toml"), ROOT / "data" / "words.toml"]
    assert len(files) > 8
    quoted = re.compile(rf"""["']({"|".join(sorted(CODES - ENGLISH))})["']""")
    assert {p.name for p in files if quoted.search(p.read_text(encoding="utf-8"))} == set()


def test_an_ambiguous_township_waits_for_a_decision(tmp_path):
    national = '[zones]\nscheme = "national"\ncrosswalk = "zhenjiang-2013_national"\n'
    path = worlds.write(tmp_path, cap=None, extra=national)
    plan = steps.run(planfile.load(path), tmp_path)
    towns = plan.townships
    assert set(towns["zone"].dropna()) <= {"urbanised", "agricultural", "ecological"}
    open_ = towns[towns["zone"].isna()]
    assert len(open_) and towns["zone"].notna().any()
    assert open_["why_en"].str.contains("main agricultural production area or urbanised").all()
    (tmp_path / "d.csv").write_text(
        "level,code,zone,reason,who,date\n"
        f"township,{open_.index[0]},农产品主产区,耕地为主,张工,2026-01-05\n", encoding="utf-8",
    )  # fmt: skip
    path.write_text(
        path.read_text(encoding="utf-8").replace(national, national + 'overrides = "d.csv"\n'),
        encoding="utf-8",
    )
    decided = steps.run(planfile.load(path), tmp_path)
    assert decided.townships.at[open_.index[0], "zone"] == "agricultural"


@pytest.mark.slow
def test_five_zones_and_two_overlays_the_whole_way(tmp_path):
    """From plan.toml to report, QGIS project, map, tables, reasons, proof and prices."""
    path = worlds.write(tmp_path, cap=None)
    zones = "".join(f'[[zones.zone]]\ncode = "z{i}"\nzh = "区{i}"\n' for i in range(1, 6))
    text = data_path("methods", "two-matrices.toml").read_text(encoding="utf-8")
    for old, new in (
        ("zhenjiang-2013", "five"), ('["key", "key", "optimised"]', '["z2", "z4", "z1"]'),
        ('["moderate", "key", "key"]', '["z3", "z2", "z5"]'),
        ('value = "optimised"', 'value = "z1"'),
        ('["moderate", "moderate", "moderate"]', '["z3", "z3", "z5"]'),
    ):  # fmt: skip
        text = text.replace(old, new)
    (tmp_path / "m.toml").write_text(text, encoding="utf-8")
    cap = '[cap]\nshare = 0.6\nzone_caps.z2 = 0.5\nzone_caps.over = "existing"\nquotas.z1 = 0.5\n'
    over = (
        '[[zones.overlay]]\ncode = "over"\nzh = "叠加"\nprotections = ["redline"]\nshare = 0.5\n'
        'new_land = false\n[[zones.overlay]]\ncode = "side"\nzh = "旁列"\n'
        'protections = ["redline"]\nshare = 0.2\nreplaces = false\n'
    )
    part = f'[zones]\nscheme = "five"\nmethod = "m.toml"\n{zones}{over}[outputs]\ntables = true\n'
    path.write_text(cap + path.read_text(encoding="utf-8") + part, encoding="utf-8")
    plan = api.run(path)
    out = tmp_path / "out"
    plan.save(out, report=True)
    for name in ("plan.gpkg", "plan.qgz", "map.html", "report.docx", "tables.xlsx"):
        assert (out / name).stat().st_size > 0
    back = api.load(out)
    assert back.scheme.codes == ("z1", "z2", "z3", "z4", "z5", "over")
    ruled = back.units["zone"].eq("over").fillna(False)
    assert ruled.any() and back.units.loc[ruled, "overlays"].eq("side").all()
    apart = back.tables["account_overlay"]
    beside = back.units[back.units["overlays"].eq("side").fillna(False)]
    assert apart["area_m2"].sum() == beside["area_m2"].sum()
    assert "旁列" in api.explain(out, str(back.units.index[ruled][0]), "zh").lines[1]
    assert all(c.ok for c in api.verify(out))
    assert len(api.price(out).table())
