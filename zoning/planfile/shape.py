"""What stands in ``run.json``: kinds of values, so that nobody who reads it meets another one.

A kind is a word, ``?`` behind it where nothing may stand; a list holds one kind, a mapping names
keys (``!`` before one that must be there, ``~`` before one that may be nothing, ``*`` for any
other). Keys that are not named are free.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from zoning.errors import Problem, Text

_COUNTS = {"*": "number?"}
_DISTORTION = {"!worst_local": "number", "!planar_m2": "number", "!ellipsoid_m2": "number",
               "!total": "number"}  # fmt: skip
_CERTIFICATE = {"!grade": "text", "ok": "flag", "objective": "number?", "bound": "number?",
                "gap": "number?", "en": "text", "zh": "text", "broken": ["text"]}  # fmt: skip
_GOAL = {"!goal": "text", "!value": "number", "!bound": "number", "!method": "text",
         "!floor": "number?", "!cap": "number?", "price": "number?", "!prices": ["number"],
         }  # fmt: skip
_PAIR = ["text"]
_CLASSES = [{"!label": _PAIR, "!colour": "text", "!code": "text?", "!lower": "number?",
             "!upper": "number?"}]  # fmt: skip
_HEAD = {"!name": "text", "!title": _PAIR,
         "!fields": [{"!name": "text", "!label": _PAIR, "!about": _PAIR, "!unit": "text",
                      "!words": {"*": _PAIR}}]}  # fmt: skip
_CHAPTER = {
    "!title": _PAIR, "!paragraphs": [_PAIR], "!maps": ["text"], "!tables": ["text"],
    "columns": {"*": ["text"]},
    "charts": [{"!title": _PAIR, "!table": "text", "!column": "text", "!label": "text"}],
    "~pages": {"!table": "text", "!keys": ["text"], "!name": "text", "!group": "text",
               "!item": _PAIR, "!value": _PAIR},
}  # fmt: skip
#: What wings gave, as :mod:`zoning.contribution.stored` describes it.
_CONTRIBUTION = {
    "!wing": "text", "!title": _PAIR,
    "!layers": [{**_HEAD, "!colour": "text", "!by": "text?", "!filled": "flag",
                 "!classes": _CLASSES}],
    "!tables": [{**_HEAD, "keys": ["text"]}],
    "!themes": [{"!name": "text", "!title": _PAIR, "!about": _PAIR, "!table": "text",
                 "!column": "text", "!classes": _CLASSES}],
    "!cards": [{"!title": _PAIR, "!table": "text", "!columns": ["text"], "place": "text",
                "terms": "text", "by": ["text"]}],
    "!chapters": [_CHAPTER],
}  # fmt: skip
#: The kinds of ``run.json``.
SHAPE: dict[str, Any] = {
    "!plan": "text", "!notice": "text?", "notice_zh": "text?", "digest": "text?",
    "software": {"*": "text?"}, "files": {"*": "text?"},
    "inputs": [{"role": "text?", "!path": "text", "sha256": "text?"}],
    "grid": {"crs": "text", "cell_m": "whole", "units": "whole", "distortion": _DISTORTION},
    "area_m2": {"!city": "whole", "units": "whole", "dropped": "whole"},
    "zones": {"*": _COUNTS},
    "redlines": {"areas": "number?", "features": "number?", "sum_m2": "number?",
                 "union_m2": "number?", "level1_m2": "number?", "units_touched": "number?"},
    "construction": {
        "existing_m2": "number?", "base_m2": "number?", "cap_share": "number?",
        "survey_factor": "number?", "cap_m2": "number?", "headroom_m2": "number?",
        "new_m2": "number?", "reduced_m2": "number?", "share": "number?",
        "existing_share": "number?", "eco_agri_share": "number?", "existing_redline_m2": "number?",
        "phases_m2": {"*": "whole"},
    },
    "allocation": {
        "method": "text", "status": "text", "!objective": "number", "bound": "number?",
        "gap": "number?", "unknown": "whole", "suitability_m2": "number", "boundary_m": "number?",
        "!certificate": _CERTIFICATE, "goals": [_GOAL],
    },
    "landuse_classes": [{"!value": "whole", "code": "text?", "!group": "text?", "!water": "flag",
                         "!farmland": "flag"}],
    "contributions": [_CONTRIBUTION],
    "what_if": {"lock_out": ["text"], "lock_in": ["text"]},
    "checks": [{"!check": "text", "!level": "text", "!ok": "flag", "!measured": "plain?",
                "!limit": "plain?", "!unit": "text", "!where": "text", "!en": "text",
                "!zh": "text"}],
    "notes": [{"level": "text?", "code": "text?", "where": "text?", "en": "text?", "zh": "text?"}],
}  # fmt: skip
_WORDS = {
    "text": Text("text", "文本"), "number": Text("a number", "数"),
    "whole": Text("a whole number", "整数"), "flag": Text("true or false", "真或假"),
    "plain": Text("a number or text", "数或文本"), "list": Text("a list", "列表"),
    "map": Text("a table of keys", "键值表"),
}  # fmt: skip
_REMEDY = Text("run zoning run again", "请重新运行 zoning run")
#: Whole numbers of files are held in so many bits.
_MOST = 2**63


def problems(value: Any, kind: Any = SHAPE, at: str = "run.json") -> Iterator[Problem]:
    """Give every place where a value is of another kind.

    Examples
    --------
    >>> run = {"plan": "x", "notice": "", "area_m2": {"city": "7"}}
    >>> [p.where for p in problems(run)]
    ['run.json: area_m2.city']
    """
    if isinstance(kind, dict):
        yield from _mapping(value, kind, at)
    elif isinstance(kind, list):
        if not isinstance(value, list):
            yield _problem(value, "list", at)
            return
        for n, one in enumerate(value):
            yield from problems(one, kind[0], f"{at}[{n}]")
    elif not (value is None and kind.endswith("?")) and not _fits(value, kind.rstrip("?")):
        yield _problem(value, kind.rstrip("?"), at)


def _mapping(value: Any, kind: Mapping[str, Any], at: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield _problem(value, "map", at)
        return
    join = ": " if at == "run.json" else "."
    gone = [k[1:] for k in kind if k.startswith("!") and k[1:] not in value]
    if gone:
        text = Text(f"no {', '.join(gone)}", f"缺少 {'、'.join(gone)}")
        yield Problem(text, at, code="damaged", remedy=_REMEDY)
    for key, inner in kind.items():
        name = key.lstrip("!~")
        if name in value and not (value[name] is None and key.startswith("~")):
            yield from problems(value[name], inner, f"{at}{join}{name}")
    if "*" in kind:
        for name in value:
            if name not in kind:
                yield from problems(value[name], kind["*"], f"{at}{join}{name}")


def _fits(value: Any, kind: str) -> bool:
    if kind == "flag":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return kind == "plain"
    if kind == "text":
        return isinstance(value, str)
    if isinstance(value, int):
        return kind in ("number", "whole", "plain") and abs(value) < _MOST
    if isinstance(value, float):
        return kind == "plain" or (kind == "number" and math.isfinite(value))
    return kind == "plain" and isinstance(value, str)


def _problem(value: Any, kind: str, at: str) -> Problem:
    shown = repr(value)
    shown = shown if len(shown) < 40 else shown[:37] + "..."
    word = _WORDS[kind]
    return Problem(
        Text(f"is {shown}, not {word.en}", f"为 {shown}，应为{word.zh}"), at, code="damaged",
        remedy=_REMEDY,
    )  # fmt: skip
