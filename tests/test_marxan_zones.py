"""Folders of Marxan with Zones: read as it reads them, and solved as by trying all assignments."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from zoning.allocation.files.marxan_read import read_marxan
from zoning.allocation.files.selection import select
from zoning.errors import InputError

INPUT = """BLM {blm}
INPUTDIR input
PUNAME pu.dat
SPECNAME spec.dat
PUVSPRNAME puvspr.dat
ZONESNAME zones.dat
COSTSNAME costs.dat
ZONECOSTNAME zonecost.dat
"""
#: Four units; two costs; free land, a reserve, and a zone of partial use.
FILES = {
    "pu.dat": "id,FISH,Land\n1,4,1\n2,2,2\n3,1,5\n4,3,1\n",
    "spec.dat": "id,prop,target,targetocc\n7,0.5,0,0\n8,0,3,2\n",
    "puvspr.dat": "species,pu,amount\n7,1,4\n7,2,2\n7,3,6\n8,1,1\n8,3,2\n8,4,3\n",
    "zones.dat": "zoneid,zonename\n1,free\n2,partial\n3,reserve\n",
    "costs.dat": "costid,costname\n1,fish\n2,land\n",
    "zonecost.dat": "zoneid,costid,multiplier\n2,1,0.5\n3,1,1\n3,2,2\n",
}
KEYS = {
    "zonecontrib.dat": "ZONECONTRIBNAME", "zonecontrib2.dat": "ZONECONTRIB2NAME",
    "zonetarget.dat": "ZONETARGETNAME", "zonetarget2.dat": "ZONETARGET2NAME",
    "pulock.dat": "PULOCKNAME", "puzone.dat": "PUZONENAME",
    "zoneboundcost.dat": "ZONEBOUNDCOSTNAME", "bound.dat": "BOUNDNAME",
}  # fmt: skip
COST = np.array([[0, 2, 6], [0, 1, 6], [0, 0.5, 11], [0, 1.5, 5]])
HELD = {7: [4, 2, 6, 0], 8: [1, 0, 2, 3]}


def folder(path, blm=0, **more):
    inside = path / "input"
    inside.mkdir(parents=True)
    files = FILES | {f"{k}.dat": v for k, v in more.items()}
    words = [f"{KEYS[n]} {n}\n" for n in files if n in KEYS]
    (path / "input.dat").write_text(INPUT.format(blm=blm) + "".join(words), "utf-8")
    for name, text in files.items():
        (inside / name).write_text(text, "utf-8")
    return path


def best(share, fits=lambda z: True, boundary=lambda z: 0.0):
    """Try every assignment of the four units: contributions count, targets as spec.dat says."""
    values = []
    for z in itertools.product(range(3), repeat=4):
        given = {k: [share[k][z[i]] * HELD[k][i] for i in range(4)] for k in HELD}
        met = sum(given[7]) >= 6 and sum(given[8]) >= 3 and sum(a > 0 for a in given[8]) >= 2
        if met and fits(z):
            values.append(sum(COST[i, z[i]] for i in range(4)) + boundary(z))
    return min(values)


CONTRIB = "zoneid,speciesid,fraction\n2,7,0.5\n3,7,1\n2,8,0.25\n3,8,1\n"
SHARE = {7: [0, 0.5, 1], 8: [0, 0.25, 1]}


@pytest.mark.parametrize(
    ("more", "share", "fits"),
    [
        ({}, {7: [1] * 3, 8: [1] * 3}, lambda z: True),
        ({"zonecontrib": CONTRIB}, SHARE, lambda z: True),
        ({"zonecontrib2": "zoneid,fraction\n2,0.4\n3,1\n"}, {k: [0, 0.4, 1] for k in (7, 8)},
         lambda z: True),
        ({"zonecontrib": CONTRIB, "pulock": "puid,zoneid\n3,2\n"}, SHARE, lambda z: z[2] == 1),
        ({"zonecontrib": CONTRIB, "puzone": "puid,zoneid\n1,1\n1,2\n4,1\n4,2\n"}, SHARE,
         lambda z: z[0] < 2 and z[3] < 2),
        # 30 % of feature 7 in partial use, whatever it contributes; two units of 8 reserved.
        ({"zonecontrib": CONTRIB,
          "zonetarget": "zoneid,speciesid,target,targettype\n2,7,0.3,1\n3,8,2,2\n5,7,9,0\n"}, SHARE,
         lambda z: sum(HELD[7][i] for i in range(4) if z[i] == 1) >= 3.6
         and sum(HELD[8][i] > 0 for i in range(4) if z[i] == 2) >= 2),
        ({"zonecontrib": CONTRIB, "zonetarget2": "zoneid,target,targettype\n2,1,0\n"}, SHARE,
         lambda z: all(sum(HELD[k][i] for i in range(4) if z[i] == 1) >= 1 for k in HELD)),
    ],
)  # fmt: skip
def test_folders_are_solved_as_by_trying_all(tmp_path, more, share, fits):
    found = select(read_marxan(folder(tmp_path / "x", **more)))
    assert found.cost == pytest.approx(best(share, fits))
    assert found.zone.notna().all()
    assert set(found.zone) <= {"free", "partial", "reserve"}


BOUND = "id1,id2,boundary\n1,2,1\n2,3,2\n3,4,1\n1,1,3\n"


def test_the_boundary_between_zones_is_counted_as_marxan_counts_it(tmp_path):
    alike = "zoneid1,zoneid2,cost\n1,2,2\n1,3,2\n2,3,2\n"
    edges = [(0, 1, 1), (1, 2, 2), (2, 3, 1)]

    def paid(z, same, other):
        return 0.5 * (3 + sum(w * (same if z[a] == z[b] else other) for a, b, w in edges))

    place = folder(tmp_path / "a", 0.5, zonecontrib=CONTRIB, bound=BOUND, zoneboundcost=alike)
    found = select(read_marxan(place))
    assert found.cost == pytest.approx(best(SHARE, boundary=lambda z: paid(z, 0, 2)))
    # Beside itself a zone may cost, too; and without a file all pairs cost 1, so the plan is the
    # same as without a boundary.
    more = alike + "1,1,1\n2,2,1\n3,3,1\n"
    place = folder(tmp_path / "b", 0.5, zonecontrib=CONTRIB, bound=BOUND, zoneboundcost=more)
    assert select(read_marxan(place)).cost == pytest.approx(
        best(SHARE, boundary=lambda z: paid(z, 1, 2))
    )
    place = folder(tmp_path / "c", 0.5, zonecontrib=CONTRIB, bound=BOUND)
    assert select(read_marxan(place)).cost == pytest.approx(best(SHARE) + 0.5 * (3 + 4))


@pytest.mark.parametrize(
    ("blm", "more", "code"),
    [
        (1, {"bound": BOUND, "zoneboundcost": "a,b,c\n1,2,2\n1,3,1\n2,3,2\n"},
         "marxan-zone-boundary"),
        (0, {"zonecost": "zoneid,costid,multiplier\n4,1,1\n"}, "marxan-other-zones"),
        (0, {"pulock": "puid,zoneid\n99,1\n"}, "marxan-other-zones"),
        (0, {"costs": "costid,costname\n1,fish\n2,money\n"}, "missing-column"),
        (0, {"pu": "id,FISH,Land,status\n1,4,1,2\n2,2,2,0\n3,1,5,0\n4,3,1,0\n"},
         "marxan-status-of-zones"),
        (0, {"zonetarget": "zone,feature,target\n1,7,1\n"}, "missing-column"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path, blm, more, code):
    with pytest.raises(InputError) as caught:
        read_marxan(folder(tmp_path / "x", blm, **more))
    assert caught.value.problems[0].code == code


def test_costs_between_zones_that_nobody_asks_for_are_no_error(tmp_path):
    uneven = "a,b,c\n1,2,2\n1,3,1\n2,3,2\n"
    question = read_marxan(folder(tmp_path / "x", 0, bound=BOUND, zoneboundcost=uneven))
    assert question.edges.empty


def test_names_that_occur_twice_give_way_to_numbers(tmp_path):
    place = folder(tmp_path / "x", zones="zoneid,zonename\n1,a\n2,b\n3,b\n")
    assert set(read_marxan(place).costs["zone"]) == {"a", "2", "3"}


def test_the_command_writes_zones(tmp_path):
    from test_cli import zoning

    place = folder(tmp_path / "x", zonecontrib=CONTRIB)
    assert zoning("solve", place, "-o", tmp_path / "best.csv").returncode == 0
    assert set(pd.read_csv(tmp_path / "best.csv")["zone"]) <= {"free", "partial", "reserve"}


def test_several_tabs_are_one_separator(tmp_path):
    place = folder(
        tmp_path / "x",
        pu="id\t\tFISH\t\tLand\n1\t\t4\t\t1\n2\t\t2\t\t2\n3\t\t1\t\t5\n4\t\t3\t\t1\n",
    )
    assert select(read_marxan(place)).cost == pytest.approx(best({7: [1] * 3, 8: [1] * 3}))
