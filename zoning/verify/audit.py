"""A written plan checked from its files alone: every sum, every cap, the proof of its allocation.

Nothing is solved here and no solver is asked: limits are re-added from pieces and ledger, and the
bound is re-derived by arithmetic from stored prices and edge flows.
"""

from __future__ import annotations

import pandas as pd

from zoning.allocation.landscape import Patches
from zoning.allocation.proof import certificate as proof
from zoning.allocation.proof.bounded import Boundary, bounded
from zoning.allocation.proof.certificate import Certificate
from zoning.allocation.space import lattice_edges
from zoning.capacity import Account, settle
from zoning.errors import Check
from zoning.pipeline.checks import certificate_check, closes
from zoning.plan import Plan
from zoning.questions.answer import account_of
from zoning.questions.question import locks as locks_of
from zoning.verify.overlays import overlays
from zoning.verify.own import own

#: Prices are stored per m2 and proved in steps of 1e-9.
_STEP = 10**9


def verify(plan: Plan) -> list[Check]:
    """Check a plan as it was read from its folder.

    Parameters
    ----------
    plan : Plan
        Of :func:`zoning.store.load`.

    Returns
    -------
    list of Check
        Sums of ledger, units, pieces and tables; with an allocation every limit and the
        certificate, re-derived.
    """
    total = int(plan.run["area_m2"]["city"]) - int(plan.run["area_m2"].get("dropped", 0))
    found = [
        closes(
            "verify.ledger", int(plan.ledger["area_m2"].sum()), total,
            "the ledger adds up to the city", "账目合计等于全市",
        ),
        closes(
            "verify.units", int(plan.units["area_m2"].sum()), total,
            "units add up to the city", "单元合计等于全市",
        ),
    ]  # fmt: skip
    by_unit = plan.ledger.groupby("unit")["area_m2"].sum().reindex(plan.units.index, fill_value=0)
    off = int((by_unit - plan.units["area_m2"]).abs().sum())
    found.append(
        closes("verify.each_unit", off, 0, "each unit is the sum of its atoms", "各单元等于其账目")
    )
    found += overlays(plan)
    found += own(plan)
    if plan.pieces is None or "new_m2" not in plan.pieces or "new_m2" not in plan.units:
        return found
    new = plan.pieces["new_m2"].astype("int64")
    in_units = new.groupby(plan.pieces["unit"]).sum().reindex(plan.units.index, fill_value=0)
    off = int((in_units - plan.units["new_m2"]).abs().sum())
    found.append(
        closes("verify.new_land", off, 0, "new land of units and pieces", "单元与地块的新增一致")
    )
    acc, leaves = account_of(plan)
    green = int(leaves["eco_agri_m2"].sum()) - int(new.sum())
    found += settle(acc, leaves, new, eco_agri_m2=green)
    certificate = certify(plan, acc, leaves)
    if certificate is not None:
        found.append(certificate_check(certificate))
    return found


def certify(plan: Plan, acc: Account, leaves: pd.DataFrame) -> Certificate | None:
    """Prove the allocation again from stored prices (and flows, with a boundary term)."""
    stored = plan.run.get("allocation")
    table = plan.tables.get("limits")
    if stored is None or table is None:
        return None
    new = plan.pieces["new_m2"].astype("int64")  # type: ignore[index]
    limits, locks = acc.limits, locks_of(plan)
    grade = stored["certificate"]["grade"]
    if grade == "solver's word" or table["price"].isna().any():
        return proof.word_of_solver(
            leaves, limits, locks, new, float(stored["objective"]), float(stored["bound"])
        )
    prices = {k: float(p) for k, p in enumerate(table["price"].tolist())}
    if grade == "complete":
        whole = {k: round(p * _STEP) for k, p in prices.items() if p}
        return proof.complete(leaves, limits, locks, new, whole)
    part = plan.config.allocation
    edges = plan.tables.get("allocation_edges")
    if edges is None:  # no flow is needed where no boundary is counted
        edges = lattice_edges(plan.units.index, plan.grid.cell_m)
    wish = Patches(part.min_patch_units, part.attached)
    how = Boundary(edges, part.boundary_weight, part.whole_units, part.core_share, wish)
    return bounded(leaves, limits, locks, new, how, prices, float(stored["gap"]))
