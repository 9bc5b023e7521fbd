"""Plans in zones of their own: the same sums under other names; crosswalks; no code in the code."""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests import keeping, worlds
from zoning import api, planfile, schemes
from zoning.base.coded import spelled
from zoning.base.shipped import data_path
from zoning.contribution import rules
from zoning.errors import InputError
from zoning.inputs.protections import load_kinds
from zoning.ledger import sums
from zoning.outputs import contributed
from zoning.pipeline import beside, checks, steps
from zoning.planfile.layers import ProtectionLayer
from zoning.verify import verify

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
        '[[zones.overlay]]\ncode = "side"\nzh = "旁列"\nen = "side area"\nshare = 0.2\n'
        'protections = ["redline"]\nreplaces = false\n'
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


def test_the_whole_plan_in_zones_of_its_own_is_as_it_is_kept(pair):
    keeping.hold(pair[1], "own-scheme")


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


def test_an_overlay_beside_the_zones_has_theme_table_and_words(pair):
    shipped, own = pair
    assert [c.wing for c in shipped.contributions] == ["equity"]
    given = next(c for c in own.contributions if c.wing == "overlays")
    assert rules.check([given], own.units.index, own.tables) == []
    here = own.units["overlays"] == "side"
    assert here.sum() == 3
    assert given.table(beside.TABLE).frame["overlay_side"].tolist() == [
        "side" if h else "none" for h in here
    ]
    assert "3 units with 3.00 km²" in given.chapters[0].paragraphs[0].en
    said = contributed.Words.of(own)
    assert said.label("overlay_side_m2", "en", "units") == "protected for side area"
    assert said.values("overlays", "units")["side"].zh == "旁列"
    assert said.label("area_m2", "zh", "units") == contributed.words.label("area_m2", "zh", "units")


def test_the_account_of_an_overlay_adds_up_and_is_there_only_for_one(pair):
    shipped, own = pair
    here = own.units[own.units["overlays"] == "side"]
    account = own.tables["account_overlay"]
    assert set(account["overlay"]) == {"side"}
    for column in ("area_m2", "built_m2", "redline_m2", "new_m2"):
        assert account[column].sum() == here[column].sum(), column
    assert "account_overlay" not in shipped.tables


def test_overlays_that_stand_together_are_named_together(pair):
    own = pair[1]
    units = own.units.assign(overlays="side+z4")
    words = contributed.overlay_fields(replace(own, units=units))["overlays"].words
    assert words["side+z4"].zh == "旁列、区4"


def failed(plan):
    return {c.check for c in verify(plan) if not c.ok}


@pytest.mark.slow
def test_forged_overlays_are_caught(pair):
    own = pair[1]
    unit = own.units.index[own.units["zone"] == "z4"][0]
    free = own.units.index[own.units["overlays"] == ""][0]

    def forged(at, **values):
        units = spelled(own.units).copy()
        for column, value in values.items():
            units.loc[at, column] = value
        return failed(replace(own, units=units))

    assert failed(own) == set()
    assert "verify.overlay_areas" in forged(unit, overlay_side_m2=7)
    assert "verify.overlay_zones" in forged(unit, zone="z1")
    assert "verify.overlay_zones" in forged(unit, zone_reason="township")
    assert "verify.overlay_zones" in forged(free, zone_reason="overlay")
    assert "verify.overlay_list" in forged(unit, overlays="")
    assert "verify.overlay_list" in forged(free, overlays="side")
    assert forged(unit, zone="z1", zone_reason="override").isdisjoint({"verify.overlay_zones"})


def test_of_several_overlays_the_first_counts_and_is_told(pair):
    own = pair[1]
    first = own.scheme.replacing[0]
    second = replace(first, code="late", zh="后", en="late", protections=("redline",), share=0.2)
    scheme = replace(own.scheme, overlays=(first, second))
    units = own.units.assign(overlay_late_m2=own.units["redline_m2"])
    (check,) = checks.overlays(units, scheme)
    n = int((own.units["zone"] == "z4").sum())
    assert (check.check, check.level, check.ok, check.measured) == (
        "zones.overlays",
        "note",
        False,
        n,
    )
    assert "区4、后" in check.text.zh and "the first in order counts" in check.text.en
    quiet = checks.overlays(units.assign(overlay_late_m2=0), scheme)
    assert quiet[0].ok
    # A third that rules nowhere is not named among them.
    third = replace(scheme, overlays=(first, second, replace(second, code="idle", zh="闲")))
    (check,) = checks.overlays(units.assign(overlay_idle_m2=0), third)
    assert "区4、后" in check.text.zh and "闲" not in check.text.zh
    assert checks.overlays(own.units, own.scheme) == []


def test_one_list_of_kinds_of_protection():
    known = list(schemes.protections())
    assert known == load_kinds().index.tolist()
    assert set(ProtectionLayer.model_fields["kind"].annotation.__args__) == set(known)
    shipped = [o for n in schemes.scheme_names() for o in schemes.load_scheme(n).overlays]
    assert {k for o in shipped for k in o.protections} <= set(known)


@pytest.mark.parametrize(
    ("protections", "protected"), [(("lock",), 300), (("redline", "lock"), 350), (None, 250)]
)
def test_what_is_protected_follows_the_overlays_of_the_plan(protections, protected):
    """Without overlays that replace zones the kinds that count by default do."""
    atoms = pd.DataFrame(
        {"area_m2": [100, 200, 50, 150], "red_level": [0, 0, 1, 0],
         "protected_by": ["lock", "lock+core", "", ""]}
    )  # fmt: skip
    scheme = schemes.load_scheme("zhenjiang-2013")
    over = () if protections is None else (replace(scheme.overlays[0], protections=protections),)
    marked = sums.split(atoms, None, replace(scheme, overlays=over).counted)
    assert marked["protected_m2"].sum() == protected


@pytest.mark.slow
def test_methods_that_speak_of_other_zones_are_told_and_stop_nothing(pair):
    shipped, own = pair
    found = api.methods(own)
    assert list(found.kappa.columns) == ["plan"] and "two-matrices" in found.cannot
    assert found.clusters and len(api.methods(shipped).kappa.columns) > 1
    with pytest.raises(InputError, match="speaks of the zones of"):
        api.methods(own, ["composite"])


@pytest.mark.slow
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


@pytest.mark.slow
def test_no_module_knows_a_zone_of_a_shipped_scheme():
    modules = [p for p in (ROOT / "zoning").rglob("*.py") if "_data" not in p.parts]
    assert len(modules) > 200
    found = {str(p.name): strings(p) & (CODES - ENGLISH) for p in modules}
    assert {name: codes for name, codes in found.items() if codes} == {}


def words_of(data) -> set[str]:
    """Give the keys and the texts of a table, however deep."""
    if isinstance(data, dict):
        return set(data).union(*map(words_of, data.values()))
    if isinstance(data, list):
        return set().union(*map(words_of, data))
    return {data} if isinstance(data, str) else set()


def test_no_data_knows_a_zone_of_a_scheme_that_it_does_not_name():
    """Methods, plans and policies may that name their scheme; so may schemes themselves."""
    found = set()
    for path in sorted((ROOT / "data").rglob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        known = "schemes" in path.parts or {"scheme"} & words_of(data)
        if words_of(data) & (CODES - ENGLISH) and not known:
            found.add(path.relative_to(ROOT / "data").as_posix())
    # The rules of one city, which `init` writes beside the scheme that they speak of; the balance
    # of an account.
    assert found == {"capacity/caps.toml", "policies/transfers.toml"}
    tables = {p: p.read_text(encoding="utf-8-sig") for p in (ROOT / "data").rglob("*.csv")}
    found = {p.name for p, t in tables.items() if set(re.split(r"[,\n\r]", t)) & CODES}
    # Of the reference case: old zones, which no part of the package reads; made-up access; the
    # decisions of its second version, and the changes that were planted in it.
    assert found == {"zones_0_1_0.csv", "made-up.csv", "decisions.csv", "planted.csv"}
    quoted = re.compile(rf'"({"|".join(sorted(CODES - ENGLISH))})"')
    files = (ROOT / "data").rglob("*.json")
    frozen = {p.name for p in files if quoted.search(p.read_text(encoding="utf-8"))}
    assert frozen == {"config-1.json"}  # the defaults of 0.1.0, which had one scheme


def test_no_page_or_style_knows_a_zone_of_a_shipped_scheme():
    assets = ROOT / "zoning" / "outputs" / "assets"
    files = [p for p in assets.glob("*") if p.suffix in {".js", ".css", ".html"}]
    files += [*(ROOT / "data" / "styles").glob("*.toml"), ROOT / "data" / "words.toml"]
    assert len(files) > 8
    quoted = re.compile(rf"""["']({"|".join(sorted(CODES - ENGLISH))})["']""")
    assert {p.name for p in files if quoted.search(p.read_text(encoding="utf-8"))} == set()


@pytest.mark.slow
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
