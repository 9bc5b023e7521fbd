"""The way back mirrors the way there, over random pairs of plans; a plan and itself do not differ.

The seed is drawn by the test and told where it fails (:mod:`tests.seeds`).
"""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
from shapely import affinity

from tests import versions, worlds
from tests.seeds import fresh_seeds, told
from zoning import api
from zoning.review.diff import shown
from zoning.review.diff.compare import compare

pytestmark = pytest.mark.slow
SWAP = {"zone_before": "zone_after", "zone_after": "zone_before",
        "area_before_m2": "area_after_m2", "area_after_m2": "area_before_m2",
        "new_before_m2": "new_after_m2", "new_after_m2": "new_before_m2"}  # fmt: skip
ZONES = ("optimised", "key", "moderate", "balance")


def world(rng, folder, like):
    """Write the small county with random plants, red lines, land use, decisions and cap."""
    some = [p for p in versions.PLANTS if p not in ("decisions", "caps") and rng.random() < 0.3]
    plan = versions.write(folder, some, like)
    red = gpd.read_file(folder / "红线.gpkg")
    turned = [affinity.rotate(affinity.translate(g, *rng.uniform(-900, 900, 2)), rng.uniform(0, 90))
              for g in red.geometry]  # fmt: skip
    red = red.set_geometry(turned, crs=red.crs)
    red["level"] = rng.integers(1, 3, len(red))
    left = red[rng.random(len(red)) < 0.85]
    if rng.random() < 0.8 and len(left):  # a layer of nothing is refused, as it should be
        left.to_file(folder / "红线.gpkg")
    with rasterio.open(folder / "用地.tif", "r+") as file:
        use = file.read(1)
        for _ in range(4):
            row, col = rng.integers(0, 25), rng.integers(0, 50)
            use[row : row + rng.integers(1, 9), col : col + rng.integers(1, 15)] = rng.choice(
                [1, 7, 17]
            )
        file.write(use, 1)
    text = plan.read_text(encoding="utf-8")
    text = text.replace("share = 0.28", f"share = {rng.uniform(0.2, 0.9):.3f}", 1)
    rows = ["level,code,zone,reason,who,date"]
    rows += [f"township,32100000{n},{rng.choice(ZONES)},试点,规划局,2024-01-05"
             for n in (1, 2, 3) if rng.random() < 0.4]  # fmt: skip
    if len(rows) > 1:
        (folder / "决定.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        text = text.replace("[zones]\n", '[zones]\noverrides = "决定.csv"\n', 1)
    plan.write_text(text, encoding="utf-8")
    return api.run(plan)


def keyed(frame, keys):
    return frame.set_index(keys).sort_index()


def mirrored(there, back):
    """Hold every table of one way against the same table of the way back."""
    pd.testing.assert_frame_equal(there.wide(), back.wide().T, check_names=False)
    pd.testing.assert_frame_equal(there.wide("units"), back.wide("units").T, check_names=False)
    units, other = there.units, back.units.reindex(there.units.index)
    assert len(units) == len(back.units)
    for column in ("zone_before", "area_before_m2", "new_before_m2", "new_after_m2"):
        if column in units:
            assert units[column].equals(other[SWAP[column]]), column
    assert (units["state"] == other["state"]).all()
    assert units["common_m2"].equals(other["common_m2"])
    if "new_difference_m2" in units:
        assert (units["new_difference_m2"] == -other["new_difference_m2"]).all()
    for name, keys in (("accounts", ["level", "code", "item"]),):
        one, two = (keyed(getattr(t, name), keys) for t in (there, back))
        assert one.index.equals(two.index)
        pd.testing.assert_series_equal(one["difference_m2"], -two["difference_m2"])
        assert one["before_m2"].equals(two["after_m2"].rename("before_m2"))
    assert len(there.shares) == len(back.shares) and len(there.limits) == len(back.limits)
    columns = ["kind", "code", "in_m2", "out_m2"]
    gone = back.protections.rename(columns={"in_m2": "out_m2", "out_m2": "in_m2"})
    assert sorted(there.protections[columns].astype(str).to_numpy().tolist()) == sorted(
        gone[columns].astype(str).to_numpy().tolist())  # fmt: skip
    one, two = there.agreement, back.agreement
    same = ("overall", "kappa", "quantity", "allocation")
    sums = [t[t["measure"].isin(same)].set_index(["basis", "measure"])["value"] for t in (one, two)]
    pd.testing.assert_series_equal(sums[0], sums[1])


def test_the_way_back_mirrors_the_way_there_over_random_plans(tmp_path):
    (seed,) = fresh_seeds(1, __file__)
    with told(seed) as rng:
        base = worlds.write(tmp_path / "base").parent
        plans = [world(rng, tmp_path / f"w{n}", base) for n in range(5)]
        differ = 0
        for one, two in itertools.combinations(plans, 2):
            there, back = compare(one, two, why=False), compare(two, one, why=False)
            mirrored(there, back)
            differ += not there.empty
        assert differ == 10  # random plans do differ
        for plan in plans:
            found = compare(plan, plan)
            assert found.empty and found.causes.runs == 0
            wide = found.wide().to_numpy()
            assert (wide == np.diag(np.diag(wide))).all()
            tables = {t.name for t in shown.tables(found, plan.units.index)}
            assert tables == {"diff_units", "diff_transitions", "diff_matrix", "diff_agreement"}
