"""The formula language: the rules of the house, with arithmetic, groups, steps and units.

A formula reads columns, parameters, step tables and weights, and nothing else: no loop, no
attribute, no call to Python. Comparison, ``and``, ``or``, ``not``, ``in`` and unknown values are
those of :mod:`zoning.zones.rules`. Units are held against one another once, before any row is
computed.
"""

from __future__ import annotations

import ast
import math
import warnings
from dataclasses import dataclass, field

from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest
from zoning.policy.functions import infer_call
from zoning.policy.kinds import ANY, TEXT, TRUTH, Kind, Scope
from zoning.policy.units import PURE, dimension_name
from zoning.zones.rules import Walk, constant_of

MAX_LENGTH = 2000
MAX_DEPTH = 40


@dataclass(frozen=True)
class Formula:
    """A checked formula.

    Attributes
    ----------
    text : str
    kind : Kind
    reads : tuple of str
        Columns and parameters of its scope, sorted.
    far : tuple of (table, column)
        What it reads of other tables.
    steps, blocks : tuple of str
    calls : tuple of (str, Kind)
        Every call in it, with what it gives.
    """

    text: str
    kind: Kind
    reads: tuple[str, ...]
    far: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    blocks: tuple[str, ...]
    calls: tuple[tuple[str, Kind], ...]
    tree: ast.expr = field(repr=False)


def compile_formula(text: str, scope: Scope, *, where: str = "formula") -> Formula:
    """Check a formula against what it may name, and its units.

    Parameters
    ----------
    text : str
    scope : Scope
    where : str
        File and column, for messages.

    Raises
    ------
    InputError
        With all that is wrong: syntax with its place, unknown names with a suggestion, units that
        do not fit, text where a number is needed, anything that is not the language.

    Examples
    --------
    >>> from zoning.policy.kinds import Kind, Scope
    >>> from zoning.policy.units import parse_unit
    >>> money, area = (Kind("number", parse_unit(u)) for u in ("yuan", "ha"))
    >>> f = compile_formula("pool * share(forest)", Scope({"pool": money, "forest": area}))
    >>> f.reads, f.kind.unit.dims
    (('forest', 'pool'), (('money', 1),))
    >>> compile_formula("pool + forest", Scope({"pool": money, "forest": area}))
    Traceback (most recent call last):
    zoning.errors.InputError: formula: column 1: + joins yuan and m2. Try: ...
    """
    tree = _parse(text, where)
    walk = FormulaWalk(scope, where)
    kind = walk.infer(tree)
    raise_all(walk.problems)
    return Formula(
        text, kind, tuple(sorted(walk.names)), tuple(sorted(walk.far)),
        tuple(sorted(walk.used_steps)), tuple(sorted(walk.used_blocks)), _calls(walk, tree), tree,
    )  # fmt: skip


def _calls(walk: FormulaWalk, tree: ast.expr) -> tuple[tuple[str, Kind], ...]:
    """Give the calls of a formula with what each gives, for whoever explains it."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return tuple((ast.unparse(node), walk.infer(node)) for node in calls)


def _parse(text: str, where: str) -> ast.expr:
    if len(text) > MAX_LENGTH:
        raise InputError.one(
            f"longer than {MAX_LENGTH} characters", f"超过 {MAX_LENGTH} 个字符", where=where,
            code="formula-syntax", measured=len(text), limit=MAX_LENGTH,
        )  # fmt: skip
    flat = " ".join(text.split())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(flat, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = getattr(error, "offset", None) or 1
        raise InputError.one(
            f"column {at}: cannot be read: {flat[:80]!r}", f"第 {at} 列：无法解析：{flat[:80]!r}",
            where=where, code="formula-syntax",
            remedy=("check brackets, commas and operators near that place",
                    "请检查该处附近的括号、逗号和运算符"),
        ) from error  # fmt: skip
    if _depth(tree) > MAX_DEPTH:
        raise InputError.one(
            f"nested deeper than {MAX_DEPTH}", f"嵌套超过 {MAX_DEPTH} 层", where=where,
            code="formula-syntax", limit=MAX_DEPTH,
            remedy=("give a part a column of its own", "请把一部分另设为一列"),
        )  # fmt: skip
    return tree


def _depth(tree: ast.expr) -> int:
    """Measure the depth without recursion: formulas come from files."""
    deepest, stack = 0, list[tuple[ast.AST, int]]([(tree, 1)])
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return deepest


_SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class FormulaWalk(Walk):
    """Infer what every part of a formula is, and refuse what the language lacks."""

    def __init__(self, scope: Scope, where: str):
        super().__init__(frozenset(scope.columns), where)
        self.scope = scope
        self.far: set[tuple[str, str]] = set()
        self.used_steps: set[str] = set()
        self.used_blocks: set[str] = set()
        self._seen: dict[int, Kind] = {}

    def refuse(self, node: ast.AST, en: str, zh: str, remedy: Text | None = None) -> None:
        """Note a problem with its place."""
        at = getattr(node, "col_offset", 0) + 1
        self.problems.append(
            Problem(Text(f"column {at}: {en}", f"第 {at} 列：{zh}"), self.where, remedy=remedy,
                    code="formula")
        )  # fmt: skip

    def infer(self, node: ast.expr) -> Kind:
        """Say what a part is; a part that is wrong is told once and fits everything."""
        if id(node) not in self._seen:
            self._seen[id(node)] = ANY
            self._seen[id(node)] = self._infer(node)
        return self._seen[id(node)]

    def _infer(self, node: ast.expr) -> Kind:
        if isinstance(node, ast.Name):
            return self.named(node)
        if isinstance(node, ast.BinOp):
            return self.arithmetic(node)
        if isinstance(node, ast.Call):
            return infer_call(self, node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return self.number(node.operand)
        if isinstance(node, ast.BoolOp | ast.Compare) or (
            isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
        ):
            self.condition(node)
            return TRUTH
        return self.constant(node)

    def constant(self, node: ast.expr) -> Kind:
        """Take a constant, or refuse what is none."""
        value = constant_of(node)
        if isinstance(value, bool):
            return TRUTH
        if isinstance(value, str):
            return TEXT
        if value is None and isinstance(getattr(node, "value", None), int):
            self.refuse(node, "a number too large", "数值过大")
            return ANY
        if value is None:
            self.refuse(
                node, f"{type(node).__name__.lower()} is not part of the language",
                f"公式语言不含 {type(node).__name__.lower()}",
                Text("see the page of the formula language", "见公式语言说明"),
            )  # fmt: skip
            return ANY
        try:
            finite = math.isfinite(float(value))
        except OverflowError:
            finite = False
        if not finite:
            self.refuse(node, "a number too large", "数值过大")
        return ANY if value == 0 else Kind("number", PURE)

    def named(self, node: ast.Name) -> Kind:
        """Take a column or parameter."""
        self.name(node)
        return self.scope.columns.get(node.id, ANY)

    def name(self, node: ast.Name) -> None:
        """Note a name, or refuse it with the nearest one."""
        if node.id in self.columns:
            self.names.add(node.id)
            return
        near = suggest(node.id, sorted(self.columns))
        self.refuse(
            node, f"no column or parameter {node.id!r}", f"没有字段或参数 {node.id!r}",
            meant(near),
        )  # fmt: skip

    def number(self, node: ast.expr) -> Kind:
        """Take a part that must be a number."""
        kind = self.infer(node)
        if kind.kind != "number":
            self.refuse(node, f"a number is needed, not a {kind.kind}", "此处须为数值")
            return ANY
        return kind

    def arithmetic(self, node: ast.BinOp) -> Kind:
        """Combine units; sums need one kind of unit."""
        sign = _SIGNS.get(type(node.op))
        if sign is None:
            self.refuse(node, "only + - * / are allowed", "只允许 + - * / 四则运算")
            return ANY
        left, right = self.number(node.left), self.number(node.right)
        if sign in "+-":
            return self.unify(node, [left, right], sign)
        if left.unit is None or right.unit is None:
            return ANY
        return Kind("number", left.unit.times(right.unit, 1 if sign == "*" else -1))

    def unify(self, node: ast.expr, kinds: list[Kind], what: str) -> Kind:
        """Give the common kind of parts that stand beside one another."""
        if len({k.kind for k in kinds}) > 1:
            self.refuse(node, f"{what} mixes text and numbers", f"{_zh(what)}混用了文字与数值")
            return ANY
        units = [k.unit for k in kinds if k.unit is not None]
        for unit in units[1:]:
            if not unit.same(units[0]):
                one, two = dimension_name(units[0]), dimension_name(unit)
                self.refuse(
                    node, f"{what} joins {one} and {two}",
                    f"{_zh(what)}两侧单位不同：{one} 与 {two}",
                    Text("give a number its unit as a parameter", "请用带单位的参数代替数字"),
                )  # fmt: skip
                return ANY
        return Kind(kinds[0].kind, units[0] if units else None)

    # The rules' own walk calls these:

    def condition(self, node: ast.expr) -> None:
        """Check a condition; functions may be one."""
        if isinstance(node, ast.Call):
            if self.infer(node).kind != "truth":
                self.refuse(node, "this is a value, not a condition", "这是数值，不是条件")
        elif isinstance(node, ast.Name):
            if self.named(node).kind == "text":
                self.refuse(node, "this is a text, not a condition", "这是文字，不是条件")
        else:
            super().condition(node)

    def comparison(self, node: ast.Compare) -> None:
        """Check a comparison: texts are equal or not, and have no order."""
        super().comparison(node)
        sides = [node.left, *node.comparators]
        for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if isinstance(op, ast.In | ast.NotIn):
                if isinstance(right, ast.Tuple | ast.List):
                    self.unify(left, [self.infer(s) for s in (left, *right.elts)], "in")
            elif not isinstance(op, ast.Eq | ast.NotEq) and "text" in {
                self.infer(s).kind for s in (left, right) if not isinstance(s, ast.Tuple | ast.List)
            }:
                self.refuse(node, "texts have no order", "文字不能比大小")

    def operand(self, node: ast.expr) -> None:
        """Check one side of a comparison."""
        self.infer(node)

    def pair(self, left: ast.expr, right: ast.expr) -> None:
        """Hold the units of two sides against one another."""
        sides = [left, right]
        if not any(isinstance(s, ast.Tuple | ast.List) for s in sides):
            self.unify(left, [self.infer(s) for s in sides], "a comparison")


def _zh(what: str) -> str:
    """Name the part of a formula in Chinese; signs and functions keep their own."""
    return "比较式" if what == "a comparison" else f"“{what}”"
