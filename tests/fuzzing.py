"""Random damage to every kind of file that a person hands in; what may come out is known.

Each kind has seeds (files that are right), a way to hand one in, and errors that say what is
wrong. An answer, or such an error with a sentence in both languages, is right; anything else is a
fault: another exception, a hang, a crash. `python scripts/fuzz.py` runs many, the tests a sample.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fuzzing_formulas

from zoning.base.shipped import data_path
from zoning.errors import InfeasibleError, InputError, UnfinishedError

RIGHT = (InputError, InfeasibleError, UnfinishedError)

#: What people and machines leave in files.
PIECES = [
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xb8\xc9", b"\n", b"\r", b"\t", b"'", b'"', b'"""',
    b"\\",
    b"[", b"]", b"[[", b"]]", b"{", b"}", b"=", b",", b".", b"#", b"-", b"nan", b"inf", b"-inf",
    b"1e400",
    b"-1", b"0", b"1e308", b"9" * 30, b"99999999999999999999", b"0x10", b"true", b"false", b"null",
    b"1979-05-27", b"\xe9\x95\x87", b"\xf0\xa0\xae\xb7", b"\xe2\x80\x8b", b"../../x", b"/dev/null",
    b"C:\\new\\table", b"http://x.invalid/a", b"=1+1", b"<script>", b"{{ x }}", b"%s%n",
    b"__class__",
    b"321102001", b"3.21112E+11", "。".encode(), "（".encode(),
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**63, -(2**63), 10**30, 0.5, -0.0, float("inf"), float("nan"),
    1e308,
    "", " ", "x", "镇", "a" * 5000, "\u200b", "../..", "nan", "1e5", [], {}, [[]], [{}], {"x": 1},
    ["a", 1], [1, 2, 3], {"": ""}, {"share": -1}, [None],
]  # fmt: skip


def damaged(text: bytes, rng: random.Random, pieces: Sequence[bytes] = tuple(PIECES)) -> bytes:
    """Cut, double, swap, replace or insert, a few times."""
    data = bytearray(text)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + rng.choice((1, 1, 2, 5, 20, 200)))
        match rng.randrange(6):
            case 0:
                del data[at:end]
            case 1:
                data[at:at] = rng.choice(pieces)
            case 2:
                data[at:end] = rng.choice(pieces)
            case 3:
                data[at:at] = data[at:end]
            case 4 if data:
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            case _:
                lines = bytes(data).split(b"\n")
                i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
                lines[i], lines[j] = lines[j], lines[i]
                data = bytearray(b"\n".join(lines))
    return bytes(data)


def nested(data: Any, rng: random.Random) -> Any:
    """Change one value somewhere in tables and lists, or a key, or leave one out."""
    if isinstance(data, dict) and data and rng.random() < 0.9:
        out = dict(data)
        key = rng.choice(list(out))
        match rng.randrange(8):
            case 0:
                del out[key]
            case 1:
                out[rng.choice(["x", "", "share", "path", key + "s"])] = out[key]
            case 2:
                out[key] = rng.choice(VALUES)
            case _:
                out[key] = nested(out[key], rng)
        return out
    if isinstance(data, list) and data and rng.random() < 0.9:
        out = list(data)
        i = rng.randrange(len(out))
        match rng.randrange(6):
            case 0:
                del out[i]
            case 1:
                out.append(out[i])
            case _:
                out[i] = nested(out[i], rng)
        return out
    return rng.choice(VALUES)


@dataclass(frozen=True)
class Kind:
    """A kind of file: its seeds, and how one is handed in."""

    name: str
    seeds: tuple[bytes, ...]
    suffix: str
    take: Callable[[Path], Any]


def toml_values(text: bytes, rng: random.Random) -> bytes:
    """Change values and keep the form: the file stays readable, its content is odd."""
    data = _values_of(text)
    for _ in range(rng.choice((1, 1, 2, 3, 5))):
        data = nested(data, rng)
    return written(data).encode("utf-8", "surrogatepass") if isinstance(data, dict) else b"x = 1\n"


@functools.cache
def _values_of(text: bytes) -> Any:
    """Read a seed once: `nested` copies what it changes."""
    import tomllib

    return tomllib.loads(text.decode("utf-8"))


def written(data: dict[str, Any]) -> str:
    """Write plain data as TOML, tables inline."""
    return "".join(f"{_key(k)} = {_value(v)}\n" for k, v in data.items() if v is not None)


def _key(key: str) -> str:
    return json.dumps(str(key), ensure_ascii=True)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        pairs = [f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value if v is not None) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    if isinstance(value, (int, float)):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=True)


def _shipped(*parts: str) -> bytes:
    return data_path(*parts).read_bytes()


def _every(*folder: str) -> tuple[bytes, ...]:
    return tuple(p.read_bytes() for p in sorted(data_path(*folder).glob("*.toml")))


def _plan(path: Path) -> None:
    from zoning.planfile.read import load

    load(path)


def _method(path: Path) -> None:
    from zoning.zones import load_method

    load_method(path)


def _policy(path: Path) -> None:
    from zoning.policy.compiled import compile_policy
    from zoning.policy.read import read_policy

    compile_policy(read_policy(path))


def _preset(path: Path) -> None:
    from zoning.evaluation import load_preset

    load_preset(path)


def _integration(path: Path) -> None:
    from zoning.evaluation import load_rules

    load_rules(path)


def _scheme(path: Path) -> None:
    from zoning.base import strict
    from zoning.schemes.read import parse_scheme

    parse_scheme(strict.read(path).data, path.stem)


def _crosswalk(path: Path) -> None:
    from zoning.schemes import load_crosswalk

    load_crosswalk(path)


def _classes(path: Path) -> None:
    from zoning.inputs.landuse import load_classes

    load_classes(path)


def _conflicts(path: Path) -> None:
    from zoning.review.audit.rules import load_rules

    load_rules(path)


def _questions(path: Path) -> None:
    from zoning.review.site.rules import load_rules

    load_rules(path)


def _outline(path: Path) -> None:
    from zoning.outputs.report.outlines import load

    load(str(path), [])


def _decisions(path: Path) -> None:
    from zoning.zones.overrides import read_overrides

    read_overrides(path)


def _table(path: Path) -> None:
    from zoning.inputs.tables import read_table

    read_table(path)


def _book(last: object) -> bytes:
    """Make a small workbook."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["code", "name", "人口(万人)"],
        ["321102001", "甲镇", 5],
        ["321102002", "乙镇", last],
    ):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _zip_inside(data: bytes, rng: random.Random) -> bytes:
    """Damage one member of an archive and pack it again, so that the archive itself is sound."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        names = old.namelist()
        hit = rng.choice(names)
        for name in names:
            body = old.read(name)
            if name == hit and rng.random() < 0.1:
                continue
            new.writestr(name, damaged(body, rng) if name == hit else body)
    return out.getvalue()


DECISIONS = """[[decision]]
level = "township"
code = "321102001"
zone = "key"
reason = "会议纪要"
who = "甲"
date = 2026-01-05
[[decision]]
level = "unit"
code = "300000_400000"
zone = "balance"
reason = "x"
who = "y"
date = "2026-01-06"
""".encode()

MARXAN = {
    "input.dat": b"INPUTDIR input\nPUNAME pu.dat\nSPECNAME spec.dat\nPUVSPRNAME puvspr.dat\n"
                 b"BOUNDNAME bound.dat\nBLM 0.5\n",
    "input/pu.dat": b"id,cost,status\n1,2,0\n2,3,0\n3,1,2\n4,5,0\n",
    "input/spec.dat": b"id,target,spf,name\n1,5,1,a\n2,3,1,b\n",
    "input/puvspr.dat": b"species,pu,amount\n1,1,3\n1,2,4\n2,3,5\n2,4,1\n",
    "input/bound.dat": b"id1,id2,boundary\n1,2,1\n2,3,1\n3,4,2\n1,1,1\n",
}  # fmt: skip


def _marxan(path: Path) -> None:
    """Unpack a folder from an archive and read it."""
    from zoning.allocation.files.marxan_read import read_marxan

    folder = path.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with zipfile.ZipFile(path) as file:
        for name in MARXAN:
            if name in file.namelist():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(file.read(name))
    read_marxan(folder)


def _packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, body in files.items():
            file.writestr(name, body)
    return out.getvalue()


def _policies() -> tuple[bytes, ...]:
    return tuple(p.read_bytes() for p in sorted(data_path("policies").glob("*.toml"))
                 if p.stem not in ("functions",))  # fmt: skip


@functools.cache
def _plan_folder() -> bytes:
    """Make a small plan and pack its folder."""
    import tempfile

    import worlds

    from zoning import api

    with tempfile.TemporaryDirectory() as box:
        extra = "[outputs]\nqgis = false\nmap = false\n"
        api.run(worlds.write(Path(box, "w"), extra=extra), Path(box, "out"))
        return _packed({p.name: p.read_bytes() for p in sorted(Path(box, "out").iterdir())})


def _damaged_folder(data: bytes, rng: random.Random) -> bytes:
    """Damage one file of a plan, or change a value of run.json, and repair its checksums."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        files = {name: old.read(name) for name in old.namelist()}
    hit = rng.choice([n for n in files if n != "times.json"])
    if hit == "run.json" or rng.random() < 0.3:
        run = nested(json.loads(files["run.json"]), rng)
        files["run.json"] = json.dumps(run, ensure_ascii=True).encode()
    elif rng.random() < 0.1:
        del files[hit]
    else:
        files[hit] = damaged(files[hit], rng)
    if rng.random() < 0.8:
        run = json.loads(files["run.json"])
        if isinstance(run, dict):
            run["files"] = {n: hashlib.sha256(b).hexdigest() for n, b in files.items()
                            if n not in ("run.json", "times.json")}  # fmt: skip
            files["run.json"] = json.dumps(run, ensure_ascii=True).encode()
    return _packed(files)


def _folder(path: Path) -> None:
    """Unpack a plan folder, load it, and verify what can be loaded."""
    from zoning import api, store

    folder = path.with_suffix("")
    shutil.rmtree(folder, ignore_errors=True)
    with zipfile.ZipFile(path) as file:
        file.extractall(folder)
    store.load(folder)
    api.verify(folder)


def folder_kind() -> Kind:
    """Give the kind of whole plan folders: its seed is made by a run."""
    return Kind("folder", (_plan_folder(),), ".zip", _folder)


def kinds() -> dict[str, Kind]:
    """Give every kind that is fuzzed without a plan on disk."""
    named = [
        Kind("plan", (_shipped("zhenjiang.toml"), _shipped("capacity", "caps.toml")), ".toml",
             _plan),
        Kind("method", _every("methods"), ".toml", _method),
        Kind("policy", _policies(), ".toml", _policy),
        Kind("preset", tuple(_shipped("evaluation", f"preset-{x}.toml") for x in "ab"), ".toml",
             _preset),
        Kind("integration", (_shipped("evaluation", "integration.toml"),), ".toml", _integration),
        Kind("scheme", _every("schemes"), ".toml", _scheme),
        Kind("crosswalk", _every("schemes", "crosswalks"), ".toml", _crosswalk),
        Kind("classes", (_shipped("landuse", "classes.toml"),), ".toml", _classes),
        Kind("conflicts", (_shipped("review", "rules.toml"),), ".toml", _conflicts),
        Kind("questions", (_shipped("review", "site-rules.toml"),), ".toml", _questions),
        Kind("outline", (_shipped("report", "outlines.toml"),), ".toml", _outline),
        Kind("decisions", (DECISIONS,), ".toml", _decisions),
        Kind("formula", fuzzing_formulas.formula_seeds(), ".txt", fuzzing_formulas.take_formula),
        Kind("rule", fuzzing_formulas.rule_seeds(), ".txt", fuzzing_formulas.take_rule),
        Kind("csv", ("code,name,人口\n321102001,甲镇,5\n321102002,乙镇,6\n".encode(),
                     "code;name\n1;甲\n".encode("gbk")), ".csv", _table),
        Kind("xlsx", (_book(6.5), _book("=C2*2")), ".xlsx", _table),
        Kind("marxan", (_packed(MARXAN),), ".zip", _marxan),
    ]  # fmt: skip
    return {k.name: k for k in named}


def inputs(kind: Kind, seed: int, count: int) -> Iterator[bytes]:
    """Give damaged files, each another one, the same for the same seed."""
    rng, seen = random.Random(f"{kind.name} {seed}"), set[int]()
    while len(seen) < count:
        data = _damaged(kind, rng)
        if hash(data) not in seen:
            seen.add(hash(data))
            yield data


def _damaged(kind: Kind, rng: random.Random) -> bytes:
    base = rng.choice(kind.seeds)
    if kind.name == "folder":
        return _damaged_folder(base, rng)
    if kind.suffix in (".xlsx", ".zip"):
        whole = kind.suffix == ".zip" or rng.random() < 0.8  # a folder is packed by us alone
        return _zip_inside(base, rng) if whole else damaged(base, rng)
    if kind.suffix == ".txt":
        return _formula(base, kind.seeds, rng)
    if kind.suffix == ".toml" and rng.random() < 0.6:
        return toml_values(base, rng)
    return damaged(base, rng)


def _formula(base: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """Join two formulas at a random place, or put words of the language in, or damage at all."""
    if rng.random() < 0.3:
        other = rng.choice(others)
        base = base[: rng.randrange(len(base) + 1)] + other[rng.randrange(len(other) + 1) :]
        if rng.random() < 0.5:
            return base
    return damaged(base, rng, fuzzing_formulas.WORDS if rng.random() < 0.7 else PIECES)


def hand_in(kind: Kind, data: bytes, folder: Path) -> str:
    """Hand one file in; give ``"taken"`` or ``"refused"``.

    Raises
    ------
    Exception
        Whatever is not an error that the package means.
    """
    path = folder / f"input{kind.suffix}"
    path.write_bytes(data)
    try:
        kind.take(path)
    except RIGHT as error:
        problems = getattr(error, "problems", ())
        told = [p.tell(lang) for p in problems for lang in ("en", "zh")]
        if not all(told) or (isinstance(error, InputError) and not problems):
            raise AssertionError(f"an error that says nothing: {error!r}") from error
        return "refused"
    return "taken"
