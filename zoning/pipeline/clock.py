"""The steps of a run by their names, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from zoning.base.memory import give_back
from zoning.errors import Text

#: Called with the English and Chinese name of the step that begins.
Progress = Callable[[Text], None]

STEPS = {
    "read": Text("read the inputs", "读取数据"),
    "measure": Text("measure areas", "量算面积"),
    "zone": Text("class townships and units", "判定乡镇与单元类型"),
    "account": Text("draw up the accounts", "编制台账"),
    "allocate": Text("allocate new land", "分配新增建设用地"),
    "check": Text("check everything again", "复核"),
}


@dataclass
class Clock:
    """Times the steps, tells which one begins, and gives freed memory back after each."""

    tell: Progress | None
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step of :data:`STEPS`."""
        if self.tell:
            self.tell(STEPS[name])
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 4)
        give_back()
