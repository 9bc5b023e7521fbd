"""Many plans that differ from one in a few rows of land: solved on arrays, proved as the first.

A province has a thousand red lines; each of them frees a few dozen of a hundred thousand pieces.
Taking the tables apart anew for each costs ten times what the solving does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from zoning.allocation.methods.choose import Effort, without_boundary
from zoning.allocation.model import QUANTUM, Model, exact_dot, groups_of, make_model
from zoning.allocation.result import Allocation
from zoning.base import runs
from zoning.base.areas import Ints
from zoning.base.coded import by_text
from zoning.capacity.rules import Limit, Lock
from zoning.questions.moves import Moves


class Variants:
    """A plan whose optimum is proved by prices alone, and what it becomes with more land.

    Parameters
    ----------
    pieces : DataFrame, index ``piece``
    limits : sequence of Limit
    base : Allocation
        Of these pieces and limits.
    """

    def __init__(self, pieces: pd.DataFrame, limits: Sequence[Limit], base: Allocation) -> None:
        self.limits = tuple(limits)
        self.model = make_model(pieces, self.limits)
        self.pieces = pieces.index
        order, codes = self.model.order, self.model.codes
        at = runs.positions(codes, base.new_m2.index)
        self.base: Ints = base.new_m2.to_numpy(np.int64)[at]
        self.columns = {
            c: by_text(pieces[c].array.take(order))
            for c in sorted({x.where for x in self.limits if x.where})
        }
        table = pieces[["free_m2", "suitability"]].iloc[order]
        self.zoned = [x.where for x in self.limits if x.needs_zone]
        self.free = table["free_m2"].to_numpy(np.int64)
        self.known = table["suitability"].notna().to_numpy()
        steps = {k: round(float(y) * QUANTUM) for k, y in enumerate(base.limits["price"].fillna(0))}
        self.steps = {k: y for k, y in steps.items() if y}
        self.price = self._prices(self.columns, self.steps, len(self.base))
        bound = self._bound(self.model.worth, self.model.least, self.model.room, self.price,
                            self.steps)  # fmt: skip
        self.worth = exact_dot(self.model.worth, self.base)
        #: Whether the prices of the plan prove it; then they say where more land changes nothing.
        self.proved = bound == self.worth

    def rows(self, pieces: pd.Series) -> Ints:
        """Find the rows of pieces in the model, of all rules at once; -1 where there is none."""
        return runs.positions(pieces, self.model.codes)

    def without(self, released: pd.DataFrame) -> tuple[float, Moves] | None:
        """Solve the plan with the land that a rule alone kept from being built, or several did.

        Parameters
        ----------
        released : DataFrame
            As for :func:`zoning.questions.prices.release`, and ``row`` (of `rows`).

        Returns
        -------
        tuple or None
            What is gained, in suitability x m2, proved, and the change of new land by piece. None
            where the tables have to be taken apart after all.
        """
        changed = self._changed(released)
        if changed is None:
            return None
        model, columns, added = changed
        price = self._prices(columns, self.steps, len(model.worth))
        bound = self._bound(model.worth, model.least, model.room, price, self.steps)
        if bound <= self.worth:
            return 0.0, self._moves(np.zeros(len(self.base), np.int64))
        table = pd.DataFrame(columns, index=pd.RangeIndex(len(model.room)))
        model = replace(model, groups=groups_of(table, self.limits, model.least, model.room))
        answer = without_boundary(model, Effort())
        if answer is None or answer.method != "nested" or answer.prices is None:
            return None
        steps = {k: round(y * QUANTUM) for k, y in answer.prices.items()}
        price = self._prices(columns, steps, len(model.worth))
        worth = exact_dot(model.worth, answer.new)
        if self._bound(model.worth, model.least, model.room, price, steps) != worth:
            return None
        land = answer.new[~added]
        owner = (~added).cumsum() - 1  # parts follow their piece
        np.add.at(land, owner[added], answer.new[added])
        return worth / QUANTUM - self.worth / QUANTUM, self._moves(land - self.base)

    def _changed(self, released: pd.DataFrame) -> tuple[Model, dict[str, Any], Any] | None:
        """Put the released parts behind their pieces, and units into the zones they get."""
        at = released["row"].to_numpy(np.int64)
        if (at < 0).any():
            return None
        columns = dict(self.columns)
        if "township_zone" in released:
            turned = released["township_zone"].notna().to_numpy()
            if turned.any() and not self._turn(columns, at[turned], released.loc[turned]):
                return None
        part = (released["released_m2"] > 0).to_numpy()
        # Behind one piece parts stand by rule, as their codes would.
        rule = np.unique(released["rule_code"].to_numpy(object)[part], return_inverse=True)[1]
        order = np.lexsort((rule, at[part]))
        behind = at[part][order]
        columns = {
            c: pd.Categorical.from_codes(
                np.insert(v.codes, behind + 1, v.codes[behind]), dtype=v.dtype
            )
            for c, v in columns.items()
        }
        worth = released["suitability"].astype("Float64").to_numpy(np.float64)
        worth = worth[part][order]
        free = np.insert(self.free, behind + 1, released["released_m2"].to_numpy()[part][order])
        known = np.insert(self.known, behind + 1, ~np.isnan(worth))
        for column in self.zoned:
            known &= columns[column].codes >= 0
        room = np.where(known, free, 0)
        added = np.insert(np.zeros(len(self.base), bool), behind + 1, True)
        least = np.zeros(len(room), np.int64)
        more = np.round(np.nan_to_num(worth) * QUANTUM).astype(np.int64)
        model = replace(
            self.model,
            codes=pd.RangeIndex(len(room)),
            least=least,
            room=room,
            worth=np.insert(self.model.worth, behind + 1, more),
            unit=np.insert(self.model.unit, behind + 1, self.model.unit[behind]),
        )
        return model, columns, added

    def _turn(self, columns: dict[str, Any], at: Ints, turned: pd.DataFrame) -> bool:
        """Give whole units the zones that they have without the rule."""
        if "zone" not in columns:
            return True
        zone = columns["zone"]
        then = zone.categories.get_indexer(turned["township_zone"].astype(object))
        if (then < 0).any():
            return False  # a zone that no unit of the plan has
        to = np.full(len(self.model.units), -1, np.int64)
        to[self.model.unit[at]] = then
        mine = to[self.model.unit]
        codes = np.where(mine >= 0, mine, zone.codes)
        columns["zone"] = pd.Categorical.from_codes(codes, dtype=zone.dtype)
        return True

    def _prices(self, columns: Mapping[str, Any], steps: Mapping[int, int], n: int) -> Ints:
        """Add up the prices of the limits on each row."""
        out = np.zeros(n, np.int64)
        for k, step in steps.items():
            limit = self.limits[k]
            if not limit.where:
                out += step
                continue
            column = columns[limit.where]
            code = column.categories.get_indexer([limit.code])[0]
            if code >= 0:
                out[column.codes == code] += step
        return out

    def _bound(
        self, worth: Ints, least: Ints, room: Ints, price: Ints, steps: Mapping[int, int]
    ) -> int:
        """Give what no plan can exceed, by weak duality in whole numbers."""
        total = 0
        for k, step in steps.items():
            limit = self.limits[k]
            total += step * (int(limit.cap_m2 or 0) if step > 0 else limit.floor_m2)
        rest = worth - price
        best = np.where(rest > 0, room, least)
        return total + exact_dot(rest, best)

    def _moves(self, change: Ints) -> Moves:
        """Give the changes in the order of the pieces that were given."""
        by_row = np.empty(len(change), np.int64)
        by_row[self.model.order] = change
        return Moves.of(self.pieces, by_row)


def variants_of(
    pieces: pd.DataFrame, limits: Sequence[Limit], locks: Sequence[Lock], base: Allocation,
    how: Mapping[str, Any],
) -> Variants | None:  # fmt: skip
    """Give the variants of a plan, where its proof is one of prices alone."""
    plain = base.method == "nested" and base.stages is None and base.edges is None
    asked = any(v for k, v in how.items() if k != "edges")
    special = {"bundle", "worth"} & set(pieces.columns)
    if not plain or locks or asked or special or any(x.coefficient for x in limits):
        return None
    found = Variants(pieces, limits, base)
    return found if found.proved else None
