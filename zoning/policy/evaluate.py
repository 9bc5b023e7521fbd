"""Computing formulas over the rows of a table; unknown in, unknown out."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from zoning.policy.formula import Formula
from zoning.policy.functions import group_names
from zoning.policy.kinds import Block
from zoning.policy.steps import Steps
from zoning.zones.rules import Evaluation, Truth, Value, constant_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Data:
    """What a table holds while its formulas are computed.

    Parameters
    ----------
    rows : int
    columns : mapping of str to Value
        Columns as arrays of ``rows``, parameters as single numbers, all in base units.
    far : mapping of (function, table, column) to Value
        What ``total`` and ``look`` give, row by row.
    steps, blocks : mapping
    """

    rows: int
    columns: Mapping[str, Value]
    far: Mapping[tuple[str, str, str], Value] = field(default_factory=dict)
    steps: Mapping[str, Steps] = field(default_factory=dict)
    blocks: Mapping[str, Block] = field(default_factory=dict)


def evaluate(formula: Formula, data: Data) -> Value:
    """Compute a formula for every row.

    Returns
    -------
    Value
        Arrays of ``data.rows``: numbers in base units, texts, or 0 and 1 for a truth; and where
        they are known. What is not finite is not known.

    Examples
    --------
    >>> from zoning.policy.formula import compile_formula
    >>> from zoning.policy.kinds import Kind, Scope
    >>> from zoning.policy.units import PURE
    >>> f = compile_formula("share(x)", Scope({"x": Kind("number", PURE)}))
    >>> x = Value(np.array([1.0, 3.0]), np.array([True, True]))
    >>> evaluate(f, Data(2, {"x": x})).data.tolist()
    [0.25, 0.75]
    """
    return full(Calculation(formula.text, data).value(formula.tree), data.rows)


def full(value: Value, rows: int) -> Value:
    """Give every row its value; numbers that are not finite become unknown."""
    known = np.broadcast_to(np.asarray(value.known, dtype=bool), (rows,)).copy()
    data = np.asarray(value.data)
    if data.dtype.kind in "OU":
        texts = np.broadcast_to(data.astype(object), (rows,)).copy()
        texts[~known] = ""
        return Value(texts, known)
    numbers = np.broadcast_to(data.astype(np.float64), (rows,)).copy()
    known &= np.isfinite(numbers)
    numbers[~known] = np.nan
    return Value(numbers, known)


class Calculation(Evaluation):
    """The rules' evaluation, with arithmetic and functions for values."""

    def __init__(self, text: str, data: Data):
        super().__init__(text, data.columns, [])
        self.data = data

    def pair(self, left: ast.expr, right: ast.expr) -> tuple[Value, Value]:
        """Give both sides of a comparison."""
        return self.value(left), self.value(right)

    def truth(self, node: ast.expr) -> Truth:
        """Give a condition; some functions are one."""
        if isinstance(node, ast.Call):
            value = self.call(node)
            known = np.asarray(value.known, dtype=bool)
            return Truth(known & (np.asarray(value.data) == 1), known)
        return super().truth(node)

    def value(self, node: ast.expr) -> Value:
        """Give the value of a part."""
        if isinstance(node, ast.BinOp):
            return self.arithmetic(node)
        if isinstance(node, ast.Call):
            return self.call(node)
        if isinstance(node, ast.Name):
            return self.columns[node.id]
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not):
            inner = self.value(node.operand)
            return Value(-inner.data if isinstance(node.op, ast.USub) else inner.data, inner.known)
        constant = constant_of(node)
        if constant is not None:
            return Value(constant if isinstance(constant, str) else float(constant), True)
        truth = self.truth(node)
        return Value(truth.true.astype(np.float64), truth.known)

    def arithmetic(self, node: ast.BinOp) -> Value:
        """Compute with two numbers; division by 0 is not known."""
        a, b = self.value(node.left), self.value(node.right)
        known = np.asarray(a.known) & np.asarray(b.known)
        left, right = np.asarray(a.data, dtype=np.float64), np.asarray(b.data, dtype=np.float64)
        with np.errstate(all="ignore"):
            if isinstance(node.op, ast.Add):
                data = left + right
            elif isinstance(node.op, ast.Sub):
                data = left - right
            elif isinstance(node.op, ast.Mult):
                data = left * right
            else:
                data = left / right
        return Value(data, known & np.isfinite(data))

    def call(self, node: ast.Call) -> Value:
        """Compute a function."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        special: dict[str, Callable[[ast.Call], Value]] = {
            "where": self.where, "count": self.count, "steps": self.steps,
            "weighted": self.weighted, "weight": self.weight,
            "total": self.far, "look": self.far,
        }  # fmt: skip
        if name in special:
            return special[name](node)
        values = [self.value(a) for a in node.args]
        if name in _ROWWISE:
            return _ROWWISE[name](values)
        codes, inside = self.groups(node)
        return _GROUPED[name](full(values[0], self.data.rows), codes, inside)

    def groups(self, node: ast.Call) -> tuple[Codes, Bools]:
        """Give each row the number of its group; a row of an unknown group has none."""
        rows = self.data.rows
        codes, inside = np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=bool)
        for name in group_names(node):
            column = full(self.columns[name], rows)
            _, part = np.unique(column.data.astype(str), return_inverse=True)
            codes = codes * (int(part.max(initial=0)) + 1) + part
            _, codes = np.unique(codes, return_inverse=True)
            inside &= column.known
        return codes.astype(np.int64), inside

    def where(self, node: ast.Call) -> Value:
        """Choose between two values; an unknown condition gives an unknown value."""
        test = self.truth(node.args[0])
        a, b = (full(self.value(x), self.data.rows) for x in node.args[1:])
        true = np.broadcast_to(test.true, (self.data.rows,))
        known = np.broadcast_to(test.known, (self.data.rows,))
        return Value(np.where(true, a.data, b.data), known & np.where(true, a.known, b.known))

    def count(self, node: ast.Call) -> Value:
        """Count the rows of a group where a condition holds; unknown if one is."""
        test = self.truth(node.args[0])
        value = full(Value(test.true.astype(np.float64), test.known), self.data.rows)
        return _sum(value, *self.groups(node))

    def steps(self, node: ast.Call) -> Value:
        """Read a step table."""
        name = node.args[1].id if isinstance(node.args[1], ast.Name) else ""
        return self.data.steps[name].evaluate(full(self.value(node.args[0]), self.data.rows))

    def far(self, node: ast.Call) -> Value:
        """Give what another table holds for each row."""
        name, table, column = (
            x.id if isinstance(x, ast.Name) else "" for x in (node.func, *node.args)
        )
        return self.data.far[name, table, column]

    def weights(self, block: Block, item: str) -> Value:
        """Give the weight of a column for each row, as a share of the block's total."""
        if block.by is None:
            return Value(next(iter(block.rows.values())).get(item, 0.0) / block.total, True)
        group = full(self.columns[block.by], self.data.rows)
        shares = {g: row.get(item, 0.0) / block.total for g, row in block.rows.items()}
        data = np.array([shares.get(str(g), np.nan) for g in group.data], dtype=np.float64)
        return Value(data, group.known & np.isfinite(data))

    def weight(self, node: ast.Call) -> Value:
        """Give one weight."""
        block, item = (x.id if isinstance(x, ast.Name) else "" for x in node.args)
        return self.weights(self.data.blocks[block], item)

    def weighted(self, node: ast.Call) -> Value:
        """Add up the columns of a block by their weights."""
        rows = self.data.rows
        name = node.args[0].id if isinstance(node.args[0], ast.Name) else ""
        block = self.data.blocks[name]
        parts, known, used = [], np.ones(rows, dtype=bool), []
        for item in block.items:
            weight = full(self.weights(block, item), rows)
            value = full(self.columns[item], rows)
            there = value.known
            known &= weight.known
            if block.missing == "unknown":
                known &= there | (weight.data == 0)
            counts = there & weight.known
            parts.append(np.where(counts, weight.data * np.where(there, value.data, 0.0), 0.0))
            used.append(np.where(counts, weight.data, 0.0))
        data = np.array([math.fsum(row) for row in zip(*parts, strict=True)], dtype=np.float64)
        if block.missing == "redistribute":
            base = np.array([math.fsum(row) for row in zip(*used, strict=True)], dtype=np.float64)
            with np.errstate(all="ignore"):
                data = data / base
            known &= base > 0
        return Value(data, known)


# One row at a time ---------------------------------------------------------------------------


def _fold(function: Callable[..., Floats]) -> Callable[[Sequence[Value]], Value]:
    def fold(values: Sequence[Value]) -> Value:
        known = np.asarray(values[0].known, dtype=bool)
        data = np.asarray(values[0].data, dtype=np.float64)
        for v in values[1:]:
            known = known & np.asarray(v.known)
            data = function(data, np.asarray(v.data, dtype=np.float64))
        return Value(data, known)

    return fold


def _clip(values: Sequence[Value]) -> Value:
    x, low, high = values
    known = np.asarray(x.known) & np.asarray(low.known) & np.asarray(high.known)
    # limits the wrong way round hold nothing
    known = known & (np.asarray(low.data) <= np.asarray(high.data))
    return Value(np.minimum(np.maximum(x.data, low.data), high.data), known)


def _ratio(values: Sequence[Value]) -> Value:
    done, target = (np.asarray(v.data, dtype=np.float64) for v in values)
    known = np.asarray(values[0].known) & np.asarray(values[1].known) & (target > 0)
    with np.errstate(all="ignore"):
        return Value(np.minimum(1.0, done / target), known)


def _ln(values: Sequence[Value]) -> Value:
    x = np.asarray(values[0].data, dtype=np.float64)
    with np.errstate(all="ignore"):
        return Value(np.log(x), np.asarray(values[0].known) & (x > 0))


def _fill(values: Sequence[Value]) -> Value:
    x, other = values
    known = np.asarray(x.known, dtype=bool)
    return Value(np.where(known, x.data, other.data), known | np.asarray(other.known))


def _close(values: Sequence[Value]) -> Value:
    a, b = (np.asarray(v.data, dtype=np.float64) for v in values)
    equal = np.abs(a - b) <= 1e-9 * np.maximum(np.abs(a), np.abs(b))
    return Value(
        equal.astype(np.float64), np.asarray(values[0].known) & np.asarray(values[1].known)
    )


_ROWWISE: dict[str, Callable[[Sequence[Value]], Value]] = {
    "min": _fold(np.minimum),
    "max": _fold(np.maximum),
    "abs": lambda v: Value(np.abs(np.asarray(v[0].data, dtype=np.float64)), v[0].known),
    "ln": _ln,
    "clip": _clip,
    "ratio": _ratio,
    "known": lambda v: Value(np.asarray(v[0].known, dtype=np.float64), True),
    "fill": _fill,
    "close": _close,
}


# All rows, or those of a group ---------------------------------------------------------------


def _reduce(
    value: Value, codes: Codes, inside: Bools, function: Callable[[list[float]], float]
) -> Value:
    """Give every row what its group gives; unknown if any row of the group is."""
    data = np.full(len(codes), np.nan)
    known = np.zeros(len(codes), dtype=bool)
    places = np.flatnonzero(inside)
    order = places[np.argsort(codes[places], kind="stable")]
    if not len(order):
        return Value(data, known)
    ends = np.flatnonzero(np.diff(codes[order])) + 1
    for rows in np.split(order, ends):
        if value.known[rows].all():
            data[rows] = function(value.data[rows].tolist())
            known[rows] = True
    return Value(data, known & np.isfinite(data))


def _sum(value: Value, codes: Codes, inside: Bools) -> Value:
    return _reduce(value, codes, inside, _fsum)


def _fsum(values: list[float]) -> float:
    try:
        return math.fsum(values)  # exact, so that the order of the rows never tells
    except OverflowError:
        return math.inf


def _share(value: Value, codes: Codes, inside: Bools) -> Value:
    total = _sum(value, codes, inside)
    with np.errstate(all="ignore"):
        data = value.data / total.data
    return Value(data, total.known & value.known & np.isfinite(data))


def _minmax(value: Value, codes: Codes, inside: Bools) -> Value:
    low, high = (_reduce(value, codes, inside, f) for f in (min, max))
    with np.errstate(all="ignore"):
        data = np.where(
            high.data == low.data, 1.0, (value.data - low.data) / (high.data - low.data)
        )
    return Value(data, low.known & value.known & np.isfinite(data))


def _rank(value: Value, codes: Codes, inside: Bools) -> Value:
    """Rank among the rows that are known; 1 is the highest."""
    data = np.full(len(codes), np.nan)
    known = value.known & inside
    for code in np.unique(codes[known]):
        rows = np.flatnonzero(known & (codes == code))
        ordered = np.sort(-value.data[rows])
        data[rows] = np.searchsorted(ordered, -value.data[rows], side="left") + 1
    return Value(data, known)


_GROUPED: dict[str, Callable[[Value, Codes, Bools], Value]] = {
    "sum": _sum,
    "mean": lambda v, c, i: _reduce(v, c, i, lambda x: _fsum(x) / len(x)),
    "lowest": lambda v, c, i: _reduce(v, c, i, min),
    "highest": lambda v, c, i: _reduce(v, c, i, max),
    "share": _share,
    "rank": _rank,
    "minmax": _minmax,
}
