"""What can be asked of a finished plan, and how it changes the plan's rules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from zoning.capacity import Lock
from zoning.errors import InputError, Problem, Text, raise_all, some
from zoning.plan import Plan
from zoning.planfile.models import CapPart, Config


@dataclass(frozen=True)
class Question:
    """What is asked; what is left out stays as in the plan.

    Parameters
    ----------
    cap : float, optional
        Share of the cap, 0..1.
    boundary_weight : float, optional
        Weight of the boundary (lambda): km2 of suitability that one km of boundary is worth.
    quotas : mapping of zone to share, optional
        Shares of the headroom, 0..1.
    lock_out, lock_in : sequence of unit codes
        Units that stay as they are, or whose free land is all built. They join the locks of the
        plan's own ``run["what_if"]``; a unit locked there the other way changes sides.
    whole_units : bool, optional
    goals : sequence of str, optional
        Goals one after the other, such as ``least farmland``; empty: suitability alone.
    gap, seconds : float, optional
        When branch and bound may stop: relative gap, and time for whole units.

    Raises
    ------
    InputError
        If a share is not in 0..1, or the weight is negative or not finite.
    """

    cap: float | None = None
    boundary_weight: float | None = None
    quotas: Mapping[str, float] | None = None
    lock_out: Sequence[str] = ()
    lock_in: Sequence[str] = ()
    whole_units: bool | None = None
    goals: Sequence[str] | None = None
    gap: float = 0.0
    seconds: float | None = None

    def __post_init__(self) -> None:
        """Hold numbers against their ranges."""
        shares = {"cap": self.cap, **{f"quota {z}": s for z, s in (self.quotas or {}).items()}}
        found = [
            _out_of_range(name, share, "0..1")
            for name, share in shares.items()
            if share is not None and not 0 <= share <= 1
        ]
        if self.boundary_weight is not None and not 0 <= self.boundary_weight < math.inf:
            found.append(_out_of_range("boundary_weight", self.boundary_weight, ">= 0"))
        raise_all(found)


def _out_of_range(name: str, value: float, limit: str) -> Problem:
    return Problem(
        Text(f"{name} is {value}, not {limit}", f"{name} 为 {value}，应为 {limit}"), "what if",
        measured=value, limit=limit, code="out-of-range",
    )  # fmt: skip


#: Nothing is changed.
AS_IT_IS = Question()


def locked(plan: Plan, question: Question) -> dict[str, list[str]]:
    """Join the units that the plan has locked with those of a question, which speaks last."""
    known = plan.run.get("what_if", {})
    out, inn = set(question.lock_out), set(question.lock_in)
    return {
        "lock_out": sorted(set(known.get("lock_out", ())) - inn | out),
        "lock_in": sorted(set(known.get("lock_in", ())) - out | inn),
    }


def locks(plan: Plan, question: Question = AS_IT_IS) -> list[Lock]:
    """Give the unit locks of a plan and a question as rules.

    Raises
    ------
    InputError
        If a unit is unknown.
    """
    units = locked(plan, question)
    named = {*units["lock_out"], *units["lock_in"]}
    unknown = sorted(named - set(plan.units.index)) if named else []
    if unknown:
        raise InputError.one(
            f"unknown units: {some(unknown).en}", f"未知单元：{some(unknown).zh}",
            where="lock", code="unknown-unit",
        )  # fmt: skip
    kinds: tuple[Literal["out", "in"], ...] = ("out", "in")
    return [
        Lock(f"what-if-{kind}", kind, tuple(units[f"lock_{kind}"]), source="what if")
        for kind in kinds
        if units[f"lock_{kind}"]
    ]


def _goals(words: Sequence[str], cap: CapPart) -> tuple[str, ...]:
    """Hold goals against what a plan can count."""
    known = {"area", "farmland", "suitability", *(rule.name for rule in cap.limit)}
    for word in words:
        side, _, of = word.partition(" ")
        if side not in ("most", "least") or of not in known:
            raise InputError.one(
                f"'{word}' is no goal of this plan", f"“{word}”不是本方案的目标", where="--goal",
                code="goal",
                remedy=("most or least of " + ", ".join(sorted(known)),
                        "most 或 least 加上 " + "、".join(sorted(known))),
            )  # fmt: skip
    return tuple(words)


def changed(config: Config, question: Question) -> Config:
    """Write a question into the rules of a plan.

    Raises
    ------
    InputError
        If a zone has no quota.
    """
    own = {"source": "what if", "evidence": "own"}
    cap, part = config.cap, config.allocation
    if question.cap is not None:
        cap = cap.model_copy(update={"share": question.cap, **own})
    if question.quotas:
        quotas = dict(cap.quotas)
        for zone, share in question.quotas.items():
            rule = quotas.get(zone)
            if rule is None:
                raise InputError.one(
                    f"no quota for '{zone}'", f"“{zone}”没有配额", where="--quota", code="quota",
                    remedy=("zones: " + ", ".join(z for z in quotas if quotas[z]),
                            "可用分区：" + "、".join(z for z in quotas if quotas[z])),
                )  # fmt: skip
            quotas[zone] = rule.model_copy(update={"share": share, **own})
        cap = cap.model_copy(update={"quotas": quotas})
    given: dict[str, Any] = {
        "boundary_weight": question.boundary_weight, "whole_units": question.whole_units,
        "goals": None if question.goals is None else _goals(question.goals, cap),
    }  # fmt: skip
    part = part.model_copy(update={k: v for k, v in given.items() if v is not None})
    return config.model_copy(update={"cap": cap, "allocation": part})
