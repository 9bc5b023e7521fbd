"""A published study of townships worked again from its printed tables (Fukang, 2016)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.cluster.hierarchy import fcluster, linkage

from zoning.base.shipped import data_path
from zoning.questions.stability.clusters import grouped

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def study():
    path = ROOT / "scripts" / "example_fukang.py"
    spec = importlib.util.spec_from_file_location("example_fukang", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    printed = pd.read_csv(data_path("examples", "fukang_2016.csv")).set_index("name")
    return module, printed


def test_table_3_follows_from_table_2(study):
    module, printed = study
    ours = module.again(printed)
    assert (ours["suited_ha"] - printed["suited_ha"]).abs().max() <= 0.0101  # table 2 is rounded
    assert ours["suited_percent"].tolist() == printed["suited_percent"].tolist()
    assert ours["gain_ha"].tolist() == printed["gain_ha"].tolist()
    grades = printed[["highly_ha", "basically_ha", "reluctantly_ha", "unsuited_ha"]].sum(axis=1)
    assert (grades - printed["unused_ha"]).abs().max() <= 0.0101


def test_sums_of_the_zones_are_those_of_the_abstract(study):
    _, printed = study
    found = printed.groupby("zone")[["suited_ha", "gain_ha"]].sum().round(2)
    assert found.loc[["I", "II", "III", "IV"]].to_numpy().tolist() == [
        [21000.97, 15222.92], [12875.69, 10155.41], [5008.84, 4165.35], [878.67, 753.78],
    ]  # fmt: skip


@pytest.mark.parametrize("how", ["ward", "kmeans"])
def test_eight_of_nine_townships_fall_into_their_zone(study, how):
    module, printed = study
    x = printed[list(module.INDICATORS)].to_numpy(np.float64)
    found = grouped(printed, x, how)
    assert found.moved.index.tolist() == ["城关镇"]
    assert found.table.loc["城关镇", "cluster_zone"] == "III"
    assert found.kappa == pytest.approx(0.86, abs=0.005) and 0.3 < found.chance < found.kappa


def test_no_usual_linkage_gives_the_printed_groups(study):
    """What the page says of linkages and scalings that were tried."""
    module, printed = study
    x = printed[list(module.INDICATORS)].to_numpy(np.float64)
    scaled = {"raw": x, "z": (x - x.mean(0)) / x.std(0), "m": (x - x.min(0)) / np.ptp(x, axis=0)}
    want = {frozenset(g) for g in printed.groupby("zone").groups.values()}
    usual = {frozenset(g) for g in (
        ("城关镇", "九运街镇", "滋泥泉子镇"), ("阜康市区",), ("甘河子镇", "准东办事处"),
        ("三工河乡", "水磨沟乡"), ("上户沟乡",))}  # fmt: skip
    for scale, values in scaled.items():
        for how in ("ward", "average", "complete", "single", "centroid"):
            label = fcluster(linkage(values, how), 5, "maxclust")
            got = {frozenset(g) for g in printed.groupby(label).groups.values()}
            assert got != want
            assert (got == usual) == (scale != "raw" and how != "single"), (scale, how)
            if scale == "raw":
                assert max(map(len, got)) == 5
