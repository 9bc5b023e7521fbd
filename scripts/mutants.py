"""Change one thing in the code, run the tests that reach it, and tell which changes nobody noticed.

First ``python -m pytest --cov --cov-context=test --cov-report=``, so that it is known which test
reaches which line; then for instance ``python scripts/mutants.py --count 20 zoning/capacity``.
The same seed on the same code draws the same changes. Nothing in the checkout is written to. For
systems that can fork.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import coverage
import geopandas  # noqa: F401  what every test needs, opened once
import hypothesis  # noqa: F401
import networkx  # noqa: F401
import pytest
import rasterio  # noqa: F401
import scipy.optimize  # noqa: F401

ROOT = Path(__file__).resolve().parents[1]

COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
#: Calls whose keywords change nothing that works: a guard of our own code, a warning of NumPy.
GUARDS = {"zip", "errstate"}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "first": "last", "lower": "upper"}


def changes(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Give what a node may become, with a word for it."""
    new = copy.deepcopy(node)
    if isinstance(new, ast.Compare) and type(new.ops[0]) in COMPARE:
        new.ops[0] = COMPARE[type(new.ops[0])]()
        yield "compare", new
    elif isinstance(new, ast.BinOp | ast.AugAssign) and type(new.op) in ARITHMETIC:
        new.op = ARITHMETIC[type(new.op)]()
        yield "arithmetic", new
    elif isinstance(new, ast.BoolOp):
        new.op = ast.Or() if isinstance(new.op, ast.And) else ast.And()
        yield "and/or", new
    elif isinstance(new, ast.UnaryOp) and isinstance(new.op, ast.Not | ast.Invert):
        yield "not", new.operand
    elif isinstance(new, ast.Constant) and isinstance(new.value, bool):
        new.value = not new.value
        yield "bool", new
    elif isinstance(new, ast.Constant) and isinstance(new.value, int | float):
        new.value += 1
        yield "number", new
    elif isinstance(new, ast.Name) and new.id in NAMES:
        new.id = NAMES[new.id]
        yield "name", new
    elif isinstance(new, ast.Attribute) and new.attr in NAMES:
        new.attr = NAMES[new.attr]
        yield "name", new
    elif isinstance(new, ast.If | ast.IfExp):
        new.test = ast.UnaryOp(ast.Not(), new.test)
        yield "if", new
    elif isinstance(new, ast.Call) and _spare(new):
        new.keywords.pop()
        yield "keyword", new
    elif isinstance(new, ast.Expr) and isinstance(new.value, ast.Call):
        yield "statement", ast.copy_location(ast.Pass(), node)


def _called(node: ast.AST) -> str:
    function = getattr(node, "func", None)
    return getattr(function, "id", getattr(function, "attr", ""))


def _spare(call: ast.Call) -> bool:
    """Say whether a call has a last keyword that may go."""
    return bool(call.keywords and call.keywords[-1].arg) and _called(call) not in GUARDS


def sites(tree: ast.Module) -> list[tuple[ast.AST, str, int | None]]:
    """Find every place of a child that can be changed; annotations and texts for people cannot."""
    found: list[tuple[ast.AST, str, int | None]] = []

    def walk(parent: ast.AST) -> None:
        if isinstance(parent, ast.Call) and getattr(parent.func, "id", "") in {"Text", "TypeVar"}:
            return
        for name, value in ast.iter_fields(parent):
            if name in {"annotation", "returns", "decorator_list", "type_params"}:
                continue
            for i, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(child, ast.JoinedStr) or not isinstance(child, ast.AST):
                    continue
                if isinstance(child, ast.keyword) and _called(parent) in GUARDS:
                    continue
                if next(changes(child), None):
                    found.append((parent, name, i))
                walk(child)

    walk(tree)
    return found


def mutate(source: str, number: int) -> tuple[str, int, str]:
    """Make the change of a number: the new source, its line, and how it reads then."""
    tree = ast.parse(source)
    parent, name, i = sites(tree)[number]
    held = getattr(parent, name)
    old = held if i is None else held[i]
    word, new = next(changes(old))
    if i is None:
        setattr(parent, name, new)
    else:
        held[i] = new
    change = f"{word}: {ast.unparse(old).splitlines()[0]}  ->  {ast.unparse(new).splitlines()[0]}"
    return ast.unparse(ast.fix_missing_locations(tree)), old.lineno, change


def reaching(data: Path) -> tuple[dict[str, dict[int, set[str]]], dict[str, int]]:
    """Say which tests run each line of each file, and how many lines each test runs in all."""
    kept = coverage.CoverageData(str(data))
    kept.read()
    found: dict[str, dict[int, set[str]]] = {}
    wide: Counter[str] = Counter()
    for name in kept.measured_files():
        lines = {
            line: {c.rsplit("|", 1)[0] for c in contexts if c}
            for line, contexts in kept.contexts_by_lineno(name).items()
        }
        found[Path(name).as_posix().rsplit("/zoning/", 1)[-1]] = lines
        for tests in lines.values():
            wide.update(tests)
    return found, wide


def noticed(box: Path, tests: list[str], seconds: int) -> str:
    """Run tests in the copy, in a process that has the libraries open already."""
    if not tests:
        return "LIVES, unreached"
    child = os.fork()
    if child == 0:
        for name in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), name)
        signal.alarm(seconds)
        os.chdir(box)
        sys.path.insert(0, str(box))
        os._exit(pytest.main(["-x", "-q", "-n", "0", "-m", "", *tests]))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code > 2:
        raise SystemExit(f"pytest ended with {code}")
    return "timeout" if code < 0 else "killed" if code else "LIVES"


def lives(drawn: list[tuple[Path, int]], data: Path, most: int, seconds: int) -> int:
    """Try the changes one after another in a copy of the checkout; count those that live."""
    reach, wide = reaching(data)
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout.decode()  # fmt: skip
    alive = 0
    with tempfile.TemporaryDirectory() as temporary:
        box = Path(temporary)
        for name in filter(None, listed.split("\0")):
            (box / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, box / name)
        for f, n in drawn:
            text = (ROOT / f).read_text(encoding="utf-8")
            new, line, change = mutate(text, n)
            (box / f).write_text(new, encoding="utf-8")
            mine = reach.get(f.relative_to("zoning").as_posix(), {})
            tests = mine.get(line) or set().union(*mine.values())  # or run at import
            # Those that do little besides say most of a line, and are quick. Examples come last:
            # pytest puts their module in the place of a function that the room calls likewise.
            ordered = sorted(tests, key=lambda t: (t.startswith("zoning/"), wide[t], t))
            result = noticed(box, ordered[:most], seconds)
            (box / f).write_text(text, encoding="utf-8")
            alive += result.startswith("LIVES")
            print(f"{result:8} {f}:{line}  {change}  ({len(tests)} tests)", flush=True)
    return alive


def main() -> None:
    """Draw changes, run them one after another, and list those that live."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("paths", nargs="+", help="FILE, FOLDER or FILE:LINE (its changes)")
    ask.add_argument("--count", type=int, default=20)
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--data", type=Path, default=ROOT / ".coverage")
    ask.add_argument("--seconds", type=int, default=180, help="what takes longer is noticed")
    ask.add_argument("--most", type=int, default=60, help="how many tests each is asked")
    ask.add_argument("--list", action="store_true", help="only tell what would be tried")
    told = ask.parse_args()
    every = []
    for path in told.paths:
        name, _, at = path.partition(":")
        here = ROOT / name
        for f in sorted(here.rglob("*.py")) if here.is_dir() else [here]:
            text = f.read_text(encoding="utf-8")
            numbers = range(len(sites(ast.parse(text))))
            wanted = [n for n in numbers if not at or mutate(text, n)[1] == int(at)]
            every += [(f.relative_to(ROOT), n) for n in wanted]
    drawn = random.Random(told.seed).sample(every, min(told.count, len(every)))  # noqa: S311
    if told.list:
        for f, n in drawn:
            _, line, change = mutate((ROOT / f).read_text(encoding="utf-8"), n)
            print(f"{f}:{line}  {change}")
        return
    if not told.data.exists():
        raise SystemExit("run first: python -m pytest --cov --cov-context=test --cov-report=")
    print(f"{lives(drawn, told.data, told.most, told.seconds)} of {len(drawn)} live")


if __name__ == "__main__":
    main()
