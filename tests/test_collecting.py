"""The collector of circles stands as it stood, whatever happened in between."""

from __future__ import annotations

import gc

import pytest

from zoning.base.collecting import uncollected


@pytest.mark.parametrize("was", [True, False])
def test_the_collector_stands_as_it_stood(was):
    before = gc.isenabled()
    try:
        gc.enable() if was else gc.disable()
        with pytest.raises(ValueError, match="x"), uncollected(), uncollected():
            assert not gc.isenabled()
            raise ValueError("x")
        assert gc.isenabled() == was
    finally:
        gc.enable() if before else gc.disable()


def test_the_audit_runs_without_and_can_be_handed_to_processes():
    import pickle

    from zoning.review.audit.partition import measure, work_block
    from zoning.review.audit.patches import judge

    assert pickle.loads(pickle.dumps(work_block)) is work_block
    assert all(hasattr(f, "__wrapped__") for f in (measure, work_block, judge))
