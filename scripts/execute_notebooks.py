"""Execute the notebooks of docs/examples, so that they show what is computed.

python scripts/execute_notebooks.py [--check]

``--check`` executes and compares the outputs in words with those that are kept; it writes nothing.
Needs nbclient and ipykernel (``pip install -e ".[docs]"``).
"""

from __future__ import annotations

import copy
import difflib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "examples"


def execute(notebook: Any) -> Any:
    """Run every cell in an empty folder; an error of a cell ends it."""
    done = copy.deepcopy(notebook)
    with tempfile.TemporaryDirectory() as folder:
        NotebookClient(
            done, timeout=600, kernel_name="python3", resources={"metadata": {"path": folder}}
        ).execute()
    for cell in done.cells:
        cell.metadata = {}  # when it ran is no part of the example
        for output in cell.get("outputs", ()):
            output.get("metadata", {}).clear()
    done.metadata.pop("language_info", None)
    return done


def words(notebook: Any) -> list[str]:
    """Give the lines of all outputs in words; pictures and HTML differ between versions."""
    lines: list[str] = []
    for number, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", ()):
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            lines += [f"{number}: {line}" for line in text.splitlines()]
    return lines


def main() -> int:
    """Execute all; 1 if a kept output is not what is computed."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    wrong = 0
    for path in sorted(FOLDER.glob("*.ipynb")):
        kept = nbformat.read(path, as_version=4)
        done = execute(kept)
        if "--check" in sys.argv:
            changes = list(difflib.unified_diff(words(kept), words(done), lineterm="", n=0))
            print(path.name, "as kept" if not changes else "\n".join(changes))
            wrong += bool(changes)
        else:
            nbformat.write(done, path)
            print(path.name)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
