"""Ladders that were solved beforehand: the reference case ships with its own.

A ladder is taken only for the very question that it answers: the same pieces, rules, weight and
locks, and the same new land at the plan's own cap. Anything else is solved.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from zoning.allocation.model import QUANTUM
from zoning.base.shipped import data_path
from zoning.errors import Text
from zoning.outputs.webmap.ladder import changes
from zoning.questions.rungs import Ladder, Step

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from zoning.plan import Plan

_NAMES = ("unit", "township", "county", "zone", "township_zone")
_FACTS = ("cap_share", "cap_m2", "headroom_m2", "new_m2", "objective", "bound", "gap", "method",
          "grade", "price")  # fmt: skip


def question_of(plan: Plan) -> str:
    """Give one number for all that the caps of a plan are solved from.

    Suitability counts as the solver reads it, to nine decimals.
    """
    pieces = plan.pieces
    if pieces is None:
        return ""
    seal = hashlib.sha256()
    seal.update("\n".join(map(str, pieces.index)).encode())
    for name in (c for c in _NAMES if c in pieces):
        said = pieces[name].astype("string").fillna("").to_numpy(object)
        seal.update("\n".join(said.tolist()).encode())
    for name in (c for c in pieces.columns if c.endswith("_m2") and c != "new_m2"):
        land = pieces[name].astype("Int64").fillna(-1).to_numpy("i8")
        seal.update(name.encode() + land.tobytes())
    worth = pieces["suitability"].astype("Float64").fillna(0.0).to_numpy(float)
    seal.update(np.round(worth * QUANTUM).astype("<i8").tobytes())
    rules: dict[str, Any] = {
        "cap": plan.config.cap.model_dump(mode="json", exclude_defaults=True),
        "allocation": plan.config.allocation.model_dump(mode="json", exclude_defaults=True),
        "zones": [[z.code, z.new_land] for z in plan.scheme.zones],
        "area_m2": int(plan.run["area_m2"]["city"]), "cell_m": plan.grid.cell_m,
        "what_if": plan.run.get("what_if") or {},
    }  # fmt: skip
    seal.update(json.dumps(rules, sort_keys=True, default=str).encode())
    return seal.hexdigest()


def dump(plan: Plan, ladder: Ladder) -> str:
    """Write a ladder for later; one with steps that failed is not kept.

    Raises
    ------
    ValueError
        If a step has no answer or breaks a rule.
    """
    if any(s.failed or s.why is not None for s in ladder.steps):
        raise ValueError("a ladder with open steps is not kept")
    if plan.pieces is None or not ladder.pieces.equals(plan.pieces.index):
        raise ValueError("a ladder of other pieces is not kept")
    steps = [
        {**{k: getattr(s, k) for k in _FACTS},
         "proof": None if s.proof is None else [s.proof.en, s.proof.zh]}
        for s in ladder.steps
    ]  # fmt: skip
    packed = base64.b64encode(zlib.compress(changes(ladder.new_m2), 9)).decode()
    kept = {
        "pieces": len(ladder.pieces),
        "question": question_of(plan),
        "own": ladder.own,
        "steps": steps,
        "new": packed,
    }
    return json.dumps(kept, ensure_ascii=False, indent=0) + "\n"


def find(plan: Plan, folder: Path | None = None) -> Ladder | None:
    """Give the ladder that was kept for the question of a plan, if there is one.

    Parameters
    ----------
    plan : Plan
    folder : Path, optional
        Where ladders lie; by default those that ship.
    """
    place = data_path("ladders") if folder is None else folder
    if plan.pieces is None or not place.is_dir():
        return None
    asked = ""
    for path in sorted(place.glob("*.json")):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept["pieces"] != len(plan.pieces) or "suitability" not in plan.pieces:
            continue
        asked = asked or question_of(plan)
        if kept["question"] == asked:
            found = _ladder(kept, plan.pieces.index)
            if _answers(plan, found):
                return found
    return None


def _ladder(kept: dict[str, Any], pieces: pd.Index) -> Ladder:
    steps = tuple(
        Step(**{k: s[k] for k in _FACTS}, proof=None if s["proof"] is None else Text(*s["proof"]))
        for s in kept["steps"]
    )
    land = np.zeros((len(steps), len(pieces)), dtype=np.int64)
    numbers = _numbers(zlib.decompress(base64.b64decode(kept["new"])))
    for k in range(len(steps)):
        if k:
            land[k] = land[k - 1]
        at = 0
        for _ in range(next(numbers)):
            at += next(numbers)
            zigzag = next(numbers)
            land[k, at] += (zigzag >> 1) ^ -(zigzag & 1)
    return Ladder(steps, int(kept["own"]), land, pieces)


def _numbers(raw: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def _answers(plan: Plan, ladder: Ladder) -> bool:
    """Hold the plan's own step against the plan, which was solved just now."""
    own = plan.pieces["new_m2"].to_numpy() if plan.pieces is not None else None
    same = ladder.steps[ladder.own].cap_share == plan.config.cap.share
    return same and bool((ladder.new_m2[ladder.own] == own).all())
