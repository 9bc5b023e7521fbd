"""What no plan can be worth more than: added up exactly from prices of limits and flows of sides.

For any price of a limit (below 0 on a floor) every plan that keeps it is worth no more than its
land at net prices and the price of the limit itself. For any flow over a side that is not above the
weight of that side, its boundary costs at least the flow times the difference of shares. What is
left falls apart into pieces (or whole units), and each does the best for itself. All of it is whole
numbers; where a division leaves a rest, the bound is rounded up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from zoning.plan import Plan
from zoning.verify.compare import missing
from zoning.verify.limits import Land, Rule, offered
from zoning.verify.patches import cores
from zoning.verify.squares import pairs

#: Suitability is read in steps of 1e-9; what is added up here in steps of 1e-30.
STEP, FINE = 10**9, 10**30
_UP, _MILLION = FINE // STEP, 10**6
#: What one m2 built in a later phase is worth, of one built in the phase before.
LATER = 0.999
Pair = tuple[int, int]


@dataclass(frozen=True)
class Space:
    """Units with their areas, and the sides between them."""

    units: list[str]
    area: list[int]
    built: list[int]
    core: list[bool]
    sides: list[Pair] = field(default_factory=list)
    cell_m: int = 0
    weight: Fraction = Fraction(0)
    """Suitability-m2 that one m of boundary costs."""
    whole: bool = False


@dataclass(frozen=True)
class Question:
    """What may be built, what it is worth, and which rules it keeps.

    ``worth``: steps of 1e-9 per m2, phase by phase and piece by piece; ``keep``: the same of
    existing land that may go.
    """

    land: Land
    rules: list[Rule]
    phases: list[str]
    worth: list[list[int]]
    keep: list[int]
    room: list[int]
    out: set[str]
    inn: set[str]
    unit: list[int]
    space: Space

    def built(self, t: int, i: int) -> int:
        """Give what is built of a piece in a phase."""
        ends = [self.land.by[p] for p in self.phases[:-1]] + [self.land.new]
        return ends[t][i] - (ends[t - 1][i] if t else 0)

    def may_go(self, i: int) -> int:
        """Give the existing land of a piece that may go; a locked unit gives up none."""
        here = self.land.unit[i]
        return 0 if here in self.out or here in self.inn else self.land.may_go[i]


def question(plan: Plan, land: Land, rules: Sequence[Rule]) -> Question:
    """Put the question of a plan: its land, rules, locks and, where they count, its sides."""
    part, locks = plan.config.allocation, plan.run.get("what_if", {})
    out, inn = (set(map(str, locks.get(k, ()))) for k in ("lock_out", "lock_in"))
    phases = [p.name for p in plan.config.cap.phase] or [""]
    first = [int(w * STEP) for w in land.worth]
    worth = [first, *([round(float(w) * LATER**t) for w in first] for t in range(1, len(phases)))]
    room = offered(land)
    unknown = _unknown(plan, land, rules)
    room = [
        0 if unknown[i] and u not in inn else m2
        for i, (m2, u) in enumerate(zip(room, land.unit, strict=True))
    ]
    # A piece whose unit is not there is told elsewhere; here it still has its place.
    names = list(dict.fromkeys([*map(str, plan.units.index), *land.unit]))
    place = {u: k for k, u in enumerate(names)}
    unit = [place[u] for u in land.unit]
    return Question(land, list(rules), phases, worth, [int(k * STEP) for k in land.keep], room,
                    out - inn, inn, unit, _space(plan, land, names, unit, part))  # fmt: skip


def _unknown(plan: Plan, land: Land, rules: Sequence[Rule]) -> list[bool]:
    """Say of which pieces the worth, or the class on which a rule binds, is missing."""
    p = plan.pieces
    worth = p["suitability"].astype(object) if p is not None and "suitability" in p else None
    bare = [True] * len(land.piece) if worth is None else [missing(v) for v in worth]
    if any(r.column == "township_zone" for r in rules):
        bare = [b or z is None for b, z in zip(bare, land.township_zone, strict=True)]
    return bare


def _space(plan: Plan, land: Land, names: list[str], unit: list[int], part: Any) -> Space:
    """Add up units, and list their sides where boundaries count."""
    area, built = [0] * len(names), [0] * len(names)
    for i, k in enumerate(unit):
        area[k] += land.area[i]
        built[k] += land.built[i]
    inside = cores(plan, dict(zip(names, area, strict=True)), dict(zip(names, built, strict=True)))
    weight = Fraction(str(part.boundary_weight)) * 1000
    wished = weight > 0 or part.whole_units or part.min_patch_m2
    sides = pairs(names, plan.grid.cell_m) if wished else []
    sides = [(a, b) for a, b in sides if area[a] and area[b]]
    return Space(names, area, built, [n in inside for n in names], sides, plan.grid.cell_m, weight,
                 bool(part.whole_units))  # fmt: skip


def objective(q: Question) -> Fraction:
    """Add up what the plan is worth: its land, less what goes, less its boundary."""
    total = sum(w * q.built(t, i) for t, row in enumerate(q.worth) for i, w in enumerate(row) if w)
    total -= sum(k * g for k, g in zip(q.keep, q.land.gone, strict=True))
    return Fraction(total, STEP) - q.space.weight * boundary_m(q)


def shares(q: Question) -> list[Fraction | int]:
    """Give what the boundary is taken of: the built share of a unit, or whether it is chosen."""
    space, added = q.space, [0] * len(q.space.area)
    for i, k in enumerate(q.unit):
        added[k] += q.land.new[i] - q.land.gone[i]
    if space.whole:
        return [int(c or a > 0) for c, a in zip(space.core, added, strict=True)]
    return [
        Fraction(b + a, m2) if m2 else 0
        for b, a, m2 in zip(space.built, added, space.area, strict=True)
    ]


def boundary_m(q: Question) -> Fraction:
    """Measure the boundary of the plan, m (rounded up at its thirtieth digit)."""
    v = shares(q)
    total = 0
    for a, b in q.space.sides:
        step = Fraction(v[a] - v[b])
        if step:  # rounded up, so that sums of a million sides stay small numbers
            total += -(-abs(step.numerator) * FINE // step.denominator)
    return Fraction(total, FINE) * q.space.cell_m


@dataclass
class _Net:
    """Net worths at given prices and flows, in steps of 1e-30 per m2 (flows: per full share)."""

    rest: list[list[int]]
    gone: list[int]
    open_: list[list[bool]]
    must_go: list[bool]
    flow: list[int]
    bound: int = 0


def upper(q: Question, prices: Sequence[Fraction], flows: Mapping[Pair, float] | None = None
          ) -> Fraction:  # fmt: skip
    """Give what no plan is worth more than.

    Parameters
    ----------
    q : Question
    prices : sequence of Fraction
        One for each rule, per unit of it: above 0 on its cap, below 0 on its floor.
    flows : mapping of side to float, optional
        Suitability-m2 per full step of share; more than a side weighs is cut off.
    """
    net = _Net(
        [[w * _UP for w in row] for row in q.worth], [-k * _UP for k in q.keep],
        [[True] * len(q.room) for _ in q.phases], [False] * len(q.room),
        _flow(q.space, flows or {}),
    )  # fmt: skip
    for rule, price in zip(q.rules, prices, strict=True):
        _shut(q, rule, net)
        _charge(q, rule, round(price * (FINE // _MILLION)), net)
    total = Fraction(net.bound)
    total += _whole(q, net) if q.space.whole else _parts(q, net)
    return total / FINE


def _flow(space: Space, flows: Mapping[Pair, float]) -> list[int]:
    """Give what leaves each unit less what enters it, over sides that there are."""
    out = [0] * len(space.area)
    most = space.weight * space.cell_m * FINE
    for a, b in space.sides:
        there, back = flows.get((a, b), 0.0), flows.get((b, a), 0.0)
        if not there and not back:
            continue
        f = round((Fraction(there) - Fraction(back)) * FINE)
        f = max(-int(most), min(int(most), f))
        out[a] += f
        out[b] -= f
    return out


def _last(q: Question, rule: Rule) -> int:
    return q.phases.index(rule.phase) if rule.phase else len(q.phases) - 1


def _shut(q: Question, rule: Rule, net: _Net) -> None:
    """Close pieces under a rule that leaves nothing to build, even where all goes that may."""
    if rule.kind == "reduction" or rule.cap_m2 is None:
        return
    may_go = sum(q.may_go(i) for i in rule.pieces) if rule.net else 0
    if rule.cap_m2 + may_go > 0:
        return
    for i in rule.pieces:
        net.must_go[i] = net.must_go[i] or rule.net
        for t in range(_last(q, rule) + 1):
            net.open_[t][i] = False


def _charge(q: Question, rule: Rule, price: int, net: _Net) -> None:
    """Take the price of a rule off the worth of what it counts."""
    if not price or (price > 0 and rule.cap_m2 is None):  # without a cap there is nothing to pay
        return
    floor = rule.floor_m2
    if rule.net and floor <= 0:  # land may go: the least that may be left is below 0
        floor = -sum(q.may_go(i) for i in rule.pieces)
    net.bound += price * _MILLION * (int(rule.cap_m2 or 0) if price > 0 else floor)
    until = _last(q, rule)
    for i in rule.pieces:
        each = price * rule.count(i)
        if rule.kind == "reduction":
            net.gone[i] -= each
            continue
        if rule.net:
            net.gone[i] += each
        for t in range(until + 1):
            net.rest[t][i] -= each


def _parts(q: Question, net: _Net) -> Fraction:
    """Add up the best of every piece: the best phase or none; all goes that may, or nothing."""
    space = q.space
    best = [0] * len(space.area)
    for i, k in enumerate(q.unit):
        m2, flow = space.area[k] or 1, net.flow[k]
        forced = q.land.unit[i] in q.inn
        ways = [r[i] * m2 - flow for r, o in zip(net.rest, net.open_, strict=True)
                if o[i] or (forced and len(q.phases) == 1)]  # fmt: skip
        if ways and q.land.unit[i] not in q.out:
            best[k] += q.room[i] * (max(ways) if forced else max(*ways, 0))
        may_go = q.may_go(i)
        if may_go:
            gain = net.gone[i] * m2 + flow
            best[k] += may_go * (gain if net.must_go[i] else max(gain, 0))
    total = 0
    for k, gain in enumerate(best):
        total += -(-(gain - net.flow[k] * space.built[k]) // (space.area[k] or 1))
    return Fraction(total)


def _whole(q: Question, net: _Net) -> Fraction:
    """Add up the best of every unit: all of its land or none."""
    space, n = q.space, len(q.space.area)
    gain, can, must = [0] * n, [False] * n, [False] * n
    for i, k in enumerate(q.unit):
        forced = q.land.unit[i] in q.inn
        m2 = q.room[i] if (net.open_[0][i] or forced) and q.land.unit[i] not in q.out else 0
        gain[k] += net.rest[0][i] * m2
        can[k] = can[k] or m2 > 0
        must[k] = must[k] or (forced and m2 > 0)
    total = 0
    for k in range(n):
        # A core counts as chosen anyway; another unit pays its flow when it is built.
        built = gain[k] - (0 if space.core[k] else net.flow[k])
        total += built if must[k] else max(built, 0) if can[k] else 0
        total -= net.flow[k] if space.core[k] else 0
    return Fraction(total)
