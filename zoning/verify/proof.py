"""Whether any plan could be better: the certificate, proved again by exact arithmetic.

For any prices of the limits no plan is worth more than a sum that everyone can add up (weak
duality of linear programmes). Where the new land is worth that sum, no plan can be better. The
grade follows from what the folder allows to prove, not from what ``run.json`` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from zoning.capacity.rules import LATER
from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings, missing
from zoning.verify.limits import Land, Rule, offered


def audit(plan: Plan, land: Land, rules: list[Rule], found: Findings) -> None:
    """Prove the allocation again, as far as it can be proved without a solver."""
    stored = plan.run.get("allocation")
    table = plan.tables.get("limits")
    if stored is None or table is None:
        return
    said = stored.get("suitability_m2", stored["objective"])
    worth = sum((s * n for s, n in zip(land.worth, land.new, strict=True)), Fraction(0))
    found.column("verify.worth", "run.json, allocation", {"suitability_m2": float(said)},
                 {"suitability_m2": float(worth)}, tolerance=max(1e-9 * float(worth), 1e-6),
                 source=Text("pieces", "地块"))  # fmt: skip
    worth = _worth(plan, land)
    part = plan.config.allocation
    grade = str(stored["certificate"]["grade"])
    if part.boundary_weight > 0 or part.whole_units:
        return  # proved by `zoning.verify.audit.certify`
    prices = [None if missing(p) else Fraction(round(float(p) * 10**9), 10**9)
              for p in table["price"].astype(object)]  # fmt: skip
    if len(prices) != len(rules) or any(p is None for p in prices):
        ok = grade == "solver's word"
        text = Text("without prices nothing but the solver's word stands for the optimum",
                    "没有影子价格，最优性仅凭求解器")  # fmt: skip
        found.add("allocation.certificate", ok, text, "run.json, allocation.certificate",
                  measured=grade, limit="solver's word")  # fmt: skip
        return
    bound = upper_bound(plan, land, rules, prices)
    best = bound == worth
    right = "complete" if best else "solver's word"
    text = Text(f"worth {float(worth):.3f}, no plan more than {float(bound):.3f}: "
                + ("no plan can be better" if best else "not proved"),
                f"总值 {float(worth):.3f}，上界 {float(bound):.3f}："
                + ("不存在更优方案" if best else "未能证明"))  # fmt: skip
    claimed = grade == "complete"
    found.add("allocation.certificate", best or not claimed, text,
              "run.json, allocation.certificate", measured=grade, limit=right)  # fmt: skip
    found.column(
        "allocation.certificate", "run.json, allocation", {"bound": stored.get("bound")},
        {"bound": float(bound)}, tolerance=max(1e-9 * float(bound), 1e-6),
        source=Text("prices and pieces", "影子价格与地块"),
    ) if claimed else None  # fmt: skip


def upper_bound(plan: Plan, land: Land, rules: list[Rule], prices: list[Any]) -> Fraction:
    """Add up what no plan can exceed."""
    if plan.config.cap.phase or plan.config.cap.reduction:
        return _staged_bound(plan, land, rules, prices)
    room = offered(land)
    locks = plan.run.get("what_if", {})
    shut, built = set(locks.get("lock_out", ())), set(locks.get("lock_in", ()))
    least = [f if u in built else 0 for f, u in zip(room, land.unit, strict=True)]
    most = list(room)
    for i, unit in enumerate(land.unit):
        if unit in shut:
            least[i] = most[i] = 0
    rest, bound = list(land.worth), Fraction(0)
    for rule, price in zip(rules, prices, strict=True):
        if not price:
            continue
        if price > 0 and rule.cap_m2 is None:
            return Fraction(10**18)
        bound += price * (int(rule.cap_m2 or 0) if price > 0 else rule.floor_m2)
        for i in rule.pieces:
            rest[i] -= price
    for rule in rules:
        if rule.cap_m2 is not None and rule.cap_m2 <= 0:
            for i in rule.pieces:
                most[i] = min(most[i], least[i])
    return bound + sum(
        (r * (m if r > 0 else lo) for r, m, lo in zip(rest, most, least, strict=True)), Fraction(0)
    )


def _by_phase(plan: Plan, land: Land) -> list[list[int]]:
    """Give what is built in each phase, piece by piece."""
    ends = [land.by[p.name] for p in plan.config.cap.phase[:-1]] + [land.new]
    return [
        [e - (ends[t - 1][i] if t else 0) for i, e in enumerate(end)] for t, end in enumerate(ends)
    ]


def _later(worth: Fraction, t: int) -> Fraction:
    """Give what one m2 is worth in phase ``t``, in steps of 1e-9 as the methods read it."""
    if t == 0:
        return worth
    return Fraction(round(float(worth * 10**9) * LATER**t), 10**9)


def _worth(plan: Plan, land: Land) -> Fraction:
    """Add up what new land is worth, phase by phase, less what goes."""
    total = Fraction(0)
    for t, built in enumerate(_by_phase(plan, land)):
        total += sum((_later(s, t) * n for s, n in zip(land.worth, built, strict=True)),
                     Fraction(0))  # fmt: skip
    return total - sum((k * g for k, g in zip(land.keep, land.gone, strict=True)), Fraction(0))


def _shut(land: Land, rule: Rule) -> bool:
    """Say whether a rule leaves nothing to build, even where all goes that may."""
    if rule.kind == "reduction" or rule.cap_m2 is None:
        return False
    may_go = sum(land.may_go[i] for i in rule.pieces) if rule.net else 0
    return rule.cap_m2 + may_go <= 0


def _staged_bound(plan: Plan, land: Land, rules: list[Rule], prices: list[Any]) -> Fraction:
    """Add up what no plan with phases or land that goes can exceed.

    A piece takes the best phase or none, and gives up all that may go or nothing: both at the net
    worth that prices leave.
    """
    phases = [p.name for p in plan.config.cap.phase] or [""]
    n = len(land.piece)
    rest = [[_later(s, t) for s in land.worth] for t in range(len(phases))]
    open_ = [[True] * n for _ in phases]
    gone = [-k for k in land.keep]
    must_go, bound = [False] * n, Fraction(0)
    for rule, price in zip(rules, prices, strict=True):
        last = phases.index(rule.phase) if rule.phase else len(phases) - 1
        if _shut(land, rule):
            for i in rule.pieces:
                must_go[i] = must_go[i] or rule.net
                for t in range(last + 1):
                    open_[t][i] = False
        if not price:
            continue
        if price > 0 and rule.cap_m2 is None:
            return Fraction(10**18)
        bound += price * (int(rule.cap_m2 or 0) if price > 0 else rule.floor_m2)
        for i in rule.pieces:
            if rule.kind == "reduction":
                gone[i] -= price
                continue
            gone[i] += price if rule.net else 0
            for t in range(last + 1):
                rest[t][i] -= price
    return bound + _best_of(plan, land, _Left(rest, open_, gone, must_go))


@dataclass(frozen=True)
class _Left:
    """What prices leave: the net worth of each piece in each phase, and of what goes."""

    rest: list[list[Fraction]]
    open_: list[list[bool]]
    gone: list[Fraction]
    must_go: list[bool]


def _best_of(plan: Plan, land: Land, left: _Left) -> Fraction:
    """Add up the best that each piece can do for itself."""
    locks = plan.run.get("what_if", {})
    shut, forced = set(locks.get("lock_out", ())), set(locks.get("lock_in", ()))
    room, bound, none = offered(land), Fraction(0), Fraction(0)
    for i, unit in enumerate(land.unit):
        if unit in shut:
            continue
        ways = [r[i] for r, o in zip(left.rest, left.open_, strict=True) if o[i]]
        if ways:
            bound += room[i] * (max(ways) if unit in forced else max(*ways, none))
        if unit not in forced:
            bound += land.may_go[i] * (left.gone[i] if left.must_go[i] else max(left.gone[i], none))
    return bound
