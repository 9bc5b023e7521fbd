"""What steps and questions hand to a plan, whole: every column, class, card, map and chapter."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from tests import worlds
from tests.worlds import K
from zoning.contribution.parts import Contribution, Field
from zoning.pipeline import fairness, neighbours, patterns, phased, places, ten_told
from zoning.planfile.models import PhasePart, ProvincialPart
from zoning.planfile.neighbours import NeighbourLayer
from zoning.questions import agreed, lost

UNITS = pd.DataFrame(
    {"phase": pd.array(["near", "far", None], dtype="string")},
    index=pd.Index(["u1", "u2", "u3"], name="unit"),
)
PIECES = pd.DataFrame(
    {
        "unit": ["u1", "u1", "u2", "u3"], "zone": ["key", "key", "optimised", pd.NA],
        "new_m2": [900_000, 400_000, 700_000, 0], "by_near_m2": [600_000, 400_000, 300_000, 0],
        "reducible_m2": pd.array([500_000, 0, pd.NA, 10_000], dtype="Int64"),
        "reduced_m2": [200_000, 0, 0, 0],
    },
    index=["u1|a", "u1|b", "u2|b", "u3|c"],
)  # fmt: skip
ZONES = "optimised/key/moderate/balance"


def outline(part: Contribution) -> dict:
    """Give all of a contribution but its words and frames, as short text."""

    def told(fields: tuple[Field, ...]) -> list[str]:
        return [" ".join(filter(None, (f.name, f.unit, "/".join(f.words)))) for f in fields]

    return {
        "wing": part.wing,
        "layers": [
            (x.name, x.colour, x.by, x.filled, len(x.classes), told(x.fields)) for x in part.layers
        ],
        "tables": [(x.name, x.keys, told(x.fields)) for x in part.tables],
        "themes": [
            (x.name, x.table, x.column, [(c.code, c.lower, c.upper, c.colour) for c in x.classes])
            for x in part.themes
        ],
        "cards": [(x.table, x.columns, x.place, x.terms, x.by) for x in part.cards],
        "chapters": [
            (len(x.paragraphs), x.maps, x.tables, [(c.table, c.column, c.label) for c in x.charts])
            for x in part.chapters
        ],
    }


def rows(frame: pd.DataFrame) -> list[list]:
    """Give a table as lists, its heads first; what is missing is None."""
    flat = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    return [list(flat.columns), *flat.astype(object).where(flat.notna(), None).to_numpy().tolist()]


def with_phases():
    plan = worlds.plan()
    near = PhasePart(name="near", title="near term", title_zh="近期", until=2025)
    cap = plan.config.cap.model_copy(update={"phase": (near, PhasePart(name="far"))})
    return plan.config.model_copy(update={"cap": cap}), plan.scheme


@pytest.mark.slow
def test_phases_and_reductions():
    (part,) = phased.contribution(UNITS, PIECES, *with_phases())
    zone, unit = f"zone {ZONES}/none", "unit"
    ends = ["phase_near_m2 m2", "phase_far_m2 m2"]
    land = ["reducible_m2 m2", "reduced_m2 m2"]
    assert outline(part) == {
        "wing": "phases", "layers": [],
        "tables": [
            ("phase_zones", (), [zone, *ends]),
            ("phase_units", (), [unit, "phase near/far/none", *ends]),
            ("reduced_zones", (), [zone, *land]),
            ("reduced_units", (), [unit, "gone some/none", *land]),
        ],
        "themes": [
            ("phase_map", "phase_units", "phase", [
                ("near", None, None, "#8c2d04"), ("far", None, None, "#d95f0e"),
                ("none", None, None, "#eceae4"),
            ]),
            ("reduced_map", "reduced_units", "gone", [
                ("some", None, None, "#4d9221"), ("none", None, None, "#eceae4"),
            ]),
        ],
        "cards": [
            ("phase_units", ("phase_near_m2", "phase_far_m2"), "unit", "", ()),
            ("reduced_units", ("reducible_m2", "reduced_m2"), "unit", "", ()),
        ],
        "chapters": [(2, ("phase_map", "reduced_map"), ("phase_zones", "reduced_zones"), [])],
    }  # fmt: skip
    by_zone, by_unit, gone_by_zone, gone = (rows(t.frame) for t in part.tables)
    assert by_zone[1:] == [["optimised", 300_000, 400_000], ["key", 1_000_000, 300_000],
                           ["none", 0, 0]]  # fmt: skip
    assert by_unit[1:] == [["u1", "near", 1_000_000, 300_000], ["u2", "far", 300_000, 400_000],
                           ["u3", "none", 0, 0]]  # fmt: skip
    assert gone_by_zone[1:] == [["optimised", 0, 0], ["key", 500_000, 200_000],
                                ["none", 10_000, 0]]  # fmt: skip
    assert gone[1:] == [["u1", "some", 500_000, 200_000], ["u2", "none", 0, 0],
                        ["u3", "none", 10_000, 0]]  # fmt: skip
    built, less = part.chapters[0].paragraphs
    assert "near term (to 2025) 1.30 km²; far 0.70 km²." in built.en
    assert "近期（至 2025 年） 1.30 km²；far 0.70 km²。" in built.zh
    assert less.en.startswith("Of 0.51 km²") and "0.20 km² go" in less.en
    assert "0.51 km²，其中减量 0.20 km²" in less.zh


@pytest.mark.parametrize(("near", "far", "phase"), [
    (2, 5, "far"), (3, 6, "near"), (4, 6, "near"), (0, 1, "far"), (0, 0, None), (1, 1, "near"),
])  # fmt: skip
def test_a_unit_is_built_when_most_of_it_is_and_earlier_where_both_are_alike(near, far, phase):
    config, _ = with_phases()
    units = gpd.GeoDataFrame(
        {"a": [1]}, index=pd.Index(["u"], name="unit"), geometry=[box(0, 0, 1, 1)]
    )
    pieces = pd.DataFrame({"unit": ["u"], "new_m2": [far], "by_near_m2": [near]}, index=["u|t"])
    found = phased.with_phase(units, pieces, config)
    assert list(found.columns) == ["a", "phase", "geometry"]
    assert rows(found[["phase"]])[1:] == [[phase]]
    one = config.cap.model_copy(update={"phase": config.cap.phase[:1]})
    alone = config.model_copy(update={"cap": one})
    for plain in (phased.with_phase(units, pieces, alone), phased.with_phase(units, None, config)):
        assert plain is units


def test_more_phases_than_colours_share_the_last():
    config, scheme = with_phases()
    names = [f"p{k}" for k in range(8)]
    cap = config.cap.model_copy(update={"phase": tuple(PhasePart(name=n) for n in names)})
    ends = {f"by_{n}_m2": [0] for n in names[:-1]}
    pieces = pd.DataFrame({"unit": ["u1"], "zone": ["key"], "new_m2": [0], **ends}, index=["u1|a"])
    (part,) = phased.contribution(UNITS, pieces, config.model_copy(update={"cap": cap}), scheme)
    colours = [c.colour for c in part.themes[0].classes]
    assert colours == ["#8c2d04", "#d95f0e", "#fe9929", "#fec44f", "#fee391", *["#ffffd4"] * 3,
                       "#eceae4"]  # fmt: skip


def test_what_several_plans_agree_on():
    table = pd.DataFrame({"plan": [1, 2]})
    plans = [pd.Series([5, 0], ["u1", "u2"]), pd.Series([3, 2], ["u1", "u2"])]
    part = agreed.contribution(SimpleNamespace(units=UNITS), table, plans)
    assert outline(part) == {
        "wing": "alternatives", "layers": [],
        "tables": [
            ("alternatives", (), ["plan count", "objective_share 1", "new_m2 m2",
                                  "elsewhere_m2 m2", "most_m2 m2"]),
            ("alternative_units", (), ["unit", "chosen 0/1/2", "least_m2 m2"]),
        ],
        "themes": [("alternatives_map", "alternative_units", "chosen", [
            ("0", None, None, "#f0f0f0"), ("1", None, None, "#4292c6"),
            ("2", None, None, "#08306b"),
        ])],
        "cards": [("alternative_units", ("chosen", "least_m2"), "unit", "", ())],
        "chapters": [(1, ("alternatives_map",), ("alternatives",), [])],
    }  # fmt: skip
    assert part.tables[0].frame is table
    assert rows(part.tables[1].frame)[1:] == [["u1", "2", 3], ["u2", "1", 0], ["u3", "0", 0]]
    (about,) = part.chapters[0].paragraphs
    assert about.en.startswith("2 plans,")
    assert "1 units take new land in all of them, 2 in some" in about.en
    assert about.zh.startswith("2 个") and "1 个单元在全部方案中新增，2 个单元至少" in about.zh
    # Whatever their number, no plan is pale, all plans are dark, and between them it darkens.
    many = agreed.contribution(SimpleNamespace(units=UNITS), table, [plans[0]] * 10)
    shades = [agreed._COLOURS.index(c.colour) for c in many.themes[0].classes]
    assert shades == [0, 1, 1, 2, 3, 4, 4, 5, 6, 6, 7]


def test_losses_of_units():
    ends = ["barred_lower", "barred_upper", "forced_lower", "forced_upper"]
    values = [[20.0, 25.0, 1.0, 2.0], [90.0, 100.0, 2.0, 3.0], [np.nan, np.nan, 3.0, 4.0]]
    found = pd.DataFrame(values, columns=ends, index=["u1", "u2", "u4"])
    part = lost.contribution(UNITS, found)
    steps = [0.0, 1e-6, 0.05, 0.2, 0.5, 1.0]
    colours = ["#eceae4", "#fdd0a2", "#fd8d3c", "#d94801", "#7f2704"]
    assert outline(part) == {
        "wing": "losses", "layers": [],
        "tables": [("unit_losses", (), ["unit", *ends, "worst_share 1"])],
        "themes": [("unit_losses_map", "unit_losses", "worst_share", [
            (None, *edges) for edges in zip(steps[:-1], steps[1:], colours, strict=True)
        ])],
        "cards": [("unit_losses", tuple(ends), "unit", "", ())],
        "chapters": [(1, ("unit_losses_map",), (), [])],
    }  # fmt: skip
    assert rows(part.tables[0].frame)[1:] == [
        ["u1", *values[0], 0.25], ["u2", *values[1], 1.0], ["u3", None, None, None, None, 0.0]
    ]  # fmt: skip
    assert [c.label.en for c in part.themes[0].classes] == [
        "nothing",
        "0%–5%",
        "5%–20%",
        "20%–50%",
        "50%–100%",
    ]
    # Widths 5 and 10: their median 7.5 beside the worst loss of 100.
    told = part.chapters[0].paragraphs[0]
    assert "7.50% of the worst" in told.en and "7.50%" in told.zh
    # Where nothing is lost, or nothing is known, nothing is divided by nothing.
    for none in (found * 0.0, found.iloc[:0]):
        still = lost.contribution(UNITS, none)
        assert still.tables[0].frame["worst_share"].tolist() == [0.0, 0.0, 0.0]
        assert " is 0.00% of the worst" in still.chapters[0].paragraphs[0].en
    # Losses below 1 are shares of the worst as others are.
    small = lost.contribution(UNITS, found * 0.005).tables[0].frame["worst_share"]
    assert small.tolist() == pytest.approx([0.25, 1.0, 0.0])


def test_places_of_limits():
    assert places.contribution(None) == ()
    frame = gpd.GeoDataFrame({"name": ["n"]}, geometry=[box(0, 0, 1, 1)])
    (part,) = places.contribution(frame)
    assert outline(part) == {
        "wing": "limit_places",
        "layers": [("limit_places", "#7a4988", None, False, 0, ["name"])],
        "tables": [], "themes": [], "cards": [], "chapters": [],
    }  # fmt: skip
    assert part.layers[0].frame is frame


def line():
    """Two townships of 10 by 10 km side by side, one place below the left, one right of the other.

    The left one is whole in the south (10 km) and the right one whole in the east (10 km).
    """
    side = 10 * K
    towns = gpd.GeoDataFrame(
        {"zone": ["key", "key"], "population": [1000, 3000], "gdp_10k_yuan": ["x", "500"],
         "area_m2": [100_000_000, 100_000_000]},
        index=pd.Index(["t1", "t2"], name="township"),
        geometry=[box(0, 0, side, side), box(side, 0, 2 * side, side)], crs=worlds.CRS,
    )  # fmt: skip
    beyond = gpd.GeoDataFrame(
        {"name": ["乙", "甲", "丙"], "zone": ["key", "balance", None],
         "population": [400.0, 200.0, 1.0], "gdp_10k_yuan": [np.nan, 50.0, 1.0],
         "built_m2": [7.6, np.nan, 0.0], "area_m2": [2.4e7, 4.0e7, 1e6]},
        geometry=[box(0, -12 * K, side, 0), box(2 * side, 0, 24 * K, side),
                  box(50 * K, 0, 51 * K, K)], crs=worlds.CRS,
    )  # fmt: skip
    return towns, box(0, 0, 2 * side, side), beyond


def test_places_across_the_line():
    towns, city, beyond = line()
    config = worlds.plan().config
    part = NeighbourLayer(path="n.gpkg", tolerance_m=0.01, source="a yearbook")
    inputs = config.inputs.model_copy(update={"neighbours": part})
    intake = SimpleNamespace(
        layers=SimpleNamespace(city=city), ground=SimpleNamespace(neighbours=beyond)
    )
    config = config.model_copy(update={"inputs": inputs})
    (given,) = neighbours.contribution(towns, intake, config)
    assert outline(given) == {
        "wing": "neighbours",
        "layers": [("neighbours", "#7a7a7a", None, False, 0, [
            "name", f"zone {ZONES}", "population", "gdp_10k_yuan", "built_m2 m2", "area_m2 m2",
        ])],
        "tables": [("city_edge", ("township", "neighbour"), [
            "township", "neighbour", "border_m m", f"zone {ZONES}", f"neighbour_zone {ZONES}",
            "contrast same/other/unknown", "density", "neighbour_density",
        ])],
        "themes": [], "cards": [],
        "chapters": [(2, (), ("city_edge",), [])],
    }  # fmt: skip
    # 1000 and 3000 people on 100 km²; 400 on 24 km² and 200 on 40 km² across.
    assert rows(given.tables[0].frame) == [
        ["township", "neighbour", "border_m", "zone", "neighbour_zone", "contrast", "density",
         "neighbour_density"],
        ["t1", "乙", 10_000.0, "key", "key", "same", 10.0, 16.667],
        ["t2", "甲", 10_000.0, "key", "balance", "other", 30.0, 5.0],
    ]  # fmt: skip
    # What is drawn ends 10 km off the line; the third place lies beyond and is not drawn.
    assert rows(given.layers[0].frame)[1:] == [
        ["乙", "key", 400.0, None, 8, 24_000_000], ["甲", "balance", 200.0, 50.0, None, 40_000_000],
    ]  # fmt: skip
    assert given.layers[0].frame.geometry.bounds.round(3).to_numpy().tolist() == [
        [0, -10 * K, 10 * K, 0], [20 * K, 0, 24 * K, 10 * K]
    ]  # fmt: skip
    met, zones = given.chapters[0].paragraphs
    assert met.en.startswith("20.0 km of the city's line (60.0 km)") and "a yearbook" in met.en
    assert "市界 60.0 km，其中 20.0 km" in met.zh
    assert "50% of the line" in zones.en and "50%" in zones.zh
    # Where no zone is known on the other side that is said instead; where nothing is, nothing.
    intake.ground.neighbours = beyond.assign(zone=pd.Series([None] * 3, dtype=object))
    (mute,) = neighbours.contribution(towns, intake, config)
    assert mute.tables[0].frame["contrast"].tolist() == ["unknown", "unknown"]
    assert mute.chapters[0].paragraphs[1].en == "No zone is known across the line."
    assert neighbours.contribution(None, intake, config) == ()
    assert neighbours.contribution(towns.drop(columns="zone"), intake, config) == ()
    assert neighbours.contribution(towns, intake, worlds.plan().config) == ()
    intake.ground.neighbours = None
    assert neighbours.contribution(towns, intake, config) == ()


def test_densities_around_are_means_over_borders():
    towns, city, beyond = line()
    across = neighbours.pairs(towns, city, beyond, 0.01)
    found = neighbours.around(towns, towns, across, beyond)
    # Of an outline of 40 km each has 10 km on the line with somebody, 10 km with the other town:
    # means of 30 and 400 / 24, of 10 and 200 / 40.
    # The right one's output is 500 on 100 km²; the left one's is no number, nor is that of 乙.
    assert rows(found) == [
        ["edge_share", "around_population_density", "around_gdp_density"],
        [0.25, 23.333333, 5.0],
        [0.25, 7.5, 1.25],
    ]  # fmt: skip
    assert found.index.equals(towns.index) and (found.dtypes == "Float64").all()
    # Numbers of the planner's table go first, and a place alone has nobody around it.
    given = pd.DataFrame({"population": [500, 3000]}, index=towns.index)
    again = neighbours.around(given, towns, across, beyond)
    assert again.loc["t2", "around_population_density"] == 5.0
    lone = neighbours.around(towns, towns.iloc[:1], across.iloc[:0], beyond)
    assert rows(lone)[1:] == [[0.0, None, None]]


@pytest.mark.parametrize(("length", "met"), [(9.9, 0), (10.0, 1), (10.1, 1)])
def test_shorter_borders_are_corners(length, met):
    side = 1000
    town = gpd.GeoDataFrame(index=["t"], geometry=[box(0, 0, side, side)], crs=worlds.CRS)
    south = gpd.GeoDataFrame({"name": ["n"]}, geometry=[box(0, -9, length, 0)], crs=worlds.CRS)
    assert len(neighbours.pairs(town, box(0, 0, side, side), south, 1e-6)) == met


def test_fairness_of_a_plan():
    (part,) = fairness.contribution(worlds.plan())
    measures = "/".join(fairness.MEASURES)
    heads = ["population", *(f"{m}_per_head_m2" for m in fairness.MEASURES)]
    assert outline(part) == {
        "wing": "equity", "layers": [], "themes": [], "cards": [],
        "tables": [
            ("equity", ("measure",), [f"measure {measures}", "per_head_m2", "gini", "theil",
                                      "theil_between", "least_m2", "most_m2"]),
            ("equity_counties", ("county",), ["county", *heads]),
            ("equity_townships", ("township",), ["township", *heads]),
        ],
        "chapters": [(2, (), ("equity", "equity_counties"),
                      [("equity_counties", "new_per_head_m2", "county")])],
    }  # fmt: skip


@pytest.mark.parametrize(("one", "two", "word", "wort"), [
    (0.3, 0.3004, "as before", "基本不变"), (0.3, 0.3006, "less even", "更不均衡"),
    (0.3, 0.2994, "more even", "更均衡"), (0.3, 0.2996, "as before", "基本不变"),
])  # fmt: skip
def test_more_or_less_even_is_said_from_the_third_figure_on(one, two, word, wort):
    found = pd.DataFrame({"measure": ["built", "after"], "gini": [one, two]})
    told = fairness._paragraphs(found, 3, 3)
    assert len(told) == 2 and told[1].en.endswith(f"{word}.") and wort in told[1].zh
    assert f"from {one:.3f} to {two:.3f}" in told[1].en
    for gone in (0, 1):
        found.loc[gone, "gini"] = np.nan
        assert len(fairness._paragraphs(found, 3, 3)) == 1
    left_out = fairness._paragraphs(found, 2, 5)[1]
    assert left_out.en.startswith("3 of 5 townships") and "5 个乡镇中有 3 个" in left_out.zh


def test_clusters_on_the_map():
    """Moran's I of each zone and of new land by its definition; nothing where nobody asked."""
    plan = worlds.plan()
    assert patterns.contribution(plan) == ()
    outputs = plan.config.outputs.model_copy(update={"patterns": True})
    plan = replace(plan, config=plan.config.model_copy(update={"outputs": outputs}))
    (part,) = patterns.contribution(plan)
    kinds = "HH/HL/LH/LL/none"
    assert outline(part) == {
        "wing": "patterns", "layers": [], "cards": [],
        "tables": [
            ("patterns", ("what",), [f"what new_land/{ZONES}", "morans_i", "expected", "p",
                                     "units count"]),
            ("new_land_clusters", ("unit",), ["unit", "local_i", "p", f"cluster {kinds}"]),
        ],
        "themes": [("new_land_pattern", "new_land_clusters", "cluster", [
            ("HH", None, None, "#b2182b"), ("HL", None, None, "#f4a582"),
            ("LH", None, None, "#92c5de"), ("LL", None, None, "#2166ac"),
            ("none", None, None, "#eceae4"),
        ])],
        "chapters": [(1, ("new_land_pattern",), ("patterns",), [])],
    }  # fmt: skip
    units = plan.units
    corner = units.geometry.bounds[["minx", "miny"]].to_numpy() / K
    near = (np.abs(corner[:, None] - corner[None, :]).sum(axis=2).round(6) == 1).astype(float)

    near /= near.sum(axis=1, keepdims=True)  # every unit's neighbours weigh 1 together

    def moran(x):
        d = np.asarray(x, dtype=float) - np.mean(x)
        return len(d) / near.sum() * (d @ near @ d) / (d @ d)

    share = units["new_m2"].to_numpy(float) / units["area_m2"].to_numpy(float)
    zone = units["zone"].astype(object)
    there = [c for c in plan.scheme.codes if 0 < (zone == c).sum() < len(zone)]
    wanted = {"new_land": moran(share), **{c: moran(zone == c) for c in there}}
    table = part.tables[0].frame.set_index("what")
    assert table.index.tolist() == list(wanted)
    assert table["morans_i"].tolist() == pytest.approx(list(wanted.values()), abs=1e-6)
    assert (table["expected"] == round(-1 / (len(units) - 1), 6)).all()
    assert (table["units"] == len(units)).all()
    assert ((table["p"] > 0) & (table["p"] <= 1)).all()
    local = part.tables[1].frame
    assert local["unit"].tolist() == units.index.tolist()
    firm = local["cluster"] != "none"
    assert (local.loc[firm, "p"] <= 0.05).all()
    # A zone of one unit has a row of its own; one that all units or none have has none.
    alone = ["optimised", *["key"] * (len(units) - 1)]
    for zones, told in ((alone, ["optimised", "key"]), ("key", [])):
        (other,) = patterns.contribution(replace(plan, units=units.assign(zone=zones)))
        assert other.tables[0].frame["what"].tolist() == ["new_land", *told]
    for less in (units.iloc[:2], units.drop(columns="new_m2")):
        assert patterns.contribution(replace(plan, units=less)) == ()
    assert patterns.contribution(replace(plan, units=units.iloc[:3]))


def test_the_ten_provincial_indicators():
    plan = worlds.plan()
    indicators = plan.config.indicators.model_copy(update={"provincial": ProvincialPart()})
    config = plan.config.model_copy(update={"indicators": indicators})
    assert ten_told.contribution(plan.townships, plan.config) == ()
    assert ten_told.contribution(plan.townships, config) == ()
    assert ten_told.contribution(None, config) == ()
    names = ten_told.COLUMNS
    towns = plan.townships.assign(**dict.fromkeys(names, pd.array([pd.NA] * 3, dtype="Float64")))
    for k, name in enumerate(ten_told.GRADES):
        towns[name] = pd.array([1 + (k + j) % 5 for j in range(3)], dtype="Float64")
    towns["provincial_index"] = pd.array([0.1234567, 0.5, pd.NA], dtype="Float64")
    (part,) = ten_told.contribution(towns, config)
    shown = [n for n in names if n in (*ten_told.GRADES, "provincial_index")]
    items = "/".join(i.code for i in ten_told.ITEMS_OF)
    three = ["ratio", "additive", "weighted"]
    found = outline(part)
    assert found["wing"] == "provincial"
    assert [(n, k) for n, k, _ in found["tables"]] == [
        ("provincial_items", ("item",)), ("provincial_indicators", ("township",)),
        ("provincial_compositions", ("compose",)),
    ]  # fmt: skip
    item, town, ways = (fields for _, _, fields in found["tables"])
    assert item == [f"item {items}", "townships count", "lacking count", "needs_en", "needs_zh"]
    assert [f.split()[0] for f in town] == ["township", *shown]
    assert ways == ["compose " + "/".join(three), *three]
    assert found["chapters"] == [(1, (), tuple(t.name for t in part.tables), [])]
    table = part.tables[1].frame
    assert table["township"].tolist() == towns.index.tolist()
    assert rows(table[["provincial_index"]])[1:] == [[0.123457], [0.5], [None]]
    known = part.tables[0].frame.set_index("item")
    graded = {i.code for i in ten_told.ITEMS_OF if i.column in ten_told.GRADES}
    assert set(known.index[known["townships"] == 3]) == graded
    assert (known["townships"] + known["lacking"] == 3).all()
    ranks = part.tables[2].frame.set_index("compose")[three]
    assert ranks.index.tolist() == three
    ranks = ranks.to_numpy(float)
    assert np.allclose(np.diag(ranks), 1) and np.array_equal(ranks, ranks.T)
    # Of two townships with all grades no ranks are told.
    towns.loc[towns.index[0], ten_told.GRADES[0]] = pd.NA
    (part,) = ten_told.contribution(towns, config)
    assert [t.name for t in part.tables] == ["provincial_items", "provincial_indicators"]
