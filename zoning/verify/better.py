"""A plan that is better than it can be: looked for by hand where only a solver's word stands.

One unit more, one less, or one for another; or land moved from one piece to another. Each such plan
keeps every limit, lock and wish, so its worth is one that the bound must not be below. That none is
found proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.bound import Question, objective
from zoning.verify.limits import Rule

#: So many of the best and of the worst are tried against one another.
_MOST = 60
_MILLION = 10**6


def found(plan: Plan, q: Question, above: Fraction) -> tuple[Text, Fraction] | None:
    """Find a plan that is worth more than a number.

    Returns
    -------
    (what it is, worth) or None
        Also none where phases, land that goes or patches make plans hard to tell by hand.
    """
    part = plan.config.allocation
    wished = part.min_patch_m2 or part.min_patch_units > 1 or part.attached
    if wished or len(q.phases) > 1 or any(q.land.may_go):
        return None
    used = [r.millionths(q.land) for r in q.rules]
    now = objective(q)
    # Shares of a boundary never cost more than a side of all that changes.
    for change, name in _changes(q):
        worth = sum(q.worth[0][i] * m2 for i, m2 in change.items())
        slack = 8 * len(change) * q.space.weight * q.space.cell_m
        if now + Fraction(worth, 10**9) + slack <= above or not _fits(q, used, change):
            continue
        value = objective(_with(q, change)) if q.space.weight else now + Fraction(worth, 10**9)
        if value > above:
            return name, value
    return None


def _fits(q: Question, used: list[int], change: Mapping[int, int]) -> bool:
    """Say whether every rule holds when land is changed so."""
    for rule, had in zip(q.rules, used, strict=True):
        more = sum(m2 * rule.count(i) for i, m2 in change.items() if i in rule.pieces)
        if more and not _within(rule, had, had + more):
            return False
    return True


def _within(rule: Rule, had: int, now: int) -> bool:
    if rule.cap_m2 is not None and now > had and now > rule.cap_m2 * _MILLION:
        return False
    return not (rule.floor_m2 > 0 and now < had and now < rule.floor_m2 * _MILLION)


def _with(q: Question, change: Mapping[int, int]) -> Question:
    new = list(q.land.new)
    for i, m2 in change.items():
        new[i] += m2
    return replace(q, land=replace(q.land, new=new))


def _changes(q: Question) -> Iterator[tuple[dict[int, int], Text]]:
    """Give changes of land to try, the best first."""
    movable = [i for i, u in enumerate(q.land.unit) if u not in q.out and u not in q.inn]
    if q.space.whole:
        yield from _units(q, movable)
        return
    worth = q.worth[0]
    order = sorted(movable, key=lambda i: (-worth[i], i))
    open_ = [i for i in order if q.land.new[i] < q.room[i]][:_MOST]
    taken = [i for i in reversed(order) if q.land.new[i] > 0][:_MOST]
    for i in open_:
        for m2 in _amounts(q.room[i] - q.land.new[i]):
            yield {i: m2}, Text(f"{m2} m² more in {q.land.piece[i]}",
                                f"{q.land.piece[i]} 增加 {m2} m²")  # fmt: skip
    for i in open_:
        for k in taken:
            if worth[i] <= worth[k]:
                break
            for m2 in _amounts(min(q.room[i] - q.land.new[i], q.land.new[k])):
                yield (
                    {i: m2, k: -m2},
                    Text(
                        f"{m2} m² from {q.land.piece[k]} to {q.land.piece[i]}",
                        f"由 {q.land.piece[k]} 移 {m2} m² 至 {q.land.piece[i]}",
                    ),
                )


def _amounts(most: int) -> Iterator[int]:
    """Give all that may be moved, and less and less of it."""
    while most > 0:
        yield most
        most //= 10


def _units(q: Question, movable: list[int]) -> Iterator[tuple[dict[int, int], Text]]:
    """Give one whole unit more, one less, and one for another."""
    shut = {i for r in q.rules if r.cap_m2 is not None and r.cap_m2 <= 0 for i in r.pieces}
    land: dict[str, dict[int, int]] = {}
    for i in movable:
        if q.room[i] and i not in shut:
            land.setdefault(q.land.unit[i], {})[i] = q.room[i]
    value = {u: sum(q.worth[0][i] * m2 for i, m2 in p.items()) for u, p in land.items()}
    order = sorted(land, key=lambda u: (-value[u], u))
    taken = [u for u in reversed(order) if any(q.land.new[i] for i in land[u])]
    inside = set(taken)
    open_ = [u for u in order if u not in inside][:_MOST]
    for u in open_:
        yield land[u], Text(f"unit {u} too", f"增加单元 {u}")
    for u in taken[:_MOST]:
        less = {i: -q.land.new[i] for i in land[u]}
        yield less, Text(f"without unit {u}", f"不含单元 {u}")
        for other in open_:
            yield {**less, **land[other]}, Text(f"unit {other} for {u}", f"以单元 {other} 换 {u}")
