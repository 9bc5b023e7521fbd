"""Names of places in Latin letters: readings of signs, English names, traditional signs.

The tables lie in ``data/names``; a column ``name_en`` of the planner goes before them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from zoning.base.shipped import data_path, load_toml

_HAN = re.compile(r"[\u4e00-\u9fff]+")
_BRACKETS = re.compile(r"[（(](.+?)[)）]")
#: Places on a higher level are read alike wherever their names stand: at least so many signs.
_LEAST = 2
#: The longest name among them.
_LONGEST = 11


@cache
def _table(name: str) -> tuple[str, ...]:
    lines = data_path("names", name).read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


@cache
def _sounds() -> dict[str, str]:
    return {sign: sound for sound, signs in map(str.split, _table("pinyin.txt")) for sign in signs}


@cache
def _places() -> dict[str, list[str]]:
    """Places with readings of their own, also without the word of their level."""
    found: dict[str, list[str]] = {}
    for line in _table("places.txt"):
        name, *sounds = line.split()
        found[name] = sounds
        if name[-1] in "市区县省" and len(name) > _LEAST:
            found.setdefault(name[:-1], sounds[:-1])
    return found


def syllables(name: str) -> list[str]:
    """Give the reading of a name, sign by sign; what is no Chinese sign stays as it is.

    Parameters
    ----------
    name : str

    Returns
    -------
    list of str
        Without tones; a sign that the table does not know stays a sign.

    Examples
    --------
    >>> syllables("重庆市"), syllables("珥陵镇"), syllables("A区")
    (['chong', 'qing', 'shi'], ['er', 'ling', 'zhen'], ['A', 'qu'])
    """
    found: list[str] = []
    at = 0
    places, sounds = _places(), _sounds()
    while at < len(name):
        longest = range(min(_LONGEST, len(name) - at), 1, -1)
        size = next((k for k in longest if name[at : at + k] in places), 0)
        if size:
            found += places[name[at : at + size]]
            at += size
            continue
        sign = name[at]
        if sign in sounds or _HAN.match(sign) or not found or not found[-1].isascii():
            found.append(sounds.get(sign, sign))
        elif name[at - 1] in sounds:
            found.append(sign)
        else:
            found[-1] += sign
        at += 1
    return [part for part in (f.strip() for f in found) if part]


def english(name: str, kind: str = "places") -> str:
    """Write a name in English: its reading, and the English word of what it is.

    Parameters
    ----------
    name : str
    kind : {"places", "protections"}
        Which last parts of names are known.

    Returns
    -------
    str
        A name without Chinese signs stays as it is.

    Examples
    --------
    >>> english("高桥镇"), english("西安市"), english("单县")
    ('Gaoqiao Town', "Xi'an City", 'Shanxian County')
    >>> english("宝华山国家森林公园", "protections")
    'Baohuashan National Forest Park'
    >>> english("Riverside"), english("开发区（黄梅街道）")
    ('Riverside', 'Development Zone (Huangmei Subdistrict)')
    >>> english("枫林土家族乡"), english("道真仡佬族苗族自治县")
    ('Fenglin Tujia Ethnic Township', 'Daozhen Gelao and Miao Autonomous County')
    >>> english("赤山水库饮用水水源保护区", "protections")
    'Chishan Reservoir Drinking-water Source Protection Area'
    """
    if not _HAN.search(name):
        return name
    inside = _BRACKETS.search(name)
    if inside:
        head, tail = name[: inside.start()], name[inside.end() :]
        outer = english(head + tail, kind)
        return f"{outer} ({english(inside[1], kind)})"
    generics: dict[str, str] = load_toml("names", "generics.toml")[kind]
    last = _last(name, generics)
    own, what = name.removesuffix(last), generics.get(last, "")
    if len(own) == 1 and len(last) == 1:
        own = name  # 单县 is Shanxian County
    before = _last(own, generics)
    if len(before) > 1 and len(own) > len(before):
        return f"{english(own, kind)} {what}"  # the reservoir of a protection area
    own, peoples = _peoples(own)
    if peoples and last == "乡":
        what = "Ethnic Township"
    return " ".join(part for part in (_joined(own), peoples, what) if part)


def _last(name: str, known: Iterable[str]) -> str:
    """Give the longest known last part of a name."""
    return max((g for g in known if name.endswith(g)), key=len, default="")


def _peoples(own: str) -> tuple[str, str]:
    """Take the peoples off that a place is named after; what is left, and they in English."""
    peoples: dict[str, str] = load_toml("names", "generics.toml")["peoples"]
    found: list[str] = []
    while (last := _last(own, peoples)) and own != last:
        own = own.removesuffix(last)
        found.insert(0, peoples[last])
    return own, " and ".join([", ".join(found[:-1]), found[-1]] if found[1:] else found)


def called(frame: Any, lang: str = "en", kind: str = "places") -> list[str]:
    """Give the names of places as they are called in a language.

    Parameters
    ----------
    frame : DataFrame with ``name``
        In English its column ``name_en`` goes before our reading.
    lang : {"zh", "en"}
    kind : {"places", "protections"}

    Examples
    --------
    >>> import pandas as pd
    >>> called(pd.DataFrame({"name": ["高桥镇", "丁岗镇"], "name_en": [None, "Dinggang"]}))
    ['Gaoqiao Town', 'Dinggang']
    """
    names = ["" if _is_nothing(n) else str(n) for n in frame["name"]]
    if lang == "zh":
        return names
    own = list(frame["name_en"]) if "name_en" in frame else [None] * len(names)
    return [english(n, kind) if _is_nothing(o) else str(o) for o, n in zip(own, names, strict=True)]


def by_code(*frames: Any, lang: str = "zh") -> dict[str, str]:
    """Give the names of places by code, as they are written or in English.

    Parameters
    ----------
    *frames : DataFrame or None
        Places by code, such as counties and townships; those without ``name`` have none.
    lang : {"zh", "en"}

    Examples
    --------
    >>> import pandas as pd
    >>> by_code(pd.DataFrame({"name": ["高桥镇", None]}, index=["1", "2"]), None)
    {'1': '高桥镇'}
    """
    return {
        str(code): name
        for frame in frames if frame is not None and "name" in frame
        for code, name in zip(frame.index, called(frame, lang), strict=True) if name
    }  # fmt: skip


def _is_nothing(value: Any) -> bool:
    return value is None or value != value or str(value) in ("", "<NA>")


def _joined(name: str) -> str:
    """Write readings as one word; a vowel after another syllable is set off."""
    word = ""
    for sound in syllables(name):
        part = sound.replace("lv", "lü").replace("nv", "nü")
        word += "'" + part if word and part[0] in "aoe" and word[-1].isalpha() else part
    return word[:1].upper() + word[1:]


@cache
def _old_signs() -> dict[str, str]:
    return {line[0]: line[1:] for line in _table("traditional.txt") if line}


def traditional(text: str) -> dict[str, str]:
    """Give the simplified sign of every traditional one that a text could be asked for with.

    Examples
    --------
    >>> traditional("镇江")
    {'鎭': '镇', '鎮': '镇'}
    """
    old = _old_signs()
    return {sign: new for new in sorted(set(text)) for sign in old.get(new, "")}
