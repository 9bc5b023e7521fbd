"""The house keeps its order: layers, sizes, no prints, every threshold with its source."""

from __future__ import annotations

import ast
import importlib.util
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "zoning"


def _script(name: str):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _table() -> list[tuple[str, bool]]:
    """Read rooms and wings, in their order, from the one place where they stand."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    block = text.split("<!-- rooms -->")[1].split("<!-- /rooms -->")[0]
    rows = re.findall(r"^\| `(\w+)` \| (wing)? ?\|", block, flags=re.MULTILINE)
    return [(room, wing == "wing") for room, wing in rows]


ROOMS = [room for room, _ in _table()]
RANK = {room: i for i, room in enumerate(ROOMS)}
WINGS = {room for room, wing in _table() if wing}
OPENERS = {"api", "cli"}

HOUSE = _script("measure_house")


@cache
def files():
    """Draw the arrows between files, once and not while tests are collected."""
    return HOUSE.files(PACKAGE)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def modules() -> list[Path]:
    return [p for p in sorted(PACKAGE.rglob("*.py")) if "_data" not in p.parts]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_the_document_names_every_room_once():
    assert len(ROOMS) == len(set(ROOMS))
    assert {room_of(p) for p in modules()} - {"__init__"} == set(ROOMS)


def test_imports_go_upwards_in_the_table():
    floor = {name: RANK[name.split(".")[0]] for name in files()}
    wrong = [f"{a} imports {b}" for a, b in files().edges if floor[b] > floor[a]]
    assert wrong == KNOWN_WRONG


KNOWN_WRONG: list[str] = []


def test_wings_stand_apart():
    wrong = []
    for a, b in files().edges:
        one, other = a.split(".")[0], b.split(".")[0]
        if other in WINGS and one != other and one not in OPENERS:
            wrong.append(f"{a} imports {b}")
    assert wrong == []


def test_commands_only_call_the_door():
    called = {b.split(".")[0] for a, b in files().edges if a.startswith("cli.")}
    # Beside the door only what messages are made of: errors, areas and names (of zones and CRSs).
    assert called <= {"cli", "api", "errors", "base", "zones", "grid"}


def test_no_files_import_one_another_in_a_circle():
    assert HOUSE.circles(files()) == []


def test_imports_by_name_and_inside_functions_are_seen(tmp_path: Path):
    package = tmp_path / "zoning"
    (package / "low").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "low" / "__init__.py").write_text("")
    (package / "low" / "one.py").write_text(
        "import importlib\n\n\ndef f():\n    importlib.import_module('zoning.high')\n"
    )
    (package / "high.py").write_text("def g():\n    from zoning.low.one import f\n    f()\n")
    found = HOUSE.files(package)
    assert set(found.edges) == {("low.one", "high"), ("high", "low.one")}
    assert HOUSE.circles(found) == [["high", "low.one"]]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_modules_are_small_and_silent(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    nodes = list(ast.walk(parsed(path)))
    assert not [n for n in nodes if isinstance(n, ast.Assert)]
    calls = [n for n in nodes if isinstance(n, ast.Call)]
    # Where nothing is named, a Chinese Windows reads and writes GBK.
    for call in (c for c in calls if isinstance(c.func, ast.Attribute)):
        said = len(call.args) + sum(k.arg == "encoding" for k in call.keywords)
        assert said >= {"read_text": 1, "write_text": 2}.get(call.func.attr, 0), call.lineno
    if room_of(path) != "cli":
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]


def test_one_reader_of_toml():
    """Whoever reads TOML tells unknown keys, lines and evidence the same way."""
    texts = {p.name: p.read_text(encoding="utf-8") for p in modules()}
    assert [name for name, text in texts.items() if "tomllib" in text] == ["nesting.py"]
    assert [n for n, text in texts.items() if "base.nesting import" in text] == ["strict.py"]


def test_every_public_function_is_documented():
    bare = []
    for path in modules():
        for node in parsed(path).body:
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


def test_every_finding_names_tests_that_are_there():
    """docs/findings-0.1.md: what went wrong in 0.1.0, with the tests that hold it right."""
    page = (ROOT / "docs" / "findings-0.1.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/test_\w+\.py)::(test_\w+)`", page))
    assert len(named) > 60
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file, _ in named}
    assert [f"{f}::{t}" for f, t in sorted(named) if f"def {t}(" not in texts[f]] == []
    rows = [line for line in page.splitlines() if line.startswith("| ") and "tests" not in line]
    assert [r for r in rows if not re.match(r"\| (what happened|change) ", r)] == []
    script = (ROOT / "scripts" / "check_findings.py").read_text(encoding="utf-8")
    cases = set(re.findall(r'@case\("([^"]+)"', script))
    told = {c for row in page.splitlines() for c in re.split(r"[,|] ?", row.replace(" ", ""))}
    assert cases <= told and str(len(cases)) in page


def test_to_look_at_a_module_of_tests_changes_no_environment():
    """Whoever collects the tests imports all of them; one such line once moved the date for all."""
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        if path.name == "conftest.py":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.Assign, ast.Delete, ast.Expr)):
                text = ast.unparse(node)
                sets = text.startswith(("os.environ[", "del os.environ", "os.putenv")) or (
                    re.match(r"os\.environ\.(update|pop|clear)", text)
                )
                assert not sets, f"{path.relative_to(root)}:{node.lineno}: {text}"
