"""The shipped policies against what was published, and on every plan."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from zoning.errors import InputError
from zoning.policy.compiled import compile_policy
from zoning.policy.gather import Given
from zoning.policy.read import find, read_policy, shipped
from zoning.policy.run import run_policy


def run(name, plan=None, examples=True, parameters=None, **tables):
    policy = read_policy(find(name))
    if parameters:
        changed = {
            k: dataclasses.replace(policy.parameters[k], value=v) for k, v in parameters.items()
        }
        policy = dataclasses.replace(policy, parameters={**policy.parameters, **changed})
    given = Given({k: pd.DataFrame(v) for k, v in tables.items()}, examples=examples)
    return run_policy(compile_policy(policy), plan, given)


def by(result, key, column, table=""):
    frame = result.frame(table)
    return dict(zip(frame[key], frame[column], strict=True))


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_file_reads_and_its_formulas_hold(name):
    policy = read_policy(find(name))
    compiled = compile_policy(policy)
    assert compiled.unused == (), [f.line() for f in compiled.unused]
    assert policy.source and policy.title.zh and policy.about.zh
    for p in policy.parameters.values():
        assert p.source and p.evidence, p.name
    for what, (source, evidence) in policy.sources.items():
        assert source and evidence, what
    if {p.evidence for p in policy.parameters.values()} & {"own"}:
        words = policy.notice.en if policy.notice else ""
        own = [p.name for p in policy.parameters.values() if p.evidence == "own"
               and p.source == "made up"]  # fmt: skip
        assert not own or "made up" in words, own


# Compensation --------------------------------------------------------------------------------


def test_hainan_to_the_digit():
    result = run("compensation-hainan")
    assert by(result, "county", "base") == pytest.approx({"A": 28.75, "B": 71.25}, rel=1e-14)
    assert by(result, "county", "base_grant") == {"A": 1_437_500, "B": 3_562_500}
    assert by(result, "county", "grant") == {"A": 2_875_000, "B": 7_125_000}
    assert result.ok


def test_hainan_scores_move_half_of_the_pool():
    rows = pd.read_csv(find("compensation-hainan").parent / "examples/hainan_counties.csv")
    rows["score"] = [100, 50]
    result = run("compensation-hainan", counties=rows)
    share = 0.2875 * 100 / (0.2875 * 100 + 0.7125 * 50)
    assert by(result, "county", "base_grant") == {"A": 1_437_500, "B": 3_562_500}
    assert by(result, "county", "incentive_grant")["A"] == pytest.approx(5e6 * share, abs=1)
    assert sum(by(result, "county", "grant").values()) == 10_000_000


def test_a_factor_without_total_gives_its_weight_away_and_says_so():
    rows = pd.read_csv(find("compensation-hainan").parent / "examples/hainan_counties.csv")
    rows["wetland_ha"] = 0
    result = run("compensation-hainan", counties=rows)
    want = (0.2 * 0.25 + 0.25 * 0.4 + 0.2 * 0 + 0.15 * 0.25) / 0.8
    assert by(result, "county", "base")["A"] == pytest.approx(100 * want)
    failed = [c.check for c in result.checks if not c.ok]
    assert failed == ["policy.compensation-hainan.factors-used"] and result.ok
    rows.loc[0, "wetland_ha"] = None
    unknown = run("compensation-hainan", counties=rows)
    assert not unknown.ok


def test_zhejiang_points():
    result = run("rewards-zhejiang")
    assert by(result, "county", "energy_reward") == {"A": 250, "B": 150, "C": -100}
    assert by(result, "county", "forest_grant") == {"A": 80, "B": 0, "C": 0}
    mean = run("rewards-zhejiang", parameters={"mean_drop": 4})
    assert by(mean, "county", "energy_reward")["A"] == 200


# Transfers -----------------------------------------------------------------------------------


def test_transfers_conserve_and_no_balance_is_negative():
    result = run("transfers")
    assert result.ok
    frame = result.frame()
    assert frame["balance"].sum() == frame["opening"].sum()
    assert by(result, "place", "balance")["321102"] == 1400 + 40 - 10
    rows = [("1", "321181", "321102", 5000.0)]
    short = pd.DataFrame(rows, columns=["entry", "from", "to", "amount_ha"])
    over = run("transfers", given=short, received=short)
    assert not over.ok and "321181" in over.checks[0].text.en
    # money that leaves for a place that is not there is missed
    lost = short.assign(to="999999", amount_ha=1.0)
    gone = run("transfers", given=lost, received=lost)
    assert [c.check for c in gone.checks if not c.ok] == ["policy.transfers.conserved"]


# What is refused -----------------------------------------------------------------------------

PUBLISHED = """
[policy]
en = "Deductions of a responsibility letter"
zh = "责任书扣分"
about_en = "The published table, as it stands."
about_zh = "按原文。"
source = "铜梁 responsibility letter, as published"
evidence = "S"
main = "units"
[tables.units]
key = "unit"
rows = [{unit = "a", score = 99.9}]
[tables.units.columns]
unit = {unit = "text"}
score = {unit = "point"}
[[tables.units.formulas]]
name = "deduction"
unit = "point"
formula = "steps(score, deduct)"
[steps.deduct]
source = "as published"
evidence = "S"
rows = [
  ["[100, 100]", 0], ["[95, 100)", 1], ["[90, 95)", 2], ["[85, 90)", 3], ["(80, 85]", 4],
  ["(-inf, 80)", 5],
]
"""


def test_the_contradictory_table_is_refused(tmp_path):
    path = tmp_path / "letter.toml"
    path.write_text(PUBLISHED, encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_policy(path)
    told = sorted((p.code, p.measured) for p in error.value.problems)
    assert told == [("steps-gap", "80"), ("steps-overlap", "85")]


def test_the_contradictory_table_gives_the_clear_values():
    from zoning.policy.steps import parse_steps

    rows = [["[100, 100]", 0], ["[95, 100)", 1], ["[90, 95)", 2], ["[85, 90)", 3],
            ["(80, 85]", 4], ["(-inf, 80)", 5]]  # fmt: skip
    steps = parse_steps("deduct", rows)
    values = [100, 99.9, 95, 94.9, 90, 86, 82, 79]
    assert [steps.lookup(v) for v in values] == [0, 1, 1, 2, 2, 3, 4, 5]
    for contested in (85, 80):
        with pytest.raises(InputError):
            steps.lookup(contested)
