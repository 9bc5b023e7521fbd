"""Rules that cannot hold together, named."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from zoning.capacity.presolve import presolve
from zoning.capacity.rules import Limit, Lock
from zoning.errors import InfeasibleError, Problem, Text


def explain(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock]
) -> InfeasibleError:
    """Say in words why no plan keeps all rules."""
    problems = [
        Problem(c.text, c.where, c.measured, c.limit, code=c.check)
        for c in presolve(pieces, limits, locks)
        if c.level == "error"
    ]
    if not problems:
        problems = [
            Problem(
                Text("floors, caps and locks cannot hold together", "下限、上限与锁定无法同时满足"),
                "[cap]",
                code="infeasible",
            )
        ]
    return InfeasibleError(problems)
