"""The ladder of caps: every step is the answer to a question, and the page carries just that."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import payload

import zoning as zn
from zoning import api
from zoning.errors import InputError
from zoning.outputs import webmap
from zoning.outputs.webmap.ladder import changes, pack
from zoning.outputs.webmap.payload import units_in_order
from zoning.questions import ladder as room
from zoning.questions.ladder import caps_of, ladder, price_of


@pytest.fixture(scope="module")
def plan():
    return worlds.plan()


@pytest.fixture(scope="module")
def steps(plan):
    return ladder(plan)


def test_a_ladder_says_itself_without_its_land(steps):
    assert "array" not in repr(steps) and "Index" not in repr(steps)


def unpack(text: str, places: int, count: int) -> np.ndarray:
    """Read the changes a second time, by other means than the page."""
    raw = iter(zlib.decompress(base64.b64decode(text)))

    def number():
        value, scale = 0, 1
        for byte in raw:
            value += (byte & 127) * scale
            if byte < 128:
                return value
            scale *= 128
        raise AssertionError("the stream ends early")

    table = np.zeros((count, places), dtype=np.int64)
    for k in range(count):
        if k:
            table[k] = table[k - 1]
        at = 0
        for _ in range(number()):
            at += number()
            z = number()
            table[k, at] += -(z + 1) // 2 if z % 2 else z // 2
    assert next(raw, None) is None
    return table


@pytest.mark.slow
def test_every_step_is_what_allocate_answers(plan, steps):
    assert len(steps.steps) == room.STEPS
    for k in sorted({0, 1, 7, steps.own, 23, 39, 40}):
        share = steps.steps[k].cap_share
        asked = zn.allocate(plan, cap=share)
        told = asked.pieces["new_m2"].reindex(steps.pieces).to_numpy()
        assert (steps.new_m2[k] == told).all(), share
        facts = steps.steps[k]
        assert facts.new_m2 == int(told.sum())
        assert facts.cap_m2 == asked.run["construction"]["cap_m2"]
        assert facts.headroom_m2 == asked.run["construction"]["headroom_m2"]
        assert facts.grade == asked.run["allocation"]["certificate"]["grade"]
        assert facts.gap == asked.run["allocation"]["gap"]


def test_the_plan_itself_is_a_step(plan, steps):
    own = steps.steps[steps.own]
    assert own.cap_share == plan.config.cap.share
    assert (steps.new_m2[steps.own] == plan.pieces["new_m2"].reindex(steps.pieces)).all()


def test_new_land_grows_from_nothing(steps):
    total = steps.new_m2.sum(axis=1)
    assert total[0] <= total[-1] and (np.diff(total) >= 0).all()
    assert total[0] <= 2 * (steps.steps[0].headroom_m2 or 0)


@settings(max_examples=60)
@given(
    st.floats(0.01, 0.6), st.floats(0, 0.5), st.floats(0.01, 0.99), st.integers(2, 60),
)  # fmt: skip
def test_caps_rise_and_hold_the_plans_own(existing, free, cap, count):
    shares = caps_of(existing, min(1.0, existing + free), cap, count)
    assert cap in shares and shares == sorted(set(shares)) and len(shares) <= count
    assert (
        all(0 <= s <= 1 for s in shares) and max(shares) <= max(cap + room.ABOVE, existing) + 1e-4
    )


def test_the_price_of_a_cap_counts_the_quotas_that_follow_it(plan, steps):
    # A little more cap, asked for itself, is worth what the price says (the answer is concave).
    k = next(i for i, s in enumerate(steps.steps) if s.price and s.new_m2 and i > 0)
    here = steps.steps[k]
    more = zn.allocate(plan, cap=here.cap_share + 1e-5)
    less = zn.allocate(plan, cap=here.cap_share - 1e-5)
    up, down = (
        abs((p.run["allocation"]["objective"] - here.objective)
            / (p.run["construction"]["cap_m2"] - here.cap_m2))
        for p in (more, less)
    )  # fmt: skip
    assert min(up, down) * 0.98 - 1e-3 <= here.price <= max(up, down) * 1.02 + 1e-3
    table = pd.DataFrame({"kind": ["city"], "code": ["city"], "price": pd.array([None], "Float64")})
    assert price_of(table, plan.config) is None


def test_a_step_that_cannot_hold_is_told(plan, monkeypatch):
    from zoning.errors import InfeasibleError, Problem, Text

    real = room.ask

    def ask(asked, question):
        if question.cap < plan.config.cap.share:
            raise InfeasibleError([Problem(Text("floor above", "下限过高"), "floor")])
        return real(asked, question)

    monkeypatch.setattr(room, "ask", ask)
    monkeypatch.setattr(room, "STEPS", 5)
    monkeypatch.setattr(room, "caps_of", lambda *a: caps_of(*a, 5))
    found = ladder(plan)
    assert found.steps[0].why.zh == "下限过高" and found.steps[0].new_m2 is None
    assert found.new_m2[0].sum() == 0 and found.steps[found.own].why is None


def test_large_plans_have_none(plan, monkeypatch):
    monkeypatch.setattr(room, "MOST_UNITS", 3)
    with pytest.raises(InputError, match="no ladder"):
        ladder(plan)


@given(st.lists(st.lists(st.integers(0, 2**31), min_size=4, max_size=4), min_size=1, max_size=6))
def test_changes_come_back(rows):
    land = np.array(rows, dtype=np.int64)
    text = base64.b64encode(zlib.compress(changes(land))).decode()
    assert (unpack(text, 4, len(rows)) == land).all()


def test_the_page_carries_every_square_metre(plan, steps):
    text = webmap.html(plan, ladder=steps)
    packed = payload(text)["ladder"]
    order = units_in_order(plan)
    units = unpack(packed["units"], len(order), len(steps.steps))
    towns = unpack(packed["townships"], len(plan.townships), len(steps.steps))
    for k in range(len(steps.steps)):
        land = pd.Series(steps.new_m2[k], index=steps.pieces)
        by_unit = land.groupby(plan.pieces["unit"], observed=True).sum()
        assert (units[k] == by_unit.reindex(order, fill_value=0)).all()
        by_town = land.groupby(plan.pieces["township"], observed=True).sum()
        assert (towns[k] == by_town.reindex(plan.townships.index, fill_value=0)).all()
        assert packed["steps"][k]["new_m2"] == units[k].sum()
    assert payload(webmap.html(plan))["ladder"] is None


def test_an_auditor_reads_the_slider_and_finds_forgeries(plan, steps):
    from zoning.verify.compare import Findings
    from zoning.verify.slider import slider

    packed = pack(plan, steps, units_in_order(plan))

    def told(**changed):
        found = Findings()
        slider(plan, {**packed, **changed}, found)
        return found.checks[0]

    assert told().ok and "否最优" in told().text.zh
    forged = steps.new_m2.copy()
    richest = int(np.argmax(forged[steps.own]))
    forged[steps.own, richest] -= 1
    assert not told(
        units=pack(plan, replace(steps, new_m2=forged), units_in_order(plan))["units"]
    ).ok
    forged = steps.new_m2.copy()
    forged[-1, richest] += 10**6
    assert not told(
        units=pack(plan, replace(steps, new_m2=forged), units_in_order(plan))["units"]
    ).ok
    facts = [dict(s) for s in packed["steps"]]
    facts[-1]["new_m2"] += 1
    assert "账目不符" in told(steps=facts).text.zh
    facts = [dict(s) for s in packed["steps"]]
    facts[5]["cap_share"] -= 0.01
    assert not told(steps=facts).ok
    # More than is free in one unit, with an account that follows.
    forged, facts = steps.new_m2.copy(), [dict(s) for s in packed["steps"]]
    at = int(np.argmax(forged[-1]))
    unit = plan.pieces["unit"].reindex(steps.pieces).iloc[at]
    free = plan.pieces.loc[plan.pieces["unit"] == unit, "free_m2"].sum()
    more = int(free) + 1 - int(forged[-1, at])
    forged[-1, at] += more
    facts[-1]["new_m2"] += more
    other = pack(plan, replace(steps, new_m2=forged), units_in_order(plan))
    assert "越界" in told(units=other["units"], steps=facts).text.zh
    halved = replace(steps, new_m2=steps.new_m2 // 2)
    other = pack(plan, halved, units_in_order(plan))
    assert not told(townships=other["townships"]).ok


@pytest.mark.slow
def test_outputs_ask_for_it(plan, tmp_path):
    asked = plan.config.outputs.model_copy(update={"ladder": True, "qgis": False})
    wished = replace(plan, config=plan.config.model_copy(update={"outputs": asked}))
    wished.save(tmp_path / "out")
    checks = api.verify(tmp_path / "out")
    assert all(c.ok for c in checks if c.level == "error")
    assert [c.ok for c in checks if c.check == "verify.slider"] == [True]
    assert '"ladder":{"own"' in (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    page = zn.map(wished, tmp_path / "plain.html", ladder=False)
    assert '"ladder":null' in page.read_text(encoding="utf-8")


def test_a_kept_ladder_is_taken_for_its_own_question_alone(plan, steps, tmp_path):
    from zoning.outputs.webmap import kept

    text = kept.dump(plan, steps)
    (tmp_path / "small.json").write_text(text, encoding="utf-8")
    found = kept.find(plan, tmp_path)
    assert found is not None and (found.new_m2 == steps.new_m2).all() and found.own == steps.own
    assert [replace(s, failed=()) for s in found.steps] == list(steps.steps)
    assert pack(plan, found, units_in_order(plan)) == pack(plan, steps, units_in_order(plan))
    # another cap, another weight, other free land, a lock: other questions
    other = zn.allocate(plan, cap=plan.config.cap.share - 0.01)
    assert kept.find(other, tmp_path) is None
    assert kept.find(zn.allocate(plan, boundary_weight=0.5), tmp_path) is None
    less = plan.pieces.assign(free_m2=plan.pieces["free_m2"] - 1)
    assert kept.find(replace(plan, pieces=less), tmp_path) is None
    locked = replace(plan, run={**plan.run, "what_if": {"lock_out": [plan.units.index[0]]}})
    assert kept.find(locked, tmp_path) is None
    # and one whose own step is not the plan as it was solved
    moved = plan.pieces.assign(new_m2=plan.pieces["new_m2"].to_numpy()[::-1])
    assert kept.find(replace(plan, pieces=moved), tmp_path) is None


def test_what_failed_is_not_kept(plan, steps):
    from zoning.errors import Text
    from zoning.outputs.webmap import kept

    open_ = replace(steps.steps[0], why=Text("no", "否"))
    with pytest.raises(ValueError, match="open steps"):
        kept.dump(plan, replace(steps, steps=(open_, *steps.steps[1:])))


@pytest.mark.slow
def test_the_demo_has_its_slider(tmp_path):
    from zoning.outputs.webmap import kept

    plan = zn.demo()
    found = kept.find(plan)
    assert found is not None, "python scripts/build_ladder.py"
    assert len(found.steps) == room.STEPS and found.steps[found.own].cap_share == 0.28
    # one step away from the plan's own, asked now
    k = found.own + 3
    asked = zn.allocate(plan, cap=found.steps[k].cap_share)
    assert (asked.pieces["new_m2"].to_numpy() == found.new_m2[k]).all()
    plan.save(tmp_path / "out", qgis=False)
    assert '"ladder":{"own"' in (tmp_path / "out" / "map.html").read_text(encoding="utf-8")
    zn.map(plan, tmp_path / "bare.html", ladder=False)
    assert '"ladder":null' in (tmp_path / "bare.html").read_text(encoding="utf-8")
