"""``[inputs.*]`` of plan.toml as frozen models: where the planner's files are, how to read them."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from zoning.planfile.neighbours import NeighbourLayer
from zoning.planfile.part import OWN_SOURCE as OWN_SOURCE
from zoning.planfile.part import Column as Column
from zoning.planfile.part import Layer as Layer
from zoning.planfile.part import Mapped
from zoning.planfile.part import Part as Part


class CountyLayer(Layer):
    """``[inputs.counties]``."""

    code: str = "code"
    """Column of the county code (old key; write it under ``columns``)."""
    name: str = "name"
    """Column of the name (old key; write it under ``columns``)."""
    columns: dict[str, str] = Field(default_factory=dict)
    """``[inputs.counties.columns]``: ``code`` and ``name``, as the file calls them."""


class ParkLayer(Mapped):
    """``[inputs.parks]``: the register of parks, held against the plan, shown, and for policies.

    Columns that are not named here are taken where the file has them.
    """

    columns: dict[
        Literal["code", "name", "kind", "planned_area_ha", "leading_industries", "four_sides",
                "goals", "mechanism", "organisation", "approved_no", "year", "source"],
        str | Column,
    ] = Field(default_factory=dict)  # fmt: skip
    """``[inputs.parks.columns]``: our name = head in the file, or
    ``{from = "面积_km2", factor = 100}``; goes before the keys below, and must be there."""
    code: str = "code"
    """Column of the park's code."""
    name: str = "name"
    """Column of the name."""
    kind: str | None = "kind"
    """Column of the kind, such as advanced manufacturing."""
    planned_area_ha: str | None = "planned_area_ha"
    """Column of the planned area in hectares."""
    leading_industries: str | None = "leading_industries"
    """Column of the leading industries (codes or words)."""
    four_sides: str | None = None
    """Column of the four sides (四至), as text."""
    goals: str | None = None
    """Column of the goals (发展目标)."""
    mechanism: str | None = None
    """Column of the mechanism (推进机制)."""
    organisation: str | None = None
    """Column of the organisation in charge."""
    approved_no: str | None = None
    """Column of the number of the approval."""
    year: str | None = None
    """Column of the year."""
    source: str | None = None
    """Column of the source."""


class EnvironmentLayer(Mapped):
    """``[inputs.environment_units]``: units of environmental zoning (生态环境分区管控单元).

    Asked by `zoning site`; access lists speak of them in the scopes `env_unit` and `env_class`.
    """

    columns: dict[Literal["code", "name", "category"], str] = Field(default_factory=dict)
    """``[inputs.environment_units.columns]``: our name = head in the file; goes before the keys
    below, and must be there."""
    code: str = "code"
    """Column of the unit's code, such as `ZH32111110001`."""
    name: str | None = None
    """Column of the name."""
    category: str | None = None
    """Column of the category: 1 or 优先保护, 2 or 重点管控, 3 or 一般管控; left out, the code
    says."""
    source: str = OWN_SOURCE
    """Title, number and date of the document."""
    year: int | None = None
    """Year of the document."""


class AccessList(Part):
    """``[[inputs.access]]``: which industry may come where, as a table; see docs/review.md."""

    path: str
    """CSV or XLSX, relative to plan.toml; `made-up` is the small list that ships (made up)."""


class TownshipLayer(Layer):
    """``[inputs.townships]``: polygons, and their attributes there or in a table."""

    code: str = "code"
    """Column of the township code (old key; write it under ``columns``)."""
    name: str = "name"
    """Column of the name (old key; write it under ``columns``)."""
    county: str = "county"
    """Column of the county code (old key; write it under ``columns``)."""
    columns: dict[str, str | Column] = Field(default_factory=dict)
    """``[inputs.townships.columns]``: our name = head in the layer or in the table, such as
    ``code = "乡镇代码"``; with a unit, ``population = {from = "常住人口(万人)", factor = 1e4}``. A
    head that is not listed and equals one of our names is taken, and said."""
    table: str | None = None
    """CSV or XLSX with attributes, joined by code."""
    table_code: str = "code"
    """Column of the code in that table; left out, that of ``columns`` or ``code``."""
    sheet: str | None = None
    """Sheet of an XLSX file; left out, the first."""
    renamed: dict[str, str] = Field(default_factory=dict)
    """Codes of the table that the layer has under another number: code in the table = code in the
    layer. `zoning check` proposes them and never takes them by itself."""
    tolerance_m2: Annotated[float, Field(ge=0)] = 10_000.0
    """Gaps and overlaps up to this area each become the rows ``none`` and ``overlap``;
    larger ones are errors. 1 ha, our choice."""


class ProtectionColumns(Part):
    """``[inputs.protections.columns]``: which column holds what.

    Left out, a column of the same name is taken where the file has one (for red lines
    ``area_code`` before ``code``); a column that is named must be there.
    """

    code: str | None = None
    """Column of the area's code; for farmland and locks only when it is named here, because
    thousands of parcels are one area. A file without codes: the name tells areas apart, where
    its column is named here."""
    name: str | None = None
    """Column of the name."""
    type: str | None = None
    """Column of the type."""
    level: str | None = None
    """Column of the level: 1 or 2, also in words (一级)."""
    published_m2: str | Column | None = None
    """Column of the published area in m2, or ``{from = "面积(公顷)", factor = 1e4}``."""
    source: str | None = None
    """Column of the source."""
    year: str | None = None
    """Column of the year of the source (else ``year`` or ``source_year``)."""


class ProtectionLayer(Layer):
    """``[[inputs.protections]]``: land that is protected; nothing new is built there."""

    kind: Literal["redline", "core", "basic_farmland", "heritage", "water", "lock"]
    """What protects it: ecological red line (one feature per area and level), another protected
    core, permanent basic farmland, heritage and scenery, water source, or a lock of this plan."""
    code: str | None = None
    """Code of the whole layer, where it is one area; left out and without a column, the kind."""
    name: str | None = None
    """Name of the whole layer."""
    level: Annotated[int, Field(ge=1, le=9)] | None = None
    """Level of the whole layer; red lines of no level are level 2."""
    source: str | None = None
    """Where the protection is written, for the whole layer."""
    year: int | None = None
    """Year of the source, for the whole layer."""
    columns: ProtectionColumns = ProtectionColumns()


class PlanLayer(Mapped):
    """``[[inputs.plans]]``: another plan of the same land, to be held against all others.

    Protections and parks take part from their own inputs: no layer is named twice.
    """

    KEYS: ClassVar[Mapping[str, str]] = {"class": "class_column"}
    role: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
    """What the layer is: `land_use_plan`, `urban_plan`, `growth_boundary`, `forest`,
    `existing_use` (data/review/roles.toml), or a role of your own."""
    columns: dict[Literal["class"], str] = Field(default_factory=dict)
    """``[inputs.plans.columns]``: ``class``, as the file calls it; or ``class_column``."""
    class_column: str | None = None
    """Column of the class; left out, ``class`` where the file has it."""
    class_of_all: str | None = None
    """The class of every feature, in place of a column."""
    classes: dict[str, str] = Field(default_factory=dict)
    """``[inputs.plans.classes]``: what the file calls a class = our class, such as
    ``"二类居住" = "residential"``; usual names and codes are known without it."""
    outside: str | None = None
    """Class of the city's land under no feature of this role; `none`: nothing is said of it."""
    name: str | None = None
    """What people call this plan; left out, the name of its role."""
    year: int | None = None
    """Year of the plan or survey."""
    survey: str = ""
    """Survey that it stands on, such as "三调"."""
    precedence: Annotated[int, Field(ge=1)] | None = None
    """1 goes before 2: which of two plans gives way where a rule says "by precedence"."""
    move_m: tuple[float, float] | None = None
    """Move the layer by so many metres east and north, where the audit found it shifted as a whole;
    the run says so."""
    source: str = OWN_SOURCE
    """Title, number and date of the document."""


class RedlineLayer(Layer):
    """``[inputs.redlines]``: old name of ``[[inputs.protections]]`` with ``kind = "redline"``."""

    code: str = "area_code"
    """Column of the area's code."""
    name: str = "name"
    """Column of the name."""
    type: str | None = "type"
    """Column of the type."""
    level: str | None = "level"
    """Column of the level (1 or 2); without one every feature is level 2."""


class CoreLayer(Layer):
    """``[inputs.cores]``: old name of ``[[inputs.protections]]`` with ``kind = "core"``."""

    code: str = "code"
    """Column of the code."""
    name: str = "name"
    """Column of the name."""


class LockLayer(Layer):
    """``[[inputs.locks]]``: old name of ``[[inputs.protections]]`` with ``kind = "lock"``."""

    code: str
    """Short code of the lock."""
    name: str = ""
    """Name shown to people."""
    source: str = OWN_SOURCE
    """Where the rule is written."""


class LanduseRaster(Part):
    """``[inputs.landuse]``: a raster of land-use classes."""

    path: str
    """File, relative to plan.toml."""
    band: Annotated[int, Field(ge=1)] = 1
    """Band with the classes."""
    crs: str | None = None
    """CRS, only where the file does not say."""
    classes: str | None = None
    """Class table: a TOML file, or the name of a shipped one (`land-use-2023`, `third-survey`,
    `clcd`, `worldcover`, `globeland30`, `cnlucc`); left out, that of 用地用海分类 (2023), and
    values that look like another legend are told."""
    reproject: bool = False
    """Bring a raster of another CRS to the grid by nearest neighbour."""
    rural_roads_are_construction: bool = False
    """Whether 06 (rural roads and farm facilities) counts as construction. Land statistics treat
    it as agricultural land (evidence M-high); some planning tables count it, and it moves the
    result."""
    max_unknown_share: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Largest part of the city without a class in the raster (no data, clouds); more is an error,
    from 0.1 % on it is told. Our choice; raise it only where the land is truly not known."""
    survey: str = ""
    """Survey and year, such as "三调 2019"; bases of existing land and cap must agree."""


class DemRaster(Part):
    """``[inputs.dem]``: heights, from which slope and relief of townships and units follow."""

    path: str
    """Raster of heights in metres, relative to plan.toml."""
    source: str = OWN_SOURCE
    """Where the heights are from."""


class RoadLayer(Mapped):
    """``[inputs.roads]``: lines with a road class or a speed."""

    columns: dict[Literal["class", "speed_kmh", "oneway"], str | Column] = Field(
        default_factory=dict
    )
    """``[inputs.roads.columns]``: our name = head in the file; goes before the keys below, and must
    be there."""
    KEYS: ClassVar[Mapping[str, str]] = {"class": "road_class"}
    road_class: str | None = "class"
    """Column of the class, one of ``data/indicators/speeds.toml`` (国道 and the words of
    OpenStreetMap are read too)."""
    speed_kmh: str | None = "speed_kmh"
    """Column of the speed; where the file has it, it goes before the class."""
    oneway: str | None = "oneway"
    """Column that says whether a line is driven in its direction only."""
    source: str = OWN_SOURCE
    """Where the roads are from."""


class CentreLayer(Layer):
    """``[inputs.centres]``: the points (or polygons) that travel times lead to."""

    source: str = OWN_SOURCE
    """Why these are the centres."""


class IndicatorRaster(Part):
    """``[inputs.rasters.NAME]``: a raster that becomes the indicator NAME."""

    path: str
    """Raster, relative to plan.toml; a CRS of its own is brought to that of the grid."""
    kind: Literal["values", "classes"] = "values"
    """Numbers, of which the mean is taken; or classes, of which the share of some is."""
    classes: tuple[int, ...] = ()
    """With ``classes``: those that count; the indicator is their share of what is known, 0..1."""
    by: Literal["area", "built"] = "area"
    """Whether every known pixel counts alike, or only those on built land (of the land use)."""
    en: str = ""
    """Name in English."""
    zh: str = ""
    """Name in Chinese."""
    unit: str = ""
    """Unit of the values."""
    source: str = OWN_SOURCE
    """Where the raster is from."""


class Evaluation(Part):
    """``[inputs.evaluations.PURPOSE]``: a double evaluation (双评价) that is part of the run.

    PURPOSE is ``ecology``, ``agriculture`` or ``town``. It is evaluated on the pixels of the first
    raster that is named here, or of ``[inputs.dem]``; the others are brought to it.
    """

    preset: str = ""
    """A (guide of 2020), B (drafts of 2019) or a TOML file; by default A for ecology, else B."""
    scale: Literal["city", "province"] = "city"
    """Which tables of a factor are used."""
    layers: dict[str, str] = Field(default_factory=dict)
    """Raster by role (`zoning evaluate PURPOSE --roles`). Heights come from ``[inputs.dem]``, water
    from the land use, what is ecologically extreme from the evaluation of ecology."""
    raster: str | None = None
    """A raster of classes that was evaluated before, in place of ``preset`` and ``layers``."""


class IntegrationPart(Part):
    """``[inputs.integration]``: the three evaluations read together (集成评价), as indicators.

    It needs all three ``[inputs.evaluations]``; ``first_..._share`` says what comes first,
    conflicts and potential are shares of the evaluated land.
    """

    rules: str | None = None
    """TOML file of rows in place of the shipped ``data/evaluation/integration.toml``."""


class InputsPart(Part):
    """``[inputs.*]``: the planner's files; every one but the boundary may be absent."""

    boundary: Layer | None = None
    """The study area."""
    counties: CountyLayer | None = None
    townships: TownshipLayer | None = None
    protections: tuple[ProtectionLayer, ...] = ()
    redlines: RedlineLayer | None = None
    cores: CoreLayer | None = None
    locks: tuple[LockLayer, ...] = ()
    plans: tuple[PlanLayer, ...] = ()
    landuse: LanduseRaster | None = None
    parks: ParkLayer | None = None
    environment_units: EnvironmentLayer | None = None
    access: tuple[AccessList, ...] = ()
    dem: DemRaster | None = None
    roads: RoadLayer | None = None
    centres: CentreLayer | None = None
    neighbours: NeighbourLayer | None = None
    rasters: dict[str, IndicatorRaster] = Field(default_factory=dict)
    """Rasters that become indicators, by the name of the indicator."""
    evaluations: dict[Literal["ecology", "agriculture", "town"], Evaluation] = Field(
        default_factory=dict
    )
    """Double evaluations whose results become indicators."""
    integration: IntegrationPart | None = None
