"""What cannot be in phases, reductions and limits of a plan, told before anything is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zoning.errors import Problem, Text, meant, suggest

if TYPE_CHECKING:
    from zoning.base.strict import Document
    from zoning.planfile.models import AllocationPart, CapPart

_WORDS = {
    "limit": Text("limits", "约束"),
    "phase": Text("phases", "分期"),
    "reduction": Text("reductions", "减量规则"),
}


def stage_problems(
    cap: CapPart, allocation: AllocationPart, zones: Sequence[str], document: Document
) -> list[Problem]:
    """Find doubled names, a single phase, quotas of unknown zones, and phases that are not there.

    Parameters
    ----------
    cap, allocation
        As read.
    zones : sequence of str
        Codes of the plan's scheme.
    document : Document
        Where it was read.

    Returns
    -------
    list of Problem
    """
    found = []
    for key, word in _WORDS.items():
        names = Counter(rule.name for rule in getattr(cap, key))
        for name in sorted(n for n, times in names.items() if times > 1):
            text = Text(f"two {word.en} are called '{name}'", f"有两个{word.zh}名为“{name}”")
            found.append(Problem(text, document.at(["cap", key]), code="duplicate-name"))
    return [
        *found, *_phases(cap, zones, document), *_limits(cap, document),
        *_whole(cap, allocation, document), *_goals(cap, allocation, document),
    ]  # fmt: skip


def _phases(cap: CapPart, zones: Sequence[str], document: Document) -> list[Problem]:
    found = []
    if len(cap.phase) == 1:
        text = Text("a plan has two phases or more, or none", "分期应有两期及以上，或不分期")
        remedy = Text("the last phase holds all new land: add it",
                      "最后一期包含全部新增，请补上")  # fmt: skip
        found.append(Problem(text, document.at(["cap", "phase"]), remedy=remedy,
                             code="one-phase"))  # fmt: skip
    for n, phase in enumerate(cap.phase):
        where = document.at(["cap", "phase", n])
        for zone in sorted(set(phase.quotas) - set(zones)):
            found.append(_unknown(zone, zones, where, Text("zone", "分区")))
        if cap.share is None and (phase.share is not None or phase.quotas):
            text = Text(
                f"phase '{phase.name}' has shares of the headroom, and no [cap] share is given",
                f"分期“{phase.name}”规定了余量的份额，但未给出 [cap] share",
            )
            remedy = Text("state [cap] share, or upper_m2", "请写明 [cap] share，或用 upper_m2")
            found.append(Problem(text, where, remedy=remedy, code="no-cap"))
    return found


def _limits(cap: CapPart, document: Document) -> list[Problem]:
    names = [p.name for p in cap.phase]
    return [
        _unknown(rule.phase, names, document.at(["cap", "limit", n]), Text("phase", "分期"))
        for n, rule in enumerate(cap.limit)
        if rule.phase and rule.phase not in names
    ]


def _unknown(name: str, known: Sequence[str], where: str, word: Text) -> Problem:
    near = suggest(name, known)
    listed = ", ".join(known) or "none"
    remedy: Any = meant(near, Text(
        f"there are: {listed}", f"可用：{'、'.join(known) or '无'}"))  # fmt: skip
    text = Text(f"'{name}' is no {word.en} of the plan", f"本方案没有{word.zh}“{name}”")
    return Problem(text, where, remedy=remedy, code=f"unknown-{word.en}")


def _goals(cap: CapPart, allocation: AllocationPart, document: Document) -> list[Problem]:
    known = ["area", "farmland", "suitability", *(rule.name for rule in cap.limit)]
    named = [word.partition(" ")[2] for word in allocation.goals]
    where = document.at(["allocation", "goals"])
    found = [_unknown(n, known, where, Text("goal", "目标")) for n in named if n not in known]
    if len(set(allocation.goals)) < len(allocation.goals):
        text = Text("a goal is named twice", "目标重复")
        found.append(Problem(text, where, code="duplicate-name"))
    if allocation.goals and (allocation.min_patch_units > 1 or allocation.attached):
        text = Text("goals cannot keep wishes about patches", "多目标不支持斑块要求")
        found.append(Problem(text, where, code="patches"))
    return found


def _whole(cap: CapPart, allocation: AllocationPart, document: Document) -> list[Problem]:
    if not allocation.whole_units or not (cap.phase or cap.reduction):
        return []
    return [
        Problem(
            Text("phases and land that may go need fractions of units, not whole units",
                 "分期与减量需按单元的一部分分配，不能用整单元"),
            document.at(["allocation", "whole_units"]), code="whole-stages",
            remedy=Text("set whole_units = false", "请设 whole_units = false"),
        )
    ]  # fmt: skip
