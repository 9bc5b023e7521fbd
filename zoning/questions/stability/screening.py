"""What the zones hang on: one factor after the other, all over the range (Morris' screening)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import InputError, Text
from zoning.pipeline.method import load_method
from zoning.questions.stability.draws import Draws, rule_numbers
from zoning.zones.classify import method_values
from zoning.zones.decide import decide
from zoning.zones.method import Method
from zoning.zones.rules import Rule
from zoning.zones.scoring import Floats, fit

if TYPE_CHECKING:
    from zoning.plan import Plan


@dataclass(frozen=True)
class Sensitivity:
    """Effects of each factor on the share of the townships' area that changes its zone.

    Attributes
    ----------
    table : DataFrame
        ``factor``, ``kind`` (weight, cut, input), ``en``, ``zh``, ``effect`` (mean of the absolute
        elementary effects, mu*), ``spread`` (their standard deviation: large where the effect
        depends on the other factors); the largest effect first.
    trajectories, seed : int
    """

    table: pd.DataFrame
    trajectories: int
    seed: int

    def tell(self, lang: str = "en") -> str:
        """Say in one sentence what most hangs on."""
        if not len(self.table) or not self.table["effect"].iloc[0] > 0:
            return ("在给定范围内没有因素改变分区。" if lang == "zh"
                    else "Nothing changes any zone within these ranges.")  # fmt: skip
        total, first = float(self.table["effect"].sum()), self.table.iloc[0]
        share = f"{float(first['effect']) / total:.0%}"
        if lang == "zh":
            return f"影响最大的是{first['zh']}：占全部因素效应的 {share}。"
        return f"Most hangs on {first['en']}: {share} of the effect of all factors."

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data."""
        return {
            "trajectories": self.trajectories, "seed": self.seed, "en": self.tell("en"),
            "zh": self.tell("zh"), "factors": self.table.to_dict("records"),
        }  # fmt: skip


#: Before the name of a rule where a number in it is moved; no dimension is called so.
_RULE = "rule "


@dataclass(frozen=True)
class _Factor:
    name: str
    kind: str
    label: Text
    dimension: str
    place: int


def screen(
    plan: Plan, *, trajectories: int = 40, levels: int = 4, weights: float = Draws.weights,
    cuts: float = Draws.cuts, inputs: float = 0.1, seed: int = Draws.seed,
) -> Sensitivity:  # fmt: skip
    """Screen weights, cuts and inputs of a plan's method by elementary effects.

    Each factor runs over its whole range (a weight times 1 - x to 1 + x, a cut by x of its span to
    either side, an indicator times 1 - x to 1 + x), one after the other along random ways through
    all of them; scales, natural breaks and weights from the data are fitted again for every step.

    Parameters
    ----------
    plan : Plan
        With townships.
    trajectories : int
        Ways; each takes one run more than there are factors.
    levels : int
        Even number of levels of a factor.
    weights, cuts, inputs : float
        Half-widths.
    seed : int

    Returns
    -------
    Sensitivity

    Raises
    ------
    InputError
        If the plan has no townships.

    References
    ----------
    M. D. Morris, Factorial sampling plans for preliminary computational experiments, Technometrics
    33 (1991); F. Campolongo and others, mu*, Environmental Modelling & Software 22 (2007).
    """
    if plan.townships is None or "zone" not in plan.townships:
        raise InputError.one(
            "the plan has no townships, so there are no zones to test",
            "方案没有乡镇数据，没有可检验的分区", where=plan.name, code="no-zones",
        )  # fmt: skip
    method = load_method(plan.config)
    townships = pd.DataFrame(plan.townships.drop(columns="geometry", errors="ignore"))
    values = method_values(townships, method)
    area = townships["area_m2"].to_numpy(np.float64)
    fitted = fit(method, values)
    numbers = rule_numbers(fitted, values)
    factors = _factors(method, values, numbers[0])
    reach = np.array([{"weight": weights, "cut": cuts, "input": inputs}[f.kind] for f in factors])
    base = decide(fitted, values).zone

    def changed(x: Floats) -> float:
        zone = _zone(method, values, numbers, factors, (2.0 * x - 1.0) * reach)
        return float(area[zone != base].sum() / area.sum())

    effects = elementary_effects(changed, len(factors), trajectories, levels, seed)
    table = pd.DataFrame(
        {
            "factor": [f.name for f in factors],
            "kind": [f.kind for f in factors],
            "en": [f.label.en for f in factors],
            "zh": [f.label.zh for f in factors],
            "effect": np.abs(effects).mean(axis=0),
            "spread": effects.std(axis=0, ddof=1) if trajectories > 1 else np.zeros(len(factors)),
        }
    )
    table = table.sort_values(["effect", "factor"], ascending=[False, True], ignore_index=True)
    return Sensitivity(table, trajectories, seed)


def elementary_effects(
    run: Any, factors: int, trajectories: int, levels: int = 4, seed: int = 0
) -> Floats:
    """Elementary effects of a function on the unit cube.

    Parameters
    ----------
    run : callable
        From an array of ``factors`` numbers in 0..1 to a number.
    factors, trajectories, levels, seed : int

    Returns
    -------
    float array, shape (trajectories, factors)

    Examples
    --------
    >>> e = elementary_effects(lambda x: 2 * x[0] - x[1], 3, 5)
    >>> e.mean(axis=0).round(9).tolist()
    [2.0, -1.0, 0.0]
    """
    rng = np.random.default_rng(seed)
    step = levels / (2.0 * (levels - 1))
    out = np.zeros((trajectories, factors))
    for t in range(trajectories):
        # A start from which every factor can move by the step, up or down.
        low = rng.integers(0, levels // 2, factors) / (levels - 1)
        up = rng.random(factors) < 0.5
        x = np.where(up, low, low + step)
        before = run(x)
        for k in rng.permutation(factors):
            x = x.copy()
            x[k] += step if up[k] else -step
            after = run(x)
            out[t, k] = (after - before) / (step if up[k] else -step)
            before = after
    return out


def _factors(
    method: Method, values: Mapping[str, Floats], rules: tuple[Rule, ...]
) -> list[_Factor]:
    from zoning.zones.tell import indicator_name

    def said(name: str, lang: str) -> str:
        return indicator_name(name, lang, method.called)

    found = []
    for d in method.dimensions:
        if len(d.terms) > 1 and d.weighting is None:
            for k, t in enumerate(d.terms):
                label = Text(
                    f"the weight of {said(t.indicator, 'en')} in {d.en}",
                    f"{d.zh}中{said(t.indicator, 'zh')}的权重",
                )
                found.append(_Factor(f"weight {d.name}.{t.indicator}", "weight", label, d.name, k))
        for k in range(len(d.grades) - 1):
            at = "" if d.breaks else f"{d.cuts[k]:.0%}" if d.unit == "share" else f"{d.cuts[k]:g}"
            label = Text(f"cut {k + 1} of {d.en}" + (f" ({at})" if at else ""),
                         f"{d.zh}的第 {k + 1} 个分界" + (f"（{at}）" if at else ""))  # fmt: skip
            found.append(_Factor(f"cut {d.name}.{k + 1}", "cut", label, d.name, k))
    called = {d.name: d for d in method.dimensions}
    for line, rule in zip(method.rules, rules, strict=True):
        for k, c in enumerate(rule.cuts):
            of = called.get(c.column)
            en = of.en if of else said(c.column, "en")
            zh = of.zh if of else said(c.column, "zh")
            label = Text(f"the number {c.number:g} of {en} in rule {line.id}",
                         f"规则 {line.id} 中{zh}的数值 {c.number:g}")  # fmt: skip
            found.append(_Factor(f"cut rule.{line.id}.{k + 1}", "cut", label, _RULE + line.id, k))
    for name in (k for k, v in values.items() if v.dtype.kind == "f"):
        label = Text(f"the values of {said(name, 'en')}",
                     f"{said(name, 'zh')}的取值")  # fmt: skip
        found.append(_Factor(f"input {name}", "input", label, name, 0))
    return found


def _zone(
    method: Method,
    values: dict[str, Floats],
    numbers: tuple[tuple[Rule, ...], list[Floats]],
    factors: list[_Factor],
    move: Floats,
) -> npt.NDArray[np.object_]:
    """Class the townships with every factor moved; what is read off the data is read again."""
    weight, cut, scaled = {}, {}, dict(values)
    for f, m in zip(factors, move, strict=True):
        if f.kind == "weight":
            weight[f.dimension, f.place] = 1.0 + m
        elif f.kind == "cut":
            cut[f.dimension, f.place] = m
        elif scaled[f.dimension].dtype.kind == "f":
            # Half of the townships up, half down: an error is not the same everywhere.
            sign = np.where(np.arange(scaled[f.dimension].size) % 2, 1.0, -1.0)
            scaled[f.dimension] = scaled[f.dimension] * (1.0 + m * sign)
    moved = [
        replace(d, terms=tuple(
            replace(t, weight=t.weight * weight.get((d.name, k), 1.0))
            for k, t in enumerate(d.terms)
        ))
        for d in method.dimensions
    ]  # fmt: skip
    fitted = fit(replace(method, dimensions=tuple(moved)), scaled)
    final = [
        replace(d, cuts=tuple(sorted(c + cut.get((d.name, k), 0.0) * d.span
                                     for k, c in enumerate(d.cuts))))
        for d in fitted.dimensions
    ]  # fmt: skip
    rules = tuple(
        rule.moved([cut.get((_RULE + line.id, k), 0.0) * s for k, s in enumerate(span)])
        for line, rule, span in zip(method.rules, *numbers, strict=True)
    )
    return decide(replace(fitted, dimensions=tuple(final)), scaled, rules=rules).zone
