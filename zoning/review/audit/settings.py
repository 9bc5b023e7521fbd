"""What an audit goes by: rules, tolerance, order of the lines. Each is data, kept with the plan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zoning.base import strict
from zoning.base.attempts import attempted
from zoning.base.shipped import data_path, load_toml
from zoning.errors import InputError, Problem, Text, meant, raise_all, suggest
from zoning.planfile.models import AuditPart
from zoning.review.audit.rules import Matrix, load_rules, parse_rules


@dataclass(frozen=True, slots=True)
class Offset:
    """When a whole layer counts as shifted against another; see data/review/tolerance.toml."""

    reach_m: float
    near_m: float
    gain: float
    least_m: float
    most_m: float


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Widths and areas that tell slivers from conflicts.

    Parameters
    ----------
    width_m : float
        A patch that is narrower everywhere is a sliver.
    area_m2 : float
        One of which less is wider than that is a speck.
    offset : Offset
    data : dict
        The whole table, with sources.
    """

    width_m: float
    area_m2: float
    offset: Offset
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """Which of the lines keeps its land.

    Parameters
    ----------
    code, name, source
    rank : tuple of str
        Roles; the first keeps its land.
    review : tuple of (keeps, leaves)
        Pairs of (role, class or None) that a person settles, whatever the rank.
    data : dict
        The whole table.
    """

    code: str
    name: Text
    source: str
    rank: tuple[str, ...]
    review: tuple[tuple[tuple[str, str | None], tuple[str, str | None]], ...]
    data: dict[str, Any]

    def keeps(self, one: tuple[str, str], other: tuple[str, str]) -> tuple[str, str] | None:
        """Give the claim of two that keeps its land; None where a person decides.

        Examples
        --------
        >>> a, b = ("redline", "level1"), ("basic_farmland", "basic_farmland")
        >>> [load_order(y).keeps(a, b)[0] for y in ("2019", "2022")]
        ['redline', 'basic_farmland']
        >>> load_order("2019").keeps(("redline", "level2"), b) is None
        True
        """
        if one[0] not in self.rank or other[0] not in self.rank or one[0] == other[0]:
            return None
        first, last = sorted((one, other), key=lambda c: self.rank.index(c[0]))
        for keeps, leaves in self.review:
            if _is(first, keeps) and _is(last, leaves):
                return None
        return first


def _is(claim: tuple[str, str], asked: tuple[str, str | None]) -> bool:
    return claim[0] == asked[0] and asked[1] in (None, claim[1])


@dataclass(frozen=True, slots=True)
class Settings:
    """All that an audit goes by."""

    rules: Matrix
    tolerance: Tolerance
    order: Order

    def as_data(self) -> dict[str, Any]:
        """Give the whole of it for ``run.json``, so that a plan can be audited again alone."""
        return {
            "rules": dict(self.rules.data), "tolerance": self.tolerance.data,
            "order": self.order.data,
        }  # fmt: skip

    @classmethod
    def of(cls, data: dict[str, Any], where: str = "run.json") -> Settings:
        """Read back what :meth:`as_data` gave."""
        return cls(
            parse_rules(strict.Document(data["rules"], where)),
            _tolerance(strict.Document(data["tolerance"], where)),
            _order(strict.Reader(data["order"], where)),
        )


def load_settings(part: AuditPart, folder: Path) -> Settings:
    """Read what ``[audit]`` names.

    Parameters
    ----------
    part : AuditPart
    folder : Path
        Where its paths start.

    Raises
    ------
    InputError
        With the problems of all files.
    """
    problems: list[Problem] = []

    mine = None if part.rules is None else folder / part.rules
    rules = attempted(problems, lambda: load_rules(mine))
    own = None if part.tolerance is None else folder / part.tolerance
    tolerance = attempted(problems, lambda: load_tolerance(own))
    order = attempted(problems, lambda: load_order(part.order, folder))
    if rules is None or tolerance is None or order is None:
        raise InputError(problems)
    return Settings(rules, tolerance, order)


def load_tolerance(path: Path | None = None) -> Tolerance:
    """Read a file of tolerances; without a path the one that ships.

    Examples
    --------
    >>> load_tolerance().width_m, load_tolerance().area_m2
    (5.0, 400.0)
    """
    return _tolerance(strict.read(path or data_path("review", "tolerance.toml")))


def _tolerance(document: strict.Document) -> Tolerance:
    top = strict.Reader(document.data, document.where, document=document, code="tolerance")
    width, area = top.number("width_m", above=0), top.number("area_m2", at_least=0)
    for name in ("width", "area"):
        top.get(f"{name}_source", "", kind=str)
        top.get(f"{name}_evidence", "own", kind=str)
    shipped = load_toml("review", "tolerance.toml")["offset"]
    part = top.child("offset", {**shipped, **top.table("offset")})
    offset = Offset(
        part.number("reach_m", above=0), part.number("near_m", above=0),
        part.number("gain", above=0), part.number("least_m", above=0),
        part.number("most_m", above=0),
    )  # fmt: skip
    part.get("source", "", kind=str)
    part.evidence("own")
    part.close()
    top.close()
    raise_all(top.problems)
    return Tolerance(width, area, offset, dict(document.data))


def load_order(name: str, folder: Path = Path()) -> Order:
    """Read an order of the lines: one that ships, or a TOML file with one ``[[order]]``.

    Raises
    ------
    InputError
        If there is no such order, or its file is not sound.
    """
    shipped = {o["code"]: o for o in load_toml("review", "orders.toml")["order"]}
    if name in shipped:
        return _order(strict.Reader(shipped[name], "orders.toml", code="order"))
    if not name.endswith(".toml"):
        near = suggest(name, shipped)
        known = ", ".join(shipped)
        raise InputError.one(
            f"no order '{name}'", f"没有次序“{name}”", where="[audit] order", code="order",
            remedy=meant(near, Text(f"one of {known}, or a TOML file",
                                    f"可用 {known}，或给出 TOML 文件")),
        )  # fmt: skip
    document = strict.read(folder / name)
    top = strict.Reader(document.data, document.where, document=document, code="order")
    rows = top.tables("order")
    top.close()
    if len(rows) != 1:
        top.fail("needs one [[order]]", "须有且仅有一个 [[order]]")
    raise_all(top.problems)
    return _order(rows[0])


def _order(top: strict.Reader) -> Order:
    code = top.get("code", kind=str)
    name = Text(top.get("en", code, kind=str) or "", top.get("zh", code, kind=str) or "")
    rank = top.words("rank", top.get("rank", kind=list) or [])
    if len(set(rank)) < max(len(rank), 2):
        top.fail("rank names at least two roles, each once", "rank 至少列出两个不重复的角色",
                 key="rank")  # fmt: skip
    reviews = []
    for row in top.tables("review"):
        reviews.append((_asked(row, "keeps"), _asked(row, "leaves")))
        row.close()
    source = top.get("source", "choice of this plan", kind=str)
    top.evidence("own")
    top.close()
    raise_all(top.problems)
    return Order(code, name, source, rank, tuple(reviews), dict(top.data))


def _asked(row: strict.Reader, key: str) -> tuple[str, str | None]:
    part = row.child(key, row.get(key, {}, kind=dict))
    found = (part.get("role", kind=str) or "", part.get("class", None, kind=str))
    part.close()
    return found
