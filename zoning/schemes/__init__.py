"""Zone schemes as data: base zones, overlays, and crosswalks from one scheme to another.

Start with `load_scheme` (a shipped one), `scheme_of` (that of a plan's ``[zones]``) and
`load_crosswalk`. A scheme holds names, colours and what lies over what; it holds no caps.
"""

from zoning.schemes.crosswalk import Crosswalk, crosswalk_names, load_crosswalk
from zoning.schemes.read import DEFAULT, load_scheme, parse_scheme, scheme_names, scheme_of, stated
from zoning.schemes.scheme import (
    Overlay,
    OverlayEntry,
    Scheme,
    SchemePart,
    Zone,
    ZoneEntry,
    protections,
)

__all__ = [
    "DEFAULT",
    "Crosswalk",
    "Overlay",
    "OverlayEntry",
    "Scheme",
    "SchemePart",
    "Zone",
    "ZoneEntry",
    "crosswalk_names",
    "load_crosswalk",
    "load_scheme",
    "parse_scheme",
    "protections",
    "scheme_names",
    "scheme_of",
    "stated",
]
