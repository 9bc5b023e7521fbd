"""Every shipped method, weighting and scale through check, run, stability, explain, methods."""

from __future__ import annotations

import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import zoning as zn
from tests import worlds
from zoning.base.shipped import data_path
from zoning.planfile import load
from zoning.zones import load_method, method_names, parse_method

pytestmark = pytest.mark.slow

WEIGHTINGS = ("as shipped", "ahp", "entropy", "critic", "joined")
SCALES = ("as shipped", "minmax", "zscore", "breaks")


def changed(name: str, weighting: str, scale: str) -> dict:
    """A shipped method with another weighting and other scales in every dimension that can."""
    shipped, dimensions = load_method(name), {}
    for d in shipped.dimensions:
        if len(d.terms) < 2:
            continue
        part: dict = {"source": "test", "evidence": "own"}
        if scale != "as shipped":
            # Direction stays: a scale that runs downwards is reversed.
            part["term"] = [
                {"indicator": t.indicator, "weight": t.weight, "scale": scale,
                 "reverse": bool(t.scale.low > t.scale.high), "missing": t.missing,
                 **({"classes": 3} if scale == "breaks" else {})}
                for t in d.terms
            ]  # fmt: skip
        n = len(d.terms)
        use = {"as shipped": None, "joined": ["ahp", "entropy", "critic"]}.get(
            weighting, [weighting]
        )
        if use is not None:
            ahp = [[1.0] * n for _ in range(n)] if "ahp" in use else []
            part["weighting"] = {"use": use, "join": "least-squares", "ahp": ahp}
        if not d.breaks:
            part["cuts"] = "breaks" if scale == "zscore" else list(d.cuts)
        dimensions[d.name] = part
    return {"base": name, "dimension": dimensions}


def world(folder: Path, method: dict) -> Path:
    """The small county in 18 townships of one square each, so that data can be weighed."""
    plan = worlds.write(folder)
    rng = np.random.default_rng(7)
    rows = []
    for k, (col, row) in enumerate(itertools.product(range(6), range(3))):
        rows.append({"code": f"3210000{k:02d}", "name": f"{k} 镇", "county": "321001",
                     "geometry": worlds.square(col, row).intersection(worlds.CITY)})  # fmt: skip
    towns = gpd.GeoDataFrame(rows, crs=worlds.CRS)
    towns.to_file(folder / "乡镇.gpkg")
    pd.DataFrame({
        "code": towns["code"], "population": rng.integers(500, 9000, 18),
        "gdp_10k_yuan": rng.integers(900, 90_000, 18), "min_to_centre": rng.uniform(1, 99, 18),
        "slope_deg": rng.uniform(0, 14, 18), "built_share": rng.uniform(0, 0.6, 18),
            "farmland_share": rng.uniform(0, 0.9, 18), "redline_share": rng.uniform(0, 0.7, 18),
    }).to_csv(folder / "乡镇.csv", index=False)  # fmt: skip
    text = plan.read_text(encoding="utf-8")
    body = worlds.toml({"zones": {"scheme": "zhenjiang-2013", "method": method}})
    plan.write_text(text + body, encoding="utf-8")
    return plan


@pytest.mark.parametrize(("name", "weighting", "scale"), [
    # Every pair of method and scale, of method and weighting, of weighting and scale once.
    pytest.param(name, WEIGHTINGS[(i + j) % 5], SCALES[j],
                 marks=() if j == 1 and i % 2 == 0 else pytest.mark.slow)
    for i, name in enumerate(method_names()) for j in range(4)
])  # fmt: skip
def test_every_method_runs(tmp_path, name, weighting, scale):
    method = changed(name, weighting, scale)
    parse_method(method)
    plan = world(tmp_path, method)
    zn.check(plan)
    found = zn.run(plan)
    towns = found.townships
    assert len(towns) == 18 and towns["zone"].notna().sum() >= 12
    firm = found.stability(draws=40)
    assert firm.draws.townships["stability"].notna().sum() >= 12
    assert zn.explain(found, str(towns.index[0]), "en").lines
    beside = zn.methods(found)
    assert "plan" in beside.table and set(method_names()) <= set(beside.table.columns)
    assert (beside.table["plan"].fillna("") == towns["zone"].fillna("")).all()
    assert set(beside.table["status"]) <= {"accept", "flag", "review"}


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in method_names() if n != "two-matrices"])
def test_every_shipped_method_runs_on_the_reference_case(name):
    config = load(data_path("zhenjiang.toml"))
    part = config.zones.model_copy(update={"method": name, "compare": ()})
    found = zn.run(
        config.model_copy(update={"zones": part}), folder=data_path("zhenjiang.toml").parent
    )
    assert found.townships["zone"].notna().sum() > 40
    assert found.units["new_m2"].sum() > 0
