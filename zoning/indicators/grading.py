"""Grading tables as data: edges, grades, and where a value on an edge belongs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from zoning.base.shipped import load_toml


@dataclass(frozen=True)
class Grading:
    """A table of grades.

    Attributes
    ----------
    name : str
    edges : tuple of float
        Rising.
    grades : tuple of float
        One more than the edges, for values from low to high.
    equal : tuple of {"above", "below"}
        For each edge, the side that a value equal to it belongs to.
    source, evidence, unit : str
    """

    name: str
    edges: tuple[float, ...]
    grades: tuple[float, ...]
    equal: tuple[str, ...]
    source: str
    evidence: str
    unit: str = ""

    def of(self, values: pd.Series) -> pd.Series:
        """Grade a column; ``<NA>`` stays.

        Returns
        -------
        Series of Float64

        Examples
        --------
        >>> grading("available_land").of(pd.Series([0.05, 0.1, 2.0, 2.5, None])).tolist()
        [1.0, 2.0, 4.0, 5.0, <NA>]
        """
        x = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        step = np.zeros(x.shape, dtype=np.int64)
        for edge, equal in zip(self.edges, self.equal, strict=True):
            step += (x >= edge) if equal == "above" else (x > edge)
        out = pd.Series(np.asarray(self.grades)[step], index=values.index, name=values.name)
        return out.astype("Float64").mask(np.isnan(x), pd.NA)


def grading(name: str, book: str = "provincial") -> Grading:
    """Give a table of ``data/indicators/<book>.toml``.

    Examples
    --------
    >>> grading("overload").evidence
    'M-med'
    """
    data = load_toml("indicators", f"{book}.toml")
    table = data[name]
    return Grading(
        name,
        tuple(float(e) for e in table["edges"]),
        tuple(float(g) for g in table["grades"]),
        tuple(table["equal"]),
        table.get("source", data["source"]),
        table.get("evidence", data["evidence"]),
        table.get("unit", ""),
    )
