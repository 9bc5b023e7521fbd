"""Change one thing in the code, run the tests that reach it, and tell which changes nobody noticed.

First ``python -m pytest --cov --cov-context=test --cov-report=``, so that it is known which test
reaches which line; then for instance ``python scripts/mutants.py --count 20 zoning/capacity``.
The same seed on the same code draws the same changes. Nothing in the checkout is written to.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import coverage

ROOT = Path(__file__).resolve().parents[1]

COMPARE = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
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
    elif isinstance(new, ast.Call) and new.keywords and new.keywords[-1].arg:
        new.keywords.pop()
        yield "keyword", new
    elif isinstance(new, ast.Expr) and isinstance(new.value, ast.Call):
        yield "statement", ast.copy_location(ast.Pass(), node)


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


def reaching(data: Path, path: Path) -> dict[int, set[str]]:
    """Say which tests run each line of a file."""
    with sqlite3.connect(data) as db:
        names = [row[0] for row in db.execute("select path from file")]
    kept = coverage.CoverageData(str(data))
    kept.read()
    mine = [n for n in names if n.endswith(path.as_posix())]
    found: dict[int, set[str]] = {}
    for line, contexts in kept.contexts_by_lineno(mine[0]).items() if mine else ():
        found[line] = {c.rsplit("|", 1)[0] for c in contexts if c}
    return found


def noticed(box: Path, tests: list[str], seconds: int) -> str:
    """Run tests in the copy; say what came of them."""
    env = {**os.environ, "PYTHONPATH": str(box), "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    for start in range(0, len(tests), 200):
        part = tests[start : start + 200]
        argv = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:randomly", *part]
        try:
            done = subprocess.run(argv, cwd=box, env=env, capture_output=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return "timeout"
        if done.returncode == 4:
            raise SystemExit(done.stdout.decode() + done.stderr.decode())
        if done.returncode:
            return "killed"
    return "LIVES" if tests else "LIVES (no test reaches it)"


def lives(
    drawn: list[tuple[Path, int]], reach: dict[Path, dict[int, set[str]]], most: int, seconds: int
) -> int:
    """Try the changes one after another in a copy of the checkout; count those that live."""
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
            tests = reach[f].get(line) or set().union(*reach[f].values())  # or run at import
            ordered = sorted(tests, key=lambda t: (f.stem not in t, t))
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
    ask.add_argument("--most", type=int, default=150, help="how many tests each is asked")
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
    reach = {f: reaching(told.data, f) for f, _ in drawn}
    print(f"{lives(drawn, reach, told.most, told.seconds)} of {len(drawn)} live")


if __name__ == "__main__":
    main()
