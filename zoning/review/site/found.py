"""The answers about sites as plain data: rows that were asked, what was not, headroom, verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from zoning.errors import Finding, Text
from zoning.review.site.ground import Asked
from zoning.review.site.headroom import Level
from zoning.review.site.rules import LEVELS, NAMES

if TYPE_CHECKING:
    from zoning.plan import Plan


@dataclass(frozen=True, slots=True)
class Row:
    """A question that was asked, and its answer.

    Parameters
    ----------
    code, group : str
        Of the question.
    question : Text
    asked : tuple of Asked
        The layers; empty where the answer is about what was declared.
    level : str
        green, yellow, red or unknown.
    text : Text
    low, high : float or None
        The area (or declared number) that the answer shows; equal where exact.
    parts : tuple of dict
        Features that the site meets: code, name, type, level, source, m2.
    source, evidence : str
        Of the rule.
    """

    code: str
    group: str
    question: Text
    asked: tuple[Asked, ...]
    level: str
    text: Text
    low: float | None
    high: float | None
    parts: tuple[dict[str, Any], ...]
    source: str
    evidence: str

    @property
    def exact(self) -> bool:
        """Whether every layer was asked exactly."""
        return all(a.exact for a in self.asked)

    def as_dict(self, lang: str) -> dict[str, Any]:
        """Give the row as plain data."""
        return {
            "question": self.code, "asks": self.question.get(lang), "level": self.level,
            "answer": self.text.get(lang), "low": whole(self.low), "high": whole(self.high),
            "layers": [
                {"layer": a.name.get(lang), "source": a.source, "year": a.year, "exact": a.exact}
                for a in self.asked
            ],
            "parts": list(self.parts), "rule_source": self.source, "evidence": self.evidence,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A question that was not asked, and why."""

    code: str
    question: Text
    why: Text

    def as_dict(self, lang: str) -> dict[str, Any]:
        """Give it as plain data."""
        return {"question": self.code, "asks": self.question.get(lang), "why": self.why.get(lang)}


@dataclass(frozen=True)
class Site:
    """All that is known of one site.

    Attributes
    ----------
    code, name : str
    declared : dict
        Industry, energy ... as they were written.
    area_m2, inside_m2 : float
    lon, lat : float
        A point inside it, in degrees.
    verdict : str
        The worst level of all rows.
    rows : tuple of Row
    not_asked : tuple of NotAsked
    parts : DataFrame
        ``layer`` (unit, township, zone, overlay), ``code``, ``name``, ``area_m2``, ``share``.
    headroom : tuple of Level
    """

    code: str
    name: str
    declared: dict[str, Any]
    area_m2: float
    inside_m2: float
    lon: float
    lat: float
    verdict: str
    rows: tuple[Row, ...]
    not_asked: tuple[NotAsked, ...]
    parts: pd.DataFrame
    headroom: tuple[Level, ...]

    def light(self, lang: str = "en") -> str:
        """Give the word for the verdict."""
        return NAMES[self.verdict].get(lang)

    def row(self, code: str) -> Row:
        """Give the answer to a question."""
        return next(r for r in self.rows if r.code == code)

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give all of it as plain data for ``--json``."""
        return {
            "site": self.code, "name": self.name, "verdict": self.verdict,
            "declared": self.declared, "area_m2": whole(self.area_m2),
            "inside_m2": whole(self.inside_m2), "lon": round(self.lon, 6),
            "lat": round(self.lat, 6),
            "answers": [r.as_dict(lang) for r in self.rows],
            "not_asked": [n.as_dict(lang) for n in self.not_asked],
            "lies_in": self.parts.to_dict("records"),
            "headroom": [x.as_dict(lang) for x in self.headroom],
        }  # fmt: skip


def whole(value: float | None) -> float | int | None:
    """Round an area to square metres, but keep what is less than one visible."""
    if value is None or not np.isfinite(value):
        return None
    return round(value) if value >= 1 or value == 0 else round(float(value), 3)


@dataclass(frozen=True)
class Sites:
    """The answers about all sites of a question, with the plan that was asked.

    ``of`` is the plan itself and ``shapes`` the polygons in its CRS, for the map on a slip.
    """

    plan: str
    notice: Text
    digest: str
    date: str
    sites: tuple[Site, ...]
    findings: tuple[Finding, ...] = ()
    run: Mapping[str, Any] = field(default_factory=dict, repr=False)
    of: Plan | None = field(default=None, repr=False, compare=False)
    shapes: Sequence[Any] = field(default=(), repr=False, compare=False)

    def __len__(self) -> int:
        """Count the sites."""
        return len(self.sites)

    def __getitem__(self, index: int) -> Site:
        """Give a site by its place."""
        return self.sites[index]

    def worst(self) -> str:
        """Give the worst verdict."""
        return min((s.verdict for s in self.sites), key=LEVELS.index)

    def is_at_least(self, level: str) -> bool:
        """Say whether the worst verdict is this level, or worse."""
        return LEVELS.index(self.worst()) <= LEVELS.index(level)

    def frame(self) -> pd.DataFrame:
        """Give a row for each site: its verdict, its area, and the level of every question."""
        return pd.DataFrame([
            {"site": s.code, "name": s.name, "verdict": s.verdict, "area_m2": whole(s.area_m2),
             **{r.code: r.level for r in s.rows}}
            for s in self.sites
        ])  # fmt: skip

    def as_dict(self, lang: str = "en") -> dict[str, Any]:
        """Give all of it as plain data for ``--json``."""
        return {
            "plan": self.plan, "notice": self.notice.get(lang) or None, "digest": self.digest,
            "date": self.date, "verdict": self.worst(),
            "findings": [f.as_dict(lang) for f in self.findings],
            "sites": [s.as_dict(lang) for s in self.sites],
        }  # fmt: skip
