"""Functions that give several plans: alternatives, and a range of caps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoning.api.asking import question_of
from zoning.api.making import taken
from zoning.api.plan import Plan
from zoning.api.policy_files import refreshed
from zoning.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Alternatives:
    """Several good plans.

    Attributes
    ----------
    plans : tuple of Plan
        The best first; each is complete and carries the contribution ``alternatives``: in how many
        plans each unit is chosen, as table, theme and card line.
    table : DataFrame
        ``plan, objective_share, new_m2, elsewhere_m2, most_m2``.
    status : {"proved", "time", "interrupted"}
        Why the search for the last one ended.
    """

    plans: tuple[Plan, ...]
    table: pd.DataFrame
    status: str = "proved"

    def as_dict(self) -> dict[str, Any]:
        """Give the table as plain data for ``--json``."""
        rows = self.table.astype(object).where(self.table.notna(), None)
        return {"plans": rows.to_dict("records")}


def alternatives(
    plan: Plan | str | Path, count: int = 3, within: float = 0.01, **question: Any
) -> Alternatives:
    """Make several good plans, each as different from all earlier ones as its worth allows.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    count : int
        How many plans, the best one among them.
    within : float
        Share of the best plan's worth that a further one may lose.
    **question
        As for `allocate`.

    Returns
    -------
    Alternatives

    Raises
    ------
    InputError
        If the plan has no construction account, or a number is out of range.
    InfeasibleError
        If the rules cannot hold together.
    """
    import pandas as pd

    from zoning.questions.agreed import contribution
    from zoning.questions.answer import several, with_allocation

    if count < 2 or not 0 <= within < 1:
        raise InputError.one(
            f"{count} plans within {within}: at least 2, within 0 and below 1",
            f"{count} 个方案、容差 {within}：至少 2 个，容差应在 0 与 1 之间",
            where="--alternatives", code="usage",
        )  # fmt: skip
    whole = taken(plan)
    asked = question_of(whole, **question)
    acc, best, further = several(whole, asked, count, within)
    made = [Plan.of(with_allocation(whole, acc, best, asked))]
    made += [Plan.of(with_allocation(whole, acc, a.allocation, asked)) for a in further]
    rows = pd.DataFrame(
        {
            "plan": range(1, len(made) + 1),
            "objective_share": [1.0]
            + [a.allocation.objective / best.objective if best.objective else 1.0 for a in further],
            "new_m2": [int(p.units["new_m2"].sum()) for p in made],
            "elsewhere_m2": pd.array([None, *(a.elsewhere_m2 for a in further)], dtype="Int64"),
            "most_m2": pd.array([None, *(int(a.most_m2) for a in further)], dtype="Int64"),
        }
    )
    part = contribution(whole, rows, [p.units["new_m2"] for p in made])
    kept = [replace(p, contributions=(*p.contributions, part)) for p in made]
    ends = [best.status, *(a.status for a in further)]
    status = next((s for s in ("interrupted", "time") if s in ends), "proved")
    return Alternatives(tuple(refreshed(Plan.of(p)) for p in kept), rows, status)


def cap_range(plan: Plan | str | Path, low: float, high: float, step: float = 0.01) -> pd.DataFrame:
    """Make the plan under one cap after the other.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    low, high, step : float
        Shares of the cap, 0..1; the last is at most ``high``.

    Returns
    -------
    DataFrame, index ``cap_share``
        ``cap_m2, headroom_m2, new_m2, unspent_m2, suitability_m2, objective, bound, gap, method,
        per_m2``.

    Raises
    ------
    InputError
        If the plan has no construction account, or the range is none.
    """
    from zoning.questions.answer import caps

    if not (0 <= low <= high <= 1 and step > 0 and (high - low) / step <= 1000):
        raise InputError.one(
            f"{low}:{high}:{step} is no range of shares", f"{low}:{high}:{step} 不是有效的份额区间",
            where="--cap", code="usage", remedy=("such as 0.26:0.30", "例如 0.26:0.30"),
        )  # fmt: skip
    count = int((high - low) / step + 1e-9) + 1
    return caps(taken(plan), [round(low + k * step, 10) for k in range(count)])


def unit_losses(
    plan: Plan | str | Path,
    units: Sequence[str] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Bound what the plan loses when one unit is barred, or all its free land is built.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    units : sequence of str, optional
        Unit codes; by default all units with free land.
    progress : callable, optional
        Called with units done and units in all.

    Returns
    -------
    DataFrame, index ``unit``
        ``barred_lower, barred_upper, forced_lower, forced_upper`` in suitability x m2; without a
        boundary both ends are equal. ``<NA>``: the rules cannot hold together then.

    Raises
    ------
    InputError
        If the plan has no construction account.
    """
    from zoning.questions.answer import unit_losses as answer

    return answer(taken(plan), units, progress)


def with_losses(plan: Plan | str | Path, losses: pd.DataFrame) -> Plan:
    """Give a plan that carries what its units are worth: table, theme, card, chapter, explain.

    Parameters
    ----------
    plan : Plan, str or Path
        A plan or its folder.
    losses : DataFrame
        Of `unit_losses` on the same plan.

    Returns
    -------
    Plan
    """
    from zoning.questions.lost import WING, contribution

    whole = taken(plan)
    others = tuple(c for c in whole.contributions if c.wing != WING)
    return Plan.of(replace(whole, contributions=(*others, contribution(whole.units, losses))))
