"""Questions to a finished plan: another cap, weight, lock or quota, and what each rule costs.

Everything starts from the written plan: pieces, ledger and rules. Zones stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning import accounts, ledger, zones
from zoning.allocation import Allocation, allocate, what_if
from zoning.allocation.bounded import Boundary
from zoning.allocation.export import write_lp, write_mps
from zoning.allocation.marxan import write_marxan
from zoning.allocation.prices import PriceList, prices
from zoning.allocation.programme import programme
from zoning.allocation.space import lattice_edges
from zoning.capacity import Account, Lock, account, settle
from zoning.checks import allocation_checks, certificate_check
from zoning.config import Config
from zoning.errors import InputError
from zoning.grid import GridSpec
from zoning.landuse import load_classes
from zoning.ledger import NONE, OVERLAP
from zoning.pipeline import cap_rules
from zoning.plan import Plan

if TYPE_CHECKING:
    import geopandas as gpd


@dataclass(frozen=True)
class Question:
    """What is asked; what is left out stays as in the plan.

    Parameters
    ----------
    cap : float, optional
        Share of the cap.
    weight : float, optional
        Weight of the boundary (lambda): km2 of suitability that one km of boundary is worth.
    quotas : mapping of zone to share, optional
    lock_out, lock_in : sequence of unit codes
        Units that stay as they are, or whose free land is all built.
    whole_units : bool, optional
    """

    cap: float | None = None
    weight: float | None = None
    quotas: Mapping[str, float] | None = None
    lock_out: Sequence[str] = ()
    lock_in: Sequence[str] = ()
    whole_units: bool | None = None


def ask(plan: Plan, question: Question) -> tuple[Account, Allocation]:
    """Make the allocation again under other rules.

    Raises
    ------
    InputError
        If the plan has no construction account, or a unit is unknown.
    InfeasibleError
        If the rules cannot hold together.
    """
    acc, leaves = account_of(plan, _changed(plan.config, question))
    part = plan.config.allocation
    weight = part.boundary_weight if question.weight is None else question.weight
    whole = part.whole_units if question.whole_units is None else question.whole_units
    locks = [
        Lock(f"what-if-{kind}", kind, tuple(units))  # type: ignore[arg-type]
        for kind, units in (("out", question.lock_out), ("in", question.lock_in))
        if units
    ]
    unknown = sorted({u for lock in locks for u in lock.units} - set(plan.units.index))
    if unknown:
        raise InputError.one(
            f"unknown units: {', '.join(unknown[:5])}", f"未知单元:{'、'.join(unknown[:5])}",
            where="lock", code="unknown-unit",
        )  # fmt: skip
    return acc, allocate(
        leaves, acc.limits, locks=locks, lambda_=weight, whole_units=whole,
        edges=_edges(plan, weight, whole), core_share=part.core_share,
    )  # fmt: skip


def _edges(plan: Plan, weight: float, whole: bool) -> pd.DataFrame | None:
    if weight <= 0 and not whole:
        return None
    return lattice_edges(plan.units.index, plan.grid.cell_m)


def _changed(config: Config, question: Question) -> Config:
    cap = config.cap
    if question.cap is not None:
        cap = cap.model_copy(update={"share": question.cap, "source": "what if"})
    if question.quotas:
        quotas = dict(cap.quotas)
        for zone, share in question.quotas.items():
            if zone not in quotas:
                raise InputError.one(
                    f"no quota for '{zone}'", f"“{zone}”没有配额", where="--quota", code="quota",
                    remedy=("zones: " + ", ".join(quotas), "可用分区:" + "、".join(quotas)),
                )  # fmt: skip
            quotas[zone] = quotas[zone].model_copy(update={"share": share, "source": "what if"})
        cap = cap.model_copy(update={"quotas": quotas})
    return config.model_copy(update={"cap": cap})


def account_of(plan: Plan, config: Config | None = None) -> tuple[Account, pd.DataFrame]:
    """Draw up the account of a written plan again; give it with the pieces that may be built on.

    Raises
    ------
    InputError
        If the plan has no land use or no zones.
    """
    leaves = plan.pieces
    if leaves is None or "free_m2" not in leaves or "zone" not in leaves:
        raise InputError.one(
            "the plan has no construction account: it lacks land use or townships",
            "本方案没有建设用地台账:缺少用地或乡镇数据", where=plan.name, code="no-account",
        )  # fmt: skip
    leaves = leaves.assign(
        zone=leaves["zone"].astype("string"), township_zone=leaves["township_zone"].astype("string")
    )
    config = config or plan.config
    green = int(leaves["eco_agri_m2"].sum())
    acc = account(leaves, cap_rules(config), int(plan.run["area_m2"]["city"]), eco_agri_m2=green)
    open_ = ~leaves["township"].isin([NONE, OVERLAP]) & leaves["zone"].notna()
    return acc, leaves.assign(free_m2=leaves["free_m2"].where(open_, 0))


def released(plan: Plan) -> pd.DataFrame:
    """Find the land that one red line or one lock alone keeps from being built.

    Returns
    -------
    DataFrame
        ``rule_code``, ``kind`` (redline, lock), ``piece``, ``released_m2`` (int64, m2),
        ``suitability`` (of the unit, as in the plan) and ``township_zone``: the class of the
        township where the unit is ecological balance only through this red line, else ``<NA>``.

    Notes
    -----
    An atom is freed by an area only if no other area, no lock and no use keeps it: land under two
    red lines is freed by neither alone.
    """
    landuse = plan.config.inputs.landuse
    classes = load_classes(
        rural_roads_are_construction=bool(landuse and landuse.rural_roads_are_construction)
    )
    use = classes.reindex(plan.ledger["landuse"].to_numpy())
    buildable = (
        use["group"].notna().to_numpy()
        & ~use["built"].eq(True).to_numpy()
        & ~use["water"].eq(True).to_numpy()
        & ~plan.ledger["township"].isin([NONE, OVERLAP]).to_numpy()
    )
    atoms = plan.ledger[buildable]
    alone = _alone(plan.red_sets)
    red = atoms[(atoms["lock"] == "") & atoms["red_set"].isin(alone)]
    by_red = red.assign(rule_code=red["red_set"].map(alone), kind="redline")
    locked = atoms[(atoms["lock"] != "") & ~atoms["lock"].str.contains("+", regex=False)]
    locked = locked[locked["red_level"] == 0]
    by_lock = locked.assign(rule_code=locked["lock"], kind="lock")
    keys = ["kind", "rule_code", "unit", "township"]
    table = pd.concat([by_red, by_lock]).groupby(keys)["area_m2"].sum().reset_index()
    table = table.rename(columns={"area_m2": "released_m2"})
    turned = _turned(plan, alone)
    # Units that leave balance draw all their pieces along, also those without released land.
    table = table.merge(turned, on=["kind", "rule_code", "unit", "township"], how="outer")
    table["released_m2"] = table["released_m2"].fillna(0).astype("int64")
    table["piece"] = table["unit"] + "|" + table["township"]
    table = pd.concat([table, _nothing(plan, table)], ignore_index=True)
    table["suitability"] = table["unit"].map(plan.units["suitability"])
    table = table.sort_values(["kind", "rule_code", "piece"], ignore_index=True)
    return table[["rule_code", "kind", "piece", "released_m2", "suitability", "township_zone"]]


def _nothing(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Give one empty row for each area that frees nothing, so that it has its price of 0."""
    codes = set(plan.red_sets["area_code"]) - set(table["rule_code"])
    first = plan.pieces.iloc[0]  # type: ignore[union-attr]
    rows = [
        {"kind": "redline", "rule_code": code, "unit": first["unit"], "released_m2": 0,
         "township": first["township"], "piece": f"{first['unit']}|{first['township']}"}
        for code in sorted(codes)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=table.columns)


def _alone(red_sets: pd.DataFrame) -> dict[int, str]:
    """Give the sets that consist of one area, whatever its levels."""
    found = red_sets.groupby("red_set")["area_code"].agg(["nunique", "first"])
    one = found[found["nunique"] == 1]["first"]
    return {int(k): str(v) for k, v in one.items()}


def _turned(plan: Plan, alone: Mapping[int, str]) -> pd.DataFrame:
    """List the pieces of units that are balance only through one red line."""
    atoms = plan.ledger
    mine = atoms[atoms["red_set"].isin(alone) & ~atoms["core"]]
    through = mine.assign(rule_code=mine["red_set"].map(alone))
    through = through.groupby(["unit", "rule_code"])["area_m2"].sum().reset_index()
    units = plan.units.loc[through["unit"]]
    left = units["protected_m2"].to_numpy() - through["area_m2"].to_numpy()
    below = left < plan.config.zones.balance_share * units["area_m2"].to_numpy()
    was = (units["zone"].eq("balance") & units["zone_reason"].eq("redline")).fillna(False)
    through = through[below & was.to_numpy(dtype=bool)]
    rows = plan.pieces[["unit", "township"]].merge(through, on="unit")  # type: ignore[index]
    rows["township_zone"] = rows["unit"].map(plan.units["township_zone"])
    return rows.assign(kind="redline")[["kind", "rule_code", "unit", "township", "township_zone"]]


def price_list(
    plan: Plan, *, weight: float | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> PriceList:  # fmt: skip
    """Price every red line, cap, quota, floor and lock of a plan; see `zoning.allocation.prices`.

    Parameters
    ----------
    weight : float, optional
        Weight of the boundary; by default that of the plan.
    progress : callable, optional
        Called with (done, all, code).
    """
    acc, leaves = account_of(plan)
    weight = plan.config.allocation.boundary_weight if weight is None else weight
    how: dict[str, Any] = {"lambda_": weight, "edges": _edges(plan, weight, False)}
    return prices(leaves, acc.limits, released(plan), progress=progress, **how)


def with_allocation(plan: Plan, acc: Account, found: Allocation) -> Plan:
    """Give the plan with another account and allocation, checked again.

    Zones stay; what ``run.json`` says of construction, allocation and their checks is new.
    """
    if plan.pieces is None:
        return plan
    pieces = plan.pieces.assign(new_m2=found.new_m2.reindex(plan.pieces.index).astype("int64"))
    new = pieces.groupby("unit")["new_m2"].sum()
    units = plan.units.copy()
    units["new_m2"] = new.reindex(units.index, fill_value=0).astype("int64")
    shapes = accounts.describe_zones(units, plan.city.geometry.iloc[0], acc.zones)
    total, green = int(new.sum()), int(pieces["eco_agri_m2"].sum())
    checks = [c for c in plan.checks if not c.check.startswith(("cap.", "new.", "allocation."))]
    checks += [*acc.checks, *settle(acc, pieces, pieces["new_m2"], eco_agri_m2=green - total)]
    checks += allocation_checks(pieces, acc.cap_m2)
    checks.append(certificate_check(found.certificate))
    construction = {
        **plan.run["construction"], "cap_share": acc.rules.share, "cap_m2": acc.cap_m2,
        "headroom_m2": acc.headroom_m2, "new_m2": total,
        "share": (acc.existing_m2 + total) / acc.base_m2,
        "eco_agri_share": (green - total) / int(pieces["area_m2"].sum()),
    }  # fmt: skip
    zones_now = {
        z: {**r, "new_m2": int(shapes.at[z, "new_m2"])} for z, r in plan.run["zones"].items()
    }
    run = {
        **plan.run, "zones": zones_now, "construction": construction,
        "allocation": found.as_dict(), "checks": [c.as_dict() for c in checks],
    }  # fmt: skip
    tables = {**plan.tables, "limits": found.limits}
    return replace(
        plan, units=units, pieces=pieces, zones=shapes, tables=tables, checks=tuple(checks), run=run
    )


def zones_on(plan: Plan, grid: GridSpec) -> gpd.GeoDataFrame:
    """Zone the city of a plan on another lattice, with the township classes it has.

    Returns
    -------
    GeoDataFrame, index ``unit``
        ``zone`` and the whole squares of ``grid``.

    Raises
    ------
    InputError
        If the plan has other protected cores, whose shapes a plan folder does not keep.
    """
    if plan.ledger["core"].any() or plan.townships is None:
        raise InputError.one(
            "other lattices cannot be tried: the plan lacks townships, or has protected cores "
            "whose shapes its folder does not keep",
            "无法在其他网格上检验:方案缺少乡镇,或含有未随方案保存形状的其他保护核心区",
            where=plan.name, code="no-lattice",
        )  # fmt: skip
    layers = ledger.Layers(plan.city.geometry.iloc[0], plan.townships, plan.redlines)
    books = ledger.build(layers, grid)
    marked = accounts.mark(books.atoms, None)
    units, _ = accounts.describe_units(books, marked, plan.townships["name"])
    assigned = zones.assign_units(
        units, plan.townships, balance_share=plan.config.zones.balance_share
    )
    return units[["area_m2", "geometry"]].assign(zone=assigned["zone"])


def curves(plan: Plan, base: Allocation) -> dict[str, pd.DataFrame]:
    """Make the cap ladder, the trade-off curve and the worth of a hectare per county.

    Returns
    -------
    dict of DataFrame
        ``cap_ladder``, ``trade_off``, ``worth_of_a_hectare``: see `zoning.allocation.what_if`.
    """
    acc, leaves = account_of(plan)
    edges = lattice_edges(plan.units.index, plan.grid.cell_m)
    city_m2 = int(plan.run["area_m2"]["city"])
    return {
        "cap_ladder": what_if.cap_ladder(leaves, cap_rules(plan.config), city_m2),
        "trade_off": what_if.trade_off(leaves, acc.limits, edges),
        "worth_of_a_hectare": what_if.worth_of_a_hectare(leaves, acc.limits, base),
    }


def write_problem(plan: Plan, to: str, folder: Path, *, weight: float | None = None) -> list[Path]:
    """Write the exact question of the allocation, so that others can check our optimum.

    Parameters
    ----------
    to : {"mps", "lp", "marxan"}
        MPS and LP are read by most solvers. Marxan knows whole units and, of limits, only what a
        cap says of its complement; what cannot be said in its terms is refused with the reason.
    weight : float, optional
        Weight of the boundary; by default that of the plan.

    Returns
    -------
    list of Path
    """
    acc, leaves = account_of(plan)
    part = plan.config.allocation
    weight = part.boundary_weight if weight is None else weight
    whole = part.whole_units or to == "marxan"
    how = Boundary(
        lattice_edges(plan.units.index, plan.grid.cell_m), weight, whole, part.core_share
    )
    folder.mkdir(parents=True, exist_ok=True)
    if to == "marxan":
        return [write_marxan(leaves, acc.limits, folder / "marxan", how=how)]
    question = programme(leaves, acc.limits, how=how if weight > 0 or whole else None)
    write = write_mps if to == "mps" else write_lp
    return [write(question, folder / f"allocation.{to}")]
