"""Patterns, demand, screening and the fetcher: against judges, by hand, and over a loopback."""

from __future__ import annotations

import http.server
import io
import json
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.indicators import demand
from zoning.measure.patterns import figure_of_merit, gini, lisa, lisa_p, morans_i
from zoning.questions.stability.screening import elementary_effects

LINES = np.array([[i, i + 1] for i in range(11)] + [[0, 5], [3, 9]])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_moran_and_lisa_against_esda(seed):
    esda, libpysal = pytest.importorskip("esda"), pytest.importorskip("libpysal")
    x = np.random.default_rng(seed).normal(size=12)
    near: dict[int, list[int]] = {i: [] for i in range(12)}
    for a, b in LINES.tolist():
        near[a].append(b)
        near[b].append(a)
    w = libpysal.weights.W(near, silence_warnings=True)
    w.transform = "r"
    judge = esda.Moran(x, w, permutations=0)
    mine = morans_i(x, LINES, permutations=99, seed=1)
    assert mine.value == pytest.approx(judge.I) and mine.expected == pytest.approx(judge.EI)
    assert 0 < mine.p <= 1
    local = esda.Moran_Local(x, w, permutations=9, seed=1)
    values, quadrant = lisa(x, LINES)
    assert values == pytest.approx(local.Is)
    assert quadrant.tolist() == [{1: "HH", 2: "LH", 3: "LL", 4: "HL"}[q] for q in local.q]


@pytest.mark.slow
def test_pseudo_p_of_lisa_against_esda():
    """On a ring of 80: a draw of the neighbours themselves is a tie, one in 79 at most."""
    esda, libpysal = pytest.importorskip("esda"), pytest.importorskip("libpysal")
    n = 80
    x = np.random.default_rng(4).normal(size=n)
    ring = np.array([[i, (i + 1) % n] for i in range(n)])
    w = libpysal.weights.W({i: [(i - 1) % n, (i + 1) % n] for i in range(n)}, silence_warnings=True)
    w.transform = "r"
    judge = esda.Moran_Local(x, w, permutations=4999, seed=1)
    assert lisa_p(x, ring, permutations=4999, seed=2) == pytest.approx(judge.p_sim, abs=0.035)


#: Of what is so small that half of it is 0 nobody has a share.
SIZES = st.integers(0, 10**8).map(lambda n: n / 10**6)


@settings(max_examples=40, deadline=None)
@given(st.lists(SIZES, min_size=2, max_size=20), st.floats(0.1, 50))
def test_gini_is_scale_free_and_that_of_all_pairs(x, factor):
    if sum(x) <= 0:
        return
    n = len(x)
    pairs = np.abs(np.subtract.outer(x, x)).sum() / (2 * n * sum(x))
    assert gini(x) == pytest.approx(pairs, abs=1e-9)
    assert gini([v * factor for v in x]) == pytest.approx(gini(x), abs=1e-9)
    # A place cut in two equal halves with half the people each changes nothing.
    half = [v / 2 for v in x for _ in range(2)]
    assert gini(half, [0.5] * (2 * n)) == pytest.approx(gini(x, [1.0] * n), abs=1e-9)


def test_figure_of_merit_by_hand():
    before, after = list("aaaab"), list("abbab")
    assert figure_of_merit(before, after, after) == 1.0
    assert figure_of_merit(before, after, before) == 0.0
    # Hit 1, miss 1, false alarm 1.
    assert figure_of_merit(before, after, list("abaab")) == pytest.approx(1 / 2)
    assert figure_of_merit(before, after, list("bbaab")) == pytest.approx(1 / 3)
    assert np.isnan(figure_of_merit(before, before, before))
    weighted = figure_of_merit(before, after, list("abaab"), [1, 3, 1, 1, 1])
    assert weighted == pytest.approx(3 / 4)


def test_demand_by_hand():
    low, middle, high = demand.population_by_growth(1000, 0.1, 2, 0.1)
    assert (low, middle, high) == pytest.approx((1000, 1210, 1440))
    # Two groups, three steps, by a matrix.
    m = np.array([[0.0, 0.4], [0.9, 0.5]])
    expected = np.linalg.matrix_power(m, 3) @ [100, 100]
    got = demand.population_by_cohort([100, 100], [0.9, 0.5], [0.0, 0.4], steps=3)
    assert got == pytest.approx(expected.tolist())
    assert demand.population_by_cohort([1, 1], [1, 1], [0, 0], [5, 0])[0] == 5
    need = demand.land_for_people(demand.Range(1, 2, 3), 100)
    assert need == (100, 200, 300)
    assert demand.land_for_output(100, 10, 0.5, 2) == 250 and demand.tied_to_stock(10, 0.5) == 5
    table = demand.need_against_room(
        pd.Series([150, 90, 200]), pd.Series([100, 100, 100]), pd.Series([60, 5, 40])
    )
    assert table["more_m2"].tolist() == [50, 0, 100]
    assert table["short_m2"].tolist() == [0, 0, 60]
    assert table["met"].tolist() == [1.0, 1.0, 0.4]


@pytest.mark.slow
def test_elementary_effects_against_salib():
    salib = pytest.importorskip("SALib.analyze.morris")
    from SALib.sample import morris as sample

    def g(x: np.ndarray) -> float:
        return float(4 * x[0] + x[1] ** 2 + 3 * x[1] * x[2])

    problem = {"num_vars": 4, "names": list("abcd"), "bounds": [[0, 1]] * 4}
    x = sample.sample(problem, 400, num_levels=4, seed=1)
    judge = salib.analyze(problem, x, np.array([g(r) for r in x]), num_levels=4)
    mine = elementary_effects(g, 4, 400, 4, 2)
    assert np.abs(mine).mean(axis=0) == pytest.approx(judge["mu_star"], abs=0.12)
    assert mine.std(axis=0, ddof=1) == pytest.approx(judge["sigma"], abs=0.15)
    assert mine[:, 0] == pytest.approx(np.full(400, 4.0))


@pytest.fixture
def fetch():
    sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
    import fetch_real

    yield fetch_real
    sys.path.pop(0)


@pytest.fixture
def server():
    """Give a server of this machine whose answers are set by path."""
    answers: dict[str, tuple[int, bytes, int | None]] = {}

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            status, body, length = answers.get(self.path, (404, b"none", None))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if length is None else length))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer

        def log_message(self, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as s:
        threading.Thread(target=s.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{s.server_port}", answers
        s.shutdown()


def tile(value: float, lon: float, *, crs: str = "EPSG:4326", dtype: str = "float32") -> bytes:
    from rasterio.io import MemoryFile
    from rasterio.transform import from_origin

    with MemoryFile() as memory:
        with memory.open(driver="GTiff", width=20, height=20, count=1, dtype=dtype, crs=crs,
                         transform=from_origin(lon, 33, 0.05, 0.05)) as file:  # fmt: skip
            file.write(np.full((20, 20), value, dtype=dtype), 1)
        return bytes(memory.getbuffer())


def test_fetching_over_a_loopback(fetch, server, tmp_path, capsys):
    import geopandas as gpd
    import rasterio

    url, answers = server
    for lon in (118, 119):
        answers[f"/dem/N32E{lon}.tif"] = (200, tile(lon, lon), None)
    way = {"tags": {"highway": "primary", "name": "长江路", "oneway": "yes"},
           "geometry": [{"lon": 119.1, "lat": 32.1}, {"lon": 119.2, "lat": 32.2}]}  # fmt: skip
    answers["/roads"] = (200, json.dumps({"elements": [way]}).encode(), None)
    answers["/people"] = (200, tile(5, 118), None)
    where = [str(tmp_path / "城市"), "118.5", "32.2", "119.5", "32.8"]
    to = ["--dem", url + "/dem/{ns}{lat}{ew}{lon}.tif", "--roads", url + "/roads",
          "--people", url + "/people", "--only", "dem,roads,people"]  # fmt: skip
    assert fetch.main([*where, *to]) == 0
    with rasterio.open(tmp_path / "城市" / "dem.tif") as file:
        z = file.read(1)
        assert file.bounds == pytest.approx((118.5, 32.2, 119.5, 32.8), abs=0.06)
    assert set(np.unique(z)) == {118, 119}
    roads = gpd.read_file(tmp_path / "城市" / "roads.gpkg")
    assert roads["class"].tolist() == ["primary"] and roads["oneway"].tolist() == [True]
    text = (tmp_path / "城市" / "LICENCES.md").read_text(encoding="utf-8")
    assert "ODbL" in text and "Copernicus" in text
    assert not list((tmp_path / "城市").glob(".*"))


@pytest.mark.parametrize(("answer", "said"), [
    ((404, b"gone", None), "404"),
    ((200, b"<html>sorry</html>", None), "no whole raster"),
    ((200, b"II*\x00half", 9000), "bytes came"),
    ("truncated", "no whole raster"),
    ("metres", "not in degrees"),
    ("wrong", "values outside"),
])  # fmt: skip
def test_bad_tiles_are_told_and_leave_nothing(fetch, server, tmp_path, capsys, answer, said):
    url, answers = server
    made = {
        "truncated": (200, tile(3, 118)[:900], None),
        "metres": (200, tile(3, 118, crs="EPSG:32650"), None),
        "wrong": (200, tile(30_000, 118), None),
    }
    answers["/N32E118.tif"] = made.get(answer, answer) if isinstance(answer, str) else answer
    code = fetch.main([str(tmp_path), "118.2", "32.2", "118.8", "32.8", "--only", "dem",
                       "--dem", url + "/{ns}{lat}{ew}{lon}.tif"])  # fmt: skip
    assert code == 1 and said in capsys.readouterr().err
    assert not (tmp_path / "dem.tif").exists() and not list(tmp_path.glob("*.part"))
    assert not list(tmp_path.glob(".*.tif"))


def test_no_roads_and_a_box_the_wrong_way_round(fetch, server, tmp_path, capsys):
    url, answers = server
    answers["/roads"] = (200, b'{"elements": []}', None)
    args = [str(tmp_path), "118.2", "32.2", "118.8", "32.8", "--only", "roads"]
    assert fetch.main([*args, "--roads", url + "/roads"]) == 1
    answers["/busy"] = (200, b"<html>busy</html>", None)
    assert fetch.main([*args, "--roads", url + "/busy"]) == 1
    assert "try again later" in capsys.readouterr().err
    assert fetch.main([str(tmp_path), "119", "32.2", "118", "32.8"]) == 2
    assert io is not None
