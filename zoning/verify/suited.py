"""Suitability of units, weighed again part by part with plain numbers."""

from __future__ import annotations

import math
from typing import Any

from zoning.errors import Text, ZoningError
from zoning.plan import Plan
from zoning.verify.compare import Findings, missing


def audit(plan: Plan, found: Findings) -> None:
    """Weigh what is known of each unit again with the weights of the method."""
    import numpy as np

    from zoning.pipeline.ready import load_method
    from zoning.weights.scaling import scale_values

    try:
        method = load_method(plan.config)
    except ZoningError:
        return
    w = method.suitability
    if w is None or plan.townships is None:
        return
    towns = plan.townships
    scores = dict(towns[w.dimension].astype(object).items()) if w.dimension in towns else {}
    extra = []
    for term in w.terms:
        if term.indicator not in plan.units:
            return
        read = [_number(v) for v in plan.units[term.indicator].astype(object)]
        if not isinstance(term.missing, str):
            read = [float(term.missing) if v is None else v for v in read]
        scaled = scale_values(term.scale, np.array([math.nan if v is None else v for v in read]))
        extra.append((float(term.weight), [_number(v / 100.0) for v in scaled]))
    derived = {}
    for k, (unit, row) in enumerate(_rows(plan)):
        area = int(row["area_m2"])
        guidance = _number(scores.get(row.get("township")))
        built = _share(row, "built_m2", area)
        parts = [
            (w.guidance, None if guidance is None else guidance / 100.0),
            (w.built, None if built is None else min(built / w.built_full_share, 1.0)),
            (w.not_farmland, _rest(_share(row, "farmland_m2", area))),
            (w.not_protected, _rest(_share(row, "protected_m2", area))),
            *((weight, values[k]) for weight, values in extra),
        ]
        known = [(float(weight), v) for weight, v in parts if v is not None]
        whole = math.fsum(weight for weight, _ in known)
        value = math.fsum(weight * v for weight, v in known) / whole if whole > 0 else 0.0
        derived[unit] = min(max(value, 0.0), 1.0)
    stored = {str(u): _number(v) for u, v in plan.units["suitability"].astype(object).items()}
    found.column("verify.suitability", "units.parquet, suitability", stored, derived,
                 tolerance=1e-9, source=Text("shares and the method", "比例与方法"))  # fmt: skip


def _rows(plan: Plan) -> list[tuple[str, dict[str, Any]]]:
    wanted = ("area_m2", "township", "built_m2", "farmland_m2", "protected_m2")
    columns = [c for c in wanted if c in plan.units]
    cells = [plan.units[c].astype(object).tolist() for c in columns]
    return [
        (str(unit), dict(zip(columns, row, strict=True)))
        for unit, *row in zip(plan.units.index, *cells, strict=True)
    ]


def _number(value: Any) -> float | None:
    return None if missing(value) else float(value)


def _share(row: dict[str, Any], column: str, area: int) -> float | None:
    value = row.get(column)
    return None if area <= 0 or missing(value) else int(value) / area  # type: ignore[arg-type]


def _rest(share: float | None) -> float | None:
    return None if share is None else 1.0 - share
