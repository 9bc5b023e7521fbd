"""Whether any plan could be better: the certificate, proved again by exact arithmetic.

For any prices of the limits no plan is worth more than a sum that everyone can add up (weak
duality of linear programmes). Where the new land is worth that sum, no plan can be better. The
grade follows from what the folder allows to prove, not from what ``run.json`` says.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

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
    worth = sum((s * n for s, n in zip(land.worth, land.new, strict=True)), Fraction(0))
    said = stored.get("suitability_m2", stored["objective"])
    found.column("verify.worth", "run.json, allocation", {"suitability_m2": float(said)},
                 {"suitability_m2": float(worth)}, tolerance=max(1e-6 * float(worth), 0.01),
                 source=Text("pieces", "地块"))  # fmt: skip
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
