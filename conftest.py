"""Examples in docstrings run as they stand; those that begin from the demo share one plan."""

from __future__ import annotations

from functools import cache

import pytest


@cache
def _demo():
    """Make the reference plan once for all examples of a process."""
    import zoning as zn

    return zn.demo()


@pytest.fixture(autouse=True)
def _one_demo(request, monkeypatch):
    test = getattr(request.node, "dtest", None)  # of docstrings only
    if test is not None and any("demo()" in e.source for e in test.examples):
        plan = _demo()
        monkeypatch.setattr("zoning.api.making.demo", lambda: plan)
