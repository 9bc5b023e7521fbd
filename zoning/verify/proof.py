"""Whether any plan could be better: the certificate, proved again by exact arithmetic.

For any prices of the limits and flows over the sides of units no plan is worth more than a sum that
everyone can add up (`zoning.verify.bound`). Where the new land is worth that sum, no plan can be
better; where it is worth less, so much may be lost. The grade follows from what the folder allows
to prove, not from what ``run.json`` says; what only a solver said is told as not proved here, and a
plan that is better than it can be refutes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify import better, goals
from zoning.verify.bound import Question, boundary_m, objective, question, upper
from zoning.verify.compare import Findings, made_here, missing
from zoning.verify.limits import Land, Rule
from zoning.verify.squares import pairs

#: Sums of binary fractions lose so much of what they add up.
_ROUNDING = 1e-9
_NEAR = Fraction(1, 10**10)
#: No limit has such a price: a m2 is worth 1 at most, and counts a millionth of its unit at least.
_DEAREST = 1e12
Grade = str


@dataclass(frozen=True)
class Proof:
    """What the folder proves."""

    grade: Grade
    worth: Fraction
    bound: Fraction
    exact: bool
    known: bool


def audit(plan: Plan, land: Land, rules: Sequence[Rule], found: Findings) -> None:
    """Prove the allocation again, as far as it can be proved without a solver."""
    stored, table = plan.run.get("allocation"), plan.tables.get("limits")
    if stored is None or table is None:
        return
    q = question(plan, land, [*rules, *goals.rules(plan)])
    _kept(q, found)
    plain = sum((s * n for s, n in zip(land.worth, land.new, strict=True)), Fraction(0))
    worth = objective(q)
    _hold(found, "verify.worth", stored, {"suitability_m2": plain, "objective": worth})
    if not missing(stored.get("boundary_m")):
        _hold(found, "verify.worth", stored, {"boundary_m": boundary_m(q)})
    if len(table) != len(rules):  # the table is refuted already, its prices are nobody's
        _refuse(found, Text(f"{len(table)} prices for {len(rules)} limits",
                            f"{len(rules)} 项约束有 {len(table)} 个价格"))  # fmt: skip
        return
    prices = [None if missing(p) else float(p) for p in table["price"].astype(object)]
    prices += goals.prices(plan)
    sides = flows(plan, q, found)
    before = len(found.checks)
    _grade(plan, q, prove(q, prices, sides, worth), found)
    holds = all(c.ok for c in found.checks[before:]) and all(r.holds(land) for r in q.rules)
    if holds and not stored["certificate"].get("ok"):
        _refuse(found, Text("the proof holds, and run.json says that it does not",
                            "证明成立，而 run.json 称其不成立"), False, True)  # fmt: skip


def prove(
    q: Question, prices: Sequence[float | None], sides: Mapping[tuple[int, int], float],
    worth: Fraction,
) -> Proof:  # fmt: skip
    """Add up the bound that prices and flows prove; prices that nobody knows are 0."""
    known = all(p is not None for p in prices)
    # Nothing of a plan has such a price as is left out here, and without it less is proved.
    paid = [Fraction(p) if p and abs(p) < _DEAREST else Fraction(0) for p in prices]
    exact = known and not q.space.weight and not q.space.whole
    if exact:
        # Suitability has nine digits, so have the prices of an optimum; a rule under which pieces
        # count differently has none there, and leaving it out proves what it proves.
        nine = [
            Fraction(0 if r.uneven else round(p * 10**9), 10**9)
            for p, r in zip(paid, q.rules, strict=True)
        ]
        bound = upper(q, nine)
        if bound == worth:
            return Proof("complete", worth, bound, exact, known)
    bound = upper(q, paid, sides)
    return Proof("bounded" if known else "solver's word", worth, bound, exact, known)


def flows(plan: Plan, q: Question, found: Findings) -> dict[tuple[int, int], float]:
    """Read the flows over sides, and hold the sides against those of the squares."""
    table = plan.tables.get("allocation_edges")
    if table is None:
        return {}
    place = {u: k for k, u in enumerate(q.space.units)}
    out: dict[tuple[int, int], float] = {}
    had: dict[str, float] = {}
    for a, b, length, flow in zip(table["a"], table["b"], table["length_m"], table["flow"],
                                  strict=True):  # fmt: skip
        key = (place.get(str(a), -1), place.get(str(b), -1))
        had[" ".join(sorted((str(a), str(b))))] = float(length)
        real = not missing(flow) and math.isfinite(float(flow))
        out[key] = out.get(key, 0.0) + (float(flow) if real else 0.0)
    names = q.space.units
    side = float(q.space.cell_m)  # also between units without area
    want = {" ".join(sorted((names[a], names[b]))): side for a, b in pairs(names, plan.grid.cell_m)}
    found.column("verify.edges", "plan.gpkg: allocation_edges, length_m", had, want,
                 source=Text("codes of units", "单元编码"))  # fmt: skip
    twice = len(table) - len(had)
    found.add("verify.edges", twice == 0,
              Text(f"each side stands once ({twice} more)", f"每条边只出现一次（多 {twice} 条）"),
              "plan.gpkg: allocation_edges", measured=twice, limit=0)  # fmt: skip
    return out


def _kept(q: Question, found: Findings) -> None:
    """Hold locked units, and whole ones, to what they must be."""
    land, used, most = q.land, dict[str, int](), dict[str, int]()
    shut = {i for r in q.rules if r.cap_m2 is not None and r.cap_m2 <= 0 and not r.net
            and r.kind != "reduction" and not r.phase for i in r.pieces}  # fmt: skip
    for i, unit in enumerate(land.unit):
        used[unit] = used.get(unit, 0) + land.new[i]
        free = 0 if unit in q.out or (i in shut and unit not in q.inn) else q.room[i]
        most[unit] = most.get(unit, 0) + free
    bad = [
        u for u in sorted(used) if (u in q.out and used[u]) or (u in q.inn and used[u] != most[u])
    ]
    if q.out or q.inn:
        found.add("verify.lock", not bad,
                  Text(f"locked units are built or left as they were locked ({len(bad)} are not)",
                       f"锁定单元按锁定安排（{len(bad)} 个不符）"),
                  bad[0] if bad else "city", measured=len(bad), limit=0, unit="units")  # fmt: skip
    if q.space.whole:
        part = [u for u in sorted(used) if used[u] not in (0, most[u])]
        found.add("verify.whole", not part,
                  Text(f"units are built whole or not at all ({len(part)} are not)",
                       f"单元整体建设或不建设（{len(part)} 个不符）"),
                  [*part, "city"][0], measured=len(part), limit=0, unit="units")  # fmt: skip


def _hold(found: Findings, name: str, stored: Mapping[str, Any], right: dict[str, Fraction]
          ) -> None:  # fmt: skip
    for key, value in right.items():
        if key in stored:
            found.column(name, "run.json, allocation", {key: stored[key]}, {key: float(value)},
                         tolerance=max(_ROUNDING * abs(float(value)), 1e-6),
                         source=Text("pieces", "地块"))  # fmt: skip


def _grade(plan: Plan, q: Question, proof: Proof, found: Findings) -> None:
    """Hold the grade, the bound and the gap that are claimed against what is proved."""
    stored = plan.run["allocation"]
    claimed = str(stored["certificate"]["grade"])
    said = None if missing(stored.get("bound")) else Fraction(float(stored["bound"]))
    room = Fraction(max(_ROUNDING * abs(float(proof.bound)), 1e-6))
    if proof.worth > proof.bound + room:
        _refuse(found, Text(f"worth {float(proof.worth):.6g}, no plan that keeps the limits more "
                            f"than {float(proof.bound):.6g}",
                            f"总值 {float(proof.worth):.6g}，遵守约束的方案不超过 "
                            f"{float(proof.bound):.6g}"))  # fmt: skip
        return
    if claimed == "solver's word":
        _word(plan, q, proof, said, found)
        return
    gap = _gap(proof)
    if claimed == "complete" and proof.grade != "complete":
        _refuse(found, Text(f"worth {float(proof.worth):.3f}, no plan more than "
                            f"{float(proof.bound):.3f}: not proved that no plan can be better",
                            f"总值 {float(proof.worth):.3f}，上界 {float(proof.bound):.3f}："
                            "未能证明不存在更优方案"), claimed, proof.grade)  # fmt: skip
        return
    if claimed not in ("complete", "bounded") or said is None:
        _refuse(found, Text(f"'{claimed}' is no grade of a proof", f"“{claimed}”不是证明等级"),
                claimed, proof.grade)  # fmt: skip
        return
    least = claimed == "bounded" and proof.grade == "complete" and _always_complete(plan, q)
    if least and made_here(plan):
        _refuse(found, Text("the folder proves that no plan can be better; less is said",
                            "文件夹可证明不存在更优方案，所称等级偏低"), claimed,
                proof.grade)  # fmt: skip
        return
    worth, most = (f"{x:,.0f}" if abs(x) >= 1e4 else f"{x:.6g}"
                   for x in (float(proof.worth), float(proof.bound)))  # fmt: skip
    text = Text(
        f"worth {worth}, no plan more than {most}: "
        + ("no plan can be better" if proof.grade == "complete"
           else f"at most {max(gap, 0):.2g} of the bound is lost"),
        f"总值 {worth}，上界 {most}："
        + ("不存在更优方案" if proof.grade == "complete" else f"损失不超过 {max(gap, 0):.2g}"),
    )  # fmt: skip
    found.add("allocation.certificate", abs(max(proof.bound, proof.worth) - said) <= room, text,
              "run.json, allocation.bound", measured=float(said),
              limit=float(max(proof.bound, proof.worth)), unit="suitability-m2")  # fmt: skip


def _always_complete(plan: Plan, q: Question) -> bool:
    """Say whether a run would have proved such a plan whole, whatever it found.

    One of several plans is sought within a gap, and says no more than its bound.
    """
    several = any(c.wing == "alternatives" for c in plan.contributions)
    return not several and not (
        plan.config.allocation.min_patch_m2 or any(r.uneven for r in q.rules)
    )


def _gap(proof: Proof) -> float:
    short = float(proof.bound - proof.worth)
    return short / abs(float(proof.bound)) if proof.bound else short


def _word(plan: Plan, q: Question, proof: Proof, said: Fraction | None, found: Findings) -> None:
    """Say what stands behind a plan that only a solver proved, and try to beat it."""
    if said is None:
        _refuse(found, Text("the solver's word needs a bound", "求解器的证明须有上界"))
        return
    proved = proof.bound <= said + abs(said) * _NEAR
    if proof.known and proved and made_here(plan):
        _refuse(found, Text("prices and flows prove the bound; the solver's word is less than that",
                            "影子价格与流量足以证明上界，所称等级偏低"), "solver's word",
                proof.grade)  # fmt: skip
        return
    room = Fraction(max(_ROUNDING * abs(float(said)), 1e-3))
    other = better.found(plan, q, said + room)
    if other is not None:
        name, value = other
        _refuse(found, Text(f"a plan is worth {float(value):.6g}, more than the bound "
                            f"{float(said):.6g}: {name.en}",
                            f"存在价值 {float(value):.6g} 的方案，超过所称上界 "
                            f"{float(said):.6g}：{name.zh}"))  # fmt: skip
        return
    ok = proof.worth <= said + room
    found.add("allocation.certificate", ok,
              Text("every limit holds; that no plan passes the bound is the solver's word",
                   "各项约束均满足；上界依据求解器的证明"), "run.json, allocation.bound",
              measured=float(proof.worth), limit=float(said), unit="suitability-m2")  # fmt: skip
    more = "" if not proof.known else f"; prices and flows prove {float(proof.bound):.6g}"
    more_zh = "" if not proof.known else f"；影子价格与流量可证明 {float(proof.bound):.6g}"
    found.not_looked_at(Text(
        f"that no plan is worth more than {float(said):.6g}: not proved here{more}",
        f"任何方案不超过 {float(said):.6g}：此处未证明{more_zh}"))  # fmt: skip


def _refuse(found: Findings, text: Text, measured: Any = None, limit: Any = None) -> None:
    found.add("allocation.certificate", False, text, "run.json, allocation.certificate",
              measured=measured, limit=limit)  # fmt: skip
