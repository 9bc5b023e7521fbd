"""The rules that plan.toml states, as the account reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from zoning.base.names import by_code
from zoning.capacity.rules import AreaRule, CapRules, OwnLimit, PhaseRule, ReductionRule
from zoning.capacity.titles import called
from zoning.errors import Text
from zoning.schemes import scheme_of

if TYPE_CHECKING:
    import pandas as pd

    from zoning.planfile.models import (
        Config,
        OwnLimitRule,
        PhasePart,
        PlaceRule,
        ReductionPart,
    )

#: What the cap is a share of where no base is stated.
BASE = "planar area of the city"


def cap_rules(config: Config, *places: pd.DataFrame | None) -> CapRules:
    """Turn ``[cap]`` into the rules of the account; what the plan does not state is no rule.

    Shares and totals stay as they are stated; the account converts them to the survey of the land
    use where ``survey_factor`` is given (see `CapRules.converted`).

    Parameters
    ----------
    config : Config
    *places : DataFrame or None
        Counties and townships with ``name``, by which rules call them; without, by code.

    Examples
    --------
    >>> from zoning.planfile.models import Config
    >>> cap_rules(Config()).share is None
    True
    >>> config = Config.model_validate({"cap": {"share": 0.27, "zone_caps": {"key": 0.3}}})
    >>> cap_rules(config).zone_caps, cap_rules(config).sources["share"]
    ({'key': 0.3}, 'choice of this plan')
    """
    part = config.cap
    names = by_code(*places)
    zone_caps: dict[str, float | str | None] = {}
    sources = {"base": part.base_source or BASE}
    if part.share is not None:
        sources["share"] = part.source
    for zone, cap in part.zone_caps.items():
        if cap is None:
            zone_caps[zone] = None
        else:
            zone_caps[zone] = "existing" if cap.share is None else cap.share
            sources[f"zone_caps.{zone}"] = cap.source
    quotas = {}
    for zone, quota in part.quotas.items():
        if quota is not None:
            quotas[zone] = quota.share
            sources[f"quotas.{zone}"] = quota.source
    eco = part.eco_agri_share
    if eco is not None:
        sources["eco_agri_share"] = eco.source
    return CapRules(
        share=part.share,
        base_area_m2=part.base_area_m2,
        survey_factor=part.survey_factor or 1.0,
        zone_caps=zone_caps,
        quotas=quotas,
        zone_basis=part.zone_basis,
        eco_agri_share=None if eco is None else eco.share,
        areas=(
            *(_area_rule("county", rule, names) for rule in part.counties),
            *(_area_rule("township", rule, names) for rule in part.townships),
        ),
        own=tuple(_own(rule, part.phase) for rule in part.limit),
        phases=tuple(_phase(rule) for rule in part.phase),
        reductions=tuple(_reduction(rule) for rule in part.reduction),
        scheme=scheme_of(config.zones),
        sources=sources,
    )


def _area_rule(
    kind: Literal["county", "township"], rule: PlaceRule, names: Mapping[str, str]
) -> AreaRule:
    name = names.get(rule.place, "")
    return AreaRule(
        kind=kind, code=rule.place, name=Text(name, name), floor_new_m2=rule.floor_m2,
        cap_new_m2=rule.cap_m2, cap_total_m2=rule.cap_total_m2,
        cap_share=rule.cap_share, source=rule.source,
    )  # fmt: skip


def _places(rule: OwnLimitRule | ReductionPart) -> dict[str, tuple[str, ...]]:
    named = {"county": rule.county, "township": rule.township, "zone": rule.zone,
             "overlays": rule.overlay}  # fmt: skip
    if rule.area:
        named[f"area_{rule.name}"] = ("in",)
    return {column: codes for column, codes in named.items() if codes}


def _own(rule: OwnLimitRule, phases: Sequence[PhasePart]) -> OwnLimit:
    table = rule.of
    # By the end of the last phase stands all new land.
    last = bool(phases) and rule.phase == phases[-1].name
    return OwnLimit(
        name=rule.name,
        of=table if isinstance(table, str) else table.column,
        table=() if isinstance(table, str) else (table.table, table.column, table.key),
        places=_places(rule),
        upper=rule.upper, lower=rule.lower, keep=rule.keep_share, unit=rule.unit,
        source=rule.source, title=called(rule), phase="" if last else rule.phase,
    )  # fmt: skip


def _phase(rule: PhasePart) -> PhaseRule:
    return PhaseRule(
        rule.name, rule.upper_m2, rule.lower_m2, rule.share, dict(rule.quotas), rule.until,
        rule.source, called(rule),
    )  # fmt: skip


def _reduction(rule: ReductionPart) -> ReductionRule:
    return ReductionRule(
        rule.name, _places(rule), rule.share, rule.upper_m2, rule.lower_m2, rule.price,
        rule.source, called(rule),
    )  # fmt: skip
