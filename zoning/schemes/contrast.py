"""How well lines stand out on the colours of zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoning.base.shipped import load_toml
from zoning.errors import Finding, Text

if TYPE_CHECKING:
    from zoning.schemes.scheme import Scheme


def luminance(colour: str) -> float:
    """Give the relative luminance of ``#rrggbb``, 0 (black) to 1 (white).

    References
    ----------
    Web Content Accessibility Guidelines 2.2, W3C, 2023: relative luminance.

    Examples
    --------
    >>> luminance("#ffffff"), luminance("#000000")
    (1.0, 0.0)
    """
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return round(0.2126 * red + 0.7152 * green + 0.0722 * blue, 12)


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours: the ratio of their luminances, 1 to 21.

    Examples
    --------
    >>> contrast("#ffffff", "#000000"), contrast("#8f1024", "#8f1024")
    (21.0, 1.0)
    """
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def redline_look() -> dict[str, Any]:
    """Give line, casing and levels of red lines, the same for every writer."""
    return load_toml("styles", "redlines.toml")


def unreadable(scheme: Scheme) -> list[Finding]:
    """Name the zones and overlays on which neither a red line nor its casing stands out.

    Parameters
    ----------
    scheme : Scheme

    Returns
    -------
    list of Finding
        Warnings; none for the shipped schemes.

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> unreadable(load_scheme("national"))
    []
    """
    look = redline_look()
    wanted = float(look["contrast"])
    found = []
    for place in (*scheme.zones, *scheme.overlays):
        best = max(contrast(look[k], place.colour) for k in ("line", "casing"))
        if best < wanted:
            found.append(Finding(
                Text(f"red lines do not stand out on {place.colour} ({place.name.en}): "
                     f"contrast {best:.2f}",
                     f"红线在 {place.colour}（{place.name.zh}）上不够清晰：对比度 {best:.2f}"),
                "[zones]", measured=round(best, 2), limit=wanted, code="redline-contrast",
                remedy=Text("choose a lighter or a darker colour", "请改用更浅或更深的颜色"),
            ))  # fmt: skip
    return found
