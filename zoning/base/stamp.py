"""The time that is written into files, one for all: equal content gives equal bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime


def stamp() -> datetime:
    """Give the time that is written into files: ``SOURCE_DATE_EPOCH`` where set, else today (UTC).

    The day alone, so that equal inputs give equal bytes on one day; the hour is the file system's.

    References
    ----------
    Reproducible Builds project, SOURCE_DATE_EPOCH specification, version 1.1.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.fromtimestamp(int(epoch), UTC)
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def written_at() -> str:
    """Give the time that stands in a GeoPackage: the same content gives the same bytes."""
    return stamp().strftime("%Y-%m-%dT%H:%M:%S.000Z")


@contextmanager
def gdal_options(options: Mapping[str, str]) -> Iterator[None]:
    """Set options of GDAL for a while."""
    import pyogrio

    before = {key: pyogrio.get_gdal_config_option(key) for key in options}
    pyogrio.set_gdal_config_options(dict(options))
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options(before)


@contextmanager
def stamped() -> Iterator[None]:
    """Let GDAL write :func:`written_at` into its files instead of its own clock."""
    with gdal_options({"OGR_CURRENT_DATE": written_at()}):
        yield
