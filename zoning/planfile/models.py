"""plan.toml as frozen models: strict, with suggestions, all problems at once.

Rules belong to the plan: there is no default cap, quota or floor here. Every number that rules a
plan has a source and an evidence tag beside it; one without is the choice of the plan.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    Field,
    field_serializer,
)

from zoning.planfile.doubt import ErrorsPart
from zoning.planfile.layers import OWN_SOURCE as OWN_SOURCE
from zoning.planfile.layers import InputsPart, Part
from zoning.planfile.limits import OWN_EVIDENCE as OWN_EVIDENCE
from zoning.planfile.limits import OwnLimitRule as OwnLimitRule
from zoning.planfile.limits import PhasePart as PhasePart
from zoning.planfile.limits import ReductionPart as ReductionPart
from zoning.planfile.limits import Share
from zoning.schemes import SchemePart


class PlanPart(Part):
    """``[plan]``: what this plan is called and what must stand on every output."""

    name: str = "plan"
    """Name of the plan, shown on every output."""
    notice: str | None = None
    """A notice that stands on every output, such as "Reconstruction for illustration"."""
    notice_zh: str | None = None
    """The same in Chinese."""
    lang: Literal["zh", "en"] = "zh"
    """Language of files that exist in one language only."""
    map_approval_no: str = ""
    """Map approval number (审图号); empty means: internal use, not reviewed."""
    base_year: int | None = None
    """Year of the existing land use."""


class GridPart(Part):
    """``[grid]``: the lattice."""

    preset: str | None = None
    """Name of a shipped lattice in data/grids, such as "zhenjiang"."""
    crs: str | None = None
    """Projected CRS in metres; left out, it is chosen from the longitude."""
    cell_m: Annotated[int, Field(gt=0, le=100_000)] = 1000
    """Side of a unit in metres."""
    origin_m: tuple[int, int] = (0, 0)
    """A corner of the lattice (x, y) in metres."""
    max_area_error: Annotated[float, Field(gt=0, le=1)] = 0.001
    """Largest local area distortion; a larger one is refused."""
    min_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Units with a smaller share of their square inside the city are slivers."""
    slivers: Literal["keep", "drop", "merge"] = "keep"
    """What happens to slivers: merging moves their area to a neighbour, never geometry."""
    expected_units: int | None = None
    """A published number of units to compare with."""


class ProvincialPart(Part):
    """``[indicators.provincial]``: the ten indicators of the provincial procedure (2008).

    They are made from columns of the townships and from what the run measures (docs/method.md), and
    become columns that a method may read; what cannot be made is missing and told.
    """

    gamma: Annotated[float, Field(ge=0, le=0.05)] = 0.0
    """Part of the inflow that counts as available water, 0 to 0.05."""
    scale: Literal["city", "province"] = "city"
    """Distances of trunk lines and of the location: within a prefecture, or of the procedure."""
    compose: Literal["ratio", "additive", "weighted"] = "ratio"
    """How the index A joins its parts; none of the three is the national formula."""


class IndicatorsPart(Part):
    """``[indicators]``: what townships have, brought to the units."""

    spread: tuple[str, ...] = ()
    """Columns of totals (people, GDP) that are shared out to the units; totals stay exact, and
    the table ``reconciliation`` shows it."""
    by: Literal["built", "area"] = "built"
    """Where they go: onto building land (dasymetric; without any: by area), or evenly."""
    provincial: ProvincialPart | None = None
    """The ten indicators of the provincial procedure, where they are asked for."""


class ZonesPart(SchemePart):
    """``[zones]``: into which zones, how townships are classed, and what lies over them."""

    method: str | dict[str, Any] = "two-matrices"
    """Name of a shipped method, a TOML file, or the method itself as a table."""
    crosswalk: str | dict[str, Any] | None = None
    """From the zones that the method speaks of to those of the scheme, where they differ: a shipped
    name, a TOML or CSV file, or the crosswalk itself as a table."""
    contiguity: bool = False
    """Whether enclaves with a small margin join the class around them (each switch is logged)."""
    contiguity_margin: Share = 0.05
    """Largest margin of a township that joins its neighbours (our choice: 5 %)."""
    overrides: str | None = None
    """File of decisions (CSV, XLSX, TOML or GeoPackage) that are applied last."""
    compare: tuple[str, ...] = ()
    """Other methods whose classes stand beside, with agreement and what goes to review."""


class RedlinesPart(Part):
    """``[redlines]``: what was published, to compare with."""

    none: bool = False
    """There are no red lines here. Without this, a missing layer means: not known."""

    expected_areas: int | None = None
    """Published number of areas."""
    published_union_m2: int | None = None
    """Published area of all red lines together."""
    source: str = ""
    """Where these numbers stand."""


class ShareRule(Part):
    """A share with its source."""

    share: Share
    """The share."""
    source: str = OWN_SOURCE
    """Title, number and date of the document; without one the number is the plan's choice."""
    evidence: str = OWN_EVIDENCE
    """Evidence tag of that source: S, C, M-high, M-med, M-low, I or own."""


class ZoneCap(Part):
    """A cap on construction in one zone: a share, or what exists."""

    share: Annotated[Share | None, BeforeValidator(lambda v: None if v == "existing" else v)] = None
    """Largest built share; "existing", or left out: nothing new is built."""
    source: str = OWN_SOURCE
    """Where the rule is written."""
    evidence: str = OWN_EVIDENCE
    """Evidence tag of that source."""

    @field_serializer("share")
    def _said(self, share: float | None) -> float | str:
        return "existing" if share is None else share


class PlaceRule(Part):
    """A floor and a cap of construction land in one county or township."""

    place: str
    """Code of the county or township."""
    floor_m2: Annotated[int, Field(ge=0)] = 0
    """At least this much new land."""
    cap_m2: Annotated[int, Field(ge=0)] | None = None
    """At most this much new land."""
    cap_total_m2: Annotated[int, Field(ge=0)] | None = None
    """At most this much construction, existing and new together, in the survey of the cap."""
    cap_share: Share | None = None
    """At most this built share, existing and new together, in the survey of the cap."""
    source: str = OWN_SOURCE
    """Where the rule is written."""
    evidence: str = OWN_EVIDENCE
    """Tag of evidence of the rule."""


def _short(rule: Any) -> Any:
    """Read the short forms of a rule: ``0.30``, ``"existing"``, and ``"none"`` for none."""
    plain = isinstance(rule, int | float | str) and not isinstance(rule, bool)
    if rule == "none" or (isinstance(rule, dict) and rule.get("share") == "none"):
        return None  # whatever source a template left beside it
    return {"share": rule} if plain else rule


class PublishedPart(Part):
    """``[published]``: what a published plan says, to compare with; it rules nothing here."""

    zone_caps: dict[str, ShareRule] = Field(default_factory=dict)
    """Largest built share of a zone as published; a zone that exceeds it is named."""


class CapPart(Part):
    """``[cap]``: how much construction space there may be.

    Nothing is assumed: without ``share`` there is the account of existing land, no cap and no
    allocation. `zoning init` writes rules to start from.
    """

    share: Share | None = None
    """Construction space as a share of the base; left out, there is no cap."""
    source: str = OWN_SOURCE
    """Source of the cap; without one it is the plan's choice."""
    evidence: str = OWN_EVIDENCE
    """Evidence tag of that source."""
    base_area_m2: Annotated[int, Field(gt=0)] | None = None
    """Area the share applies to; left out, the planar area of the city."""
    base_source: str = ""
    """Source of the base area; required with ``base_area_m2``."""
    survey: str = ""
    """Survey of the cap; it must be that of the land use, unless ``survey_factor`` is given."""
    survey_factor: Annotated[float, Field(gt=0)] | None = None
    """Existing land in the survey of the land use, times this, is existing land in the survey
    of the cap. Every cap on existing and new land together (city, zones, counties, townships) is
    divided by it, so that the account stays in one survey; new land counts as stated."""
    zone_caps: dict[str, Annotated[ZoneCap | None, BeforeValidator(_short)]] = Field(
        default_factory=dict
    )
    """Caps of the zones, each for itself; a zone that is not named has none, and stays closed if
    it is one that takes no new land. Short forms: `key = 0.30`, `balance = "existing"`, and
    `moderate = "none"` (or `share = "none"` in its table) to say that none is meant; new land where
    the zone takes none fails a check all the same."""
    quotas: dict[str, Annotated[ShareRule | None, BeforeValidator(_short)]] = Field(
        default_factory=dict
    )
    """Upper limits of new land by zone, as shares of the headroom; `key = 0.55`, or "none"."""
    zone_basis: Literal["unit", "township"] = "unit"
    """Whether caps and quotas of zones bind on the unit's zone or on its township's class."""
    eco_agri_share: Annotated[ShareRule | None, BeforeValidator(_short)] = None
    """Least share of ecological and agricultural space; left out, there is none."""
    counties: tuple[PlaceRule, ...] = ()
    """Floors and caps of new land by county."""
    townships: tuple[PlaceRule, ...] = ()
    """Floors and caps of new land by township."""
    limit: tuple[OwnLimitRule, ...] = ()
    """Limits of the plan's own, on anything that new land takes, in any places."""
    phase: tuple[PhasePart, ...] = ()
    """Phases in order, each with all land of the one before; the last holds all new land."""
    reduction: tuple[ReductionPart, ...] = ()
    """Existing construction land that may go; it returns to the caps on all construction."""


class AllocationPart(Part):
    """``[allocation]``: where the remaining land goes."""

    enabled: bool = True
    """Whether new land is allocated."""
    boundary_weight: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the boundary (lambda): km2 of suitability that one km of boundary is worth."""
    whole_units: bool = False
    """Whether a unit is built up as a whole or not at all."""
    core_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Units built above this share count as chosen for the boundary (our choice)."""
    min_patch_units: Annotated[int, Field(ge=1)] = 1
    """With whole units: smallest number of units of a patch (kept, not proved best)."""
    min_patch_m2: Annotated[int, Field(ge=0)] = 0
    """With fractions of units: least new land of a patch, m2, where it does not touch what is built
    (kept, not proved best; the gap is told). 0: any."""
    attached: bool = False
    """With whole units: new units touch what is built (kept, not proved best)."""
    goals: tuple[Annotated[str, Field(pattern=r"^(most|least) [a-z][a-z0-9_]*$")], ...] = ()
    """Goals one after the other, such as `["most area", "least farmland"]`: `most` or `least` of
    `area`, `farmland`, `suitability` or what a `[[cap.limit]]` counts; the most suitability comes
    last."""
    goals_within: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of what a goal reached that later goals may take of it."""


class AuditPart(Part):
    """``[audit]``: how ``[[inputs.plans]]`` are held against each other; see docs/review.md."""

    order: str = "2019"
    """Which of the three lines goes before the others: `2019` (red line, basic farmland, growth
    boundary), `2022` (basic farmland first), or a TOML file of your own."""
    rules: str | None = None
    """A matrix of rules in place of the shipped one (data/review/rules.toml)."""
    tolerance: str | None = None
    """Widths and areas that tell slivers from conflicts, in place of data/review/tolerance.toml."""
    decisions: str | None = None
    """File of decisions on conflicts: conflicts.gpkg as edited in QGIS, or CSV or XLSX."""


Withheld = Literal["redline", "core", "basic_farmland", "heritage", "water", "lock", "farmland"]
#: What may be kept back: kinds of protections, and farmland of the land use.
WITHHELD: tuple[Withheld, ...] = get_args(Withheld)


class OutputsPart(Part):
    """``[outputs]``: which files a run leaves beside plan.gpkg, units.parquet and run.json."""

    qgis: bool = True
    """plan.qgz, the styled QGIS project."""
    map: bool = True
    """map.html, the map for a browser without network."""
    ladder: bool = False
    """Whether the map carries the plan under 41 caps, each solved, for a slider (some 20 s for
    4,000 units; up to 107,000 units)."""
    patterns: bool = False
    """Whether it is told how new land and zones cluster on the map (Moran's I, LISA)."""
    tables: bool = False
    """tables.xlsx, one sheet per official table."""
    report: bool = False
    """report.docx."""
    withhold: tuple[Withheld, ...] = ()
    """Kinds of restricted land (`redline`, `core`, `basic_farmland`, `heritage`, `water`, `lock`,
    `farmland`) of which maps, reports, tables, sheets and exports hold nothing. The folder of the
    plan (plan.gpkg, plan.qgz, parquet, run.json) stays its whole record, not to be handed out."""


class ReportPart(Part):
    """``[report]``: how the report looks and what stands in it; see docs/report.md."""

    template: str | None = None
    """A house template (.docx) for report.docx: its page, styles, heads and words stay; the report
    stands where it says `{{report}}`, else behind its words."""
    outline: str = "full"
    """Chapters in their order: `full`, `township` (titles after the national guide), or a TOML
    file of your own."""


class PolicyPart(Part):
    """``[[policies]]``: a policy that is part of the run; see docs/policies.md."""

    file: str
    """A policy file, or the name of a shipped one (``zoning policy list``)."""
    parameters: dict[str, float | str] = Field(default_factory=dict)
    """Other values for its parameters, in the units of the file."""
    tables: dict[str, str] = Field(default_factory=dict)
    """Files for its tables."""
    groups: dict[str, dict[str, str]] = Field(default_factory=dict)
    """What the codes of this plan count as, such as ``groups.group = { z1 = "develop" }``."""
    examples: bool = False
    """Whether tables without a file take the example that ships with the policy."""


class Config(Part):
    """The whole of plan.toml.

    Examples
    --------
    >>> Config.model_validate({"grid": {"cell_m": 500}}).grid.cell_m
    500
    """

    plan: PlanPart = PlanPart()
    grid: GridPart = GridPart()
    inputs: InputsPart = InputsPart()
    indicators: IndicatorsPart = IndicatorsPart()
    zones: ZonesPart = ZonesPart()
    redlines: RedlinesPart = RedlinesPart()
    published: PublishedPart = PublishedPart()
    cap: CapPart = CapPart()
    allocation: AllocationPart = AllocationPart()
    audit: AuditPart = AuditPart()
    errors: ErrorsPart = ErrorsPart()
    policies: tuple[PolicyPart, ...] = ()
    outputs: OutputsPart = OutputsPart()
    report: ReportPart = ReportPart()
