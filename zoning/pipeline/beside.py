"""Overlays that stand beside the zones, as a plan carries them: themes, a table, a chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from zoning.base import words
from zoning.base.coded import in_text
from zoning.contribution.parts import Chapter, Class, Contribution, Field, Table, Theme
from zoning.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from zoning.schemes import Overlay, Scheme

#: Name of the contribution, and of its table.
WING, TABLE = "overlays", "overlays_by_unit"
#: The value of units that an overlay does not rule; no code of a scheme can be called so.
NOT = "none"
_BARE = "#eceae4"


def contribution(units: pd.DataFrame, scheme: Scheme) -> tuple[Contribution, ...]:
    """Give a theme for each overlay that stands beside the zones, their table and a chapter.

    Parameters
    ----------
    units : DataFrame, index ``unit``
        ``overlays`` and ``area_m2``.
    scheme : Scheme

    Returns
    -------
    tuple of Contribution
        One; none where no unit is under such an overlay.
    """
    table = ruled(units, scheme.listed) if "overlays" in units else pd.DataFrame()
    here = [o for o in scheme.listed if o.code in set(table.get(f"overlay_{o.code}", ()))]
    if not here:
        return ()
    table = table[["unit", *(f"overlay_{o.code}" for o in here)]]
    themes = tuple(
        Theme(
            f"overlay_{o.code}", o.name, _about(o), TABLE, f"overlay_{o.code}",
            (Class(o.name, o.colour, code=o.code), Class(_beyond(o), _BARE, code=NOT)),
        )
        for o in here
    )  # fmt: skip
    title = Text("Overlays beside the zones", "与分区并存的叠加区")
    return (
        Contribution(
            WING, title,
            tables=(Table(TABLE, Text("Overlays by unit", "分单元叠加区"), table,
                          _fields(here)),),
            themes=themes,
            chapters=(Chapter(title, _paragraphs(units, here),
                              tuple(t.name for t in themes)),),
        ),
    )  # fmt: skip


def ruled(units: pd.DataFrame, overlays: Sequence[Overlay]) -> pd.DataFrame:
    """Say of each unit which overlays rule it.

    Returns
    -------
    DataFrame
        ``unit`` and a column ``overlay_CODE`` for each overlay: its code, ``none``, or ``<NA>``
        where that is unknown.

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> units = pd.DataFrame({"overlays": ["culture", ""]}, index=["a", "b"])
    >>> ruled(units, load_scheme("national").listed)["overlay_culture"].tolist()
    ['culture', 'none']
    """
    listed = units["overlays"].astype("string")
    found = pd.DataFrame({"unit": units.index.astype(str)})
    for o in overlays:
        # Few different lists stand in many units.
        told = {c: o.code if o.code in c.split("+") else NOT for c in listed.dropna().unique()}
        found[f"overlay_{o.code}"] = listed.map(told).astype("string").array
    return found


def _beyond(o: Overlay) -> Text:
    return Text(f"not {o.en}", f"非{o.zh}")


def _about(o: Overlay) -> Text:
    limit = f"{o.share:.0%}"
    return Text(
        f"units of which {o.counted.en} cover at least {limit}; their zone stays",
        f"{o.counted.zh}占比不低于{limit}的单元，分区不变",
    )


def _fields(overlays: Sequence[Overlay]) -> tuple[Field, ...]:
    label = Text(*(words.label("unit", lang) for lang in ("en", "zh")))
    about = Text(*(words.description("unit", lang) or label.get(lang) for lang in ("en", "zh")))
    return (
        Field("unit", label, about),
        *(
            Field(f"overlay_{o.code}", o.name, _about(o),
                  words={o.code: o.name, NOT: _beyond(o)})
            for o in overlays
        ),
    )  # fmt: skip


def _paragraphs(units: pd.DataFrame, overlays: Sequence[Overlay]) -> tuple[Text, ...]:
    """Say in a sentence each where an overlay rules, and how much land that is."""
    found = []
    for o in overlays:
        listed = in_text(units["overlays"]).fillna("").str.split("+")
        here = listed.map(lambda c, code=o.code: code in c)
        n, km2 = int(here.sum()), f"{units.loc[here, 'area_m2'].sum() / 1e6:,.2f}"
        found.append(
            Text(
                f"{o.en}: {n} units with {km2} km², those of which {o.counted.en} cover at least "
                f"{o.share:.0%} ({o.source}; {o.evidence}). Their zones stay.",
                f"{o.zh}：共 {n} 个单元、{km2} km²，即{o.counted.zh}占比不低于{o.share:.0%}的单元"
                f"（{words.source(o.source)}；{o.evidence}）。其分区不变。",
            )
        )
    return tuple(found)
