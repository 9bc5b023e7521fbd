"""The matrix of rules: what a pair of claims on one ground means. Data, read strictly.

A claim is a role and a class, such as ``("urban_plan", "industrial")``. The most specific row that
fits a pair wins; a pair that none fits is unclassified, and that is never passed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zoning.base import strict
from zoning.base.shipped import data_path
from zoning.errors import InputError, Problem, Text, raise_all, suggest
from zoning.inputs.plans import UNKNOWN, load_roles, role_of

#: A role and a class.
Claim = tuple[str, str]

#: Levels from the worst to the mildest, with what people call them and their colours.
LEVELS: dict[str, tuple[Text, str]] = {
    "conflict": (Text("conflict", "冲突"), "#b2182b"),
    "unclassified": (Text("unclassified", "未归类"), "#762a83"),
    "warning": (Text("warning", "警告"), "#ef8a62"),
    "notice": (Text("notice", "提示"), "#f5d5ad"),
    "pass": (Text("pass", "通过"), "#e6e7e6"),
}
#: Levels on which a person must say something before the audit passes.
UNDECIDED_LEVELS = ("conflict", "unclassified")
GIVES_WAY = ("a", "b", "order", "precedence", "review", "nobody")
#: Classes that no row names: no overlap, no contradiction, no rule, and geometry only.
NONE, AGREE, UNCLASSIFIED, SLIVER = "none", "agree", "unclassified", "G"
OWN_CLASSES = {
    UNCLASSIFIED: (Text("no rule fits", "没有适用规则"), "#762a83"),
    SLIVER: (Text("slivers, edge shifts", "碎片与错位"), "#969696"),
    AGREE: (Text("no contradiction", "多规一致"), "#d9ead3"),
    NONE: (Text("one plan or none", "仅一个规划或无规划"), "#f2f2ee"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a row: roles and classes that fit; an empty set fits all."""

    roles: frozenset[str]
    classes: frozenset[str]
    groups: frozenset[str]

    def fits(self, claim: Claim) -> bool:
        """Whether a claim fits; a class that is unknown fits nothing but its own name."""
        role, code = claim
        if self.roles and role not in self.roles:
            return False
        if code in self.classes:
            return True
        if code == UNKNOWN:
            return False
        if self.groups:
            return bool(self.groups & set(role_of(role).groups(code)))
        return not self.classes

    @property
    def weight(self) -> int:
        """How specific the side is: a role counts more than a class, a class more than a group."""
        return 3 * bool(self.roles) + (2 if self.classes else 1 if self.groups else 0)


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the matrix."""

    id: str
    kind: str
    a: Side
    b: Side
    level: str
    priority: int
    gives_way: str
    remedy: str
    source: str
    evidence: str

    @property
    def rank(self) -> tuple[int, int, str]:
        """Order of rules on one ground: the worst level, then priority, then the name."""
        return (list(LEVELS).index(self.level), self.priority, self.id)

    @property
    def says(self) -> tuple[str, str, str, str]:
        """What the row says of a pair that fits."""
        return (self.kind, self.level, self.gives_way, self.remedy)


@dataclass(frozen=True, slots=True)
class Match:
    """A pair of claims and the row that fits; None where no row does. ``a`` is the row's side a."""

    a: Claim
    b: Claim
    rule: Rule | None

    @property
    def level(self) -> str:
        """The level of the row."""
        return "unclassified" if self.rule is None else self.rule.level

    @property
    def kind(self) -> str:
        """The class of conflict."""
        return UNCLASSIFIED if self.rule is None else self.rule.kind

    @property
    def id(self) -> str:
        """The row."""
        return UNCLASSIFIED if self.rule is None else self.rule.id

    @property
    def rank(self) -> tuple[Any, ...]:
        """Order of matches on one ground; what is unclassified is told by its claims."""
        if self.rule is None:
            return (list(LEVELS).index("unclassified"), 0, "", self.a, self.b)
        return (*self.rule.rank, self.a, self.b)


@dataclass(frozen=True)
class Matrix:
    """All rows, the classes of conflict and the remedies in words.

    Examples
    --------
    >>> rules = load_rules()
    >>> found = rules.match(("redline", "level1"), ("basic_farmland", "basic_farmland"))
    >>> found.id, found.a
    ('pbf-redline', ('basic_farmland', 'basic_farmland'))
    >>> rules.match(("urban_plan", "unknown"), ("redline", "level1")).level
    'unclassified'
    """

    title: str
    rules: tuple[Rule, ...]
    classes: Mapping[str, tuple[Text, str]]
    remedies: Mapping[str, Text]
    data: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)
    cache: dict[tuple[Claim, Claim], Match] = field(default_factory=dict, repr=False, compare=False)

    def match(self, one: Claim, other: Claim) -> Match:
        """Give the most specific row that fits a pair, in either order.

        Raises
        ------
        InputError
            If two rows fit alike and say different things.
        """
        pair = (min(one, other), max(one, other))
        if pair not in self.cache:
            self.cache[pair] = self._find(*pair)
        return self.cache[pair]

    def _find(self, one: Claim, other: Claim) -> Match:
        fits = [
            (r.a.weight + r.b.weight, a, b, r)
            for r in self.rules
            for a, b in dict.fromkeys(((one, other), (other, one)))
            if r.a.fits(a) and r.b.fits(b)
        ]
        if not fits:
            return Match(one, other, None)
        best = max(f[0] for f in fits)
        top = [f for f in fits if f[0] == best]
        rows = {f[3].id: f[3] for f in top}
        if len({r.says for r in rows.values()}) > 1:
            raise InputError([_ambiguous(one, other, rows)])
        _, a, b, rule = min(top, key=lambda f: (f[3].rank, f[1], f[2]))
        return Match(a, b, rule)

    def matches(self, claims: Iterable[Claim]) -> list[Match]:
        """Give every pair of a set of claims with its row, the worst first."""
        pairs = itertools.combinations(sorted(set(claims)), 2)
        return sorted((self.match(a, b) for a, b in pairs), key=lambda m: m.rank)

    def class_text(self, code: str) -> Text:
        """Give the name of a class of conflict."""
        return self.classes[code][0]


def _ambiguous(one: Claim, other: Claim, rows: Iterable[str]) -> Problem:
    pair, named = f"{'='.join(one)} / {'='.join(other)}", ", ".join(sorted(rows))
    return Problem(
        Text(f"rules {named} fit {pair} alike and say different things",
             f"规则 {named} 对 {pair} 同样适用而结论不同"),
        "[audit] rules", code="rules-ambiguous",
        remedy=Text("write a row that names this pair", "请补充一条专门针对该组合的规则"),
    )  # fmt: skip


def load_rules(path: Path | None = None) -> Matrix:
    """Read a matrix of rules; without a path the one that ships.

    Raises
    ------
    InputError
        With every problem of the file, rows that contradict each other among them.
    """
    return parse_rules(strict.read(path or data_path("review", "rules.toml")))


def parse_rules(document: strict.Document) -> Matrix:
    """Read a matrix from a document; see :func:`load_rules`."""
    top = strict.Reader(document.data, document.where, document=document, code="rules")
    title = top.get("title", "", kind=str)
    source, evidence = top.get("source", "", kind=str), top.evidence("own")
    classes = {}
    for row in top.tables("class"):
        code, colour = row.get("code", kind=str) or "", row.get("colour", "#6a51a3", kind=str)
        text = Text(row.get("en", code, kind=str), row.get("zh", code, kind=str))
        if code in OWN_CLASSES:
            row.fail(f"'{code}' is a class of the audit itself", f"“{code}”为内置类别", key="code")
        classes[code] = (text, colour)
        row.close()
    remedies = {"": Text("", "")}
    for code, words in top.table("remedies").items():
        part = top.child(f"remedies.{code}", words)
        remedies[code] = Text(part.get("en", kind=str) or "", part.get("zh", kind=str) or "")
        part.close()
    known = {**classes, **OWN_CLASSES}
    rules = [_rule(row, known, remedies, source, evidence) for row in top.tables("rule")]
    twice = {r.id for r in rules if [x.id for x in rules].count(r.id) > 1}
    if twice:
        names = ", ".join(sorted(twice))
        top.fail(f"rules with one name: {names}", f"规则重名：{names}")
    top.close()
    raise_all(top.problems)
    matrix = Matrix(title, tuple(rules), known, remedies, dict(document.data))
    raise_all(_contradictions(matrix))
    return matrix


def _rule(
    row: strict.Reader, classes: Mapping[str, Any], remedies: Mapping[str, Any], source: str,
    evidence: str,
) -> Rule:  # fmt: skip
    name = row.get("id", kind=str) or ""
    kind = row.choice("class", strict.REQUIRED, [c for c in classes if c != UNCLASSIFIED])
    rule = Rule(
        name, kind, _side(row, "a"), _side(row, "b"),
        row.choice("level", strict.REQUIRED, [v for v in LEVELS if v != "unclassified"]),
        row.get("priority", 50, kind=int),
        row.choice("gives_way", "review", GIVES_WAY),
        row.choice("remedy", "", list(remedies)),
        row.get("source", source, kind=str), row.evidence(evidence),
    )  # fmt: skip
    row.close()
    return rule


def _side(row: strict.Reader, key: str) -> Side:
    part = row.child(key, row.get(key, {}, kind=dict))
    roles, classes = _listed(part, "role"), _listed(part, "class")
    part.close()
    groups = {c.removeprefix("group:") for c in classes if c.startswith("group:")}
    known = {g for r in load_roles().values() for c in r.classes for g in c.groups}
    for group in sorted(groups - known):
        near = suggest(group, known)
        row.fail(
            f"no group '{group}': it would fit nothing", f"没有类别组“{group}”：不会匹配任何图斑",
            Text(f"did you mean 'group:{near}'?", f"是否指“group:{near}”？") if near else
            Text(f"one of {', '.join(sorted(known))}", f"可用 {'、'.join(sorted(known))}"),
            key=key,
        )  # fmt: skip
    plain = {c for c in classes if not c.startswith("group:")}
    return Side(frozenset(roles), frozenset(plain), frozenset(groups))


def _listed(part: strict.Reader, key: str) -> tuple[str, ...]:
    """Read one word or a list of words; ``*`` is none."""
    given = part.get(key, "*", kind=(str, list))
    words = part.words(key, [given] if isinstance(given, str) else given)
    return () if words == ("*",) else words


def _contradictions(matrix: Matrix) -> list[Problem]:
    """Try every pair of known classes, so that a file is sound before any data meets it."""
    claims = [
        (role.code, code)
        for role in load_roles().values()
        for code in ([c.code for c in role.classes] or [role.code])
    ]
    found: list[Problem] = []
    for one, other in itertools.combinations_with_replacement(sorted(claims), 2):
        try:
            matrix.match(one, other)
        except InputError as error:
            found.extend(error.problems)
    return found
