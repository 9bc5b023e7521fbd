"""What holds for all tests: one seed, and in CI nothing may be skipped.

Elsewhere examples are drawn anew every time, and fewer of them.
"""

from __future__ import annotations

import gc
import os

# One thread for each process: pytest -n starts as many as there are cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from unittest import mock

import pytest
from hypothesis import settings

#: Run by QGIS's own Python, or by themselves with a library preloaded, not by pytest.
collect_ignore_glob = ["faults/*.py"]
collect_ignore = ["qgis_check.py", "qgis_edit.py", "qgis_hold.py", "qgis_provider_check.py"]

settings.register_profile("ci", derandomize=True, print_blob=True, deadline=None)
settings.register_profile("here", print_blob=True, max_examples=40, deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure in CI, which has every program that a test may ask for."""
    report = yield
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: skipped in CI: {reason}"
    return report


def pytest_collection_finish(session):
    """Let the garbage collector leave out what stands to the end: a seventh of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # tables are counted, not collected: a thirtieth of the time


@pytest.fixture(autouse=True, scope="module")
def environment_of_a_file():
    """Give every file of tests the environment as it was: what one sets is not for the next."""
    with mock.patch.dict(os.environ):
        yield
