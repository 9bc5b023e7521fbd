"""Weights from the data itself: entropy and CRITIC; and how weights are combined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.errors import InputError, Problem, Text, raise_all

Floats = npt.NDArray[np.float64]


def normalised(table: pd.DataFrame, *, less: tuple[str, ...] = ()) -> pd.DataFrame:
    """Min-max columns to 0..1; for the columns in ``less`` the smallest value gets 1.

    Raises
    ------
    InputError
        Missing values (rows are named: drop them or give them a value first, they have no weight of
        their own here) and columns without spread.

    Examples
    --------
    >>> normalised(pd.DataFrame({"a": [1, 3, 2], "b": [5, 1, 3]}), less=("b",)).to_dict("list")
    {'a': [0.0, 1.0, 0.5], 'b': [0.0, 1.0, 0.5]}
    """
    x = table.astype("Float64")
    problems = []
    if len(x) < 2:
        problems.append(
            Problem(
                Text(f"weights from data need 2 rows at least, not {len(x)}",
                     f"由数据定权至少需要 2 行，现有 {len(x)} 行"), ", ".join(map(str, x.columns)),
                measured=len(x), limit=2, code="too-few-rows",
            )
        )  # fmt: skip
    raise_all(problems)
    for name in x:
        empty = x.index[x[name].isna().to_numpy(dtype=bool)]
        if len(empty):
            rows = ", ".join(str(i) for i in empty[:5])
            problems.append(
                Problem(
                    Text(
                        f"missing in {len(empty)} rows ({rows})", f"{len(empty)} 行缺失（{rows}）"
                    ),
                    str(name),
                    code="missing-value",
                )
            )
        elif not np.isfinite(x[name].to_numpy(dtype=np.float64)).all():
            beyond = x.index[~np.isfinite(x[name].to_numpy(dtype=np.float64))]
            rows = ", ".join(str(i) for i in beyond[:5])
            problems.append(
                Problem(Text(f"not finite in rows {rows}", f"各行（{rows}）不是有限数"), str(name),
                        code="not-a-number")
            )  # fmt: skip
        elif x[name].max() == x[name].min():
            problems.append(
                Problem(
                    Text(
                        "the same value in every row: it cannot be weighed",
                        "各行取值相同，无法定权",
                    ),
                    str(name),
                    code="no-spread",
                )
            )
    raise_all(problems)
    y = (x - x.min()) / (x.max() - x.min())
    for name in less:
        y[name] = 1.0 - y[name]
    return y.astype("float64")


def entropy_weights(table: pd.DataFrame, *, less: tuple[str, ...] = ()) -> pd.Series:
    """Entropy weights: an indicator that tells the rows apart weighs more.

    ``p_ij = y_ij / sum_i y_ij``, ``e_j = -sum_i p_ij ln p_ij / ln n``, ``w_j = (1 - e_j) / sum``,
    with y from `normalised` and ``0 ln 0 = 0``. Scale-free: the unit of a column does not matter.

    Parameters
    ----------
    table : DataFrame, shape (n, m)
        Indicators of n >= 2 places.
    less : tuple of str
        Columns where less is better.

    Returns
    -------
    Series of float64 that adds up to 1.

    Examples
    --------
    >>> entropy_weights(pd.DataFrame({"a": [0, 1, 2], "b": [0, 0, 2]})).round(4).to_dict()
    {'a': 0.2961, 'b': 0.7039}
    """
    # Sorted column by column: sums of floats then do not depend on the order of the rows.
    y = np.sort(normalised(table, less=less).to_numpy(), axis=0)
    p = y / y.sum(axis=0)
    logs = np.log(p, out=np.zeros_like(p), where=p > 0)
    spread = 1.0 + (p * logs).sum(axis=0) / np.log(len(y))
    return pd.Series(spread / spread.sum(), index=table.columns, name="weight")


def critic_weights(table: pd.DataFrame, *, less: tuple[str, ...] = ()) -> pd.Series:
    """CRITIC weights: contrast times conflict.

    ``C_j = s_j * sum_k (1 - r_jk)``, ``w_j = C_j / sum C``, with the standard deviations s and the
    correlations r of the min-max values.

    References
    ----------
    D. Diakoulaki, G. Mavrotas, L. Papayannakis, Determining objective weights in multiple criteria
    problems: the CRITIC method, Computers & Operations Research 22 (1995).

    Examples
    --------
    >>> table = pd.DataFrame({"a": [0, 1, 2], "b": [2, 1, 0], "c": [0, 2, 2]})
    >>> critic_weights(table).round(3).to_dict()
    {'a': 0.257, 'b': 0.465, 'c': 0.278}
    """
    y = normalised(table, less=less)
    # One order of rows, whatever order they came in.
    y = y.sort_values(list(y.columns), kind="stable")
    r = np.atleast_2d(np.corrcoef(y.to_numpy(), rowvar=False))
    s = y.std(ddof=1).to_numpy()
    c = s * (1.0 - r).sum(axis=0)
    if not c.sum() > 0:
        raise InputError.one(
            "all indicators move together; CRITIC has nothing to weigh",
            "各指标完全同向变化，CRITIC 无从定权",
            where="CRITIC",
            code="no-conflict",
        )
    return pd.Series(c / c.sum(), index=table.columns, name="weight")


def combine_weights(
    given: Mapping[str, pd.Series],
    how: Literal["linear", "product", "least-squares"] = "linear",
    shares: Mapping[str, float] | None = None,
) -> pd.Series:
    """Join sets of weights into one.

    ``linear``: sum of share x weight (equal shares by default); ``product``: normalised product
    (both must agree for a weight to be large); ``least-squares``: the linear combination nearest to
    all sets at once (combination weighting of game theory: ``sum_j a_j w_i.w_j = w_i.w_i`` for each
    set i), as near as coefficients that are not negative can come (non-negative least squares).

    Raises
    ------
    InputError
        Other indicators, negative weights or shares, shares of 0 in all, sets that share no
        indicator (for the product).

    Examples
    --------
    >>> a = pd.Series({"x": 0.8, "y": 0.2}); b = pd.Series({"x": 0.5, "y": 0.5})
    >>> combine_weights({"ahp": a, "entropy": b}).round(3).to_dict()
    {'x': 0.65, 'y': 0.35}
    >>> combine_weights({"ahp": a, "entropy": b}, "product").round(3).to_dict()
    {'x': 0.8, 'y': 0.2}
    """
    sets = list(given.values())
    if not sets or any(sorted(map(str, w.index)) != sorted(map(str, sets[0].index)) for w in sets):
        raise InputError.one(
            "the sets of weights name different indicators",
            "各组权重的指标不一致",
            where=", ".join(given),
            code="weights-names",
        )
    w = np.array([s.reindex(sets[0].index).to_numpy(dtype=float) for s in sets])
    if (w < 0).any() or not np.allclose(w.sum(axis=1), 1.0, atol=1e-6):
        raise InputError.one(
            "weights must not be negative and must add up to 1",
            "权重不得为负且须合计为 1",
            where=", ".join(given),
            code="weights-sum",
        )
    if how == "product":
        joined = w.prod(axis=0)
    elif how == "least-squares":
        from scipy.optimize import nnls

        # Clipping a solution with negative parts is not the nearest one without them.
        joined = nnls(w @ w.T, np.diag(w @ w.T))[0] @ w
    else:
        share = np.array([1.0 if shares is None else float(shares[k]) for k in given])
        if (share < 0).any():
            raise InputError.one(
                "shares must not be negative", "份额不得为负", where=", ".join(given),
                measured=float(share.min()), limit=0, code="weights-sum",
            )  # fmt: skip
        joined = share @ w
    if not joined.sum() > 0:
        raise InputError.one(
            "nothing is left: no indicator has weight in every set",
            "没有指标在各组权重中都有份额，合成后为零", where=", ".join(given), code="weights-sum",
            remedy=("join linearly, or leave a set out", "请改用线性组合，或去掉一组权重"),
        )  # fmt: skip
    return pd.Series(joined / joined.sum(), index=sets[0].index, name="weight")
