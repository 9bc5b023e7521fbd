"""A method that changes a shipped one: only what differs is written, and sources stay honest.

Each part of a method (a dimension, a term, a table of cells) has its own source. A part that the
plan leaves as it is keeps the source of the shipped method; one that it changes has the source that
the plan gives it, or is the plan's choice. Nothing inherits the source of what it replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Part = Mapping[str, Any]

#: Lists of parts, with the key that names one.
_LISTS = {"term": "indicator", "matrix": "name", "rule": "id"}
#: Parts that stand alone in another.
_TABLES = ("cube", "suitability", "weighting")
#: Keys that are words about a part and rule nothing.
_WORDS = {"name", "en", "zh", "notes", "scheme", "source", "evidence"}
_WHY = ("source", "evidence")


def lay_over(base: Part, changes: Part, name: str) -> dict[str, Any]:
    """Lay the changes of a plan over a shipped method.

    Parameters
    ----------
    base, changes : mapping
        Methods as they stand in TOML.
    name : str
        Of the shipped method, for the words.

    Examples
    --------
    >>> base = {"source": "book", "evidence": "S", "dimension": {"x": {"cuts": [1], "term": [
    ...     {"indicator": "a", "weight": 1}, {"indicator": "b", "weight": 2}]}}}
    >>> mine = {"dimension": {"x": {"source": "note", "evidence": "own", "cuts": [2]}}}
    >>> x = lay_over(base, mine, "m")["dimension"]["x"]
    >>> x["source"], [t["source"] for t in x["term"]]
    ('note', ['book', 'book'])
    """
    own = {"source": f"choice of the plan, changed from {name}", "evidence": "own"}
    whole: dict[str, Any] = _lay(_told(base, {}), changes, own)
    return whole


def _told(part: Part, around: Part) -> dict[str, Any]:
    """Write the source of every part beside it, also where it is that of the part around it."""
    why = {k: part.get(k, around.get(k)) for k in _WHY}
    out = {**part, **{k: v for k, v in why.items() if v is not None}}
    for key, value in part.items():
        if key in _LISTS and isinstance(value, list):
            out[key] = [_told(row, why) for row in value]
        elif key in _TABLES and isinstance(value, Mapping):
            out[key] = _told(value, why)
        elif key == "dimension" and isinstance(value, Mapping):
            out[key] = {name: _told(row, why) for name, row in value.items()}
    return out


def _lay(below: Part, above: Any, around: Part) -> Any:
    """Lay one part over another; ``around`` is what speaks for numbers without a source."""
    if not isinstance(above, Mapping):
        return above
    why = around
    if "source" in above:
        why = {"source": above["source"], "evidence": above.get("evidence", "own")}
    out, changed = dict(below), False
    for key, value in above.items():
        if key == "dimension" and isinstance(value, Mapping):
            known = below.get(key, {})
            laid = {name: _lay(known.get(name, {}), part, why) for name, part in value.items()}
            out[key] = {**known, **laid}
        elif key in _TABLES:
            out[key] = _lay(below.get(key, {}), value, why)
        elif key in _LISTS and isinstance(value, list):
            out[key] = _rows(below.get(key, []), value, _LISTS[key], why)
        else:
            both = isinstance(value, Mapping) and isinstance(below.get(key), Mapping)
            out[key] = {**below[key], **value} if both else value
            changed = changed or (key not in _WORDS and out[key] != below.get(key))
    return {**out, **why} if changed or "source" in above else out


def _rows(below: list[Any], above: list[Any], key: str, why: Part) -> list[Any]:
    """Give each row its source: an unchanged one that of the row it repeats."""
    known = {str(row.get(key)): row for row in below}
    found = []
    for row in above:
        if not isinstance(row, Mapping):
            found.append(row)
            continue
        if "source" in row:
            found.append({"evidence": "own", **row})
            continue
        old = known.get(str(row.get(key)), {})
        same = old and _ruling(row) == _ruling(old)
        found.append({**row, **{k: old[k] if same else why[k] for k in _WHY}})
    return found


def _ruling(row: Part) -> dict[str, Any]:
    return {k: v for k, v in row.items() if k not in _WORDS}
