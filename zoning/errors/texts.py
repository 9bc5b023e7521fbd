"""Sentences in two languages, and the places that a sentence is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

Lang = Literal["zh", "en"]


class Text(NamedTuple):
    """The same sentence in English and Chinese.

    Examples
    --------
    >>> Text("no such file", "没有这个文件").get("zh")
    '没有这个文件'
    """

    en: str
    zh: str

    def get(self, lang: str) -> str:
        """Give the sentence in ``lang`` ("zh" or "en"; anything else is read as English)."""
        return self.zh if lang == "zh" else self.en


class Spot(NamedTuple):
    """One of the places of a finding: which row, what stands there, where that lies.

    Examples
    --------
    >>> Spot("feature 3", "III", 119.5, 32.2).as_dict()
    {'row': 'feature 3', 'value': 'III', 'place': [119.5, 32.2]}
    """

    row: str = ""
    value: str = ""
    lon: float | None = None
    lat: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Give the place as plain data; what is not known is left out."""
        at = {} if self.lon is None or self.lat is None else {"place": [self.lon, self.lat]}
        said = {"row": self.row, "value": self.value}
        return {k: v for k, v in said.items() if v} | at

    @classmethod
    def from_dict(cls, said: Mapping[str, Any]) -> Spot:
        """Read a place back."""
        lon, lat = said.get("place") or (None, None)
        return cls(str(said.get("row", "")), str(said.get("value", "")), lon, lat)


def named(name: object, code: object) -> Text:
    """Write a name with its code: "A (321)", in Chinese "甲镇（321）"; no name, the code alone."""
    said = "" if name is None or name != name else str(name).strip()
    return Text(f"{said} ({code})", f"{said}（{code}）") if said else Text(str(code), str(code))


def some(names: Sequence[str | Text], most: int = 5) -> Text:
    """List names for a sentence; of many the first, and how many more there are.

    Examples
    --------
    >>> some(["甲镇", "乙镇"]).zh, some(["a", "b", "c"], 2)
    ('甲镇、乙镇', Text(en='a, b and 1 more', zh='a、b 等共 3 个'))
    """
    first = [n if isinstance(n, Text) else Text(n, n) for n in names[:most]]
    en, zh = ", ".join(n.en for n in first), "、".join(n.zh for n in first)
    if len(names) <= most:
        return Text(en, zh)
    return Text(f"{en} and {len(names) - most:,} more", f"{zh} 等共 {len(names):,} 个")


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that looks most like ``name``, if one does.

    Examples
    --------
    >>> suggest("buit_share", ["built_share", "slope_deg"])
    'built_share'
    """
    import difflib

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def meant(near: str | None, otherwise: Text | None = None) -> Text | None:
    """Ask whether a name that looks alike was meant; without one say something else.

    Examples
    --------
    >>> meant("built_share").zh, meant(None, Text("columns: a, b", "字段：a、b")).en
    ('是否指“built_share”？', 'columns: a, b')
    """
    return Text(f"did you mean '{near}'?", f"是否指“{near}”？") if near else otherwise
