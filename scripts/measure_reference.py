"""Measure the reference case and write docs/reference-case.md.

Usage: python scripts/measure_reference.py [DATA_FOLDER]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from reference import report
from reference.facts import DATA
from reference.measure import Files, measure


def main(data: Path) -> int:
    """Measure, print and write; 1 if a wish is not met."""
    files = Files.open(data)
    rows = measure(files)
    for row in rows:
        print(f"{'ok ' if row.ok else 'NOT'} {row.what}: {report.number(row.value)} ({row.wanted})")
    if data == DATA:
        report.write_all(files, rows)
    return 0 if all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else DATA))
