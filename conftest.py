"""Examples in docstrings run as they stand; whoever begins from the demo shares one plan."""

from __future__ import annotations

import os
import pickle
import time

import pytest


@pytest.fixture(scope="session")
def reference_plan(tmp_path_factory):
    """Give the reference plan, made once however many processes run the tests; for reading only."""
    import zoning as zn

    box = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return zn.demo()
    made, lock = box.parent / "reference.pickle", box.parent / "reference.lock"
    while not made.exists():
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
        except FileExistsError:  # another process is at it
            time.sleep(0.2)
            continue
        try:
            if not made.exists():
                whole = made.with_suffix(".part")
                whole.write_bytes(pickle.dumps(zn.demo()))
                whole.replace(made)
        finally:
            lock.unlink()
    return pickle.loads(made.read_bytes())  # noqa: S301  our own, of this run


@pytest.fixture(autouse=True)
def _one_demo(request, monkeypatch):
    test = getattr(request.node, "dtest", None)  # of docstrings only
    if test is not None and any("demo()" in e.source for e in test.examples):
        plan = request.getfixturevalue("reference_plan")
        monkeypatch.setattr("zoning.api.making.demo", lambda: plan)
