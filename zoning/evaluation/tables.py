"""Class tables, matrices and corrections over arrays: the arithmetic of the double evaluation.

Classes are uint8. For suitability 1 is best and 5 unsuited; for ecological importance 5 is most
important. `NODATA` (255) is unknown; what is computed from an unknown class is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import InputError

Classes = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]

#: Unknown, in arrays and in rasters.
NODATA = 255
#: A change that reaches the worst or best class from anywhere, as classes are clipped to 1..5.
WORST, BEST = 9, -9


@dataclass(frozen=True)
class Bands:
    """Bands of a number: rising edges, and the band that a value on each edge belongs to.

    Examples
    --------
    >>> Bands((2.0, 6.0), ("lower", "upper")).of(np.array([2.0, 2.1, 6.0, np.nan])).tolist()
    [0, 1, 2, 255]
    """

    edges: tuple[float, ...]
    edge_in: tuple[str, ...]

    def of(self, values: Array) -> Classes:
        """Give the number of the band, from 0 below the first edge; NaN gives `NODATA`.

        Edges are rounded to the precision of ``values`` first, so that 0.6 in a float32 raster
        lies on the edge 0.6.
        """
        x = np.asarray(values)
        kind = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
        starts = np.asarray(self.edges, dtype=kind)
        after = np.nextafter(starts, np.asarray(np.inf, dtype=kind))
        lower = np.asarray(self.edge_in) == "lower"
        starts = np.where(lower, after, starts)
        band = np.searchsorted(starts, x.astype(kind, copy=False), side="right").astype(np.uint8)
        return np.where(np.isnan(x), np.uint8(NODATA), band) if x.dtype.kind == "f" else band


@dataclass(frozen=True)
class Table:
    """A class table: a number (or a class) of one raster to a class.

    Parameters
    ----------
    name, role, unit : str
        Name of the table, of the raster it reads, and the raster's unit.
    bands : Bands or None
        None for rasters that hold classes already.
    classes : tuple of int
        Class of every band from low to high; without bands, the classes that may occur.
    scale : str or None
        ``"city"`` or ``"province"`` where the source has two tables.
    source, evidence : str
        Document and evidence tag.
    """

    name: str
    role: str
    unit: str
    bands: Bands | None
    classes: tuple[int, ...]
    scale: str | None
    source: str
    evidence: str


def classify(values: Array, table: Table) -> Classes:
    """Put numbers into the classes of a table.

    Parameters
    ----------
    values : array
        In the table's unit; NaN is unknown.
    table : Table

    Returns
    -------
    uint8 array of the same shape; `NODATA` where unknown.

    Raises
    ------
    InputError
        A raster of classes that holds another value.

    Examples
    --------
    >>> slope = Table("town_slope", "slope", "deg", Bands((3, 8, 15, 25), ("lower",) * 4),
    ...               (1, 2, 3, 4, 5), None, "draft of 2019", "C")
    >>> classify(np.array([3.0, 3.1, 25.1, np.nan]), slope).tolist()
    [1, 2, 5, 255]
    """
    if table.bands is None:
        return as_classes(values, table.classes, table.role)
    lookup = np.full(256, NODATA, dtype=np.uint8)
    lookup[: len(table.classes)] = table.classes
    return lookup[table.bands.of(values)]


def as_classes(values: Array, known: Sequence[int], where: str) -> Classes:
    """Check that numbers are known classes, and give them as uint8 (NaN is `NODATA`).

    Examples
    --------
    >>> as_classes(np.array([1.0, 5.0, np.nan]), (1, 3, 5), "soil_pollution").tolist()
    [1, 5, 255]
    """
    x = np.asarray(values)
    missing = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, dtype=bool)
    strange = ~(np.isin(x, list(known)) | missing)
    if strange.any():
        found = sorted({float(v) for v in np.unique(x[strange])[:5]})
        allowed = ", ".join(map(str, known))
        text = ", ".join(f"{v:g}" for v in found)
        raise InputError.one(
            f"holds {text}, which is no class", f"含有未知类别 {text}",
            where=where, measured=found, limit=list(known), code="unknown-class",
            remedy=(f"known classes: {allowed}", f"可用类别：{allowed}"),
        )  # fmt: skip
    return np.where(missing, NODATA, x).astype(np.uint8)


def combine(matrix: Sequence[Sequence[int]], rows: Classes, columns: Classes) -> Classes:
    """Look two classes up in a matrix of 5 x 5.

    Parameters
    ----------
    matrix : 5 x 5 of int
        Rows are the first class 1..5, columns the second.
    rows, columns : uint8 arrays of one shape

    Returns
    -------
    uint8 array; `NODATA` where either is unknown.

    Examples
    --------
    >>> town = [[1, 1, 1, 2, 3], [1, 1, 2, 2, 3], [2, 2, 3, 3, 4], [3, 4, 4, 5, 5], [5] * 5]
    >>> combine(town, np.uint8([1, 3, 255]), np.uint8([5, 4, 1])).tolist()
    [3, 3, 255]
    """
    lookup = np.full((256, 256), NODATA, dtype=np.uint8)
    lookup[1:6, 1:6] = matrix
    return lookup[rows, columns]


def worst(*classes: Classes) -> Classes:
    """Give the worst (highest) of several classes; unknown if any is unknown.

    Examples
    --------
    >>> worst(np.uint8([1, 4, 255]), np.uint8([3, 2, 5])).tolist()
    [3, 4, 255]
    """
    top: Classes = np.maximum.reduce(classes)
    return top


def correct(
    classes: Classes,
    by: Classes,
    change: Sequence[int],
    lift_only: Sequence[int] = (1, 2, 3, 4, 5),
) -> Classes:
    """Correct classes by the classes of another layer and clip the result to 1..5.

    Parameters
    ----------
    classes, by : uint8 arrays of one shape
        What is corrected, and the classes 1, 2, ... it is corrected by.
    change : sequence of int
        What is added for class 1, 2, ... of ``by``; `WORST` and `BEST` reach the ends.
    lift_only : sequence of int
        Classes of ``classes`` that a negative change may better.

    Returns
    -------
    uint8 array; `NODATA` where either is unknown.

    Examples
    --------
    >>> correct(np.uint8([1, 2, 4, 255]), np.uint8([5, 4, 4, 1]), (0, 0, 1, 2, WORST)).tolist()
    [5, 4, 5, 255]
    """
    lookup = np.full((256, 256), NODATA, dtype=np.uint8)
    for c in range(1, 6):
        for k, step in enumerate(change, start=1):
            may = step >= 0 or c in lift_only
            lookup[c, k] = min(max(c + step, 1), 5) if may else c
    return lookup[classes, by]
