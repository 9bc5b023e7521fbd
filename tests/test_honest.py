"""Plans and answers drawn at random pass verify; a run that counts wrongly does not: a sample.

The whole of it: ``try_honest.py``, ``mutate_accounts.py``, ``try_forgeries.py``
and ``try_writers.py`` of ``scripts``; what they found stands in docs/reliability.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import honest_plans
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow
SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"


@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 11))
def test_an_honest_plan_and_its_answer_pass(seed):
    with tempfile.TemporaryDirectory() as box:
        kind, off = honest_plans.told(seed, Path(box, "world"))
    assert not off and not kind.startswith("refused"), (seed, kind, off)


def test_a_rule_of_land_that_goes_where_none_is(tmp_path):
    """Seed 2244 names a township without land that may go: the run left the column out."""
    kind, off = honest_plans.told(2244, tmp_path / "world")
    assert (kind, off) == ("plan", [])


def run(script, *arguments):
    """Run a script; give what it printed."""
    made = subprocess.run(
        [sys.executable, "-W", "ignore", str(SCRIPTS / script), *arguments],
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr[-2000:]
    return made.stdout


def test_a_run_that_counts_wrongly_is_refuted():
    said = run("mutate_accounts.py", "--only", "water is free", "shares forget new land")
    assert "PASSES" not in said and said.count("\n") == 2


def test_a_sample_of_all_numbers_of_a_plan_is_held():
    said = json.loads(run("try_forgeries.py", "--plans", "scheme", "--most", "8"))
    assert said["kinds"] == 8 and said["unnamed"] == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_killed_at_random_moments_and_several_at_once():
    said = run("try_writers.py", "--kills", "12", "--rounds", "4", "--sizes", "3", "--targets",
               "4", "--writers", "grid.gpkg", "grid.parquet")  # fmt: skip
    assert all(not part.get("wrong") for part in map(json.loads, said.splitlines()))
