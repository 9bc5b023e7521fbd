"""What ``run.json`` keeps of a comparison, so that it can be read and audited."""

from __future__ import annotations

from typing import Any

from zoning.review.diff.compare import Diff
from zoning.review.diff.sides import Side


def record(diff: Diff) -> dict[str, Any]:
    """Give what was compared, with what, as plain data.

    Returns
    -------
    dict
        ``before`` and ``after`` (``name``, ``digest``, ``scheme``, ``basis``, ``codes``),
        ``crosswalk`` (of zones, as data) and ``crosswalks`` (names), ``townships`` (pairs),
        ``groups`` that differ, ``runs``.
    """
    walk = diff.walk
    return {
        "before": _side(diff.before),
        "after": _side(diff.after),
        "basis": diff.after.basis,
        "crosswalks": list(walk.names),
        "crosswalk": None if walk.zones is None else {k: list(v) for k, v in walk.zones.items()},
        "townships": [list(pair) for pair in walk.towns],
        "groups": [g.code for g in diff.causes.groups],
        "runs": diff.causes.runs,
        "notes": [f.record() for f in diff.findings],
    }


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": side.name, "digest": side.digest, "scheme": side.scheme.name,
        "zones": list(side.scheme.codes),
    }  # fmt: skip
