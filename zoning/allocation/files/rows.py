"""Constraint rows gathered as triplets."""

from __future__ import annotations

from typing import Any

import numpy as np


class Rows:
    """Constraint rows as triplets; columns may be added while rows are.

    Examples
    --------
    >>> rows = Rows(2)
    >>> rows.add([0, 1], [1.0, 2.0], 0.0, 3.0)
    >>> rows.matrix().toarray().tolist(), rows.sides()[1].tolist()
    ([[1.0, 2.0]], [3.0])
    """

    def __init__(self, columns: int):
        self.columns = columns
        self.row: list[Any] = []
        self.column: list[Any] = []
        self.value: list[Any] = []
        self.low: list[Any] = []
        self.high: list[Any] = []
        self.count = 0
        self.edges: tuple[Any, Any] = (np.zeros(0, np.intp), np.zeros(0, np.intp))

    def add(self, columns: Any, values: Any, low: float, high: float) -> None:
        """Add ``low <= values x[columns] <= high``."""
        self.many(np.asarray(columns)[None, :], np.asarray(values, float)[None, :], low, high)

    def many(self, columns: Any, values: Any, low: float, high: float) -> None:
        """Add rows at once, one for each row of two arrays of the same shape."""
        n, width = columns.shape
        self.row.append(np.repeat(self.count + np.arange(n), width))
        self.column.append(columns.ravel())
        self.value.append(np.broadcast_to(values, columns.shape).ravel())
        self.low.append(np.full(n, low))
        self.high.append(np.full(n, high))
        self.count += n

    def matrix(self) -> Any:
        """Give the sparse matrix (rows, columns), or ``None`` without rows."""
        from scipy import sparse

        if not self.count:
            return None
        ends = (np.concatenate(self.row), np.concatenate(self.column))
        return sparse.csc_array(
            (np.concatenate(self.value), ends), shape=(self.count, self.columns)
        )

    def sides(self) -> tuple[Any, Any]:
        """Give the lower and upper sides of all rows."""
        if not self.count:
            return -np.inf, np.inf
        return np.concatenate(self.low), np.concatenate(self.high)
