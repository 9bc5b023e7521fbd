"""A policy with its formulas checked: names, units, what reads what, and what nobody reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zoning.errors import Finding, InputError, Problem, Text, meant, raise_all, suggest
from zoning.policy.formula import Formula, compile_formula
from zoning.policy.kinds import Kind, Scope
from zoning.policy.model import PLACED, Computed, Policy, Table
from zoning.policy.units import dimension_name

#: A thing that can be read: a column of a table, or ("", name) for a parameter, ("steps", name),
#: ("weights", name).
Node = tuple[str, str]


@dataclass(frozen=True)
class Compiled:
    """A policy whose formulas hold together.

    Attributes
    ----------
    policy : Policy
    formulas : mapping of (table, column) to Formula
    totals : mapping of (table, column) to Formula
        Of the roundings.
    rules : tuple of Formula
        In the order of the policy's checks.
    unused : tuple of Finding
        Columns, parameters, weights and steps that no result depends on.
    """

    policy: Policy
    formulas: Mapping[tuple[str, str], Formula]
    totals: Mapping[tuple[str, str], Formula]
    rules: tuple[Formula, ...]
    unused: tuple[Finding, ...]


def compile_policy(policy: Policy) -> Compiled:
    """Check every formula of a policy.

    Raises
    ------
    InputError
        With every problem of every formula.
    """
    problems: list[Problem] = []
    formulas: dict[tuple[str, str], Formula] = {}
    totals: dict[tuple[str, str], Formula] = {}
    reads: dict[Node, set[Node]] = {}
    above: dict[str, Table] = {}
    for table in policy.tables.values():
        _links(table, above, problems)
        columns = _given(table)
        _grouped(table, reads)
        for column in table.computed:
            scope = _scope(policy, columns, above)
            one = _formula(column, column.formula, scope, problems)
            columns[column.name] = column.kind
            if one is None:
                continue
            formulas[table.name, column.name] = one
            _fits(column, one.kind, problems)
            reads.setdefault((table.name, column.name), set()).update(
                _nodes(policy, table, one, problems)
            )
            _rounding(policy, table, column, scope, totals, reads, problems)
        above[table.name] = table
    rules = _rules(policy, problems)
    _shown(policy, problems)
    raise_all(problems)
    return Compiled(policy, formulas, totals, rules, tuple(_unused(policy, rules, reads)))


def _given(table: Table) -> dict[str, Kind]:
    """Give the columns that a table has before its formulas."""
    return {n: k for n, k in table.kinds.items() if n not in {c.name for c in table.computed}}


def _scope(policy: Policy, columns: Mapping[str, Kind], above: Mapping[str, Table]) -> Scope:
    parameters = {p.name: p.kind for p in policy.parameters.values()}
    return Scope(
        {**parameters, **columns}, {t.name: t.kinds for t in above.values()}, policy.steps,
        policy.blocks,
    )  # fmt: skip


def _formula(
    column: Computed, text: str, scope: Scope, problems: list[Problem], part: str = ""
) -> Formula | None:
    try:
        return compile_formula(text, scope, where=f"{column.where} {column.name}{part}")
    except InputError as error:
        problems.extend(error.problems)
        return None


def _fits(column: Computed, kind: Kind, problems: list[Problem]) -> None:
    """Hold the unit that a column states against that of its formula."""
    if (kind.kind == "text") != (column.unit is None) or kind.kind == "truth":
        what = Text(
            f"'{column.name}' gives a {kind.kind}; its unit says otherwise",
            f"“{column.name}”的公式结果与所写单位不符",
        )
        remedy = Text('texts have unit = "text"; write a condition as where(..., 1, 0)',
                      '文字的 unit 为 "text"；条件请写作 where(..., 1, 0)')  # fmt: skip
    elif column.unit is not None and kind.unit is not None and not kind.unit.same(column.unit):
        found, stated = dimension_name(kind.unit), dimension_name(column.unit)
        what = Text(
            f"'{column.name}' gives {found}, its unit is {column.unit.name} ({stated})",
            f"“{column.name}”的公式给出 {found}，而所写单位为 {column.unit.name}（{stated}）",
        )
        remedy = Text("mend the formula or the unit", "请修改公式或单位")
    else:
        return
    problems.append(Problem(what, column.where, remedy=remedy, code="unit"))


def _rounding(
    policy: Policy, table: Table, column: Computed, scope: Scope,
    totals: dict[tuple[str, str], Formula], reads: dict[Node, set[Node]], problems: list[Problem],
) -> None:  # fmt: skip
    rounding = column.rounding
    if rounding is None:
        return
    node = (table.name, column.name)
    if rounding.by is not None:
        if rounding.by not in scope.columns:
            problems.append(_no_column(rounding.by, scope.columns, column.where))
        reads[node].add((table.name, rounding.by))
    if rounding.total is not None:
        one = _formula(column, rounding.total, scope, problems, " round.total")
        if one is not None:
            totals[node] = one
            _fits(column, one.kind, problems)
            reads[node].update(_nodes(policy, table, one, problems))


def _no_column(name: str, known: Iterable[str], where: str) -> Problem:
    near = suggest(name, list(known))
    return Problem(
        Text(f"no column '{name}'", f"没有字段“{name}”"), where, code="formula",
        remedy=meant(near),
    )  # fmt: skip


def _nodes(policy: Policy, table: Table, one: Formula, problems: list[Problem]) -> set[Node]:
    """Say what a formula reads, and that other tables can be joined to this one."""
    found: set[Node] = set()
    for name in one.reads:
        found.add(("", name) if name in policy.parameters else (table.name, name))
    found |= {("steps", s) for s in one.steps} | {("weights", b) for b in one.blocks}
    for other, column in one.far:
        found.add((other, column))
        far = policy.tables[other]
        here, there = set(table.kinds), set(far.kinds)
        functions = [f for f in ("total", "look") if f"{f}({other}" in one.text.replace(" ", "")]
        for function in functions:
            keys = table.keys if function == "total" else far.keys
            missing = [k for k in keys if k not in (there if function == "total" else here)]
            found |= {(other if function == "total" else table.name, k) for k in keys}
            if missing:
                place = other if function == "total" else table.name
                problems.append(
                    Problem(
                        Text(f"{function}({other}, ...) needs the column '{missing[0]}' "
                             f"in '{place}'",
                             f"{function}({other}, …) 需要“{place}”中的字段“{missing[0]}”"),
                        table.where, code="formula",
                    )
                )  # fmt: skip
    return found


def _links(table: Table, above: Mapping[str, Table], problems: list[Problem]) -> None:
    """Check what a table is made of."""
    given = set(_given(table))
    for grouping in table.groupings:
        if grouping.origin not in given:
            problems.append(_no_column(grouping.origin, sorted(given), table.where))
    if table.kind == "group":
        if table.origin not in above:
            near = suggest(table.origin, above)
            problems.append(
                Problem(
                    Text(f"'{table.name}' groups '{table.origin}', which is no table above it",
                         f"“{table.name}”按“{table.origin}”分组，但上文没有该表"),
                    table.where, code="policy",
                    remedy=meant(near),
                )
            )  # fmt: skip
        else:
            problems += [
                _no_column(k, above[table.origin].kinds, table.where)
                for k in table.keys if k not in above[table.origin].kinds
            ]  # fmt: skip


def _grouped(table: Table, reads: dict[Node, set[Node]]) -> None:
    for grouping in table.groupings:
        reads[table.name, grouping.name] = {(table.name, grouping.origin)}
    if table.kind == "group":
        for key in table.keys:
            reads[table.name, key] = {(table.origin, key)}


def _rules(policy: Policy, problems: list[Problem]) -> tuple[Formula, ...]:
    rules = []
    for rule in policy.checks:
        table = policy.tables.get(rule.table)
        if table is None:
            problems.append(_no_column(rule.table, policy.tables, rule.where))
            continue
        others = {t.name: t for t in policy.tables.values() if t.name != table.name}
        try:
            one = compile_formula(
                rule.formula, _scope(policy, table.kinds, others), where=rule.where
            )
        except InputError as error:
            problems.extend(error.problems)
            continue
        if one.kind.kind != "truth":
            problems.append(
                Problem(Text("a rule is true or false, not a value", "规则须为真或假，而非数值"),
                        rule.where, code="formula",
                        remedy=Text("compare it: sum(grant) == pool",
                                    "请写成比较：sum(grant) == pool"))
            )  # fmt: skip
        rules.append(one)
    return tuple(rules)


def _shown(policy: Policy, problems: list[Problem]) -> None:
    """Check what is to be shown."""
    main, show = policy.tables.get(policy.main), policy.show
    if main is None:
        return
    where = f"{policy.path.name} [show]"
    names = [
        *show.columns,
        *show.limits,
        show.order.lstrip("-"),
        show.theme,
        show.rank,
        show.chart,
        *show.words,
    ]
    known = {n for t in policy.tables.values() for n in t.kinds}
    own = {*main.kinds, *main.keys}
    for name in names:
        if name and name not in (known if name in show.words else own):
            problems.append(_no_column(name, sorted(own), where))
    problems += [_no_column(t, policy.tables, where) for t in show.tables if t not in policy.tables]
    drawn = show.columns or tuple(main.kinds)
    if show.chart in own and (show.chart not in drawn or main.kinds[show.chart].unit is None):
        problems.append(
            Problem(
                Text(f"chart '{show.chart}' must be a column of numbers among columns",
                     f"chart“{show.chart}”须为 columns 所列的数值字段"),
                where, show.chart, code="chart",
            )
        )  # fmt: skip


def _unused(
    policy: Policy, rules: Iterable[Formula], reads: Mapping[Node, set[Node]]
) -> list[Finding]:
    """Find what no result depends on."""
    main, show = policy.tables[policy.main], policy.show
    wanted = {*show.columns, *show.limits, show.order.lstrip("-"), show.theme, show.rank}
    wanted = (wanted | {show.chart}) - {""}
    todo: list[Node] = [(main.name, n) for n in (wanted or set(main.kinds))]
    for name in show.tables:
        todo += [(name, n) for n in policy.tables[name].kinds]
    for rule, one in zip(policy.checks, rules, strict=True):
        todo += list(_nodes(policy, policy.tables[rule.table], one, []))
    todo += [(main.name, k) for k in main.keys]
    seen: set[Node] = set()
    while todo:
        node = todo.pop()
        if node in seen:
            continue
        seen.add(node)
        todo += list(reads.get(node, set()))
    every: list[Node] = [("", p) for p in policy.parameters]
    every += [("steps", s) for s in policy.steps] + [("weights", b) for b in policy.blocks]
    for table in policy.tables.values():
        brought = {*table.keys, *table.place, *(PLACED if table.place else ())}
        every += [(table.name, n) for n in table.kinds if n not in brought]
    return [_idle(policy, node) for node in every if node not in seen]


def _idle(policy: Policy, node: Node) -> Finding:
    place, name = node
    kinds = {
        "": ("parameter", "参数"),
        "steps": ("step table", "分级表"),
        "weights": ("weights", "权重"),
    }
    en, zh = kinds.get(place, (f"column of '{place}'", f"字段（表“{place}”）"))
    return Finding(
        Text(f"no result depends on the {en} '{name}'", f"没有结果用到{zh}“{name}”"),
        policy.path.name, measured=name, code="unused", level="note",
        remedy=Text("use it, show it, or leave it out", "请使用、展示或删去"),
    )  # fmt: skip
