"""Colours of groups that have none of their own: told apart by colour-blind eyes, too."""

from __future__ import annotations

#: After M. Okabe and K. Ito (2008), with further ones; any two lie 13 apart in CIELAB for the three
#: kinds of colour blindness of Machado and others (2009), and from :data:`STILL` (our choice, by
#: search near the colours that stood here before).
GROUPS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#6b5287",
    "#9ed99f", "#7a4a12", "#3f4f5f", "#d3bdb6",
)  # fmt: skip
#: What did not change, or is not concerned.
STILL = "#eceae4"


def groups(count: int) -> list[str]:
    """Give colours for groups in order; beyond twelve they come again.

    Examples
    --------
    >>> groups(2), len(groups(30))
    (['#0072b2', '#e69f00'], 30)
    """
    return [GROUPS[i % len(GROUPS)] for i in range(count)]
