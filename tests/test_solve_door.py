"""The front door of the solver: Marxan folders as Marxan reads them, tables, time, names."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from zoning import api
from zoning.allocation.files.marxan_read import read_marxan
from zoning.allocation.files.selection import Selection, select
from zoning.allocation.methods.solver import Found, branch_and_bound
from zoning.errors import InfeasibleError, InputError, UnfinishedError

INPUT = "BLM {blm}\nINPUTDIR input\nPUNAME pu.dat\nSPECNAME spec.dat\nPUVSPRNAME puvspr.dat\n"


def folder(path, *, blm=0, words="", pu=None, spec=None, held=None, bound=None, code="utf-8"):
    """Write a folder of three units in a row and one feature."""
    inside = path / "input"
    inside.mkdir(parents=True)
    text = INPUT.format(blm=blm) + ("BOUNDNAME bound.dat\n" if bound else "") + words
    (path / "input.dat").write_text(text, "utf-8")
    files = {
        "pu.dat": pu or "id,cost,status\n1,5,0\n2,1,0\n3,9,0\n",
        "spec.dat": spec or "id,target,spf\n7,4,1\n",
        "puvspr.dat": held or "species,pu,amount\n7,1,4\n7,2,4\n7,3,4\n",
        "bound.dat": bound,
    }
    for name, content in files.items():
        if content:
            (inside / name).write_bytes(content.encode(code))
    return path


def codes(question):
    return {n.code for n in question.notes}


def test_a_boundary_listed_both_ways_counts_once(tmp_path):
    once = "id1,id2,boundary\n1,2,3\n2,3,3\n"
    both = once + "2,1,3\n3,2,99\n"
    a = select(read_marxan(folder(tmp_path / "a", blm=1, bound=once)))
    question = read_marxan(folder(tmp_path / "b", blm=1, bound=both))
    assert select(question).cost == a.cost
    assert "marxan-twice" in codes(question)
    # An edge of a unit with itself is paid as often as it is listed.
    own = read_marxan(folder(tmp_path / "c", blm=1, bound=once + "2,2,1\n2,2,1\n"))
    assert own.edges.query("a == b")["weight"].sum() == 2


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("ZONECONTRIB3NAME contrib.dat\n", "marxan-key"),
        ("ASYMMETRICCONNECTIVITY 1\n", "marxan-key"),
        ("COSTTHRESH 100\n", "marxan-key"),
        ("BLOCKDEFNAME block.dat\n", "marxan-key"),
        ("PROBABILITYWEIGHTING 1\n", "marxan-key"),
    ],
)
def test_another_question_is_refused_with_its_key(tmp_path, words, code):
    with pytest.raises(InputError) as caught:
        read_marxan(folder(tmp_path / "x", words=words))
    (problem,) = caught.value.problems
    assert problem.code == code
    assert words.split()[0] in problem.what.en


@pytest.mark.parametrize("column", ["target2", "sepnum", "ptarget1d"])
def test_a_column_that_asks_more_is_refused_with_its_line(tmp_path, column):
    spec = f"id,target,{column}\n7,4,0\n8,1,2\n"
    with pytest.raises(InputError) as caught:
        read_marxan(folder(tmp_path / "x", spec=spec))
    assert caught.value.problems[0].where.endswith("line 3")
    read_marxan(folder(tmp_path / "y", spec=spec.replace(",2\n", ",0\n")))


def test_keys_off_and_keys_of_the_search_are_no_error(tmp_path):
    words = "ASYMMETRICCONNECTIVITY 0\nCOSTTHRESH 0.000000E+0000\nNUMREPS 10\nSAVERUN 2\nFANCY 3\n"
    question = read_marxan(folder(tmp_path / "x", words=words))
    assert {"marxan-exact", "marxan-unknown-key"} == codes(question)
    told = next(n for n in question.notes if n.code == "marxan-unknown-key")
    assert told.what.en.endswith(": FANCY")


def test_blm_without_its_boundary_is_told(tmp_path):
    unnamed = read_marxan(folder(tmp_path / "a", blm=1))
    assert unnamed.edges.empty
    assert "marxan-no-boundary" in codes(unnamed)
    with pytest.raises(InputError, match="missing"):
        read_marxan(folder(tmp_path / "b", blm=1, words="BOUNDNAME bound.dat\n"))
    assert read_marxan(folder(tmp_path / "c", blm=0)).edges.empty


def test_names_of_several_words_and_encodings(tmp_path):
    tabs = "id\ttarget\tname\n7\t4\tBrown bear of the north\n"
    assert read_marxan(folder(tmp_path / "t", spec=tabs)).names == {7: "Brown bear of the north"}
    blanks = "id target name\n7 4 Brown bear\n"
    assert read_marxan(folder(tmp_path / "b", spec=blanks)).names == {7: "Brown bear"}
    gbk = read_marxan(folder(tmp_path / "g", spec="id,target,name\n7,4,丹顶鹤\n", code="gb18030"))
    assert gbk.names == {7: "丹顶鹤"}
    latin = read_marxan(
        folder(tmp_path / "l", spec="id,target,name\n7,4,Forêt sèche\n", code="latin-1")
    )
    assert latin.names == {7: "Forêt sèche"}
    assert "marxan-encoding" in codes(gbk) & codes(latin)


def test_positions_windows_paths_and_odd_features(tmp_path):
    """Marxan reads puvspr and bound by position, whatever their heads say."""
    place = folder(
        tmp_path / "x", blm=1, bound="a b c\n1 2 3\n", held="a,b,c\n7,1,4\n7,2,4\n99,1,5\n7,88,1\n"
    )
    text = (place / "input.dat").read_text().replace(
        "INPUTDIR input", "INPUTDIR C:\\Users\\me\\study\\input"
    ).replace("pu.dat", "PU.DAT")  # fmt: skip
    (place / "input.dat").write_text(text)
    question = read_marxan(place)
    assert len(question.amounts) == 2
    assert question.edges[["a", "b", "weight"]].values.tolist() == [[1, 2, 3.0]]
    assert {"marxan-inputdir", "marxan-other-features", "marxan-other-units"} <= codes(question)
    bare = read_marxan(folder(tmp_path / "y", held="7,1,4\n7,2,4\n"))
    assert len(bare.amounts) == 2
    assert "marxan-no-head" in codes(bare)
    turned = read_marxan(folder(tmp_path / "z", held="pu,species,amount\n7,1,4\n"))
    assert turned.amounts[["constraint", "unit"]].values.tolist() == [[7, 1]]
    assert "marxan-position" in codes(turned)


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"pu": "id,cost\n1,\n2,3\n"}, "line 2"),
        ({"pu": "id,cost\n1,2\nunit-b,3\n"}, "line 3"),
        ({"pu": "id,cost\n1,2\n1,3\n"}, "line 3"),
        ({"pu": "id,cost,status\n1,2,0\n2,2,5\n"}, "line 3"),
        ({"spec": "id,target\n7\n"}, "line 2"),
        ({"held": "species,pu,amount\n7,1,many\n"}, "line 2"),
        ({"blm": 1, "bound": "id1,id2,boundary\n1,2,1\n1,9,1\n"}, "line 3"),
        ({"blm": 1, "bound": "id1,id2,boundary\n1,2,-1\n"}, "line 2"),
    ],
)
def test_a_bad_value_is_told_with_its_line(tmp_path, given, where):
    with pytest.raises(InputError) as caught:
        read_marxan(folder(tmp_path / "x", **given))
    assert caught.value.problems[0].where.endswith(where)


def test_several_input_files_need_a_name(tmp_path):
    place = folder(tmp_path / "x")
    (place / "input.dat").rename(place / "input_a.dat")
    (place / "input_b.dat").write_text((place / "input_a.dat").read_text() + "SCENNAME b\n")
    with pytest.raises(InputError, match=r"input_a\.dat, input_b\.dat"):
        read_marxan(place)
    assert api.solve(place, name="input_b.dat").cost == 1
    assert api.solve(place / "input_a.dat").cost == 1


def test_targetocc_counts_units(tmp_path):
    question = read_marxan(folder(tmp_path / "x", spec="id,target,targetocc\n7,4,2\n"))
    found = select(question)
    assert found.zone.notna().tolist() == [True, True, False]
    assert found.targets["reached"].tolist() == [8.0, 2.0]


def test_a_target_above_all_that_exists_is_named(tmp_path):
    spec = "id,target,name\n7,40,crane\n8,1,newt\n"
    pu = "id,cost,status\n1,5,3\n2,1,0\n3,9,0\n"
    with pytest.raises(InfeasibleError) as caught:
        select(read_marxan(folder(tmp_path / "x", spec=spec, pu=pu)))
    told = [(p.code, p.measured, p.limit) for p in caught.value.problems]
    assert told == [("target-above-all", 8.0, 40.0), ("target-above-all", 0.0, 1.0)]
    assert "crane" in caught.value.problems[0].what.en


def test_csv_holds_all_units_and_targets_beside_what_was_reached(tmp_path):
    place = folder(tmp_path / "x", spec="id,target,name\n7,4,crane\n")
    out = tmp_path / "best.csv"
    api.solve(place, out=out)
    units = pd.read_csv(out)
    assert units["selected"].tolist() == [0, 1, 0]
    targets = pd.read_csv(tmp_path / "best_targets.csv")
    assert targets.to_dict("records") == [
        {"target": 7, "name": "crane", "lower": 4.0, "upper": np.inf, "available": 12.0,
         "reached": 4.0, "kept": 1}
    ]  # fmt: skip


def hard(n=60, seed=1):
    """A question that no solver proves at once: many crossing knapsacks."""
    rng = np.random.default_rng(seed)
    units = [f"u{k:03}" for k in range(n)]
    costs = pd.DataFrame({"unit": units, "zone": "s", "cost": rng.integers(100, 999, n)})
    amounts = [
        pd.DataFrame({"constraint": f"f{f}", "unit": units, "zone": "s",
                      "amount": rng.integers(100, 999, n)})
        for f in range(20)
    ]  # fmt: skip
    table = pd.concat(amounts)
    lower = (table.groupby("constraint")["amount"].sum() / 2).rename("lower")
    return Selection(costs, table, pd.DataFrame({"lower": lower, "upper": np.inf}))


def test_too_little_time_is_not_told_as_infeasible(monkeypatch):
    monkeypatch.setattr(
        "zoning.allocation.files.selection.branch_and_bound",
        lambda *_, **__: Found(None, 0.0, "time"),
    )
    with pytest.raises(UnfinishedError, match="not known"):
        select(hard())


def test_time_over_gives_the_best_so_far_with_its_gap():
    found = select(hard(200), time_limit=0.3)
    assert found.status == "time"
    assert found.bound < found.cost
    assert found.targets["kept"].all()
    assert found.gap == pytest.approx((found.cost - found.bound) / found.cost)


def test_branch_and_bound_tells_why_it_ended():
    assert branch_and_bound([1.0], rows=[[2.0]], low=3.0).x.tolist() == [2.0]
    none = branch_and_bound([1.0], rows=[[1.0]], low=3.0, upper=1.0)
    assert (none.status, none.answer()) == ("infeasible", None)
    with pytest.raises(KeyboardInterrupt):
        Found(None, 0.0, "interrupted").answer()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_ctrl_c_writes_the_best_so_far(tmp_path):
    """The command is stopped from outside while it searches; what it had is whole."""
    question = hard(200)
    question.costs.to_csv(tmp_path / "costs.csv", index=False)
    question.amounts.rename(columns={"constraint": "limit"}).to_csv(
        tmp_path / "amounts.csv", index=False
    )
    question.bounds.rename_axis("limit").reset_index().replace(np.inf, "").to_csv(
        tmp_path / "limits.csv", index=False
    )
    (tmp_path / "p.toml").write_text(
        'costs = "costs.csv"\namounts = "amounts.csv"\nlimits = "limits.csv"\n'
    )
    script = (
        "import os, signal, sys\n"
        # a job of a shell's background is started deaf to Ctrl-C
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from zoning.allocation.methods.solver import WATCH\n"
        "seen = []\n"
        "def tell(seconds, best, bound):\n"
        "    if best is not None and not seen:\n"
        "        seen.append(1); os.kill(os.getpid(), signal.SIGINT)\n"
        "WATCH.set(tell)\n"
        "from zoning.cli import main\n"
        f"sys.argv = ['zoning', 'solve', {str(tmp_path / 'p.toml')!r}, '--json', '-o',"
        f" {str(tmp_path / 'best.csv')!r}]\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 130, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "interrupted"
    units = pd.read_csv(tmp_path / "best.csv")
    cost = question.costs.set_index("unit")["cost"][units["unit"][units["selected"] == 1]].sum()
    assert cost == pytest.approx(answer["cost"])
    assert answer["gap"] == pytest.approx((cost - answer["bound"]) / cost)
    assert pd.read_csv(tmp_path / "best_targets.csv")["kept"].all()


def test_units_zones_and_limits_from_tables(tmp_path):
    """Three units, two zones: at most one town, one unit without a zone is not allowed."""
    (tmp_path / "费用.csv").write_bytes(
        b"unit,zone,cost\na,farm,1\na,town,2\nb,farm,4\nb,town,1\nc,farm,1\nc,town,0\n"
    )
    (tmp_path / "amounts.csv").write_text(
        "limit,unit,zone,amount\nt,a,town,1\nt,b,town,1\nt,c,town,1\n"
    )
    pd.DataFrame({"limit": ["t"], "lower": [1.0], "upper": [1.0]}).to_parquet(
        tmp_path / "limits.parquet"
    )
    (tmp_path / "edges.csv").write_text("a,b,weight\na,b,1\nb,c,1\n")
    toml = tmp_path / "p.toml"
    toml.write_text(
        'costs = "费用.csv"\namounts = "amounts.csv"\nlimits = "limits.parquet"\n'
        'boundary = "edges.csv"\nevery_unit = true\nboundary_weight = 0.25\n',
        "utf-8",
    )
    found = api.solve(toml)
    assert found.zone.to_dict() == {"a": "farm", "b": "town", "c": "farm"}
    # 1 + 1 + 1, and two edges, each cut in both zones, at 0.25.
    assert found.cost == pytest.approx(4.0)
    toml.write_text('costs = "费用.csv"\ncolour = "red"\nlocks = "no.csv"\n', "utf-8")
    with pytest.raises(InputError, match="unknown key 'colour'"):
        api.solve(toml)
    toml.write_text('costs = "费用.csv"\n', "utf-8")
    (tmp_path / "费用.csv").write_bytes(b"unit,zone,cost\na,farm,\n")
    with pytest.raises(InputError, match="cost"):
        api.solve(toml)
