"""Presets of the double evaluation: every table, matrix and correction as data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from zoning.errors import InputError, Text
from zoning.evaluation.tables import Bands, Table

Purpose = str
#: The three evaluations.
PURPOSES = ("ecology", "agriculture", "town")


@dataclass(frozen=True)
class Correction:
    """Classes added for every class of a table or factor; see `zoning.evaluation.tables.correct`.

    With ``among``, the class is 1 plus the number of those factors that are 5.
    """

    name: str
    of: str
    among: tuple[str, ...]
    change: tuple[int, ...]
    lift_only: tuple[int, ...]
    source: str
    evidence: str


@dataclass(frozen=True)
class Screen:
    """A condition that makes land unsuited: above or below a number, or one of some classes."""

    name: str
    role: str
    above: float | None
    below: float | None
    equals: tuple[int, ...]
    known: tuple[int, ...]
    unless: str | None
    source: str
    evidence: str


@dataclass(frozen=True)
class Item:
    """An item of ecological importance: cumulative, conditions, classes or index."""

    name: str
    kind: str
    roles: tuple[str, ...]
    rule: Mapping[str, Any]
    source: str
    evidence: str


@dataclass(frozen=True)
class Flow:
    """How suitability is put together: screens, or matrices and then corrections in order."""

    kind: str
    screens: tuple[Screen, ...] = ()
    land: str = ""
    land_corrections: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    corrections: tuple[str, ...] = ()
    patches: str | None = None


@dataclass(frozen=True)
class PatchRule:
    """How the concentration of patches corrects classes; see `zoning.evaluation.patches`.

    ``cells[class - 1][band of area]`` is the class of the rule ``matrix``.
    """

    rule: str
    classes: tuple[int, ...]
    aggregation_m: float
    shape_below_km2: float
    area: Bands
    area_change: tuple[int, ...]
    cells: tuple[tuple[int, ...], ...]
    shape: Bands
    shape_change: tuple[int, ...]
    evidence: Mapping[str, str]


@dataclass(frozen=True)
class Preset:
    """A preset: tables, factors, matrices, corrections and the flows that use them.

    Examples
    --------
    >>> from zoning.evaluation import load_preset
    >>> load_preset("B").at_scale("province").scale
    'province'
    """

    name: str
    title: Text
    scale: str
    sources: Mapping[str, str]
    tables: Mapping[str, Table]
    factors: Mapping[str, tuple[str, tuple[str, ...]]]
    matrices: Mapping[str, tuple[tuple[int, ...], ...]]
    corrections: Mapping[str, Correction]
    flows: Mapping[str, Flow]
    items: tuple[Item, ...]
    specks_below_m2: float
    ecology_patches: str | None
    patches: Mapping[str, PatchRule]
    relief_m2: float
    data: Mapping[str, Any]

    def at_scale(self, scale: str) -> Preset:
        """Give the preset for a ``"city"`` (city or county) or a ``"province"``."""
        if scale not in ("city", "province"):
            raise InputError.one(
                f"scale is city or province, not {scale!r}", f"尺度应为 city 或 province:{scale}",
                where="evaluation", code="scale",
            )  # fmt: skip
        return replace(self, scale=scale)

    def tables_of(self, name: str) -> tuple[Table, ...]:
        """Tables of a factor (or the table of that name) that hold at this scale."""
        names = self.factors[name][1] if name in self.factors else (name,)
        found = [self.tables[n] for n in names]
        return tuple(t for t in found if t.scale in (None, self.scale))

    def flow(self, purpose: Purpose) -> Flow:
        """Give the flow of ``"agriculture"`` or ``"town"``, or an error if there is none."""
        if purpose in self.flows:
            return self.flows[purpose]
        raise InputError.one(
            f"has no [{purpose}]", f"没有 [{purpose}]", where=f"preset {self.name}", code="no-flow"
        )

    def roles(self, purpose: Purpose) -> dict[str, str]:
        """Rasters that an evaluation reads, and the name of what each is used for.

        Examples
        --------
        >>> from zoning.evaluation import load_preset
        >>> sorted(load_preset("A").roles("agriculture"))
        ['ecology', 'irrigated', 'precipitation', 'slope', 'soil_pollution']
        """
        if purpose == "ecology":
            return {role: item.name for item in self.items for role in item.roles}
        flow = self.flow(purpose)
        found = {s.role: s.name for s in flow.screens}
        found |= {s.unless: s.name for s in flow.screens if s.unless}
        if flow.kind == "matrix":
            for name in self._factor_names(flow):
                found |= {t.role: name for t in self.tables_of(name)}
        return found

    def evidence(self, purpose: Purpose, given: Collection[str]) -> dict[str, str]:
        """Evidence tag of everything that an evaluation applies with the rasters given.

        Examples
        --------
        >>> from zoning.evaluation import load_preset
        >>> load_preset("A").evidence("town", {"slope", "elevation"})
        {'altitude': 'C', 'slope': 'M-high'}
        """
        if purpose == "ecology":
            found = {i.name: i.evidence for i in self.items if set(i.roles) <= set(given)}
            return dict(sorted(found.items()))
        flow = self.flow(purpose)
        found = {s.name: s.evidence for s in flow.screens if s.role in given}
        if flow.kind == "matrix":
            tables = [t for n in self._factor_names(flow) for t in self.tables_of(n)]
            found |= {f"tables.{t.name}": t.evidence for t in tables if t.role in given}
            live = {n for n in self._factor_names(flow) if self._has(n, given)}
            origin = self.data["matrices"]
            found |= {f"matrices.{m}": origin[m]["evidence"] for m, f in flow.steps if f in live}
            for name in (*flow.land_corrections, *flow.corrections):
                fix = self.corrections[name]
                if live & set(fix.among or (fix.of,)):
                    found[f"corrections.{name}"] = fix.evidence
        if flow.patches is not None:
            found |= self.patches[flow.patches].evidence
        return dict(sorted(found.items()))

    def settled(self, given: Collection[str]) -> set[str]:
        """Roles that are not needed, as another one of the same choice is given."""
        choices = [n for n, (how, _) in self.factors.items() if how == "one_of"]
        roles = [{t.role for t in self.tables_of(n)} for n in choices]
        return set().union(*(r for r in roles if r & set(given)))

    def _has(self, name: str, given: Collection[str]) -> bool:
        return any(t.role in given for t in self.tables_of(name))

    def _factor_names(self, flow: Flow) -> list[str]:
        names = [flow.land, *(factor for _, factor in flow.steps)]
        for c in (*flow.land_corrections, *flow.corrections):
            fix = self.corrections[c]
            names += list(fix.among) or [fix.of]
        return names
