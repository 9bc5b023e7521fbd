"""The auditor has a way of its own: what it may import from the rooms of a run is a short list."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

VERIFY = Path(__file__).parent.parent / "zoning" / "verify"
#: Rooms that measure, count, limit, place and prove: nothing of them is ever called here.
NEVER = ("measure", "ledger", "capacity", "allocation", "scale", "carbon", "weights.weights")
#: Words, errors, files and what a plan is: no results.
PLAIN = ("errors", "base", "plan", "schemes", "planfile", "contribution.parts")
#: The rest, each with why it may be.
ALLOWED = {
    ("audit", "digest"): "the digest is the definition of what a signature refers to",
    ("versions", "digest"): "the same, of the other plan",
    ("compare", ""): "the version of the package",
    ("files", "store"): "reads the folder",
    ("files", "outputs"): "files that people open are made again from the proved plan",
    ("papers", "outputs"): "the same, for the report",
    ("slider", "outputs"): "in which order the map holds units",
    ("place", "store"): "reads the folder",
    ("place", "questions"): "reads the rows of one place",
    ("inputs", "pipeline"): "--inputs measures the inputs again as a run does",
    ("inputs", "inputs"): "which files an input is, and the hash of all of them",
    ("lists", "inputs"): "--inputs reads lists again; words of their columns",
    ("parks", "pipeline"): "finds the layer of protections in the plan",
    ("beyond", "pipeline"): "name of a contribution",
    ("ten", "pipeline"): "name of a contribution",
    ("fair", "pipeline"): "names of a contribution and of its measures",
    ("suited", "pipeline"): "reads the file of the method",
    ("suited", "weights"): "scales an indicator as the file of the method says",
    ("zones", "pipeline"): "reads the file of the method",
    ("zones", "zones"): "the rules of a method are applied once more to the attributes",
}


def imported(path: Path) -> set[str]:
    """Name what a module takes from the package, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: relative imports hide the room"
            if node.module == "zoning":
                names = [a.name for a in node.names]
                found |= {"" if n.startswith("__") else n for n in names}
            elif node.module and node.module.startswith("zoning."):
                room = node.module.removeprefix("zoning.")
                folder = VERIFY.parent.joinpath(*room.split("."))
                for one in node.names:  # a module of a room, or something of the room itself
                    inner = (folder / f"{one.name}.py").exists() or (folder / one.name).is_dir()
                    found.add(f"{room}.{one.name}" if inner else room)
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("zoning.") for a in node.names
                      if a.name.split(".")[0] == "zoning"}  # fmt: skip
        elif isinstance(node, ast.Call) and "import_module" in ast.dump(node.func):
            found.add("import_module")
    return found


def under(name: str, rooms) -> bool:
    return any(name == r or name.startswith(f"{r}.") for r in rooms)


def test_the_auditor_shares_nothing_with_the_run_but_this() -> None:
    used = defaultdict(set)
    for path in sorted(VERIFY.glob("*.py")):
        for name in imported(path):
            if not under(name, ("verify", *PLAIN)):
                used[path.stem, name.split(".")[0]].add(name)
    assert set(used) == set(ALLOWED)
    flat = {name for names in used.values() for name in names}
    assert not [n for n in flat if under(n, NEVER)]


def test_names_that_are_taken_are_the_few_that_are_meant() -> None:
    """A room on the list opens no door to the rest of it."""
    few = {
        "questions": {"questions.place"}, "weights": {"weights.scaling"},
        "pipeline": {"pipeline", "pipeline.method", "pipeline.ready", "pipeline.neighbours",
                     "pipeline.ten_told", "pipeline.fairness", "pipeline.protected"},
        "inputs": {"inputs.access", "inputs.environment", "inputs.source"}, "zones": {"zones"},
    }  # fmt: skip
    for path in sorted(VERIFY.glob("*.py")):
        for name in imported(path):
            room = name.split(".")[0]
            assert room not in few or name in few[room], (path.name, name)
