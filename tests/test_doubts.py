"""Sources of error one by one: what is drawn, that it is refitted, and a second way for each."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zoning as zn
from tests import worlds
from tests.test_stability import plan_of, towns
from zoning.errors import InputError
from zoning.inputs.confusion import read_confusion
from zoning.planfile.doubt import ColumnError, ErrorsPart
from zoning.planfile.models import Config
from zoning.questions.stability import doubts, perturb, run
from zoning.questions.stability.screening import screen
from zoning.weights.scaling import Scale
from zoning.zones import classify_townships, load_method, method_names
from zoning.zones.classify import method_values
from zoning.zones.decide import decide


def plan(
    n: int = 24, seed: int = 5, method: str = "two-matrices", **errors: object
) -> SimpleNamespace:
    found = plan_of(towns(n, seed).dropna(), method=method)
    part = ErrorsPart.model_validate(errors)
    found.config = found.config.model_copy(update={"errors": part})
    found.ledger = pd.DataFrame()
    found.units = found.units[found.units["zone"].notna()]  # unknown land is never firm
    return found


def row(found: object, kind: str) -> pd.Series:
    table = found.table.set_index("kind")
    return table.loc[kind]


# --- what is drawn


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(method_names()))
def test_a_cell_only_becomes_what_stands_beside_it(seed: int, name: str) -> None:
    method = load_method(name)
    if not method.matrices and method.cube is None:
        assert perturb.cells(method, np.random.default_rng(seed), 1.0) is method
        return

    def grid(m) -> np.ndarray:
        cells = m.cube.cells if m.cube is not None else m.matrices[-1].cells
        return np.array([cells[k] for k in cells], dtype=object)

    before = grid(method)
    assert (grid(perturb.cells(method, np.random.default_rng(seed), 0.0)) == before).all()
    after = grid(perturb.cells(method, np.random.default_rng(seed), 1.0))
    for at in np.ndindex(before.shape):
        near = {
            before[tuple(np.add(at, step * np.eye(before.ndim, dtype=int)[k]))]
            for k in range(before.ndim) for step in (-1, 1)
            if 0 <= at[k] + step < before.shape[k]
        } - {before[at]}  # fmt: skip
        assert after[at] in near if near else after[at] == before[at]


def test_errors_of_columns_have_the_stated_size() -> None:
    rng = np.random.default_rng(1)
    x = np.full(200_000, 50.0)
    relative = perturb.column(x, rng, share=0.2)
    assert relative.mean() == pytest.approx(50, rel=0.005)
    assert relative.std() == pytest.approx(10, rel=0.02)
    assert perturb.column(x, rng, amount=3).std() == pytest.approx(3, rel=0.02)
    aged = perturb.column(x, rng, years=5, growth=(-0.02, 0.03))
    assert aged.min() >= 50 * 0.98**5 - 1e-9 and aged.max() <= 50 * 1.03**5 + 1e-9
    assert aged.min() == pytest.approx(50 * 0.98**5, rel=1e-3)
    alike = perturb.column(np.array([1.0, 2.0, 4.0]), rng, share=0.5, common=True)
    assert alike / alike[0] == pytest.approx([1, 2, 4])
    alone = perturb.column(np.array([1.0, 1.0]), rng, share=0.5)
    assert alone[0] != alone[1]


def test_scales_move_by_shares_of_their_length_and_those_of_the_data_stand() -> None:
    method = load_method("two-matrices")
    rng = np.random.default_rng(3)
    for _ in range(200):
        moved = perturb.scale_ends(method, rng, 0.05)
        for d, e in zip(method.dimensions, moved.dimensions, strict=True):
            for t, u in zip(d.terms, e.terms, strict=True):
                if t.scale.kind == "linear":
                    reach = abs(t.scale.high - t.scale.low)
                    assert abs(u.scale.low - t.scale.low) <= 0.05 * reach + 1e-9
                    assert abs(u.scale.high - t.scale.high) <= 0.05 * reach + 1e-9
                elif t.scale.kind == "log":
                    reach = np.log(t.scale.high / t.scale.low)
                    assert abs(np.log(u.scale.low / t.scale.low)) <= 0.05 * reach + 1e-9
                elif t.scale.kind == "table":
                    reach = max(t.scale.at) - min(t.scale.at)
                    assert np.abs(np.subtract(u.scale.at, t.scale.at)).max() <= 0.05 * reach + 1e-9
                else:
                    assert u.scale == t.scale


def test_steps_of_a_scale_stay_in_order() -> None:
    """Edges that lie close together cross when they are moved; a scale of steps must not."""
    method = load_method("two-matrices")
    d = method.dimension("guidance")
    scale = Scale("table", at=(0.0, 99.0, 100.0), scores=(0.0, 1.0, 2.0, 3.0))
    close = replace(d, terms=(replace(d.terms[0], scale=scale),))
    rng = np.random.default_rng(1)
    for _ in range(50):
        at = perturb.scale_ends(replace(method, dimensions=(close,)), rng, 0.05)
        edges = at.dimensions[0].terms[0].scale.at
        assert list(edges) == sorted(edges)


def test_a_confusion_matrix_gives_its_shares_and_loses_no_land() -> None:
    area = np.array([[100.0, 0.0], [50.0, 80.0], [10.0, 10.0]])
    confusion = {"7": {"7": 80, "1": 20}, "1": {"1": 190, "7": 10}}
    rng = np.random.default_rng(2)
    built = []
    for _ in range(4000):
        found = perturb.ground(area, ("7", "1", "17"), confusion, rng)
        total = sum(found.values())
        assert total == pytest.approx([160, 90])
        assert found["17"].tolist() == [10, 10]  # nothing is said of water: as mapped
        built.append(found["7"])
    mean, sd = np.mean(built, axis=0), np.std(built, axis=0)
    assert mean == pytest.approx([100 * 0.8 + 50 * 0.05, 80 * 0.05], rel=0.02)
    # The spread of a share of 0.8 by 100 samples and of 0.05 by 200.
    alone = np.hypot(100 * np.sqrt(0.8 * 0.2 / 101), 50 * np.sqrt(0.05 * 0.95 / 201))
    assert sd[0] == pytest.approx(alone, rel=0.06)


# --- what comes of it


def test_where_nothing_is_drawn_everything_is_kept() -> None:
    still = plan(assumed=0.0)
    found = doubts(still, draws=3, weights=0.0, cuts=0.0, overlays=0.0)
    for kind in ("weights", "cuts", "inputs", "overlays"):
        assert row(found, kind)[["firm_share", "kept_share"]].tolist() == [1.0, 1.0], kind
    # Ends of scales and cells are drawn all the same.
    assert row(found, "together")["kept_share"] < 1


@pytest.mark.parametrize(
    ("kind", "method"),
    [(k, "two-matrices") for k in ("weights", "cuts", "overlays")] + [("cuts", "dominant")],
)
def test_one_doubt_is_that_of_the_quick_way(kind: str, method: str) -> None:
    """Cuts of these methods are fixed: fitting anew changes nothing but the numbers drawn.

    Those of ordered rules stand in the rules, and are drawn as well.
    """
    widths = {"weights": 0.0, "cuts": 0.0, "overlays": 0.0}
    widths[kind] = {"weights": 0.9, "cuts": 0.15, "overlays": 0.3}[kind]
    one = plan(24, method=method)
    slow = row(doubts(one, draws=150, **widths), kind)
    fast = run(one, draws=4000, **widths)
    area = one.units["area_m2"].to_numpy(float)
    kept = fast.units["stability"].to_numpy(float, na_value=0.0)
    assert slow["kept_share"] == pytest.approx((area * kept).sum() / area.sum(), abs=0.035)
    assert 0.5 < slow["kept_share"] < 0.999


def test_numbers_in_rules_are_screened_and_told() -> None:
    """They are the cuts of a method of rules: what moves zones is never said to move nothing."""
    one = plan(24, method="dominant")
    found = screen(one, trajectories=12, weights=0.0, inputs=0.0, cuts=0.15).table
    table = found.set_index("factor")
    inside = table[table.index.str.startswith("cut rule.")]
    assert {"cut rule.ecology.1", "cut rule.built-up.1", "cut rule.farmland.1"} == set(inside.index)
    assert inside.loc["cut rule.farmland.1", "en"] == (
        "the number 0.75 of farmland share in rule farmland"
    )
    method = load_method("dominant")
    values = method_values(one.townships, method)
    for rule in ("ecology", "built-up", "farmland"):
        # One number alone from end to end of its range, by hand in the text of the rule.
        moved = set()
        for side in (-0.15, 0.15):
            line = next(r for r in method.rules if r.id == rule)
            old = re.search(r"[0-9.]+", line.when)[0]
            new = replace(line, when=line.when.replace(old, str(float(old) + side)))
            rules = tuple(new if r.id == rule else r for r in method.rules)
            zone = decide(replace(method, rules=rules), values).zone
            moved.add(tuple(zone))
        assert (len(moved) > 1) == (inside.loc[f"cut rule.{rule}.1", "effect"] > 0), rule
    still = screen(one, trajectories=3, weights=0.0, inputs=0.0, cuts=0.0)
    assert still.tell() == "Nothing changes any zone within these ranges."


def test_the_choice_of_method_is_the_share_of_methods_that_agree() -> None:
    one = plan(30)
    found = row(doubts(one, draws=1), "method")
    table = one.townships[[c for c in towns(2, 0).columns if c != "name"]]
    said = pd.DataFrame({m: classify_townships(table, load_method(m))["zone"] for m in
                         method_names()})  # fmt: skip
    assert found["draws"] == len(method_names())
    agree = said.eq(said["two-matrices"], axis=0).mean(axis=1)
    units = one.units
    share = units["township"].map(agree).astype(float)
    share[units["zone_reason"] == "overlay"] = 1.0
    area = units["area_m2"].to_numpy(float)
    assert found["kept_share"] == pytest.approx(float((share * area).sum() / area.sum()), abs=1e-6)


def test_stated_errors_are_drawn_and_assumed_ones_are_called_so() -> None:
    none = doubts(plan(), draws=40)
    told = row(none, "inputs")
    assert "assumed, not stated" in told["about_en"] and "未声明" in told["about_zh"]
    assert told["evidence"] == "own"
    names = method_values(plan().townships, load_method("two-matrices"))
    exact = {n: {"share": 0.0, "source": "survey 2024", "evidence": "S"} for n in names}
    sure = row(doubts(plan(columns=exact), draws=40), "inputs")
    assert sure["kept_share"] == 1.0 and sure["source"] == "survey 2024"
    assert "assumed" not in sure["about_en"] and sure["evidence"] == "S"
    # An error of the people counted is one of their density.
    people = {**exact, "population_density": {"share": 0.9, "source": "x", "evidence": "S"}}
    by_part = {**people}
    by_part["population"] = by_part.pop("population_density")
    one, two = (row(doubts(plan(columns=c), draws=40), "inputs") for c in (people, by_part))
    assert one["kept_share"] == two["kept_share"] < 1


def test_firm_is_nine_draws_of_ten() -> None:
    """The share that is firm counts units kept in nine draws of ten, kept_share counts all."""
    found = doubts(plan(30), draws=40, weights=0.9, cuts=0.3, overlays=0.4)
    one = run(plan(30), draws=3000, weights=0.0, cuts=0.3, overlays=0.0)
    kept = one.units["stability"].to_numpy(float, na_value=0.0)
    area = one.units["area_m2"].to_numpy(float)
    clear = np.abs(kept - 0.9) > 0.08  # what a few draws cannot decide is left open
    sure = float((area * (kept >= 0.9) * clear).sum() / area.sum())
    told = row(found, "cuts")["firm_share"]
    assert sure - 1e-6 <= told <= sure + float((area * ~clear).sum() / area.sum()) + 1e-6
    assert told < row(found, "cuts")["kept_share"] < 1


def test_drawn_shares_stay_shares() -> None:
    from zoning.questions.stability.sources import Draw, sources

    one = plan(20, assumed=0.9)
    method = load_method("two-matrices")
    rig = SimpleNamespace(
        plan=one, method=method, townships=one.townships,
        values=method_values(one.townships, method),
    )  # fmt: skip
    rig.values["built_share"] = np.full(len(one.townships), 0.95)
    move = next(s for s in sources(rig, 0.2, 0.05)[0] if s.kind == "inputs").move
    moved = move(Draw(method, rig.values), np.random.default_rng(1)).values
    for name, values in moved.items():
        assert not name.endswith("_share") or ((values >= 0) & (values <= 1)).all(), name
    assert (moved["built_share"] == 1.0).any() and (moved["built_share"] < 0.9).any()


def test_one_dimension_with_grades_is_enough_for_a_doubt_of_their_limits() -> None:
    from zoning.questions.stability.sources import sources

    one, method = plan(20, assumed=0.9), load_method("two-matrices")
    values = method_values(one.townships, method)
    bare = replace(method.dimensions[0], cuts=(), breaks=False)
    assert all(d.cuts or d.breaks for d in method.dimensions)
    for dimensions, told in (
        ((bare, *method.dimensions[1:]), True),
        (tuple(replace(d, cuts=(), breaks=False) for d in method.dimensions), False),
    ):
        rig = SimpleNamespace(
            plan=one, method=replace(method, dimensions=dimensions), townships=one.townships,
            values=values,
        )  # fmt: skip
        assert ("cuts" in {s.kind for s in sources(rig, 0.2, 0.05)[0]}) is told


def test_same_seed_same_table_and_every_doubt_has_its_own_stream() -> None:
    one, two = doubts(plan(), draws=20), doubts(plan(), draws=20)
    pd.testing.assert_frame_equal(one.table, two.table)
    other = doubts(plan(), draws=20, seed=1)
    assert not other.table["kept_share"].equals(one.table["kept_share"])
    wide = doubts(plan(), draws=20, weights=0.9)
    assert row(wide, "cells")["kept_share"] == row(one, "cells")["kept_share"]
    assert "随机" in one.tell("zh") or "种子" in one.tell("zh")
    for lang in ("en", "zh"):
        assert str(one.seed) in one.tell(lang)


def test_breaks_and_weights_of_the_data_are_fitted_in_every_draw() -> None:
    """Natural breaks move with the values: scaling a whole column changes no zone."""
    one = plan(30)
    one.config = Config.model_validate(
        {
            "zones": {"method": {
                "base": "two-matrices", "name": "b",
                "dimension": {"guidance": {"cuts": "breaks", "source": "x", "evidence": "own",
                    "term": [{"indicator": "min_to_centre", "weight": 1, "scale": "minmax"}]}},
            }},
            "errors": {"assumed": 0.0, "columns": {
                "min_to_centre": {"share": 0.5, "common": True, "source": "x", "evidence": "S"}}},
        }
    )  # fmt: skip
    classed = classify_townships(one.townships[list(towns(2, 0).columns)], _method(one))
    for column in classed:
        one.townships[column] = classed[column]
    assert row(doubts(one, draws=30), "inputs")["kept_share"] == 1.0


def _method(one: SimpleNamespace):
    from zoning.pipeline.ready import load_method as of_plan

    return of_plan(one.config)


# --- files


def test_errors_of_a_column_are_strict() -> None:
    with pytest.raises(ValueError, match="share"):
        ColumnError(share=1.5)


@pytest.mark.slow
def test_a_confusion_matrix_travels_with_the_plan(tmp_path) -> None:
    folder = tmp_path / "规划"
    folder.mkdir()
    path = worlds.write(
        folder,
        extra="""
[errors.landuse]
confusion = "混淆矩阵.csv"
source = "accuracy assessment, 2024"
evidence = "S"
[errors.columns.population]
years = 5
growth = [-0.02, 0.02]
source = "census of 2020"
evidence = "S"
""",
    )
    text = "class,1,7,17\n1,190,10,0\n7,30,70,\n17,1,0,99\n"
    (folder / "混淆矩阵.csv").write_text(text, encoding="utf-8-sig")
    zn.run(path).save(tmp_path / "out")
    (folder / "混淆矩阵.csv").unlink()
    found = zn.api.stability(tmp_path / "out", draws=20, doubts=20)
    told = found.doubts.table.set_index("kind")
    assert told.loc["landuse", "source"] == "accuracy assessment, 2024"
    assert "400 samples" in told.loc["landuse", "about_en"]
    assert "census of 2020" in told.loc["inputs", "source"]
    assert not [t for t in found.doubts.left_out if "land-use" in t.en]
    # Township A: a third is mapped as built; 70 of 100 are, and 10 of 200 of its fields.
    built = 4 / 12 * 0.7 + 8 / 12 * 0.05
    assert found.plan.townships["built_share"].iloc[0] == pytest.approx(1 / 3)
    assert built < 0.30 < 1 / 3  # so it is not above the cut of 30 % any more
    assert told.loc["landuse", "kept_share"] < 1
    saved = zn.load(tmp_path / "out").config.errors.landuse.confusion
    assert saved["7"] == {"1": 30.0, "7": 70.0}


def test_what_is_wrong_with_a_confusion_matrix_is_told_at_once(tmp_path) -> None:
    (tmp_path / "c.csv").write_text("class,1,wood\n1,-3,2\n7,x,\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_confusion(tmp_path / "c.csv", "c.csv")
    told = "\n".join(p.tell("en") for p in error.value.problems)
    assert "wood" in told and "-3" in told and "nan" in told.lower() and "no sample" in told
    with pytest.raises(InputError, match="absent"):
        read_confusion(tmp_path / "absent.csv", "c.csv")


def test_draws_of_another_method_are_settled_by_its_own_table() -> None:
    """Contiguity reads margins off the table of the draw, not off that of the plan."""
    from zoning.questions.stability.settled import Settled
    from zoning.zones.scoring import fit
    from zoning.zones.table import grade_table

    one = plan(12)
    values = method_values(one.townships, load_method("two-matrices"))
    own = fit(load_method("two-matrices"), values)
    settled = Settled(one, own, np.zeros(len(one.townships), dtype=bool))
    other = perturb.cells(own, np.random.default_rng(3), 1.0)
    table = grade_table(other)
    moved = settled.under(other, table)
    assert moved.table is table and moved.method is other
    assert settled.method is own and (settled.table.zone != table.zone).any()
    assert moved.fixed is settled.fixed
