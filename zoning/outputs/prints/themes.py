"""What a map sheet can show, and in which classes: read from ``data/styles/sheets.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from zoning.base import words
from zoning.base.shipped import load_toml
from zoning.errors import InputError, meant, suggest
from zoning.outputs import contributed
from zoning.outputs.office.wording import zone_rows
from zoning.schemes.contrast import redline_look

if TYPE_CHECKING:
    from zoning.plan import Plan

Colours = npt.NDArray[np.uint8]
NO_DATA = "#d9d9d9"


@dataclass(frozen=True, slots=True)
class ShareTheme:
    """A share per unit, in classes.

    Parameters
    ----------
    part : str
        Column that is shown, or the numerator.
    whole : str or None
        Column that ``part`` is divided by; None for a column that is a share itself.
    breaks : tuple of float, length n + 1
        Limits of the classes; a class holds its upper limit, the first also its lower one.
    colours : tuple of str, length n
        Fills.
    zero : str or None
        Fill of exactly 0, where that is a class of its own.
    """

    key: str
    part: str
    whole: str | None
    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    zero: str | None = None

    def values(self, plan: Plan) -> npt.NDArray[np.float64]:
        """Give the share of every unit, NaN where it is not known."""
        part = plan.units[self.part].astype("Float64")
        if self.whole is not None:
            whole = plan.units[self.whole].astype("Float64")
            part = part / whole.where(whole > 0)
        values: npt.NDArray[np.float64] = part.to_numpy(dtype=np.float64, na_value=np.nan)
        return values

    def classes(self, plan: Plan) -> npt.NDArray[np.int64]:
        """Give the class of every unit: 0.. by ``breaks``, -1 for exactly 0, -2 for no data."""
        values = self.values(plan)
        known = np.isfinite(values)
        inner = np.asarray(self.breaks[1:-1])
        number = np.searchsorted(inner, np.where(known, values, 0.0), side="left")
        if self.zero is not None:
            number = np.where(values == 0, -1, number)
        return np.where(known, number, -2).astype(np.int64)

    def legend(self, lang: str) -> list[tuple[str, str]]:
        """Give (colour, label) of each class, the lowest first."""
        rows = [(self.zero, words_none(lang))] if self.zero is not None else []
        limits = zip(self.breaks[:-1], self.breaks[1:], strict=True)
        labels = [f"{low * 100:g}–{high * 100:g}%" for low, high in limits]
        return rows + list(zip(self.colours, labels, strict=True))


def words_none(lang: str) -> str:
    """Say that there is nothing of a thing in a unit."""
    return "无" if lang == "zh" else "none"


def share_themes() -> Mapping[str, ShareTheme]:
    """Give the themes that show a share per unit.

    Examples
    --------
    >>> share_themes()["built_share"].legend("en")[1]
    ('#fdcf98', '5–15%')
    """
    found = {}
    for key, entry in load_toml("styles", "sheets.toml")["shares"].items():
        found[key] = ShareTheme(
            key, entry["part"], entry.get("whole"), tuple(entry["breaks"]),
            tuple(entry["colours"]), entry.get("zero"),
        )  # fmt: skip
    return found


def themes(plan: Plan) -> tuple[str, ...]:
    """Give the themes that a plan has data for, in the order of the report.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    tuple of str
        Of ``zones``, ``redline_hatch``, ``redline_share``, ``built_share``, ``built_redline``,
        ``new_land`` and ``stability`` (keys of :func:`zoning.base.words.theme_name`), then those
        of the wings.
    """
    shares = share_themes()
    found = ["zones"] if zone_rows(plan) and has(plan, "zone") else []
    if plan.redlines is not None and len(plan.redlines):
        found.append("redline_hatch")
    order = ("redline_share", "built_share", "built_redline", "new_land", "stability")
    found += [key for key in order if has(plan, shares[key].part)]
    return (*found, *contributed.themes(plan))


def has(plan: Plan, column: str) -> bool:
    """Whether the units have a column with at least one value."""
    return column in plan.units.columns and bool(plan.units[column].notna().any())


def check_theme(plan: Plan, theme: str) -> None:
    """Refuse a theme that is not known or that the plan has no data for.

    Raises
    ------
    InputError
        With the themes that can be drawn.
    """
    there = themes(plan)
    if theme in there:
        return
    near = suggest(theme, there)
    known = ", ".join(there)
    raise InputError.one(
        f"there is no map theme '{theme}' for this plan (it has: {known})",
        f"本方案没有专题“{theme}”（可选：{known}）",
        code="unknown-theme",
        remedy=meant(near),
    )


def zone_words(plan: Plan, lang: str) -> dict[str, tuple[str, str]]:
    """Give name and colour of every zone of a plan, in order."""
    name = "name_zh" if lang == "zh" else "name_en"
    if plan.zones is None:
        return {}
    columns = (plan.zones.index, plan.zones[name], plan.zones["colour"])
    return {str(c): (str(called), str(colour)) for c, called, colour in zip(*columns, strict=True)}


def level_colours() -> dict[int, str]:
    """Give the fill of each red-line level."""
    levels = redline_look()["level"]
    return {int(level): str(entry["fill"]) for level, entry in levels.items()}


def title(plan: Plan, theme: str, lang: str) -> str:
    """Give the title of a theme for people."""
    given = contributed.themes(plan).get(theme)
    return words.theme_name(theme, lang) if given is None else given[1].title.get(lang)
