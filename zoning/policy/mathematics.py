"""Formulas as mathematics: LaTeX for the page of each policy."""

from __future__ import annotations

import ast
from collections.abc import Callable

from zoning.policy.functions import group_names
from zoning.zones.rules import constant_of

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<", ast.LtE: r"\leq", ast.Gt: ">", ast.GtE: r"\geq", ast.Eq: "=",
    ast.NotEq: r"\neq", ast.In: r"\in", ast.NotIn: r"\notin",
}  # fmt: skip
#: Binding strength: what is weaker than its surroundings gets brackets.
_SUM, _PRODUCT, _ATOM = 1, 2, 3


def latex(formula: str) -> str:
    r"""Write a formula as LaTeX.

    Parameters
    ----------
    formula : str
        A formula that holds (see :func:`zoning.policy.formula.compile_formula`).

    Examples
    --------
    >>> latex("pool * share(forest)")
    '\\mathrm{pool} \\cdot \\frac{\\mathrm{forest}}{\\sum \\mathrm{forest}}'
    >>> latex("(a + b) / c")
    '\\frac{\\mathrm{a} + \\mathrm{b}}{\\mathrm{c}}'
    """
    return _write(ast.parse(" ".join(formula.split()), mode="eval").body)


def _word(name: str) -> str:
    return r"\mathrm{" + name.replace("_", r"\_") + "}"


def _write(node: ast.expr, around: int = 0) -> str:
    """Write a part, in brackets where it binds weaker than what is around it."""
    if isinstance(node, ast.Name):
        return _word(node.id)
    if isinstance(node, ast.BinOp):
        return _arithmetic(node, around)
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.BoolOp):
        sign = r" \wedge " if isinstance(node.op, ast.And) else r" \vee "
        text = sign.join(_write(v, _ATOM) for v in node.values)
        return _bracket(text) if around else text
    if isinstance(node, ast.Compare):
        return _comparison(node, around)
    if isinstance(node, ast.Tuple | ast.List):
        return r"\{" + ", ".join(_write(e) for e in node.elts) + r"\}"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return r"\neg " + _write(node.operand, _ATOM)
    if isinstance(node, ast.UnaryOp) and constant_of(node) is None:
        sign = "-" if isinstance(node.op, ast.USub) else "+"
        text = sign + _write(node.operand, _PRODUCT)
        return _bracket(text) if around > _SUM else text
    return _constant(node)


def _constant(node: ast.expr) -> str:
    value = constant_of(node)
    if isinstance(value, str):
        return r"\mathrm{“" + value.replace("_", r"\_").replace(" ", r"\ ") + "”}"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _bracket(text: str) -> str:
    return rf"\left({text}\right)"


def _arithmetic(node: ast.BinOp, around: int) -> str:
    if isinstance(node.op, ast.Div):
        return rf"\frac{{{_write(node.left)}}}{{{_write(node.right)}}}"
    if isinstance(node.op, ast.Mult):
        return rf"{_write(node.left, _PRODUCT)} \cdot {_write(node.right, _PRODUCT)}"
    sign = "+" if isinstance(node.op, ast.Add) else "-"
    # what is taken away keeps its brackets, what is added loses them
    right = _write(node.right, _PRODUCT if sign == "-" else _SUM)
    text = f"{_write(node.left, _SUM)} {sign} {right}"
    return _bracket(text) if around > _SUM else text


def _comparison(node: ast.Compare, around: int) -> str:
    text = _write(node.left, _SUM)
    for op, right in zip(node.ops, node.comparators, strict=True):
        text += f" {_COMPARE[type(op)]} {_write(right, _SUM)}"
    return _bracket(text) if around else text


def _call(node: ast.Call) -> str:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    below = ",".join(_word(n) for n in group_names(node))
    if name in _WRITERS:
        return _WRITERS[name](node, f"_{{{below}}}" if below else "")
    parts = ", ".join(_write(a) for a in node.args)
    return rf"\mathrm{{{name}}}" + (f"_{{{below}}}" if below else "") + _bracket(parts)


def _over(sign: str) -> Callable[[ast.Call, str], str]:
    return lambda node, below: f"{sign}{below} {_write(node.args[0], _PRODUCT)}"


def _share(node: ast.Call, below: str) -> str:
    top = _write(node.args[0])
    return rf"\frac{{{top}}}{{\sum{below} {_write(node.args[0], _PRODUCT)}}}"


def _minmax(node: ast.Call, below: str) -> str:
    x = _write(node.args[0], _PRODUCT)
    low, high = rf"\min{below} {x}", rf"\max{below} {x}"
    return rf"\frac{{{x} - {low}}}{{{high} - {low}}}"


def _where(node: ast.Call, _: str) -> str:
    condition, yes, no = (_write(a) for a in node.args)
    return (
        r"\begin{cases}" + f"{yes} & {condition}" + r" \\ "
        + f"{no} & " + r"\mathrm{else}\end{cases}"
    )  # fmt: skip


def _ratio(node: ast.Call, _: str) -> str:
    done, target = (_write(a) for a in node.args)
    return rf"\min\left(1, \frac{{{done}}}{{{target}}}\right)"


def _clip(node: ast.Call, _: str) -> str:
    x, low, high = (_write(a) for a in node.args)
    return rf"\min\left(\max\left({x}, {low}\right), {high}\right)"


def _far(sign: str) -> Callable[[ast.Call, str], str]:
    def write(node: ast.Call, _: str) -> str:
        table, column = (_write(a) for a in node.args)
        return f"{sign}_{{{table}}} {column}" if sign else f"{column}_{{[{table}]}}"

    return write


def _weighted(node: ast.Call, _: str) -> str:
    block = _write(node.args[0])
    return rf"\sum_k w_{{{block},k}} \cdot x_k"


def _steps(node: ast.Call, _: str) -> str:
    x, table = (_write(a) for a in node.args)
    return f"{table}{_bracket(x)}"


_WRITERS: dict[str, Callable[[ast.Call, str], str]] = {
    "sum": _over(r"\sum"),
    "mean": lambda n, b: rf"\overline{{{_write(n.args[0])}}}{b}",
    "lowest": _over(r"\min"),
    "highest": _over(r"\max"),
    "share": _share,
    "minmax": _minmax,
    "where": _where,
    "ratio": _ratio,
    "clip": _clip,
    "abs": lambda n, _: rf"\left|{_write(n.args[0])}\right|",
    "ln": lambda n, _: rf"\ln {_bracket(_write(n.args[0]))}",
    "min": lambda n, _: r"\min" + _bracket(", ".join(_write(a) for a in n.args)),
    "max": lambda n, _: r"\max" + _bracket(", ".join(_write(a) for a in n.args)),
    "total": _far(r"\sum"),
    "look": _far(""),
    "weighted": _weighted,
    "steps": _steps,
    "close": lambda n, _: rf"{_write(n.args[0], _SUM)} \approx {_write(n.args[1], _SUM)}",
}
