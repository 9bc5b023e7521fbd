"""Two versions of the small county: changes that can be planted one by one, for tests of diff.

Each plant changes one group of inputs or rules of the world of ``tests/worlds.py``, in its files.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from tests import worlds

Rules = dict[str, Any]


def write(folder: Path, plants: Iterable[str] = (), like: Path | None = None) -> Path:
    """Write the world with some plants; give its plan.toml.

    ``like`` is a folder whose files are copied, so that those that nobody touches stay the same.
    """
    if folder.exists():
        shutil.rmtree(folder)
    if like is None:
        worlds.write(folder)
    else:
        shutil.copytree(like, folder, ignore=shutil.ignore_patterns("plan-out"))
    plan = folder / "plan.toml"
    bare = plan.read_text(encoding="utf-8").split("[zones]\n")[0]
    rules: Rules = {"zones": {"scheme": "zhenjiang-2013"}}
    plan.write_text(bare, encoding="utf-8")
    for name in sorted(plants):
        PLANTS[name](folder, rules)
    plan.write_text(plan.read_text(encoding="utf-8") + worlds.toml(rules), encoding="utf-8")
    return plan


def _dimension(rules: Rules, name: str, **what: Any) -> None:
    """Change a dimension of the method."""
    own = {"source": "note", "evidence": "own"}
    method = rules["zones"].setdefault("method", {"base": "two-matrices", **own, "dimension": {}})
    method["dimension"].setdefault(name, dict(own)).update(what)


def _toml(folder: Path, old: str, new: str) -> None:
    path = folder / "plan.toml"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(old, new, text, count=1, flags=re.MULTILINE)
    assert changed != text, old
    path.write_text(changed, encoding="utf-8")


def townships(folder: Path, rules: Rules) -> None:
    """丙镇 is richer."""
    table = pd.read_csv(folder / "乡镇.csv")
    table.loc[2, "gdp_10k_yuan"] = 60_000
    table.to_csv(folder / "乡镇.csv", index=False, encoding="utf-8")


def redline(folder: Path, rules: Rules) -> None:
    """R2 goes one row down and two columns to the right; R3 is new."""
    frame = worlds.redlines()
    frame.loc[1, "geometry"] = worlds.square(3, 1.4, 1, 0.6)
    third = frame.iloc[[1]].assign(
        area_code="R3", name="丙泉", geometry=[worlds.square(5, 0, 0.5, 1)]
    )
    pd.concat([frame, third]).to_file(folder / "红线.gpkg")


def landuse(folder: Path, rules: Rules) -> None:
    """乙镇 is built up in its lower row."""
    import rasterio

    with rasterio.open(folder / "用地.tif", "r+") as file:
        use = file.read(1)
        use[20:30, 20:40] = 7
        file.write(use, 1)


def boundary(folder: Path, rules: Rules) -> None:
    """The city loses its lower right corner: one square and a half."""
    city = worlds.CITY.difference(worlds.square(5, -1, 2, 2.5))
    gpd.GeoDataFrame({"name": ["小城"]}, geometry=[city], crs=worlds.CRS).to_file(
        folder / "边界.gpkg"
    )


def cuts(folder: Path, rules: Rules) -> None:
    """丙镇 passes the lower cut of guidance."""
    _dimension(rules, "guidance", cuts=[15, 80])


def weights(folder: Path, rules: Rules) -> None:
    """Only people count in guidance: 丙镇 passes the lower cut."""
    term = {"indicator": "population_density", "weight": 1, "scale": "log", "low": 200,
            "high": 5000}  # fmt: skip
    _dimension(rules, "guidance", term=[term])


def overlay(folder: Path, rules: Rules) -> None:
    """Balance rules where 60 % is protected."""
    rules["zones"]["overlay"] = [
        {"code": "balance", "share": 0.6, "source": "note", "evidence": "own"}
    ]


def decisions(folder: Path, rules: Rules) -> None:
    """乙镇 is decided; and one unit of 丙镇."""
    (folder / "决定.csv").write_text(
        "level,code,zone,reason,who,date\n"
        "township,321000002,moderate,试点,规划局,2024-01-05\n"
        "unit,1kmN3500E504,key,试点,规划局,2024-01-05\n",
        encoding="utf-8",
    )
    rules["zones"]["overrides"] = "决定.csv"


def caps(folder: Path, rules: Rules) -> None:
    """Less may be built."""
    _toml(folder, r"^share = 0\.28$", "share = 0.22")


def allocation(folder: Path, rules: Rules) -> None:
    """Boundary counts."""
    rules["allocation"] = {"boundary_weight": 0.3}


PLANTS: dict[str, Callable[[Path, Rules], None]] = {
    "boundary": boundary, "townships": townships, "redline": redline, "landuse": landuse,
    "weights": weights, "cuts": cuts, "rules": overlay, "decisions": decisions, "caps": caps,
    "allocation": allocation,
}  # fmt: skip
