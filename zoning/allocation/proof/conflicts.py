"""Rules that cannot hold together: an irreducible set of them by name, and what would repair it.

Every rule is one row over the free land: a cap or a lock against building holds a sum down, a floor
or a lock for building holds it up. Whether rules hold together is asked with slack on every row:
the least slack is 0 exactly when they do.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.methods.solver import branch_and_bound
from zoning.allocation.model import make_model
from zoning.allocation.proof.named import Repair, Rule, counts_of, rules_of
from zoning.allocation.stages import Stages, stages_of
from zoning.base.areas import Floats
from zoning.capacity.presolve import presolve
from zoning.capacity.rules import Limit, Lock
from zoning.errors import InfeasibleError, Problem, Text

#: How many sets are tried to prove that no smaller one exists (our choice: about a second).
_MOST_TRIES = 400


@dataclass(frozen=True)
class Conflict:
    """Rules that contradict each other.

    Parameters
    ----------
    members : tuple of Rule
        Infeasible together; without any one of them the others hold.
    smallest : bool
        Whether it is proved that no set of fewer rules is infeasible.
    repairs : tuple of Repair or None
        For each member the least change of it alone after which *all* rules hold.
    joint : Repair
        The least change in m2 over all rules.
    """

    members: tuple[Rule, ...]
    smallest: bool
    repairs: tuple[Repair | None, ...]
    joint: Repair

    def as_dict(self) -> dict[str, Any]:
        """Give the conflict as plain data."""
        return {
            "smallest": self.smallest,
            "members": [
                {"rule": list(r.key), "en": r.label.en, "zh": r.label.zh} for r in self.members
            ],
            "repairs": [None if r is None else _changes(r) for r in self.repairs],
            "joint": _changes(self.joint),
        }


def _changes(repair: Repair) -> list[dict[str, Any]]:
    return [
        {"rule": list(rule.key), "m2": m2, "en": rule.change(m2).en, "zh": rule.change(m2).zh}
        for rule, m2 in repair.changes
    ]


class _System:
    """All rules as rows over cells of free land that no rule tells apart (or over whole units)."""

    def __init__(
        self,
        pieces: pd.DataFrame,
        limits: Sequence[Limit],
        locks: Sequence[Lock],
        whole_units: bool,
    ):
        self.rules = rules_of(pieces, limits, locks)
        self.whole = whole_units
        model = make_model(pieces, limits)  # locks are rules here, not bounds
        table = pieces.loc[model.codes]
        room = model.room.copy()
        touched = table["unit"].isin([u for x in locks if x.kind == "in" for u in x.units])
        room[touched] = table["free_m2"].to_numpy(np.int64)[touched]
        inside = np.array([counts_of(table, r) for r in self.rules])
        inside = inside.reshape(len(self.rules), len(table))
        self.boxes: Floats = np.zeros((0, 0))
        if whole_units:
            cell = model.unit
        elif "bundle" in table:
            cell, self.boxes = _bundled(inside, table)
        else:
            _, cell = np.unique(inside, axis=1, return_inverse=True)
            cell = cell.ravel()
        n = int(cell.max(initial=-1)) + 1
        self.rows: Floats = np.array([np.bincount(cell, room * row, n) for row in inside]).reshape(
            len(self.rules), n
        )
        self.up = np.array([r.side in ("floor", "in") for r in self.rules], dtype=bool)
        self.right = np.array([r.amount_m2 for r in self.rules], dtype=np.float64)

    @cached_property
    def useful(self) -> list[int]:
        """Rules that some plan could break."""
        most = self.rows.sum(axis=1)
        return [k for k in range(len(self.rules)) if self.up[k] or self.right[k] < most[k]]

    def slack(self, held: Sequence[int], soft: Sequence[int]) -> tuple[float, Floats, Floats]:
        """Least total slack on the soft rules while the held ones are kept exactly.

        Returns
        -------
        total : float
            Infinite if the held rules alone contradict each other.
        slack : float64 array
            Per soft rule, m2.
        price : float64 array
            Dual of each soft row (fractional systems only).
        """
        which = np.array([*held, *soft], dtype=np.intp)
        sign = np.where(self.up[which], -1.0, 1.0)
        n, m, scale = self.rows.shape[1], len(soft), 1e6
        rows = sign[:, None] * self.rows[which] / scale
        loose = np.zeros((len(which), m))
        loose[len(held) + np.arange(m), np.arange(m)] = -1.0
        matrix = np.hstack([rows, loose])
        right = sign * self.right[which] / scale
        boxes = len(self.boxes)
        if boxes:  # the rows of a bundle share its land, whatever else holds
            more = np.hstack([self.boxes, np.zeros((boxes, m))])
            matrix, right = np.vstack([more, matrix]), np.r_[np.ones(boxes), right]
        cost = np.r_[np.zeros(n), np.ones(m)]
        x, price = self._solve(cost, matrix, right, n, m)
        if x is None:
            return math.inf, np.zeros(m), np.zeros(m)
        slack = x[n:] * scale
        return float(slack.sum()), slack, price[boxes + len(held) :]

    def _solve(
        self, cost: Floats, matrix: Floats, right: Floats, n: int, m: int
    ) -> tuple[Floats | None, Floats]:
        from scipy.optimize import linprog

        none = np.zeros(len(right))
        if self.whole:
            found = branch_and_bound(
                cost,
                rows=matrix,
                high=right,
                upper=np.r_[np.ones(n), np.full(m, np.inf)],
                whole=np.r_[np.ones(n), np.zeros(m)],
            )
            return found.answer(), none
        result = linprog(
            cost,
            A_ub=matrix,
            b_ub=right,
            bounds=[(0.0, 1.0)] * n + [(0.0, None)] * m,
            method="highs-ds",
        )
        if result.x is None:
            return None, none
        return result.x, -np.asarray(result.ineqlin.marginals)

    def holds(self, which: Sequence[int]) -> bool:
        """Whether these rules can be kept together."""
        return self.slack([], which)[0] < 0.5


def find_conflict(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock] = (),
    *,
    whole_units: bool = False,
) -> Conflict | None:
    """Find rules that cannot hold together, and what would repair them.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        As for :func:`zoning.allocation.allocate`.
    limits, locks : sequences
        What was decided.
    whole_units : bool
        Whether units are built as a whole.

    Returns
    -------
    Conflict or None
        ``None`` when all rules hold together.

    References
    ----------
    J. W. Chinneck, Feasibility and Infeasibility in Optimization, 2008 (elastic and deletion
    filters).

    Examples
    --------
    >>> pieces = pd.DataFrame(
    ...     {"unit": ["a", "b"], "county": ["x", "y"], "free_m2": [50, 50],
    ...      "suitability": [0.9, 0.8]}, index=["a|1", "b|2"])
    >>> rules = [Limit("city", "city", cap_m2=60), Limit("county", "x", floor_m2=40),
    ...          Limit("county", "y", floor_m2=30)]
    >>> found = find_conflict(pieces, rules)
    >>> [r.key for r in found.members], found.smallest
    ([('city', 'city', 'cap'), ('county', 'x', 'floor'), ('county', 'y', 'floor')], True)
    >>> [r.changes[0][1] for r in found.repairs]
    [10, 10, 10]
    """
    stages = stages_of(pieces, limits, locks)
    if stages is not None:
        inner = find_conflict(stages.rows, stages.limits, locks, whole_units=whole_units)
        return None if inner is None else _given(inner, stages)
    system = _System(pieces, limits, locks, whole_units)
    everything = system.useful
    total, slack, price = system.slack([], everything)
    if total < 0.5:
        return None
    joint = Repair(
        tuple(
            (system.rules[k], math.ceil(s - 1e-3))
            for k, s in zip(everything, slack.tolist(), strict=True)
            if s > 1e-3
        )
    )
    start = everything
    if not whole_units:
        # Farkas: the rows with a price are infeasible by themselves.
        start = [k for k, y in zip(everything, price.tolist(), strict=True) if y > 1e-7]
        start = start if start and not system.holds(start) else everything
    members = _irreducible(system, start)
    members, smallest = _smaller(system, members, everything)
    repairs = tuple(_alone(system, k, everything) for k in members)
    return Conflict(tuple(system.rules[k] for k in members), smallest, repairs, joint)


def _given(found: Conflict, stages: Stages) -> Conflict:
    """Name the rules of a conflict as they were given: caps and floors of the pieces."""
    place = {id(x): k for k, x in enumerate(stages.limits)}

    def rule(r: Rule) -> Rule:
        k = place.get(id(r.of))
        if k is None:
            return r
        of, side = stages.given[k], r.side
        if of.kind == "reduction":  # keeping at least is giving up at most
            side = "cap" if side == "floor" else "floor"
        return Rule(side, of, int((of.cap_m2 if side == "cap" else of.floor_m2) or 0))

    def repair(r: Repair) -> Repair:
        return Repair(tuple((rule(x), m2) for x, m2 in r.changes))

    alone = tuple(None if r is None else repair(r) for r in found.repairs)
    return Conflict(tuple(map(rule, found.members)), found.smallest, alone, repair(found.joint))


def _bundled(inside: Floats, table: pd.DataFrame) -> tuple[Any, Floats]:
    """Join bundles whose rows no rule tells apart; their rows share one whole.

    Returns
    -------
    intp array, shape (rows,)
        Cell of each row.
    float64 array, shape (kinds of bundles, cells)
        1 where a cell belongs to such a kind.
    """
    _, kind = np.unique(inside, axis=1, return_inverse=True)
    kind = kind.ravel()
    bundle = table["bundle"].astype("string").fillna("").to_numpy(str)
    alone = np.array([f"={k}" for k in kind.tolist()])
    phase = np.array([str(code).rpartition("@")[2] for code in table.index])
    order = np.lexsort((phase, bundle))
    rows = pd.DataFrame({"bundle": bundle, "word": [f"{p}={k}" for p, k in
                         zip(phase, kind, strict=True)]}).iloc[order]  # fmt: skip
    pattern = rows.groupby("bundle", sort=False)["word"].agg(";".join)
    own = bundle != ""
    names = np.where(own, pd.Series(bundle).map(pattern).to_numpy(str), alone)
    cells, cell = np.unique(np.char.add(np.char.add(names, "|"), np.where(own, phase, "")),
                            return_inverse=True)  # fmt: skip
    heads = np.array([c.rpartition("|")[0] for c in cells])
    shared = np.array([h.startswith("=") is False for h in heads], dtype=bool)
    kinds = np.unique(heads[shared])
    boxes = (heads[None, :] == kinds[:, None]).astype(np.float64)
    return cell.ravel(), boxes


def _irreducible(system: _System, which: list[int]) -> list[int]:
    """Leave out (deletion filter) every rule without which the rest is still infeasible."""
    kept = list(which)
    for k in which:
        fewer = [j for j in kept if j != k]
        if fewer and not system.holds(fewer):
            kept = fewer
    return kept


def _smaller(system: _System, members: list[int], everything: list[int]) -> tuple[list[int], bool]:
    """Look for an infeasible set of fewer rules, as far as the number of tries allows."""
    tries = 0
    for size in range(1, len(members)):
        tries += math.comb(len(everything), size)
        if tries > _MOST_TRIES:
            return members, False
        for which in itertools.combinations(everything, size):
            if not system.holds(which):
                return list(which), True
    return members, True


def _alone(system: _System, k: int, everything: list[int]) -> Repair | None:
    """Find the least change of one rule after which all rules hold."""
    others = [j for j in everything if j != k]
    total, _, _ = system.slack(others, [k])
    rule = system.rules[k]
    if math.isinf(total):
        return None
    amount = max(1, math.ceil(total - 1e-3))
    if rule.side in ("floor", "in") and amount > rule.amount_m2:
        return None
    return Repair(((rule, amount),))


def explain(
    pieces: pd.DataFrame,
    limits: Sequence[Limit],
    locks: Sequence[Lock],
    *,
    whole_units: bool = False,
) -> InfeasibleError:
    """Say in words why no plan keeps all rules, and what to change."""
    problems = [
        Problem(c.text, c.where, c.measured, c.limit, code=c.check)
        for c in presolve(pieces, limits, locks)
        if c.level == "error"
    ]
    found = find_conflict(pieces, limits, locks, whole_units=whole_units)
    if found is not None:
        problems = [*_problems(found), *problems]
    if not problems:
        text = Text("no plan keeps all rules", "没有方案能满足全部规则")
        problems = [Problem(text, "[cap]", code="infeasible")]
    return InfeasibleError(problems)


def _problems(found: Conflict) -> list[Problem]:
    """Name the conflict once, then each of its members with what would repair it."""
    proved = ("the smallest set", "最小集合") if found.smallest else ("no one too many", "不可再减")
    words = [r.label for r in found.members]
    head = Text(
        f"{len(words)} rules cannot hold together ({proved[0]}): " + "; ".join(w.en for w in words),
        f"{len(words)} 条规则无法同时满足（{proved[1]}）：" + "；".join(w.zh for w in words),
    )
    alone = [r for r in found.repairs if r is not None]
    remedy = _either(alone) if alone else found.joint.text
    return [Problem(head, "[cap]", remedy=remedy, code="conflict")]


def _either(repairs: Sequence[Repair]) -> Text:
    words = [r.text for r in repairs]
    return Text(", or ".join(w.en for w in words), "，或".join(w.zh for w in words))
