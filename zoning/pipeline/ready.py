"""Before a run: inputs, method and decisions are read together and held against one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from zoning import zones
from zoning.base import strict
from zoning.base.attempts import attempted
from zoning.errors import Finding, InputError, Problem, Text, meant, once, raise_all, suggest
from zoning.inputs.confusion import checked, read_confusion
from zoning.inputs.gather import Intake, gather
from zoning.ledger import sums
from zoning.pipeline.ground import asked
from zoning.pipeline.method import load_method
from zoning.planfile.doubt import ErrorsPart
from zoning.planfile.models import Config
from zoning.schemes import DEFAULT, Scheme, load_crosswalk, scheme_of, stated
from zoning.schemes.contrast import unreadable
from zoning.schemes.crosswalk import as_data
from zoning.zones.classify import method_values


@dataclass(frozen=True)
class Ready:
    """Everything a run needs, read and found to fit together.

    Parameters
    ----------
    config : Config
        With the method inside (see :func:`settle_method`).
    intake : Intake
    method : Method
        In the zones of the plan's scheme.
    decisions : DataFrame or None
        The decisions on record.
    others : tuple of Method
        Those of ``[zones] compare``.
    """

    config: Config
    intake: Intake
    method: zones.Method
    decisions: pd.DataFrame | None
    others: tuple[zones.Method, ...] = ()

    @property
    def scheme(self) -> Scheme:
        """The zones of the plan."""
        return self.method.scheme


def prepare(config: Config, folder: Path) -> Ready:
    """Read inputs, method and decisions, and find out whether they fit together.

    Raises
    ------
    InputError
        With the problems of all of them.
    """
    problems: list[Problem] = []
    notes: list[Finding] = []

    scheme = attempted(problems, lambda: scheme_of(config.zones))
    settled = None if scheme is None else attempted(problems, lambda: settle_method(config, folder))
    method = None if settled is None else attempted(problems, lambda: load_method(settled))
    decisions = (
        None if scheme is None else attempted(problems, lambda: read_decisions(config, folder))
    )
    others = [
        attempted(problems, lambda n=name: _other(config, n, folder))  # type: ignore[misc]
        for name in (config.zones.compare if scheme is not None else ())
    ]
    intake = attempted(problems, lambda: gather(config, folder), notes)
    if intake is not None and method is not None:
        read = intake
        found = attempted(problems, lambda: _rehearse(config, read, method)) or []
        intake = replace(intake, findings=tuple(once((*intake.findings, *found))))
    if intake is None or method is None or settled is None or problems:
        raise InputError(problems, notes if intake is None else intake.findings)
    said = (*_unnamed(config, intake), *unreadable(method.scheme))
    intake = replace(intake, findings=(*intake.findings, *said))
    return Ready(settled, intake, method, decisions, tuple(m for m in others if m is not None))


def _in_file(problem: Problem, config: Config) -> str:
    """Say where a rule of the method stands; a column that the table lacks stands nowhere."""
    method = config.zones.method
    if problem.code not in ("rule", "rule-syntax"):
        return ""
    rule = problem.where.rpartition(":")[2]
    return f"{method}: {rule}" if isinstance(method, str) else f"[zones.method]: {rule}"


def _other(config: Config, name: str, folder: Path) -> zones.Method:
    """Load a method to compare with, in the zones of the plan."""
    part = config.zones
    return zones.method_of(name, scheme_of(part), part.crosswalk, folder)


def _unnamed(config: Config, intake: Intake) -> tuple[Finding, ...]:
    """Warn where a plan has zones and does not say of which scheme."""
    part = config.zones
    if part.scheme is not None or part.zone or intake.layers.townships is None:
        return ()
    overlay = ""
    if part.balance_share is not None:
        code = scheme_of(part).overlays[0].code
        overlay = f'; balance_share -> [[zones.overlay]] code = "{code}", share = '
        overlay += f"{part.balance_share}"
    return (
        Finding(
            Text(f"[zones] names no scheme: '{DEFAULT}' is used; the next release will ask for one",
                 f"[zones] 未注明 scheme：暂用“{DEFAULT}”，下一版本将不再默认"),
            "plan.toml", code="no-scheme-named",
            remedy=Text(f'write scheme = "{DEFAULT}"{overlay}',
                        f'请写 scheme = "{DEFAULT}"{overlay}'),
        ),
    )  # fmt: skip


def _rehearse(config: Config, intake: Intake, method: zones.Method) -> list[Finding]:
    """Look up what the method reads, and the places of rules: names must be known."""
    layer, part = intake.layers.townships, config.inputs.townships
    if layer is None or part is None:
        return _idle(config)
    table = pd.DataFrame(layer.drop(columns="geometry"))
    measured = asked(config, intake.ground)
    where = part.table or part.path
    absent = {
        "land use": intake.layers.landuse is None,
        "red lines": intake.layers.redlines is None and not config.redlines.none,
    }
    found = zones.remarks(
        table, method, absent=[name for name, gone in absent.items() if gone], where=where
    )
    found += _own(table, where, measured)
    for column in ("area_m2", *sums.RED_SUMS, *sums.USE_SUMS, *measured):
        if column not in table:
            table[column] = pd.array([pd.NA] * len(table), "Int64")
    try:
        # Names and text only: what is read off the data needs the areas that a run measures.
        method_values(table, method)
    except InputError as error:
        named = [replace(p, where=_in_file(p, config) or where) for p in error.problems]
        raise InputError(named) from error
    raise_all(_no_suitability(config, intake, method))
    for column in config.indicators.spread:
        if column not in table or not pd.api.types.is_numeric_dtype(table[column]):
            near = None if column in table else suggest(column, table.columns)
            raise InputError.one(
                f"[indicators] spread: no numbers in column '{column}'",
                f"[indicators] spread：字段“{column}”没有数值", where=where, code="missing-column",
                remedy=meant(near),
            )  # fmt: skip
        below = table.index[~(table[column].ge(0) | table[column].isna()).astype(bool)]
        raise_all(
            Problem(
                Text(f"[indicators] spread: '{column}' of township {code} is {table[column][code]}",
                     f"[indicators] spread：乡镇 {code} 的“{column}”为 {table[column][code]}"),
                where, measured=float(table[column][code]), limit=0, code="negative-total",
                remedy=Text("only totals can be shared out", "只能分摊总量"),
            )
            for code in below
        )  # fmt: skip
    known = {"counties": set(layer["county"]), "townships": set(layer.index)}
    raise_all(
        Problem(
            Text(f"[[cap.{kind}]] names '{rule.place}', which is not in the plan",
                 f"[[cap.{kind}]] 中的“{rule.place}”不在方案内"), "plan.toml", code="unknown-place",
            remedy=Text("known: " + ", ".join(sorted(codes)[:12]),
                        "可用代码：" + "、".join(sorted(codes)[:12])),
        )
        for kind, codes in known.items() for rule in getattr(config.cap, kind)
        if rule.place not in codes
    )  # fmt: skip
    return found


def _own(table: pd.DataFrame, where: str, more: tuple[str, ...] = ()) -> list[Finding]:
    """Tell which columns of the planner stand beside measured ones, and refuse percentages."""
    areas = ("area_m2", *sums.RED_SUMS, *sums.USE_SUMS)
    own = [c for c in (*areas, *sums.SHARES, *more) if c in table and table[c].notna().any()]
    problems = []
    for column in (c for c in own if c in sums.SHARES):
        number = pd.to_numeric(table[column], errors="coerce")
        beyond = table.index[~(number.between(0, 1) | number.isna()).astype(bool)]
        problems += [
            Problem(
                Text(f"'{column}' of township {code} is {table[column][code]}",
                     f"乡镇 {code} 的“{column}”为 {table[column][code]}"), where,
                measured=float(number[code]), limit=1, code="share-range",
                remedy=Text("write shares from 0 to 1, not percent",
                            "占比请填 0 至 1 的小数，而非百分数"),
            )
            for code in beyond
        ]  # fmt: skip
    raise_all(problems)
    return [
        Finding(
            Text(f"'{c}' is yours: the method reads it; the measured one stands beside it",
                 f"“{c}”为填报值：判定采用填报值，实测值并列保留"), where,
            code="own-measurement", level="note",
        )
        for c in own
    ]  # fmt: skip


def _idle(config: Config) -> list[Finding]:
    """Tell what a plan without townships asks for in vain."""
    asked = {
        "[zones] overrides": config.zones.overrides is not None,
        "[indicators] spread": bool(config.indicators.spread),
        "[zones] compare": bool(config.zones.compare),
        "[[cap.counties]]": bool(config.cap.counties),
        "[[cap.townships]]": bool(config.cap.townships),
    }
    return [
        Finding(
            Text("does nothing: the plan has no townships", "不起作用：方案没有乡镇数据"), key,
            remedy=Text("give [inputs.townships]", "请提供 [inputs.townships]"), code="idle",
        )
        for key, there in asked.items() if there
    ]  # fmt: skip


def _no_suitability(config: Config, intake: Intake, method: zones.Method) -> list[Problem]:
    """Refuse a method without suitability where new land is to be placed by it."""
    ruled = config.allocation.enabled and config.cap.share is not None
    allocates = ruled and intake.layers.landuse is not None
    if not allocates or method.suitability is not None:
        return []
    return [Problem(
        Text(f"method '{method.name}' has no [suitability], by which new land is placed",
             f"方法“{method.name}”没有 [suitability]，无法据以分配新增用地"), "[zones] method",
        remedy=Text(
            "give it one, such as built = 0.25, not_farmland = 0.15, not_protected = 0.20, or set "
            "[allocation] enabled = false",
            "请补充，如 built = 0.25、not_farmland = 0.15、not_protected = 0.20，或设 [allocation] "
            "enabled = false"),
        code="no-suitability",
    )]  # fmt: skip


def settle_method(config: Config, folder: Path) -> Config:
    """Take a method file, and judgements it names, into the configuration.

    The crosswalk, the scheme and the samples of ``[errors]`` too. A written plan then knows all of
    them without other files.
    """
    given, walk = config.zones.method, config.zones.crosswalk
    settled: dict[str, Any] = stated(scheme_of(config.zones))
    if isinstance(given, str) and given.endswith(".toml"):
        path = folder / given
        zones.load_method(path, scheme_of(config.zones))
        settled["method"] = zones.inline_files(strict.read(path).data, path.parent)
    elif not isinstance(given, str):
        settled["method"] = zones.inline_files(given, folder)
    if isinstance(walk, str):
        settled["crosswalk"] = as_data(load_crosswalk(walk, folder))
    part = config.zones.model_copy(update=settled)
    return config.model_copy(update={"zones": part, "errors": _errors(config.errors, folder)})


def _errors(part: ErrorsPart, folder: Path) -> ErrorsPart:
    """Take the samples of a confusion matrix into the configuration."""
    land = part.landuse
    if land is None:
        return part
    given, where = land.confusion, "[errors.landuse] confusion"
    read = read_confusion(folder / given, given) if isinstance(given, str) else given
    held = land.model_copy(update={"confusion": checked(read, where)})
    return part.model_copy(update={"landuse": held})


def read_decisions(config: Config, folder: Path) -> pd.DataFrame | None:
    """Read the decisions on record of ``[zones] overrides``."""
    given = config.zones.overrides
    if given is None:
        return None
    return zones.read_overrides(folder / given, scheme=scheme_of(config.zones))
