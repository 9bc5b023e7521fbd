"""The county of `worlds`, whole: every table and number that most other tests start from."""

from __future__ import annotations

import keeping
import worlds


def test_the_whole_plan_is_as_it_is_kept():
    keeping.hold(worlds.plan(), "small")
