"""Results of policies that a plan has already: kept beside new ones, or told to be old."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pandas as pd

from zoning.contribution.parts import Contribution, Table, stem_of
from zoning.policy.places import NAME as PAGES

#: What the table of a policy's terms is called, after the name of the policy.
TERMS = "_terms"


def stems(given: Contribution | None) -> list[str]:
    """Name the policies of a plan, as its tables do.

    Examples
    --------
    >>> stems(None)
    []
    """
    tables = () if given is None else given.tables
    return [t.name.removesuffix(TERMS) for t in tables if t.name.endswith(TERMS)]


def owner(name: str, known: Collection[str]) -> str:
    """Say which policy a table or theme belongs to; empty for what belongs to all.

    Examples
    --------
    >>> owner("policy_quota_new_units", ["policy_quota", "policy_quota_new"])
    'policy_quota_new'
    >>> owner("policy_places", ["policy_quota"])
    ''
    """
    mine = [s for s in known if name == s or name.startswith(f"{s}_")]
    return max(mine, key=len, default="")


def beside(old: Contribution | None, new: Contribution) -> Contribution:
    """Put new results beside those of other policies that the plan has.

    Parameters
    ----------
    old : Contribution, optional
    new : Contribution
        Takes the place of what ``old`` says of the same policies.

    Returns
    -------
    Contribution
    """
    if old is None:
        return new
    known, fresh = stems(old), set(stems(new))
    stay = {s for s in known if s not in fresh}
    if not stay:
        return new

    def mine(name: str) -> bool:
        return owner(name, known) in stay

    pages = _pages(old, new, fresh)
    return replace(
        new,
        tables=(*(t for t in old.tables if mine(t.name)),
                *(t for t in new.tables if t.name != PAGES), *pages),
        themes=(*(t for t in old.themes if mine(t.name)), *new.themes),
        cards=(*(c for c in old.cards if mine(c.table)), *new.cards),
        chapters=(
            *(c for c in old.chapters if c.pages is None and any(mine(t) for t in c.tables)),
            *new.chapters,
        ),
    )  # fmt: skip


def _pages(old: Contribution, new: Contribution, fresh: Collection[str]) -> list[Table]:
    """Put the lines of all policies onto one page for each place."""
    table = next((t for t in new.tables if t.name == PAGES), None)
    before = next((t for t in old.tables if t.name == PAGES), None)
    if table is None or before is None:
        return [t for t in (table or before,) if t is not None]
    keys = ["level", "code"]
    others = before.frame[[
        p != "plan" and stem_of(p) not in fresh for p in before.frame["policy"].astype(str)
    ]]  # fmt: skip
    places = pd.MultiIndex.from_frame(table.frame[keys].drop_duplicates())
    both = pd.concat([table.frame, others])
    at = places.get_indexer(pd.MultiIndex.from_frame(both[keys]))
    frame = both.assign(at=at).sort_values("at", kind="stable").drop(columns="at")
    words = {f.name: f.words for f in before.fields}
    fields = tuple(
        replace(f, words={**words.get(f.name, {}), **f.words}) if f.words else f
        for f in table.fields
    )
    return [replace(table, frame=frame.reset_index(drop=True), fields=fields)]
