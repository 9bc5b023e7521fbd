"""Weights of a dimension from judgements and from the data, joined as the method says."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.shipped import data_path, load_toml
from zoning.errors import InputError
from zoning.weights import ahp, combine_weights, critic_weights, entropy_weights, read_pairwise
from zoning.zones.method import Dimension, Weighting

logger = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]


def weigh(dimension: Dimension, w: Weighting, scores: Floats) -> pd.DataFrame:
    """Give every set of weights of a dimension and what they join to.

    Parameters
    ----------
    dimension : Dimension
    w : Weighting
        Its own.
    scores : float array, shape (terms, n)
        Scores of the terms. Entropy and CRITIC look at the rows where all are known; direction is
        in the scores already, so that more is always more.

    Returns
    -------
    DataFrame, index indicator
        One column per set and ``weight``. Judgements that do not fit together are logged with the
        worst of them.
    """
    names = [t.indicator for t in dimension.terms]
    table = pd.DataFrame(scores.T, columns=names).dropna()
    sets: dict[str, pd.Series] = {}
    for name in w.use:
        if name == "manual":
            given = np.array([t.weight for t in dimension.terms])
            sets[name] = pd.Series(given / given.sum(), index=names)
        elif name == "ahp":
            result = ahp(pd.DataFrame(list(w.ahp), index=names, columns=names))
            if not result.consistent:
                logger.info("%s: %s", dimension.name, result.tell("en"))
            sets[name] = result.weights
        else:
            sets[name] = (entropy_weights if name == "entropy" else critic_weights)(table)
    join = cast(Literal["linear", "product", "least-squares"], w.join)
    shares = dict(zip(w.use, w.shares, strict=True)) if w.shares else None
    return pd.DataFrame({**sets, "weight": combine_weights(sets, join, shares)})


def inline_files(method: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Put pairwise matrices that a method names as files (CSV, XLSX) into the method itself.

    A written plan then knows its judgements. The names in the file may stand in any order.

    Parameters
    ----------
    method : mapping
        As in TOML; ``dimension.<name>.weighting.ahp`` may be a file name.
    folder : Path
        Where relative names start.

    Raises
    ------
    InputError
        A file that cannot be read, or that judges other indicators than the dimension has.
    """
    out = copy(method)  # with its place in the file
    dimensions = method.get("dimension")
    if not isinstance(dimensions, Mapping):
        return out
    base = str(method.get("base", ""))
    known = base in {p.stem for p in data_path("methods").glob("*.toml")}
    below = load_toml("methods", f"{base}.toml").get("dimension", {}) if known else {}
    out["dimension"] = {
        k: _with_matrix(k, d, below.get(k, {}), folder) for k, d in dimensions.items()
    }
    return out


def _with_matrix(name: str, dimension: Any, below: Mapping[str, Any], folder: Path) -> Any:
    part = dimension.get("weighting") if isinstance(dimension, Mapping) else None
    if not isinstance(part, Mapping) or not isinstance(part.get("ahp"), str):
        return dimension
    matrix = read_pairwise(folder / part["ahp"])
    terms = dimension.get("term", below.get("term", ()))
    order = [str(t.get("indicator")) for t in terms if isinstance(t, Mapping)]
    if sorted(matrix.index) != sorted(order) or sorted(matrix.columns) != sorted(order):
        raise InputError.one(
            f"judges {', '.join(matrix.index)}; the dimension has {', '.join(order)}",
            f"评判的是 {', '.join(matrix.index)}，而维度的指标是 {', '.join(order)}",
            where=f"{part['ahp']} for {name}",
            code="ahp-names",
        )
    # An empty half is filled with its mirrors; here it must be a number.
    full = matrix.loc[order, order]
    full = full.fillna(1.0 / full.T).fillna(1.0)
    return {**dimension, "weighting": {**part, "ahp": full.to_numpy().tolist()}}
