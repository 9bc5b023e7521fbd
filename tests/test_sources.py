"""Sources of error: which a plan has, what is said of each, and what one draw of it does."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import worlds
from test_doubts import plan
from test_stability import towns

from zoning.planfile.doubt import ErrorsPart
from zoning.questions.stability.sources import Draw, other_methods, sources
from zoning.weights.scaling import Scale
from zoning.zones import load_method
from zoning.zones.classify import method_values

TWO = load_method("two-matrices")
OWN = ("choice of this software", "own")
#: Area of each township by class of the map: of the small county, and of a place without land.
LAND = {
    -1: [0, 500_000, 0, 0], 1: [4_000_000, 6_000_000, 3_000_000, 0], 7: [2_000_000, 0, 0, 0],
    9: [0, 0, 100_000, 0], 17: [0, 0, 2_500_000, 0],
}  # fmt: skip
TOTAL = np.array([6_000_000, 6_500_000, 5_600_000, 1_000_000])
CONFUSION = {"7": {"7": 8.0, "1": 2.0}, "1": {"1": 18.0, "7": 1.0, "99": 1.0}}


def rig(one, method=TWO, values=None):
    given = method_values(one.townships, method) if values is None else values
    return SimpleNamespace(plan=one, method=method, townships=one.townships, values=given)


def told(found):
    return [(s.kind, s.about.en, s.about.zh, s.source, s.evidence) for s in found]


FIXED = {
    "weights": ("times 1 ± 0.25", "乘以 1±0.25"),
    "cuts": ("by up to 7% of their span", "移动不超过量程的 7%"),
    "scale_ends": ("by up to 5% of the length of the scale", "移动不超过区间长度的 5%"),
    "cells": ("each cell beside another zone takes that zone with a chance of 10%",
              "与其他分区相邻的单元以 10% 的概率取邻格分区"),
}  # fmt: skip
INPUTS = (
    "red-line share, farmland share, mean slope, population density, GDP density, travel time to "
    "the centre, existing construction: standard error 10% assumed, not stated",
    "生态红线占比、耕地占比、平均坡度、人口密度、地均生产总值、到中心的时间、现状开发强度："
    "未声明，假定标准误差 10%",
)


def test_every_doubt_of_a_method_is_told_in_order():
    found, left = sources(rig(plan(12)), 0.25, 0.07)
    assert left == []
    assert told(found) == [*((k, *said, *OWN) for k, said in FIXED.items()),
                           ("inputs", *INPUTS, *OWN)]  # fmt: skip
    dominant = load_method("dominant")
    found, _ = sources(rig(plan(12, method="dominant"), dominant), 0.25, 0.07)
    assert [s.kind for s in found] == ["weights", "cuts", "scale_ends", "inputs"]
    assert told(found)[1][1:3] == ("by up to 7% of their span, numbers in rules among them",
                                   "移动不超过量程的 7%，含规则中的数值")  # fmt: skip
    cube = load_method("cube")
    assert [s.kind for s in sources(rig(plan(12, method="cube"), cube), 0.25, 0.07)[0]] == [
        *FIXED, "inputs"]  # fmt: skip


def test_a_doubt_is_there_where_something_of_its_kind_is():
    one = plan(12)

    def kinds(*dimensions, **more):
        return {s.kind for s in sources(
            rig(one, replace(TWO, dimensions=dimensions, **more)), 0.2, 0.05)[0]}  # fmt: skip

    alone = [replace(d, terms=d.terms[:1]) for d in TWO.dimensions]
    assert "weights" not in kinds(*alone)
    two = replace(TWO.dimensions[0], terms=TWO.dimensions[0].terms[:2])
    assert "weights" in kinds(two, *alone[1:])
    plain = [replace(d, terms=tuple(replace(t, scale=Scale("minmax")) for t in d.terms))
             for d in TWO.dimensions]  # fmt: skip
    assert "scale_ends" not in kinds(*plain) and "scale_ends" in kinds(*plain[1:], two)
    assert "cells" in kinds(*alone) and "cells" not in kinds(*alone, matrices=())
    assert "cells" in kinds(*alone, matrices=(), cube=load_method("cube").cube)


def test_a_draw_of_a_doubt_changes_what_it_names_and_nothing_else():
    one = rig(plan(12))
    start = Draw(TWO, one.values)
    assert not start.cuts
    for source in sources(one, 0.25, 0.07)[0]:
        moved = source.move(start, np.random.default_rng(3))
        assert moved.cuts == (source.kind == "cuts")
        assert (moved.values is one.values) == (source.kind != "inputs")
        assert (moved.method != TWO) == (source.kind in ("weights", "scale_ends", "cells"))
        weights, scales = ([[getattr(t, part) for t in d.terms] for d in moved.method.dimensions]
                           for part in ("weight", "scale"))  # fmt: skip
        assert (weights != [[t.weight for t in d.terms] for d in TWO.dimensions]) == (
            source.kind == "weights")  # fmt: skip
        assert (scales != [[t.scale for t in d.terms] for d in TWO.dimensions]) == (
            source.kind == "scale_ends")  # fmt: skip
        assert (moved.method.matrices != TWO.matrices) == (source.kind == "cells")


STATED = {
    "slope_deg": {"amount": 2.0, "source": "a", "evidence": "S"},
    "population": {"share": 0.3, "source": "b", "evidence": "S"},
    "gdp_density": {"years": 3.0, "growth": [0.1, 0.2], "common": True, "source": "a",
                    "evidence": "M-high"},
    "min_to_centre": {"share": 0.0, "source": "c", "evidence": "S"},
}  # fmt: skip


def test_stated_and_assumed_errors_are_told_apart_and_drawn_in_turn():
    one = rig(plan(12, columns=STATED, assumed=0.2))
    one.values["word"] = np.array(["x"] * len(one.townships), dtype=object)
    inputs = sources(one, 0.2, 0.05)[0][-1]
    assert told([inputs]) == [(
        "inputs",
        "mean slope, population density, GDP density, travel time to the centre: as stated; "
        "red-line share, farmland share, existing construction: standard error 20% assumed, not "
        "stated",
        "平均坡度、人口密度、地均生产总值、到中心的时间：按声明误差；生态红线占比、耕地占比、"
        "现状开发强度：未声明，假定标准误差 20%",
        "a; b; c; choice of this software", "S, M-high, own",
    )]  # fmt: skip
    found = inputs.move(Draw(TWO, one.values), np.random.default_rng(5)).values
    rng, n = np.random.default_rng(5), len(one.townships)

    def drawn(x, share=0.0, amount=0.0, years=0.0, growth=(0.0, 0.0), many=n):
        spread = np.log1p(share**2)
        factor = np.exp(rng.normal(-spread / 2, np.sqrt(spread), many))
        factor = factor * (1 + rng.uniform(*growth, many)) ** years
        return x * factor + rng.normal(0, 1, many) * amount

    how = {"slope_deg": {"amount": 2.0}, "population_density": {"share": 0.3},
           "gdp_density": {"years": 3.0, "growth": (0.1, 0.2), "many": 1},
           "min_to_centre": {}}  # fmt: skip
    for name, x in one.values.items():
        if name == "word":
            assert found[name] is x
            continue
        by_hand = drawn(x, **how.get(name, {"share": 0.2}))
        if name.endswith("_share"):
            by_hand = np.clip(by_hand, 0, 1)
        assert found[name] == pytest.approx(by_hand), name


def county(**errors):
    """The small county with land that nobody classed, a class of no table, an empty township."""
    rows = [(use, str(town), m2) for use, land in LAND.items()
            for town, m2 in zip("ABCX", land, strict=True) if m2]  # fmt: skip
    base = worlds.plan()
    config = base.config.model_copy(update={"errors": ErrorsPart.model_validate(errors)})
    townships = pd.DataFrame({"area_m2": TOTAL}, index=list("ABCX"))
    one = SimpleNamespace(
        name="p", config=config, run=base.run, townships=townships,
        ledger=pd.DataFrame(rows, columns=["landuse", "township", "area_m2"]),
    )  # fmt: skip
    values = {name: np.full(4, 0.5) for name in (*method_values(towns(2, 1), TWO), "water_share")}
    values["built_share"][1] = np.nan
    return rig(one, values=values)


def test_the_land_use_map_is_drawn_from_its_samples():
    one = county(landuse={"confusion": CONFUSION, "source": "check of 2024", "evidence": "S"})
    found, left = sources(one, 0.2, 0.05)
    assert left == [] and [s.kind for s in found][-2:] == ["inputs", "landuse"]
    assert told(found)[-1][1:] == (
        "2 classes by 30 samples, alike in all townships; taken as mapped: 9, 17",
        "2 类、30 个样本，各乡镇相同；按图取值：9、17", "check of 2024", "S",
    )  # fmt: skip
    # What is drawn with the map is not drawn as a value too.
    assert told(found)[-2][1] == (
        "red-line share, mean slope, population density, GDP density, travel time to the centre: "
        "standard error 10% assumed, not stated"
    )
    moved = found[-1].move(Draw(TWO, one.values), np.random.default_rng(4)).values
    rng = np.random.default_rng(4)
    rng.dirichlet([1.0])
    arable = dict(zip(("1", "7", "99"), rng.dirichlet([18, 1, 1]), strict=True))
    built = dict(zip(("7", "1"), rng.dirichlet([8, 2]), strict=True))
    land = {use: np.array(row) for use, row in LAND.items()}
    by_hand = {
        "built_share": (land[1] * arable["7"] + land[7] * built["7"] + land[9]) / TOTAL,
        "farmland_share": (land[1] * arable["1"] + land[7] * built["1"]) / TOTAL,
        "water_share": land[17] / TOTAL,
    }
    by_hand["built_share"][1] = np.nan  # what the run does not know stays unknown
    for name, x in one.values.items():
        expected = by_hand.get(name, x)
        assert moved[name] == pytest.approx(expected, nan_ok=True, abs=1e-12), name
    one.townships["area_m2"] = TOTAL // 10
    moved = sources(one, 0.2, 0.05)[0][-1].move(Draw(TWO, one.values), np.random.default_rng(4))
    assert moved.values["farmland_share"][:3].tolist() == [1.0, 1.0, 1.0]


def test_of_classes_that_are_nowhere_there_is_no_land():
    one = county(landuse={"confusion": {"7": {"7": 5.0}}})
    one.plan.ledger = one.plan.ledger[one.plan.ledger["landuse"] == 7]
    land = sources(one, 0.2, 0.05)[0][-1]
    assert land.about.en == "1 classes by 5 samples, alike in all townships"
    assert land.about.zh == "1 类、5 个样本，各乡镇相同"
    moved = land.move(Draw(TWO, one.values), np.random.default_rng(1)).values
    assert moved["farmland_share"].tolist() == moved["water_share"].tolist() == [0.0] * 4
    assert moved["built_share"][0] == pytest.approx(1 / 3)


LACKS = ("the land-use map: [errors.landuse] states no confusion matrix",
         "土地利用分类：未提供精度评价（混淆矩阵）")  # fmt: skip


def test_a_map_without_samples_is_told_and_its_shares_are_assumed():
    for errors in ({}, {"landuse": {"confusion": "table.csv"}}):
        one = county(**errors)
        found, left = sources(one, 0.2, 0.05)
        assert [(t.en, t.zh) for t in left] == [LACKS]
        assert [s.kind for s in found][-1] == "inputs"
    assert "farmland share, " in sources(county(), 0.2, 0.05)[0][-1].about.en
    stated = {"landuse": {"confusion": CONFUSION},
              "columns": {"built_share": {"share": 0.1, "source": "x"}}}  # fmt: skip
    both = sources(county(**stated), 0.2, 0.05)[0][-2:]
    assert both[0].about.en.startswith("existing construction: as stated; red-line share, mean")


@pytest.mark.parametrize("given", ["given_built_m2", "given_built_share", "given_area_m2", None])
def test_shares_that_the_planner_gives_are_not_those_of_the_map(given):
    one = county(landuse={"confusion": CONFUSION})
    if given is None:
        one.plan.ledger = one.plan.ledger.drop(columns="landuse")
    else:
        one.townships[given] = 1
    if given is None or given == "given_area_m2":
        found, left = sources(one, 0.2, 0.05)
        assert [s.kind for s in found][-1] == "inputs" and left == []
        assert found[-1].about.en.count(",") == 8  # all eight and "not stated"
        return
    found, _ = sources(one, 0.2, 0.05)
    assert "existing construction" in found[-2].about.en
    assert "farmland share" not in found[-2].about.en
    moved = found[-1].move(Draw(TWO, one.values), np.random.default_rng(1)).values
    assert moved["built_share"] is one.values["built_share"]


def test_other_methods_are_those_that_are_compared_or_all_that_can_be_fitted():
    one = plan(12)
    found, left = other_methods(one, rig(one))
    assert [m.name for m, _ in found] == ["composite", "cube", "dominant"] and left == []
    for method, values in found:
        by_hand = method_values(one.townships, method)
        assert values.keys() == by_hand.keys()
        assert all(np.array_equal(values[k], by_hand[k]) for k in values)
    zones = one.config.zones.model_copy(update={"compare": ("two-matrices", "no-such", "cube")})
    one.config = one.config.model_copy(update={"zones": zones})
    found, left = other_methods(one, rig(one))
    assert [m.name for m, _ in found] == ["cube"]
    (lacks,) = left
    assert lacks.en.startswith("method no-such: ") and lacks.zh.startswith("方法 no-such：")


@pytest.mark.parametrize(
    ("lacking", "left_over", "told_"),
    [
        # Zones that cannot be fitted, numbers of rules without their column.
        ("farmland_share", ["cube"], [("composite", "fewer than 5 "), ("dominant", "column 1 of")]),
        ("slope_deg", ["dominant"], [("composite", "no column"), ("cube", "no column")]),
    ],
)
def test_methods_that_the_townships_do_not_allow_are_told(lacking, left_over, told_):
    one = plan(12)
    few = one.townships.drop(columns=lacking)
    found, left = other_methods(one, SimpleNamespace(townships=few, method=TWO))
    assert [m.name for m, _ in found] == left_over
    for (name, why), text in zip(told_, left, strict=True):
        method = load_method(name)
        assert text.en.startswith(f"{method.en}: ") and why in text.en
        assert text.zh.startswith(f"{method.zh}：")
