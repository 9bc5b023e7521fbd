"""PostGIS: a server of our own; what was written is read back, and writers die at any message."""

from __future__ import annotations

import hashlib
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

import fake_plan
import geopandas as gpd
import pytest
from faults.watch import child, ended
from faults.wire import Wire
from test_exchange import LAYERS, same

from zoning.errors import InputError
from zoning.outputs import exchange
from zoning.outputs.exchange import postgis


@pytest.fixture(scope="module")
def plan():
    return fake_plan.make(hostile=True)


def postgres(name):
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else None)


@pytest.fixture(scope="module")
def server():
    """Start a server of our own in a temporary folder; give its address."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (zoning[postgis])")
    pytest.importorskip("geoalchemy2", reason="geoalchemy2 is not installed (zoning[postgis])")
    initdb, start = postgres("initdb"), postgres("postgres")
    if not (initdb and start):
        pytest.skip("no PostgreSQL server here")
    if not list(Path("/usr/share/postgresql").glob("*/extension/postgis.control")):
        pytest.skip("PostgreSQL has no PostGIS here (Debian: postgresql-15-postgis-3)")
    home = Path(tempfile.mkdtemp(prefix="zoning-pg-"))  # pytest's folders are root's alone
    as_user = []
    if hasattr(os, "geteuid") and os.geteuid() == 0:  # the server refuses to run as root
        if not shutil.which("runuser"):
            pytest.skip("runs as root and has no runuser")
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(home, "postgres")
    data = home / "data"
    subprocess.run(
        [*as_user, initdb, "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8",
         "--locale=C.UTF-8", "--no-sync"],
        check=True, capture_output=True, cwd=home,
    )  # fmt: skip
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    process = subprocess.Popen(
        [*as_user, start, "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", str(home),
         "-c", "fsync=off"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home,
    )  # fmt: skip
    try:
        url = f"postgresql://tester@127.0.0.1:{port}/postgres"
        wait_for(url)
        yield url
    finally:
        pg_ctl = [postgres("pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
        subprocess.run([*as_user, *pg_ctl], capture_output=True, cwd=home)
        process.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)


def wait_for(url):
    import psycopg

    for _ in range(100):
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.fail("the server did not start")


def ask(url, sql):
    import psycopg

    with psycopg.connect(url) as db:
        return db.execute(sql).fetchall()


@pytest.mark.postgis
@pytest.mark.slow
def test_postgis_round_trip(plan, server):
    from sqlalchemy import create_engine

    for _ in range(2):  # the second run replaces the first
        assert exchange.write(plan, "postgis", url=server, schema='规划 "a"') == []
    engine = create_engine(server.replace("postgresql://", "postgresql+psycopg://"))
    back = gpd.read_postgis('SELECT * FROM "规划 ""a""".units ORDER BY unit', engine)
    engine.dispose()
    back = back.set_index("unit")
    assert back.index.tolist() == plan.units.index.tolist()
    for column in plan.units.columns.drop("geometry"):
        # PostgreSQL's COPY takes an empty text for none; only `overlays` may be empty.
        theirs = back[column].fillna("") if column == "overlays" else back[column]
        same(theirs, plan.units[column])
    assert back.crs.to_epsg() == 4549
    assert back.geometry.geom_equals(plan.units.geometry).all()
    names = ask(server, 'SELECT name FROM "规划 ""a""".townships ORDER BY township')
    assert tuple(n for (n,) in names) == fake_plan.HOSTILE
    areas = ask(server, 'SELECT sum(area_m2), sum(ST_Area(geom)) FROM "规划 ""a""".zones')
    assert int(areas[0][0]) == plan.zones["area_m2"].sum()
    notes = dict(ask(server, "SELECT a.attname, d.description FROM pg_description d JOIN "
        "pg_attribute a ON a.attrelid = d.objoid AND a.attnum = d.objsubid JOIN pg_class c "
        "ON c.oid = d.objoid WHERE c.relname = 'units'"))  # fmt: skip
    assert notes["area_m2"] == "单元市内面积" and notes["zone_words"] == "主体功能区（名称）"
    keys = ask(server, "SELECT conname FROM pg_constraint WHERE contype = 'p' AND "
               "conname IN ('units_pkey', 'townships_pkey')")  # fmt: skip
    assert len(keys) == 2
    found = ask(server, "SELECT count(*) FROM information_schema.tables WHERE table_schema = "
                "'规划 \"a\"'")  # fmt: skip
    assert found == [(len(LAYERS) + len(plan.tables) + 4,)]


@pytest.mark.postgis
@pytest.mark.slow
def test_a_failure_leaves_the_database_as_it_was(plan, server):
    exchange.write(plan, "postgis", url=server, schema="kept")
    double = plan.units.rename(index={plan.units.index[1]: plan.units.index[0]})
    broken = fake_plan.Plan(**{**vars(plan), "units": double})
    with pytest.raises(InputError) as told:
        exchange.write(broken, "postgis", url=server, schema="kept")
    assert told.value.problems[0].code == "database"
    count = ask(server, "SELECT count(DISTINCT unit) FROM kept.units")
    assert count == [(len(plan.units),)]


@pytest.mark.slow
@pytest.mark.postgis
def test_a_password_is_never_shown():
    pytest.importorskip("psycopg")
    pytest.importorskip("geoalchemy2")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with pytest.raises(InputError) as told:
        postgis.write(None, f"postgresql://tester:geheim@127.0.0.1:{port}/none")
    assert "geheim" not in told.value.tell("en")
    with pytest.raises(InputError) as told:
        postgis.write(None, "geheim")
    assert "geheim" not in told.value.tell("en")


@pytest.mark.postgis
@pytest.mark.slow
def test_postgis_replaces_only_what_is_ours(plan, server, tmp_path, monkeypatch):
    def run(*statements):
        import psycopg

        with psycopg.connect(server) as db:
            for statement in statements:
                db.execute(statement)

    run("CREATE SCHEMA theirs", "CREATE TABLE theirs.units AS SELECT 7 AS a")
    with pytest.raises(InputError, match="no mark of ours"):
        exchange.write(plan, "postgis", url=server, schema="theirs")
    assert ask(server, "SELECT a FROM theirs.units") == [(7,)]
    address = tmp_path / "地址.txt"
    address.write_text(server + "\n", encoding="utf-8")
    exchange.write(plan, "postgis", url=f"@{address}", schema="ours")
    # A table of theirs in our schema stays; one of ours that is no longer written goes.
    run("CREATE TABLE ours.notes (a int)", "INSERT INTO ours.notes VALUES (3)")
    exchange.write(plan, "postgis", url=server, schema="ours", only=["units"])
    left = ask(server, "SELECT tablename FROM pg_tables WHERE schemaname = 'ours' ORDER BY 1")
    assert left == [("notes",), ("units",)]
    run("CREATE TABLE ours.zones (a int)")
    monkeypatch.setenv("ZONING_DATABASE_URL", server)
    with pytest.raises(InputError, match="not ours: zones"):
        exchange.write(plan, "postgis", schema="ours")
    assert ask(server, "SELECT a FROM ours.notes") == [(3,)]
    assert len(ask(server, "SELECT unit FROM ours.units")) == len(plan.units)  # nothing was changed


@pytest.mark.slow  # its drivers are not among what the newcomer installs
def test_no_error_of_a_database_shows_the_password(plan):
    pytest.importorskip("psycopg")
    pytest.importorskip("geoalchemy2")
    for url in (
        "postgresql://u:geheim123@127.0.0.1:9/x", "postgresql://u:geheim123@127.0.0.1:notaport/x",
        "postgresql://u:geheim123@127.0.0.1:9/x?sslmode=geheim123",
    ):  # fmt: skip
        with pytest.raises(InputError) as told:
            exchange.write(plan, "postgis", url=url)
        shown = [p.tell(lang) for p in told.value.problems for lang in ("en", "zh")]
        assert "geheim123" not in "".join(shown) and told.value.__cause__ is None


@pytest.mark.slow
@pytest.mark.parametrize("url", [
    "sqlite:///x.db", "mysql://u:geheim123@h/x", "oracle://h/x", "postgresql+pg8000://127.0.0.1:9/x",
    "postgresql+psycopg_async://u@127.0.0.1:9/x", "postgres://127.0.0.1:9/x",
])  # fmt: skip
def test_another_database_or_driver_is_told(plan, url):
    """A driver that is not installed was an internal error."""
    pytest.importorskip("psycopg")
    pytest.importorskip("geoalchemy2")
    with pytest.raises(InputError) as told:
        exchange.write(plan, "postgis", url=url)
    other = not url.startswith("postgres")
    assert [p.code for p in told.value.problems] == ["bad-url" if other else "database"]
    assert "geheim123" not in told.value.tell("en")


@pytest.mark.postgis
@pytest.mark.slow
def test_any_name_of_a_schema(plan, server):
    for name in ("UPPER", "a.b;--", "规" * 21):
        for _ in range(2):
            exchange.write(plan, "postgis", url=server, schema=name, only=["units"])
        here = f"SELECT tablename FROM pg_tables WHERE schemaname = '{name}'"
        assert ask(server, here) == [("units",)]
    for name in ("100 %s", "", "规" * 21 + "a"):  # the last was cut to a name as above
        with pytest.raises(InputError, match="1 to 63 bytes without '%'"):
            exchange.write(plan, "postgis", url=server, schema=name)


# ---- a writer that dies --------------------------------------------------------------------


def state(url, schema):
    """Give all that stands in a schema, tables and indexes with their words; None without it."""
    alone = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    for _ in range(600):  # a server process outlives its client until it looks up
        if ask(url, alone) == [(1,)]:
            break
        time.sleep(0.05)
    marks = ask(url, "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace "
                f"WHERE nspname = '{schema}'")  # fmt: skip
    if not marks:
        return None
    words = ask(url, "SELECT relname, objsubid, description FROM pg_class c LEFT JOIN "
        "pg_description ON objoid = c.oid AND classoid = 'pg_class'::regclass "
        f"WHERE relnamespace = '{schema}'::regnamespace ORDER BY 1, 2")  # fmt: skip
    rows = ask(url, f"SELECT schema_to_xml('{schema}', true, false, '')::text")
    return marks, words, hashlib.sha256(rows[0][0].encode()).hexdigest()


def deaths(plan, server, schema, way, chosen):
    """Let a writer die before messages, each time a new one; give what it said and left.

    A number chooses the n-th message, a text the first message in which it stands.
    """
    port = int(server.rsplit(":", 1)[1].split("/")[0])
    pid = [0]
    for at in chosen:
        over = [False]

        def before(line, n, message, at=at, over=over):
            if over[0] or not (n == at if isinstance(at, int) else at in message):
                return
            over[0] = True
            if way == "killed":
                os.kill(pid[0], signal.SIGKILL)
                line.cut()
            elif way == "cut":
                line.cut()
            elif way == "unheard":  # the server does it, and the writer never hears so
                line.deafen()
            else:
                ask(server, "SELECT pg_terminate_backend(pid, 9000) FROM pg_stat_activity WHERE "
                    "backend_type = 'client backend' AND pid <> pg_backend_pid()")  # fmt: skip

        with Wire(port, before) as line:
            url = server.replace(f":{port}/", f":{line.port}/")
            work = partial(exchange.write, plan, "postgis", url=url, schema=schema)
            pid[0], read = child(work)
            said = ended(pid[0], read)
        yield at, (said or "killed") if over[0] else f"lived {said}", state(server, schema)


@pytest.mark.postgis
@pytest.mark.slow
@pytest.mark.parametrize("over", ["old", "nothing"])
@pytest.mark.parametrize("way", ["killed", "cut", "terminated"])
def test_a_writer_that_dies_at_any_message_leaves_the_old(plan, server, way, over):
    schema = f"{way}_{over}"
    if over == "old":
        exchange.write(fake_plan.make(), "postgis", url=server, schema=schema)
    before = state(server, schema)
    assert (before is None) == (over == "nothing")
    # Every message where ZONING_FULL is set; before the third there is nothing to terminate.
    every, first = os.environ.get("ZONING_FULL"), 3 if way == "terminated" else 1
    drawn = random.Random(20131).sample(range(4, 900), 12)
    some = [*range(first, 4), *drawn, b"CREATE SCHEMA", b"COMMIT"]
    chosen = itertools.count(first) if every else some
    for tried, (at, said, left) in enumerate(deaths(plan, server, schema, way, chosen)):
        if said == "done" or said.startswith("lived"):  # what comes after COMMIT says goodbye
            assert every and tried > 900, (at, said)
            break
        told = {"told database-gone"} if way != "killed" else {"killed"}
        if way != "killed" and isinstance(at, int) and at < 60:  # while the line is being made
            told.add("told database")
        assert said in told, (at, said)
        assert left == before, (at, said)


@pytest.mark.postgis
@pytest.mark.slow
def test_a_writer_without_a_transaction_is_found_out(plan, server, monkeypatch):
    import sqlalchemy

    make = partial(sqlalchemy.create_engine, isolation_level="AUTOCOMMIT")
    monkeypatch.setattr(sqlalchemy, "create_engine", make)
    ((_, said, left),) = deaths(plan, server, "bare", "killed", [600])
    assert said == "killed" and left is not None


@pytest.mark.postgis
@pytest.mark.slow
def test_a_lost_answer_is_told_and_the_new_result_is_whole(plan, server):
    exchange.write(plan, "postgis", url=server, schema="heard")
    ((_, said, left),) = deaths(plan, server, "unheard", "unheard", [b"COMMIT"])
    assert said == "told database-gone"
    heard, unheard = state(server, "heard"), left
    assert unheard[:2] == heard[:2]
    assert ask(server, "SELECT * FROM heard.units") == ask(server, "SELECT * FROM unheard.units")


@pytest.mark.postgis
@pytest.mark.slow
def test_the_second_of_two_writers_is_told_who_holds_the_schema(plan, server):
    """They wrote both: tables of the first that the second did not know were left without mark."""
    exchange.write(plan, "postgis", url=server, schema="two", only=["units"])
    port, told = int(server.rsplit(":", 1)[1].split("/")[0]), []

    def before(line, n, message):
        if b"COMMIT" in message:
            impatient = server + "?options=-c%20lock_timeout%3D2000"
            try:
                exchange.write(plan, "postgis", url=impatient, schema="two", only=["units"])
            except InputError as error:
                told.extend(error.problems)

    with Wire(port, before) as line:
        url = server.replace(f":{port}/", f":{line.port}/")
        exchange.write(plan, "postgis", url=url, schema="two")
    assert [p.code for p in told] == ["locked"]
    assert f"command zoning, pid {os.getpid()}" in told[0].tell("en")
    assert "two" in told[0].tell("zh") and "另一进程正在写入" in told[0].tell("zh")
    exchange.write(plan, "postgis", url=server, schema="two", only=["units"])  # let go again
    assert ask(server, "SELECT tablename FROM pg_tables WHERE schemaname = 'two'") == [("units",)]


@pytest.mark.postgis
@pytest.mark.slow
def test_tables_that_another_session_reads_are_told(plan, server, monkeypatch):
    """It waited without end for whoever had a transaction open over a table of ours."""
    import psycopg

    monkeypatch.setattr(postgis, "WAIT_S", 1, raising=False)
    exchange.write(plan, "postgis", url=server, schema="read", only=["units"])
    impatient = server + "?options=-c%20statement_timeout%3D4000"
    with psycopg.connect(server) as reader:
        reader.execute("SELECT unit FROM read.units")
        with pytest.raises(InputError, match="in use by another session") as told:
            exchange.write(plan, "postgis", url=impatient, schema="read")
    assert [p.code for p in told.value.problems] == ["file-in-use"]
    exchange.write(plan, "postgis", url=impatient, schema="read")


@pytest.mark.postgis
@pytest.mark.slow
def test_a_view_of_somebody_over_a_table_of_ours_is_told_and_stays(plan, server):
    import psycopg

    exchange.write(plan, "postgis", url=server, schema="seen")
    with psycopg.connect(server) as db:
        db.execute("CREATE VIEW public.mine AS SELECT unit FROM seen.units")
    with pytest.raises(InputError, match="view mine depends on table") as told:
        exchange.write(plan, "postgis", url=server, schema="seen")
    assert [p.code for p in told.value.problems] == ["foreign"]
    assert "drop that view" in told.value.problems[0].remedy.en
    assert len(ask(server, "SELECT * FROM public.mine")) == len(plan.units)
