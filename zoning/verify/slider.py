"""The slider of the map read back: every cap holds its limits, and the plan's own step is the plan.

Nothing is solved here: that no step could be better is what ``zoning allocate --cap`` proves.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from zoning.errors import Text
from zoning.outputs.webmap.payload import units_in_order
from zoning.plan import Plan
from zoning.verify.compare import Findings

Land = npt.NDArray[np.int64]


def slider(plan: Plan, packed: Mapping[str, Any], found: Findings) -> None:
    """Hold a ladder of the page against the plan.

    Parameters
    ----------
    plan : Plan
    packed : mapping
        The key ``ladder`` of the page's document.
    found : Findings
        Gets one statement, with the first step that is wrong.
    """
    pieces = plan.pieces
    if pieces is None:
        return
    order = units_in_order(plan)
    steps = packed["steps"]
    land = _table(packed["units"], len(order), len(steps))
    wrong = next(_wrong(plan, packed, land), None)
    ok = wrong is None
    text = (
        Text("map.html: the steps of the slider keep the limits; best or not is not proved again",
             "map.html：滑块各档符合限额；是否最优未再证明") if wrong is None
        else Text(f"map.html, slider: {wrong.en}", f"map.html，滑块：{wrong.zh}")
    )  # fmt: skip
    found.add("verify.slider", ok, text, "map.html")


def _wrong(plan: Plan, packed: Mapping[str, Any], land: Land) -> Iterator[Text]:
    order, pieces = units_in_order(plan), plan.pieces
    if pieces is None:
        return
    sums = pieces.groupby("unit", observed=True)[["free_m2", "new_m2"]].sum().reindex(order)
    free, new = (sums[c].to_numpy(np.int64) for c in ("free_m2", "new_m2"))
    if (land[packed["own"]] != new).any():
        yield Text("the plan's own step is not the plan", "方案所在档与方案不一致")
    c = plan.run["construction"]
    shut = {z.code for z in plan.scheme.members if z.code in plan.scheme.closed}
    closed = plan.units["zone"].reindex(order).isin(shut).to_numpy(dtype=bool)
    for step, row in zip(packed["steps"], land, strict=True):
        share = f"{step['cap_share']:.2%}"
        if (row < 0).any() or (row > free).any() or (row[closed] > 0).any():
            yield Text(f"at {share} land is new that may not be", f"{share} 档新增用地越界")
        if step["new_m2"] is None:
            continue
        cap = int(step["cap_share"] * c["base_m2"] + 1e-6)
        room = max(cap - c["existing_m2"], 0)
        told = (step["cap_m2"], step["headroom_m2"], step["new_m2"])
        if told[2] != row.sum() or told[2] > room or abs(told[0] - cap) > 1 or told[1] > room + 1:
            yield Text(f"the account at {share} does not follow", f"{share} 档账目不符")
    if "townships" in packed and plan.townships is not None:
        towns = _table(packed["townships"], len(plan.townships), len(land))
        if (towns.sum(axis=1) != land.sum(axis=1)).any():
            yield Text("townships do not add up to the units", "乡镇合计与单元不符")


def _table(text: str, places: int, steps: int) -> Land:
    """Read changes from step to step, by other means than the page does."""
    numbers = _numbers(zlib.decompress(base64.b64decode(text)))
    table = np.zeros((steps, places), dtype=np.int64)
    for k in range(steps):
        table[k] = table[k - 1] if k else 0
        at = 0
        for _ in range(next(numbers)):
            at += next(numbers)
            twice = next(numbers)
            table[k, at] += (twice >> 1) ^ -(twice & 1)
    return table


def _numbers(raw: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in raw:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0
