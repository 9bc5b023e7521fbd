"""Rules that cannot hold together: every set is irreducible, every repair repairs."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from worlds_allocation import edges_of, limits_of, pieces_of

from zoning.allocation import allocate, find_conflict
from zoning.allocation.proof.conflicts import Rule, explain
from zoning.capacity import Limit, Lock
from zoning.errors import InfeasibleError, Text


def holds(pieces, limits, locks=()) -> bool:
    try:
        allocate(pieces, limits, locks=locks)
    except InfeasibleError:
        return False
    return True


def without(limits: list[Limit], locks: list[Lock], rule: Rule):
    """The rules without one side of one of them."""
    if isinstance(rule.of, Lock):
        return limits, [x for x in locks if x != rule.of]
    change = {"cap_m2": None} if rule.side == "cap" else {"floor_m2": 0}
    return [replace(x, **change) if x == rule.of else x for x in limits], locks


def only(limits: list[Limit], locks: list[Lock], members):
    """Just the members of a conflict."""
    keep = []
    for x in limits:
        sides = {r.side for r in members if r.of == x}
        keep.append(
            replace(
                x,
                cap_m2=x.cap_m2 if "cap" in sides else None,
                floor_m2=x.floor_m2 if "floor" in sides else 0,
            )
        )
    return keep, [x for x in locks if any(r.of == x for r in members)]


def repaired(limits: list[Limit], changes):
    found = list(limits)
    for rule, m2 in changes:
        k = next(i for i, x in enumerate(found) if (x.kind, x.code) == rule.key[:2])
        x = found[k]
        if rule.side == "cap":
            found[k] = replace(x, cap_m2=x.cap_m2 + m2)
        else:
            found[k] = replace(x, floor_m2=x.floor_m2 - m2)
    return found


def check(seed: int, side: int = 4) -> bool:
    pieces = pieces_of(seed, side=side)
    limits = limits_of(pieces, seed, zones=seed % 2 == 0, hard=1.0)
    found = find_conflict(pieces, limits)
    assert (found is None) == holds(pieces, limits)
    if found is None:
        return False
    assert not holds(pieces, *only(limits, [], found.members))
    for rule in found.members:
        rest, _ = only(limits, [], [r for r in found.members if r != rule])
        assert holds(pieces, rest)
    for repair in found.repairs:
        if repair is not None:
            assert holds(pieces, repaired(limits, repair.changes))
            ((rule, m2),) = repair.changes
            assert not holds(pieces, repaired(limits, [(rule, m2 - 1)]))
    assert holds(pieces, repaired(limits, found.joint.changes))
    return True


@pytest.mark.slow
def test_irreducible_and_repaired():
    assert sum(check(seed) for seed in range(6)) >= 3


@pytest.mark.slow
def test_irreducible_and_repaired_many():
    assert sum(check(seed, side=6) for seed in range(150)) >= 60


def small() -> pd.DataFrame:
    units = ["a", "b", "c"]
    return pd.DataFrame(
        {
            "unit": units,
            "county": ["x", "x", "y"],
            "zone": ["key", "key", "key"],
            "area_m2": 20_000_000,
            "built_m2": 0,
            "free_m2": [5_000_000, 4_400_000, 20_000_000],
            "suitability": [0.5, 0.6, 0.7],
        },
        index=pd.Index([f"{u}|t" for u in units], name="piece"),
    )


def test_words_and_numbers():
    rule = Limit("county", "x", floor_m2=12_000_000, name=Text("Dantu", "丹徒"))
    with pytest.raises(InfeasibleError) as error:
        allocate(small(), [rule])
    told = error.value.tell("en")
    assert "county Dantu: floor 12.00 km², but only 9.40 km² are free" in told
    assert "lower the floor of county Dantu by 2.60 km² to 9.40 km²" in told
    assert "丹徒" in error.value.tell("zh")
    assert error.value.exit_code == 3


def test_a_lock_against_a_cap():
    city = Limit("city", "city", cap_m2=15_000_000, existing_m2=1_000_000, base_m2=60_000_000)
    lock = Lock("works", "in", ("c",))
    found = find_conflict(small(), [city], [lock])
    assert {r.side for r in found.members} == {"cap", "in"}
    assert found.smallest
    texts = " | ".join(r.text.en for r in found.repairs)
    assert "release 5.00 km² from lock works (in)" in texts
    assert "raise the cap of city by 5.00 km² to 20.00 km²" in texts
    assert "35.000%" in texts


def test_locks_against_each_other():
    locks = [Lock("A", "in", ("a",)), Lock("B", "out", ("a", "b"))]
    found = find_conflict(small(), [], locks)
    assert [r.key for r in found.members] == [("lock", "A", "in"), ("lock", "B", "out")]
    assert [r.changes[0][1] for r in found.repairs] == [5_000_000, 5_000_000]


def test_two_conflicts_have_no_single_repair():
    rules = [
        Limit("county", "x", floor_m2=12_000_000),
        Limit("county", "y", floor_m2=30_000_000),
    ]
    found = find_conflict(small(), rules)
    assert len(found.members) == 1
    assert found.repairs == (None,)
    assert [m2 for _, m2 in found.joint.changes] == [2_600_000, 10_000_000]
    assert "; " in explain(small(), rules, ()).tell("en")


def test_whole_units_that_do_not_fit():
    """4.4 to 4.9 km2 can be built in fractions of the three units, but not as whole ones."""
    rules = [Limit("county", "x", floor_m2=4_600_000, cap_m2=4_900_000)]
    pieces = small()
    assert find_conflict(pieces, rules) is None
    found = find_conflict(pieces, rules, whole_units=True)
    assert {r.side for r in found.members} == {"cap", "floor"}
    assert sorted(r.changes[0][1] for r in found.repairs) == [100_000, 200_000]
    with pytest.raises(InfeasibleError):
        allocate(pieces, rules, whole_units=True, edges=edges_of(pieces.iloc[:0]))


def test_no_conflict_is_none():
    assert find_conflict(small(), [Limit("city", "", cap_m2=5)]) is None
