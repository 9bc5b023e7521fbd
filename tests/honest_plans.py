"""Honest plans at random: land use, red lines, rules and answers drawn from a seed."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import worlds
from rasterio.transform import from_origin
from shapely import intersection

from zoning import api
from zoning.errors import InfeasibleError, InputError

#: Rules that may stand in a plan together, each with the share of plans that have it.
CAPS = (
    (0.7, "share = {share:.3f}\nsource = \"x\"\n"),
    (0.2, "survey_factor = 0.93\n"),
)  # fmt: skip
EXTRA = (
    (0.25, "[[cap.limit]]\nname = \"farm\"\nof = \"farmland\"\nupper = {farm}\n"),
    (0.2, "[[cap.limit]]\nname = \"east\"\ncounty = [\"321002\"]\nupper = {farm}\n"),
    (0.3, "[[cap.counties]]\nplace = \"321001\"\nfloor_m2 = {floor}\nsource = \"x\"\n"),
    (0.15, "[[cap.townships]]\nplace = \"321000002\"\ncap_m2 = {farm}\nsource = \"x\"\n"),
)  # fmt: skip
#: Phases, land that goes and what may be counted in each; whole units cannot have them.
STAGES = (
    (0.15, "[[cap.phase]]\nname = \"near\"\nshare = {near:.2f}\n[[cap.phase]]\nname = \"far\"\n"
           "[[cap.limit]]\nname = \"early\"\nof = \"farmland\"\nphase = \"near\"\n"
           "upper = {farm}\n"),
    (0.15, "[[cap.reduction]]\nname = \"old\"\ntownship = \"321000001\"\nshare = 0.2\n"
           "price = 0.02\n"),
    (0.15, "[[cap.limit]]\nname = \"points\"\nof = \"suitability\"\nkeep_share = {near:.2f}\n"
           "unit = \"points\"\n"),
)  # fmt: skip
ALLOCATION = (
    "boundary_weight = 0.05\n", "whole_units = true\n", "", "", "",
    "whole_units = true\nboundary_weight = 0.01\n",
    "whole_units = true\nmin_patch_units = 2\n",
    "whole_units = true\nattached = true\n", "min_patch_m2 = 300000\n",
    "goals = [\"most area\", \"least farmland\"]\n",
    "goals = [\"least farmland\"]\ngoals_within = 0.05\nboundary_weight = 0.02\n",
)  # fmt: skip
ZONES = (
    "", "", "[zones]\nscheme = \"zhenjiang-2013\"\n",
    "[zones]\nscheme = \"national\"\ncrosswalk = \"zhenjiang-2013_national\"\n",
)  # fmt: skip


def draw(seed: int, folder: Path) -> Path:
    """Write a world and a plan.toml; give the path of the plan."""
    rng = np.random.default_rng([20131, seed])
    values = {"share": rng.uniform(0.18, 0.6), "farm": int(rng.integers(50_000, 3_000_000)),
              "floor": int(rng.integers(0, 300_000)), "near": rng.uniform(0.2, 0.9)}  # fmt: skip
    cap = "".join(t for odds, t in CAPS if rng.random() < odds)
    cap = "[cap]\n" + cap if cap else ""
    limits = "".join(t for odds, t in EXTRA if rng.random() < odds)
    how = str(rng.choice(ALLOCATION))
    stages = "".join(t for odds, t in STAGES if rng.random() < odds)
    if "whole" not in how and "patch" not in how:
        limits += stages
    place = f"[allocation]\n{how}"
    zones = str(rng.choice(ZONES))
    extra = "[outputs]\nqgis = false\nmap = false\n" + zones + place
    text = (cap + limits).format(**values)
    if "national" in zones:  # the rules of worlds speak of zones of another scheme
        share = '[cap]\nshare = {share:.3f}\nsource = "x"\nevidence = "own"\n'.format(**values)
        path = worlds.write(folder, cap=None, extra=extra + share + limits.format(**values))
    else:
        path = worlds.write(folder, cap=text, extra=extra)
    towns = pd.read_csv(folder / "乡镇.csv", dtype={"code": str})
    for column, low, high in (("population", 1e3, 2e5), ("gdp_10k_yuan", 1e3, 2e6),
                              ("min_to_centre", 5, 90), ("slope_deg", 0, 20)):  # fmt: skip
        drawn = np.exp(rng.uniform(np.log(low + 1), np.log(high), len(towns)))
        towns[column] = drawn.round().astype(int)
    towns.to_csv(folder / "乡镇.csv", index=False, encoding="utf-8")
    use = rng.choice([1, 1, 1, 2, 7, 10, 17], (6, 12)).repeat(5, 0).repeat(5, 1).astype("uint8")
    with rasterio.open(
        folder / "用地.tif", "w", driver="GTiff", width=60, height=30, count=1, dtype="uint8",
        crs=worlds.CRS, transform=from_origin(worlds.X, worlds.Y + 3000, 100, 100), nodata=0,
    ) as file:  # fmt: skip
        file.write(use, 1)
    _protect(rng, folder)
    return path


def _protect(rng: np.random.Generator, folder: Path) -> None:
    """Draw red lines, some of which overlap."""
    rows = []
    for n in range(int(rng.integers(1, 5))):
        x, y = rng.uniform(0, 5), rng.uniform(0, 2.5)
        shape = worlds.square(x, y, rng.uniform(0.1, 1.5), rng.uniform(0.1, 1.0))
        rows.append({"area_code": f"R{n}", "name": f"区{n}", "type": "forest-park",
                     "level": int(rng.integers(1, 3)),
                     "geometry": intersection(shape, worlds.CITY)})  # fmt: skip
    gpd.GeoDataFrame(rows, crs=worlds.CRS).to_file(folder / "红线.gpkg")


def told(seed: int, folder: Path) -> tuple[str, list[str]]:
    """Run a plan of a seed and answers to it; give what it was and what verify refutes.

    Returns
    -------
    str
        ``"plan"``, ``"plan, answer"``, or ``"no plan"`` where rules cannot hold together.
    list of str
    """
    path = draw(seed, folder)
    out = folder / "out"
    try:
        plan = api.run(path, out)
    except InfeasibleError:
        return "no plan", []
    except InputError as error:
        return f"refused: {error.problems[0].code}", []
    off = refuted(out)
    kind = "plan"
    rng = np.random.default_rng([7, seed])
    if "new_m2" in plan.units and rng.random() < 0.6:
        try:
            answer = plan.allocate(cap=round(float(rng.uniform(0.2, 0.7)), 3))
        except (InfeasibleError, InputError):
            return kind, off
        answer.save(folder / "answer")
        off += refuted(folder / "answer")
        kind = "plan, answer"
    return kind, off


def refuted(folder: Path) -> list[str]:
    """Give what verify refutes; a limit that an honest plan says it misses is none of it."""
    found = [c for c in api.verify(folder) if not c.ok and c.level == "error"]
    ours = ("verify.", "allocation.certificate")
    return [f"{c.check}: {c.text.en}" for c in found if c.check.startswith(ours)]
