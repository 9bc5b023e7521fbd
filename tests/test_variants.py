"""Plans with more land on arrays: the same model as that of the tables, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from test_prices import RULES, town
from worlds_allocation import pieces_of

from zoning.allocation import allocate
from zoning.allocation.model import QUANTUM, make_model
from zoning.capacity import Limit, Lock
from zoning.questions import variants as module
from zoning.questions.prices import release
from zoning.questions.variants import Variants, variants_of

PARTS = pd.DataFrame({
    "rule_code": ["R2", "R1", "R1", "R1"], "piece": ["a|t", "a|t", "c|t", "b|t"],
    "released_m2": [5, 7, 20, 0], "suitability": [0.4, np.nan, 1.0, 0.5],
    "township_zone": pd.array([None, None, "key", None], dtype="string"),
})  # fmt: skip


def made(pieces=None, limits=RULES):
    pieces = town() if pieces is None else pieces
    return Variants(pieces, limits, allocate(pieces, limits))


def with_rows(one, parts):
    return parts.assign(row=one.rows(parts["piece"]))


def same_as_table(one, pieces, parts, limits):
    """Hold the model on arrays against that of the table with one row more for each part."""
    model, columns, added = one._changed(with_rows(one, parts))
    table = release(pieces, parts)
    other = make_model(table, limits)
    for name in ("least", "room", "worth"):
        assert getattr(model, name).tolist() == getattr(other, name).tolist(), name
    assert one.model.units[model.unit].tolist() == other.units[other.unit].tolist()
    assert added.tolist() == ["#" in str(code) for code in other.codes]
    assert len(model.codes) == len(other.codes)
    for name, column in columns.items():
        words = table[name].iloc[other.order]
        assert pd.Series(column).astype(object).fillna("").tolist() == words.fillna("").tolist()


@pytest.mark.parametrize("seed", range(4))
def test_released_land_makes_the_model_of_its_table(seed):
    rng = np.random.default_rng(seed)
    pieces = pieces_of(seed, side=5)
    pieces.loc[rng.choice(pieces.index, 3, replace=False), "suitability"] = np.nan
    pieces.loc[rng.choice(pieces.index, 3, replace=False), "zone"] = pd.NA
    pieces = pieces.sample(frac=1, random_state=seed)  # rows in no order
    limits = [Limit("city", "city", cap_m2=int(pieces["free_m2"].sum() // 3)),
              Limit("zone", "balance", cap_m2=0), Limit("county", "x", cap_m2=10**9)]  # fmt: skip
    one = made(pieces, limits)
    parts = pd.DataFrame({
        "rule_code": rng.choice(["R2", "R1", "R10"], 12), "piece": rng.choice(pieces.index, 12),
        "released_m2": rng.choice([0, 1, 500, 90_000], 12),
        "suitability": rng.choice([0.25, 0.875, np.nan], 12),
    }).drop_duplicates(["rule_code", "piece"])  # fmt: skip
    same_as_table(one, pieces, parts, limits)
    turned = pieces["zone"].reindex(parts["piece"]).eq("balance").fillna(False).to_numpy(bool)
    zones = pd.Series(np.where(turned, "key", None), parts.index, dtype="string")
    same_as_table(one, pieces, parts.assign(township_zone=zones), limits)
    assert one.base.tolist() == allocate(pieces, limits).new_m2[one.model.codes].tolist()


def test_what_is_gained_with_more_land_by_hand(monkeypatch):
    """As in the prices: without R1 unit c turns key, and fills the quota of 50 with b's 10."""
    one = made()
    assert one.proved and one.worth == 37 * QUANTUM
    assert one.base.tolist() == [40, 10, 0]
    gain, moves = one.without(with_rows(one, PARTS))
    # 20 at 1.0 and 30 at 0.9 in c.
    assert gain == pytest.approx(10.0) and moves.series().to_dict() == {
        "a|t": -40, "b|t": -10, "c|t": 50}  # fmt: skip
    gain, moves = one.without(with_rows(one, PARTS[:1]))
    assert gain == 0.0 and moves.moved_m2 == 0 and moves.series().empty
    # Of as much worth nothing is moved, nor solved.
    monkeypatch.setattr(module, "without_boundary", lambda *_: pytest.fail("solved"))
    alike = PARTS[:1].assign(suitability=0.5, piece="b|t")
    gain, moves = one.without(with_rows(one, alike))
    assert gain == 0.0 and moves.series().empty


def test_land_of_several_parts_comes_to_its_pieces():
    """With the city's cap of 60 alone c is built, and 30 of a: 51. The parts are worth more."""
    one = made(limits=RULES[:1])
    parts = pd.DataFrame({
        "rule_code": ["R1", "R2", "R1"], "piece": ["a|t", "a|t", "b|t"], "released_m2": 5,
        "suitability": [0.95, 0.94, 0.99],
    })  # fmt: skip
    gain, moves = one.without(with_rows(one, parts))
    assert gain == pytest.approx(5 * (0.95 + 0.94 + 0.99) - 15 * 0.8)
    assert moves.series().to_dict() == {"a|t": -5, "b|t": 5}


def test_what_no_prices_prove_is_left_to_the_tables(monkeypatch):
    one = made()
    parts = with_rows(one, PARTS)
    assert one.without(parts) is not None
    solve = module.without_boundary

    def other(**changes):
        def solved(*given):
            answer = solve(*given)
            return SimpleNamespace(**{"method": answer.method, "new": answer.new,
                                      "prices": answer.prices, **changes})  # fmt: skip

        return solved

    for found in (lambda *_: None, other(method="lp"), other(prices=None), other(prices={0: 9.0})):
        monkeypatch.setattr(module, "without_boundary", found)
        assert one.without(parts) is None
    monkeypatch.setattr(module, "without_boundary", other())
    assert one.without(parts) is not None


def test_land_of_no_piece_and_zones_of_no_unit_need_the_tables():
    one = made()
    assert one.without(with_rows(one, PARTS.assign(piece=["a|t", "?", "c|t", "b|t"]))) is None
    strange = PARTS.assign(township_zone=pd.array([None, None, "moderate", None], "string"))
    assert one.without(with_rows(one, strange)) is None
    both = PARTS.assign(township_zone=pd.array([None, "key", "moderate", None], "string"))
    assert one.without(with_rows(one, both)) is None
    # The first zone, the first piece are as good as any.
    first = pd.DataFrame({"rule_code": ["R"], "piece": ["a|t"], "released_m2": [5],
                          "suitability": [0.9], "township_zone": ["balance"]})  # fmt: skip
    same_as_table(one, town(), first, RULES)
    assert one.without(with_rows(one, first)) is not None
    # Where no limit asks for zones none is turned.
    plain = made(limits=RULES[:1])
    assert "zone" not in plain.columns
    same_as_table(plain, town(), strange, RULES[:1])


def test_prices_of_limits_stand_on_the_land_that_they_count():
    limits = [*RULES, Limit("township", "t", floor_m2=3), Limit("county", "?", cap_m2=1)]
    one = Variants(town(), limits, allocate(town(), RULES))
    assert sorted(one.columns) == ["county", "township", "zone"]
    found = one._prices(one.columns, {0: 5, 1: 7, 3: -2, 4: 100}, 3)
    assert found.tolist() == [12, 12, 3]
    first = one._prices(one.columns, {2: 11}, 3)  # balance is the first of the zones
    assert first.tolist() == [0, 0, 11]
    worth, price = np.array([8, 5, 4]), np.array([7, 7, 4])
    least, room = np.array([1, 2, 3]), np.array([10, 20, 30])
    # Caps and floors at their prices, and what is worth more than it costs is built in full.
    assert one._bound(worth, least, room, price, {0: 1, 3: -2}) == (
        1 * 60 - 2 * 3 + 1 * 10 - 2 * 2 + 0)  # fmt: skip
    assert one._bound(worth, least, room, price, {2: 8}) == 10 - 4


def test_a_bound_above_the_worth_is_no_proof():
    pieces = town()
    base = allocate(pieces, RULES)
    free = base.limits.assign(price=0.0)
    assert not Variants(pieces, RULES, replace(base, limits=free)).proved
    assert variants_of(pieces, RULES, (), replace(base, limits=free), {}) is None
    # A limit whose price nobody knows has none.
    assert base.limits["price"].iloc[0] == 0
    unknown = base.limits.assign(price=base.limits["price"].astype("Float64").replace(0.0, pd.NA))
    assert Variants(pieces, RULES, replace(base, limits=unknown)).proved


def test_only_plain_plans_have_variants():
    pieces, base = town(), allocate(town(), RULES)
    assert base.method == "nested"

    def there(pieces=pieces, limits=RULES, locks=(), base=base, **how):
        return variants_of(pieces, limits, locks, base, how) is not None

    assert there() and there(edges=pd.DataFrame()) and there(gap=0.0, edges=None)
    assert not there(gap=0.1) and not there(gap=0.1, core_share=0.0)
    assert not there(locks=(Lock("L", "out", ("a",)),))
    assert not there(base=replace(base, method="lp"))
    assert not there(base=replace(base, stages=())) and not there(base=replace(base, edges=0))
    assert not there(pieces.assign(worth=0.5)) and not there(pieces.assign(bundle=pd.NA))
    counted = pieces.assign(heavy=1)
    assert not there(counted, [*RULES, Limit("limit", "x", cap_m2=9**9, coefficient="heavy")])
