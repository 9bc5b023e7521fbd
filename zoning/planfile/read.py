"""Reading plan.toml: every problem of the file at once, in the planner's words."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from zoning.base import strict
from zoning.errors import InputError, Problem, Text, raise_all
from zoning.planfile.models import Config

#: What pydantic says in English, by its name of the error.
_CHINESE = {
    "missing": "缺少此键",
    "greater_than": "须大于 {gt}",
    "greater_than_equal": "须不小于 {ge}",
    "less_than": "须小于 {lt}",
    "less_than_equal": "须不大于 {le}",
    "literal_error": "只能是 {expected}",
    "finite_number": "须为有限数",
    "int_type": "须为整数",
    "int_parsing": "须为整数",
    "int_from_float": "须为整数",
    "float_type": "须为数值",
    "float_parsing": "须为数值",
    "string_type": "须为文本",
    "bool_type": "须为 true 或 false",
    "bool_parsing": "须为 true 或 false",
    "model_type": "须为一个表",
    "tuple_type": "须为列表",
}


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
    init = Text("zoning init DIR makes one", "可用 zoning init 目录 生成")
    return _check(strict.read(path, remedy=init))


def parse(raw: dict[str, Any], where: str = "plan.toml") -> Config:
    """Check plain data against the models; see :func:`load`.

    Examples
    --------
    >>> parse({"grid": {"cel_m": 500}})
    Traceback (most recent call last):
    zoning.errors.InputError: plan.toml: [grid] unknown key 'cel_m'. Try: did you mean 'cell_m'?
    """
    return _check(strict.Document(raw, where))


def _check(document: strict.Document) -> Config:
    try:
        config = Config.model_validate(document.data)
    except ValidationError as error:
        raise InputError([_problem(e, document) for e in error.errors()]) from error
    raise_all(_agreements(config, document))
    return config


def _agreements(config: Config, document: strict.Document) -> list[Problem]:
    """Find keys that need or exclude one another."""
    cap, landuse = config.cap, config.inputs.landuse
    found = []
    if cap.base_area_m2 is not None and not cap.base_source:
        found.append(
            Problem(
                Text(
                    "[cap] base_area_m2 has no base_source", "[cap] base_area_m2 缺少 base_source"
                ),
                document.at(["cap", "base_area_m2"]),
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
                document.at(["cap", "survey"]),
                code="survey-mismatch",
                remedy=Text(
                    "use one survey, or state [cap] survey_factor",
                    "请统一口径,或给出 [cap] survey_factor",
                ),
            )
        )
    if config.grid.slivers == "keep" and config.grid.min_share > 0:
        found.append(
            Problem(
                Text("[grid] min_share does nothing while slivers are kept",
                     "[grid] slivers 为 keep 时 min_share 不起作用"),
                document.at(["grid", "min_share"]),
                remedy=Text('set slivers = "drop" or "merge"', '请设 slivers = "drop" 或 "merge"'),
                code="idle-min-share",
            )
        )  # fmt: skip
    if config.grid.slivers != "keep" and config.grid.min_share == 0:
        found.append(
            Problem(
                Text(
                    "[grid] slivers is set but min_share is 0",
                    "[grid] 设了 slivers 而 min_share 为 0",
                ),
                document.at(["grid", "slivers"]),
                remedy=Text("set min_share, such as 0.05", "请设 min_share,例如 0.05"),
                code="no-min-share",
            )
        )
    return found


def _problem(error: Any, document: strict.Document) -> Problem:
    """Turn one pydantic error into a problem in the planner's words."""
    path = [str(p) for p in error["loc"]]
    table = f"[{'.'.join(path[:-1])}]" if len(path) > 1 else "[top level]"
    key, where = path[-1] if path else "", document.at(error["loc"])
    if error["type"] == "extra_forbidden":
        return strict.unknown_key(key, _known_keys(path[:-1]), where, table)
    value = error.get("input")
    shown = f" (it is {value!r})" if isinstance(value, str | int | float | bool) else ""
    shown_zh = f"(现为 {value!r})" if shown else ""
    said = _CHINESE.get(error["type"], error["msg"]).format(**error.get("ctx", {}))
    return Problem(
        Text(f"{table} {key}: {error['msg']}{shown}", f"{table} {key}:{said}{shown_zh}"),
        where, measured=value if shown else None, code=f"value-{error['type']}",
    )  # fmt: skip


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
