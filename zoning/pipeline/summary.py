"""The numbers of ``run.json``: what went in, what came out, with which software."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import pandas as pd

from zoning import __version__
from zoning.capacity.rules import by_column
from zoning.errors import once
from zoning.ledger import redlines
from zoning.planfile.kept import FORMAT
from zoning.zones import unzoned_land

if TYPE_CHECKING:
    from zoning.capacity import Account
    from zoning.inputs.gather import Intake
    from zoning.ledger.atoms import Ledger
    from zoning.pipeline.state import State
    from zoning.planfile.models import Config

_PACKAGES = ("numpy", "scipy", "pandas", "shapely", "geopandas", "pyproj", "pyogrio", "rasterio",
             "pyarrow", "folium")  # fmt: skip


def software() -> dict[str, str]:
    """List the versions that a result depends on."""
    return dict(_versions())


@cache
def _versions() -> dict[str, str]:
    """Look the packages up, once: they do not change while we run."""
    found = {"zoning": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def describe(
    config: Config, intake: Intake, ledger: Ledger, parts: pd.DataFrame, state: State
) -> dict[str, Any]:
    """Put together what ``run.json`` says of inputs, grid and red lines.

    What an account or an allocation says is added by :func:`zoning.pipeline.assemble.assemble`.

    Returns
    -------
    dict
        Plain data with the keys of the README; areas in whole square metres.
    """
    run: dict[str, Any] = {
        "format": FORMAT,
        "plan": config.plan.name,
        "notice": config.plan.notice,
        "notice_zh": config.plan.notice_zh,
        "software": software(),
        "inputs": [s.as_dict() for s in intake.sources],
        "grid": {
            **intake.grid.as_dict(),
            "units": len(state.units),
            "distortion": intake.distortion.as_dict(),
        },
        "area_m2": {
            "city": ledger.city_m2,
            "units": int(state.units["area_m2"].sum()),
            "dropped": ledger.dropped_m2,
        },
        "zones": {},
        "unzoned": {"why": state.unzoned._asdict()} if state.unzoned else {},
        "left_out": left_out(config, intake),
    }
    if state.redlines is not None:
        run["redlines"] = redlines.summary(state.redlines, state.tables["redline_areas"], parts)
    if intake.classes is not None:
        run["landuse_classes"] = class_records(intake.classes)
    run["notes"] = [f.record() for f in once(intake.findings)]
    return run


def class_records(classes: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the class table as plain data; a written plan then knows what its values mean."""
    columns = ["value", "code", "zh", "en", "group", "water", "farmland"]
    return [dict(r) for r in classes.reset_index()[columns].to_dict("records")]


def left_out(config: Config, intake: Intake) -> list[str]:
    """Name the parts that a plan does without because their input is absent.

    Red lines that are known not to be there are not left out.
    """
    layers = intake.layers
    parts = {
        "zones": layers.townships is None,
        "redlines": layers.redlines is None and not config.redlines.none,
        "construction": layers.landuse is None,
        "cap": layers.landuse is not None and config.cap.share is None,
        "allocation": (
            layers.landuse is None or layers.townships is None or config.cap.share is None
        ),
    }
    return [name for name, absent in parts.items() if absent]


def zones(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Give the sums of each zone as plain data."""
    columns = [c for c in ("units", "area_m2", "built_m2", "new_m2", "reduced_m2") if c in frame]
    return {str(zone): {c: int(row[c]) for c in columns} for zone, row in frame.iterrows()}


def unzoned(units: pd.DataFrame, before: Mapping[str, Any]) -> dict[str, Any]:
    """Give the sums of land without a zone, and why it has none, as plain data; often empty.

    ``before`` is what the run said of it: an answer to a question moves no zone.
    """
    found = unzoned_land(units)
    return {} if found is None else {**found, "why": before.get("why")}


def construction(config: Config, acc: Account, pieces: pd.DataFrame) -> dict[str, Any]:
    """Give the account of construction land as plain data, with the new land of the pieces."""
    new = int(pieces["new_m2"].sum()) if "new_m2" in pieces else 0
    gone = int(pieces["reduced_m2"].sum()) if "reduced_m2" in pieces else 0
    total, base = acc.existing_m2 - gone + new, acc.base_m2
    green = int(pieces["eco_agri_m2"].sum()) - new + gone
    ends = [by_column(p.name) for p in config.cap.phase[:-1]]
    phases = [(p.name, int(pieces[c].sum())) for p, c in zip(config.cap.phase, ends, strict=False)
              if c in pieces]  # fmt: skip
    if phases:
        phases.append((config.cap.phase[-1].name, new))
    more: dict[str, Any] = {"reduced_m2": gone} if "reduced_m2" in pieces else {}
    if phases:
        more["phases_m2"] = dict(phases)
    red = pieces["built_redline_m2"]
    return {
        "existing_m2": acc.existing_m2,
        "base_m2": base,
        "base_source": acc.rules.sources["base"],
        "base_year": config.plan.base_year,
        "cap_share": acc.cap_share,
        "survey_factor": acc.rules.survey_factor,
        "cap_m2": acc.cap_m2,
        "headroom_m2": acc.headroom_m2,
        "new_m2": new,
        **more,
        "share": total / base,
        "existing_share": acc.existing_m2 / base,
        "eco_agri_share": green / int(pieces["area_m2"].sum()),
        "zone_basis": acc.rules.zone_basis,
        "rural_roads_are_construction": bool(
            config.inputs.landuse and config.inputs.landuse.rural_roads_are_construction
        ),
        "existing_redline_m2": None if red.hasnans else int(red.sum()),
    }
