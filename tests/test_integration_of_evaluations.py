"""The three evaluations read together: what comes first, what contradicts, what is left."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import rasterio
import worlds as world
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.evaluation import integrate, load_rules
from zoning.evaluation.integration import PURPOSES, UNKNOWN, first_of


def raster(path, values, nodata=255):
    place = rasterio.transform.from_origin(500_000, 3_560_000, 30, 20)
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype="uint8", crs=world.CRS, transform=place, nodata=nodata,
    ) as file:  # fmt: skip
        file.write(values.astype("uint8"), 1)
    return path


def case(folder, seed=1, shape=(37, 53)):
    rng = np.random.default_rng(seed)
    arrays = {p: rng.choice([*c, 255], shape) for p, c in PURPOSES.items()}
    arrays["landuse"] = rng.choice([1, 3, 7, 17], shape)
    paths = {
        p: raster(folder / f"{p}.tif", a, 0 if p == "landuse" else 255) for p, a in arrays.items()
    }
    return arrays, paths


def by_hand(arrays):
    """Count pixel by pixel, from the words of the guide and not from the file."""
    area = dict.fromkeys(("ecology", "both", "farm", "town", "important", "rest"), 0)
    found = dict.fromkeys(("built_on_extreme", "farmland_on_extreme", "farmland_unsuited",
                           "built_unsuited", "farm_potential", "town_potential"), 0)  # fmt: skip
    for e, a, t, use in zip(*(x.ravel() for x in arrays.values()), strict=True):
        if 255 in (e, a, t):
            continue
        farm, town = a <= 2, t <= 2
        if e == 5:
            area["ecology"] += 600
        elif farm and town:
            area["both"] += 600
        elif farm or town:
            area["farm" if farm else "town"] += 600
        else:
            area["important" if e == 3 else "rest"] += 600
        found["built_on_extreme"] += 600 * (use == 7 and e == 5)
        found["farmland_on_extreme"] += 600 * (use == 1 and e == 5)
        found["farmland_unsuited"] += 600 * (use == 1 and a == 5)
        found["built_unsuited"] += 600 * (use == 7 and t == 5)
        found["farm_potential"] += 600 * (use == 3 and e != 5 and farm)
        found["town_potential"] += 600 * (use == 3 and e != 5 and town)
    return area, found


@pytest.mark.parametrize("block", [7, 32, 1024])
def test_areas_are_those_counted_by_hand_whatever_the_window(tmp_path, block):
    arrays, paths = case(tmp_path)
    result = integrate(paths, tmp_path / "out.tif", block=block)
    area, found = by_hand(arrays)
    assert result.area_m2 == area and result.found_m2 == found
    known = np.logical_and.reduce([arrays[p] != 255 for p in PURPOSES])
    assert result.matrix["area_m2"].sum() == sum(area.values()) == known.sum() * 600
    assert result.unknown_cells == (~known).sum()
    with rasterio.open(result.path) as file:
        code, marks = file.read()
    assert ((code == UNKNOWN) == ~known).all() and ((marks == UNKNOWN) == ~known).all()
    keys = [r.key for r in (*result.rules.conflict, *result.rules.potential)]
    for bit, key in enumerate(keys):
        assert ((marks >> bit & 1).astype(bool) & known).sum() * 600 == found[key]
    for row in result.rules.priority:
        assert (code == row.code).sum() * 600 == area[row.key]


def test_without_land_use_conflicts_are_unknown_and_not_none(tmp_path):
    _, paths = case(tmp_path)
    del paths["landuse"]
    result = integrate(paths, tmp_path / "out.tif")
    assert result.found_m2 == {} and any("not known" in n.en for n in result.notes)


def test_an_evaluation_that_lacks_is_named(tmp_path):
    _, paths = case(tmp_path)
    del paths["town"]
    with pytest.raises(InputError, match="'town' is missing"):
        integrate({**paths, "roads": paths["ecology"]}, tmp_path / "out.tif")
    assert not (tmp_path / "out.tif").exists()


# A better class never makes the function less likely to come first (the guide's order).
@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(product(*PURPOSES.values()))))
def test_priority_follows_the_order_of_the_guide(combination):
    rules = load_rules()
    e, a, t = combination
    first = first_of(rules, combination).key
    assert (first == "ecology") == (e == 5)
    if first == "town":
        assert first_of(rules, (e, 1, t)).key == "both"  # farming comes before towns
    if first in ("farm", "both"):
        assert first_of(rules, (e, max(a - 1, 1), t)).key in ("farm", "both")


@pytest.mark.parametrize(("old", "new", "told"), [
    ("ecology = [5]\n\n[[priority]]", "ecology = [4]\n\n[[priority]]", "not [4]"),
    ("code = 2", "code = 1", "code 1 stands twice"),
    ('key = "farm"', 'key = "both"', "key both stands twice"),
    ('[[priority]]\ncode = 6\nkey = "rest"', '[[conflict]]\nuse = "open"\nkey = "rest"',
     "no priority fits"),
    ("town = [1, 2]\n\n[[priority]]\ncode = 3",
     "towns = [1, 2]\n\n[[priority]]\ncode = 3", "towns"),
    ('use = "built"', 'use = "roads"', "roads"),
])  # fmt: skip
def test_wrong_rules_are_told(tmp_path, old, new, told):
    from zoning.base.shipped import data_path

    text = data_path("evaluation", "integration.toml").read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, 1)
    if "conflict" in new:
        changed = changed.replace('colour = "#bdbdbd"\n', "")
    path = tmp_path / "own.toml"
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_rules(path)
    assert any(told in p.tell("en") for p in error.value.problems)
    assert all(p.what.zh for p in error.value.problems)


def test_the_command_tells_what_comes_first(tmp_path):
    import json

    from test_cli import zoning

    arrays, paths = case(tmp_path, 5)
    layers = [x for role, path in paths.items() for x in ("--layer", f"{role}={path}")]
    out = str(tmp_path / "o.tif")
    done = zoning("evaluate", "integration", *layers, "-o", out, "--json")
    told = json.loads(done.stdout)
    assert told["area_m2"] == by_hand(arrays)[0] and told["found_m2"] == by_hand(arrays)[1]
    done = zoning("evaluate", "integration", *layers, "-o", out, "--lang", "zh")
    assert done.returncode == 0 and "生态保护优先" in done.stdout


@pytest.mark.slow
def test_a_run_measures_the_integration_and_a_method_may_read_it(tmp_path):
    import zoning as zn

    plan = world.write(tmp_path)
    rng = np.random.default_rng(2)
    with rasterio.open(tmp_path / "用地.tif") as file:
        shape, profile = file.shape, file.profile
    arrays = {p: rng.choice(c, shape) for p, c in PURPOSES.items()}
    for purpose, values in arrays.items():
        with rasterio.open(tmp_path / f"{purpose}.tif", "w", **{**profile, "nodata": 255}) as file:
            file.write(values.astype("uint8"), 1)
    text = plan.read_text(encoding="utf-8")
    text += (
        "".join(f'[inputs.evaluations.{p}]\nraster = "{p}.tif"\n' for p in PURPOSES)
        + "[inputs.integration]\n"
    )
    plan.write_text(text, encoding="utf-8")
    made = zn.run(plan)
    towns = made.townships
    firsts = [c for c in towns if c.startswith("first_")]
    assert len(firsts) == 6
    assert towns[firsts].astype(float).sum(axis=1).tolist() == pytest.approx([1] * len(towns))
    assert made.units["town_potential_share"].astype(float).between(0, 1).all()
    notes = [f for f in made.findings if f.code == "integration"]
    assert "ecology first" in notes[0].what.en and "生态保护优先" in notes[0].what.zh
    plan.write_text(text.replace('[inputs.evaluations.town]\nraster = "town.tif"\n', ""), "utf-8")
    with pytest.raises(InputError, match="three evaluations together"):
        zn.run(plan)
