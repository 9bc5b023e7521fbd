"""Every table of a plan held against its contract, and what the wings gave against its rules.

Called where a plan is put together (a run, an answer) and where it is read back from a folder,
which people may have edited in QGIS.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zoning.base.keys import keyed
from zoning.base.tables import CONTRACTS
from zoning.contribution.rules import check
from zoning.errors import Problem, raise_all

if TYPE_CHECKING:
    from zoning.plan import Plan


def broken(plan: Plan) -> list[Problem]:
    """List everything that a table of the plan holds and must not, or lacks.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    list of Problem
        Empty for a plan as it must be.
    """
    found = []
    for name, contract in CONTRACTS.items():
        frame = getattr(plan, name, None)
        if frame is not None:
            found += contract.check(frame, zones=tuple(plan.scheme.codes))
    layers = ("city", "units", "zones", "townships", "counties", "redlines", "allocation")
    taken = {*layers, *CONTRACTS, *plan.tables}
    return found + check(plan.contributions, plan.units.index, taken)


def hold(plan: Plan) -> Plan:
    """Give the plan back, its keys held as numbers, if every contract holds.

    Raises
    ------
    InputError
        With everything that is broken.
    """
    raise_all(broken(plan))
    index, zones = plan.units.index, plan.scheme.codes
    units = keyed(plan.units, index, zones)
    pieces = None if plan.pieces is None else keyed(plan.pieces, index, zones)
    same = units is plan.units and pieces is plan.pieces
    return plan if same else replace(plan, units=units, pieces=pieces)
