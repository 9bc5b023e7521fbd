"""Rules that a conflict can name: their words, their repairs, and what land counts under them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from zoning.base.areas import Floats, percent
from zoning.capacity.rules import STEP, Limit, Lock, told
from zoning.errors import Text

Side = Literal["cap", "floor", "in", "out"]


@dataclass(frozen=True)
class Rule:
    """One side of a limit, or a lock.

    Parameters
    ----------
    side : {"cap", "floor", "in", "out"}
    of : Limit or Lock
    amount_m2 : int
        The cap or floor; for a lock what it holds (0 for one against building).
    """

    side: Side
    of: Limit | Lock
    amount_m2: int

    @property
    def key(self) -> tuple[str, str, str]:
        """Sorts rules and names them in data."""
        kind = self.of.kind if isinstance(self.of, Limit) else "lock"
        return (kind, self.of.code, self.side)

    @property
    def label(self) -> Text:
        """Tell the rule in words, with its number."""
        en, zh = self.of.label
        told = _told(self.of)
        if self.side == "cap":
            return Text(f"{en}: cap {told(self.amount_m2)}", f"{zh}：上限 {told(self.amount_m2)}")
        if self.side == "floor":
            return Text(f"{en}: floor {told(self.amount_m2)}", f"{zh}：下限 {told(self.amount_m2)}")
        return Text(en, zh)

    def change(self, m2: int) -> Text:
        """Say what it takes to relax the rule by so much."""
        en, zh = self.of.label
        told = _told(self.of)
        if self.side == "floor":
            to = told(self.amount_m2 - m2)
            return Text(
                f"lower the floor of {en} by {told(m2)} to {to}",
                f"将{zh}的下限降低 {told(m2)}，至 {to}",
            )
        if self.side == "cap":
            share, share_zh = self._share(m2)
            return Text(
                f"raise the cap of {en} by {told(m2)} to {told(self.amount_m2 + m2)}{share}",
                f"将{zh}的上限提高 {told(m2)}，至 {told(self.amount_m2 + m2)}{share_zh}",
            )
        return Text(f"release {told(m2)} from {en}", f"从{zh}中释放 {told(m2)}")

    def _share(self, m2: int) -> tuple[str, str]:
        """Tell the new cap as a share of its base, where that is known."""
        limit = self.of
        if not isinstance(limit, Limit) or not limit.base_m2 or limit.existing_m2 is None:
            return "", ""
        text = percent((limit.existing_m2 + self.amount_m2 + m2) / limit.base_m2, 3)
        return f" of new land ({text} of the area with existing)", f"（含现状占 {text}）"


@dataclass(frozen=True)
class Repair:
    """Changes in m2 that make all rules hold together."""

    changes: tuple[tuple[Rule, int], ...]

    @property
    def text(self) -> Text:
        """The changes in words."""
        words = [rule.change(m2) for rule, m2 in self.changes]
        return Text("; ".join(w.en for w in words), "；".join(w.zh for w in words))


def rules_of(pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock]) -> list[Rule]:
    """List every rule that can be named in a conflict, sorted."""
    found = [Rule("cap", x, x.cap_m2) for x in limits if x.cap_m2 is not None]
    found += [Rule("floor", x, x.floor_m2) for x in limits if x.floor_m2 > 0]
    for lock in locks:
        here = pieces[pieces["unit"].isin(lock.units)]
        if "bundle" in here:  # rows of a bundle share their land
            here = here[here["bundle"].isna() | ~here["bundle"].duplicated()]
        free = int(here["free_m2"].sum())
        found.append(Rule(lock.kind, lock, free if lock.kind == "in" else 0))
    return sorted(found, key=lambda r: r.key)


def counts_of(pieces: pd.DataFrame, rule: Rule) -> Floats:
    """Give what one m2 of each piece counts under a rule, in its unit."""
    of = rule.of
    if isinstance(of, Lock):
        return np.asarray(pieces["unit"].isin(of.units), dtype=np.float64)
    weights = of.weights(pieces)
    alike = of.inside(pieces) if weights is None else weights / STEP
    return np.asarray(alike, dtype=np.float64)


def _told(of: Limit | Lock) -> Callable[[int], str]:
    return of.told if isinstance(of, Limit) else told
