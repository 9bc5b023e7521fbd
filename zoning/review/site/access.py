"""What access lists say of an industry at a place.

In a list the longest prefix counts (``C3011`` before ``C30``), of equal ones the newest, then the
worse; a row about every industry (``*``) counts only where its list says nothing else of this one.
Between lists, scopes and dimensions the worst status wins: a list that encourages does not lift
what another forbids. What no row speaks of is unlisted, and that is not allowed.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from zoning.errors import InputError, Problem, raise_all
from zoning.inputs.access import STATUSES, has_prefix
from zoning.zones.rules import Rule, compile_rule

if TYPE_CHECKING:
    import pandas as pd

#: Statuses beside those of rows: no row speaks of it; a row may, but what it asks is not known.
UNLISTED, UNKNOWN = "unlisted", "unknown"
_RANK = {s: i for i, s in enumerate(STATUSES)}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of an access list, ready to be asked.

    ``truth`` says whether its rule holds at the place: True, False or None (not known).
    """

    list: str
    scope: str
    scope_id: str
    prefix: str
    item: str
    status: str
    dimension: str
    rule: Rule | None
    zh: str
    en: str
    source: str
    evidence: str
    valid_from: str
    valid_to: str

    def speaks_of(self, code: str, item: str, today: datetime.date) -> bool:
        """Whether the row is in force and about this industry or item of the catalogue."""
        day = today.isoformat()
        in_force = (not self.valid_from or self.valid_from <= day) and (
            not self.valid_to or day <= self.valid_to
        )
        if not in_force:
            return False
        if self.item:
            return self.item == item and has_prefix(code, self.prefix)
        return has_prefix(code, self.prefix)


@dataclass(frozen=True, slots=True)
class Said:
    """What one list says in one scope and dimension: the row that counts, or that none does."""

    entry: Entry
    status: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all lists say together.

    Parameters
    ----------
    status : str
        The worst of :data:`zoning.inputs.access.STATUSES`, ``unlisted`` or ``unknown``.
    said : tuple of Said
        The rows that count, the worst first.
    contradicts : bool
        Whether lists differ: one forbids or restricts what another encourages.
    """

    status: str
    said: tuple[Said, ...]
    contradicts: bool


def entries(table: pd.DataFrame, columns: Sequence[str], where: str = "access list") -> list[Entry]:
    """Compile the rows of access lists.

    Parameters
    ----------
    table : DataFrame
        Of :func:`zoning.inputs.access.read_access`.
    columns : sequence of str
        What rules may read.

    Raises
    ------
    InputError
        With all rules that cannot be read.
    """
    found: list[Entry] = []
    problems: list[Problem] = []
    for i, row in enumerate(table.to_dict("records")):
        rule: Rule | None = None
        if row["rule"]:
            try:
                rule = compile_rule(row["rule"], columns, where=f"{where}, row {i + 2}: rule")
            except InputError as error:
                problems.extend(error.problems)
        found.append(Entry(
            row["list"], row["scope"], row["scope_id"], row["code_prefix"], row["catalogue_item"],
            row["status"], row["dimension"], rule, row["text_zh"], row["text_en"], row["source"],
            row["evidence"], row["valid_from"], row["valid_to"],
        ))  # fmt: skip
    raise_all(_once(problems))
    return found


def _once(problems: Sequence[Problem]) -> list[Problem]:
    return list({p.tell(): p for p in problems}.values())


def resolve(
    rows: Sequence[Entry],
    places: Mapping[str, Sequence[str]],
    code: str,
    item: str,
    truth: Any,
    today: datetime.date,
) -> Verdict:
    """Say what the lists say of an industry at a place.

    Parameters
    ----------
    rows : sequence of Entry
    places : mapping of scope to codes
        ``{"zone": ["key"], "park": ["P1"], ...}``: all that the site touches; a row with the
        ``scope_id`` ``*`` is about any of them.
    code : str
        Of the industry; see :func:`zoning.inputs.access.industry_code`.
    item : str
        Item of the catalogue as declared, or empty.
    truth : callable
        Says of a rule whether it holds here: True, False or None.
    today : date
        Rows not in force are left out.

    Examples
    --------
    >>> import pandas as pd
    >>> from zoning.inputs.access import COLUMNS
    >>> def row(prefix, status):
    ...     given = {"list": "a", "scope": "all", "code_prefix": prefix, "status": status}
    ...     return {c: given.get(c, "") for c in COLUMNS}
    >>> rows = entries(pd.DataFrame([row("C", "forbidden"), row("C39", "encouraged")]), [])
    >>> day = datetime.date(2024, 1, 1)
    >>> [resolve(rows, {}, c, "", None, day).status for c in ("C3911", "C30", "A01")]
    ['encouraged', 'forbidden', 'unlisted']
    """
    groups: dict[tuple[str, str, str, str], list[Entry]] = {}
    for row in rows:
        codes = places.get(row.scope, ())
        here = row.scope == "all" or row.scope_id in codes or (row.scope_id == "*" and codes)
        if here and row.speaks_of(code, item, today):
            groups.setdefault((row.list, row.scope, row.scope_id, row.dimension), []).append(row)
    said = [one for rows_ in groups.values() if (one := _counts(rows_, truth)) is not None]
    # What a list says of every industry steps back where the list says more of this one.
    more = {s.entry.list for s in said if s.entry.prefix != "*"}
    said = [s for s in said if s.entry.prefix != "*" or s.entry.list not in more]
    if not said:
        return Verdict(UNLISTED, (), False)
    said.sort(key=lambda s: (_rank(s.status), s.entry.list, s.entry.scope, s.entry.scope_id))
    statuses = {s.status for s in said}
    split = bool(statuses & {"forbidden", "restricted"}) and "encouraged" in statuses
    return Verdict(said[0].status, tuple(said), split)


def _rank(status: str) -> float:
    """Order statuses, the worst first; what is not known may be as bad as a restriction."""
    return 0.5 if status == UNKNOWN else float(_RANK[status])


def _counts(rows: Sequence[Entry], truth: Any) -> Said | None:
    """Give the row of one list that counts: rows whose rule does not hold step back."""
    order = sorted(
        rows,
        key=lambda r: (len(r.prefix) if r.prefix != "*" else 0, bool(r.item), r.valid_from,
                       -_RANK[r.status]),
        reverse=True,
    )  # fmt: skip
    for row in order:
        holds = True if row.rule is None else truth(row.rule)
        if holds:
            return Said(row, row.status)
        if holds is None:
            return Said(row, UNKNOWN)
    return None
