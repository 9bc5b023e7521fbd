"""The exact problem as files that other solvers read: MPS (free form) and LP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from zoning.allocation.files.programme import Programme
from zoning.base.staged import beside


def number(value: float) -> str:
    """Write a number so that it reads back as the same double."""
    return (
        str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    )


def _comment(text: str) -> str:
    """Keep text from data on one line."""
    return " ".join(str(text).split())


def save_lines(path: Path, lines: Iterator[str]) -> Path:
    """Write a text file that appears whole or not at all."""
    path = Path(path)
    with beside(path) as part, part.open("w", encoding="utf-8", newline="\n") as f:
        f.writelines(line + "\n" for line in lines)
    return path


def write_mps(question: Programme, path: Path | str) -> Path:
    """Write free MPS (minimise; the objective is boundary cost less suitability).

    Parameters
    ----------
    question : Programme
        See :func:`zoning.allocation.files.programme.programme`.
    path : path
        Written whole or not at all.

    Returns
    -------
    Path

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from zoning.allocation.files.programme import programme
    >>> table = pd.DataFrame({"unit": ["a"], "free_m2": [5], "suitability": [0.5]}, index=["a|t"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = write_mps(programme(table, []), Path(folder) / "p.mps").read_text("utf-8")
    >>> text.splitlines()[-3:]
    ['BOUNDS', ' UP BND x1 5', 'ENDATA']
    """
    return save_lines(Path(path), _mps(question))


def _mps(q: Programme) -> Iterator[str]:
    yield "* zoning: minimise boundary cost less suitability, in suitability-m2"
    for name, text in q.meaning.items():
        yield f"* {name} = {_comment(text)}"
    yield "NAME zoning FREE"
    yield "ROWS"
    yield " N COST"
    sense = [_sense(lo, hi) for lo, hi in zip(q.low, q.high, strict=True)]
    for name, kind in zip(q.rows, sense, strict=True):
        yield f" {kind} {name}"
    yield "COLUMNS"
    yield from _mps_columns(q)
    yield "RHS"
    if q.constant:
        yield f" RHS COST {number(-q.constant)}"
    for name, kind, lo, hi in zip(q.rows, sense, q.low, q.high, strict=True):
        value = lo if kind == "G" else hi
        if value:
            yield f" RHS {name} {number(value)}"
    ranged = [
        (name, hi - lo)
        for name, lo, hi in zip(q.rows, q.low, q.high, strict=True)
        if np.isfinite(lo) and np.isfinite(hi) and lo != hi
    ]
    if ranged:
        yield "RANGES"
        yield from (f" RNG {name} {number(width)}" for name, width in ranged)
    yield "BOUNDS"
    for name, lo, hi in zip(q.columns, q.lower, q.upper, strict=True):
        if lo == hi:
            yield f" FX BND {name} {number(lo)}"
            continue
        if lo:
            yield f" LO BND {name} {number(lo)}"
        yield f" UP BND {name} {number(hi)}" if np.isfinite(hi) else f" PL BND {name}"
    yield "ENDATA"


def _sense(low: float, high: float) -> str:
    if low == high:
        return "E"
    return "L" if np.isfinite(high) else "G"


def _mps_columns(q: Programme) -> Iterator[str]:
    matrix = q.matrix.tocsc()
    inside = False
    for k, name in enumerate(q.columns):
        if q.whole[k] != inside:
            inside = bool(q.whole[k])
            yield f" MARK 'MARKER' '{'INTORG' if inside else 'INTEND'}'"
        yield f" {name} COST {number(q.cost[k])}"
        part = slice(matrix.indptr[k], matrix.indptr[k + 1])
        for row, value in zip(matrix.indices[part], matrix.data[part], strict=True):
            if value:
                yield f" {name} {q.rows[row]} {number(value)}"
    if inside:
        yield " MARK 'MARKER' 'INTEND'"


def write_lp(question: Programme, path: Path | str) -> Path:
    r"""Write the LP format of CPLEX, which people can read.

    Parameters
    ----------
    question : Programme
        See :func:`zoning.allocation.files.programme.programme`.
    path : path
        Written whole or not at all.

    Returns
    -------
    Path

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> from zoning.allocation.files.programme import programme
    >>> table = pd.DataFrame({"unit": ["a"], "free_m2": [5], "suitability": [0.5]}, index=["a|t"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = write_lp(programme(table, []), Path(folder) / "p.lp").read_text("utf-8")
    >>> text.splitlines()[2:]
    ['Minimize', ' COST: - 0.5 x1', 'Subject To', 'Bounds', ' 0 <= x1 <= 5', 'End']
    """
    return save_lines(Path(path), _lp(question))


def _lp(q: Programme) -> Iterator[str]:
    yield "\\ zoning: minimise boundary cost less suitability, in suitability-m2"
    for name, text in q.meaning.items():
        yield f"\\ {name} = {_comment(text)}"
    yield "Minimize"
    yield from _terms(" COST:", list(zip(q.cost.tolist(), q.columns, strict=True)))
    yield "Subject To"
    matrix = q.matrix.tocsr()
    for r, name in enumerate(q.rows):
        part = slice(matrix.indptr[r], matrix.indptr[r + 1])
        names = [q.columns[c] for c in matrix.indices[part]]
        terms = list(zip(matrix.data[part].tolist(), names, strict=True))
        low, high = q.low[r], q.high[r]
        for sign, value, tail in (("<=", high, ""), (">=", low, "_lo")):
            if np.isfinite(value) and terms:
                lines = list(_terms(f" {name}{tail}:", terms))
                lines[-1] += f" {sign} {number(value)}"
                yield from lines
    yield "Bounds"
    for name, lo, hi in zip(q.columns, q.lower, q.upper, strict=True):
        yield f" {number(lo)} <= {name} <= {number(hi) if np.isfinite(hi) else '+inf'}"
    if q.whole.any():
        yield "General"
        yield from (f" {name}" for name, w in zip(q.columns, q.whole, strict=True) if w)
    yield "End"


def _terms(head: str, terms: list[tuple[float, str]], per_line: int = 8) -> Iterator[str]:
    """Write a sum over several short lines."""
    words = [f"{'-' if v < 0 else '+'} {number(abs(v))} {name}" for v, name in terms if v]
    for k in range(0, max(len(words), 1), per_line):
        body = " ".join(words[k : k + per_line]) or "0"
        yield f"{head if k == 0 else '  '} {body.removeprefix('+ ') if k == 0 else body}"
