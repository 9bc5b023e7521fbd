"""What patches of new land must be like, counted again square by square."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings
from zoning.verify.squares import neighbours


@dataclass(frozen=True)
class _Land:
    """Area, existing and new construction of each unit, m2, and which are cores."""

    area: dict[str, int]
    new: dict[str, int]
    core: set[str]


def audit(plan: Plan, found: Findings) -> None:
    """Walk from square to square over new land and cores; no patch breaks what is wished."""
    part, pieces = plan.config.allocation, plan.pieces
    wished = part.min_patch_m2 or (part.whole_units and (part.min_patch_units > 1 or part.attached))
    if not wished or pieces is None or "new_m2" not in pieces or "allocation" not in plan.run:
        return
    land = _land(plan)
    patches = list(_patches(plan, land))
    place = "plan.gpkg: pieces, new_m2"
    if part.min_patch_m2:
        areas = [sum(land.new[u] for u in p) for p in patches if not p & land.core]
        small = [a for a in areas if 0 < a < part.min_patch_m2]
        text = Text(
            f"patches of new land are {part.min_patch_m2:,} m² or more ({len(small)} are smaller)",
            f"新增斑块不小于 {part.min_patch_m2:,} m²（{len(small)} 个不足）",
        )
        found.add("verify.patches", not small, text, place,
                  measured=min(small, default=None), limit=part.min_patch_m2)  # fmt: skip
    if part.whole_units and (part.min_patch_units > 1 or part.attached):
        bad = [
            p for p in patches
            if not p & land.core and (part.attached or len(p) < part.min_patch_units)
        ]  # fmt: skip
        first = min((min(p) for p in bad), default="city")
        text = Text(
            f"patches without a core have {part.min_patch_units} units or more"
            + (", and none may be" if part.attached else "") + f" ({len(bad)} must not be)",
            f"不含建成核心的斑块不少于 {part.min_patch_units} 个单元"
            + ("，且不得存在" if part.attached else "") + f"（{len(bad)} 个不符）",
        )  # fmt: skip
        found.add("verify.patches", not bad, text, place if not bad else f"{place}: {first}",
                  measured=len(bad), limit=0, unit="patches")  # fmt: skip


def cores(plan: Plan, area: dict[str, int], built: dict[str, int]) -> set[str]:
    """Say which units count as built whatever is placed."""
    share = Fraction(str(plan.config.allocation.core_share))
    return {u for u, m2 in area.items() if built[u] > share * m2}


def _land(plan: Plan) -> _Land:
    sums: list[dict[str, int]] = [{}, {}, {}]
    if plan.pieces is None:
        return _Land({}, {}, set())
    p = plan.pieces
    for unit, *values in zip(p["unit"], p["area_m2"], p["built_m2"], p["new_m2"], strict=True):
        for total, value in zip(sums, values, strict=True):
            total[str(unit)] = total.get(str(unit), 0) + int(value)
    area, built, new = sums
    return _Land(area, new, cores(plan, area, built))


def _patches(plan: Plan, land: _Land) -> Iterator[set[str]]:
    """Give the patches of units with new land and cores, those with new land alone."""
    near = neighbours([str(u) for u in plan.units.index], plan.grid.cell_m)
    here = land.core | {u for u, m2 in land.new.items() if m2 > 0}
    left = set(here)
    for unit in sorted(here):
        if unit not in left:
            continue
        left.discard(unit)
        patch, queue = {unit}, [unit]
        while queue:
            for other in near.get(queue.pop(), ()):
                if other in left:
                    left.discard(other)
                    patch.add(other)
                    queue.append(other)
        if any(land.new[u] > 0 for u in patch):
            yield patch
