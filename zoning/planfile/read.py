"""Reading plan.toml: every problem of the file at once, in the planner's words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from zoning.base import described, strict
from zoning.base.shipped import data_path
from zoning.base.staged import recover
from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest
from zoning.planfile.models import OWN_EVIDENCE, OWN_SOURCE, CapPart, Config
from zoning.planfile.stages import stage_problems
from zoning.schemes import scheme_of

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
    "dict_type": "须为一个表",
    "tuple_type": "须为列表",
    "too_long": "最多 {max_length} 项",
    "string_pattern_mismatch": "须符合 {pattern}",
    "string_too_long": "最多 {max_length} 个字符",
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
    recover(path.parent)
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
    return _located(config, document)


def _located(config: Config, document: strict.Document) -> Config:
    """Let a method that stands in the file know its lines: it is read by others."""
    given = config.zones.method
    if isinstance(given, str):
        return config
    method = strict.Located(given, document, ("zones", "method"))
    return config.model_copy(update={"zones": config.zones.model_copy(update={"method": method})})


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
                    f"上限采用“{cap.survey}”，现状用地采用“{landuse.survey}”，口径不同",
                ),
                document.at(["cap", "survey"]),
                code="survey-mismatch",
                remedy=Text(
                    "use one survey, or state [cap] survey_factor",
                    "请统一口径，或给出 [cap] survey_factor",
                ),
            )
        )
    found += _scheme_problems(config, document)
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
                remedy=Text("set min_share, such as 0.05", "请设 min_share，例如 0.05"),
                code="no-min-share",
            )
        )
    return found


def _scheme_problems(config: Config, document: strict.Document) -> list[Problem]:
    """Find what cannot be in the scheme, and in rules of its zones."""
    try:
        scheme = scheme_of(config.zones, document.at(["zones"]))
    except InputError as error:
        return list(error.problems)
    found = _rule_problems(config.cap, scheme.codes, document)
    return found + stage_problems(config.cap, config.allocation, scheme.codes, document)


def _rule_problems(cap: CapPart, known: Sequence[str], document: strict.Document) -> list[Problem]:
    """Find rules of unknown zones, shares of nothing, and sources without evidence or the reverse.

    Each rule has its own source; one that is not stated is not borrowed from another rule.
    """
    rules: dict[tuple[str | int, ...], Any] = {
        ("cap",): cap, ("cap", "eco_agri_share"): cap.eco_agri_share
    }  # fmt: skip
    found = []
    for table in ("zone_caps", "quotas"):
        for zone, rule in getattr(cap, table).items():
            rules["cap", table, zone] = rule
            if zone not in known:
                near = suggest(zone, known)
                found.append(
                    Problem(
                        Text(f"[cap.{table}] names zone '{zone}', which the plan does not have",
                             f"[cap.{table}] 中的分区“{zone}”不在方案内"),
                        document.at(["cap", table, zone]), code="unknown-zone",
                        remedy=meant(near, Text("zones: " + ", ".join(known),
                                                "可用分区：" + "、".join(known))),
                    )
                )  # fmt: skip
    if cap.share is None and any(cap.quotas.values()):
        found.append(
            Problem(
                Text("[cap.quotas] are shares of what is left under the cap, and no [cap] share "
                     "is given", "[cap.quotas] 是上限剩余空间的份额，但未给出 [cap] share"),
                document.at(["cap", "quotas"]), code="no-cap",
                remedy=Text("state [cap] share", "请写明 [cap] share"),
            )
        )  # fmt: skip
    for name in ("phase", "reduction"):
        for n, rule in enumerate(getattr(cap, name)):
            rules["cap", name, n] = rule
    for name in ("counties", "townships"):
        for n, rule in enumerate(getattr(cap, name)):
            if "evidence" in rule.model_fields_set:  # 0.1.0 had no tag there
                rules["cap", name, n] = rule
    for path, rule in rules.items():
        if rule is not None:
            found += _evidence_problems(path, rule, document)
    return found


def _evidence_problems(
    path: tuple[str | int, ...], rule: Any, document: strict.Document
) -> list[Problem]:
    name, where = ".".join(map(str, path)), document.at(path)
    sourced, tagged = rule.source != OWN_SOURCE, rule.evidence != OWN_EVIDENCE
    if sourced and "evidence" not in rule.model_fields_set:
        what = Text(f"[{name}] has a source but no evidence", f"[{name}] 有 source 而无 evidence")
        remedy = Text('say how firm it is: evidence = "S" for a published document, "own" ...',
                      '请注明可靠程度：公布的文件为 evidence = "S"，自定为 "own" 等')  # fmt: skip
        return [Problem(what, where, code="no-evidence", remedy=remedy)]
    if tagged and not sourced:
        what = Text(f"[{name}] has evidence '{rule.evidence}' but no source",
                    f"[{name}] 有 evidence“{rule.evidence}”而无 source")  # fmt: skip
        remedy = Text("name the document, or leave evidence out", "请注明文件，或删去 evidence")
        return [Problem(what, where, code="no-source", remedy=remedy)]
    # Version 0.1.0 tagged parts of a rule: "S (shares), I (upper limits)".
    if rule.evidence.split(" (")[0] not in strict.EVIDENCE:
        return [strict.wrong_evidence(rule.evidence, document.at([*path, "evidence"]))]
    return []


def _problem(error: Any, document: strict.Document) -> Problem:
    """Turn one pydantic error into a problem in the planner's words."""
    path = [str(p) for p in error["loc"]]
    table = f"[{'.'.join(path[:-1])}]" if len(path) > 1 else "[top level]"
    key, where = path[-1] if path else "", document.at(error["loc"])
    if error["type"] == "extra_forbidden":
        return strict.unknown_key(key, _known_keys(path[:-1]), where, table)
    value = error.get("input")
    shown = f" (it is {value!r})" if isinstance(value, str | int | float | bool) else ""
    shown_zh = f"（现为 {value!r}）" if shown else ""
    about = dict(error.get("ctx", {}))
    if "expected" in about:
        about["expected"] = about["expected"].replace(", ", "、").replace(" or ", " 或 ")
    said = _CHINESE.get(error["type"], error["msg"]).format(**about)
    return Problem(
        Text(f"{table} {key}: {error['msg']}{shown}", f"{table} {key}：{said}{shown_zh}"),
        where, measured=value if shown else None, code=f"value-{error['type']}",
    )  # fmt: skip


def _known_keys(path: list[str]) -> list[str]:
    """List the keys of the table at ``path``."""
    model: Any = Config
    named = False
    for step in path:
        if named or step.isdigit():
            # A code of the planner's own, such as that of a zone, stands before the keys.
            named = False
            continue
        field = model.model_fields.get(step)
        named = field is not None and get_origin(field.annotation) is dict
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


#: Tables that a plan of format 1 stated whole or not at all.
_WHOLE = ("zone_caps", "quotas", "method")


def complete(given: dict[str, Any], form: int) -> dict[str, Any]:
    """Give the whole configuration of a ``run.json`` of any format.

    Format 1 (version 0.1.0) wrote only what differs from the defaults of its time; they stand in
    ``data/formats/config-1.json`` and do not change any more. A number that format 1 showed with
    the source of the default it replaced is the plan's choice.

    Examples
    --------
    >>> cap = complete({"cap": {"share": 0.27}}, 1)["cap"]
    >>> cap["share"], cap["source"], cap["quotas"]["key"]["share"]
    (0.27, 'choice of this plan', 0.55)
    """
    if form > 1:
        return given
    frozen = json.loads(data_path("formats", "config-1.json").read_text(encoding="utf-8"))
    whole = _over(frozen["config"], given)
    for role, defaults in frozen["inputs"].items():
        part = given.get("inputs", {}).get(role)
        if isinstance(part, list):
            whole["inputs"][role] = [{**defaults, **row} for row in part]
        elif part is not None:
            whole["inputs"][role] = {**defaults, **part}
    for table, share, source, evidence in (
        ("cap", "share", "source", "evidence"),
        ("zones", "balance_share", "balance_source", "balance_evidence"),
    ):
        stated = given.get(table, {})
        if share in stated and source not in stated:
            whole[table] |= {source: OWN_SOURCE, evidence: OWN_EVIDENCE}
        elif source in stated and evidence not in stated:
            whole[table][evidence] = OWN_EVIDENCE
    return whole


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    out = dict(below)
    for key, value in above.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _over(out[key], value) if both and key not in _WHOLE else value
    return out


def json_schema() -> dict[str, Any]:
    """Give the JSON schema of plan.toml, for editors that complete keys."""
    return described.json_schema(Config)
