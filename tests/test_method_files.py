"""Methods as they are written: what each key becomes, and what is told of each that is wrong."""

from __future__ import annotations

import json
from dataclasses import replace

import keeping
import numpy as np
import pandas as pd
import pytest

from zoning.errors import InputError
from zoning.schemes import load_scheme
from zoning.zones import classify_townships, load_method, method_names, method_of
from zoning.zones.decide import compile_rules, decide, indicator_names
from zoning.zones.flip import span_of
from zoning.zones.overlay import lay_over
from zoning.zones.parse import parse_method

TERM = {"indicator": "x"}
WHY = {"source": "s", "evidence": "own"}
BASE = {"name": "m", "en": "m", "zh": "方", **WHY}


def dimension(**more):
    return {"en": "d", "zh": "维", "cuts": [1, 2], "term": [TERM], **WHY, **more}


GRADES = ("low", "mid", "high")
CELLS = {g: ["key", "moderate", "optimised"] for g in GRADES}
MATRIX = {
    **BASE, "notes": "n", "dimension": {"a": dimension(), "b": dimension(), "c": dimension()},
    "matrix": [
        {"name": "first", "rows": "a", "columns": "b", "cells": {g: list(GRADES) for g in GRADES}},
        {"name": "zone", "rows": "first", "columns": "c", "cells": CELLS,
         "exception": [{"row": "low", "column": "mid", "dimension": "a", "grade": "high",
                        "value": "review"}],
         "flag": [{"row": "mid", "column": "high", "code": "f", "en": "look", "zh": "看"}]},
    ],
    "suitability": {"built": 1, "dimension": "a", "guidance": 0.5, "term": [{**TERM, "weight": 2}]},
}  # fmt: skip
CUBE = {**BASE, "dimension": {k: dimension() for k in "abc"},
        "cube": {"axes": list("abc"), "cells": {g: [CELLS[g]] * 3 for g in GRADES}}}  # fmt: skip
RULES = {
    **BASE,
    "rule": [
        {"id": "r", "when": "x > 1", "zone": "key", "en": "so", "zh": "则", **WHY},
        {"id": "s", "when": "True", "zone": "moderate"},
    ],
}


def changed(whole, path, value):
    """Give a method with the value at a path changed, or taken away by ``None``."""
    whole = json.loads(json.dumps(whole))  # every part for itself
    part = whole
    for key in path[:-1]:
        part = part[key]
    if value is None:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return whole


A = ("dimension", "a")
T = (*A, "term", 0)
Z = ("matrix", 1)
W = {"use": ["ahp", "manual"], "ahp": [[1, "1/3"], [3, 1]], **WHY}
TWO = [TERM, {"indicator": "y"}]
#: What one may write, beside the methods themselves.
RIGHT = {
    "no cut, no source": (RULES, ("dimension",), {"a": {"en": "d", "zh": "维", "term": [TERM]}}),
    "one cut of two grades": (RULES, ("dimension",), {"a": dimension(cuts=[1])}),
    "three cuts": (RULES, ("dimension",), {"a": dimension(cuts=[1, 2, 3])}),
    "breaks": (RULES, ("dimension",), {"a": dimension(cuts="breaks")}),
    "breaks of four": (RULES, ("dimension",), {"a": dimension(cuts="breaks", grades=list("wxyz"))}),
    "below": (MATRIX, (*A, "equal"), "below"),
    "each cut": (MATRIX, (*A, "equal"), ["below", "above"]),
    "most": (MATRIX, A, dimension(combine="max", term=[{**TERM, "weight": 0}])),
    "share": (MATRIX, (*A, "unit"), "share"), "span": (MATRIX, (*A, "span"), 7),
    "judgements": (MATRIX, A, dimension(term=TWO, weighting=W)),
    "shares": (MATRIX, A, dimension(term=TWO, weighting={**W, "shares": [0, 1],
                                                                "join": "product"})),
    "entropy": (MATRIX, A, dimension(term=TWO, weighting={"use": ["entropy"]})),
    "table": (MATRIX, T, {**TERM, "scale": "table", "at": [1, 2], "scores": [0, 5, 9],
                          "equal": "below", "missing": 3}),
    "points": (MATRIX, T, {**TERM, "scale": "points", "at": [1, 2], "scores": [0, 5],
                           "missing": "skip"}),
    "log": (MATRIX, T, {**TERM, "scale": "log", "low": 9, "high": 0.1, "weight": 0.5}),
    "linear": (MATRIX, T, {**TERM, "scale": "linear", "low": 0, "high": -1, **WHY}),
    "classes": (MATRIX, T, {**TERM, "scale": "breaks", "classes": 2, "reverse": True}),
    "suitability": (RULES, ("suitability",), {"not_farmland": 1, "not_protected": 2,
                                              "built_full_share": 0.5}),
    "suitability of terms": (RULES, ("suitability",), {"term": [TERM]}),
    "suitability of guidance": (RULES | {"dimension": {"guidance": dimension()}},
                                ("suitability",), {"guidance": 1}),
}  # fmt: skip
#: What one may not.
WRONG = {
    "name": (MATRIX, ("name",), None), "zh": (MATRIX, ("zh",), 7),
    "source": (MATRIX, ("source",), None),
    "evidence": (MATRIX, ("evidence",), "X"), "unknown key": (MATRIX, ("nots",), "n"),
    "base": (MATRIX, ("base",), "two-matrixes"), "notes": (MATRIX, ("notes",), 3),
    "two decide": (MATRIX, ("rule",), RULES["rule"]), "none decides": (RULES, ("rule",), None),
    "cube beside": (RULES | {"dimension": CUBE["dimension"]}, ("cube",), CUBE["cube"]),
    "cube is a list": (CUBE, ("cube",), [1]),
    "suitability is a number": (RULES, ("suitability",), 3),
    "reserved": (RULES, ("dimension",), {"margin": dimension()}),
    "no word": (RULES, ("dimension",), {"a b": dimension()}),
    "same name": (MATRIX, ("matrix", 0, "name"), "a"),
    "reserved matrix": (MATRIX, ("matrix", 0, "name"), "rule"),
    "cuts need a source": (RULES, ("dimension",), {"a": {"en": "d", "zh": "维", "term": [TERM],
                                                         "cuts": [1]}}),
    "breaks need a source": (RULES, ("dimension",), {"a": {"en": "d", "zh": "维", "term": [TERM],
                                                           "cuts": "breaks"}}),
    "grades repeat": (RULES, ("dimension",), {"a": dimension(grades=["w", "x", "w"])}),
    "few grades": (RULES, ("dimension",), {"a": dimension(grades=["w", "x"])}),
    "many grades": (RULES, ("dimension",), {"a": dimension(grades=list("wxyz"))}),
    "equal cuts": (MATRIX, (*A, "cuts"), [1, 1]), "falling cuts": (MATRIX, (*A, "cuts"), [2, 1]),
    "cuts of words": (MATRIX, (*A, "cuts"), ["x", 1]),
    "cuts a word": (MATRIX, (*A, "cuts"), "brakes"),
    "equal": (MATRIX, (*A, "equal"), "x"), "few equals": (MATRIX, (*A, "equal"), ["above"]),
    "an equal of three": (MATRIX, (*A, "equal"), ["above", "x"]),
    "no term": (MATRIX, (*A, "term"), []), "no weight": (MATRIX, (*T, "weight"), 0),
    "negative weight": (MATRIX, (*T, "weight"), -1), "combine": (MATRIX, (*A, "combine"), "sum"),
    "unit": (MATRIX, (*A, "unit"), "km"), "span": (MATRIX, (*A, "span"), 0),
    "key of a dimension": (MATRIX, (*A, "cut"), [1]), "key of a term": (MATRIX, (*T, "wight"), 1),
    "use of nothing": (MATRIX, A, dimension(term=TWO, weighting={"use": []})),
    "use of what": (MATRIX, A, dimension(term=TWO, weighting={"use": ["entropy", "x"]})),
    "use twice": (MATRIX, A, dimension(term=TWO, weighting={"use": ["entropy", "entropy"]})),
    "few shares": (MATRIX, A, dimension(term=TWO, weighting={**W, "shares": [1]})),
    "negative shares": (MATRIX, A, dimension(term=TWO, weighting={**W, "shares": [-1, 2]})),
    "shares of 0": (MATRIX, A, dimension(term=TWO, weighting={**W, "shares": [0, 0]})),
    "a file": (MATRIX, A, dimension(term=TWO, weighting={**W, "ahp": "a.csv"})),
    "no matrix": (MATRIX, A, dimension(term=TWO, weighting={"use": ["ahp"]})),
    "few rows": (MATRIX, A, dimension(term=TWO, weighting={**W, "ahp": [[1, 1]]})),
    "few columns": (MATRIX, A, dimension(term=TWO, weighting={**W, "ahp": [[1, 1], [1]]})),
    "rows of what": (MATRIX, A, dimension(term=TWO, weighting={**W, "ahp": [1, 1]})),
    "no judgement": (MATRIX, A, dimension(term=TWO, weighting={
        **W, "ahp": [[1, "x"], ["1/0", 1]]})),
    "a matrix for nothing": (MATRIX, A, dimension(term=TWO, weighting={**W, "use": ["manual"]})),
    "join": (MATRIX, A, dimension(term=TWO, weighting={**W, "join": "x"})),
    "key of a weighting": (MATRIX, A, dimension(term=TWO, weighting={**W, "usee": 1})),
    "weighting": (MATRIX, A, dimension(weighting=3)),
    "scale": (MATRIX, (*T, "scale"), "square"), "indicator": (MATRIX, (*T, "indicator"), None),
    "few scores": (MATRIX, T, {**TERM, "scale": "table", "at": [1, 2], "scores": [0, 5]}),
    "many scores": (MATRIX, T, {**TERM, "scale": "table", "at": [1], "scores": [0, 5, 9]}),
    "one point": (MATRIX, T, {**TERM, "scale": "points", "at": [1], "scores": [0]}),
    "few points": (MATRIX, T, {**TERM, "scale": "points", "at": [1, 2], "scores": [0]}),
    "equal edges": (MATRIX, T, {**TERM, "scale": "table", "at": [1, 1], "scores": [0, 5, 9]}),
    "no ends": (MATRIX, T, {**TERM, "scale": "linear"}), "no high": (MATRIX, T, {
        **TERM, "scale": "log", "low": 1}),
    "equal ends": (MATRIX, T, {**TERM, "scale": "linear", "low": 1, "high": 1}),
    "log of 0": (MATRIX, T, {**TERM, "scale": "log", "low": 0, "high": 1}),
    "log to below 0": (MATRIX, T, {**TERM, "scale": "log", "low": 1, "high": -1}),
    "missing": (MATRIX, (*T, "missing"), "gone"), "missing list": (MATRIX, (*T, "missing"), [1]),
    "term equal": (MATRIX, (*T, "equal"), "x"), "one class": (MATRIX, (*T, "classes"), 1),
    "reverse": (MATRIX, (*T, "reverse"), "yes"),
    "rows": (MATRIX, (*Z, "rows"), "x"), "no columns": (MATRIX, (*Z, "columns"), None),
    "no row": (MATRIX, (*Z, "cells", "low"), None),
    "a row more": (MATRIX, (*Z, "cells", "top"), ["key"] * 3),
    "short row": (MATRIX, (*Z, "cells", "low"), ["key", "key"]),
    "row of a number": (MATRIX, (*Z, "cells", "low"), 3),
    "exception of what": (MATRIX, (*Z, "exception", 0, "dimension"), "x"),
    "exception's grade": (MATRIX, (*Z, "exception", 0, "grade"), "top"),
    "exception's row": (MATRIX, (*Z, "exception", 0, "row"), "top"),
    "exception's value": (MATRIX, (*Z, "exception", 0, "value"), None),
    "exception's key": (MATRIX, (*Z, "exception", 0, "x"), 1),
    "flag's column": (MATRIX, (*Z, "flag", 0, "column"), "top"),
    "flag's code": (MATRIX, (*Z, "flag", 0, "code"), 1),
    "flag's key": (MATRIX, (*Z, "flag", 0, "x"), 1), "matrix name": (MATRIX, (*Z, "name"), None),
    "matrix key": (MATRIX, (*Z, "x"), 1),
    "two axes": (CUBE, ("cube", "axes"), list("ab")), "axis": (CUBE, ("cube", "axes"), list("abx")),
    "no axes": (CUBE, ("cube", "axes"), None),
    "cube without a layer": (CUBE, ("cube", "cells", "low"), None),
    "cube without a row": (CUBE, ("cube", "cells", "low"), [CELLS["low"]] * 2),
    "cube without a cell": (CUBE, ("cube", "cells", "low", 1), ["key"] * 2),
    "cube of words": (CUBE, ("cube", "cells", "low"), "key"), "cube key": (CUBE, ("cube", "x"), 1),
    "rule id": (RULES, ("rule", 0, "id"), None), "rule when": (RULES, ("rule", 0, "when"), 1),
    "rule zone": (RULES, ("rule", 0, "zone"), "x"), "rule en": (RULES, ("rule", 0, "en"), 1),
    "rule key": (RULES, ("rule", 0, "x"), 1),
    "guidance of nothing": (RULES, ("suitability",), {"guidance": 1}),
    "guidance of what": (RULES, ("suitability",), {"guidance": 1, "dimension": "x"}),
    "suitability of nothing": (RULES, ("suitability",), {"built_full_share": 1}),
    "suitability below 0": (RULES, ("suitability",), {"built": -1, "not_farmland": 2}),
    "full share": (RULES, ("suitability",), {"built": 1, "built_full_share": 0}),
    "suitability key": (RULES, ("suitability",), {"built": 1, "bult": 1}),
    **{f"suitability by {scale}": (RULES, ("suitability",), {"term": [{**TERM, "scale": scale}]})
       for scale in ("minmax", "zscore", "breaks")},
}  # fmt: skip


def test_every_key_becomes_what_is_kept():
    found = {"matrix": MATRIX, "cube": CUBE, "rules": RULES}
    found |= {name: changed(*change) for name, change in RIGHT.items()}
    methods = {k: keeping.plain(replace(parse_method(m), scheme=None)) for k, m in found.items()}
    keeping.hold_parts(methods, "methods-right")


def test_all_that_is_wrong_is_told_as_it_is_kept():
    def told(data):
        with pytest.raises(InputError) as caught:
            parse_method(data)
        return [[p.code, *(p.tell(lang) for lang in ("en", "zh"))] for p in caught.value.problems]

    found = {name: told(changed(*change)) for name, change in WRONG.items()}
    keeping.hold_parts(found, "methods-wrong")


#: Townships on both sides of every cut, on the cuts, beyond the ends of scales, and unknown.
X = [-1.0, 0.0, 1.0, 1.5, 2.0, 2.5, 9.0, None]
SAID = ("zone", "rule", "runner_up", "margin", "flip_indicator", "flip_from", "flip_to",
        "flip_zone", "flip_size", "flip", "flip_zh", "status", "flag", "zone_reason")  # fmt: skip
#: Scales that carry a term over the cuts 1 and 2 of its dimension.
SCALED = {
    "falling": {"scale": "linear", "low": 9, "high": -1},
    "log": {"scale": "log", "low": 0.5, "high": 400},
    "table": {"scale": "table", "at": [1, 2], "scores": [0, 1.5, 9]},
    "table of one score": {"scale": "table", "at": [1], "scores": [2, 2]},
    "points": {"scale": "points", "at": [0, 2, 9], "scores": [0, 3, 100]},
    "falling points": {"scale": "points", "at": [0, 2, 9], "scores": [100, 2, 0]},
    "points up and down": {"scale": "points", "at": [0, 2, 9], "scores": [0, 3, 0]},
    "minmax": {"scale": "minmax"}, "breaks": {"scale": "breaks", "classes": 3},
    "skipped": {"missing": "skip"}, "stood in for": {"missing": 1.2},
    "a table with gaps": {"scale": "table", "at": [1], "scores": [0, 9], "missing": 2.0},
}  # fmt: skip


#: Two dimensions, so that the class follows the one that is changed.
SAYS = {
    **BASE, "dimension": {"a": dimension(), "b": dimension(term=[{"indicator": "y"}])},
    "matrix": [{
        "name": "zone", "rows": "a", "columns": "b",
        "cells": {"low": ["key", "key", "moderate"], "mid": ["key", "moderate", "review"],
                  "high": ["moderate", "optimised", "optimised"]},
        "exception": [{"row": "high", "column": "low", "dimension": "a", "grade": "high",
                       "value": "key"}],
        "flag": [{"row": "high", "column": "high", "code": "f", "en": "look", "zh": "看"}],
    }],
}  # fmt: skip


def test_what_methods_say_is_as_it_is_kept():
    table = pd.DataFrame(
        {"area_m2": 1, "x": X, "y": [1.5, 1.5, 1.5, 0.2, 1.5, 2.5, 1.5, 1.5]},
        index=[f"t{k}" for k in range(8)],
    )
    methods = {"cube": CUBE, "rules": RULES, "two": SAYS}
    methods |= {name: changed(SAYS, *RIGHT[name][1:]) for name in (
        "each cut", "share", "judgements")}  # fmt: skip
    two = [{**TERM, "weight": 3}, {"indicator": "y", "missing": "skip"},
           {**TERM, "weight": 0, "scale": "linear", "low": 0, "high": 9}]  # fmt: skip
    for how in ("mean", "max", "min"):
        methods[f"{how} of three"] = changed(SAYS, A, dimension(combine=how, term=two))
    for name, term in SCALED.items():
        cuts = [10, 60] if name in ("minmax", "breaks") else [1, 2]
        methods[name] = changed(SAYS, A, dimension(cuts=cuts, term=[{**TERM, **term}]))
    gaps = [{**TERM, "scale": "table", "at": [1, 2], "scores": [0, 2, 9], "missing": "skip"},
            {"indicator": "y"}]  # fmt: skip
    methods["a table skipped"] = changed(SAYS, A, dimension(term=gaps))
    found = {}
    for name, data in methods.items():
        out = classify_townships(table, parse_method(data))
        assert set(SAID) <= set(out) and out.index.equals(table.index)
        grades = [c for c in out if c.endswith("_grade") and out[c].notna().any()]
        said = out[[*grades, *SAID]].assign(a=out.get("a", pd.NA))
        found[name] = keeping.plain(said)
        del found[name]["index"]
    keeping.hold_parts(found, "methods-said")


#: What a plan may lay over a method.
OVER = {
    "words": {"name": "mine", "zh": "我", "notes": "x"}, "a number": {"new": 1},
    "own source": {"source": "note", "zh": "我"}, "own tag": {"source": "note", "evidence": "C"},
    "cuts": {"dimension": {"a": {"cuts": [1, 3]}}},
    "same cuts": {"dimension": {"a": {"cuts": [1, 2]}}},
    "a dimension more": {"dimension": {"z": {"cuts": [1], "en": "z", "zh": "z", "term": [TERM]}}},
    "a term": {"dimension": {"a": {"term": [{**TERM, "weight": 2}, {"indicator": "q"}]}}},
    "the same term": {"dimension": {"a": {"term": [{**TERM, "en": "x"}]}}},
    "a term with source": {"dimension": {"a": {"term": [{**TERM, "source": "t"}, "junk"]}}},
    "a source for all": {"dimension": {"a": {"source": "d", "term": [{**TERM, "weight": 2}]}}},
    "judgements": {"dimension": {"a": {"weighting": {"use": ["entropy"]}}}},
    "cells": {"matrix": [{**MATRIX["matrix"][0], "rows": "c"}]},
    "suitability": {"suitability": {"built": 1, "guidance": 0.5}, "cube": {"axes": []}},
    "other suitability": {"suitability": {"built": 3}}, "junk": {"dimension": 3, "matrix": "x"},
    "mapping": {"more": {"b": 2}}, "no mapping": {"suitability": 7},
}  # fmt: skip


def test_what_a_plan_lays_over_a_method_is_as_it_is_kept():
    base = {**MATRIX, "more": {"a": 1}, "evidence": "S"}
    bare = {k: v for k, v in dimension().items() if k != "evidence"}
    base["dimension"] = {**base["dimension"], "a": bare,
                         "w": dimension(weighting={"use": ["manual"]})}  # fmt: skip
    whole = lay_over(base, {}, "m")
    found = {"nothing": whole}
    for name, changes in OVER.items():
        laid = lay_over(base, changes, "m")
        found[name] = {k: v for k, v in laid.items() if v != whole.get(k)}
    keeping.hold_parts(found, "methods-laid-over")


def test_methods_in_the_zones_of_another_scheme_are_as_they_are_kept():
    national = load_scheme("national")
    found = {}
    for name in method_names():
        given = load_method(name)
        made = method_of(name, national, "zhenjiang-2013_national")
        assert made.scheme == national and made.dimensions == given.dimensions
        same = method_of(name, given.scheme)
        assert same == given
        found[name] = {
            "choices": {k: list(v) for k, v in made.choices.items()},
            "rules": [r.zone for r in made.rules],
            "cube": keeping.plain(made.cube and made.cube.cells),
            "cells": [keeping.plain(m.cells) for m in made.matrices],
            "exceptions": [e.value for m in made.matrices for e in m.exceptions],
        }  # fmt: skip
    keeping.hold_parts(found, "methods-across")


@pytest.mark.parametrize(("scheme", "fits"), [("national", True), ("own", False)])
def test_a_method_of_another_scheme_asks_for_a_crosswalk(scheme, fits):
    plan = load_scheme("national")
    plan = plan if fits else replace(plan, name="own")
    with pytest.raises(InputError) as caught:
        method_of("two-matrices", plan)
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("no-crosswalk", "[zones] method")
    shipped = "zhenjiang-2013_national"
    for lang in ("en", "zh"):
        assert f"{scheme}" in problem.what.get(lang)
        assert (shipped in problem.remedy.get(lang)) is fits


def test_a_scheme_that_nobody_knows_is_told_with_the_nearest():
    with pytest.raises(InputError) as caught:
        parse_method({**RULES, "scheme": "nationel"})
    told = [p.tell("en") for p in caught.value.problems]
    assert "method: no scheme 'nationel'. Try: did you mean national?" in told
    with pytest.raises(InputError) as caught:
        parse_method({**RULES, "scheme": "q"})
    assert "did you mean zhenjiang-2013, " in caught.value.problems[0].tell("en")


def test_a_method_that_is_not_there_is_told_with_the_nearest(tmp_path):
    with pytest.raises(InputError) as caught:
        load_method("two-matrixes")
    (problem,) = caught.value.problems
    assert (problem.code, problem.where) == ("no-method", "[zones] method")
    assert problem.remedy.en == "did you mean two-matrices? or give a path ending in .toml"
    with pytest.raises(InputError) as caught:
        load_method("q")
    assert "composite, cube, dominant, two-matrices" in caught.value.problems[0].remedy.zh
    # A file without a scheme speaks of the zones of the plan.
    (tmp_path / "m.toml").write_text('base = "two-matrices"\nscheme = "own"\n', "utf-8")
    own = replace(load_scheme("zhenjiang-2013"), name="own")
    assert load_method(tmp_path / "m.toml", own).scheme is own


def test_rules_are_told_by_the_method_and_their_name():
    method = parse_method(RULES)
    for read in (lambda: compile_rules(method, ("y",)),
                 lambda: indicator_names(method, pd.DataFrame({"y": [1]}))):  # fmt: skip
        with pytest.raises(InputError) as caught:
            read()
        assert [p.where for p in caught.value.problems] == ["m:rule r"]
    table = pd.DataFrame({"x": [1], "y": [1]})
    assert indicator_names(method, table) == ("x",)
    graded = changed(RULES, ("rule", 0, "when"), "a_grade == 'low' and x > 1 and a > 2")
    graded["dimension"] = {"a": dimension(term=[{"indicator": "y"}])}
    assert indicator_names(parse_method(graded), table) == ("y", "x")
    values = {"x": np.array([0.0, 2.0, np.nan])}
    said = decide(method, values)
    assert said.zone.tolist() == ["moderate", "key", ""]
    assert said.rule.tolist() == ["s", "r", "unknown:r"]


def test_the_smallest_change_crosses_edges_however_large_they_are():
    """Between two floats near 2e9 lies more than a step that is felt near 1."""
    table = pd.DataFrame({"area_m2": 1, "x": [1e9, 3e9], "y": 1.5}, index=["s", "t"])
    scale = {**TERM, "scale": "table", "at": [2e9], "scores": [0, 9]}
    by_table = parse_method(changed(SAYS, A, dimension(term=[scale])))
    by_rule = parse_method(changed(RULES, ("rule", 0, "when"), "x > 2000000000"))
    for method in (by_table, by_rule):
        out = classify_townships(table.assign(y=1e6), method)
        assert out["flip_indicator"].tolist() == ["x", "x"]
        assert out["flip_to"].tolist() == [2e9, 2e9]
        assert out["flip_from"].tolist() == [1e9, 3e9]


@pytest.mark.parametrize(("column", "values", "number", "span"), [
    ("x_share", [3.0, 9.0], 5.0, 1.0), ("x", [3.0, 9.0, np.nan], 5.0, 6.0),
    ("x", [3.0, 3.0], -5.0, 5.0), ("x", [np.nan], 15.0, 15.0), ("x", [], 0.0, 1.0),
    ("x", [4.0], 0.0, 1.0),
])  # fmt: skip
def test_changes_are_shares_of_the_range_of_a_column(column, values, number, span):
    assert span_of(column, np.array(values), number) == span
