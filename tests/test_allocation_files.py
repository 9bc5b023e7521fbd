"""Exported problems have the same optimum in other hands; Marxan folders go out and come back."""

from __future__ import annotations

import shutil
import subprocess

import pandas as pd
import pytest
from worlds_allocation import edges_of, limits_of, pieces_of

from zoning.allocation import allocate
from zoning.allocation.files.export import write_lp, write_mps
from zoning.allocation.files.marxan import write_marxan
from zoning.allocation.files.marxan_read import read_marxan
from zoning.allocation.files.programme import programme
from zoning.allocation.files.selection import Selection, select
from zoning.allocation.proof.bounded import Boundary
from zoning.capacity import Limit, Lock
from zoning.errors import InfeasibleError, InputError

LAMBDA = 0.1


def question(seed=2, side=4, whole=False):
    pieces = pieces_of(seed, side=side)
    limits = limits_of(pieces, seed, floors=False)
    return pieces, limits, Boundary(edges_of(pieces), LAMBDA, whole)


def test_golden_lp(tmp_path):
    """One cap, two units, one edge: the file a person would have written."""
    pieces = pd.DataFrame(
        {
            "unit": ["a", "b"],
            "area_m2": [10, 10],
            "built_m2": [5, 0],
            "free_m2": [5, 8],
            "suitability": [0.5, 0.25],
        },
        index=["a|t", "b|t"],
    )
    edges = pd.DataFrame({"a": ["a"], "b": ["b"], "length_m": [2.0]})
    q = programme(pieces, [Limit("city", "city", cap_m2=6)], (), Boundary(edges, 0.001))
    lines = write_lp(q, tmp_path / "问题 1.lp").read_text("utf-8").splitlines()
    assert lines == [
        "\\ zoning: minimise boundary cost less suitability, in suitability-m2",
        "\\ L1 = city city",
        "\\ x1 = a|t",
        "\\ x2 = b|t",
        "Minimize",
        " COST: - 0.5 x1 - 0.25 x2 + 2 d1",
        "Subject To",
        " L1: 1 x1 + 1 x2 <= 6",
        " E1p: 0.1 x1 - 0.1 x2 - 1 d1 <= -0.5",
        " E1m: - 0.1 x1 + 0.1 x2 - 1 d1 <= 0.5",
        "Bounds",
        " 0 <= x1 <= 5",
        " 0 <= x2 <= 8",
        " 0 <= d1 <= +inf",
        "End",
    ]


def glpk(path, *how) -> float:
    out = path.with_suffix(".txt")
    done = subprocess.run(
        ["glpsol", *how, str(path), "-o", str(out)], capture_output=True, text=True, check=True
    )
    assert "OPTIMAL" in done.stdout, done.stdout
    line = next(x for x in out.read_text().splitlines() if x.startswith("Objective"))
    return -float(line.split("=")[1].split()[0])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("glpsol") is None, reason="needs GLPK")
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_glpk_finds_the_same_optimum(tmp_path, seed, whole):
    pieces, limits, how = question(seed, whole=whole)
    plan = allocate(pieces, limits, boundary_weight=LAMBDA, edges=how.edges, whole_units=whole)
    q = programme(pieces, limits, (), how)
    slack = 1e-5 if whole else 60.0
    for path, flag in (
        (write_mps(q, tmp_path / "p.mps"), "--freemps"),
        (write_lp(q, tmp_path / "p.lp"), "--lp"),
    ):
        best = glpk(path, flag)
        assert best - slack <= plan.objective <= best + 1e-3
        assert plan.bound >= best - 1e-3


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("cbc") is None, reason="needs CBC")
def test_cbc_finds_the_same_optimum(tmp_path):
    pieces, limits, how = question(7, whole=True)
    plan = allocate(pieces, limits, boundary_weight=LAMBDA, edges=how.edges, whole_units=True)
    path = write_mps(programme(pieces, limits, (), how), tmp_path / "p.mps")
    done = subprocess.run(
        ["cbc", str(path), "solve", "quit"], capture_output=True, text=True, check=True
    )
    line = next(x for x in done.stdout.splitlines() if x.startswith("Objective value:"))
    assert -float(line.split(":")[1]) == pytest.approx(plan.objective, abs=1e-3)


def test_mps_has_every_part(tmp_path):
    pieces, limits, how = question(whole=True)
    limits = [*limits, Limit("unit", pieces["unit"].iloc[0], floor_m2=1, cap_m2=2)]
    text = write_mps(programme(pieces, limits, (), how), tmp_path / "p.mps").read_text("utf-8")
    for word in ("ROWS", "COLUMNS", "RHS", "RANGES", "BOUNDS", "ENDATA", "INTORG", "INTEND"):
        assert word in text
    assert all(len(line.split()) <= 5 for line in text.splitlines() if line.startswith(" "))


def test_text_from_data_stays_in_its_comment(tmp_path):
    pieces, limits, _ = question()
    odd = pieces.rename(index={pieces.index[0]: "x\nENDATA\n RHS"})
    text = write_mps(programme(odd, limits), tmp_path / "p.mps").read_text("utf-8")
    assert text.count("\nENDATA\n") == 1


@pytest.mark.parametrize("seed", range(4))
def test_marxan_folder_has_the_same_optimum(tmp_path, seed):
    """Cost of the units left out plus boundary = all suitability less the plan's objective."""
    pieces, limits, how = question(seed, whole=True)
    lock = Lock("x", "out", (pieces["unit"].iloc[3],))
    write_marxan(pieces, limits, tmp_path / "马克桑 1", locks=[lock], how=how)
    back = read_marxan(tmp_path / "马克桑 1")
    answer = select(back)
    plan = allocate(
        pieces, limits, locks=[lock], boundary_weight=LAMBDA, edges=how.edges, whole_units=True
    )
    total = back.costs["cost"].sum()
    assert total - answer.cost == pytest.approx(plan.objective, abs=1e-4)
    assert answer.gap <= 1e-6


def test_marxan_refuses_what_it_cannot_say(tmp_path):
    pieces, limits, how = question()
    with pytest.raises(InputError, match="whole units"):
        write_marxan(pieces, limits, tmp_path, how=how)
    floor = [Limit("county", "c0", floor_m2=5)]
    with pytest.raises(InputError, match="floor"):
        write_marxan(pieces, floor, tmp_path, how=Boundary(how.edges, 0.0, True))
    assert not list(tmp_path.iterdir())


def test_marxan_folder_by_hand(tmp_path):
    """Tabs, an own INPUTDIR, a share as a target, a locked unit and an edge to the outside."""
    (tmp_path / "in").mkdir()
    (tmp_path / "input.dat").write_text(
        "BLM 1\nINPUTDIR in\nPUNAME p.dat\nBOUNDNAME bound.dat\nPROP 0.5\n"
    )
    (tmp_path / "in" / "p.dat").write_text("id\tcost\tstatus\n1\t5\t0\n2\t1\t0\n3\t9\t3\n")
    (tmp_path / "in" / "spec.dat").write_text("id\tprop\tspf\n7\t0.3\t1\n")
    (tmp_path / "in" / "puvsp.dat").write_text("species\tpu\tamount\n7\t1\t4\n7\t2\t4\n7\t3\t4\n")
    (tmp_path / "in" / "bound.dat").write_text("id1\tid2\tboundary\n1\t2\t1\n2\t2\t6\n")
    answer = select(read_marxan(tmp_path))
    # 30 % of 12 is 3.6: one unit. Unit 2 costs 1 + 6 + 1, unit 1 costs 5 + 1.
    assert answer.zone.isna().tolist() == [False, True, True]
    assert answer.cost == pytest.approx(6.0)
    assert answer.amounts.tolist() == [4.0]
    with pytest.raises(InputError, match="missing"):
        read_marxan(tmp_path / "in" / "nothing")


def test_several_zones_by_hand():
    costs = pd.DataFrame(
        [
            (u, z, c)
            for u, c0, c1 in (("a", 1, 2), ("b", 1, 1.5), ("c", 3, 1))
            for z, c in (("farm", c0), ("town", c1))
        ],
        columns=["unit", "zone", "cost"],
    )
    amounts = costs.assign(constraint="area of towns", amount=1.0).query("zone == 'town'")
    bounds = pd.DataFrame({"lower": [2], "upper": [2]}, index=["area of towns"])
    answer = select(Selection(costs, amounts, bounds, every_unit=True))
    assert answer.zone.tolist() == ["farm", "town", "town"]
    assert answer.cost == pytest.approx(3.5)
    locks = pd.DataFrame({"unit": ["b"], "zone": ["town"], "locked": [False]})
    answer = select(Selection(costs, amounts, bounds, locks, every_unit=True))
    assert answer.zone.tolist() == ["town", "farm", "town"]
    bounds = pd.DataFrame({"lower": [3], "upper": [3]}, index=["area of towns"])
    with pytest.raises(InfeasibleError):
        select(Selection(costs, amounts, bounds, locks, every_unit=True))
    with pytest.raises(InputError, match="no bounds"):
        select(Selection(costs, amounts, bounds.iloc[:0]))


def test_right_hand_sides_by_hand(tmp_path):
    pieces = pd.DataFrame({"unit": ["a"], "free_m2": [9], "suitability": [0.5]}, index=["a|t"])
    rules = [
        Limit("city", "city", cap_m2=6),
        Limit("unit", "a", floor_m2=2),
        Limit("unit", "a", floor_m2=3, cap_m2=8),
        Limit("unit", "a", floor_m2=4, cap_m2=4),
    ]
    text = write_mps(programme(pieces, rules), tmp_path / "p.mps").read_text("utf-8")
    lines = [line.strip() for line in text.splitlines()]
    for line in ("L L1", "G L2", "L L3", "E L4", "RHS L1 6", "RHS L2 2", "RHS L3 8", "RHS L4 4",
                 "RNG L3 5", "UP BND x1 9"):  # fmt: skip
        assert line in lines
    assert sum(line.startswith("RNG") for line in lines) == 1


def test_a_floor_above_its_cap_stays_infeasible_in_a_file(tmp_path):
    """A range of MPS has no sign: written as one row, another solver found a plan."""
    pieces = pieces_of(3, side=3)
    limits = [Limit("city", "city", floor_m2=200, cap_m2=100)]
    lines = write_mps(programme(pieces, limits), tmp_path / "p.mps").read_text("utf-8").splitlines()
    assert {" L L1", " G L1f", " RHS L1 100", " RHS L1f 200"} <= set(lines)
    assert "RANGES" not in lines
