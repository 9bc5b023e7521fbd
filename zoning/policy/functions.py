"""The functions of the formula language: what each takes, and what unit it gives.

How each is written and what it does stands for people in ``data/policies/functions.toml``.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoning.base.shipped import load_toml
from zoning.errors import Text, meant, suggest
from zoning.policy.kinds import ANY, TEXT, TRUTH, Kind
from zoning.policy.units import PURE

if TYPE_CHECKING:
    from zoning.policy.formula import FormulaWalk

Infer = Callable[["FormulaWalk", ast.Call], Kind]


@dataclass(frozen=True)
class Function:
    """A function of the language.

    Parameters
    ----------
    infer : callable
        Checks a call and says what it gives.
    grouped : bool
        Whether it looks at all rows, or with ``by=`` at those of one group.
    least, most : int
        Number of arguments.
    """

    infer: Infer
    grouped: bool = False
    least: int = 1
    most: int = 1


def usage(name: str) -> str:
    """Say how a function is written.

    Examples
    --------
    >>> usage("share")
    'share(x, by=group)'
    """
    return str(load_toml("policies", "functions.toml")[name]["usage"])


def infer_call(walk: FormulaWalk, node: ast.Call) -> Kind:
    """Check a call and say what it gives."""
    name = node.func.id if isinstance(node.func, ast.Name) else None
    function = FUNCTIONS.get(name or "")
    if name is None or function is None:
        near = suggest(name or "", FUNCTIONS)
        walk.refuse(
            node,
            f"no function {name!r}" if name else "only functions of the language can be called",
            f"没有函数 {name!r}" if name else "只能调用公式语言自己的函数",
            meant(near, Text("functions: " + ", ".join(FUNCTIONS),
                             "可用函数：" + "、".join(FUNCTIONS))),
        )  # fmt: skip
        return ANY
    if any(isinstance(a, ast.Starred) for a in node.args) or not (
        function.least <= len(node.args) <= function.most
    ):
        walk.refuse(node, f"write {usage(name)}", f"请写作 {usage(name)}")
        return ANY
    _keywords(walk, node, function)
    return function.infer(walk, node)


def _keywords(walk: FormulaWalk, node: ast.Call, function: Function) -> None:
    name = _name(node)
    for keyword in node.keywords:
        if keyword.arg != "by" or not function.grouped:
            walk.refuse(
                node, f"{keyword.arg or '**'} is not taken here; write {usage(name)}",
                f"此处不接受 {keyword.arg or '**'}；请写作 {usage(name)}",
            )  # fmt: skip
        elif len(group_names(node)) == 0:
            walk.refuse(node, "by= needs the name of a column", "by= 之后须为字段名")
        else:
            for part in _group_nodes(keyword.value):
                walk.named(part)


def _group_nodes(value: ast.expr) -> list[ast.Name]:
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return [p for p in parts if isinstance(p, ast.Name)] if all(
        isinstance(p, ast.Name) for p in parts
    ) else []  # fmt: skip


def group_names(node: ast.Call) -> tuple[str, ...]:
    """Give the columns that a call groups by; none for all rows together."""
    return tuple(n.id for k in node.keywords for n in _group_nodes(k.value))


# What the functions give --------------------------------------------------------------------


def _same(walk: FormulaWalk, node: ast.Call) -> Kind:
    """Numbers of one unit, and the same unit again."""
    return walk.unify(node, [walk.number(a) for a in node.args], _name(node))


def _pure(walk: FormulaWalk, node: ast.Call) -> Kind:
    """Numbers of one unit, and a pure number."""
    _same(walk, node)
    return Kind("number", PURE)


def _of_pure(walk: FormulaWalk, node: ast.Call) -> Kind:
    kind = walk.number(node.args[0])
    if kind.unit is not None and not kind.unit.pure:
        walk.refuse(
            node, f"{_name(node)} needs a number without unit", f"{_name(node)} 须为无量纲数"
        )
    return Kind("number", PURE)


def _where(walk: FormulaWalk, node: ast.Call) -> Kind:
    walk.condition(node.args[0])
    kinds = [walk.infer(a) for a in node.args[1:]]
    if any(k.kind == "truth" for k in kinds):
        walk.refuse(node, "where gives numbers or texts", "where 只能给出数值或文字")
    return walk.unify(node, kinds, "where")


def _fill(walk: FormulaWalk, node: ast.Call) -> Kind:
    return walk.unify(node, [walk.infer(a) for a in node.args], "fill")


def _known(walk: FormulaWalk, node: ast.Call) -> Kind:
    walk.infer(node.args[0])
    return TRUTH


def _count(walk: FormulaWalk, node: ast.Call) -> Kind:
    walk.condition(node.args[0])
    return Kind("number", PURE)


def _same_truth(walk: FormulaWalk, node: ast.Call) -> Kind:
    _same(walk, node)
    return TRUTH


def _steps(walk: FormulaWalk, node: ast.Call) -> Kind:
    walk.number(node.args[0])
    name = _word(node.args[1])
    table = walk.scope.steps.get(name or "")
    if table is None:
        _no_such(walk, node, "step table", "分级表", name, list(walk.scope.steps))
        return ANY
    walk.used_steps.add(table.name)
    return TEXT if table.textual else Kind("number", PURE)


def _weighted(walk: FormulaWalk, node: ast.Call) -> Kind:
    block = walk.scope.blocks.get(_word(node.args[0]) or "")
    if block is None:
        _no_such(walk, node, "weights", "权重", _word(node.args[0]), list(walk.scope.blocks))
        return ANY
    walk.used_blocks.add(block.name)
    names = [*block.items, *([block.by] if block.by else [])]
    for name in names:
        walk.named(ast.copy_location(ast.Name(name), node))
    kinds = [walk.scope.columns.get(n, ANY) for n in block.items]
    if any(k.kind != "number" for k in kinds):
        walk.refuse(node, f"weights '{block.name}' weigh a text", f"权重“{block.name}”对应文字字段")
        return ANY
    kind = walk.unify(node, list(kinds), f"weighted({block.name})")
    return Kind("number", kind.unit)


def _weight(walk: FormulaWalk, node: ast.Call) -> Kind:
    block = walk.scope.blocks.get(_word(node.args[0]) or "")
    item = _word(node.args[1])
    if block is None or item not in block.items:
        known = list(walk.scope.blocks) if block is None else list(block.items)
        _no_such(walk, node, "weights", "权重", _word(node.args[0 if block is None else 1]), known)
        return ANY
    walk.used_blocks.add(block.name)
    if block.by:
        walk.named(ast.copy_location(ast.Name(block.by), node))
    return Kind("number", PURE)


def _far(walk: FormulaWalk, node: ast.Call) -> Kind:
    table, column = _word(node.args[0]), _word(node.args[1])
    columns = walk.scope.tables.get(table or "")
    if columns is None:
        _no_such(walk, node, "table", "表", table, list(walk.scope.tables))
        return ANY
    if column not in columns:
        _no_such(walk, node, f"column in '{table}'", f"字段（“{table}”表）", column, list(columns))
        return ANY
    walk.far.add((str(table), str(column)))
    kind = columns[str(column)]
    if _name(node) == "total" and kind.kind != "number":
        walk.refuse(node, "total adds up numbers", "total 只能合计数值")
        return ANY
    return kind


def _no_such(
    walk: FormulaWalk, node: ast.Call, en: str, zh: str, name: str | None, known: list[str]
) -> None:
    near = suggest(name or "", known)
    walk.refuse(
        node, f"no {en} {name!r}", f"没有{zh} {name!r}",
        meant(near, Text(f"at hand: {', '.join(known) or 'none'}",
                         f"现有：{'、'.join(known) or '无'}")),
    )  # fmt: skip


def _word(node: ast.expr) -> str | None:
    return node.id if isinstance(node, ast.Name) else None


def _name(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


FUNCTIONS: dict[str, Function] = {
    "min": Function(_same, least=2, most=20),
    "max": Function(_same, least=2, most=20),
    "abs": Function(_same),
    "ln": Function(_of_pure),
    "clip": Function(_same, least=3, most=3),
    "ratio": Function(_pure, least=2, most=2),
    "where": Function(_where, least=3, most=3),
    "known": Function(_known),
    "fill": Function(_fill, least=2, most=2),
    "close": Function(_same_truth, least=2, most=2),
    "steps": Function(_steps, least=2, most=2),
    "sum": Function(_same, grouped=True),
    "mean": Function(_same, grouped=True),
    "lowest": Function(_same, grouped=True),
    "highest": Function(_same, grouped=True),
    "count": Function(_count, grouped=True),
    "share": Function(_pure, grouped=True),
    "rank": Function(_pure, grouped=True),
    "minmax": Function(_pure, grouped=True),
    "weighted": Function(_weighted),
    "weight": Function(_weight, least=2, most=2),
    "total": Function(_far, least=2, most=2),
    "look": Function(_far, least=2, most=2),
}
