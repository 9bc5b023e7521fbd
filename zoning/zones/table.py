"""Matrices and cubes as one dense table over the grades of the dimensions."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from zoning.zones.method import Matrix, Method
from zoning.zones.reading import by_level

Objects = npt.NDArray[np.object_]


@dataclass(frozen=True)
class GradeTable:
    """What a method says for every combination of grades.

    Attributes
    ----------
    axes : tuple of str
        Dimension of each axis; the grades run from low to high.
    zone, rule, flag : object arrays
        Outcome (a zone or ``"review"``), id of the cell that decides, code of a flag or ``""``.
    steps : mapping
        Outcome of each matrix before the last, such as ``suitability``.
    """

    axes: tuple[str, ...]
    zone: Objects
    rule: Objects
    flag: Objects
    steps: Mapping[str, Objects]


def grade_table(method: Method) -> GradeTable:
    """Work out every combination of grades once.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> t = grade_table(load_method("two-matrices"))
    >>> t.axes, t.zone.shape, t.zone[0, 2, 2], t.rule[0, 2, 2]
    (('constraint', 'guidance', 'intensity'), (3, 3, 3), 'optimised', 'zone[high,high]')
    """
    axes = tuple(d.name for d in method.dimensions)
    grades = [d.grades for d in method.dimensions]
    shape = tuple(len(g) for g in grades)
    zone, rule, flag = (np.full(shape, "", object) for _ in range(3))
    steps = {m.name: np.full(shape, "", object) for m in method.matrices[:-1]}
    for at in itertools.product(*(range(n) for n in shape)):
        known = {a: g[i] for a, g, i in zip(axes, grades, at, strict=True)}
        if method.cube is not None:
            first, second, third = (known[a] for a in method.cube.axes)
            row, column = (method.dimension(a).grades.index(known[a]) for a in method.cube.axes[1:])
            zone[at] = method.cube.cells[first][row][column]
            rule[at] = f"cube[{first},{second},{third}]"
            continue
        for matrix in method.matrices:
            value, name, mark = _look_up(matrix, known, method)
            known[matrix.name] = value
            if matrix.name in steps:
                steps[matrix.name][at] = value
            zone[at], rule[at] = value, name
            flag[at] = flag[at] or mark
    return GradeTable(axes, zone, rule, flag, steps)


def _look_up(matrix: Matrix, known: Mapping[str, str], method: Method) -> tuple[str, str, str]:
    row, column = known[matrix.rows], known[matrix.columns]
    value = matrix.cells[row][_columns(matrix, method).index(column)]
    name = f"{matrix.name}[{row},{column}]"
    for e in matrix.exceptions:
        if (e.row, e.column, e.grade) == (row, column, known[e.dimension]):
            value, name = e.value, f"{name}/{e.dimension}={e.grade}"
    mark = next((f.code for f in matrix.flags if (f.row, f.column) == (row, column)), "")
    return value, name, mark


def _columns(matrix: Matrix, method: Method) -> tuple[str, ...]:
    for d in method.dimensions:
        if d.name == matrix.columns:
            return d.grades
    before = next(m for m in method.matrices if m.name == matrix.columns)
    found = {v for row in before.cells.values() for v in row}
    return tuple(sorted(found, key=by_level))
