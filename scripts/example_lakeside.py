"""A worked example in the manner of the Chaohu lakeside study, on the reference case.

    python scripts/example_lakeside.py [-o FILE.csv]

The study (生态学报 38(3):866, 2018) takes townships on a 500 m grid, carries cell values to
townships by D_i = sum_j N_j A_ij / A_i, weighs by AHP and entropy together, and reads a short-board
matrix to four types. Indicators, judgements, grades and the matrix here are our own: the manner is
theirs, the numbers are not, and the data are a reconstruction for illustration.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

import zoning as zn
from zoning.base.shipped import data_path
from zoning.indicators import at_hand, transfer
from zoning.planfile import load
from zoning.weights import (
    Scale,
    ahp,
    combine_weights,
    entropy_weights,
    normalised,
    read_pairwise,
    scored,
)

#: Rows: bearing low, mid, high; columns: development low, mid, high (own choice).
MATRIX = {
    1: ("balance", "moderate", "moderate"),
    2: ("moderate", "key", "optimised"),
    3: ("key", "key", "optimised"),
}
DEVELOPMENT = ("population_density", "gdp_density", "built_share", "min_to_centre")


def cells_500_m() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Run the reference plan on a 500 m grid: cells, their townships, township attributes."""
    path = data_path("zhenjiang.toml")
    config = load(path)
    grid = {"preset": None, "crs": "EPSG:4549", "cell_m": 500, "expected_units": None}
    off = config.allocation.model_copy(update={"enabled": False})
    half = config.grid.model_copy(update=grid)
    plan = zn.run(config.model_copy(update={"grid": half, "allocation": off}), folder=path.parent)
    if plan.townships is None:
        raise SystemExit("the reference case has townships")
    townships = pd.DataFrame(plan.townships.drop(columns="geometry"))
    return plan.units, plan.tables["unit_townships"], townships


def three_grades(values: pd.Series) -> pd.Series:
    """Grade 1 to 3 by natural breaks."""
    return (scored(values, Scale("breaks", classes=3)) / 50 + 1).astype(int)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", type=Path, default=None, help="write the table as CSV")
    args = parser.parse_args()
    cells, overlap, townships = cells_500_m()
    known = at_hand(pd.DataFrame(cells))[["redline_share", "farmland_share", "built_share"]]
    real = overlap[overlap["township"].isin(townships.index)]
    d = transfer(known, real, source="unit", target="township", kind="intensive")
    d = d.join(townships[["name", "slope_deg", "min_to_centre"]])
    made = at_hand(townships)
    for name in ("population_density", "gdp_density"):  # in logarithms: they span two decades
        d[name] = np.log10(made[name].astype(float))

    judged = ahp(read_pairwise(data_path("examples", "lakeside_ahp.csv")))
    table, less = d[list(DEVELOPMENT)], ("min_to_centre",)
    entropy = entropy_weights(table, less=less)
    weights = combine_weights({"ahp": judged.weights, "entropy": entropy})
    d["development"] = normalised(table, less=less) @ weights
    d["development_grade"] = three_grades(d["development"])
    # The short board: the worse of ecology and land bears.
    d["ecology_grade"] = 4 - three_grades(d["redline_share"])
    land = 1 - d["farmland_share"] - d["redline_share"]
    d["land_grade"] = three_grades(land)
    d["bearing_grade"] = d[["ecology_grade", "land_grade"]].min(axis=1)
    d["type"] = [
        MATRIX[b][g - 1] for b, g in zip(d["bearing_grade"], d["development_grade"], strict=True)
    ]

    print(f"{len(cells):,} cells of 500 m, {len(d)} townships; judgements: {judged.tell('en')}")
    shown = pd.DataFrame({"AHP": judged.weights, "entropy": entropy, "combined": weights})
    print(shown.round(3).to_string())
    area = townships["area_m2"].groupby(d["type"]).sum() / townships["area_m2"].sum()
    counts = d["type"].value_counts()
    for zone in ("optimised", "key", "moderate", "balance"):
        print(f"{zone:10} {counts.get(zone, 0):3} townships {area.get(zone, 0.0):6.1%} of the area")
    agree = (d["type"] == townships["zone"]).mean()
    print(f"the same as two-matrices in {agree:.0%} of the townships")
    if args.o:
        d.to_csv(args.o, encoding="utf-8-sig")
        print(f"wrote {args.o}")


if __name__ == "__main__":
    main()
