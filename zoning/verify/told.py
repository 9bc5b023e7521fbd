"""Tables of phases, of land that goes and of prices, made again from pieces and limits."""

from __future__ import annotations

from typing import Any

import pandas as pd

from zoning.contribution.parts import Contribution
from zoning.errors import Text
from zoning.pipeline import phased, priced
from zoning.plan import Plan
from zoning.questions import lost
from zoning.questions.answer import account_of
from zoning.verify.compare import Findings, missing

_FROM = Text("pieces and limits", "地块与约束")


def audit(plan: Plan, found: Findings) -> None:
    """Hold every cell of those tables against what the pieces say.

    Parameters
    ----------
    plan : Plan
    found : Findings
    """
    if plan.pieces is None or "allocation" not in plan.run:
        return
    acc, pieces = account_of(plan)
    table = plan.tables.get("limits")
    right = [
        *phased.contribution(plan.units, plan.pieces, plan.config, plan.scheme),
        *priced.contribution(plan.units, pieces, acc.limits, table),
    ]
    stored = {c.wing: c for c in plan.contributions}
    for part in right:
        _hold(stored.get(part.wing), part, found)
    for wing in {phased.WING, priced.WING} - {p.wing for p in right}:
        text = Text(f"the plan has no {wing}", f"本方案没有 {wing}")
        found.add("verify.told", wing not in stored, text, "plan.gpkg")
    if lost.WING in stored:
        found.not_looked_at(Text("losses of units: each end is the bound of a plan of its own",
                                 "分单元损失：每一端为另一方案的界"))  # fmt: skip


def _hold(stored: Contribution | None, right: Contribution, found: Findings) -> None:
    had = {} if stored is None else {t.name: t.frame for t in stored.tables}
    for table in right.tables:
        frame = had.get(table.name, pd.DataFrame())
        for column in table.frame.columns:
            found.column("verify.told", f"plan.gpkg: {table.name}, {column}",
                         _cells(frame, column), _cells(table.frame, column), tolerance=1e-8,
                         source=_FROM)  # fmt: skip


def _cells(frame: pd.DataFrame, column: str) -> dict[str, Any]:
    if column not in frame:
        return {}
    cells = frame[column].astype(object)
    return {str(n): None if missing(v) else v for n, v in enumerate(cells)}
