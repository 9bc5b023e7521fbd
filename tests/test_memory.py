"""Memory that is free goes back where the C library can, and nothing fails where it cannot."""

import ctypes
import platform
import sys
from types import SimpleNamespace

import pytest

from zoning.base.memory import give_back, give_back_columns


def test_the_library_of_this_machine_is_asked():
    """It says whether it could."""
    glibc = platform.libc_ver()[0] == "glibc"
    assert give_back_columns() is glibc
    kept = [bytes(1000) for _ in range(10_000)]  # something that lies free afterwards
    del kept
    assert isinstance(give_back(), bool) and (glibc or not give_back())


def test_what_is_asked_of_it(monkeypatch):
    asked = []
    library = SimpleNamespace(
        mallopt=lambda *n: asked.append(n) or 1, malloc_trim=lambda *n: asked.append(n) or 1
    )
    monkeypatch.setattr(ctypes, "CDLL", lambda name: library)
    assert give_back_columns() and give_back()
    # M_MMAP_THRESHOLD (-3) of 8 MB, M_TRIM_THRESHOLD (-1) of 64 MB; nothing is kept at the end.
    assert asked == [(-3, 8 << 20), (-1, 64 << 20), (0,)]
    library.mallopt = library.malloc_trim = lambda *n: 0
    assert not give_back_columns() and not give_back()


def test_arrow_gives_back_too_where_it_is_loaded(monkeypatch):
    freed = []
    pool = SimpleNamespace(release_unused=lambda: freed.append(1))
    arrow = SimpleNamespace(default_memory_pool=lambda: pool)
    monkeypatch.setitem(sys.modules, "pyarrow", arrow)
    give_back()
    assert freed == [1]
    monkeypatch.delitem(sys.modules, "pyarrow")
    give_back()
    assert freed == [1] and "pyarrow" not in sys.modules


@pytest.mark.parametrize("why", [OSError, TypeError, AttributeError])
def test_another_system_has_no_such_library(monkeypatch, why):
    """Windows knows no library without a name, musl no such functions."""

    def refuse(name):
        if why is AttributeError:
            return SimpleNamespace()
        raise why("no library")

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    assert not give_back_columns() and not give_back()
