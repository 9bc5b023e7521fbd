"""The page of a policy in Markdown: its numbers with sources, its formulas as mathematics."""

from __future__ import annotations

from zoning.base.words import unit_sign
from zoning.errors import Text
from zoning.policy.explain import unit_text
from zoning.policy.mathematics import latex
from zoning.policy.model import Computed, Policy, Table


def page(policy: Policy) -> str:
    """Write the page of a policy, Chinese and English side by side.

    Examples
    --------
    >>> from zoning.policy.read import find, read_policy
    >>> page(read_policy(find("transfers"))).splitlines()[0]
    '# Transfers of quotas between counties / 县际指标交易'
    """
    lines = [
        f"# {policy.title.en} / {policy.title.zh}",
        "",
        policy.about.en,
        "",
        policy.about.zh,
        "",
    ]
    lines += [f"`{policy.name}` · source: {policy.source} ({policy.evidence})", ""]
    lines += [f"来源：{policy.source_zh}（{policy.evidence}）", ""]
    if policy.notice is not None:
        lines += [f"> **{policy.notice.en}**", ">", f"> **{policy.notice.zh}**", ""]
    if policy.parameters:
        lines += [
            "## Parameters / 参数",
            "",
            "| name | what | value | source |",
            "|---|---|---|---|",
        ]
        for p in policy.parameters.values():
            value = p.value if isinstance(p.value, str) else f"{p.value:g}"
            unit = _sign(p.unit.name) if p.unit else ""
            lines.append(
                f"| `{p.name}` | {_both(p.label)} | {value} {unit} | {p.source} ({p.evidence}) |"
            )
        lines.append("")
    for table in policy.tables.values():
        lines += _table(table, main=table.name == policy.main)
    lines += _weights(policy) + _steps(policy) + _checks(policy)
    return "\n".join(lines).rstrip() + "\n"


def _both(text: Text) -> str:
    return text.en if text.en == text.zh else f"{text.en} / {text.zh}"


def _sign(unit: str) -> str:
    if unit in ("", "1"):
        return ""
    en, zh = unit_sign(unit, "en"), unit_sign(unit, "zh")
    return en if en == zh else f"{en} / {zh}"


def _origin(table: Table) -> str:
    key = ", ".join(f"`{k}`" for k in table.keys) or "one row"
    from_where = {
        "plan": f"the plan's table `{table.origin}`", "rows": "rows of the file",
        "group": f"one row for each value in `{table.origin}`",
        "file": "a file" + (f", for example `{table.example}`" if table.example else
                            f" (`{table.origin}`)") + (", may be absent" if table.optional else ""),
    }[table.kind]  # fmt: skip
    return f"Rows from {from_where}; key {key}."


def _table(table: Table, *, main: bool) -> list[str]:
    star = "（result / 结果）" if main else ""
    lines = [f"## `{table.name}`: {_both(table.label)}{star}", "", _origin(table), ""]
    if table.columns:
        lines += ["| column | what | unit |", "|---|---|---|"]
        for c in table.columns:
            unit = "text" if c.unit is None else _sign(unit_text(c.kind))
            lines.append(f"| `{c.name}` | {_both(c.label)} | {unit} |")
        lines.append("")
    for g in table.groupings:
        codes = ", ".join(f"`{k}` → {v}" for k, v in g.codes.items())
        scheme = f" (codes of the scheme `{g.scheme}`)" if g.scheme else ""
        lines += [f"`{g.name}` from `{g.origin}`{scheme}: {codes}.", ""]
    for column in table.computed:
        lines += _formula(column)
    return lines


def _formula(column: Computed) -> list[str]:
    unit = _sign(unit_text(column.kind))
    lines = [f"**{_both(column.label)}**" + (f", {unit}" if unit else ""), ""]
    left = r"\mathrm{" + column.name.replace("_", r"\_") + "}"
    lines += [f"$${left} = {latex(column.formula)}$$", ""]
    if column.rounding is not None:
        total = column.rounding.total
        by = f" in each `{column.rounding.by}`" if column.rounding.by else ""
        name = unit or "units"
        words = f"Rounded to {column.rounding.step:g} {name}, largest remainder"
        if total:
            words += f", so that the rows add up to ${latex(total)}$"
        lines += [f"{words}{by}.", ""]
    return lines


def _weights(policy: Policy) -> list[str]:
    lines: list[str] = []
    for block in policy.blocks.values():
        source, evidence = policy.sources[f"weights.{block.name}"]
        by = f" by `{block.by}`" if block.by else ""
        lines += [
            f"## Weights / 权重 `{block.name}`{by}", "",
            f"{source} ({evidence}); each row adds up to {block.total:g}; "
            f"an unknown column: {block.missing}.", "",
            "| | " + " | ".join(f"`{i}`" for i in block.items) + " |",
            "|---|" + "---|" * len(block.items),
        ]  # fmt: skip
        for group, row in block.rows.items():
            cells = " | ".join(f"{row.get(i, 0):g}" for i in block.items)
            lines.append(f"| {group} | {cells} |")
        lines.append("")
    return lines


def _steps(policy: Policy) -> list[str]:
    lines: list[str] = []
    for steps in policy.steps.values():
        source, evidence = policy.sources[f"steps.{steps.name}"]
        lines += [f"## Steps / 分级 `{steps.name}`", "", f"{source} ({evidence}).", "",
                  "| from, to | value |", "|---|---|"]  # fmt: skip
        for interval, value in steps.rows:
            told = value if isinstance(value, str) else f"{value:g}"
            lines.append(f"| {interval} | {told} |")
        lines.append("")
    return lines


def _checks(policy: Policy) -> list[str]:
    if not policy.checks:
        return []
    lines = ["## Checks / 检查", "", "| what | rule |", "|---|---|"]
    for rule in policy.checks:
        lines.append(f"| {_both(rule.text)} ({rule.level}) | `{' '.join(rule.formula.split())}` |")
    return [*lines, ""]
