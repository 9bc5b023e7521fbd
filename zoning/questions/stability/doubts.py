"""One doubt after the other: what each source of error alone does to the zones, and all at once.

`run` draws weights and cuts of the method as it was fitted. Here every draw is fitted anew (natural
breaks, scales and weights from the data), and what is drawn is one of: weights, cuts, ends of
scales, cells of the matrix, the values of the indicators, the land-use map, thresholds of
overlays, the choice of method; then all of them together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import percent
from zoning.errors import InputError, Text
from zoning.pipeline.method import load_method
from zoning.questions.stability import perturb
from zoning.questions.stability.draws import Drawn, Draws, rule_numbers
from zoning.questions.stability.run import FIRM, check, said_zones
from zoning.questions.stability.settled import Settled
from zoning.questions.stability.sources import (
    Draw,
    Rng,
    Source,
    other_methods,
    sources,
)
from zoning.questions.stability.tally import Tally, Units, share_of_area
from zoning.zones import Method
from zoning.zones.classify import method_values
from zoning.zones.decide import decide
from zoning.zones.rules import Rule
from zoning.zones.scoring import Floats, fit
from zoning.zones.table import GradeTable, grade_table

if TYPE_CHECKING:
    from zoning.plan import Plan

#: Tables of grades that are kept: one for each method, not those of drawn cells.
_TABLES = 8
#: Doubts in the order in which they are told.
NAMES = {
    "weights": Text("weights", "权重"), "cuts": Text("cuts between grades", "分级界值"),
    "scale_ends": Text("ends and steps of scales", "标准化区间"),
    "cells": Text("cells of the matrix", "判别矩阵单元"),
    "inputs": Text("values of the indicators", "指标取值"),
    "landuse": Text("the land-use map", "土地利用分类"),
    "overlays": Text("thresholds of overlays", "叠加区阈值"),
    "method": Text("choice of method", "方法选择"),
    "together": Text("all of these together", "以上全部"),
}  # fmt: skip


@dataclass(frozen=True)
class Doubts:
    """What each source of error alone does to the zones.

    Attributes
    ----------
    table : DataFrame
        ``kind``, ``en``, ``zh``, ``about_en``, ``about_zh`` (what is drawn), ``firm_share`` (of the
        area: keeps its zone in at least nine draws of ten), ``firm_outside`` (the same without what
        overlays rule), ``kept_share`` (mean over the area of how often the zone is kept),
        ``draws``, ``failed`` (draws in which nothing could be fitted; they count as not kept),
        ``source``, ``evidence``.
    seed : int
    left_out : tuple of Text
        What could not be drawn, and why.
    """

    table: pd.DataFrame
    seed: int
    left_out: tuple[Text, ...] = ()

    def tell(self, lang: str = "en") -> str:
        """Say in one sentence which doubt alone weighs most, and what all do together."""
        if not len(self.table):
            return "没有可抽样的因素。" if lang == "zh" else "There is nothing to draw."
        alone = self.table[self.table["kind"] != "together"]
        worst = alone.sort_values(["kept_share", "kind"]).iloc[0]
        whole = self.table[self.table["kind"] == "together"].iloc[0]
        kept, all_ = percent(worst["kept_share"], 0), percent(whole["firm_share"], 0)
        n, seed = int(whole["draws"]), self.seed
        if lang == "zh":
            return (f"影响最大的单项是{worst['zh']}：平均 {kept}的面积保持原分区；全部因素"
                    f"同时变动时 {all_}的面积稳定（每项 {n} 次，种子 {seed}，每次重新拟合"
                    "）。")  # fmt: skip
        return (f"The largest single doubt: {worst['en']} ({kept} of the area keeps its zone on "
                f"average). With all of them together {all_} of the area is firm ({n} draws each, "
                f"seed {seed}, fitted anew in every draw).")  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data."""
        rows = self.table.astype(object).to_dict("records")
        return {
            "seed": self.seed, "en": self.tell("en"), "zh": self.tell("zh"), "doubts": rows,
            "left_out": [{"en": t.en, "zh": t.zh} for t in self.left_out],
        }  # fmt: skip


def doubts(
    plan: Plan, *, draws: int = 200, weights: float = Draws.weights, cuts: float = Draws.cuts,
    overlays: float = Draws.overlays, seed: int = Draws.seed,
) -> Doubts:  # fmt: skip
    """Draw every source of error alone and all together, as ``[errors]`` of the plan states them.

    Parameters
    ----------
    plan : Plan
        With townships and zones.
    draws : int
        Of each doubt.
    weights, cuts, overlays : float
        Half-widths, as in `run`.
    seed : int
        Each doubt has a stream of its own, named after it.

    Returns
    -------
    Doubts

    Raises
    ------
    InputError
        If the plan has no townships, or a number is out of range.
    """
    townships = check(plan, Draws(draws, weights, cuts, overlays, seed))
    rig = _Rig(plan, townships, seed, cuts)
    drawn, left_out = sources(rig, weights, cuts)
    others, told = other_methods(plan, rig)
    left_out += told
    still = Draws(draws, seed=seed, overlays=0.0)  # of the others each draw has its own
    rows = [rig.row(s, [Draw(rig.method, rig.values)] * draws, (s.move,), still) for s in drawn]
    moved = replace(still, overlays=overlays)
    if rig.method.scheme.replacing:
        points = f"{overlays * 100:g}"
        about = Text(f"by up to {points} points", f"移动不超过 {points} 个百分点")
        quiet = Source("overlays", lambda d, _: d, about)
        rows.append(rig.row(quiet, [Draw(rig.method, rig.values)] * draws, (), moved))
    if others:
        en, zh = (", ".join(m.en for m, _ in others), "、".join(m.zh for m, _ in others))
        about = Text(f"this method and {en}, each once", f"本方法与{zh}，各一次")
        choice = Source("method", lambda d, _: d, about)
        each = [Draw(rig.method, rig.values), *(Draw(m, v) for m, v in others)]
        rows.append(rig.row(choice, each, (), replace(still, count=len(each))))
    about = Text(
        "every doubt above in every draw; the method stays", "每次抽样同时变动上列各项，方法不变"
    )
    whole = Source("together", lambda d, _: d, about)
    moves = tuple(s.move for s in drawn)
    rows.append(rig.row(whole, [Draw(rig.method, rig.values)] * draws, moves, moved))
    return Doubts(pd.DataFrame(rows), seed, tuple(left_out))


class _Rig:
    """The plan's townships and units, ready to be classed again and again."""

    def __init__(self, plan: Plan, townships: pd.DataFrame, seed: int, cuts: float):
        self.plan, self.seed, self.cuts = plan, seed, cuts
        self.tables: list[tuple[tuple[object, object], GradeTable]] = []
        self.method = load_method(plan.config)
        self.townships = townships
        self.values = method_values(self.townships, self.method)
        fitted = fit(self.method, self.values)
        self.numbers = rule_numbers(fitted, self.values)
        self.decided = self.townships["zone_reason"].isin(["override"]).to_numpy()
        self.settled = Settled(plan, fitted, self.decided)
        self.base = said_zones(self.townships, decide(fitted, self.values).zone)

    def row(
        self, source: Source, starts: Sequence[Draw],
        moves: Sequence[Callable[[Draw, Rng], Draw]], what: Draws,
    ) -> dict[str, Any]:  # fmt: skip
        """Draw one doubt and count."""
        units = Units(self.plan, self.base, self.townships.index, what, self.method.scheme)
        tally = Tally(self.base, units, self.method.scheme)
        rng = np.random.default_rng([self.seed, *source.kind.encode()])
        failed = 0
        codes = np.zeros((len(starts), self.base.size), np.int8)
        for k, start in enumerate(starts):
            draw = start
            for move in moves:
                draw = move(draw, rng)
            try:
                codes[k] = self._classed(draw, rng)
            except InputError:
                # Breaks or weights that these values do not allow: nothing is known here.
                failed += 1
        tally.add(codes, 0)
        table = units.table(tally)
        area = table["area_m2"].to_numpy(np.float64)
        kept = table["stability"].to_numpy(dtype=np.float64, na_value=0.0)
        outside = ~table["overlaid"].to_numpy(bool)
        return {
            "kind": source.kind, "en": NAMES[source.kind].en, "zh": NAMES[source.kind].zh,
            "about_en": source.about.en, "about_zh": source.about.zh,
            "firm_share": _share(area * (kept >= FIRM), area),
            "firm_outside": _share((area * (kept >= FIRM))[outside], area[outside]),
            "kept_share": _share(area * kept, area),
            "draws": len(starts), "failed": failed,
            "source": source.source, "evidence": source.evidence,
        }  # fmt: skip

    def _classed(self, draw: Draw, rng: Rng) -> npt.NDArray[np.int8]:
        """Fit, class and settle one draw, shape (n,)."""
        fitted = fit(draw.method, draw.values)
        rules: tuple[Rule, ...] = ()
        if draw.cuts:
            fitted = perturb.cuts(fitted, rng, self.cuts)
            rules = perturb.numbers(*self.numbers, rng, self.cuts)
        table = self._table(fitted)
        found = decide(fitted, draw.values, table=table, rules=rules)
        numbers = self.settled.numbers
        codes = np.array([[numbers[str(z)] for z in found.zone]])
        drawn = Drawn(
            {a: s.value[None, :] for a, s in found.scores.items()},
            {a: g[None, :] for a, g in found.grades.items()},
            {d.name: np.array([d.cuts]) for d in fitted.dimensions},
        )
        settled = self.settled.under(fitted, table)(codes, drawn)
        out: npt.NDArray[np.int8] = settled[0].astype(np.int8)
        return out

    def _table(self, method: Method) -> GradeTable | None:
        """Work out the table of grades; that of matrices seen before is taken again."""
        if method.rules:
            return None
        key = (method.matrices, method.cube)
        for known, table in self.tables:
            if known[0] is key[0] and known[1] is key[1]:
                return table
        table = grade_table(method)
        if len(self.tables) < _TABLES:
            self.tables.append((key, table))
        return table


def _share(part: Floats, whole: Floats) -> float:
    return round(share_of_area(part, whole), 6)
