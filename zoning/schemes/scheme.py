"""What a scheme is: base zones in order, overlays in order, and the words for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zoning.base.shipped import load_toml
from zoning.errors import Text


def protections() -> Mapping[str, Text]:
    """Give the kinds of protection that an overlay can count, in the words of a sentence.

    They are those of ``[[inputs.protections]]`` (data/protections/kinds.toml).

    Examples
    --------
    >>> protections()["water"].en
    'drinking-water sources'
    """
    kinds = load_toml("protections", "kinds.toml")["kind"]
    return {k["code"]: Text(k["many_en"], k["many_zh"]) for k in kinds}


@dataclass(frozen=True, slots=True)
class Zone:
    """A base zone: what a township can be classed as.

    Parameters
    ----------
    code : str
        What stands in tables: lower-case letters, digits and ``_``.
    zh, en, short_zh, short_en : str
        Names, and short ones for legends and narrow columns.
    colour : str
        ``#rrggbb``.
    new_land : bool
        Whether the zone may take new construction land; a plan that puts some where none may be
        is told so. The rule that forbids it stands in ``[cap]`` of the plan, not here.
    """

    code: str
    zh: str
    en: str
    short_zh: str
    short_en: str
    colour: str
    new_land: bool = True

    @property
    def name(self) -> Text:
        """The name in both languages."""
        return Text(self.en, self.zh)

    @property
    def short(self) -> Text:
        """The short name in both languages."""
        return Text(self.short_en, self.short_zh)


@dataclass(frozen=True, slots=True)
class Overlay(Zone):
    """What lies over the base zones: it rules a unit that is protected enough.

    Parameters
    ----------
    protections : tuple of str
        Kinds of protection that count together, land under several once (:func:`protections`).
    share : float
        It rules where they cover at least this share of the unit, in (0, 1].
    replaces : bool
        True: the unit's ``zone`` becomes ``code``. False: ``code`` is listed in ``overlays``, the
        zone stays, and accounts are kept apart.
    source, evidence : str
        Of the share.
    """

    protections: tuple[str, ...] = ()
    share: float = 0.5
    replaces: bool = True
    source: str = ""
    evidence: str = ""

    @property
    def column(self) -> str:
        """Column of the units: how much of a unit the overlay's protections cover, in m2."""
        return f"overlay_{self.code}_m2"

    @property
    def counted(self) -> Text:
        """What it counts, in words."""
        known = protections()
        kinds = [known[k] for k in self.protections]
        en = [k.en for k in kinds]
        last = " or ".join([", ".join(en[:-1]), en[-1]] if len(en) > 1 else en)
        return Text(last, "、".join(k.zh for k in kinds))


@dataclass(frozen=True, slots=True)
class Scheme:
    """A set of zones.

    Parameters
    ----------
    name : str
        How plans and methods call it.
    zh, en, source, evidence : str
        Title, and where the names and colours come from.
    zones : tuple of Zone
        Base zones, 2 to 12, in the order of tables and legends.
    overlays : tuple of Overlay
        Of two replacing overlays that rule the same unit the first wins.

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> s = load_scheme("zhenjiang-2013")
    >>> s.codes, s.base
    (('optimised', 'key', 'moderate', 'balance'), ('optimised', 'key', 'moderate'))
    >>> s.name_of("balance").zh, s.closed
    ('生态平衡', ('balance',))
    """

    name: str
    zh: str
    en: str
    source: str
    evidence: str
    zones: tuple[Zone, ...]
    overlays: tuple[Overlay, ...] = ()

    @property
    def base(self) -> tuple[str, ...]:
        """Codes that a township can have."""
        return tuple(z.code for z in self.zones)

    @property
    def replacing(self) -> tuple[Overlay, ...]:
        """Overlays that take the place of the zone."""
        return tuple(o for o in self.overlays if o.replaces)

    @property
    def listed(self) -> tuple[Overlay, ...]:
        """Overlays that stand beside the zone, in the column ``overlays``."""
        return tuple(o for o in self.overlays if not o.replaces)

    @property
    def members(self) -> tuple[Zone, ...]:
        """What the column ``zone`` can hold, in order: base zones, then replacing overlays."""
        return (*self.zones, *self.replacing)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the column ``zone``, in order."""
        return tuple(z.code for z in self.members)

    @property
    def closed(self) -> tuple[str, ...]:
        """Codes of zones and overlays that may take no new land."""
        return tuple(z.code for z in (*self.zones, *self.overlays) if not z.new_land)

    @property
    def counted(self) -> tuple[str, ...] | None:
        """Kinds of protection that overlays count which replace zones; None where none does.

        Examples
        --------
        >>> from zoning.schemes import load_scheme
        >>> load_scheme("zhenjiang-2013").counted, load_scheme("national").counted
        (('redline', 'core', 'heritage', 'water'), None)
        """
        kinds = tuple(dict.fromkeys(k for o in self.replacing for k in o.protections))
        return kinds or None

    @property
    def names(self) -> Mapping[str, Text]:
        """Names by code, listed overlays after the rest."""
        return {z.code: z.name for z in (*self.members, *self.listed)}

    @property
    def shorts(self) -> Mapping[str, Text]:
        """Short names by code."""
        return {z.code: z.short for z in (*self.members, *self.listed)}

    def find(self, text: str) -> str | None:
        """Give the code of the column ``zone`` that a text means: a code or a name.

        Examples
        --------
        >>> from zoning.schemes import load_scheme
        >>> s = load_scheme("zhenjiang-2013")
        >>> s.find("key"), s.find("重点开发"), s.find("Key development"), s.find("?")
        ('key', 'key', 'key', None)
        """
        said = text.strip().casefold()
        for z in self.members:
            if said in {w.casefold() for w in (z.code, z.zh, z.en, z.short_zh, z.short_en)}:
                return z.code
        return None

    def name_of(self, code: str) -> Text:
        """Give the name of a code; one that the scheme does not know names itself."""
        return self.names.get(code, Text(code, code))


class _Entry(BaseModel):
    """A table of plan.toml: frozen, unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class ZoneEntry(_Entry):
    """``[[zones.zone]]``: a base zone of the plan's own scheme, or a change of a shipped one."""

    code: str
    """Code: lower-case letters, digits and ``_``; it stands in every table."""
    zh: str | None = None
    """Chinese name; left out, the English one."""
    en: str | None = None
    """English name; left out, the Chinese one."""
    short_zh: str | None = None
    """Short Chinese name; left out, the name."""
    short_en: str | None = None
    """Short English name; left out, the name."""
    colour: str | None = None
    """``#rrggbb``; left out, the next of data/styles/zones.toml."""
    new_land: bool | None = None
    """Whether it may take new construction land; left out, it may."""


class OverlayEntry(ZoneEntry):
    """``[[zones.overlay]]``: what lies over the zones where a unit is protected enough."""

    protections: tuple[str, ...] | None = None
    """Kinds of protection that count: redline, core, basic_farmland, heritage, water, lock."""
    share: Annotated[float, Field(gt=0, le=1)] | None = None
    """It rules a unit when they cover at least this share of it."""
    replaces: bool | None = None
    """true: the unit's zone becomes this code; false: it is listed in ``overlays`` only."""
    source: str | None = None
    """Source of the share; left out, it is a choice of this plan."""
    evidence: str | None = None
    """Evidence tag of the share: S, C, M-high, M-med, M-low, I or own."""


class SchemePart(_Entry):
    """The keys of ``[zones]`` that make a scheme."""

    scheme: str | None = None
    """Name of a shipped scheme (data/schemes), or of the plan's own, whose zones stand in
    ``[[zones.zone]]``; left out, zhenjiang-2013, with a warning."""
    zone: tuple[ZoneEntry, ...] = ()
    """Base zones of the plan's own scheme, in order; or changes of a shipped one, by code."""
    overlay: tuple[OverlayEntry, ...] = ()
    """Overlays, in order; those of a shipped scheme are changed by code."""
    balance_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Old key, for files without a scheme: the share of the first overlay."""
    balance_source: str | None = None
    """Source of ``balance_share``."""
    balance_evidence: str | None = None
    """Evidence tag of ``balance_share``."""
