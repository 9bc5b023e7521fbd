"""Measure the house: rooms, arrows between them, floors, circles; today or at a commit.

python scripts/measure_house.py [REVISION ...]

A room is a file or a folder directly under zoning/. An arrow A -> B: a file of A imports one of B
when it runs (hints for type checkers do not count; imports inside functions and
``import_module("zoning...")`` do). Floors: the longest chain of arrows, circles taken as one.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

ROOT = Path(__file__).parent.parent
NOT_OURS = {"_data", "__pycache__"}


def modules(package: Path) -> dict[str, Path]:
    """Give every module of a package by its dotted name, without the package's own."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        if not NOT_OURS & set(parts):
            found[".".join(parts)] = path
    return found


def imported(path: Path, known: set[str]) -> Iterator[str]:
    """Find the modules of the package that a file imports when it runs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hints = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and _for_checkers(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in hints:
            continue
        for name in _names(node):
            module = _module(name.removeprefix("zoning."), known)
            if module:
                yield module


def _for_checkers(test: ast.expr) -> bool:
    """Say whether a condition asks for type checkers."""
    named = (getattr(n, "id", getattr(n, "attr", "")) for n in ast.walk(test))
    return "TYPE_CHECKING" in named


def _names(node: ast.AST) -> Iterator[str]:
    """Give the dotted names that a statement may import."""
    if isinstance(node, ast.Import):
        yield from (a.name for a in node.names if a.name.startswith("zoning."))
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        if node.module.split(".")[0] == "zoning":
            yield from (f"{node.module}.{a.name}" for a in node.names)
    elif isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        called = node.func.id if isinstance(node.func, ast.Name) else called
        first = node.args[0]
        if called == "import_module" and isinstance(first, ast.Constant):
            yield str(first.value)


def _module(name: str, known: set[str]) -> str | None:
    """Find the module that holds a name: itself, its parent, or the parent's door."""
    parent = name.rpartition(".")[0]
    for given in (name, f"{name}.__init__", parent, f"{parent}.__init__"):
        if given in known:
            return given
    return None


def files(package: Path) -> nx.DiGraph:
    """Draw the arrows between files; the package's own door is no room."""
    found = modules(package)
    known = set(found) - {"__init__"}
    house = nx.DiGraph()
    house.add_nodes_from(known)
    for name in known:
        for other in imported(found[name], known):
            if other != name:
                house.add_edge(name, other)
    return house


def rooms(house: nx.DiGraph) -> nx.DiGraph:
    """Draw the arrows between rooms."""
    plan = nx.DiGraph()
    plan.add_nodes_from(n.split(".")[0] for n in house)
    plan.add_edges_from(
        (a.split(".")[0], b.split(".")[0])
        for a, b in house.edges
        if a.split(".")[0] != b.split(".")[0]
    )
    return plan


def circles(house: nx.DiGraph) -> list[list[str]]:
    """Give the groups of files that import one another, largest first; doors apart."""
    inner = house.subgraph(n for n in house if not n.endswith("__init__"))
    found = [sorted(c) for c in nx.strongly_connected_components(inner) if len(c) > 1]
    return sorted(found, key=lambda c: (-len(c), c))


def floors(plan: nx.DiGraph) -> int:
    """Count the floors of a house."""
    return int(nx.dag_longest_path_length(nx.condensation(plan))) + 1


def report(package: Path) -> str:
    """Tell rooms, arrows, floors, files and circles in one line each."""
    house = files(package)
    plan = rooms(house)
    lines = [
        f"rooms {plan.number_of_nodes()}, arrows between rooms {plan.number_of_edges()}, "
        f"floors {floors(plan)}, files {house.number_of_nodes()}"
    ]
    found = circles(house)
    lines.append(f"circles of files {len(found)}")
    lines += [f"  {len(c)} files: {', '.join(c)}" for c in found]
    return "\n".join(lines)


def at(revision: str, into: Path) -> Path:
    """Lay the package out as it was at a commit."""
    packed = subprocess.run(
        ["git", "archive", revision, "zoning"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(into, filter="data")
    return into / "zoning"


if __name__ == "__main__":
    for revision in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{revision}: {report(at(revision, Path(folder)))}")
    print(f"now: {report(ROOT / 'zoning')}")
