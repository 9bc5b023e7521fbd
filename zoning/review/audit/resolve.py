"""A proposed resolution: who gives way by the chosen order, and what that does to the accounts.

Each pair of claims that contradicts another is settled by its rule, the worst first; the claim that
gives way leaves the ground. What the rules leave to a person stays as it is. Slivers are lines to
be brought together, not land to be moved: nothing is counted for them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.inputs.plans import role_of
from zoning.review.audit.rules import LEVELS, SLIVER, Claim, Match, Matrix
from zoning.review.audit.settings import Order

if TYPE_CHECKING:
    import pandas as pd

#: Levels of pairs that a resolution settles.
SETTLED_LEVELS = ("conflict", "warning")
#: Roles whose construction counts as planned.
PLANNING = ("land_use_plan", "urban_plan")
#: What a decision says where every plan keeps its claim.
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Proposal:
    """What becomes of a set of claims.

    Parameters
    ----------
    after : tuple of Claim
        Those that stay.
    leaves : tuple of Claim
        Those that give way, the first for the worst pair.
    open : tuple of Match
        Pairs that a person settles.
    """

    after: tuple[Claim, ...]
    leaves: tuple[Claim, ...]
    open: tuple[Match, ...]


def loser(match: Match, order: Order, precedence: Mapping[str, int]) -> Claim | None:
    """Give the claim of a pair that gives way; None where nobody does, or a person decides.

    Parameters
    ----------
    match : Match
    order : Order
    precedence : mapping of role to int
        1 goes before 2; roles of several layers that disagree are left out.
    """
    rule = match.rule
    if rule is None or rule.gives_way in ("review", "nobody"):
        return None
    if rule.gives_way in ("a", "b"):
        return match.a if rule.gives_way == "a" else match.b
    if rule.gives_way == "order":
        keeps = order.keeps(match.a, match.b)
        return None if keeps is None else match.b if keeps == match.a else match.a
    first, last = precedence.get(match.a[0]), precedence.get(match.b[0])
    if first is None or last is None or first == last:
        return None
    return match.b if first < last else match.a


def propose(
    claims: Sequence[Claim], matches: Sequence[Match], order: Order,
    precedence: Mapping[str, int], outside: Mapping[str, Claim],
    decided: Sequence[Claim] | None = None,
) -> Proposal:  # fmt: skip
    """Settle one set of claims.

    Parameters
    ----------
    claims : sequence of Claim
    matches : sequence of Match
        Of all its pairs, the worst first.
    order, precedence
        See :func:`loser`.
    outside : mapping of role to Claim
        What land is that such a role gives up.
    decided : sequence of Claim, optional
        Claims that give way by a decision, in place of the rules.

    Returns
    -------
    Proposal
    """
    leaves: list[Claim] = [] if decided is None else list(decided)
    left: list[Match] = []
    for match in matches if decided is None else ():
        if match.level not in (*SETTLED_LEVELS, "unclassified"):
            continue
        if match.a in leaves or match.b in leaves:
            continue
        gives = loser(match, order, precedence)
        if gives is not None:
            leaves.append(gives)
        elif match.rule is None or match.rule.gives_way != "nobody":
            left.append(match)
    left = [m for m in left if m.a not in leaves and m.b not in leaves]
    stay = [c for c in claims if c not in leaves]
    # A boundary that leaves is drawn around the ground: it lies outside then.
    gone = {c[0] for c in leaves} - {c[0] for c in stay}
    stay += [outside[role] for role in sorted(gone) if role in outside]
    return Proposal(tuple(sorted(stay)), tuple(leaves), tuple(left))


def precedences(layers: pd.DataFrame) -> dict[str, int]:
    """Give the precedence of each role, where its layers agree on one."""
    found = {}
    for role, part in layers.groupby("role"):
        known = set(part["precedence"].dropna().astype(int))
        if len(known) == 1 and not part["precedence"].isna().any():
            found[str(role)] = known.pop()
    return found


def balance(
    atoms: pd.DataFrame, before: Mapping[Any, Sequence[Claim]], after: Mapping[Any, Sequence[Claim]]
) -> pd.DataFrame:
    """Draw up what each claim has before and after, to the square metre.

    Parameters
    ----------
    atoms : DataFrame
        ``sign``, ``patch``, ``area_m2``.
    before, after : mapping of (sign, patch) to claims

    Returns
    -------
    DataFrame
        ``role``, ``class``, ``before_m2``, ``given_up_m2``, ``gained_m2``, ``after_m2``: before
        less what was given up and with what was gained is after, in every row.
    """
    import pandas as pd

    sums: dict[Claim, list[int]] = {}
    areas = atoms.groupby(["sign", "patch"])["area_m2"].sum()
    for key, m2 in areas.items():
        had, has = set(before[key]), set(after[key])
        for claim in had | has:
            row = sums.setdefault(claim, [0, 0, 0, 0])
            row[0] += int(m2) * (claim in had)
            row[1] += int(m2) * (claim in had - has)
            row[2] += int(m2) * (claim in has - had)
            row[3] += int(m2) * (claim in has)
    rows = [(*claim, *row) for claim, row in sorted(sums.items())]
    columns = ["role", "class", "before_m2", "given_up_m2", "gained_m2", "after_m2"]
    return pd.DataFrame(rows, columns=columns)


def level_balance(
    atoms: pd.DataFrame, after: Mapping[Any, Sequence[Claim]], rules: Matrix,
    slivers: Collection[Any], kept: Collection[Any],
) -> pd.DataFrame:  # fmt: skip
    """Give each level its area before and after the proposal; both columns are the city.

    Parameters
    ----------
    atoms : DataFrame
        ``sign``, ``patch``, ``level``, ``area_m2``.
    after : mapping of (sign, patch) to claims
    rules : Matrix
    slivers : collection of patch
        Those that stay what they are.
    kept : collection of patch
        Those on which every plan keeps its claim, by decision.
    """
    import pandas as pd

    area = {level: [0, 0] for level in LEVELS}
    worst: dict[tuple[Claim, ...], str] = {}
    for (sign, patch, level), m2 in (
        atoms.groupby(["sign", "patch", "level"])["area_m2"].sum().items()
    ):
        claims = tuple(after[sign, patch])
        if claims not in worst:
            found = rules.matches(claims)
            worst[claims] = found[0].level if found else "pass"
        then = level if patch in slivers else "pass" if patch in kept else worst[claims]
        area[level][0] += int(m2)
        area[then][1] += int(m2)
    rows = [(level, *m2) for level, m2 in area.items()]
    return pd.DataFrame(rows, columns=["level", "before_m2", "after_m2"])


def planned(claims: Sequence[Claim]) -> bool:
    """Whether a plan of land use or of a town wants construction here."""
    return any(c[0] in PLANNING and "construct" in role_of(c[0]).groups(c[1]) for c in claims)


def cap_account(
    atoms: pd.DataFrame, built_m2: np.ndarray[Any, Any] | None, county: pd.Series,
    before: Mapping[Any, Sequence[Claim]], after: Mapping[Any, Sequence[Claim]],
    construction: Mapping[str, Any],
) -> pd.DataFrame:  # fmt: skip
    """Say what the resolution does to planned construction, for the city and each county.

    Parameters
    ----------
    atoms : DataFrame
    built_m2 : int array or None
        What of each atom is construction land now; None where that is not known.
    county : Series
        Code of the county of each atom.
    before, after : mapping of (sign, patch) to claims
    construction : mapping
        ``construction`` of ``run.json``: ``headroom_m2`` of the city.

    Returns
    -------
    DataFrame
        ``place``, ``planned_before_m2``, ``planned_after_m2``, ``new_before_m2``, ``new_after_m2``
        (planned and not built yet), ``headroom_m2``, ``slack_before_m2``, ``slack_after_m2``.
    """
    import pandas as pd

    keys = list(zip(atoms["sign"].tolist(), atoms["patch"].tolist(), strict=True))
    had = np.array([planned(before[k]) for k in keys], dtype=bool)
    has = np.array([planned(after[k]) for k in keys], dtype=bool)
    m2 = atoms["area_m2"].to_numpy()
    new = None if built_m2 is None else m2 - built_m2

    def total(mask: Any) -> int:
        return int(m2[mask].sum())

    def unbuilt(mask: Any) -> int | None:
        return None if new is None else int(new[mask].sum())

    def row(place: str, here: Any) -> dict[str, Any]:
        found: dict[str, Any] = {
            "place": place, "planned_before_m2": total(here & had),
            "planned_after_m2": total(here & has),
        }  # fmt: skip
        found["new_before_m2"], found["new_after_m2"] = unbuilt(here & had), unbuilt(here & has)
        room = construction.get("headroom_m2") if place == "city" else None
        known = room is not None and new is not None
        found["headroom_m2"] = room
        found["slack_before_m2"] = room - found["new_before_m2"] if known else None
        found["slack_after_m2"] = room - found["new_after_m2"] if known else None
        return found

    rows = [row("city", np.ones(len(atoms), dtype=bool))]
    for code in sorted(set(county.dropna())):
        rows.append(row(str(code), (county == code).to_numpy(dtype=bool, na_value=False)))
    table = pd.DataFrame(rows)
    for name in table.columns[1:]:
        table[name] = table[name].astype("Int64")
    return table


def farmland_debt(
    atoms: pd.DataFrame, county: pd.Series, before: Mapping[Any, Sequence[Claim]],
    after: Mapping[Any, Sequence[Claim]], pieces: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    """Say how much basic farmland leaves by county, and where it can be replaced.

    Replacement land is farmland that is free (built on by nobody, under no protection) and not
    taken by new land of the plan: first in the county itself, then anywhere in the city.

    Returns
    -------
    DataFrame
        ``county``, ``before_m2``, ``leaves_m2`` (the debt), ``candidates_m2``, ``in_county_m2``,
        ``in_city_m2``, ``missing_m2``: debt = in county + in city + missing, in every row. Without
        land use the candidates are ``<NA>`` and so is what they would cover.
    """
    import pandas as pd

    keys = list(zip(atoms["sign"].tolist(), atoms["patch"].tolist(), strict=True))
    role = "basic_farmland"
    had = np.array([any(c[0] == role for c in before[k]) for k in keys], dtype=bool)
    has = np.array([any(c[0] == role for c in after[k]) for k in keys], dtype=bool)
    place = county.fillna("none").astype(str).to_numpy()
    m2 = atoms["area_m2"].to_numpy()
    counties = sorted(set(place[had]))
    debt = {c: int(m2[(place == c) & had & ~has].sum()) for c in counties}
    table = pd.DataFrame({
        "county": counties,
        "before_m2": [int(m2[(place == c) & had].sum()) for c in counties],
        "leaves_m2": [debt[c] for c in counties],
    })  # fmt: skip
    names = ["candidates_m2", "in_county_m2", "in_city_m2", "missing_m2"]
    if pieces is None or "free_farmland_m2" not in pieces:
        return table.assign(**{n: pd.array([pd.NA] * len(table), dtype="Int64") for n in names})
    free = pieces["free_farmland_m2"].astype("int64")
    if "new_m2" in pieces:
        free = (free - pieces["new_m2"].fillna(0).astype("int64")).clip(lower=0)
    room = free.groupby(pieces["county"].astype(str)).sum().to_dict()
    own = {c: min(debt[c], int(room.get(c, 0))) for c in counties}
    rest = sum(int(v) for v in room.values()) - sum(own.values())
    city, missing = {}, {}
    for c in counties:
        city[c] = min(debt[c] - own[c], rest)
        rest -= city[c]
        missing[c] = debt[c] - own[c] - city[c]
    for name, column in zip(names, (room, own, city, missing), strict=True):
        table[name] = pd.array([int(column.get(c, 0)) for c in counties], dtype="Int64")
    return table


def states(
    patches: pd.DataFrame, proposals: Sequence[Proposal], decided: Mapping[int, str]
) -> list[str]:
    """Give each patch its state: what a person said, else whether there is a proposal.

    Parameters
    ----------
    patches : DataFrame
        ``kind``.
    proposals : sequence of Proposal
        One for each patch.
    decided : mapping of patch to state
        ``decided`` or ``closed``.
    """
    return [
        decided.get(i, "proposed" if kind == SLIVER or not p.open else "open")
        for i, (kind, p) in enumerate(zip(patches["kind"], proposals, strict=True))
    ]
