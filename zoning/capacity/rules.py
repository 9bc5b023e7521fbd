"""What was decided: caps, quotas, floors and locks as frozen values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import pandas as pd

from zoning.base.areas import M2_PER_HA, km2
from zoning.capacity.stated import OwnLimit as OwnLimit
from zoning.capacity.stated import PhaseRule as PhaseRule
from zoning.capacity.stated import ReductionRule as ReductionRule
from zoning.errors import Text
from zoning.schemes import DEFAULT, Scheme, load_scheme

Kind = Literal[
    "city", "county", "township", "zone", "quota", "unit", "limit", "eco_agri", "phase",
    "phase_quota", "reduction", "goal",
]  # fmt: skip
Basis = Literal["unit", "township"]

#: The column of the pieces table whose code a limit names; the city is all of them.
_COLUMN: dict[str, str] = {
    "city": "",
    "county": "county",
    "township": "township",
    "zone": "zone",
    "quota": "zone",
    "unit": "unit",
    "limit": "",
    "eco_agri": "",
    "phase": "",
    "phase_quota": "zone",
    "reduction": "reduction",
    "goal": "",
}
#: What one m2 built in a later phase is worth, of one built in the phase before (our choice: so
#: near to 1 that the whole plan is worth at least 99.9 % of the best one for each further phase).
LATER = 0.999
#: A coefficient counts in millionths of its unit per m2 of new land, so that sums are whole.
STEP = 10**6
_NAMELESS = Text("", "")
_WORD: dict[str, Text] = {
    "city": Text("city", "全市"),
    "county": Text("county", "县（市、区）"),
    "township": Text("township", "乡镇"),
    "zone": Text("cap of", "上限"),
    "quota": Text("quota of", "新增指标"),
    "unit": Text("unit", "单元"),
    "limit": Text("limit", "约束"),
    "eco_agri": Text("ecological and agricultural space", "生态与农业空间"),
    "phase": Text("phase", "分期"),
    "phase_quota": Text("quota of", "新增指标"),
    "reduction": Text("reduction", "减量"),
    "goal": Text("goal", "目标"),
}


def share_of(share: float, area_m2: int, factor: float = 1.0) -> int:
    """Take a share of an area, rounded down to whole square metres.

    Numbers are read as the decimals that were written, so 0.28 is 28 / 100 and not its nearest
    binary neighbour.

    Parameters
    ----------
    share : float
    area_m2 : int
    factor : float
        Of the surveys: what is allowed in the survey of the cap, divided by it, is allowed in
        the survey of the land use.

    Examples
    --------
    >>> share_of(0.28, 3_840_000_000), share_of(0.29, 100), share_of(0.28, 1000, 0.7)
    (1075200000, 29, 400)
    """
    exact = Fraction(repr(float(share))) * int(area_m2) / Fraction(repr(float(factor)))
    return math.floor(exact)


def told(area_m2: int) -> str:
    """Write an area so that small ones stay visible.

    Examples
    --------
    >>> told(9_400_000), told(120)
    ('9.40 km²', '120 m²')
    """
    return km2(area_m2) if abs(area_m2) >= M2_PER_HA else f"{area_m2:,} m²"


def by_column(phase: str) -> str:
    """Name the column with the new land that is built by the end of a phase."""
    return f"by_{phase}_m2"


@dataclass(frozen=True, slots=True)
class Limit:
    """A floor and a cap on new construction land in one place.

    Parameters
    ----------
    kind : {"city", "county", "township", "zone", "quota", "unit", "limit", "eco_agri"}
        What sort of rule this is.
    code : str
        Code of the county, township, zone or unit; anything for the city.
    floor_m2, cap_m2 : int
        New land in square metres, already net of existing construction; no cap is ``None``. With a
        coefficient: whole amounts of ``unit``.
    source : str
        The document that says so.
    name : Text
        Name of the place for people.
    column : str
        Column of the pieces table that holds ``code``; by default the one of the kind.
    existing_m2, base_m2 : int, optional
        Existing construction and the area the cap is a share of, to tell the cap as a share.
    coefficient : str, optional
        Column of the pieces table with what one m2 of new land counts, in millionths (`STEP`) of
        ``unit``, 0 outside the place; without it every m2 of new land counts as one.
    unit : str
        What is counted.
    phase : str
        Only what is built by the end of this phase counts; empty: all new land does.
    phase_name : Text
        Name of the phase for people.
    net : bool
        Land that is given up is taken off: the limit is about all construction, and its cap on new
        land less reduced land may be below 0. Without it new land alone counts.
    staged : bool
        Restated over the rows of phases and kept land; what is unknown is closed already.

    Examples
    --------
    >>> limit = Limit("county", "321112", floor_m2=12_000_000, name=Text("Dantu", "丹徒"))
    >>> limit.label.en, limit.where
    ('county Dantu', 'county')
    """

    kind: Kind
    code: str
    floor_m2: int = 0
    cap_m2: int | None = None
    source: str = ""
    name: Text = _NAMELESS
    column: str | None = None
    existing_m2: int | None = None
    base_m2: int | None = None
    coefficient: str | None = None
    unit: str = "m2"
    phase: str = ""
    phase_name: Text = _NAMELESS
    net: bool = False
    staged: bool = False

    @property
    def key(self) -> str:
        """Kind, code and phase, as data names the limit."""
        return f"{self.kind}:{self.code}" + (f"@{self.phase}" if self.phase else "")

    @property
    def needs_zone(self) -> bool:
        """Whether land without a code in the limit's column may not be built."""
        return self.kind in ("zone", "quota", "phase_quota") and not self.staged

    @property
    def where(self) -> str:
        """The column of the pieces table that holds the code (empty: all pieces)."""
        return _COLUMN[self.kind] if self.column is None else self.column

    @property
    def label(self) -> Text:
        """Kind and name, as a planner says it."""
        word = _WORD[self.kind]
        en, zh = self.name.en or self.code, self.name.zh or self.code
        if self.kind in ("zone", "quota", "phase_quota"):
            word = Text(f"{word.en} {en}", f"{zh}{word.zh}")
        elif self.kind in ("county", "township") and self.name.zh:
            word = Text(f"{word.en} {en}", zh)
        elif self.kind not in ("city", "eco_agri"):
            word = Text(f"{word.en} {en}", f"{word.zh}{zh}")
        if self.phase and self.kind != "phase":
            by, by_zh = self.phase_name.en or self.phase, self.phase_name.zh or self.phase
            return Text(f"{word.en} by the end of {by}", f"{word.zh}（{by_zh}末）")
        return word

    def told(self, amount: int) -> str:
        """Write an amount of what is counted."""
        return told(amount) if self.unit == "m2" else f"{amount:,} {self.unit}"

    def weights(self, pieces: pd.DataFrame) -> pd.Series | None:
        """Give what each m2 of new land counts, in millionths; ``None`` where all count alike."""
        if self.coefficient is None:
            return None
        found = pieces[self.coefficient].astype("int64")
        return None if found.isin([0, STEP]).all() else found

    def inside(self, pieces: pd.DataFrame) -> pd.Series:
        """Say which pieces the limit is about."""
        if self.coefficient is not None:
            return pieces[self.coefficient].astype("int64") != 0
        if not self.where:
            return pd.Series(True, index=pieces.index)
        return (pieces[self.where] == self.code).fillna(False).astype(bool)

    def land(self, pieces: pd.DataFrame, new: pd.Series) -> pd.Series:
        """Give the land that counts: new land, that of a phase, or what is left of both.

        Parameters
        ----------
        pieces : DataFrame, index ``piece``
            With phases ``by_NAME_m2``, with reductions ``reduced_m2``.
        new : Series of int64
            New land in all.
        """
        if self.staged:
            return new
        if self.kind == "reduction":
            return pieces["reduced_m2"] if "reduced_m2" in pieces else new * 0
        built = pieces[by_column(self.phase)] if self.phase else new
        return built - pieces["reduced_m2"] if self.net and "reduced_m2" in pieces else built

    def steps(self, pieces: pd.DataFrame, land: pd.Series) -> int:
        """Add up what land counts under the limit, exactly, in millionths of its unit."""
        inside, weights = self.inside(pieces), self.weights(pieces)
        if weights is None and land.index.equals(pieces.index):
            return int(land.to_numpy(dtype=np.int64)[inside.to_numpy()].sum()) * STEP
        here = land[inside].astype("int64")
        if weights is None:
            return int(here.sum()) * STEP
        # Python's whole numbers cannot overflow.
        counted = weights.loc[here.index].astype(object) * here.astype(object)
        return int(counted.sum())

    def used(self, pieces: pd.DataFrame, land: pd.Series, *, up: bool = True) -> int:
        """Add up what land counts, in whole units, rounded up (to hold it against a cap) or down.

        Examples
        --------
        >>> pieces = pd.DataFrame({"farm": [500_000, 0]}, index=["a", "b"])
        >>> limit = Limit("limit", "farm", cap_m2=5, coefficient="farm")
        >>> land = pd.Series([9, 100], index=["a", "b"])
        >>> limit.used(pieces, land), limit.used(pieces, land, up=False)
        (5, 4)
        """
        steps = self.steps(pieces, land)
        return -(-steps // STEP) if up else steps // STEP

    def as_dict(self) -> dict[str, Any]:
        """Give the limit as plain data."""
        return {
            "kind": self.kind,
            "code": self.code,
            "floor_m2": self.floor_m2,
            "cap_m2": self.cap_m2,
            **({"phase": self.phase} if self.phase else {}),
            "source": self.source,
            "en": self.label.en,
            "zh": self.label.zh,
        }


@dataclass(frozen=True, slots=True)
class Lock:
    """Units whose free land is fixed: all of it built (``in``) or none of it (``out``).

    Examples
    --------
    >>> Lock("L1", "out", ("1kmN3563E404",)).label.en
    'lock L1 (out)'
    """

    code: str
    kind: Literal["in", "out"]
    units: tuple[str, ...]
    source: str = ""
    name: Text = _NAMELESS

    @property
    def label(self) -> Text:
        """Kind and name, as a planner says it."""
        zh = "必须建设" if self.kind == "in" else "禁止建设"
        return Text(
            f"lock {self.name.en or self.code} ({self.kind})",
            f"锁定{self.name.zh or self.code}（{zh}）",
        )


@dataclass(frozen=True, slots=True)
class AreaRule:
    """Floors and caps stated for one county or township.

    ``floor_new_m2`` and ``cap_new_m2`` speak of new land, ``cap_total_m2`` of existing and new
    together, ``cap_share`` of the same as a share of the place's area; the last two in the survey
    of the caps.
    """

    kind: Literal["county", "township"]
    code: str
    floor_new_m2: int = 0
    cap_new_m2: int | None = None
    cap_total_m2: int | None = None
    cap_share: float | None = None
    source: str = ""
    name: Text = _NAMELESS


@dataclass(frozen=True)
class CapRules:
    """All rules of the account; what is not stated is no rule.

    Parameters
    ----------
    share : float, optional
        Cap on construction as a share of the base; without it there is no cap and no headroom.
    base_area_m2 : int, optional
        What the share is taken of; by default the planar area of the city.
    survey_factor : float
        Existing land in the survey of the land use, times this, is existing land in the survey
        of the caps. Shares and totals here are those of the caps; the account converts them, in
        `converted` and nowhere else.
    zone_caps : mapping of zone to share, "existing" or None
        Cap on construction inside a zone; "existing" allows nothing new, ``None`` says that there
        is no cap on purpose, also where the zone by what it is takes no new land.
    quotas : mapping of zone to share
        Upper limits of new land, as shares of the city's headroom.
    zone_basis : {"unit", "township"}
        Whether zone caps and quotas bind on units by ``zone`` or on pieces by ``township_zone``.
        A zone that no township has binds on units on either basis.
    eco_agri_share : float, optional
        Least share of ecological and agricultural space, in the survey of the land use.
    areas : tuple of AreaRule
        Floors and caps of counties and townships.
    own : tuple of OwnLimit
        Limits of the plan's own.
    phases : tuple of PhaseRule
        In order; the last one holds all new land.
    reductions : tuple of ReductionRule
        The first that names a piece rules it.
    scheme : Scheme
        The zones that the rules speak of.
    sources : mapping
        The document behind ``share``, ``base``, ``eco_agri_share`` and, zone by zone,
        ``zone_caps.<code>`` and ``quotas.<code>``.

    Examples
    --------
    >>> rules = CapRules(share=0.28, survey_factor=0.7)
    >>> rules.converted(rules.share, 1000), rules.zone_caps, CapRules().share
    (400, {}, None)
    """

    share: float | None = None
    base_area_m2: int | None = None
    survey_factor: float = 1.0
    zone_caps: Mapping[str, float | str | None] = field(default_factory=dict)
    quotas: Mapping[str, float] = field(default_factory=dict)
    zone_basis: Basis = "unit"
    eco_agri_share: float | None = None
    areas: tuple[AreaRule, ...] = ()
    own: tuple[OwnLimit, ...] = ()
    phases: tuple[PhaseRule, ...] = ()
    reductions: tuple[ReductionRule, ...] = ()
    scheme: Scheme = field(default_factory=lambda: load_scheme(DEFAULT))
    sources: Mapping[str, str] = field(default_factory=dict)

    def converted(self, share: float, area_m2: int) -> int:
        """Give a share of an area, in square metres of the survey of the land use."""
        return share_of(share, area_m2, self.survey_factor)
