"""Several methods side by side: where they agree, and what goes to manual review."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from zoning.zones.classify import with_indicators, zones_of
from zoning.zones.method import Method


@dataclass(frozen=True)
class Comparison:
    """What several methods say of the same townships.

    Attributes
    ----------
    table : DataFrame, index township
        One column per method, ``agree`` (how many say the majority zone), ``zone`` (majority, or
        missing), ``status``: ``accept`` (all agree), ``flag`` (a majority agrees), ``review``.
    kappa : DataFrame
        Cohen's kappa of each pair of methods.
    """

    table: pd.DataFrame
    kappa: pd.DataFrame

    @property
    def review(self) -> pd.DataFrame:
        """Townships that a person must look at."""
        return self.table[self.table["status"] == "review"]


def compare_methods(table: pd.DataFrame, methods: Sequence[Method]) -> Comparison:
    """Class the same townships by several methods.

    The agreement rule is our proposal: all agree, accept; more than half, accept and flag; else
    review. A method that leaves a township open counts against agreement.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> t = pd.DataFrame({"area_m2": [10_000_000] * 2, "built_m2": [4_000_000, 500_000],
    ...     "redline_m2": [0, 6_000_000], "farmland_m2": [1_000_000] * 2, "slope_deg": [1.0, 12.0],
    ...     "population": [60_000, 1_000], "gdp_10k_yuan": [900_000, 5_000],
    ...     "min_to_centre": [10, 95]}, index=["t1", "t2"])
    >>> c = compare_methods(t, [load_method(m) for m in ("two-matrices", "dominant", "cube")])
    >>> c.table[["zone", "agree", "status"]].values.tolist()
    [['optimised', 3, 'accept'], ['moderate', 3, 'accept']]
    """
    full = with_indicators(table)
    said = pd.DataFrame({m.name: zones_of(full, m) for m in methods})
    zones, counts = [], []
    for row in said.to_numpy(object).tolist():
        votes = Counter(zone for zone in row if zone is not pd.NA).most_common()
        zone, top = votes[0] if votes else (pd.NA, 0)
        counts.append(top)
        zones.append(zone if 2 * top > len(methods) else pd.NA)
    out = said.copy()
    out["agree"] = pd.Series(counts, index=said.index, dtype="int64")
    out["zone"] = pd.Series(zones, index=said.index, dtype="string")
    full = out["agree"] == len(methods)
    status = np.where(full, "accept", np.where(out["zone"].notna(), "flag", "review"))
    out["status"] = pd.Series(status, index=said.index, dtype="string")
    names = [m.name for m in methods]
    kappa = pd.DataFrame(1.0, index=names, columns=names)
    for one, two in itertools.combinations(names, 2):
        kappa.loc[one, two] = kappa.loc[two, one] = cohen_kappa(said[one], said[two])
    return Comparison(out, kappa)


def cohen_kappa(one: pd.Series, two: pd.Series) -> float:
    """Agreement beyond chance of two classings; rows where either is missing are left out.

    ``kappa = (p_o - p_e) / (1 - p_e)`` (J. Cohen, 1960); 1 if both know a single class only.

    Examples
    --------
    >>> round(cohen_kappa(pd.Series(list("aabb")), pd.Series(list("aaba"))), 3)
    0.5
    """
    one, two = one.align(two)
    both = (one.notna() & two.notna()).to_numpy()
    if not both.any():
        return float("nan")
    rows = int(both.sum())
    said = np.concatenate([x.to_numpy(object)[both] for x in (one, two)])
    code, labels = pd.factorize(said)
    kinds = len(labels)
    pair = code[:rows] * kinds + code[rows:]
    p = np.bincount(pair, minlength=kinds * kinds).reshape(kinds, kinds) / rows
    chance = float(p.sum(axis=0) @ p.sum(axis=1))
    seen = float(np.trace(p))
    return 1.0 if chance == 1.0 else (seen - chance) / (1.0 - chance)
