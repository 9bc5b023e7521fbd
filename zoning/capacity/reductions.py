"""Existing construction land that may go (减量), and what is left under caps on all land.

A piece belongs to the first rule that names it. Of its existing land a share may go; land that is
given up costs its own suitability and the price of the rule, and returns to the caps on existing
and new land together. It is never free land of the same plan.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from zoning.capacity.own import places_of
from zoning.capacity.rules import Limit, ReductionRule, share_of
from zoning.errors import InputError, Problem, raise_all
from zoning.ledger.atoms import NONE, OVERLAP

#: Columns that a plan with reductions has in its pieces.
COLUMNS = ("reduction", "reducible_m2", "keep_worth")


def add_reductions(pieces: pd.DataFrame, rules: Sequence[ReductionRule]) -> pd.DataFrame:
    """Put beside the pieces how much of their existing land may go, and what keeping it is worth.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        ``built_m2`` and, to be reduced at all, known ``suitability``, ``zone`` and one township.
    rules : sequence of ReductionRule

    Returns
    -------
    DataFrame
        With ``reduction`` (name of the rule or ``<NA>``), ``reducible_m2`` (int64, m2) and
        ``keep_worth`` (suitability and price, per m2); as it was without rules.

    Raises
    ------
    InputError
        If a rule names a place that the plan does not have.

    Examples
    --------
    >>> table = pd.DataFrame({"county": ["x", "y"], "township": ["t", "t"], "zone": ["key", "key"],
    ...                       "built_m2": [10, 10], "suitability": [0.4, 0.4]}, index=["a", "b"])
    >>> rule = ReductionRule("old", {"county": ("x",)}, share=0.25, price=0.1)
    >>> add_reductions(table, [rule])[["reducible_m2", "keep_worth"]].values.tolist()
    [[2.0, 0.5], [0.0, 0.0]]
    """
    if not rules:
        return pieces
    problems: list[Problem] = []
    name = pd.Series(pd.NA, index=pieces.index, dtype="string")
    most = pd.Series(0, index=pieces.index)
    worth = pd.Series(0.0, index=pieces.index)
    known = pieces["suitability"].notna() & ~pieces["township"].isin([NONE, OVERLAP])
    known &= pieces["zone"].notna()
    for rule in rules:
        inside = places_of(pieces, rule.places, f"[[cap.reduction]] {rule.name}", problems)
        here = inside & known & name.isna() & (pieces["built_m2"] > 0)
        name[here] = rule.name
        least = [share_of(rule.share, int(b)) for b in pieces.loc[here, "built_m2"]]
        most[here] = np.array(least, dtype=np.int64)
        worth[here] = np.round(pieces.loc[here, "suitability"].astype("float64") + rule.price, 9)
    raise_all(problems, InputError)
    return pieces.assign(reduction=name, reducible_m2=most, keep_worth=worth)


def reduction_limits(pieces: pd.DataFrame, rules: Sequence[ReductionRule]) -> list[Limit]:
    """Turn the quotas of reductions into limits on reduced land."""
    return [
        Limit("reduction", r.name, floor_m2=r.lower_m2, cap_m2=r.upper_m2, source=r.source,
              name=r.title)
        for r in rules
    ]  # fmt: skip


def net_new(pieces: pd.DataFrame) -> pd.Series:
    """Give new less reduced land of each piece, m2."""
    new = pieces["new_m2"].astype("int64")
    return new - pieces["reduced_m2"].astype("int64") if "reduced_m2" in pieces else new


def reducible(pieces: pd.DataFrame, column: str = "", code: str = "") -> int:
    """Add up the existing land that may go, in one place or in all."""
    if "reducible_m2" not in pieces:
        return 0
    here = pieces[pieces[column].eq(code).fillna(False)] if column else pieces
    return int(here["reducible_m2"].sum())


def left_under(cap: int, existing: int, may_go: int) -> int:
    """Give what new less reduced land may add up to under a cap on all construction.

    A place above its cap must shrink, as far as the land that may go allows; without such land
    nothing new is built there.

    Examples
    --------
    >>> left_under(100, 80, 0), left_under(100, 130, 0), left_under(100, 130, 20)
    (20, 0, -20)
    """
    return max(cap - existing, -may_go)
