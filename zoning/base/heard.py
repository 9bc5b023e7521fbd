"""What happens on the side and must be told: a file kept aside, an interrupted writing finished."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from zoning.errors import Finding

log = logging.getLogger(__name__)
_HEARD: ContextVar[list[Finding] | None] = ContextVar("zoning_heard", default=None)


def tell(finding: Finding) -> None:
    """Tell whoever listens; a script that does not gets it in its log."""
    heard = _HEARD.get()
    if heard is None:
        log.warning(finding.line("en"))
    else:
        heard.append(finding)


@contextmanager
def hearing() -> Iterator[list[Finding]]:
    """Listen to what is told meanwhile."""
    heard: list[Finding] = []
    mark = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(mark)
