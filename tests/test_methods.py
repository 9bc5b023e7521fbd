"""Other methods than the default, methods side by side, enclaves, decisions on record."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import replace

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from zoning.base.shipped import load_toml
from zoning.errors import InputError, Text
from zoning.pipeline.ready import settle_method
from zoning.planfile.models import Config
from zoning.schemes import load_scheme
from zoning.zones import (
    Method,
    adjacency,
    apply_to_townships,
    assign_units,
    classify_townships,
    compare_methods,
    decision_layer,
    join_enclaves,
    load_method,
    method_names,
    of_units,
    read_overrides,
    remarks,
    review,
    tell_township,
)
from zoning.zones.overrides import COLUMNS, _from_layer
from zoning.zones.parse import parse_method
from zoning.zones.rules import compile_rule
from zoning.zones.table import grade_table

LEVELS = ("low", "mid", "high")
#: The cube by its rule: capacity, density, potential; * is any.
CUBE = [
    ("* high high", "optimised"),
    ("mid low,mid mid,high", "key"), ("high low,mid mid,high", "key"),
    ("low high low", "review"),
    # Cells that the rule leaves open (own choice).
    ("low high mid", "review"), ("mid high mid", "key"), ("high high mid", "key"),
    ("low low,mid *", "moderate"), ("* * low", "moderate"),
]  # fmt: skip


def expected_of_cube(cell: tuple[str, ...]) -> str:
    for pattern, zone in CUBE:
        parts = pattern.split()
        if all(p == "*" or c in p.split(",") for p, c in zip(parts, cell, strict=True)):
            return zone
    raise KeyError(cell)


def test_a_matrix_can_have_an_earlier_one_across() -> None:
    """Its outcomes stand in the order low, mid, high, whatever their letters are."""
    method = load_method("two-matrices")
    first, last = method.matrices
    last = replace(last, exceptions=(), flags=())
    turned = {
        grade: tuple(last.cells[suited][k] for suited in LEVELS) for k, grade in enumerate(LEVELS)
    }
    across = replace(last, rows=last.columns, columns=last.rows, cells=turned)
    plain, other = (
        grade_table(replace(method, matrices=(first, m))).zone.tolist() for m in (last, across)
    )
    assert plain == other
    assert len(set(turned["high"])) == 3


@pytest.mark.parametrize("c", LEVELS)
@pytest.mark.parametrize("d", LEVELS)
@pytest.mark.parametrize("p", LEVELS)
def test_all_27_cells_of_the_cube(c: str, d: str, p: str) -> None:
    table = grade_table(load_method("cube"))
    assert table.axes == ("capacity", "density", "potential")
    at = tuple(LEVELS.index(x) for x in (c, d, p))
    assert table.zone[at] == expected_of_cube((c, d, p))


#: Composite grade (1 to 5) by intensity.
COMPOSITE = {
    "1": "moderate moderate moderate", "2": "moderate moderate moderate",
    "3": "moderate key key", "4": "key key optimised", "5": "key key optimised",
}  # fmt: skip


@pytest.mark.parametrize("grade", COMPOSITE)
@pytest.mark.parametrize("d", LEVELS)
def test_all_cells_of_the_composite(grade: str, d: str) -> None:
    table = grade_table(load_method("composite"))
    at = (int(grade) - 1, LEVELS.index(d))
    assert table.zone[at] == COMPOSITE[grade].split()[at[1]]
    assert (table.flag[at] == "middle-grade") == (grade == "3")


def towns(n: int = 12, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    part = rng.dirichlet([2, 1, 3, 2], n)
    return pd.DataFrame(
        {
            "built_share": part[:, 0], "redline_share": part[:, 1], "farmland_share": part[:, 2],
            "slope_deg": rng.uniform(0, 12, n),
            "population_density": np.exp(rng.uniform(5, 9, n)),
            "gdp_density": np.exp(rng.uniform(6, 11.5, n)),
            "min_to_centre": rng.uniform(1, 100, n),
        },
        index=[f"t{i:02d}" for i in range(n)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "rule", "zone"),
    [
        ({"redline_share": 0.5, "built_share": 0.4}, "ecology", "moderate"),
        ({"built_share": 0.31}, "built-up", "optimised"),
        ({"built_share": 0.30}, "potential", "key"),
        ({"built_share": 0.05, "farmland_share": 0.75}, "farmland", "moderate"),
        ({"population_density": 100, "gdp_density": 100, "min_to_centre": 99}, "rest", "moderate"),
    ],
)
def test_every_rule_of_the_dominant_factor(change: dict, rule: str, zone: str) -> None:
    table = pd.DataFrame(
        {"built_share": 0.2, "redline_share": 0.1, "farmland_share": 0.3,
         "population_density": 5000.0, "gdp_density": 60000.0, "min_to_centre": 10.0},
        index=["t"],
    ).assign(**change)  # fmt: skip
    method = load_method("dominant")
    row = classify_townships(table, method).loc["t"]
    assert (row["rule"], row["zone"]) == (rule, zone)
    words = next(r.zh for r in method.rules if r.id == rule)
    assert words in tell_township(row, method, "zh")


def test_an_unknown_rule_is_not_passed_over() -> None:
    table = towns(3)
    table.loc["t00", "redline_share"] = np.nan
    row = classify_townships(table, load_method("dominant")).loc["t00"]
    assert pd.isna(row["zone"]) and row["rule"] == "unknown:ecology" and row["status"] == "unknown"


@pytest.mark.slow
def test_flip_of_rules_is_true() -> None:
    method = load_method("dominant")
    table = towns(6, 4)
    out = classify_townships(table, method)
    assert out["flip_to"].notna().sum() >= 4
    for code, row in out[out["flip_to"].notna()].iterrows():
        seen = set()
        for step in (-1e-7, 0, 1e-7):
            changed = table.copy()
            to = float(row["flip_to"])
            changed.loc[code, row["flip_indicator"]] = to + step * max(abs(to), 1)
            seen.add(classify_townships(changed, method).loc[code, "zone"])
        assert row["flip_zone"] in seen and row["flip_zone"] != row["zone"]


def test_rules_in_plan_may_read_text_columns() -> None:
    data = {
        "name": "mine", "en": "mine", "zh": "本市", "source": "test", "evidence": "own",
        "rule": [
            {"id": "west", "when": "county == '321183' and built_share < 0.5", "zone": "moderate"},
            {"id": "rest", "when": "True", "zone": "key"},
        ],
    }  # fmt: skip
    table = pd.DataFrame(
        {"county": ["321183", "321181", None], "built_share": [0.1, 0.1, 0.1]}, index=list("abc")
    )
    out = classify_townships(table, parse_method(data))
    assert out["zone"].fillna("?").tolist() == ["moderate", "key", "?"]
    data["rule"][0]["when"] = "county == '321183' and buit_share < 0.5"
    with pytest.raises(InputError, match="did you mean 'built_share'"):
        classify_townships(table, parse_method(data))


def test_base_takes_over_what_is_not_said() -> None:
    method = parse_method(
        {"base": "two-matrices", "name": "ours", "dimension": {"guidance": {"cuts": [30, 70]}}}
    )
    base = load_method("two-matrices")
    changed = method.dimension("guidance")
    assert changed.cuts == (30, 70) and changed.terms[0].weight == 0.35
    assert changed.why.evidence == "own" and "two-matrices" in changed.why.source
    assert method.dimension("constraint") == base.dimension("constraint")
    assert method.matrices == base.matrices and method.name == "ours"
    with pytest.raises(InputError, match="two-matrices"):
        parse_method({"base": "two-matrixes"})
    with pytest.raises(InputError, match=r"no method.*did you mean two-matrices"):
        load_method("two-matrixes")


def test_methods_from_files(tmp_path) -> None:
    path = tmp_path / "本市 方法.toml"
    path.write_text('base = "cube"\nname = "a"\n', encoding="utf-8-sig")
    assert load_method(path).cube == load_method("cube").cube
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(InputError, match="TOML"):
        load_method(path)
    with pytest.raises(InputError):
        load_method(tmp_path / "none.toml")


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000))
def test_side_by_side(seed: int) -> None:
    table = towns(15, seed)
    methods = [load_method(m) for m in ("two-matrices", "dominant", "cube")]
    out = compare_methods(table, methods)
    for _, row in out.table.iterrows():
        votes = [row[m.name] for m in methods]
        known = [v for v in votes if pd.notna(v)]
        top = max((known.count(v) for v in set(known)), default=0)
        assert row["agree"] == top
        assert row["status"] == {3: "accept", 2: "flag"}.get(top, "review")
        assert pd.isna(row["zone"]) == (top < 2)
    assert set(out.review.index) == set(out.table.index[out.table["status"] == "review"])
    assert (np.diag(out.kappa) == 1).all() and (out.kappa == out.kappa.T).all().all()


def test_neighbours_share_a_border() -> None:
    shapes = {
        "a": box(0, 0, 1000, 1000), "b": box(1000.4, 0, 2000, 600),
        "c": box(1000, 1000, 2000, 2000),
        "d": box(5000, 0, 6000, 1000), "e": box(1000, 600, 2000, 1000),
    }  # fmt: skip
    frame = gpd.GeoDataFrame(index=list(shapes), geometry=list(shapes.values()), crs=4549)
    graph = adjacency(frame)
    found = {tuple(sorted(e)) for e in graph.edges}
    # a and c meet in a corner; a and b have a gap of 0.4 m; d is alone.
    assert found == {("a", "b"), ("a", "e"), ("b", "e"), ("c", "e")}
    assert graph.edges["a", "b"]["border_m"] == pytest.approx(600, abs=2)
    assert list(graph.nodes) == list("abcde")


def classed(**rows: tuple[str | None, str | None, float]) -> pd.DataFrame:
    return pd.DataFrame(
        [(z, r, m, "township") for z, r, m in rows.values()],
        columns=["zone", "runner_up", "margin", "zone_reason"],
        index=list(rows),
    ).astype({"zone": "string", "runner_up": "string"})


def test_enclaves() -> None:
    star = nx.star_graph(3)
    star = nx.relabel_nodes(star, dict(enumerate("abcd")))
    base = {"b": ("key", "x", 0.4), "c": ("key", "x", 0.4), "d": ("moderate", "x", 0.4)}
    joined, log = join_enclaves(classed(a=("optimised", "key", 0.049), **base), star)
    assert joined["zone"].tolist() == ["key", "key", "key", "moderate"]
    assert joined.loc["a", "zone_reason"] == "contiguity" and len(log) == 1
    for lone in (("optimised", "key", 0.05), ("key", "moderate", 0.01), ("optimised", "x", 0.01)):
        # Too firm; not alone; the runner-up is no neighbour's zone.
        assert join_enclaves(classed(a=lone, **base), star)[1].empty
    held = classed(a=("optimised", "key", 0.01), **base)
    held.loc["a", "zone_reason"] = "override"
    assert join_enclaves(held, star)[1].empty
    pair = nx.Graph([("a", "b")])
    two = classed(a=("key", "moderate", 0.02), b=("moderate", "key", 0.01))
    joined, log = join_enclaves(two, pair)
    assert joined["zone"].tolist() == ["key", "key"] and log["township"].tolist() == ["b"]


CSV = "level,code,zone,reason,who,date,was\n"


@pytest.mark.parametrize("kind", ["csv", "gb18030", "toml", "xlsx"])
def test_decisions_are_read(tmp_path, kind: str) -> None:
    one = "unit,u2,key,村庄搬迁,李工,2024-05-01,"
    two = "township,t1,moderate,会议纪要 3 号,王工,2024-04-02,key"
    rows = f"{CSV}{one}\n{two}\n"
    path = tmp_path / f"决定 表.{kind if kind in ('toml', 'xlsx') else 'csv'}"
    if kind == "toml":
        path.write_text(
            '[[decision]]\nlevel = "township"\ncode = "t1"\nzone = "moderate"\n'
            'reason = "会议纪要 3 号"\nwho = "王工"\ndate = 2024-04-02\nwas = "key"\n'
            '[[decision]]\nlevel = "unit"\ncode = "u2"\nzone = "key"\nreason = "村庄搬迁"\n'
            'who = "李工"\ndate = "2024-05-01"\n',
            encoding="utf-8",
        )
    elif kind == "xlsx":
        from io import StringIO

        pd.read_csv(StringIO(rows)).to_excel(path, index=False)
    else:
        path.write_text(rows, encoding="gb18030" if kind == "gb18030" else "utf-8-sig")
    got = read_overrides(path)
    assert got["code"].tolist() == ["t1", "u2"]
    assert got.loc[0, ["zone", "reason", "who", "date", "was"]].tolist() == [
        "moderate", "会议纪要 3 号", "王工", "2024-04-02", "key",
    ]  # fmt: skip
    assert pd.isna(got.loc[1, "was"])


def test_decisions_are_read_as_the_layer_calls_its_fields(tmp_path) -> None:
    """A table typed off the form in QGIS: Chinese heads, a place in the place of level and code."""
    path = tmp_path / "d.csv"
    path.write_text(
        "乡镇代码,单元编号,主体功能区,决定分区,理由,决定人,决定日期\n"
        "t1,,key,moderate,会议纪要 3 号,王工,2024-04-02\n"
        ",u2,key,optimised,现场核实,李工,2024-04-03\n"
        "t3,,key,,,,\n",
        encoding="gb18030",
    )
    got = read_overrides(path)
    assert got[["level", "code", "zone", "who"]].to_numpy().tolist() == [
        ["township", "t1", "moderate", "王工"], ["unit", "u2", "optimised", "李工"],
    ]  # fmt: skip
    assert got["was"].isna().all()
    path.write_text("township,zone,reason,by,date\nt1,key,r,w,2024-01-01\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_overrides(path)
    (one,) = caught.value.problems
    assert one.tell("en").startswith("d.csv: has no column who; its columns are township, zone")
    # Rows without a place do not decide the same place again.
    path.write_text(CSV + ",,key,r,w,2024-01-01,\n,,key,r,w,2024-01-01,\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_overrides(path)
    assert [p.what.en for p in caught.value.problems] == ["has no level", "has no code"] * 2


def test_everything_wrong_with_decisions_at_once(tmp_path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(
        CSV
        + "town,t1,key,r,w,2024-01-01,\nunit,u1,kee,r,w,2024-13-01,\nunit,u2,key,,,2024-01-01,\n"
        "unit,u2,key,r,w,2024-01-01,\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        read_overrides(path)
    text = caught.value.tell("en")
    assert len(caught.value.problems) == 6
    for part in ("level is", "did you mean 'key'", "YYYY-MM-DD", "no reason", "no who", "again"):
        assert part in text
    with pytest.raises(InputError):
        read_overrides(tmp_path / "none.csv")


def test_decisions_come_last_and_are_reviewed(tmp_path) -> None:
    towns_ = pd.DataFrame(
        {"zone": ["key", "moderate", "key"], "zone_reason": "township"}, index=["t1", "t2", "t3"]
    )
    path = tmp_path / "d.csv"
    path.write_text(
        CSV + "township,t1,moderate,r,w,2024-01-01,key\ntownship,t2,moderate,r,w,2024-01-01,key\n"
        "township,t3,moderate,r,w,2024-01-01,optimised\ntownship,t9,key,r,w,2024-01-01,\n"
        "unit,u1,key,r,w,2024-01-01,balance\n",
        encoding="utf-8",
    )
    d = read_overrides(path)
    state = review(d, towns_["zone"], pd.Series({"u1": "balance"}))
    assert dict(zip(state["code"], state["state"], strict=True)) == {
        "t1": "applied", "t2": "moot", "t3": "stale", "t9": "no-place", "u1": "applied",
    }  # fmt: skip
    decided = apply_to_townships(towns_, d)
    assert decided["zone"].tolist() == ["moderate"] * 3
    assert towns_["zone"].tolist() == ["key", "moderate", "key"]
    units = pd.DataFrame(
        {"area_m2": [10, 10], "overlay_balance_m2": [9, 0], "township": ["t1", "t1"]},
        index=["u1", "u2"],
    )
    out = assign_units(units, decided, scheme=load_scheme("zhenjiang-2013"), overrides=of_units(d))
    assert out["zone"].tolist() == ["key", "moderate"]
    assert out["zone_reason"].tolist() == ["override", "township"]


def test_decision_layer_goes_to_gis_and_back(tmp_path) -> None:
    units = gpd.GeoDataFrame(
        {"zone": ["key", "balance", None], "zone_reason": ["township", "overlay", "unknown"]},
        index=pd.Index(["u1", "u2", "u3"], name="unit"),
        geometry=[box(i, 0, i + 1, 1) for i in range(3)],
        crs=4549,
    )
    layer = decision_layer(units)
    path = tmp_path / "决定.gpkg"
    layer.to_file(path, layer="decisions", engine="pyogrio")
    assert read_overrides(path).empty
    edited = gpd.read_file(path, layer="decisions")
    edited.loc[1, ["decided_zone", "reason", "who", "date"]] = [
        "key",
        "桥头堡",
        "张工",
        "2024-06-30",
    ]
    edited.to_file(path, layer="decisions", engine="pyogrio")
    back = read_overrides(path)
    assert back.loc[0, ["level", "code", "zone", "was"]].tolist() == [
        "unit",
        "u2",
        "key",
        "balance",
    ]
    assert review(back, pd.Series(dtype=str), units["zone"])["state"].tolist() == ["applied"]


@pytest.mark.parametrize("name", method_names())
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_method_speaks(name: str, lang: str) -> None:
    method = load_method(name)
    table = towns(6, 3)
    out = classify_townships(table, method)
    for _, row in out.iterrows():
        text = tell_township(row, method, lang)
        assert text and "nan" not in text and "<NA>" not in text
        # the rule in words, all grades that met; its code stands in the tables
        assert said_rule(row["rule"], method, lang) in text
        assert "[" not in text


def said_rule(code: str, method, lang: str) -> str:
    """Say a rule by the names of its grades, or in the words of the file that has it."""
    head = "规则：" if lang == "zh" else "Rule: "
    for rule in method.rules:
        if rule.id == code:
            return head + getattr(rule, lang)
    name, grades = code.rstrip("]").split("[")
    axes = {m.name: (m.rows, m.columns) for m in method.matrices}.get(name)
    axes = axes or method.cube.axes
    called = {d.name: getattr(d, lang) for d in method.dimensions}
    called["suitability"] = "建设适宜性" if lang == "zh" else "suitability for construction"
    words = {"low": ("low", "低"), "mid": ("medium", "中"), "high": ("high", "高")}
    said = []
    for axis, grade in zip(axes, grades.split(","), strict=True):
        en, zh = words.get(grade, (f"grade {grade}", f" {grade} 级"))
        said.append(called[axis] + (zh if lang == "zh" else f" {en}"))
    return head + ("、" if lang == "zh" else ", ").join(said)


def test_tables_in_the_docs_are_those_of_the_data() -> None:
    import importlib.util
    from pathlib import Path

    root = Path(__file__).parent.parent
    script = root / "scripts" / "write_method_tables.py"
    spec = importlib.util.spec_from_file_location("write_method_tables", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (root / "docs" / "method-tables.md").read_text(encoding="utf-8")
    assert written == module.text()


def test_methods_in_the_docs_can_be_used() -> None:
    import re
    import tomllib
    from pathlib import Path

    page = Path(__file__).parent.parent / "docs" / "method.md"
    blocks = re.findall(r"```toml\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.S)
    methods = [parse_method(tomllib.loads(b)["zones"]["method"]) for b in blocks]
    assert [m.name for m in methods] == ["ours", "rules of the bureau", "experts and data"]
    assert methods[2].dimension("guidance").weighting.use == ("ahp", "entropy")
    table = towns(5).assign(county=["321183", "321181", "321181", None, "321183"])
    table["slope_deg"] = [20.0, 3.0, 3.0, 3.0, 3.0]
    table["redline_share"] = [0.1, 0.6, 0.1, 0.1, 0.1]
    table["built_share"] = [0.5, 0.5, 0.5, 0.5, 0.2]
    said = classify_townships(table, methods[1])["zone"].fillna("?")
    assert said.tolist() == ["moderate", "moderate", "optimised", "?", "key"]


def weighted(**weighting: object) -> dict:
    return {
        "base": "two-matrices",
        "dimension": {"constraint": {"weighting": {"source": "t", "evidence": "own", **weighting}}},
    }


def test_weights_from_judgements_and_data(tmp_path) -> None:
    from zoning.weights import ahp, combine_weights, critic_weights, entropy_weights
    from zoning.zones.classify import method_values
    from zoning.zones.scoring import fit, score

    table = towns(20, 8)
    matrix = [[1, 3, 5], ["1/3", 1, 3], ["1/5", "1/3", 1]]
    names = ["redline_share", "farmland_share", "slope_deg"]
    method = parse_method(weighted(use=["ahp", "entropy"], shares=[3, 1], ahp=matrix))
    values = method_values(table, method)
    d = method.dimension("constraint")
    scores = pd.DataFrame(score(d, values).terms.T, columns=names)
    judged = ahp(pd.DataFrame([[1, 3, 5], [1 / 3, 1, 3], [1 / 5, 1 / 3, 1]], names, names)).weights
    data = entropy_weights(scores)
    expected = combine_weights({"a": judged, "e": data}, shares={"a": 3, "e": 1})
    fitted = fit(method, values).dimension("constraint")
    assert [t.weight for t in fitted.terms] == pytest.approx(expected.tolist())
    assert fitted.weighting is None
    # The other dimensions keep theirs, and the zones follow.
    assert fit(method, values).dimension("guidance") == method.dimension("guidance")
    out = classify_townships(table, method)
    by_hand = scores.to_numpy() @ expected.to_numpy()
    assert out["constraint"].to_numpy(dtype=float) == pytest.approx(by_hand)
    critic = parse_method(weighted(use=["critic"]))
    weights = [t.weight for t in fit(critic, values).dimension("constraint").terms]
    assert weights == pytest.approx(critic_weights(scores).tolist())


def test_judgements_beside_the_method(tmp_path, caplog) -> None:
    from zoning.zones import inline_files

    path = tmp_path / "判断.csv"
    path.write_text(
        ",slope_deg,redline_share,farmland_share\nslope_deg,1,1/5,1/3\nredline_share,5,1,3\n"
        "farmland_share,3,1/3,1\n",
        encoding="utf-8-sig",
    )
    part = {"use": ["ahp"], "ahp": "判断.csv", "source": "t", "evidence": "own"}
    data = {"base": "two-matrices", "dimension": {"constraint": {"weighting": part}}}
    ready = inline_files(data, tmp_path)
    assert ready["dimension"]["constraint"]["weighting"]["ahp"][0] == pytest.approx([1, 3, 5])
    assert data["dimension"]["constraint"]["weighting"]["ahp"] == "判断.csv"
    method = parse_method(ready)
    assert classify_townships(towns(8), method)["zone"].notna().all()
    odd = weighted(use=["ahp"], ahp=[[1, 9, "1/9"], ["1/9", 1, 9], [9, "1/9", 1]])
    (found,) = remarks(towns(8), parse_method(odd))
    assert "least consistent" in found.tell("en") and "一致性比率" in found.tell("zh")
    assert (found.code, found.limit) == ("ahp-inconsistent", 0.1) and found.measured > 0.1
    assert found.remedy.en == "judge that pair again" and found.remedy.zh
    assert not caplog.text
    # Whoever weighs by them logs those that do not fit together, and no others.
    with caplog.at_level("INFO", logger="zoning.zones.weighing"):
        assert classify_townships(towns(8), method)["zone"].notna().all() and not caplog.text
        classify_townships(towns(8), parse_method(odd))
    assert "constraint: " in caplog.text
    path.write_text(",a,b\na,1,2\nb,1/2,1\n", encoding="utf-8")
    with pytest.raises(InputError, match="judges a, b") as caught:
        inline_files(data, tmp_path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("ahp-names", "判断.csv for constraint")


@pytest.mark.parametrize(
    "wrong",
    [
        {"use": []}, {"use": ["gut"]}, {"use": ["ahp"]}, {"use": ["ahp", "ahp"], "ahp": [[1]]},
        {"use": ["ahp"], "ahp": [[1, 2], [1, 2]]}, {"use": ["entropy"], "ahp": [[1]]},
        {"use": ["entropy"], "shares": [1, 2]}, {"use": ["entropy"], "join": "sum"},
        {"use": ["ahp"], "ahp": "none.csv"}, {"use": ["entropy"], "shres": [1]},
        {"use": ["ahp"], "ahp": [[1, "x", 1], [1, 1, 1], [1, 1, 1]]},
    ],
)  # fmt: skip
def test_wrong_weightings_are_refused(wrong: dict) -> None:
    with pytest.raises(InputError):
        parse_method(weighted(**wrong))


JUNK = [
    None,
    0,
    -1,
    float("inf"),
    float("nan"),
    "",
    "x",
    [],
    [1],
    ["a"],
    {},
    {"a": 1},
    True,
    "zone",
]


def places(node: object, way: tuple = ()) -> list[tuple]:
    pairs = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [p for k, v in pairs for p in ((*way, k), *places(v, (*way, k)))]


@pytest.mark.slow
@pytest.mark.parametrize("name", method_names())
def test_whatever_is_written_is_a_method_or_an_error(name: str) -> None:
    """Junk in every place of every method: never anything but an InputError."""
    import copy
    import random
    import tomllib

    from zoning.base.shipped import data_path

    draw = random.Random(7)
    text = data_path("methods", f"{name}.toml").read_text(encoding="utf-8")
    base = tomllib.loads(text)
    table = towns(5)
    for way in places(base):
        for junk in (*draw.sample(JUNK, 2), "gone"):
            data = copy.deepcopy(base)
            at = data
            for key in way[:-1]:
                at = at[key]
            if junk == "gone":
                del at[way[-1]]
            else:
                at[way[-1]] = copy.deepcopy(junk)
            try:
                method = parse_method(data)
                if draw.random() < 0.2:
                    classify_townships(table, method)
            except InputError as error:
                assert error.tell("zh")


def test_what_a_rule_leaves_open_is_said() -> None:
    table = pd.DataFrame(
        {"redline_share": [0.6], "farmland_share": [0.3], "slope_deg": [9.0], "built_share": [0.4],
         "population_density": [100.0], "gdp_density": [100.0], "min_to_centre": [99.0]},
        index=["t"],
    )  # fmt: skip
    method = load_method("cube")
    row = classify_townships(table, method).loc["t"]
    assert pd.isna(row["zone"]) and (row["status"], row["rule"]) == ("review", "cube[low,high,low]")
    text = tell_township(row, method, "en")
    assert text.startswith("Manual review") and "leaves it to a person" in text
    assert "Not enough" not in text
    assert "人工复核" in tell_township(row, method, "zh")


@pytest.mark.parametrize("name", method_names())
def test_no_townships_and_one_township(name: str) -> None:
    method = load_method(name)
    if name == "composite":  # natural classes need townships
        with pytest.raises(InputError):
            classify_townships(towns(1), method)
        return
    assert len(classify_townships(towns(1), method)) == 1
    empty = classify_townships(towns(1).iloc[:0], method)
    assert len(empty) == 0 and "flip_zh" in empty
    unknown = towns(2)
    unknown.loc[:, :] = np.nan
    assert classify_townships(unknown, method)["zone"].isna().all()


def test_half_of_the_methods_is_no_majority(monkeypatch) -> None:
    said = {"a": "key", "b": "key", "c": "moderate", "d": "moderate"}

    class Named:
        def __init__(self, name: str):
            self.name = name

    monkeypatch.setattr("zoning.zones.compare.with_indicators", lambda table: table)
    monkeypatch.setattr(
        "zoning.zones.compare.zones_of",
        lambda table, m: pd.Series([said[m.name]], index=table.index, dtype="string"),
    )
    out = compare_methods(pd.DataFrame(index=["t"]), [Named(n) for n in said])
    assert out.table.loc["t", "status"] == "review" and pd.isna(out.table.loc["t", "zone"])
    two = compare_methods(pd.DataFrame(index=["t"]), [Named(n) for n in "abc"])
    assert two.table.loc["t", ["zone", "status", "agree"]].tolist() == ["key", "flag", 2]


def test_half_a_matrix_is_filled_with_mirrors(tmp_path) -> None:
    from zoning.zones import inline_files

    (tmp_path / "m.csv").write_text(
        ",redline_share,farmland_share,slope_deg\nredline_share,,3,5\nfarmland_share,,,2\n"
        "slope_deg,,,\n",
        encoding="utf-8",
    )
    part = {"use": ["ahp"], "ahp": "m.csv"}
    data = {"base": "two-matrices", "dimension": {"constraint": {"weighting": part}}}
    got = inline_files(data, tmp_path)["dimension"]["constraint"]["weighting"]["ahp"]
    assert got == [pytest.approx(r) for r in ([1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1])]


@pytest.mark.parametrize(("how", "expected"), [("max", 80.0), ("min", 20.0)])
def test_extremes_and_missing(how: str, expected: float) -> None:
    def method(missing: str) -> Method:
        terms = [
            {"indicator": x, "scale": "linear", "low": 0.0, "high": 100.0, "missing": missing}
            for x in ("p", "q")
        ]
        dimension = {"en": "d", "zh": "d", "cuts": [50], "source": "t", "evidence": "own",
                     "combine": how, "term": terms}  # fmt: skip
        rule = {"id": "r", "when": "d > 50", "zone": "key", "en": "", "zh": ""}
        last = {"id": "s", "when": "True", "zone": "moderate"}
        return parse_method(
            {"name": "m", "en": "m", "zh": "m", "source": "t", "evidence": "own",
             "dimension": {"d": dimension}, "rule": [rule, last]}
        )  # fmt: skip

    table = pd.DataFrame({"p": [20.0, 20.0], "q": [80.0, None]}, index=["a", "b"])
    strict = classify_townships(table, method("unknown"))
    assert strict.loc["a", "d"] == expected and pd.isna(strict.loc["b", "d"])
    assert strict.loc["a", "zone"] == ("key" if how == "max" else "moderate")
    assert pd.isna(strict.loc["b", "zone"])
    assert classify_townships(table, method("skip")).loc["b", "d"] == 20.0
    # The rule reads the score; the flip of a row goes through the indicator that carries it.
    flip = strict.loc["a"]
    assert flip["flip_to"] == pytest.approx(50.0)
    assert flip["flip_indicator"] == ("q" if how == "max" else "p")


@pytest.mark.slow
def test_the_worked_example_is_what_the_script_prints() -> None:
    import re
    import subprocess
    import sys
    from pathlib import Path

    root = Path(__file__).parent.parent
    done = subprocess.run(
        [sys.executable, str(root / "scripts" / "example_lakeside.py")],
        capture_output=True, text=True, check=True, cwd=root,
        env={**__import__("os").environ, "PYTHONPATH": str(root), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    page = (root / "docs" / "worked-example.md").read_text(encoding="utf-8")
    numbers = re.findall(r"\d\.\d{3}", done.stdout)
    assert len(numbers) == 13
    for number in numbers:
        assert number in page
    for zone, count in re.findall(r"^(\w+) +(\d+) townships", done.stdout, flags=re.M):
        assert re.search(rf"{zone}\s+{count}\b", page), zone


def whys(method):
    """Give the source of every part of a method by its place."""
    found = {"method": method.why}
    for d in method.dimensions:
        found[d.name] = d.why
        found |= {f"{d.name}.{t.indicator}": t.why for t in d.terms}
        if d.weighting is not None:
            found[f"{d.name}.weighting"] = d.weighting.why
    found |= {f"matrix.{m.name}": m.why for m in method.matrices}
    found |= {f"rule.{r.id}": r.why for r in method.rules}
    if method.suitability is not None:
        found["suitability"] = method.suitability.why
    return found


def sources_that_move(changes, base="two-matrices"):
    """Give the parts whose source differs from that of the shipped method."""
    before = whys(load_method(base))
    after = whys(parse_method({"base": base, "name": "ours", **changes}))
    return {k: v for k, v in after.items() if before.get(k) != v}


def test_the_source_of_a_dimension_is_not_stamped_on_weights_nobody_changed():
    part = {"cuts": [30, 70], "source": "bureau, 2024", "evidence": "S"}
    moved = sources_that_move({"dimension": {"constraint": part}})
    assert {k: (v.source, v.evidence) for k, v in moved.items()} == {
        "constraint": ("bureau, 2024", "S")
    }


def test_a_changed_weight_does_not_borrow_the_source_of_the_old_one():
    from zoning.base.shipped import load_toml

    base = load_toml("methods", "two-matrices.toml")
    terms = [dict(t) for t in base["dimension"]["constraint"]["term"]]
    terms[2]["weight"] = 0.5
    del terms[2]["source"], terms[2]["evidence"]
    moved = sources_that_move({"dimension": {"constraint": {"term": terms}}})
    assert list(moved) == ["constraint.slope_deg"]
    assert moved["constraint.slope_deg"].evidence == "own"
    assert moved["constraint.slope_deg"].source.startswith("choice of the plan")
    # The plan may say where it is from, for the part or for all that it changes in a dimension.
    said = {"term": terms, "source": "bureau", "evidence": "C"}
    moved = sources_that_move({"dimension": {"constraint": said}})
    assert moved["constraint.slope_deg"].source == "bureau"
    assert "constraint.redline_share" not in moved


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"suitability": {"built": 3.0}}, {"suitability"}),
        ({"dimension": {"constraint": {"weighting": {"use": ["entropy"]}}}},
         {"constraint.weighting"}),
        ({"dimension": {"constraint": {"en": "limits"}}}, set()),
        ({"dimension": {"constraint": {"cuts": [28, 60]}}}, set()),
        ({"source": "our own book", "evidence": "S"}, {"method"}),
        ({"dimension": {"constraint": {"cuts": [1, 2], "source": "x"}}}, {"constraint"}),
    ],
)  # fmt: skip
def test_only_what_is_changed_has_another_source(changes, parts):
    moved = sources_that_move(changes)
    assert set(moved) == parts
    if "source" not in str(changes):
        assert {v.evidence for v in moved.values()} <= {"own"}
    if changes.get("dimension", {}).get("constraint", {}).get("source") == "x":
        # The tag of the old source is not that of the new one.
        assert moved["constraint"].evidence == "own"


def test_weights_that_add_up_to_nothing_are_refused() -> None:
    data = copy.deepcopy(load_toml("methods", "two-matrices.toml"))
    for term in data["dimension"]["constraint"]["term"]:
        term["weight"] = 0
    with pytest.raises(InputError, match=r"constraint: weights add up to 0"):
        parse_method(data)
    data["dimension"]["constraint"]["term"][0]["weight"] = 0.1  # one is enough
    assert parse_method(data).dimension("constraint").terms[0].weight == 0.1


def test_what_a_rule_cannot_compare_is_told_with_the_rule() -> None:
    table = pd.DataFrame({"built_share": ["much"]})
    with pytest.raises(InputError, match=r"built_share > 0\.3"):
        compile_rule("built_share > 0.3", table.columns).evaluate(table)


def test_where_nobody_switches_the_log_has_its_columns_and_no_rows() -> None:
    line = nx.Graph([("a", "b"), ("b", "c")])
    columns = ["round", "township", "was", "zone", "margin"]
    alike = classed(a=("key", "x", 0.01), b=("key", "x", 0.01), c=("key", "x", 0.01))
    joined, log = join_enclaves(alike, line)
    assert list(log) == columns and log.empty and joined.equals(alike)
    # Each round sees what the one before changed: the middle joins, then its neighbour may.
    rows = classed(
        a=("key", "optimised", 0.9), b=("moderate", "key", 0.02), c=("optimised", "key", 0.01)
    )
    joined, log = join_enclaves(rows, line)
    assert log.to_numpy().tolist() == [
        [1, "b", "moderate", "key", 0.02], [2, "c", "optimised", "key", 0.01]
    ]  # fmt: skip
    assert list(log) == columns and joined["zone"].tolist() == ["key"] * 3
    assert join_enclaves(rows, line, rounds=1)[1]["township"].tolist() == ["b"]
    # Of a row in which each joins after the one before it three do, for there are three rounds.
    rows = classed(
        a=("key", "x", 0.9), b=("moderate", "key", 0.04), c=("optimised", "key", 0.03),
        d=("moderate", "key", 0.02), e=("optimised", "key", 0.01), f=("moderate", "x", 0.9),
    )  # fmt: skip
    _, log = join_enclaves(rows, nx.path_graph(list("abcdef")))
    assert log[["round", "township"]].to_numpy().tolist() == [[1, "b"], [2, "c"], [3, "d"]]
    rows = rows.iloc[:3]
    unknown = rows.assign(margin=[np.nan] * 3)
    assert join_enclaves(unknown, line)[1].empty
    gone = classed(a=("key", "x", 0.9), b=(None, "key", 0.01), c=("optimised", None, 0.01))
    assert join_enclaves(gone, line)[1].empty


@pytest.mark.parametrize(("length", "border", "tolerance"), [
    (1.9, None, 1.0), (2.1, 2.0, 1.0), (600.4, 600.0, 1.0), (0.9, None, 0.5), (1.1, 1.0, 0.5),
    (11.4, 11.0, 0.5), (5.8, None, 3.0), (6.2, 6.0, 3.0),
])  # fmt: skip
def test_a_border_is_longer_than_two_tolerances(
    length: float, border: float | None, tolerance: float
) -> None:
    frame = gpd.GeoDataFrame(
        index=["b", "a"], geometry=[box(0, 0, 1000, 1000), box(1000, 200, 2000, 200 + length)],
        crs=4549,
    )  # fmt: skip
    found = list(adjacency(frame, tolerance_m=tolerance).edges(data="border_m"))
    assert found == ([] if border is None else [("b", "a", border)])


STATES = [
    ("a", "key", None, "applied"), ("a", "moderate", None, "moot"),
    ("a", "key", "moderate", "applied"), ("a", "key", "optimised", "stale"),
    ("a", "moderate", "optimised", "moot"), ("n", "key", None, "applied"),
    ("n", "key", "moderate", "stale"), ("x", "key", None, "no-place"),
]  # fmt: skip


@pytest.mark.parametrize("level", ["township", "unit"])
def test_states_of_decisions_are_told_for_both_levels(level: str) -> None:
    """By code, decided zone and what it was; the method says moderate of a, and nothing of n."""
    rows = pd.DataFrame(STATES, columns=["code", "zone", "was", "state"]).assign(level=level)
    now = pd.Series({"a": "moderate", "n": pd.NA}, dtype="string")
    other = pd.Series({"x": "key"}, dtype="string")
    found = review(rows.drop(columns="state"), *((now, other) if level == "township"
                                                 else (other, now)))  # fmt: skip
    assert found["state"].tolist() == rows["state"].tolist()
    said = [z if isinstance(z, str) else None for z in found["method_zone"]]
    assert said == ["moderate"] * 5 + [None] * 3
    assert (found[["state", "method_zone"]].dtypes == "string").all()
    bare = review(rows.drop(columns=["state", "was"]).iloc[:2], now, now)
    assert bare["state"].tolist() == ["applied", "moot"]


def test_a_decision_layer_holds_what_is_decided_and_nothing_else() -> None:
    places = gpd.GeoDataFrame(
        {"name": ["甲", "乙"], "zone": ["key", None], "zone_reason": ["override", "unknown"],
         "area_m2": 1},
        index=pd.Index(["t1", "t2"], name="township"), geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)],
        crs=4549,
    )  # fmt: skip
    kept = {"reason": "r", "who": "w", "date": "2024-01-02"}
    decided = pd.DataFrame(
        [{"level": "township", "code": "t1", "zone": "key", "method_zone": "moderate", **kept},
         {"level": "unit", "code": "t2", "zone": "key", "method_zone": "moderate", **kept},
         {"level": "township", "code": "t9", "zone": "key", "method_zone": None, **kept}]
    )  # fmt: skip
    found = decision_layer(places, decided)
    assert list(found) == ["township", "name", "zone", "zone_reason", "geometry", "was",
                           "decided_zone", "reason", "who", "date"]  # fmt: skip
    plain = pd.DataFrame(found.drop(columns="geometry")).astype(object)
    assert plain.where(plain.notna(), None).to_numpy().tolist() == [
        ["t1", "甲", "key", "override", "moderate", "key", "r", "w", "2024-01-02"],
        ["t2", "乙", None, "unknown", None, "", "", "", ""],
    ]  # fmt: skip
    assert found.crs == places.crs and found.geometry.iloc[0].equals(places.geometry.iloc[0])
    bare = decision_layer(places)
    assert bare["decided_zone"].tolist() == ["", ""] and bare["was"].tolist()[0] == "key"


def test_tables_of_decisions_are_read_by_any_of_their_heads(tmp_path) -> None:
    path = tmp_path / "d.csv"
    rest = "r,w,2024-01-01\n"
    path.write_text(f"township,unit,decided_zone,zone,reason,who,date\nt1,,key,moderate,{rest}"
                    f",u1,moderate,key,{rest}t2,,,key,{rest}", encoding="utf-8")  # fmt: skip
    got = read_overrides(path)
    assert got[["level", "code", "zone"]].to_numpy().tolist() == [
        ["township", "t1", "key"], ["unit", "u1", "moderate"]
    ]  # fmt: skip
    path.write_text("code, who \nt1,w\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_overrides(path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("decision", "d.csv")
    assert problem.what.en == ("has no column level, zone, reason, date; its columns are code, who")
    assert "level is township or unit" in problem.remedy.en and "年-月-日" in problem.remedy.zh
    path.write_text(CSV + "unit,u1,优化开发,r,w,2024-01-01,重点开发\n", encoding="utf-8")
    assert read_overrides(path).loc[0, ["zone", "was"]].tolist() == ["optimised", "key"]
    path.write_text(CSV + "unit,u1,zzzz,r,w,2024-01-01,\nunit,u1,key,r,w,2024-01-01,\n",
                    encoding="utf-8")  # fmt: skip
    with pytest.raises(InputError) as caught:
        read_overrides(path)
    unknown, again = caught.value.problems
    assert unknown.remedy is None and unknown.where == "d.csv, decision 1"
    assert again.what.en == "decides u1 again (first in decision 1)"
    assert again.where == "d.csv, decision 2" and unknown.code == again.code == "decision"
    with pytest.raises(InputError) as caught:
        read_overrides(tmp_path / "none.csv")
    (problem,) = caught.value.problems
    assert problem.code == "bad-file" and problem.where.endswith("none.csv")


def test_a_decision_moves_its_township_alone() -> None:
    towns = pd.DataFrame(
        {"zone": ["key", "key", None, "moderate"], "zone_reason": "township",
         "runner_up": ["moderate", "x", None, "key"], "margin": [0.1, 0.2, np.nan, 0.3],
         "flip_to": [1.0, 2.0, np.nan, 3.0]},
        index=["a", "b", "c", "d"],
    ).astype({"zone": "string", "runner_up": "string"})  # fmt: skip
    decided = pd.DataFrame(
        {"level": ["township", "township", "township", "unit", "township"],
         "code": ["a", "b", "c", "d", "z"], "zone": ["optimised", "key", "key", "key", "key"]}
    )  # fmt: skip
    out = apply_to_townships(towns, decided)
    assert out["zone"].tolist() == ["optimised", "key", "key", "moderate"]
    assert out["zone_reason"].tolist() == ["override"] * 3 + ["township"]
    assert out["runner_up"].fillna("").tolist() == ["key", "x", "", "key"]
    for column, old in (("margin", 0.2), ("flip_to", 2.0)):
        assert out[column].isna().tolist() == [True, False, True, False]
        assert out.loc["b", column] == old
    assert of_units(decided)["zone"].to_dict() == {"d": "key"}


def test_a_table_without_decisions_has_its_columns(tmp_path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(CSV, encoding="utf-8")
    found = read_overrides(path)
    assert list(found) == list(COLUMNS) and found.empty and (found.dtypes == "string").all()


def test_codes_and_dates_of_a_workbook_are_read_as_they_are_meant(tmp_path) -> None:
    """Numbers among empty cells, dates as dates, a place of both kinds, no zone of today."""
    pd.DataFrame({
        "township": [321000001, None, 321000003], "unit": [None, "u1", "u2"],
        "decided_zone": ["key", "moderate", "key"], "reason": [" r ", "r", 7], "who": "w",
        "date": [pd.Timestamp(2024, 1, 2), dt.date(2024, 2, 3), "2024-03-04"],
    }).to_excel(tmp_path / "d.xlsx", index=False)  # fmt: skip
    wanted = pd.DataFrame(
        [["township", "321000001", "key", "r", "w", "2024-01-02", None],
         ["township", "321000003", "key", "7", "w", "2024-03-04", None],
         ["unit", "u1", "moderate", "r", "w", "2024-02-03", None]],
        columns=list(COLUMNS), dtype="string",
    )  # fmt: skip
    pd.testing.assert_frame_equal(read_overrides(tmp_path / "d.xlsx"), wanted)
    # So are codes of a text file that begin with 0.
    (tmp_path / "d.csv").write_text(CSV + "unit,007,key,r,w,2024-01-01,\n", encoding="utf-8")
    assert read_overrides(tmp_path / "d.csv")["code"].tolist() == ["007"]


def test_what_is_wrong_with_decisions_in_toml_is_a_decision(tmp_path) -> None:
    one = '[[decision]]\nlevel = "unit"\ncode = 7\nzone = "key"\nreason = "r"\nwho = "w"\n'
    path = tmp_path / "d.toml"
    path.write_text(one + "date = 2024-01-02\n", encoding="utf-8")
    assert read_overrides(path).loc[0, ["code", "date"]].tolist() == ["7", "2024-01-02"]
    path.write_text(one + 'date = ["2024-01-02"]\nwhen = "x"\n', encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_overrides(path)
    problems = caught.value.problems
    assert [p.code for p in problems] == ["unknown-key", "decision"]
    assert "when" in problems[0].tell("en")


def test_rows_of_a_layer_that_decide_nothing_are_left_alone() -> None:
    layer = pd.DataFrame({"unit": list("abc"), "zone": ["key", "key", "moderate"],
                          "decided_zone": [None, "", "optimised"]})  # fmt: skip
    (row,) = _from_layer(layer)
    assert {k: row[k] for k in ("level", "code", "zone", "was")} == {
        "level": "unit", "code": "c", "zone": "optimised", "was": "moderate"}  # fmt: skip
    (row,) = _from_layer(layer.rename(columns={"unit": "township"}).assign(was="key").iloc[2:])
    assert (row["level"], row["code"], row["was"]) == ("township", "c", "key")


def test_decisions_and_what_is_said_of_them_are_texts() -> None:
    decisions = pd.DataFrame({
        "level": ["township", "unit", "unit", "township"], "code": ["a", "u", "v", "z"],
        "zone": ["key"] * 4, "was": ["moderate", "optimised", None, None],
    }).astype(object)  # fmt: skip
    towns = pd.Series({"a": "moderate"}, dtype="string")
    units = pd.Series({"u": None, "v": "key"}, dtype="string")
    wanted = decisions.assign(
        method_zone=pd.array(["moderate", None, "key", None], dtype="string"),
        state=pd.array(["applied", "stale", "moot", "no-place"], dtype="string"),
    )
    pd.testing.assert_frame_equal(review(decisions, towns, units), wanted)
    assert of_units(decisions)["zone"].to_dict() == {"u": "key", "v": "key"}
    assert of_units(decisions)["zone"].dtype == "string"
    places = gpd.GeoDataFrame({"zone": ["key"]}, geometry=[box(0, 0, 1, 1)], index=["u"], crs=4549)
    layer = decision_layer(places)
    assert list(layer) == ["unit", "zone", "geometry", "was", "decided_zone", "reason", "who",
                           "date"]  # fmt: skip
    assert (layer[["was", "decided_zone", "reason", "who", "date"]].dtypes == "string").all()


def test_a_method_file_that_is_wrong_is_named_by_the_plan(tmp_path) -> None:
    """The problem lies in the file, not in the plan that names it."""
    (tmp_path / "mine.toml").write_text('base = "two-matrices"\nzoon = 1\n', encoding="utf-8")
    part = {"method": "mine.toml", "scheme": "zhenjiang-2013"}
    with pytest.raises(InputError) as caught:
        settle_method(Config.model_validate({"zones": part}), tmp_path)
    (problem,) = caught.value.problems
    assert problem.where.startswith(str(tmp_path / "mine.toml")) and "zoon" in problem.tell("en")


def test_what_a_table_lacks_for_its_method_is_told_with_places_and_numbers() -> None:
    method = load_method("two-matrices")
    table = towns(8).assign(name=[f"镇{k}" for k in range(8)])
    table["slope_deg"] = [None, *[1.0] * 7]
    table["min_to_centre"] = [None] * 7 + [1]
    found = remarks(table, method, absent=["red lines", "land use"], where="t.csv")
    told = [(f.code, f.where, f.measured, f.limit, f.level, f.what.en.split(":")[0]) for f in found]
    gone, ways = "is missing in", "to which the method gives no zone"
    assert told == [
        ("indicator-unknown", "two-matrices", 2, 0, "warning", "no land use"),
        ("indicator-unknown", "two-matrices", 1, 0, "warning", "no red lines"),
        ("attribute-missing", "t.csv", 1, 0, "warning", f"'slope_deg' {gone} 1 township, {ways}"),
        (
            "attribute-missing",
            "t.csv",
            7,
            0,
            "warning",
            f"'min_to_centre' {gone} 7 townships, {ways}",
        ),
    ]
    assert found[0].what == Text(
        "no land use: farmland_share, built_share are unknown everywhere, so no township gets a "
        "zone", "缺少用地现状：farmland_share, built_share 全部未知，乡镇均无法定类",
    )  # fmt: skip
    assert "redline_share is unknown" in found[1].what.en and found[1].remedy.zh
    first = table.index[0]
    assert found[2].what.en.endswith(f": 镇0 ({first})") and "坡度" in found[2].what.zh
    bare = remarks(table.drop(columns="name"), method)
    assert [f.where for f in bare] == ["", ""] and bare[0].what.en.endswith(f": {first}")
    own = table.assign(redline_share=[0.1] * 7 + [None]).drop(
        columns=["slope_deg", "min_to_centre"]
    )
    (one,) = remarks(own, method)
    assert one.what.en.startswith("'redline_share' is missing in 1 township")


def test_half_a_matrix_of_judgements_may_lack_its_diagonal(tmp_path) -> None:
    from zoning.zones import inline_files

    path = tmp_path / "half.csv"
    path.write_text(",redline_share,farmland_share,slope_deg\nredline_share,,4,2\n"
                    "farmland_share,,1,\nslope_deg,,8,\n", encoding="utf-8")  # fmt: skip
    part = {"use": ["ahp"], "ahp": "half.csv"}
    data = {"base": "two-matrices", "dimension": {"constraint": {"weighting": part}}}
    found = inline_files(data, tmp_path)["dimension"]["constraint"]["weighting"]["ahp"]
    assert found == [[1, 4, 2], [0.25, 1, 0.125], [0.5, 8, 1]]
