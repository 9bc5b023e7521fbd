"""Contiguity and decisions on record, applied to every draw as they were to the plan."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoning.questions.stability.draws import Drawn, codes_of
from zoning.zones.contiguity import adjacency, switches
from zoning.zones.flip import nearest_of
from zoning.zones.method import Method
from zoning.zones.table import GradeTable, grade_table

if TYPE_CHECKING:
    from zoning.plan import Plan

Codes = npt.NDArray[np.int64]


class Settled:
    """Changes the zones of draws: lone townships join their neighbours, decisions come last.

    Parameters
    ----------
    plan : Plan
        With townships.
    method : Method
        Fitted.
    decided : bool array, shape (n,)
        Townships with a decision on record.

    Notes
    -----
    With ordered rules the margin is that of the plan itself: draws of rules have none of their own.
    """

    def __init__(self, plan: Plan, method: Method, decided: npt.NDArray[np.bool_]):
        self.method, self.decided = method, decided
        townships = plan.townships
        self.numbers = codes_of(method.scheme)
        self.names = np.array(["", *method.scheme.codes], object)  # by their numbers
        self.fixed = np.zeros(len(decided), np.int64)
        part = plan.config.zones
        self.margin, self.around, self.codes = part.contiguity_margin, {}, []
        if townships is None:
            return
        said = townships["zone"].astype(object).where(townships["zone"].notna(), "")
        self.fixed = np.array([self.numbers[str(z)] for z in said])
        self.codes = [str(c) for c in townships.index]
        if part.contiguity:
            graph = adjacency(townships)
            self.around = {c: [str(n) for n in graph[c]] for c in self.codes}
        self.base = townships["runner_up"], townships["margin"]
        self.table = None if method.rules else grade_table(method)

    def __call__(self, codes: Codes, drawn: Drawn) -> Codes:
        """Settle a block of draws, shape (draws, townships)."""
        if self.around:
            codes = self._joined(codes, drawn)
        return np.where(self.decided[None, :], self.fixed[None, :], codes)

    def under(self, method: Method, table: GradeTable | None) -> Settled:
        """Settle draws of another fitted method, with the same decisions and neighbours."""
        other = copy(self)
        other.method, other.table = method, table
        return other

    def _lone(self, codes: Codes) -> npt.NDArray[np.bool_]:
        """Draws in which some township has a zone that none of its neighbours has."""
        place = {c: i for i, c in enumerate(self.codes)}
        lone = np.zeros(len(codes), bool)
        for c, near in self.around.items():
            if near:
                mine = codes[:, place[c], None]
                same = (codes[:, [place[n] for n in near]] == mine).any(axis=1)
                lone |= ~same & (mine[:, 0] != 0)
        return lone

    def _joined(self, codes: Codes, drawn: Drawn) -> Codes:
        which = np.flatnonzero(self._lone(codes))
        if not which.size:
            return codes
        zone = self.names[codes[which]]
        if self.table is not None:
            shape = zone.shape
            values = {a: np.broadcast_to(drawn.scores[a], (len(codes), shape[1]))[which]
                      for a in self.table.axes}  # fmt: skip
            grades = {a: drawn.grades[a][which] for a in self.table.axes}
            cuts = {a: [drawn.cuts[a][which][:, k, None] for k in range(drawn.cuts[a].shape[1])]
                    for a in self.table.axes}  # fmt: skip
            near = nearest_of(self.method, zone, values, grades, cuts, self.table)
            margin, then = near.margin, near.runner_up
        else:
            runner, far = self.base
            then = np.tile(runner.astype(object).where(runner.notna(), ""), (len(which), 1))
            margin = np.tile(np.asarray(far, float), (len(which), 1))
        out = codes.copy()
        for row, draw in enumerate(which):
            may = [i for i in np.flatnonzero(margin[row] < self.margin) if not self.decided[i]]
            order = sorted(may, key=lambda i: (margin[row, i], self.codes[i]))
            state = dict(zip(self.codes, zone[row], strict=True))
            runner_up = {self.codes[i]: str(then[row, i]) for i in may}
            names = [self.codes[i] for i in order]
            for _, code, _ in switches(state, runner_up, names, self.around):
                out[draw, self.codes.index(code)] = self.numbers[state[code]]
        return out
