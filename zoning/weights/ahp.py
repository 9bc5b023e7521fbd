"""Analytic hierarchy process: weights from pairwise judgements, and how consistent they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from zoning.base.shipped import load_toml
from zoning.errors import InputError, Problem, Text, raise_all

#: How far a typed judgement and its mirror may be from a product of 1 (0.33 for 1/3 is common).
_MIRROR = 0.05


@dataclass(frozen=True)
class Ahp:
    """Weights of criteria and the consistency of the judgements.

    Attributes
    ----------
    weights : Series
        Adds up to 1, in the order of the matrix.
    lambda_max, consistency_index, consistency_ratio : float
        ``CI = (lambda_max - n) / (n - 1)``, ``CR = CI / RI(n)``; CR is 0 for n below 3.
    consistent : bool
        CR is below the limit of ``data/weights/random_index.toml``.
    worst : DataFrame
        Judgements from the most to the least inconsistent: ``row``, ``column``, ``judgement``,
        ``implied`` (ratio of the weights) and ``factor`` (how many times off, at least 1).
    """

    weights: pd.Series
    lambda_max: float
    consistency_index: float
    consistency_ratio: float
    consistent: bool
    worst: pd.DataFrame

    def tell(self, lang: str = "en") -> str:
        """Write the verdict in one sentence."""
        cr = f"{self.consistency_ratio:.3f}"
        limit = f"{load_toml('weights', 'random_index.toml')['limit']:g}"
        if self.consistent:
            return f"一致性比率 {cr}，低于 {limit}" if lang == "zh" else f"CR {cr}, below {limit}"
        bad = self.worst.iloc[0]
        said, fits = f"{bad['judgement']:.3g}", f"{bad['implied']:.3g}"
        if lang == "zh":
            return (
                f"一致性比率 {cr}，不低于 {limit}；最不一致的判断："
                f"{bad['row']} 对 {bad['column']} 为 {said}，其余判断隐含 {fits}"
            )
        return (
            f"CR {cr}, not below {limit}; the least consistent judgement: "
            f"{bad['row']} over {bad['column']} is {said}, the others imply {fits}"
        )


def ahp(matrix: pd.DataFrame) -> Ahp:
    """Weights from a pairwise matrix: its principal eigenvector.

    Parameters
    ----------
    matrix : DataFrame
        Square, the same names on rows and columns; ``a[i, j]`` says how many times more important
        ``i`` is than ``j``. One half may be missing and is filled with reciprocals.

    Returns
    -------
    Ahp

    Raises
    ------
    InputError
        Names that differ, numbers that are not positive, mirrors that are no reciprocals; all at
        once, each with its cell.

    References
    ----------
    T. L. Saaty, The Analytic Hierarchy Process, 1980.

    Examples
    --------
    >>> names = ["land", "water", "roads"]
    >>> m = pd.DataFrame([[1, 3, 5], [1/3, 1, 3], [1/5, 1/3, 1]], index=names, columns=names)
    >>> result = ahp(m)
    >>> result.weights.round(3).to_dict(), round(result.consistency_ratio, 3)
    ({'land': 0.637, 'water': 0.258, 'roads': 0.105}, 0.033)
    """
    names = [str(n) for n in matrix.index]
    a = _complete(matrix, names)
    # Solved in the order of the names, so that the order of the rows cannot show in the digits.
    order = np.argsort(np.array(names), kind="stable")
    values, vectors = np.linalg.eig(a[np.ix_(order, order)])
    first = int(np.argmax(values.real))
    vector = np.abs(vectors[:, first].real)
    w = np.empty(len(names))
    w[order] = vector / vector.sum()
    top = float(values[first].real)
    n = len(names)
    ci = (top - n) / (n - 1) if n > 1 else 0.0
    table = load_toml("weights", "random_index.toml")
    if n > len(table["index"]):
        raise InputError.one(
            f"{n} criteria; the random index is tabulated up to {len(table['index'])}",
            f"准则 {n} 个；随机一致性指标只列到 {len(table['index'])} 个",
            where="AHP",
            code="ahp-size",
            remedy=("group the criteria", "请先分层归组"),
        )
    ri = float(table["index"][n - 1])
    cr = max(ci / ri, 0.0) if ri > 0 else 0.0
    return Ahp(
        pd.Series(w, index=matrix.index, name="weight"),
        top,
        ci,
        cr,
        cr < float(table["limit"]),
        _worst(a, w, names),
    )


def _worst(a: np.ndarray[Any, Any], w: np.ndarray[Any, Any], names: list[str]) -> pd.DataFrame:
    rows = []
    for i, j in zip(*np.triu_indices(len(names), 1), strict=True):
        implied = float(w[i] / w[j])
        factor = float(np.exp(abs(np.log(a[i, j] / implied))))
        rows.append((names[i], names[j], float(a[i, j]), implied, factor))
    found = pd.DataFrame(rows, columns=["row", "column", "judgement", "implied", "factor"])
    return found.sort_values(
        ["factor", "row", "column"], ascending=[False, True, True], kind="stable"
    ).reset_index(drop=True)


def _complete(matrix: pd.DataFrame, names: list[str]) -> np.ndarray[Any, Any]:
    problems = []
    if names != [str(c) for c in matrix.columns] or len(set(names)) != len(names) or not names:
        raise InputError.one(
            "rows and columns must have the same names in the same order, each once",
            "行与列的名称须相同、同序且不重复",
            where="AHP",
            code="ahp-names",
        )
    a: np.ndarray[Any, Any] = (
        matrix.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float, na_value=np.nan).copy()
    )
    for i, one in enumerate(names):
        a[i, i] = 1.0 if np.isnan(a[i, i]) else a[i, i]
        for j in range(i + 1, len(names)):
            where = f"{one} / {names[j]}"
            if np.isnan(a[i, j]) and np.isnan(a[j, i]):
                problems.append(_wrong("no judgement", "缺少判断", where))
                continue
            a[i, j] = 1.0 / a[j, i] if np.isnan(a[i, j]) and a[j, i] else a[i, j]
            a[j, i] = 1.0 / a[i, j] if np.isnan(a[j, i]) and a[i, j] else a[j, i]
            if not (a[i, j] > 0 and a[j, i] > 0 and np.isfinite(a[i, j] * a[j, i])):
                problems.append(_wrong("a judgement must be above 0", "判断值须大于 0", where))
            elif abs(a[i, j] * a[j, i] - 1.0) > _MIRROR:
                text = f"{a[i, j]:g} x {a[j, i]:g}"
                problems.append(
                    _wrong(
                        f"mirror judgements are no reciprocals: {text}",
                        f"互反判断不为倒数：{text}",
                        where,
                    )
                )
            else:
                # What was typed as the larger number holds; 0.33 beside 3 means 1/3.
                strong = a[i, j] >= 1.0
                a[i, j], a[j, i] = (a[i, j], 1 / a[i, j]) if strong else (1 / a[j, i], a[j, i])
        if a[i, i] != 1.0:
            problems.append(_wrong("the diagonal must be 1", "对角线须为 1", one))
    raise_all(problems)
    return a


def _wrong(en: str, zh: str, where: str) -> Problem:
    return Problem(Text(en, zh), f"AHP {where}", code="ahp-judgement")


def group_judgement(
    matrices: Sequence[pd.DataFrame], experts: Sequence[float] | None = None
) -> pd.DataFrame:
    """One matrix of several experts: weighted geometric mean, cell by cell.

    The only mean that keeps reciprocals (J. Aczél and T. L. Saaty, 1983).

    Examples
    --------
    >>> def judged(x):
    ...     return pd.DataFrame([[1, x], [1 / x, 1]], index=["a", "b"], columns=["a", "b"])
    >>> group_judgement([judged(2), judged(8)]).round(6).loc["a"].tolist()
    [1.0, 4.0]
    """
    if not matrices:
        raise InputError.one("no matrix", "没有判断矩阵", where="AHP", code="ahp-judgement")
    weights = np.ones(len(matrices)) if experts is None else np.asarray(experts, dtype=float)
    if len(weights) != len(matrices) or not (weights >= 0).all() or not weights.sum() > 0:
        raise InputError.one(
            "one weight per expert, none negative",
            "每位专家一个权重，不得为负",
            where="AHP",
            code="ahp-judgement",
        )
    first = matrices[0]
    names = [str(n) for n in first.index]
    for other in matrices[1:]:
        if sorted(map(str, other.index)) != sorted(names):
            raise InputError.one(
                "the experts judged different criteria",
                "各专家评判的准则不同",
                where="AHP",
                code="ahp-names",
            )
    logs = [np.log(_complete(m.loc[first.index, first.index], names)) for m in matrices]
    mean = np.exp(np.tensordot(weights / weights.sum(), np.array(logs), axes=1))
    return pd.DataFrame(mean, index=first.index, columns=first.index)


def read_pairwise(path: str | Path, sheet: str | int = 0) -> pd.DataFrame:
    """Read a pairwise matrix from CSV or XLSX; ``1/3`` is read as a third.

    The first column and the first row hold the names. Empty cells may be the mirrors.

    Raises
    ------
    InputError
        Missing file, cells that are no number (each with its place), cells that a spreadsheet has
        turned into dates.
    """
    path = Path(path)
    try:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            raw = pd.read_excel(
                path, sheet_name=sheet, index_col=0, dtype=object, engine="openpyxl"
            )
        else:
            raw = _read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError.one(
            f"cannot be read: {error}", f"无法读取：{error}", where=str(path), code="bad-file"
        ) from error
    problems: list[Problem] = []
    cells = [
        [_judgement(raw.iloc[i, j], f"{path.name}: {raw.index[i]} / {raw.columns[j]}", problems)
         for j in range(raw.shape[1])]
        for i in range(raw.shape[0])
    ]  # fmt: skip
    raise_all(problems)
    return pd.DataFrame(
        cells,
        index=[str(x).strip() for x in raw.index],
        columns=[str(x).strip() for x in raw.columns],
    )


def _read_csv(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, index_col=0, dtype=str, encoding="utf-8-sig")
    except UnicodeDecodeError:
        return pd.read_csv(path, index_col=0, dtype=str, encoding="gb18030")


def _judgement(cell: Any, where: str, problems: list[Problem]) -> float:
    if isinstance(cell, (dt.date, dt.datetime, pd.Timestamp)):
        problems.append(
            Problem(
                Text("is a date", "是日期"),
                where,
                code="ahp-date",
                remedy=Text(
                    "format the cell as text before typing 1/3", "先将单元格设为文本再输入 1/3"
                ),
            )
        )
        return float("nan")
    if cell is None or (isinstance(cell, float) and np.isnan(cell)) or not str(cell).strip():
        return float("nan")
    try:
        return float(Fraction(str(cell).strip()))
    except (ValueError, ZeroDivisionError):
        problems.append(
            Problem(Text(f"{cell!r} is no number", f"{cell!r} 不是数字"), where, code="ahp-number")
        )
        return float("nan")
