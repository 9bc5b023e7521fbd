"""The least size of patches of new land, counted again square by square."""

from __future__ import annotations

from zoning.allocation.space import lattice_edges
from zoning.errors import Text
from zoning.plan import Plan
from zoning.verify.compare import Findings


def audit(plan: Plan, found: Findings) -> None:
    """Walk from square to square over new land and cores; no patch without a core is too small."""
    part, pieces = plan.config.allocation, plan.pieces
    if not part.min_patch_m2 or pieces is None or "new_m2" not in pieces:
        return
    area: dict[str, list[int]] = {}
    rows = zip(pieces["unit"], pieces["area_m2"], pieces["built_m2"], pieces["new_m2"], strict=True)
    for unit, m2, built, new in rows:
        mine = area.setdefault(str(unit), [0, 0, 0])
        for k, value in enumerate((m2, built, new)):
            mine[k] += int(value)
    core = {u for u, (m2, built, _) in area.items() if built > part.core_share * m2}
    here = core | {u for u, (_, _, new) in area.items() if new > 0}
    near: dict[str, list[str]] = {u: [] for u in here}
    edges = lattice_edges(plan.units.index, plan.grid.cell_m)
    for one, two in zip(edges["a"], edges["b"], strict=True):
        if one in here and two in here:
            near[one].append(two)
            near[two].append(one)
    seen: set[str] = set()
    small = 0
    least = None
    for unit in sorted(here):
        if unit in seen:
            continue
        patch, queue = {unit}, [unit]
        while queue:
            for other in near[queue.pop()]:
                if other not in patch:
                    patch.add(other)
                    queue.append(other)
        seen |= patch
        land = sum(area[u][2] for u in patch)
        if land and not patch & core:
            least = land if least is None else min(least, land)
            small += land < part.min_patch_m2
    text = Text(
        f"patches of new land are {part.min_patch_m2:,} m² or more ({small} are smaller)",
        f"新增斑块不小于 {part.min_patch_m2:,} m²（{small} 个不足）",
    )
    found.add("verify.patches", small == 0, text, "plan.gpkg: pieces, new_m2",
              measured=least if small else None, limit=part.min_patch_m2)  # fmt: skip
