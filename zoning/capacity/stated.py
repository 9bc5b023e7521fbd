"""What a plan states of its own: limits, phases, existing land that may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zoning.errors import Text

_NAMELESS = Text("", "")


@dataclass(frozen=True, slots=True)
class OwnLimit:
    """A limit that the plan states itself, over any places, of anything that new land takes.

    Parameters
    ----------
    name : str
        Its code.
    of : str
        ``"area"``, ``"farmland"``, or a column of pieces or units.
    table : tuple of str
        File, column and key (``unit``, ``township`` or ``class``) of a coefficient that stands in
        a table; empty otherwise.
    places : mapping of column to codes
        ``county``, ``township``, ``zone``, ``overlays``: pieces that match all of them.
    upper, lower : float, optional
        In ``unit``.
    keep : float, optional
        Share that must stay of what exists there.
    unit, source : str
    title : Text
    phase : str
        Only what is built by the end of this phase counts.
    """

    name: str
    of: str = "area"
    table: tuple[str, ...] = ()
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    upper: float | None = None
    lower: float | None = None
    keep: float | None = None
    unit: str = "m2"
    source: str = ""
    title: Text = _NAMELESS
    phase: str = ""

    @property
    def column(self) -> str:
        """The column of the pieces table with its coefficient."""
        return f"limit_{self.name}"


@dataclass(frozen=True, slots=True)
class PhaseRule:
    """What is built by the end of one phase; phases follow one another and each holds the last.

    Parameters
    ----------
    name : str
    upper_m2, lower_m2 : int, optional
        New land by its end.
    share : float, optional
        The same as a share of the city's headroom.
    quotas : mapping of zone to share
        Shares of the headroom by zone.
    until : int, optional
        Its last year.
    """

    name: str
    upper_m2: int | None = None
    lower_m2: int = 0
    share: float | None = None
    quotas: Mapping[str, float] = field(default_factory=dict)
    until: int | None = None
    source: str = ""
    title: Text = _NAMELESS


@dataclass(frozen=True, slots=True)
class ReductionRule:
    """Existing construction land that may go, in the places that are named.

    Parameters
    ----------
    name : str
    places : mapping of column to codes
        ``county``, ``township``, ``zone``, ``overlays``: pieces that match all of them.
    share : float
        Of the existing construction land of each piece, at most so much.
    upper_m2, lower_m2 : int, optional
        In all.
    price : float
        What giving up one m2 costs beyond its own suitability, in suitability.
    """

    name: str
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    share: float = 1.0
    upper_m2: int | None = None
    lower_m2: int = 0
    price: float = 0.0
    source: str = ""
    title: Text = _NAMELESS
