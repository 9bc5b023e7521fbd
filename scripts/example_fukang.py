"""A published zoning of townships worked again from its printed tables: Fukang, 2016.

    python scripts/example_fukang.py [-o FILE.csv]

曾庆敏, 刘新平: 天山北坡经济带宜耕未利用地开发潜力分区及评价——以新疆阜康市为例,
中国生态农业学报 24(6):819-828, 2016. Table 2 prints land by four grades of suitability for nine
townships, table 3 the seven indicators and the five zones that hierarchical clustering made of
them. Their numbers stand in data/examples/fukang_2016.csv. What follows from table 2 is worked out
again by the functions of this package, and the townships are clustered again.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from zoning.base.shipped import data_path
from zoning.indicators import share_of_area
from zoning.questions.stability.clusters import grouped

M2_PER_HA = 10_000
INDICATORS = (
    "potential_percent", "gain_ha", "unused_ha", "suited_ha", "suited_percent", "mean_patch_ha",
    "fragmentation",
)  # fmt: skip


def again(table: pd.DataFrame) -> pd.DataFrame:
    """Work out what follows from the grades: suited land, its share, land gained, zone."""
    suited = table["highly_ha"] + table["basically_ha"]
    area = (table["unused_ha"] * M2_PER_HA).round().astype("Int64")
    part = (table["suited_ha"] * M2_PER_HA).round().astype("Int64")
    clusters = grouped(table, table[list(INDICATORS)].to_numpy(np.float64), "ward")
    return pd.DataFrame(
        {
            "suited_ha": suited.round(2),
            "suited_percent": (share_of_area(part, area) * 100).round(2),
            "gain_ha": (table["unused_ha"] * table["potential_percent"] / 100).round(2),
            "zone": clusters.table["cluster_zone"],
        }
    )


def main() -> None:
    """Print the study's numbers beside ours, and what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", type=Path, help="also write the table as CSV")
    args = parser.parse_args()
    printed = pd.read_csv(data_path("examples", "fukang_2016.csv")).set_index("name")
    ours = again(printed)
    both = pd.concat({"printed": printed[ours.columns], "again": ours}, axis=1)
    print(both.to_string())
    x = printed[list(INDICATORS)].to_numpy(np.float64)
    for how in ("ward", "kmeans"):
        found = grouped(printed, x, how)
        print(f"{how}: kappa {found.kappa:.2f}, by chance {found.chance:.2f}, "
              f"elsewhere: {', '.join(found.moved.index) or 'none'}")  # fmt: skip
    sums = printed.groupby("zone")[["suited_ha", "gain_ha"]].sum().round(2)
    print(sums.to_string())
    if args.o:
        both.to_csv(args.o, encoding="utf-8")


if __name__ == "__main__":
    main()
