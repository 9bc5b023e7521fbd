"""The audit of a plan: from claims to patches, tables, a proposed resolution and checks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from zoning.ledger.atoms import NONE as NO_TOWN
from zoning.ledger.atoms import OVERLAP
from zoning.ledger.tiles import MapBlocks, Picture, in_process
from zoning.review.audit import decisions as decided
from zoning.review.audit.claims import Claims, claims_of
from zoning.review.audit.offset import Shifted, find_shifts
from zoning.review.audit.partition import NOWHERE, measure
from zoning.review.audit.patches import Audited, judge
from zoning.review.audit.resolve import Proposal, precedences, propose, states
from zoning.review.audit.rules import SLIVER, Claim
from zoning.review.audit.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from zoning.plan import Plan


@dataclass(frozen=True)
class Result:
    """What an audit found.

    Parameters
    ----------
    settings : Settings
    claims : Claims
        Who takes part.
    audited : Audited
        The partition.
    patches : DataFrame
        One row for each patch, with its name ``conflict``, places, state and proposal.
    atoms : DataFrame
        The ledger of the audit: ``unit``, ``township``, ``county``, ``sign``, ``patch``,
        ``landuse``, ``kind``, ``level``, ``area_m2``.
    proposals : list of Proposal
        One for each set of claims.
    patch_proposals : list of Proposal
        One for each patch, decisions kept.
    shifts : list of Shifted
    decisions : DataFrame
        With what became of them.
    """

    settings: Settings
    claims: Claims
    audited: Audited
    patches: pd.DataFrame
    atoms: pd.DataFrame
    proposals: list[Proposal]
    patch_proposals: list[Proposal]
    shifts: list[Shifted]
    decisions: pd.DataFrame

    @cached_property
    def before(self) -> dict[tuple[int, int], tuple[Claim, ...]]:
        """Claims of each (set, patch) now."""
        return {k: tuple(self.audited.claims_of(k[0])) for k in self._keys}

    @cached_property
    def after(self) -> dict[tuple[int, int], tuple[Claim, ...]]:
        """Claims of each (set, patch) as proposed and decided."""
        return {
            (s, p): self.proposals[s].after if p < 0 else self.patch_proposals[p].after
            for s, p in self._keys
        }

    @property
    def _keys(self) -> list[tuple[int, int]]:
        pairs = self.atoms[["sign", "patch"]].drop_duplicates()
        return [(int(s), int(p)) for s, p in pairs.itertuples(index=False)]

    @property
    def undecided(self) -> pd.DataFrame:
        """Patches on which a person must say something."""
        p = self.patches
        return p[p["level"].isin(("conflict", "unclassified")) & ~p["state"].isin(decided.DECIDED)]


def audit(
    plan: Plan, plans: gpd.GeoDataFrame | None, settings: Settings, *,
    parks: gpd.GeoDataFrame | None = None, landuse: Picture | None = None,
    decisions: pd.DataFrame | None = None, map_blocks: MapBlocks = in_process,
) -> Result:  # fmt: skip
    """Hold all plans of one land against each other.

    Parameters
    ----------
    plan : Plan
        Gives the city, its townships and units, red lines and other protections.
    plans : GeoDataFrame, optional
        Of :mod:`zoning.inputs.plans`, in the CRS of the plan.
    settings : Settings
    parks : GeoDataFrame, optional
        ``kind`` and ``geometry``.
    landuse : Picture, optional
        Existing land use, for what is planned and not built yet.
    decisions : DataFrame, optional
        Of :func:`zoning.review.audit.decisions.read`.
    map_blocks : callable
        Runs the blocks.

    Returns
    -------
    Result
        The same whatever the order of inputs.
    """
    claims = claims_of(plan, plans, parks)
    shifts = find_shifts(claims, settings.tolerance.offset)
    towns = None if plan.townships is None else plan.townships.geometry.to_numpy()
    city = shapely.union_all(plan.city.geometry.to_numpy())
    found = measure(city, towns, claims, settings.rules, plan.grid, landuse, map_blocks=map_blocks)
    lines = (shapely.boundary(claims.shapes), claims.layer)
    audited = judge(
        found, claims.claims, settings.rules, settings.tolerance, city, plan.grid, lines
    )
    atoms = _placed(audited.atoms, plan)
    patches = _named(audited, atoms, plan)
    reviewed = None if decisions is None else decided.review(decisions, patches)
    return _settle(settings, claims, audited, patches, atoms, shifts, reviewed)


def _placed(atoms: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Give atoms their townships and counties by code."""
    import pandas as pd

    town = atoms["township"].to_numpy()
    codes = np.array([] if plan.townships is None else plan.townships.index, dtype=object)
    county = np.array([] if plan.townships is None else plan.townships["county"], dtype=object)
    there = town >= 0
    names = np.where(town == NOWHERE, NO_TOWN, OVERLAP).astype(object)
    places = names.copy()
    names[there], places[there] = codes[town[there]], county[town[there]]
    out = atoms.drop(columns="township")
    out["unit"] = _units(out["unit"], plan)
    out.insert(1, "township", pd.array(names, dtype="string"))
    out.insert(2, "county", pd.array(places, dtype="string"))
    keys = ["unit", "township", "county", "sign", "patch", "landuse"]
    return out.sort_values(keys, ignore_index=True)


def _units(units: pd.Series, plan: Plan) -> Any:
    """Count ground of units that a plan has left out as slivers with the nearest unit."""
    there = plan.units.index
    gone = sorted(set(units) - set(there))
    if not gone:
        return units.to_numpy()
    at = np.array([plan.grid.locate(u) for u in there])
    near = {u: there[((at - plan.grid.locate(u)) ** 2).sum(axis=1).argmin()] for u in gone}
    return units.replace(near).to_numpy()


def _named(audited: Audited, atoms: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Name patches by a point inside, and say where they lie."""
    import pandas as pd

    patches = audited.patches.copy()
    points = [f"C{x:.0f}-{y:.0f}" for x, y in zip(patches["x"], patches["y"], strict=True)]
    seen: dict[str, int] = {}
    names = []
    for name in points:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    patches.insert(0, "conflict", names)
    patches["claims"] = [
        decided.JOIN.join("=".join(c) for c in audited.claims_of(s)) for s in patches["sign"]
    ]
    patches["rule"] = [audited.matches[s][0].id for s in patches["sign"]]
    mine = atoms[atoms["patch"] >= 0]
    for column in ("township", "county", "unit"):
        by = mine.groupby(["patch", column])["area_m2"].sum().reset_index()
        by = by.sort_values(["patch", "area_m2", column], ascending=[True, False, True])
        groups = by.groupby("patch")[column]
        first = groups.first().reindex(range(len(patches)))
        patches[column] = first.astype("string").to_numpy()
        patches[f"{column}s"] = groups.agg("+".join).reindex(range(len(patches))).to_numpy()
        patches[f"n_{column}s"] = (
            groups.size().reindex(range(len(patches)), fill_value=0).to_numpy(dtype=np.int64)
        )
    zone = plan.units["zone"] if "zone" in plan.units else pd.Series(dtype="string")
    patches["zone"] = zone.reindex(patches["unit"]).astype("string").to_numpy()
    return patches


def _settle(
    settings: Settings, claims: Claims, audited: Audited, patches: pd.DataFrame,
    atoms: pd.DataFrame, shifts: list[Shifted], reviewed: pd.DataFrame | None,
) -> Result:  # fmt: skip
    """Propose who gives way, keep what is decided."""
    import pandas as pd

    ranks = precedences(claims.layers)
    outside = {role: claims.claims[c] for role, c in claims.outside.items()}

    def settle(sign: int, gone: list[Claim] | None = None) -> Proposal:
        return propose(audited.claims_of(sign), audited.matches[sign], settings.order, ranks,
                       outside, gone)  # fmt: skip

    proposals = [settle(s) for s in range(len(audited.signs))]
    own = [proposals[s] for s in patches["sign"]]
    for i in np.flatnonzero((patches["kind"] == SLIVER).to_numpy()).tolist():
        own[i] = Proposal(tuple(audited.claims_of(patches["sign"][i])), (), ())
    said: dict[int, str] = {}
    for name in ("gives_way", "reason", "who", "date"):
        patches[name] = pd.array([pd.NA] * len(patches), dtype="string")
    place = {name: i for i, name in enumerate(patches["conflict"])}
    standing = [] if reviewed is None else reviewed[reviewed["standing"] == "applied"].itertuples()
    for row in standing:
        i = place[row.conflict]
        said[i] = str(row.state)
        for name in ("gives_way", "reason", "who", "date"):
            patches.loc[i, name] = getattr(row, name)
        if pd.notna(row.gives_way):
            sign = int(patches["sign"][i])
            gone = [c for c in audited.claims_of(sign) if c[0] == row.gives_way]
            own[i] = settle(sign, gone)
    patches["proposal"] = [decided.JOIN.join("=".join(c) for c in p.leaves) for p in own]
    patches["state"] = pd.array(states(patches, own, said), dtype="string")
    none = pd.DataFrame(columns=[*decided.COLUMNS, "standing"], dtype="string")
    return Result(settings, claims, audited, patches, atoms, proposals, own, shifts,
                  none if reviewed is None else reviewed)  # fmt: skip
