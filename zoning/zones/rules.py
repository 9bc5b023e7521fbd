"""A tiny, safe language for rules: comparison, and, or, not, in; unknown is unknown.

A rule is text such as ``built_share >= 0.3 and not slope_deg > 25``. It can read columns and
constants and nothing else. Logic has three values (S. C. Kleene, Introduction to Metamathematics,
1952): a comparison with a missing value is neither true nor false.
"""

from __future__ import annotations

import ast
import operator
import sys
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.base.areas import floats
from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest

Bools = npt.NDArray[np.bool_]

_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ORDER = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_MAX_LENGTH = 2000


class Truth(NamedTuple):
    """Three-valued answers: where it is true, and where it is known at all."""

    true: Bools
    known: Bools

    def negate(self) -> Truth:
        """Turn true into false; unknown stays unknown."""
        return Truth(self.known & ~self.true, self.known)

    def both(self, other: Truth) -> Truth:
        """Join with ``and``: false wins over unknown."""
        true = self.true & other.true
        false = (self.known & ~self.true) | (other.known & ~other.true)
        return Truth(true, true | false)

    def either(self, other: Truth) -> Truth:
        """Join with ``or``: true wins over unknown."""
        return self.negate().both(other.negate()).negate()


class Value(NamedTuple):
    """A column or constant: the values, and where they are known."""

    data: Any
    known: Any


class Cut(NamedTuple):
    """A number that a rule compares a column with."""

    column: str
    number: float


@dataclass(frozen=True)
class Rule:
    """A checked expression.

    Attributes
    ----------
    text : str
        What the planner wrote.
    columns : tuple of str
        The columns that it reads, sorted.
    cuts : tuple of Cut
        The numbers in it, in the order in which they stand.
    """

    text: str
    columns: tuple[str, ...]
    cuts: tuple[Cut, ...]
    _tree: ast.expr

    def evaluate(self, table: pd.DataFrame) -> pd.Series:
        """Answer for each row: true, false or ``<NA>``.

        Raises
        ------
        InputError
            If text is compared with a number.

        Examples
        --------
        >>> t = pd.DataFrame({"built_share": [0.4, 0.4, 0.1], "slope_deg": [3.0, None, None]})
        >>> rule = compile_rule("built_share >= 0.3 and not slope_deg > 25", t.columns)
        >>> rule.evaluate(t).tolist()
        [True, <NA>, False]
        """
        truth = self.decide(columns_of(table, self.columns))
        shape = (len(table),)
        true, known = (np.broadcast_to(a, shape) for a in truth)
        return pd.Series(
            pd.arrays.BooleanArray(true.copy(), ~known), index=table.index, name="rule"
        )

    def moved(self, steps: Sequence[float]) -> Rule:
        """Give the same rule with each of its numbers moved by a step.

        Examples
        --------
        >>> compile_rule("built_share >= 0.3", ["built_share"]).moved([0.25]).cuts
        (Cut(column='built_share', number=0.55),)
        """
        new = (
            c._replace(number=c.number + float(s)) for c, s in zip(self.cuts, steps, strict=True)
        )
        return replace(self, cuts=tuple(new))

    def decide(self, columns: Mapping[str, Value], cuts: Sequence[Any] | None = None) -> Truth:
        """Answer on plain arrays that broadcast, with other numbers in place of ``cuts``."""
        numbers = [c.number for c in self.cuts] if cuts is None else list(cuts)
        return Evaluation(self.text, columns, numbers).truth(self._tree)


def compile_rule(text: str, columns: Collection[str], *, where: str = "rule") -> Rule:
    """Check an expression against the columns that exist.

    Parameters
    ----------
    text : str
        The expression.
    columns : collection of str
        Names that it may read.
    where : str
        File and key, for messages.

    Returns
    -------
    Rule

    Raises
    ------
    InputError
        All that is wrong with it: syntax with its place, unknown columns with a suggestion,
        anything that is not comparison, ``and``, ``or``, ``not``, ``in``, a name or a constant.

    Examples
    --------
    >>> compile_rule("zone in ('key', 'optimised')", ["zone"]).columns
    ('zone',)
    >>> compile_rule("buit_share > 0.3", ["built_share"])
    Traceback (most recent call last):
    zoning.errors.InputError: rule: column 1 of the rule: no column 'buit_share'. Try: ...
    """
    if len(text) > _MAX_LENGTH:
        raise InputError.one(
            f"the rule is longer than {_MAX_LENGTH} characters",
            f"规则超过 {_MAX_LENGTH} 个字符",
            where=where,
            code="rule-syntax",
        )
    try:
        with warnings.catch_warnings():  # "1and 2" is told below, by what it is
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = getattr(error, "offset", None) or 1
        raise InputError.one(
            f"column {at} of the rule: cannot be read: {text!r}",
            f"规则第 {at} 列：无法解析：{text!r}", where=where, code="rule-syntax",
            remedy=(
                "comparisons joined by and, or, not, in; a last rule for all others says True",
                "用 and、or、not、in 连接比较；适用于其余全部的末条规则写 True",
            ),
        ) from error  # fmt: skip
    walk = Walk(frozenset(columns), where)
    walk.condition(tree)
    raise_all(walk.problems)
    return Rule(text, tuple(sorted(walk.names)), tuple(walk.cuts), tree)


def columns_of(table: pd.DataFrame, names: Collection[str]) -> dict[str, Value]:
    """Give columns as plain arrays with their known parts."""
    found = {}
    for name, series in table[[*names]].items():
        known = series.notna().to_numpy(bool)
        if pd.api.types.is_bool_dtype(series.dtype) or pd.api.types.is_numeric_dtype(series.dtype):
            data = floats(series)
        else:
            data = series.astype(object).where(known, "").to_numpy()
        found[str(name)] = Value(data, known)
    return found


class Walk:
    """Check a tree: what it reads, what numbers stand in it, what is not allowed."""

    def __init__(self, columns: frozenset[str], where: str):
        self.columns = columns
        self.where = where
        self.names: set[str] = set()
        self.cuts: list[Cut] = []
        self.problems: list[Problem] = []

    def refuse(self, node: ast.AST, en: str, zh: str, remedy: Text | None = None) -> None:
        """Note a problem with its place."""
        at = getattr(node, "col_offset", 0) + 1
        self.problems.append(
            Problem(
                Text(f"column {at} of the rule: {en}", f"规则第 {at} 列：{zh}"),
                self.where,
                remedy=remedy,
                code="rule",
            )
        )

    def condition(self, node: ast.expr) -> None:
        """Check what must be true, false or unknown."""
        if isinstance(node, ast.BoolOp):
            for part in node.values:
                self.condition(part)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.condition(node.operand)
        elif isinstance(node, ast.Compare):
            self.comparison(node)
        elif isinstance(node, ast.Name):
            self.name(node)
        elif not (isinstance(node, ast.Constant) and isinstance(node.value, bool)):
            self.refuse(
                node,
                "only comparisons joined by and, or, not, in are allowed",
                "只允许用 and、or、not、in 连接的比较",
            )

    def comparison(self, node: ast.Compare) -> None:
        """Check a comparison, or a chain of them."""
        operands = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
            if isinstance(op, (ast.In, ast.NotIn)):
                self.members(right)
            elif type(op) not in _COMPARE:
                self.refuse(node, "this comparison is not allowed", "不允许这种比较")
            else:
                self.pair(left, right)
        for operand in operands:
            if not isinstance(operand, (ast.Tuple, ast.List)):
                self.operand(operand)
        for op, right in zip(node.ops, node.comparators, strict=True):
            if not isinstance(op, (ast.In, ast.NotIn)) and isinstance(right, (ast.Tuple, ast.List)):
                self.refuse(right, "a list may stand only after 'in'", "列表只能放在 in 之后")
        for left in operands[:-1]:  # the list of one link is the left side of the next
            if isinstance(left, (ast.Tuple, ast.List)):
                self.refuse(left, "a list may stand only after 'in'", "列表只能放在 in 之后")

    def pair(self, left: ast.expr, right: ast.expr) -> None:
        """Remember the numbers that columns are compared with, in the order of evaluation."""
        for one, other in ((left, right), (right, left)):
            number = _number(one)
            if number is not None and isinstance(other, ast.Name):
                self.cuts.append(Cut(other.id, number))

    def members(self, node: ast.expr) -> None:
        """Check the list after ``in``."""
        if not isinstance(node, (ast.Tuple, ast.List)):
            self.refuse(node, "'in' needs a list such as ('a', 'b')", "in 之后需要用括号括起的列表")
            return
        for item in node.elts:
            if constant_of(item) is None:
                self.refuse(item, "lists hold constants only", "列表中只能是常量")

    def operand(self, node: ast.expr) -> None:
        """Check one side of a comparison."""
        if isinstance(node, ast.Name):
            self.name(node)
        elif constant_of(node) is None:
            self.refuse(node, "only columns and constants can be compared", "只能比较字段和常量")

    def name(self, node: ast.Name) -> None:
        """Note a column, or refuse it with the nearest one."""
        if node.id in self.columns:
            self.names.add(node.id)
            return
        close = suggest(node.id, sorted(self.columns))
        self.refuse(
            node,
            f"no column {node.id!r}",
            f"没有字段 {node.id!r}",
            meant(close),
        )


class Evaluation:
    """Walk a checked tree over arrays."""

    def __init__(self, text: str, columns: Mapping[str, Value], numbers: list[Any]):
        self.text = text
        self.columns = columns
        self.numbers = iter(numbers)

    def truth(self, node: ast.expr) -> Truth:
        """Give a condition."""
        if isinstance(node, ast.BoolOp):
            join = Truth.both if isinstance(node.op, ast.And) else Truth.either
            result = self.truth(node.values[0])
            for part in node.values[1:]:
                result = join(result, self.truth(part))
            return result
        if isinstance(node, ast.UnaryOp):
            return self.truth(node.operand).negate()
        if isinstance(node, ast.Compare):
            return self.comparison(node)
        value = self.value(node)
        return Truth(np.asarray(value.known & (value.data == 1)), np.asarray(value.known))

    def comparison(self, node: ast.Compare) -> Truth:
        """Give a comparison; a chain holds where all its links do."""
        result: Truth | None = None
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            if isinstance(op, (ast.In, ast.NotIn)):
                one = self.among(left, right)
                one = one.negate() if isinstance(op, ast.NotIn) else one
            else:
                one = self.compare(op, left, right)
            result = one if result is None else result.both(one)
            left = right
        if result is None:  # pragma: no cover  (a comparison has at least one operator)
            raise InputError.one("empty comparison", "空比较", where=self.text)
        return result

    def compare(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Truth:
        """Compare two sides; unknown where one of them is."""
        a, b = self.pair(left, right)
        if _is_text(a.data) != _is_text(b.data) or (_is_text(a.data) and isinstance(op, _ORDER)):
            raise InputError.one(
                "text and numbers cannot be compared, nor texts ordered",
                "文字与数字不能比较，文字也不能比大小",
                where=self.text,
                code="rule-type",
            )
        known = np.asarray(a.known) & np.asarray(b.known)
        with np.errstate(invalid="ignore"):
            true = np.asarray(_COMPARE[type(op)](a.data, b.data), bool)
        return Truth(known & true, known & np.ones_like(true))

    def pair(self, left: ast.expr, right: ast.expr) -> tuple[Value, Value]:
        """Give both sides of a comparison, with cuts in place of its numbers."""
        values = {}
        for side, one, other in (("left", left, right), ("right", right, left)):
            is_cut = _number(one) is not None and isinstance(other, ast.Name)
            values[side] = Value(next(self.numbers), True) if is_cut else self.value(one)
        return values["left"], values["right"]

    def among(self, left: ast.expr, right: ast.expr) -> Truth:
        """Say where a value is in a list."""
        value = self.value(left)
        if not isinstance(right, (ast.Tuple, ast.List)):  # pragma: no cover  (refused before)
            raise InputError.one("'in' needs a list", "in 之后需要列表", where=self.text)
        known = np.asarray(value.known)
        true = np.zeros(np.shape(value.data), bool)
        for item in right.elts:
            true = true | np.asarray(value.data == constant_of(item), bool)
        return Truth(known & true, known & np.ones_like(true))

    def value(self, node: ast.expr) -> Value:
        """Give a column or a constant."""
        if isinstance(node, ast.Name):
            return self.columns[node.id]
        constant = constant_of(node)
        return Value(float(constant) if isinstance(constant, bool) else constant, True)


def constant_of(node: ast.expr) -> float | str | bool | None:
    """Give the constant that a node is, signs included; ``None`` if it is none."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, (bool, int, float, str)):
        # A whole number of more digits than any measure has is none.
        huge = isinstance(node.value, int) and abs(node.value) > sys.float_info.max
        return None if huge else node.value
    return None


def _number(node: ast.expr) -> float | None:
    value = constant_of(node)
    return None if value is None or isinstance(value, (bool, str)) else float(value)


def _is_text(data: Any) -> bool:
    return isinstance(data, str) or (isinstance(data, np.ndarray) and data.dtype.kind == "O")
