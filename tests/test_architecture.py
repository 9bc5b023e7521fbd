"""The house keeps its order: layers, sizes, no prints, every threshold with its source."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "zoning"

#: A room imports only from rooms of earlier layers or of its own layer; a layer is one family.
LAYERS = [
    {"errors", "units"},
    {"strict"},
    {"resources"},
    {"words", "contracts", "_contract"},
    {"schemes"},
    {"config", "grid"},
    {"contribution", "contribution_rules"},
    {"planfile", "plan"},
    {"_rings", "_trapezoids", "_strips", "coverage", "zonal"},
    {"cells"},
    {"inputs", "landuse"},
    {"faces", "rounding"},
    {"ledger"},
    {"accounts"},
    {"rules"},
    {"weights", "indicators"},
    {"zones"},
    {"evaluation"},
    {"redlines"},
    {"carbon"},
    {"capacity"},
    {"allocation"},
    {"intake"},
    {"state", "ready"},
    {"checks", "summary"},
    {"pipeline"},
    {"store"},
    {"stability"},
    {"released", "question"},
    {"whatif", "verify"},
    {"outputs"},
    {"explain", "template"},
    {"cli"},
    {"__main__"},
]
RANK = {room: i for i, layer in enumerate(LAYERS) for room in layer}


def modules() -> list[Path]:
    return [p for p in sorted(PACKAGE.rglob("*.py")) if "_data" not in p.parts]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    """Find the rooms that a module imports when it runs (type hints do not count)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hints = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.dump(block.test)
        for node in ast.walk(block)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in hints:
            continue
        if isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("zoning.")}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            parts = node.module.split(".")
            if parts[0] == "zoning":
                names = parts[1:2] or [a.name for a in node.names]
                found |= {n for n in names if not n.startswith("__version")}
    return found


def test_every_room_has_a_layer():
    assert {room_of(p) for p in modules()} - set(RANK) - {"__init__"} == set()


def test_the_document_names_every_room():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = set(RANK) - {"__main__"}
    assert {r for r in rooms if f"`{r}`" not in text and f"`{r}/`" not in text} == set()


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_go_downwards(path: Path):
    room = room_of(path)
    if room == "__init__":
        return
    wrong = {r for r in imported_rooms(path) if r != room and RANK.get(r, 99) > RANK[room]}
    assert not wrong, f"{room} imports {wrong}, which stand above it"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_are_small_and_silent(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    tree = ast.parse(text)
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Assert)]
    if room_of(path) != "cli":
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]


def test_one_reader_of_toml():
    """Whoever reads TOML tells unknown keys, lines and evidence the same way."""
    readers = [p.name for p in modules() if "tomllib" in p.read_text(encoding="utf-8")]
    assert readers == ["strict.py"]


def test_every_public_function_is_documented():
    bare = []
    for path in modules():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            named = isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name[0] != "_"
            if named and not ast.get_docstring(node):
                bare.append(f"{path.name}:{node.name}")
    assert bare == []


def _tables(data: object, path: str = "") -> list[tuple[str, dict]]:
    found = []
    if isinstance(data, dict):
        found.append((path, data))
        for key, value in data.items():
            found += _tables(value, f"{path}.{key}")
    elif isinstance(data, list):
        for i, value in enumerate(data):
            found += _tables(value, f"{path}[{i}]")
    return found


#: Keys whose numbers rule a plan; a table that holds one needs a source and an evidence tag, its
#: own or that of a table around it.
RULING = {"cuts", "share", "threshold", "scores", "weight", "edges", "grades"}


@pytest.mark.parametrize(
    "path",
    [
        p
        for folder in ("methods", "capacity", "schemes")
        for p in sorted((ROOT / "data" / folder).rglob("*.toml"))
    ],
    ids=lambda p: p.name,
)
def test_thresholds_have_a_source(path: Path):
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    tables = dict(_tables(data))
    for where, table in tables.items():
        if not RULING & set(table):
            continue
        around = [t for w, t in tables.items() if where.startswith(w)]
        assert any("source" in t for t in around), f"{path.name}{where} has no source"
        assert any("evidence" in t for t in around), f"{path.name}{where} has no evidence tag"


def test_nothing_names_this_machine():
    words = ["/wo" + "rk/", "/ro" + "ot/", "/tm" + "p/", "pyth" + "onhosted", "registry.np" + "mjs"]
    skip = {"_data", "assets", "__pycache__", "venv"}
    for path in ROOT.rglob("*"):
        if path.suffix not in {".py", ".md", ".toml", ".csv", ".txt", ""} or not path.is_file():
            continue
        parts = path.relative_to(ROOT).parts
        if (
            skip & set(parts)
            or any(p.startswith(".") for p in parts)
            or path.name in {"run", ".gitignore"}
        ):
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert not [w for w in words if w in text], path
