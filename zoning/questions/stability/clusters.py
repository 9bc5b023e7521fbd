"""An independent look: zones by clustering the bare indicators."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.zones import Method, cohen_kappa
from zoning.zones.classify import method_values
from zoning.zones.scoring import Floats


@dataclass(frozen=True)
class CrossCheck:
    """Zones of the method beside zones of clusters.

    Attributes
    ----------
    table : DataFrame, index township
        ``zone``, ``cluster_zone``, ``moved``; ``<NA>`` where an indicator is missing.
    kappa : float
        Cohen's kappa of the two.
    method : {"ward", "kmeans", "topsis", "evaluation"}
    chance : float
        Kappa that groups drawn at random (as large as these) reach on average: clusters are named
        by best agreement, so by chance kappa is above 0. 0 for a method that names its zones.
    """

    table: pd.DataFrame
    kappa: float
    method: str
    chance: float = 0.0

    @property
    def moved(self) -> pd.DataFrame:
        """Townships that the clusters put elsewhere."""
        return self.table[self.table["moved"].fillna(False).astype(bool)]


def cross_check(
    townships: pd.DataFrame,
    method: Method,
    how: Literal["ward", "kmeans"] = "ward",
    *,
    seed: int = 0,
) -> CrossCheck:
    """Cluster the z-scores of the method's indicators and name the clusters by best agreement.

    There are as many clusters as zones in ``townships``; clusters get the names that agree with the
    zones most often (assignment problem), so kappa is the best that any naming could give.

    Parameters
    ----------
    townships : DataFrame
        Classified townships, with what the method reads.
    method : Method
    how : {"ward", "kmeans"}
        Ward's hierarchical clustering (deterministic), or k-means (20 starts, seeded).
    seed : int

    Returns
    -------
    CrossCheck

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> towns = pd.DataFrame({"built_share": [0.5, 0.6, 0.05, 0.06],
    ...     "redline_share": [0, 0.1, 0.5, 0.6], "farmland_share": 0.3, "slope_deg": [1, 1, 9, 8],
    ...     "population_density": [4000, 5000, 200, 100], "gdp_density": [9e4, 8e4, 900, 800],
    ...     "min_to_centre": [5, 9, 80, 70],
    ...     "zone": ["optimised", "optimised", "moderate", "moderate"]})
    >>> cross_check(towns, load_method("two-matrices")).kappa
    1.0
    """
    values = method_values(townships, method)
    x = np.array([v for v in values.values() if v.dtype.kind == "f"]).T
    return grouped(townships, x, how, seed=seed)


def grouped(townships: pd.DataFrame, x: Floats, how: str, *, seed: int = 0) -> CrossCheck:
    """Cluster the z-scores of a table of numbers, shape (n, columns), and name the clusters.

    ``how`` is "kmeans", or a name for Ward's clustering.
    """
    whole = ~np.isnan(x).any(axis=1) & townships["zone"].notna().to_numpy(bool)
    zones = townships["zone"].astype(object).to_numpy()
    names = sorted(set(zones[whole]))
    z = _z_scores(x[whole])
    label = _kmeans(z, len(names), seed) if how == "kmeans" else _ward(z, len(names))
    found = np.full(len(townships), pd.NA)
    found[whole] = _name(label, zones[whole], names)
    return checked(townships, found, how, _by_chance(label, zones[whole], names, seed))


def checked(
    townships: pd.DataFrame, found: npt.NDArray[np.object_], how: str, chance: float = 0.0
) -> CrossCheck:
    """Put zones that another way gives beside those of the plan.

    Examples
    --------
    >>> towns = pd.DataFrame({"zone": ["a", "b"]}, index=["1", "2"])
    >>> checked(towns, np.array(["a", "a"], dtype=object), "topsis").moved.index.tolist()
    ['2']
    """
    table = pd.DataFrame(
        {
            "zone": townships["zone"].astype("string"),
            "cluster_zone": pd.array(found, "string"),
        }
    )
    table["moved"] = table["zone"] != table["cluster_zone"]
    kappa = cohen_kappa(table["zone"], table["cluster_zone"])
    return CrossCheck(table, kappa, how, chance)


#: Random groupings from which the kappa of chance is averaged (our choice).
_SHUFFLES = 100


def _by_chance(
    label: npt.NDArray[np.int64], zones: npt.NDArray[np.object_], names: list[str], seed: int
) -> float:
    """Average the kappa of groups of these sizes drawn at random and named by best agreement."""
    if len(label) < 2:
        return 0.0
    rng = np.random.default_rng([seed, len(label)])
    told = pd.Series(zones)
    return float(np.mean([
        cohen_kappa(told, pd.Series(_name(rng.permutation(label), zones, names)))
        for _ in range(_SHUFFLES)
    ]))  # fmt: skip


def _z_scores(x: Floats) -> Floats:
    away, spread = x - x.mean(axis=0), x.std(axis=0)
    out: Floats = np.divide(away, spread, out=np.zeros_like(away), where=spread > 0)
    return out


def _ward(z: Floats, k: int) -> npt.NDArray[np.int64]:
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(z) < 2:
        return np.zeros(len(z), np.int64)
    label: npt.NDArray[np.int64] = fcluster(linkage(z, "ward"), k, criterion="maxclust") - 1
    return label


def _kmeans(z: Floats, k: int, seed: int) -> npt.NDArray[np.int64]:
    """Lloyd's algorithm from 20 seeded k-means++ starts; the tightest is kept."""
    from scipy.cluster.vq import kmeans2

    rng = np.random.default_rng(seed)
    best, label = np.inf, np.zeros(len(z), np.int64)
    for _ in range(20):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an empty cluster only loses this start
            centres, found = kmeans2(z, _spread_start(z, k, rng), minit="matrix", iter=50)
        cost = float(((z - centres[found]) ** 2).sum())
        if cost < best - 1e-12:
            best, label = cost, found
    return label


def _spread_start(z: Floats, k: int, rng: np.random.Generator) -> Floats:
    """Draw centres far from one another (k-means++)."""
    chosen = [int(rng.integers(len(z)))]
    for _ in range(k - 1):
        far = ((z[:, None, :] - z[chosen][None, :, :]) ** 2).sum(axis=2).min(axis=1)
        weight = far if far.sum() > 0 else np.ones(len(z))
        chosen.append(int(rng.choice(len(z), p=weight / weight.sum())))
    out: Floats = z[chosen]
    return out


def _name(
    label: npt.NDArray[np.int64], zones: npt.NDArray[np.object_], names: list[str]
) -> npt.NDArray[np.object_]:
    from scipy.optimize import linear_sum_assignment

    counts = np.array(
        [[((label == c) & (zones == n)).sum() for n in names] for c in range(len(names))]
    )
    rows, columns = linear_sum_assignment(-counts)
    of = dict(zip(rows.tolist(), columns.tolist(), strict=True))
    return np.array([names[of[int(c)]] for c in label], object)
