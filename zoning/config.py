"""plan.toml as frozen models: strict, with suggestions, all problems at once.

Every number that rules a plan has a source and an evidence tag beside it; the defaults here are
those of the Zhenjiang plan of 2013 as far as it is public, and our own where nothing is.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zoning.errors import InputError, Problem, Text, raise_all, suggest

Share = Annotated[float, Field(ge=0, le=1)]
ZoneCode = Literal["optimised", "key", "moderate", "balance"]


class _Part(BaseModel):
    """A table of plan.toml: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class PlanPart(_Part):
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


class GridPart(_Part):
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


class Layer(_Part):
    """A polygon layer: where it is and what its columns are called."""

    path: str
    """File, relative to plan.toml."""
    layer: str | None = None
    """Layer inside the file; left out where the file has one."""
    crs: str | None = None
    """CRS, only where the file does not say."""
    encoding: str | None = None
    """Text encoding, only where the file does not say (such as GBK)."""
    repair: bool = False
    """Repair invalid polygons (each is logged) and do not refuse them."""


class CountyLayer(Layer):
    """``[inputs.counties]``."""

    code: str = "code"
    """Column of the county code."""
    name: str = "name"
    """Column of the name."""


class TownshipLayer(Layer):
    """``[inputs.townships]``: polygons, and their attributes there or in a table."""

    code: str = "code"
    """Column of the township code."""
    name: str = "name"
    """Column of the name."""
    county: str = "county"
    """Column of the county code."""
    table: str | None = None
    """CSV or XLSX with attributes, joined by code."""
    table_code: str = "code"
    """Column of the code in that table."""
    sheet: str | None = None
    """Sheet of an XLSX file; left out, the first."""
    tolerance_m2: Annotated[float, Field(ge=0)] = 10_000.0
    """Gaps and overlaps up to this area each become the rows ``none`` and ``overlap``;
    larger ones are errors. 1 ha, our choice."""


class RedlineLayer(Layer):
    """``[inputs.redlines]``: one feature per area and level."""

    code: str = "area_code"
    """Column of the area's code."""
    name: str = "name"
    """Column of the name."""
    type: str | None = "type"
    """Column of the type."""
    level: str | None = "level"
    """Column of the level (1 or 2); without one every feature is level 2."""


class CoreLayer(Layer):
    """``[inputs.cores]``: other protected cores (scenic, heritage, drinking water)."""

    code: str = "code"
    """Column of the code."""
    name: str = "name"
    """Column of the name."""


class LockLayer(Layer):
    """``[[inputs.locks]]``: land where nothing may be built, such as basic farmland."""

    code: str
    """Short code of the lock."""
    name: str = ""
    """Name shown to people."""
    source: str = "own choice"
    """Where the rule is written."""


class LanduseRaster(_Part):
    """``[inputs.landuse]``: a raster of land-use classes."""

    path: str
    """File, relative to plan.toml."""
    band: Annotated[int, Field(ge=1)] = 1
    """Band with the classes."""
    crs: str | None = None
    """CRS, only where the file does not say."""
    classes: str | None = None
    """Class table (TOML); left out, the shipped one for 用地用海分类 (2023)."""
    reproject: bool = False
    """Bring a raster of another CRS to the grid by nearest neighbour."""
    rural_roads_are_construction: bool = False
    """Whether 06 (rural roads and farm facilities) counts as construction. Land statistics treat
    it as agricultural land (evidence M-high); some planning tables count it, and it moves the
    result."""
    survey: str = ""
    """Survey and year, such as "三调 2019"; bases of existing land and cap must agree."""


class InputsPart(_Part):
    """``[inputs.*]``: the planner's files; every one but the boundary may be absent."""

    boundary: Layer | None = None
    """The study area."""
    counties: CountyLayer | None = None
    townships: TownshipLayer | None = None
    redlines: RedlineLayer | None = None
    cores: CoreLayer | None = None
    locks: tuple[LockLayer, ...] = ()
    landuse: LanduseRaster | None = None


class ZonesPart(_Part):
    """``[zones]``: how townships are classed and where balance lies over them."""

    method: str | dict[str, Any] = "two-matrices"
    """Name of a shipped method, a TOML file, or the method itself as a table."""
    balance_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """A unit becomes ecological balance when this share of it is red line or protected core."""
    balance_source: str = "own choice; 30 % and 70 % are worth a test"
    """Source of the threshold."""
    balance_evidence: str = "I"
    """Evidence tag of the threshold."""
    contiguity: bool = False
    """Whether enclaves with a small margin join the class around them (each switch is logged)."""
    overrides: str | None = None
    """File of decisions that are applied last."""


class RedlinesPart(_Part):
    """``[redlines]``: what was published, to compare with."""

    expected_areas: int | None = None
    """Published number of areas."""
    published_union_m2: int | None = None
    """Published area of all red lines together."""
    source: str = ""
    """Where these numbers stand."""


class ShareRule(_Part):
    """A share with its source."""

    share: Share
    """The share."""
    source: str
    """Title, number and date of the document, or "own choice"."""
    evidence: str
    """Evidence tag: S, C, M-high, M-med, M-low, I or own."""


class AreaRule(_Part):
    """A floor or cap of new construction land in one place."""

    place: str
    """Code of a county or township."""
    floor_m2: Annotated[int, Field(ge=0)] = 0
    """At least this much new land."""
    cap_m2: Annotated[int, Field(ge=0)] | None = None
    """At most this much new land."""
    source: str
    """Where the rule is written."""


_PLAN_2013 = "镇江市主体功能区规划 (2013), as reported publicly"


def _caps() -> dict[ZoneCode, ShareRule]:
    shares: dict[ZoneCode, float] = {"key": 0.30, "moderate": 0.15}
    return {z: ShareRule(share=s, source=_PLAN_2013, evidence="S") for z, s in shares.items()}


def _quotas() -> dict[ZoneCode, ShareRule]:
    shares: dict[ZoneCode, float] = {"optimised": 0.35, "key": 0.55, "moderate": 0.10}
    return {z: ShareRule(share=s, source=_PLAN_2013, evidence="S") for z, s in shares.items()}


class CapPart(_Part):
    """``[cap]``: how much construction space there may be."""

    share: Share = 0.28
    """Construction space as a share of the base."""
    source: str = "公开报道 of the Zhenjiang plan (2016): about 28 % by 2020"
    """Source of the cap."""
    evidence: str = "S"
    """Evidence tag of the cap."""
    base_area_m2: Annotated[int, Field(gt=0)] | None = None
    """Area the share applies to; left out, the planar area of the city."""
    base_source: str = ""
    """Source of the base area; required with ``base_area_m2``."""
    survey: str = ""
    """Survey of the cap; it must be that of the land use, unless ``survey_factor`` is given."""
    survey_factor: Annotated[float, Field(gt=0)] | None = None
    """Conversion of existing land from its survey to that of the cap."""
    zone_caps: dict[ZoneCode, ShareRule] = Field(default_factory=_caps)
    """Largest built share of the zones; ``balance`` keeps its existing land only."""
    quotas: dict[ZoneCode, ShareRule] = Field(default_factory=_quotas)
    """Upper limits of new land by zone, as shares of the headroom."""
    zone_basis: Literal["unit", "township"] = "unit"
    """Whether caps and quotas of zones bind on the unit's zone or on its township's class."""
    eco_agri_share: ShareRule = ShareRule(
        share=0.70, source="公开报道 of the Zhenjiang plan (2016): above 70 %", evidence="S"
    )
    """Least share of ecological and agricultural space."""
    counties: tuple[AreaRule, ...] = ()
    """Floors and caps of new land by county."""
    townships: tuple[AreaRule, ...] = ()
    """Floors and caps of new land by township."""


class AllocationPart(_Part):
    """``[allocation]``: where the remaining land goes."""

    enabled: bool = True
    """Whether new land is allocated."""
    boundary_weight: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the boundary term (lambda), in suitability-m2 per metre of edge; 0 = none."""
    whole_units: bool = False
    """Whether a unit is built up as a whole or not at all."""
    core_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Units built above this share count as chosen for the boundary (our choice)."""


class OutputsPart(_Part):
    """``[outputs]``: which files a run leaves beside units.parquet and run.json."""

    geopackage: bool = True
    qgis: bool = True
    map: bool = True
    tables: bool = False
    report: bool = False


class Config(_Part):
    """The whole of plan.toml.

    Examples
    --------
    >>> Config.model_validate({"grid": {"cell_m": 500}}).grid.cell_m
    500
    """

    plan: PlanPart = PlanPart()
    grid: GridPart = GridPart()
    inputs: InputsPart = InputsPart()
    zones: ZonesPart = ZonesPart()
    redlines: RedlinesPart = RedlinesPart()
    cap: CapPart = CapPart()
    allocation: AllocationPart = AllocationPart()
    outputs: OutputsPart = OutputsPart()


def load(path: Path) -> Config:
    """Read plan.toml.

    Parameters
    ----------
    path : Path
        The file; relative paths inside it are resolved from its folder by the readers.

    Raises
    ------
    InputError
        With every problem of the file: it is missing, not TOML, has unknown keys (with the name
        that was probably meant), or values out of range.
    """
    try:
        raw = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise InputError.one(
            "no such file",
            "没有这个文件",
            where=str(path),
            code="missing-file",
            remedy=("zoning init DIR makes one", "可用 zoning init 目录 生成"),
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError.one(
            f"not readable as TOML in UTF-8: {error}",
            f"不是 UTF-8 编码的 TOML:{error}",
            where=str(path),
            code="bad-toml",
            remedy=(
                "check quotes and brackets near that line; save as UTF-8",
                "请检查该行附近的引号和括号,并保存为 UTF-8",
            ),
        ) from error
    return parse(raw, str(path))


def parse(raw: dict[str, Any], where: str = "plan.toml") -> Config:
    """Check plain data against the models; see :func:`load`.

    Examples
    --------
    >>> parse({"grid": {"cel_m": 500}})
    Traceback (most recent call last):
    zoning.errors.InputError: plan.toml: [grid] unknown key 'cel_m'. Try: did you mean 'cell_m'?
    """
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise InputError([_problem(e, where) for e in error.errors()]) from error
    raise_all(_agreements(config, where))
    return config


def _agreements(config: Config, where: str) -> list[Problem]:
    """Find keys that need or exclude one another."""
    cap, landuse = config.cap, config.inputs.landuse
    found = []
    if cap.base_area_m2 is not None and not cap.base_source:
        found.append(
            Problem(
                Text(
                    "[cap] base_area_m2 has no base_source", "[cap] base_area_m2 缺少 base_source"
                ),
                where,
                remedy=Text("name the document", "请注明文件名称"),
                code="no-source",
            )
        )
    surveys = {s for s in (cap.survey, landuse.survey if landuse else "") if s}
    if landuse and len(surveys) == 2 and cap.survey_factor is None:
        found.append(
            Problem(
                Text(
                    f"the cap stands on '{cap.survey}', the land use on '{landuse.survey}'",
                    f"上限采用“{cap.survey}”,现状用地采用“{landuse.survey}”,口径不同",
                ),
                where,
                code="survey-mismatch",
                remedy=Text(
                    "use one survey, or state [cap] survey_factor",
                    "请统一口径,或给出 [cap] survey_factor",
                ),
            )
        )
    if config.grid.slivers != "keep" and config.grid.min_share == 0:
        found.append(
            Problem(
                Text(
                    "[grid] slivers is set but min_share is 0",
                    "[grid] 设了 slivers 而 min_share 为 0",
                ),
                where,
                remedy=Text("set min_share, such as 0.05", "请设 min_share,例如 0.05"),
                code="no-min-share",
            )
        )
    return found


def _problem(error: Any, where: str) -> Problem:
    """Turn one pydantic error into a problem in the planner's words."""
    path = [str(p) for p in error["loc"]]
    table = f"[{'.'.join(path[:-1])}]" if len(path) > 1 else "[top level]"
    key = path[-1] if path else ""
    if error["type"] == "extra_forbidden":
        near = suggest(key, _known_keys(path[:-1]))
        return Problem(
            Text(f"{table} unknown key '{key}'", f"{table} 未知的键“{key}”"),
            where,
            remedy=Text(f"did you mean '{near}'?", f"是否为“{near}”?")
            if near
            else Text(
                "known keys: " + ", ".join(_known_keys(path[:-1])),
                "可用的键:" + "、".join(_known_keys(path[:-1])),
            ),
            code="unknown-key",
        )
    value = error.get("input")
    shown = f" (it is {value!r})" if isinstance(value, str | int | float | bool) else ""
    shown_zh = f"(现为 {value!r})" if shown else ""
    return Problem(
        Text(f"{table} {key}: {error['msg']}{shown}", f"{table} {key}:{error['msg']}{shown_zh}"),
        where,
        measured=value if shown else None,
        code=f"value-{error['type']}",
    )


def _known_keys(path: list[str]) -> list[str]:
    """List the keys of the table at ``path``."""
    model: Any = Config
    for step in path:
        if not step.isdigit():
            field = model.model_fields.get(step)
            model = _model_of(field.annotation) if field else None
        if model is None:
            return []
    return list(model.model_fields)


def _model_of(annotation: Any) -> Any:
    """Find the model inside an annotation such as ``tuple[Layer, ...] | None``."""
    from typing import get_args

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        model = _model_of(inner)
        if model is not None:
            return model
    return None


def json_schema() -> dict[str, Any]:
    """Give the JSON schema of plan.toml, for editors that complete keys."""
    return Config.model_json_schema()
