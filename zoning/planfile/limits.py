"""Parts of ``[cap]`` that a plan states of its own: limits, phases, land that may go."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from zoning.planfile.layers import OWN_SOURCE, Part

Share = Annotated[float, Field(ge=0, le=1)]

#: Evidence of a number that stands in plan.toml without a source.
OWN_EVIDENCE = "own"


def _listed(value: Any) -> Any:
    """Read one code as a list of one."""
    return (value,) if isinstance(value, str) else value


Codes = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class TableColumn(Part):
    """A coefficient that stands in a table of a file."""

    table: str
    """CSV or XLSX, relative to plan.toml."""
    column: str
    """Its column with the coefficient per m² of new land."""
    key: Literal["unit", "township", "county", "class"] = "township"
    """What its rows are about: the column of that name holds unit codes, township codes, county
    codes or zone codes."""


class OwnLimitRule(Part):
    """``[[cap.limit]]``: a limit of the plan's own on what new land takes."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """Its code: small letters, digits and `_`."""
    title: str = ""
    """What people call it; left out, the code."""
    title_zh: str = ""
    """The same in Chinese."""
    of: str | TableColumn = "area"
    """What is counted per m² of new land: `area` (1), `farmland` (the share of the piece's free
    land that is farmland), a column of pieces or units, or `{table = PATH, column = NAME}`."""
    county: Codes = ()
    """Only in these counties; all places that are named must fit. A code that ends in `*` stands
    for all that begin so: `3211*` is the prefecture 3211."""
    township: Codes = ()
    """Only in these townships."""
    zone: Codes = ()
    """Only in units of these zones."""
    overlay: Codes = ()
    """Only in units under these overlays."""
    area: str = ""
    """Only in units of which at least half lies inside the polygons of this file
    (`FILE` or `FILE:layer`)."""
    upper: Annotated[float, Field(ge=0)] | None = None
    """At most so much, in `unit`."""
    lower: Annotated[float, Field(ge=0)] | None = None
    """At least so much."""
    keep_share: Share | None = None
    """At least this share of what exists there must stay: of farmland all that the land use shows,
    of anything else what the free land holds."""
    phase: str = ""
    """Only what is built by the end of this phase counts; left out, all new land does."""
    unit: str = "m2"
    """What is counted, for people; areas are in m²."""
    source: str = OWN_SOURCE
    """Where the rule is written."""
    evidence: str = OWN_EVIDENCE
    """Evidence tag of that source."""


class PhasePart(Part):
    """``[[cap.phase]]``: a phase of the plan (近期、远期), in order; at least two."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """Its code: small letters, digits and `_`."""
    title: str = ""
    """What people call it; left out, the code."""
    title_zh: str = ""
    """The same in Chinese."""
    until: int | None = None
    """Its last year, told on outputs."""
    share: Share | None = None
    """At most this share of the city's headroom is built by its end."""
    upper_m2: Annotated[int, Field(ge=0)] | None = None
    """At most so much new land by its end."""
    lower_m2: Annotated[int, Field(ge=0)] = 0
    """At least so much."""
    quotas: dict[str, Share] = Field(default_factory=dict)
    """Upper limits by zone of what is built by its end, as shares of the headroom."""
    source: str = OWN_SOURCE
    """Where the rule is written."""
    evidence: str = OWN_EVIDENCE
    """Evidence tag of that source."""


class ReductionPart(Part):
    """``[[cap.reduction]]``: existing construction land that may go (减量), in named places."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """Its code: small letters, digits and `_`."""
    title: str = ""
    """What people call it; left out, the code."""
    title_zh: str = ""
    """The same in Chinese."""
    county: Codes = ()
    """Only in these counties (`3211*`: all that begin so); all places that are named must fit. A
    piece belongs to the first reduction that names it."""
    township: Codes = ()
    """Only in these townships."""
    zone: Codes = ()
    """Only in units of these zones."""
    overlay: Codes = ()
    """Only in units under these overlays."""
    area: str = ""
    """Only in units of which at least half lies inside the polygons of this file."""
    share: Share = 1.0
    """Of the existing construction land of each piece, at most so much may go."""
    upper_m2: Annotated[int, Field(ge=0)] | None = None
    """At most so much in all: the quota."""
    lower_m2: Annotated[int, Field(ge=0)] = 0
    """At least so much in all."""
    price: Annotated[float, Field(ge=0, le=10)] = 0.0
    """What giving up one m² costs beyond its own suitability, in suitability (0..1 per m²)."""
    source: str = OWN_SOURCE
    """Where the rule is written."""
    evidence: str = OWN_EVIDENCE
    """Evidence tag of that source."""
