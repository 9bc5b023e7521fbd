"""Two plans compared: everything that differs, as tables, with the cause of each change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from zoning.errors import Finding
from zoning.plan import Plan
from zoning.review.diff import accounts, causes, places
from zoning.review.diff.again import Progress, inputs_at
from zoning.review.diff.groups import SETTINGS, name_of, settings
from zoning.review.diff.sides import (
    OUTSIDE,
    UNZONED,
    Side,
    hold,
    side_of,
    side_of_list,
)
from zoning.review.diff.walk import OPEN, SAME, Walk, read_walk
from zoning.schemes import load_scheme, scheme_names
from zoning.zones.agreement import agreement, figure_of_merit


@dataclass(frozen=True)
class Diff:
    """What differs between two plans; every table is empty where nothing does.

    Attributes
    ----------
    before, after : Side
        What was read of the two.
    walk : Walk
        The crosswalks that were handed in.
    units : DataFrame, index ``unit``
        Every unit of either plan: ``township``, ``zone_before``, ``zone_after``, ``state``
        (``same``, ``changed``, ``open``), areas in m2, new land before and after, ``cause``,
        ``involved``, ``new_cause``, ``new_involved``.
    matrix : DataFrame
        ``zone_before``, ``zone_after``, ``units``, ``area_m2``; rows and columns add up to the
        tables of the two plans.
    towns : DataFrame
        Every pair of townships, and those that only one of the plans has.
    proposed : DataFrame
        What a crosswalk of townships may say, by overlap: nothing of it is taken without one.
    accounts, shares, limits : DataFrame
        Areas of places, shares of the city, limits and their prices that differ.
    protections : GeoDataFrame
        Protected areas that came, went, moved or changed their level.
    wings : DataFrame
        Cells of the tables of policies and other wings that differ.
    agreement : DataFrame
        Kappa, quantity and allocation disagreement, figures of merit.
    differences : DataFrame
        ``group``, ``key``, ``before``, ``after``: rules and inputs that differ.
    causes : Causes
    """

    before: Side
    after: Side
    walk: Walk
    units: pd.DataFrame
    matrix: pd.DataFrame
    towns: pd.DataFrame
    proposed: pd.DataFrame
    accounts: pd.DataFrame
    shares: pd.DataFrame
    limits: pd.DataFrame
    protections: Any
    wings: pd.DataFrame
    agreement: pd.DataFrame
    differences: pd.DataFrame
    causes: causes.Causes

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What could not be found out, and why."""
        return self.causes.findings

    @property
    def changed(self) -> pd.DataFrame:
        """Units whose zone is another one, or left open by the crosswalk."""
        return self.units[self.units["state"] != SAME]

    @property
    def changed_towns(self) -> pd.DataFrame:
        """Townships of another zone, name, code or boundary."""
        towns = self.towns
        return towns[(towns["state"] != SAME) | (towns["relation"] != "same")]

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return self._same_results and not len(self.differences)

    @property
    def unmoved(self) -> bool:
        """Whether settings or inputs differ, and no result."""
        return self._same_results and len(self.differences) > 0

    @property
    def _same_results(self) -> bool:
        tables = (
            self.changed, self.changed_towns, self.accounts, self.shares, self.limits,
            self.protections, self.wings,
        )  # fmt: skip
        grown = self.units.get("new_difference_m2")
        return not any(map(len, tables)) and (grown is None or not grown.any())

    def wide(self, column: str = "area_m2") -> pd.DataFrame:
        """Lay the transition matrix out: rows are zones before, columns zones after."""
        return places.wide(self.matrix, column, *codes(self.before, self.after, self.units))


def codes(before: Side, after: Side, pairs: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Give the codes of rows and of columns of the matrix, in the order of the schemes."""
    found = []
    for side, column in ((before, "zone_before"), (after, "zone_after")):
        seen = set(pairs[column].unique())
        found.append([*side.scheme.codes, *(c for c in (UNZONED, OUTSIDE) if c in seen)])
    return found[0], found[1]


def compare(
    before: Plan,
    after: Plan | Path,
    crosswalks: Sequence[str | Path] = (),
    *,
    near: tuple[Sequence[Path], Sequence[Path]] = ((), ()),
    why: bool = True,
    progress: Progress | None = None,
) -> Diff:
    """Compare two plans, or a plan with an official list.

    Parameters
    ----------
    before : Plan
    after : Plan or Path
        A plan, or a CSV or XLSX file of townships and their zones.
    crosswalks : sequence of str or Path
        Of zones, of townships.
    near : pair of sequences of Path
        Folders where the inputs of each plan may lie.
    why : bool
        Whether causes are looked for.
    progress : callable, optional
        Told (runs done, runs at most, code of the group that is swapped).

    Returns
    -------
    Diff

    Raises
    ------
    InputError
        Different lattices or places, two schemes without a crosswalk, unknown codes.
    """
    listed = isinstance(after, Path)
    one = side_of(before, by_township=listed)
    schemes = [before.scheme, *(load_scheme(n) for n in scheme_names())]
    two = side_of_list(after, before, schemes) if isinstance(after, Path) else side_of(after)
    hold(one, two)
    walk = read_walk(crosswalks, one, two)
    pairs = places.units(one, two, walk)
    over = places.overlaps(one, two)
    towns = places.townships(one, two, over, walk)
    why = why and two.plan is not None
    found = _causes(before, two.plan if why else None, pairs, towns, walk, near, progress)
    for name, frame in (("", found.units), ("new_", found.new)):
        for column in ("cause", "involved"):
            pairs[f"{name}{column}"] = (
                frame[column].astype(object).reindex(pairs.index, fill_value="")
            )
    for column in ("cause", "involved"):
        towns[column] = found.towns[column].astype(object).reindex(towns.index, fill_value="")
    return Diff(
        before=one, after=two, walk=walk, units=pairs,
        matrix=places.matrix(pairs, *codes(one, two, pairs)), towns=towns,
        proposed=places.proposals(one, two, over, walk),
        accounts=accounts.accounts(one, two, walk), shares=accounts.shares(one, two),
        limits=accounts.limits(one, two), protections=accounts.protections(one, two),
        wings=accounts.wing_tables(one, two), agreement=_agreement(one, two, walk, pairs),
        differences=_differences(found, before, two.plan), causes=found,
    )  # fmt: skip


def _causes(
    before: Plan, after: Plan | None, pairs: pd.DataFrame, towns: pd.DataFrame, walk: Walk,
    near: tuple[Sequence[Path], Sequence[Path]], progress: Progress | None,
) -> causes.Causes:  # fmt: skip
    if after is None:
        return causes.none(pairs, towns)
    folders = inputs_at(before, list(near[0])), inputs_at(after, list(near[1]))
    return causes.find(before, after, pairs, towns, walk, folders, progress)


def _differences(found: causes.Causes, before: Plan, after: Plan | None) -> pd.DataFrame:
    rows = [(g.code, *d) for g in found.groups for d in g.details]
    rows += [(SETTINGS, *d) for d in (settings(before, after) if after is not None else ())]
    return pd.DataFrame(rows, columns=["group", "key", "before", "after"])


def _agreement(one: Side, two: Side, walk: Walk, pairs: pd.DataFrame) -> pd.DataFrame:
    """Measure agreement by area and by units, in the zones of the second plan.

    Units that one of the two does not have or does not zone, and those that a crosswalk leaves
    open, are left out; how much was compared is told.
    """
    before = pairs["zone_before"]
    if walk.zones is not None:
        sole = {z: walk.choices(z)[0] for z in before.unique() if len(walk.choices(z)) == 1}
        before = before.map(sole)
    nowhere = [UNZONED, OUTSIDE]
    kept = before.notna() & ~before.isin(nowhere) & ~pairs["zone_after"].isin(nowhere)
    kept &= pairs["state"] != OPEN
    rows: list[tuple[str, str, str, float]] = []
    weights = {"area_m2": pairs["common_m2"], "units": pd.Series(1, index=pairs.index)}
    for basis, weight in weights.items():
        table = pd.crosstab(
            before[kept], pairs["zone_after"][kept], values=weight[kept], aggfunc="sum"
        ).fillna(0)
        known = [c for c in two.scheme.codes if c in table.index or c in table.columns]
        found = agreement(table.reindex(index=known, columns=known, fill_value=0))
        rows += [(basis, name, "", getattr(found, name))
                 for name in ("overall", "kappa", "quantity", "allocation")]  # fmt: skip
        if basis == "area_m2":
            rows += [(basis, "merit", str(zone), float(v)) for zone, v in found.merit.items()]
    if "new_before_m2" in pairs:
        merit = figure_of_merit(pairs["new_before_m2"], pairs["new_after_m2"])
        rows.append(("new_m2", "merit", "", merit))
    return pd.DataFrame(rows, columns=["basis", "measure", "zone", "value"])


def cause_table(diff: Diff) -> pd.DataFrame:
    """Count what each cause changed.

    Returns
    -------
    DataFrame
        ``cause``, ``units``, ``area_m2`` (of those units), ``townships``, ``new_units``,
        ``new_change_m2`` (new land that came or went); a group that differs and changed nothing
        stands with 0.
    """
    units, towns, found = diff.changed, diff.towns, diff.causes
    order = [g.code for g in found.groups]
    seen = [*units["cause"], *towns["cause"], *diff.units["new_cause"]]
    order += [c for c in dict.fromkeys(seen) if c and c not in order]
    rows = []
    for code in order:
        mine = units[units["cause"] == code]
        grown = diff.units[diff.units["new_cause"] == code]
        change = grown["new_difference_m2"].abs().sum() if len(grown) else 0
        rows.append((code, len(mine), int(mine["common_m2"].sum()),
                     int((towns["cause"] == code).sum()), len(grown), int(change)))  # fmt: skip
    columns = ["cause", "units", "area_m2", "townships", "new_units", "new_change_m2"]
    return pd.DataFrame(rows, columns=columns)


def title_of(code: str, lang: str) -> str:
    """Give the name of a cause or group in a language."""
    return (causes.WORDS.get(code) or name_of(code)).get(lang)
