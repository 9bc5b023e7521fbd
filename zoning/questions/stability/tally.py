"""Counts over draws: how often each township and each unit keeps its zone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from zoning.questions.stability.draws import Draws, codes_of, factors
from zoning.schemes import Scheme
from zoning.zones.overlays import ruling

if TYPE_CHECKING:
    from zoning.plan import Plan


def share_of_area(part: npt.NDArray[Any], whole: npt.NDArray[Any]) -> float:
    """Give what some areas are of others; of none it is NaN.

    Examples
    --------
    >>> share_of_area(np.array([1, 0]), np.array([2, 2])), share_of_area(np.zeros(1), np.zeros(1))
    (0.25, nan)
    """
    with np.errstate(invalid="ignore"):
        return float(part.sum() / whole.sum())


class Units:
    """Units beside their townships: what is drawn for them, and how often they keep their zone."""

    def __init__(
        self, plan: Plan, base: npt.NDArray[np.object_], townships: pd.Index, draws: Draws,
        scheme: Scheme,
    ):  # fmt: skip
        u = plan.units
        self.index, self.zone, self.reason = u.index, u["zone"], u["zone_reason"]
        self.area = u["area_m2"]
        self.overlays = scheme.replacing
        self.share = ruling(u, self.overlays).share  # NaN reaches no threshold
        self.township = townships.get_indexer(
            u["township"].astype(object).where(u["township"].notna(), "")
        )
        # By place in the order of the scheme, so that a new name draws the same numbers.
        step = factors(draws, "overlays", len(self.overlays), draws.overlays) - 1.0
        at = np.array([o.share for o in self.overlays])
        self.thresholds = np.clip(at + step, 1e-9, 1.0)
        self.codes = codes_of(scheme)
        codes = np.array([*(self.codes[z] for z in base), 0], np.int8)
        limits = np.array([[o.share for o in self.overlays]])
        self.base = self._over(codes[None, self.township], limits)[0]
        self.kept = np.zeros(len(u), np.int64)
        self.draws = draws

    def _over(
        self, zone: npt.NDArray[np.int8], limits: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.int8]:
        """Lay the overlays over the classes of townships; the first of the scheme comes last."""
        out = zone
        for k in reversed(range(len(self.overlays))):
            code = np.int8(self.codes[self.overlays[k].code])
            out = np.where(self.share[None, :, k] >= limits[:, k, None], code, out)
        return out

    def add(self, codes: npt.NDArray[np.int8], start: int) -> None:
        """Count a block of draws, some at a time."""
        wide = np.c_[codes, np.zeros(len(codes), np.int8)]
        for first, end in replace(self.draws, count=len(codes)).blocks(len(self.index)):
            limits = self.thresholds[start + first : start + end]
            zone = self._over(wide[first:end, self.township], limits)
            self.kept += (zone == self.base).sum(axis=0)

    def table(self, tally: Tally) -> pd.DataFrame:
        """Give the share of draws that keep the zone of each unit; decisions are always kept."""
        share = pd.Series(self.kept / tally.count, index=self.index).astype("Float64")
        share = share.mask(self.zone.isna(), pd.NA)
        share = share.mask(self.reason.isin(["override"]), 1.0)
        return pd.DataFrame(
            {
                "zone": self.zone.astype("string"),
                "stability": share,
                "area_m2": self.area,
                "overlaid": self.reason.isin(["overlay"]),
            }
        )


class Tally:
    """Count, over the draws, how often each zone is seen for each township."""

    def __init__(self, base: npt.NDArray[np.object_], units: Units | None, scheme: Scheme):
        self.codes = codes_of(scheme)
        self.base = np.array([self.codes[z] for z in base])
        self.known = np.array([z not in ("", "review") for z in base])
        self.seen = np.zeros((len(scheme.codes) + 1, base.size), np.int64)
        self.units = units
        self.count = 0

    def add(self, codes: npt.NDArray[np.int8], start: int) -> None:
        """Count a block of draws."""
        for code in range(len(self.seen)):
            self.seen[code] += (codes == code).sum(axis=0)
        self.count += len(codes)
        if self.units is not None:
            self.units.add(codes, start)

    def kept(self, decided: npt.NDArray[np.bool_]) -> Any:
        """Give the share of draws that keep the zone of each township."""
        share = self.seen[self.base, np.arange(self.base.size)] / self.count
        out = pd.array(np.where(decided, 1.0, share), "Float64")
        out[~self.known & ~decided] = pd.NA
        return out

    def second(self) -> Any:
        """Name the other zone that is seen most often, if any."""
        names = {v: k for k, v in self.codes.items() if v}
        other = self.seen.copy()
        other[self.base, np.arange(self.base.size)] = 0
        other[0] = 0
        best = other.argmax(axis=0)
        words = [
            names[int(b)] if other[b, i] > 0 and self.known[i] else pd.NA
            for i, b in enumerate(best)
        ]
        return pd.array(words, "string")
