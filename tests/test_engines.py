"""Engines: the same bytes from one process, many, and a cluster; lost workers lose nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import shapely
import worlds
from test_tiles import GRID, hashed, layers_of, world

from zoning import api
from zoning.errors import InputError
from zoning.ledger import atoms
from zoning.scale.cluster import Cluster
from zoning.scale.engine import choose
from zoning.scale.processes import PATIENCE, Processes


def double(shared, job):
    return shared * job


def kill_once(shared, job):
    """Kill the worker of a job the first time that the job is worked."""
    mark = Path(shared) / f"{job}"
    if job % 7 == 0 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return job * job


def kill_always(shared, job):
    os.kill(os.getpid(), signal.SIGKILL)


def fail(shared, job):
    raise ValueError(f"job {job}")


def test_here_is_the_default_and_tells_how_far_it_is():
    told = []
    engine = choose(done=lambda *a: told.append(a))
    assert list(engine(double, 2, [1, 5])) == [2, 10]
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"workers": 0}, "workers"),
        ({"engine": "abacus"}, "engine"),
        ({"engine": "processes", "scheduler": "tcp://x:1"}, "engine"),
    ],
)
def test_choices_that_cannot_be_are_refused(given, code):
    with pytest.raises(InputError) as error:
        choose(**given)
    assert error.value.problems[0].code == code


def test_a_scheduler_means_a_cluster_and_workers_mean_processes():
    assert isinstance(choose(scheduler="tcp://x:1"), Cluster)
    assert isinstance(choose(engine="dask"), Cluster)
    assert isinstance(choose(3), Processes)


@pytest.mark.slow
def test_processes_give_the_same_bytes_and_tell_how_far_they_are():
    layers = layers_of(*world(7, n=25))
    told = []
    many = Processes(2, lambda *a: told.append(a))
    assert hashed(atoms.build(layers, GRID, map_blocks=many)) == hashed(atoms.build(layers, GRID))
    assert told == [(k, told[0][1]) for k in range(1, told[0][1] + 1)]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_workers_lose_nothing(tmp_path):
    jobs = list(range(20))
    found = list(Processes(2)(kill_once, str(tmp_path), jobs))
    assert found == [k * k for k in jobs]
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_job_that_always_kills_is_told():
    with pytest.raises(InputError, match=f"{PATIENCE} times"):
        list(Processes(1)(kill_always, None, [1]))


def measured(shared, job):
    """Measure a block, and say how much memory its worker ever held, in MB."""
    from zoning.ledger.tiles import work_block

    if job is not None:
        work_block(shared, job)
    # What the system counts for a process itself starts with the memory of the one that forked it.
    told = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(told.split("VmHWM:")[1].split()[0]) / 1024


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other units of memory")
def test_a_worker_holds_one_window_however_many_blocks_it_works(tmp_path):
    """36 blocks of 1.6 million pixels each: 59 million, 118 MB as they are cut."""
    import rasterio

    from zoning.inputs.rasters import read_classes
    from zoning.ledger.tiles import jobs_of, task_of

    west, north, side = 500_030, 3_520_070, 6 * 6_400
    place = rasterio.transform.from_origin(west, north, 5, 5)
    path = tmp_path / "use.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=side // 5, height=side // 5, count=1, dtype="uint8",
        crs=GRID.crs, transform=place, nodata=0, tiled=True, compress="deflate",
    ) as file:  # fmt: skip
        for top in range(0, side // 5, 512):
            rows = min(512, side // 5 - top)
            band = np.full((rows, side // 5), 1 + top // 512 % 9, "uint8")
            file.write(band, 1, window=((top, top + rows), (0, side // 5)))
    city = shapely.box(west + 1, north - side + 1, west + side - 1, north - 1)
    picture, _ = read_classes(path, area=city, to_crs=GRID.crs)
    task, _ = task_of(city, {}, GRID, picture, 64)
    jobs = jobs_of(task)
    assert len(jobs) >= 36
    held = list(Processes(1)(measured, task, [None, *jobs]))
    told = [round(m) for m in held]
    # Of all pixels a worker has a 36th at a time, and what it has worked adds nothing that stays.
    assert held[-1] - held[0] < 90, told
    assert held[-1] - held[9] < 20, told


ASLEEP = """
import sys
import asleep
from zoning.scale.processes import Processes
if __name__ == "__main__":
    try:
        print("begun", flush=True)
        list(Processes(2)(asleep.one, 60.0, [1, 2, 3]))
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no groups of processes")
@pytest.mark.parametrize("wait", [0.05, 0.15, 0.3, 0.6, 1.5])
def test_ctrl_c_ends_all_workers_at_once_and_none_says_where_it_met_them(tmp_path, wait):
    (tmp_path / "asleep.py").write_text(
        "import time\ndef one(shared, job):\n    time.sleep(shared)\n", encoding="utf-8"
    )
    (tmp_path / "main.py").write_text(ASLEEP, encoding="utf-8")
    paths = os.pathsep.join([str(tmp_path), *sys.path])
    run = subprocess.Popen(
        [sys.executable, str(tmp_path / "main.py")], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, start_new_session=True, text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "begun\n"
    time.sleep(wait)
    os.killpg(run.pid, signal.SIGINT)
    # Jobs of a minute are not waited for.
    _, said = run.communicate(timeout=40)
    assert (run.returncode, said) == (130, "")


@pytest.mark.slow
def test_an_error_of_a_job_is_its_own():
    with pytest.raises(ValueError, match="job 4"):
        list(Processes(1)(fail, None, [4]))


@pytest.mark.slow
def test_a_run_on_two_workers_is_the_run_on_one(tmp_path):
    plan = worlds.write(tmp_path)
    one, two = api.run(plan), api.run(plan, workers=2)
    for name in ("ledger", "units", "pieces"):
        np.testing.assert_array_equal(
            getattr(one, name)["area_m2"].to_numpy(), getattr(two, name)["area_m2"].to_numpy()
        )
    assert one.ledger.equals(two.ledger)
    for made in (one, two):
        made.run.pop("seconds")
        made.run["allocation"].pop("seconds")
    assert one.run == two.run


@pytest.mark.slow
def test_evaluations_and_other_lattices_are_the_same_on_two_workers(tmp_path, monkeypatch):
    """Windows of rasters and blocks of other lattices are jobs as those of a run are."""
    from test_evaluation import B, write
    from test_evaluation import world as rasters

    from zoning import evaluation
    from zoning.evaluation import run

    monkeypatch.setattr(run, "TOGETHER", 7)  # two calls of the engine
    layers, _ = rasters(tmp_path, 5, (40, 50))
    use = np.random.default_rng(3).choice([1, 3, 17], (40, 50)).astype("uint8")
    layers["landuse"] = write(tmp_path / "use.tif", use, nodata=0)
    city = shapely.Point(500_600, 3_559_500).buffer(550)
    made = [
        evaluation.town(layers, tmp_path / f"{k}.tif", B, 16, boundary=city, engine=engine)
        for k, engine in enumerate((None, choose(), Processes(2)))
    ]
    assert len({made[k].path.read_bytes() for k in range(3)}) == 1
    assert len({str({**vars(m), "path": ""}) for m in made}) == 1 and made[0].water_cells > 0
    water = {"water_retention": layers["wind_speed"]}  # classes by cumulative cuts
    eco = [api.evaluate("ecology", water, tmp_path / f"e{n}.tif", workers=n) for n in (1, 2)]
    assert eco[0].path.read_bytes() == eco[1].path.read_bytes() and eco[0].cuts == eco[1].cuts != {}
    plan = api.run(worlds.write(tmp_path))
    firm = [api.stability(plan, draws=5, doubts=0, lattices=True, workers=n) for n in (1, 2)]
    one, two = (f.lattices.units.drop(columns="geometry", errors="ignore") for f in firm)
    assert one.equals(two) and len(one)


def test_an_integration_takes_no_workers(tmp_path):
    from typer.testing import CliRunner

    from zoning.cli.app import build

    words = ["evaluate", "integration", "-o", str(tmp_path / "i.tif"), "--workers", "2"]
    done = CliRunner().invoke(build(), words)
    assert done.exit_code == 2 and not list(tmp_path.iterdir())


# --- a cluster ----------------------------------------------------------------------------------

dask = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("distributed"), reason="needs zoning[dask]"
)


@pytest.mark.slow
@dask
def test_a_local_cluster_gives_the_same_bytes():
    layers = layers_of(*world(7, n=25))
    told = []
    cluster = Cluster(workers=2, memory="1GB", done=lambda *a: told.append(a))
    found = hashed(atoms.build(layers, GRID, map_blocks=cluster))
    assert found == hashed(atoms.build(layers, GRID))
    assert told[-1][0] == told[-1][1]


def _start(*words: str, env: dict[str, str]) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", *words], env=env, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def scheduler(tmp_path):
    """A scheduler and workers as processes of their own, over TCP."""
    here = str(Path(__file__).parent)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(here).parent), here])}
    file = tmp_path / "scheduler.json"
    running = [
        _start("distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard",
               "--scheduler-file", str(file), env=env)
    ]  # fmt: skip
    for _ in range(600):
        if file.exists() and file.stat().st_size:
            break
        time.sleep(0.1)
    import json

    address = json.loads(file.read_text(encoding="utf-8"))["address"]

    def worker():
        running.append(
            _start("distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny",
                   "--no-dashboard", "--local-directory", str(tmp_path), env=env)
        )  # fmt: skip
        return running[-1]

    yield address, worker
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.slow
@dask
def test_workers_over_tcp_may_die(scheduler):
    address, worker = scheduler
    living = [worker(), worker()]
    killed = []

    def kill(done, every):
        # After some jobs a worker dies, and another takes its place.
        if done in (2, 5, 9):
            living[0].kill()
            living.append(worker())
            killed.append(living.pop(0))

    cluster = Cluster(address, done=kill)
    jobs = list(range(12))
    assert list(cluster(slow_square, 2, jobs)) == [2 * k * k for k in jobs]
    assert len(killed) == 3


def slow_square(shared, job):
    time.sleep(0.2)
    return shared * job * job


@pytest.mark.slow
@dask
def test_no_scheduler_is_told(monkeypatch):
    from zoning.scale import cluster

    monkeypatch.setattr(cluster, "PATIENCE", 1)
    monkeypatch.setattr(cluster, "_WAIT", "1s")
    with pytest.raises(InputError, match="no result in 1 attempts"):
        list(Cluster("tcp://127.0.0.1:9")(double, 1, [1]))


def test_blocks_of_a_city_are_few():
    """A city of 4,000 units is four to nine blocks, so workers pay from a province on."""
    from zoning.ledger import tiles

    city = shapely.Point(500_000, 3_500_000).buffer(35_000)
    task, _ = tiles.task_of(city, {}, atoms.GridSpec("EPSG:4549"), None, 64)
    assert 4 <= len(tiles.jobs_of(task)) <= 9
