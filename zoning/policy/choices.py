"""What a planner changes in a policy without touching its file: values, groups, tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zoning.errors import Problem, Text, meant, raise_all, suggest
from zoning.policy.model import Policy, Table


def choose(
    policy: Policy,
    parameters: Mapping[str, float | str] | None = None,
    groups: Mapping[str, Mapping[str, str]] | None = None,
) -> Policy:
    """Give the policy with other parameters and groups.

    A parameter that is changed becomes the plan's own choice: it does not keep the source of the
    number that it replaces.

    Parameters
    ----------
    policy : Policy
    parameters : mapping of name to value, optional
        In the units of the file.
    groups : mapping of column to mapping of code to group, optional
        Replaces the map of the file.

    Raises
    ------
    InputError
        For names that the policy does not have.

    Examples
    --------
    >>> from zoning.policy.read import find, read_policy
    >>> p = choose(read_policy(find("compensation-hainan")), {"pool": 500})
    >>> p.parameters["pool"].value, p.parameters["pool"].evidence
    (500.0, 'own')
    """
    problems: list[Problem] = []
    changed = dict(policy.parameters)
    for name, value in (parameters or {}).items():
        old = changed.get(name)
        if old is None:
            problems.append(_unknown(policy, "parameter", "参数", name, list(changed)))
        elif isinstance(value, str) != (old.unit is None):
            what = Text(f"'{name}' takes a number in {old.unit.name}" if old.unit
                        else f"'{name}' takes a word",
                        f"“{name}”须为以 {old.unit.name} 为单位的数值" if old.unit
                        else f"“{name}”须为文字")  # fmt: skip
            problems.append(Problem(what, policy.path.name, measured=value, code="parameter"))
        else:
            new = value if isinstance(value, str) else float(value)
            changed[name] = replace(old, value=new, source="choice of this plan", evidence="own")
    tables = dict(policy.tables)
    known = {g.name for t in tables.values() for g in t.groupings}
    for column, codes in (groups or {}).items():
        if column not in known:
            problems.append(_unknown(policy, "group", "分组", column, sorted(known)))
        tables = {n: _regroup(t, column, codes) for n, t in tables.items()}
    raise_all(problems)
    return replace(policy, parameters=changed, tables=tables)


def _regroup(table: Table, column: str, codes: Mapping[str, str]) -> Table:
    groupings = tuple(
        replace(g, codes=dict(codes), scheme="") if g.name == column else g for g in table.groupings
    )
    return replace(table, groupings=groupings)


def _unknown(policy: Policy, en: str, zh: str, name: str, known: list[str]) -> Problem:
    near = suggest(name, known)
    return Problem(
        Text(f"no {en} '{name}'", f"没有{zh}“{name}”"), policy.path.name, measured=name,
        code=f"no-{en}",
        remedy=meant(near, Text(f"it has {', '.join(known) or 'none'}",
                                f"现有：{'、'.join(known) or '无'}")),
    )  # fmt: skip


def unknown_tables(policy: Policy, names: Mapping[str, object]) -> list[Problem]:
    """Tell tables that are given and that the policy does not have, or does not take from a file.

    Examples
    --------
    >>> from zoning.policy.read import find, read_policy
    >>> p = read_policy(find("transfers"))
    >>> [x.code for x in unknown_tables(p, {"palces": None})]
    ['no-table']
    """
    files = [t.name for t in policy.tables.values() if t.kind == "file"]
    return [_unknown(policy, "table", "表", n, files) for n in names if n not in files]
