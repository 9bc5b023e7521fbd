"""The rules of plan.toml as the rules of the account."""

from __future__ import annotations

from zoning.capacity import AreaRule, CapRules
from zoning.planfile.models import Config, PlaceRule


def cap_rules(config: Config) -> CapRules:
    """Turn ``[cap]`` into the rules of the account.

    Notes
    -----
    With ``survey_factor`` f, existing land in the cap's survey is f times what the land use says;
    caps are divided by f, so that the account stays in the survey of the land use.
    """
    part = config.cap
    f = part.survey_factor or 1.0
    caps: dict[str, float | str] = {
        z: "existing" if rule.share is None else rule.share / f
        for z, rule in part.zone_caps.items()
    }
    areas = [("county", rule) for rule in part.counties]
    areas += [("township", rule) for rule in part.townships]
    return CapRules(
        share=part.share / f,
        base_area_m2=part.base_area_m2,
        zone_caps=caps,
        quotas={z: rule.share for z, rule in part.quotas.items()},
        zone_basis=part.zone_basis,
        eco_agri_share=part.eco_agri_share.share,
        areas=tuple(_area_rule(kind, rule) for kind, rule in areas),
        sources={
            "share": part.source,
            "zone_caps": "; ".join(sorted({r.source for r in part.zone_caps.values()})),
            "quotas": "; ".join(sorted({r.source for r in part.quotas.values()})),
            "eco_agri_share": part.eco_agri_share.source,
            "base": part.base_source or "planar area of the city",
        },
    )


def _area_rule(kind: str, rule: PlaceRule) -> AreaRule:
    return AreaRule(
        kind="county" if kind == "county" else "township", code=rule.place,
        floor_new_m2=rule.floor_m2, cap_new_m2=rule.cap_m2, cap_share=rule.cap_share,
        source=rule.source,
    )  # fmt: skip
