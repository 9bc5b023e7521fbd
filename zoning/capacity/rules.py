"""What was decided: caps, quotas, floors and locks as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Any, Literal

from zoning.base.areas import M2_PER_HA, km2
from zoning.base.shipped import load_toml
from zoning.errors import Text

Kind = Literal["city", "county", "township", "zone", "quota", "unit"]
Basis = Literal["unit", "township"]

#: The column of the pieces table whose code a limit names; the city is all of them.
_COLUMN: dict[str, str] = {
    "city": "",
    "county": "county",
    "township": "township",
    "zone": "zone",
    "quota": "zone",
    "unit": "unit",
}
_NAMELESS = Text("", "")
_WORD: dict[str, Text] = {
    "city": Text("city", "全市"),
    "county": Text("county", "县(市、区)"),
    "township": Text("township", "乡镇"),
    "zone": Text("zone", "功能区"),
    "quota": Text("quota", "新增指标"),
    "unit": Text("unit", "单元"),
}


def share_of(share: float, area_m2: int) -> int:
    """Take a share of an area, rounded down to whole square metres.

    The share is read as the decimal number that was written, so 0.28 is 28 / 100 and not its
    nearest binary neighbour.

    Examples
    --------
    >>> share_of(0.28, 3_840_000_000), share_of(0.29, 100)
    (1075200000, 29)
    """
    exact = Decimal(repr(float(share))) * int(area_m2)
    return int(exact.to_integral_value(rounding=ROUND_FLOOR))


def told(area_m2: int) -> str:
    """Write an area so that small ones stay visible.

    Examples
    --------
    >>> told(9_400_000), told(120)
    ('9.40 km²', '120 m²')
    """
    return km2(area_m2) if abs(area_m2) >= M2_PER_HA else f"{area_m2:,} m²"


@dataclass(frozen=True, slots=True)
class Limit:
    """A floor and a cap on new construction land in one place.

    Parameters
    ----------
    kind : {"city", "county", "township", "zone", "quota", "unit"}
        What sort of rule this is.
    code : str
        Code of the county, township, zone or unit; anything for the city.
    floor_m2, cap_m2 : int
        New land in square metres, already net of existing construction; no cap is ``None``.
    source : str
        The document that says so.
    name : Text
        Name of the place for people.
    column : str
        Column of the pieces table that holds ``code``; by default the one of the kind.
    existing_m2, base_m2 : int, optional
        Existing construction and the area the cap is a share of, to tell the cap as a share.

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

    @property
    def where(self) -> str:
        """The column of the pieces table that holds the code (empty: all pieces)."""
        return _COLUMN[self.kind] if self.column is None else self.column

    @property
    def label(self) -> Text:
        """Kind and name, as a planner says it."""
        word = _WORD[self.kind]
        en, zh = self.name.en or self.code, self.name.zh or self.code
        if self.kind == "city":
            return Text("city", "全市")
        return Text(f"{word.en} {en}", f"{word.zh}{zh}")

    def as_dict(self) -> dict[str, Any]:
        """Give the limit as plain data."""
        return {
            "kind": self.kind,
            "code": self.code,
            "floor_m2": self.floor_m2,
            "cap_m2": self.cap_m2,
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
            f"锁定{self.name.zh or self.code}({zh})",
        )


@dataclass(frozen=True, slots=True)
class AreaRule:
    """Floors and caps stated for one county or township.

    ``floor_new_m2`` and ``cap_new_m2`` speak of new land, ``cap_total_m2`` of existing and new
    together, ``cap_share`` of the same as a share of the place's area.
    """

    kind: Literal["county", "township"]
    code: str
    floor_new_m2: int = 0
    cap_new_m2: int | None = None
    cap_total_m2: int | None = None
    cap_share: float | None = None
    source: str = ""
    name: Text = _NAMELESS


def _preset(part: str) -> dict[str, Any]:
    table = load_toml("capacity", "caps.toml")[part]
    return {k: v for k, v in table.items() if k not in ("source", "evidence")}


def _source(part: str) -> str:
    return str(load_toml("capacity", "caps.toml")[part]["source"])


@dataclass(frozen=True)
class CapRules:
    """All rules of the account; the defaults are the reference case's and stand in data.

    Parameters
    ----------
    share : float
        Cap on construction as a share of the base.
    base_area_m2 : int, optional
        What the share is taken of; by default the planar area of the city.
    zone_caps : mapping of zone to share or "existing"
        Cap on construction inside a zone; "existing" allows nothing new.
    quotas : mapping of zone to share
        Upper limits of new land, as shares of the city's headroom.
    zone_basis : {"unit", "township"}
        Whether zone caps and quotas bind on units by ``zone`` or on pieces by ``township_zone``.
        Units of ecological balance take nothing new on either basis.
    eco_agri_share : float, optional
        Least share of ecological and agricultural space.
    areas : tuple of AreaRule
        Floors and caps of counties and townships.
    sources : mapping
        The document behind ``share``, ``zone_caps``, ``quotas``, ``eco_agri_share``, ``base``.

    Examples
    --------
    >>> rules = CapRules()
    >>> rules.share, rules.zone_caps["balance"], rules.quotas["key"]
    (0.28, 'existing', 0.55)
    """

    share: float = field(default_factory=lambda: float(_preset("city")["share"]))
    base_area_m2: int | None = None
    zone_caps: Mapping[str, float | str] = field(default_factory=lambda: _preset("zone_caps"))
    quotas: Mapping[str, float] = field(default_factory=lambda: _preset("quotas"))
    zone_basis: Basis = "unit"
    eco_agri_share: float | None = field(
        default_factory=lambda: float(_preset("eco_agri")["share"])
    )
    areas: tuple[AreaRule, ...] = ()
    sources: Mapping[str, str] = field(
        default_factory=lambda: {
            "share": _source("city"),
            "zone_caps": _source("zone_caps"),
            "quotas": _source("quotas"),
            "eco_agri_share": _source("eco_agri"),
        }
    )
