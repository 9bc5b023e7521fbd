"""The one place where zones, an account and an allocation become a plan.

A run and every answer to a question call :func:`assemble`. It takes away what an earlier account
and allocation said and says it anew, everywhere at once: units, pieces, places and zones, tables,
checks and the numbers of ``run.json``. So an answer is a plan like that of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning.allocation import Allocation, allocate
from zoning.allocation.goals import allocate_goals, goals_of
from zoning.allocation.grown import allocate_patches
from zoning.allocation.landscape import before_and_after
from zoning.allocation.space import lattice_edges, lattice_sides
from zoning.base import runs
from zoning.capacity import Account, Lock, presolve, settle
from zoning.capacity.reductions import net_new
from zoning.capacity.rules import by_column
from zoning.contribution.parts import Contribution
from zoning.errors import Check, InfeasibleError, InputError
from zoning.ledger import sums
from zoning.ledger.atoms import NONE, OVERLAP
from zoning.pipeline import beside, fairness, patterns, phased, priced, summary
from zoning.pipeline.checks import allocation_checks, certificate_check, no_cap
from zoning.pipeline.contracts import hold
from zoning.plan import Plan

if TYPE_CHECKING:
    from zoning.planfile.models import Config

#: Checks whose names begin so speak of an account or an allocation.
_CHECKS = ("cap.", "new.", "floor.", "presolve.", "allocation.")
#: Tables that do, beside those of :func:`zoning.ledger.sums.account_tables`.
_TABLES = ("landscape", "limits", "allocation_edges")
#: Keys of ``run.json`` that do, and those that stand after them.
_KEYS = ("construction", "allocation", "infeasible", "what_if", "digest", "diff")
_LAST = ("landuse_classes", "notes", "checks", "config", "seconds", "files")


@dataclass(frozen=True)
class Solved:
    """What was found out about construction land.

    Parameters
    ----------
    account : Account or None
        None without land use.
    allocation : Allocation or None
    infeasible : InfeasibleError or None
        Why there is no allocation, where rules cannot hold together.
    locks : sequence of Lock
        Units that questions locked.
    """

    account: Account | None = None
    allocation: Allocation | None = None
    infeasible: InfeasibleError | None = None
    locks: Sequence[Lock] = ()


def offered(pieces: pd.DataFrame) -> pd.DataFrame:
    """Offer free land where exactly one township and a zone are known; elsewhere it is 0."""
    if "reducible_m2" in pieces:  # read back from files, where nothing may go it is empty
        pieces = pieces.assign(reducible_m2=pieces["reducible_m2"].fillna(0).astype("int64"))
    open_ = ~pieces["township"].isin([NONE, OVERLAP]) & pieces["zone"].notna()
    return pieces.assign(free_m2=pieces["free_m2"].where(open_, 0))


def place(
    pieces: pd.DataFrame,
    acc: Account,
    config: Config,
    units: pd.Index,
    cell_m: int,
    locks: Sequence[Lock] = (),
    *,
    gap: float = 0.0,
    seconds: float | None = None,
) -> Allocation:
    """Place new land as ``[allocation]`` says, where one township and a zone are known.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
        All pieces of the plan, with ``zone``.
    acc : Account
    config : Config
    units : Index
        Codes of all units, for their neighbours.
    cell_m : int
        Side of a unit, m.
    locks : sequence of Lock
        Units that a question locks.
    gap, seconds : float, optional
        When branch and bound may stop.

    Raises
    ------
    InfeasibleError
        If the rules cannot hold together.
    """
    part, land = config.allocation, offered(pieces)
    spatial = part.boundary_weight > 0 or part.whole_units or part.min_patch_m2 > 0
    how: dict[str, Any] = {
        "locks": locks, "boundary_weight": part.boundary_weight,
        "edges": lattice_edges(units, cell_m) if spatial else None,
        "whole_units": part.whole_units, "gap": gap, "time_limit": seconds,
        "core_share": part.core_share, "min_patch_units": part.min_patch_units,
        "attached": part.attached,
    }  # fmt: skip
    if part.min_patch_m2:
        if part.goals:
            raise InputError.one(
                "min_patch_m2 cannot be kept with goals one after the other",
                "多目标依次优化时不支持 min_patch_m2", where="[allocation]", code="patches",
            )  # fmt: skip
        return allocate_patches(land, acc.limits, least_m2=part.min_patch_m2, **how)
    if part.goals:
        goals = goals_of(part.goals)
        return allocate_goals(land, acc.limits, goals, within=part.goals_within, **how)
    return allocate(land, acc.limits, **how)


def assemble(
    plan: Plan,
    solved: Solved,
    config: Config,
    *,
    parts: pd.DataFrame | None = None,
    locked: Mapping[str, Sequence[str]] | None = None,
) -> Plan:
    """Make a plan of zones, an account and an allocation.

    Parameters
    ----------
    plan : Plan
        Units, zones and places; what it says of another account or allocation is dropped.
    solved : Solved
    config : Config
        The rules that ``solved`` was found under.
    parts : DataFrame, optional
        The atoms with their sums, as :func:`zoning.ledger.sums.split` gives them; needed with an
        account.
    locked : mapping, optional
        ``lock_out`` and ``lock_in``: units that questions locked, for ``run["what_if"]``.

    Returns
    -------
    Plan
        Complete: new land stands in every table, and every check was made.
    """
    ground = _ground(plan)
    pieces, found, acc = ground.pieces, solved.allocation, solved.account
    if found is not None and pieces is not None:
        land = found.new_m2.reindex(pieces.index).astype("int64")
        pieces = pieces.assign(new_m2=land)
        if found.stages is not None:
            more = found.stages.reindex(pieces.index).astype("int64")
            pieces = pieces.assign(**{c: more[c] for c in more.columns})
        if config.cap.reduction and "reduced_m2" not in pieces:
            pieces = pieces.assign(reduced_m2=0)  # none may go, or locks hold all that may
    units = phased.with_phase(_with_new(ground.units, pieces, "unit"), pieces, config)
    zones = _with_limits(_with_new(ground.zones, pieces, "zone"), acc)
    tables = {**ground.tables, **_tables(ground, solved, config, pieces, units, parts)}
    stages = phased.contribution(units, pieces, config, ground.scheme)
    if acc is not None and found is not None:
        stages += priced.contribution(units, offered(pieces), acc.limits, found.limits)
    checks = (*ground.checks, *_checks(solved, pieces))
    run = _run(ground.run, solved, config, zones, units, pieces, checks)
    if locked is not None:
        run["what_if"] = {k: list(v) for k, v in locked.items()}
    made = replace(
        ground, config=config, units=units, pieces=pieces, zones=zones,
        townships=_with_new(ground.townships, pieces, "township"),
        counties=_with_new(ground.counties, pieces, "county"),
        tables=tables, checks=checks, run=run,
        contributions=(*_with_overlays(plan, units), *stages),
    )  # fmt: skip
    made = replace(
        made,
        contributions=(
            *made.contributions,
            *fairness.contribution(made),
            *patterns.contribution(made),
        ),
    )
    return hold(made)


def _with_overlays(plan: Plan, units: Any) -> tuple[Contribution, ...]:
    """Say anew which overlays stand beside the zones; what wings gave stays."""
    others = [
        c
        for c in plan.contributions
        if c.wing not in (beside.WING, phased.WING, priced.WING, fairness.WING, patterns.WING)
    ]
    return (*others, *beside.contribution(units, plan.scheme))


def _ground(plan: Plan) -> Plan:
    """Take away everything that an account or an allocation said."""

    def bare(frame: Any, *more: str) -> Any:
        columns = ("new_m2", "reduced_m2", "phase", *more)
        return None if frame is None else frame.drop(columns=[*columns], errors="ignore")

    return replace(
        plan,
        units=bare(plan.units),
        pieces=bare(plan.pieces, *(by_column(p.name) for p in plan.config.cap.phase)),
        zones=bare(plan.zones, "cap_m2", "quota_m2"),
        townships=bare(plan.townships),
        counties=bare(plan.counties),
        tables={
            k: t
            for k, t in plan.tables.items()
            if k not in _TABLES and not k.startswith("account_")
        },
        checks=tuple(c for c in plan.checks if not c.check.startswith(_CHECKS)),
        run={k: v for k, v in plan.run.items() if k not in _KEYS},
    )


def _with_new(frame: Any, pieces: pd.DataFrame | None, key: str) -> Any:
    """Add up the new land of the pieces beside the other columns, geometry last."""
    if frame is None or pieces is None or "new_m2" not in pieces:
        return frame
    columns = [c for c in ("new_m2", "reduced_m2") if c in pieces]
    out = frame.assign(**{c: runs.total(pieces[c], pieces[key], frame.index) for c in columns})
    return out[[*out.columns.drop("geometry"), "geometry"]]


def _with_limits(zones: Any, acc: Account | None) -> Any:
    """Put cap and quota of each zone beside its sums, where there are limits."""
    if acc is None or zones is None or not len(acc.zones):
        return zones
    out = zones.copy()
    for column in ("cap_m2", "quota_m2"):
        value = acc.zones[column].reindex(out.index).astype("Int64")
        out.insert(out.columns.get_loc("geometry"), column, value)
    return out


def _tables(
    ground: Plan,
    solved: Solved,
    config: Config,
    pieces: pd.DataFrame | None,
    units: pd.DataFrame,
    parts: pd.DataFrame | None,
) -> dict[str, pd.DataFrame]:
    """Make every table that speaks of construction, from the atoms of the plan."""
    if pieces is None or parts is None:
        return {}
    found: dict[str, pd.DataFrame] = sums.account_tables(pieces, parts, units, ground.name)
    placed = solved.allocation
    if placed is None:
        return found
    edges = lattice_sides(units.index, ground.grid.cell_m)
    core = config.allocation.core_share
    shape = before_and_after(pieces, pieces["new_m2"], edges, ground.grid.cell_m, core)
    found["landscape"] = shape.rename_axis("measure").reset_index()
    found["limits"] = placed.limits
    if placed.edges is not None:
        found["allocation_edges"] = placed.edges
    return found


def _checks(solved: Solved, pieces: pd.DataFrame | None) -> list[Check]:
    """Hold what exists and the new land against every limit, added up again."""
    acc, placed = solved.account, solved.allocation
    if acc is None or pieces is None:
        return []
    # With an allocation the share of ecological and agricultural land is measured after it.
    found = [c for c in acc.checks if placed is None or c.check != "cap.eco_agri"]
    if acc.cap_m2 is None:
        return [*found, no_cap()]
    if placed is not None or solved.infeasible is not None:
        found += presolve(offered(pieces), acc.limits, solved.locks)
    if placed is None:
        return found
    green = int(pieces["eco_agri_m2"].sum()) - int(net_new(pieces).sum())
    found += settle(acc, pieces, pieces["new_m2"], eco_agri_m2=green)
    found += allocation_checks(pieces, acc.cap_m2)
    found.append(certificate_check(placed.certificate))
    return found


def _run(
    before: Mapping[str, Any],
    solved: Solved,
    config: Config,
    zones: Any,
    units: pd.DataFrame,
    pieces: pd.DataFrame | None,
    checks: Sequence[Check],
) -> dict[str, Any]:
    """Write the numbers of ``run.json`` that an account or an allocation decides."""
    run = {k: v for k, v in before.items() if k not in _LAST}
    run["zones"] = summary.zones(zones) if "zone" in units else {}
    run["unzoned"] = summary.unzoned(units, before.get("unzoned") or {})
    if solved.account is not None and pieces is not None:
        run["construction"] = summary.construction(config, solved.account, pieces)
    if solved.allocation is not None:
        run["allocation"] = solved.allocation.as_dict()
    if solved.infeasible is not None:
        run["infeasible"] = [
            {**p.as_dict("en"), "en": p.tell("en"), "zh": p.tell("zh")}
            for p in solved.infeasible.problems
        ]
    there = {
        "cap": solved.account is not None and solved.account.cap_m2 is not None,
        "allocation": solved.allocation is not None,
    }
    run["left_out"] = [p for p in before.get("left_out", ()) if not there.get(p, False)]
    run |= {k: before[k] for k in _LAST if k in before}
    run["checks"] = [c.as_dict() for c in checks]
    run["config"] = config.model_dump(mode="json")
    return run
