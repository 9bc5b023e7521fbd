"""Second opinions that share little with the method: TOPSIS, and weights left entirely open (SMAA).

References
----------
Hwang and Yoon (1981), Multiple Attribute Decision Making: TOPSIS.
Lahdelma and Salminen (2001), SMAA-2: stochastic multicriteria acceptability analysis.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import percent
from zoning.questions.stability.clusters import CrossCheck, checked, cross_check, grouped
from zoning.questions.stability.draws import Draws, codes_of, perturbed_zones
from zoning.questions.stability.tally import share_of_area
from zoning.zones import Method
from zoning.zones.classify import method_values
from zoning.zones.decide import decide
from zoning.zones.method import Dimension
from zoning.zones.scoring import Floats, fit, grade, score
from zoning.zones.table import grade_table


def closeness(terms: Floats, weights: Floats) -> Floats:
    """TOPSIS: how near rows are to the best that occurs, 0 the worst to 1 the best.

    Parameters
    ----------
    terms : array, shape (terms, n)
        Scores in which more is more of the dimension; NaN makes a row unknown.
    weights : array, shape (terms,)

    Returns
    -------
    array, shape (n,)

    Examples
    --------
    >>> closeness(np.array([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]]), np.array([1.0, 1.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    known = ~np.isnan(terms).any(axis=0)
    out = np.full(terms.shape[1], np.nan)
    x = terms[:, known]
    if not x.size:
        return out
    length = np.sqrt((x**2).sum(axis=1, keepdims=True))
    weighted = weights[:, None] / weights.sum() * x
    v = np.divide(weighted, length, out=np.zeros_like(x), where=length > 0)
    best, worst = v.max(axis=1, keepdims=True), v.min(axis=1, keepdims=True)
    to_best, to_worst = (np.sqrt(((v - end) ** 2).sum(axis=0)) for end in (best, worst))
    whole = to_best + to_worst
    out[known] = np.divide(to_worst, whole, out=np.full_like(whole, 0.5), where=whole > 0)
    return out


def topsis(townships: pd.DataFrame, method: Method) -> CrossCheck | None:
    """Class townships by TOPSIS in place of weighted means.

    Each dimension is scored by its closeness to the best that occurs, and as many townships get
    each grade as the method gave it; the method's own matrix or cube then decides. So neither the
    scales' ends nor the cuts matter, only the order.

    Parameters
    ----------
    townships : DataFrame
        Classified townships, with what the method reads.
    method : Method

    Returns
    -------
    CrossCheck or None
        None for a method of ordered rules, which has no grades.
    """
    if method.rules:
        return None
    values = method_values(townships, method)
    fitted = fit(method, values)
    grades = {d.name: _graded(d, values) for d in fitted.dimensions}
    table = grade_table(fitted)
    at = [grades[a] for a in table.axes]
    zone = table.zone[tuple(np.maximum(g, 0) for g in at)]
    known = np.logical_and.reduce([g >= 0 for g in at]) & (zone != "review")
    return checked(townships, np.where(known, zone, pd.NA), "topsis")


def opinions(townships: pd.DataFrame, method: Method) -> tuple[CrossCheck, ...]:
    """Give every second opinion.

    Two clusterings, TOPSIS where the method has grades, and clusters of what the double evaluation
    (双评价) alone says where the plan has one.
    """
    found = [cross_check(townships, method, how) for how in ("ward", "kmeans")]
    for other in (topsis(townships, method), evaluated(townships)):
        if other is not None:
            found.append(other)
    return tuple(found)


#: Indicators that follow from evaluations alone.
_EVALUATED = re.compile(r"(ecology|farm|town)_(extreme|important|suited|unsuited)_share|first_.*")


def evaluated(townships: pd.DataFrame) -> CrossCheck | None:
    """Put townships into groups by the shares of land that the double evaluation gives alone.

    As many groups as there are zones, by Ward's clustering of the z-scores, named by best
    agreement: what land is suited to and how important it is, without people, roads or existing
    construction.

    Parameters
    ----------
    townships : DataFrame
        Classified townships, with what ``[inputs.evaluations]`` measured.

    Returns
    -------
    CrossCheck or None
        None where nothing was evaluated, or too little differs to make groups.

    Examples
    --------
    >>> towns = pd.DataFrame({"town_suited_share": [0.9, 0.8, 0.1, 0.2],
    ...     "zone": ["key", "key", "moderate", "moderate"]}, index=list("abcd"))
    >>> found = evaluated(towns)
    >>> found.kappa, found.method
    (1.0, 'evaluation')
    """
    names = [c for c in townships.columns if _EVALUATED.fullmatch(str(c))]
    x = townships[names].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    whole = ~np.isnan(x).any(axis=1) & townships["zone"].notna().to_numpy(bool)
    zones = len(set(townships["zone"][whole]))
    if not names or len(np.unique(x[whole], axis=0)) < max(zones, 2):
        return None
    return grouped(townships, x, "evaluation")


def _graded(dimension: Dimension, values: Mapping[str, Floats]) -> npt.NDArray[np.int64]:
    """Give the best townships the highest grade, as many as the method gives it."""
    own = score(dimension, values)
    given = grade(dimension, own.value)
    near = closeness(own.terms, np.array([t.weight for t in dimension.terms]))
    both = (given >= 0) & ~np.isnan(near)
    out = np.full(near.size, -1)
    where = np.flatnonzero(both)
    # Equal closeness keeps the order of the method's own score.
    order = where[np.lexsort((own.value[where], near[where]))]
    out[order] = np.sort(given[where])
    return out


@dataclass(frozen=True)
class Acceptability:
    """How often each zone follows when nothing is known of the weights.

    Attributes
    ----------
    townships : DataFrame, index township
        ``zone`` (by the method alone), ``acceptability`` (share of draws that give it), ``best``
        (the zone that most draws give), one column ``share_CODE`` for each zone of the scheme.
    area_share : float
        Share of the classed area whose zone is the one that most draws give.
    draws : Draws
    """

    townships: pd.DataFrame
    area_share: float
    draws: Draws

    def tell(self, lang: str = "en") -> str:
        """Write the result in one sentence."""
        n = f"{self.draws.count:,}"
        if lang == "zh":
            return (f"权重完全不定时（SMAA，{n} 次抽样，种子 {self.draws.seed}），"
                    f"{percent(self.area_share, 0)}的已分区面积仍以现分区最为可取。")  # fmt: skip
        return (f"With weights left entirely open (SMAA, {n} draws, seed {self.draws.seed}), "
                f"{percent(self.area_share, 0)} of the classed area still gets its zone most "
                "often.")  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Give everything as plain data for ``--json``."""
        other = self.townships[(self.townships["best"] != self.townships["zone"]).fillna(False)]
        return {
            "draws": self.draws.count, "seed": self.draws.seed,
            "area_share": round(self.area_share, 6), "en": self.tell("en"), "zh": self.tell("zh"),
            "elsewhere": {str(k): str(v) for k, v in other["best"].items()},
        }  # fmt: skip


def smaa(
    townships: pd.DataFrame, method: Method, *, draws: int = 2000, seed: int = Draws.seed
) -> Acceptability:
    """Draw the weights of every dimension from all that are possible; cuts and scales stay.

    Parameters
    ----------
    townships : DataFrame
        Classified townships, with what the method reads and ``area_m2``.
    method : Method
    draws : int
    seed : int

    Returns
    -------
    Acceptability
        Beside the zone that the method alone gives, before contiguity and decisions.
    """
    what = Draws(draws, 0.0, 0.0, 0.0, seed, free=True)
    values = method_values(townships, method)
    fitted = fit(method, values)
    zone = decide(fitted, values).zone
    numbers = codes_of(method.scheme)
    names = [k for k, v in sorted(numbers.items(), key=lambda item: item[1]) if v]
    seen = np.zeros((len(names) + 1, len(townships)), np.int64)
    for _, _, codes in perturbed_zones(fitted, values, what):
        for code in range(len(seen)):
            seen[code] += (codes == code).sum(axis=0)
    shares = seen[1:] / draws
    known = np.array([z not in ("", "review") for z in zone])
    own = np.array([numbers[z] for z in zone])
    kept = seen[own, np.arange(own.size)] / draws
    best = shares.argmax(axis=0)
    # A tie is no reason to move.
    best = np.where(known & (shares.max(axis=0) <= kept), own - 1, best)
    acceptable = pd.array(kept, "Float64")
    acceptable[~known] = pd.NA
    table = pd.DataFrame(
        {
            "zone": pd.Series(zone, index=townships.index).where(known).astype("string"),
            "acceptability": acceptable,
            "best": pd.array([names[b] if k else None for b, k in zip(best, known, strict=True)],
                             "string"),
            **{f"share_{n}": shares[i] for i, n in enumerate(names)},
        },
        index=townships.index,
    )  # fmt: skip
    area = townships["area_m2"].to_numpy(np.float64)
    hit = known & (best == own - 1)
    return Acceptability(table, share_of_area(area[hit], area[known]), what)
