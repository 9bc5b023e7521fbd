"""Chinese as it is set: full-width punctuation, no space before %, no Latin words, no keys of ours.

The source is read (every Chinese string of the package, its data and its scripts for browsers), and
every Chinese file of a plan whose own data hold nothing of the kind: what is found is ours.
"""

from __future__ import annotations

import ast
import re
import sqlite3
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docx
import openpyxl
import pytest
import worlds
from lxml import etree
from matplotlib.text import Text as Drawn
from pages import PAYLOAD, payload

import zoning as zn
from zoning.base import words
from zoning.outputs.office import pdf, typeset
from zoning.outputs.prints import draw
from zoning.outputs.report import document_of

ROOT = Path(__file__).parent.parent
_HAN = "\u4e00-\u9fff\u3000-\u303f\uff00-\uffef“”"
HALF = re.compile(rf"[{_HAN}][,;:()?!](?![?:!=])|(?<![(\[|])[,;:()][{_HAN}]")
PERCENT = re.compile(r"[\d}][ \u00a0]%")
CHINESE = re.compile("[\u4e00-\u9fff]")
#: An internal key: two lower-case words joined, or a cell of a table of rules.
KEY = re.compile(r"\b[a-z]+_[a-z0-9_]+\b|\b\w+\[\w+,\w+\]")
#: Latin words that Chinese files may hold: units, names of standards, systems, file types.
LATIN = frozenset((
    "km", "ha", "CGCS", "EPSG", "GB", "SHA", "DEM", "GIS", "QGIS", "JavaScript", "Esc", "Kappa",
    "kappa", "Cohen", "kmeans", "ward", "Ward", "SMAA", "TOPSIS",
    "Saaty", "McGraw", "Hill", "Fisher", "Jenks", "CRITIC",
    "CSV", "PNG", "Chrome", "Edge", "Firefox", "Safari", "QQ",
    "WKT", "GeoJSON",
    "zoning", "verify", "site", "parquet", "units", "tables", "xlsx", "TD",
))  # fmt: skip
#: A file's name, a checksum, a version, an address: not words.
NO_WORDS = re.compile(
    r"[\w\u4e00-\u9fff-]+\.(toml|gpkg|csv|tif|xlsx|parquet|json|qgz|docx|html)\b"
    r"|\b[0-9a-f]{16,}\b|\[%.*?%\]|</?\w+[^<>]*>|[\w.]+ \d+(\.\d+)+|zhenjiang-2013|1kmN\w+",
    re.DOTALL,
)


# --- the source


def constants(path: Path) -> Iterator[tuple[int, str]]:
    """Give the strings of a module but its docstrings and patterns."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module, ast.AsyncFunctionDef))
        and node.body and isinstance(node.body[0], ast.Expr)
    }  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("compile", "sub"):
            skipped |= {id(n) for n in ast.walk(node)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in skipped
        ):
            yield node.lineno, node.value


#: Lines that hold signs as data: sets of signs, fonts, heads of other people's tables.
SIGNS = (
    "office/typeset.py", "office/word_style.py", "prints/frame.py", "planfile/template.py",
    "planfile/layers.py", "planfile/models.py", "verify/papers.py", "inputs/sites.py",
)  # fmt: skip


@pytest.mark.slow
def test_chinese_strings_of_the_package_are_set_as_chinese():
    bad = [
        f"{path.relative_to(ROOT)}:{line}: {text[:90]}"
        for path in sorted((ROOT / "zoning").rglob("*.py"))
        if not path.as_posix().endswith(SIGNS)
        for line, text in constants(path)
        if CHINESE.search(text) and (HALF.search(text) or PERCENT.search(text))
    ]
    assert not bad, "\n".join(bad)


def test_values_in_chinese_sentences_are_set_as_chinese():
    """What follows a value that a sentence quotes: constants alone do not show it."""
    half = re.compile(r"[\u4e00-\u9fff“][^\"']*\{[^}]*\}[ ”]*[?!;]")
    bad = [
        f"{path.relative_to(ROOT)}:{n}: {line.strip()[:90]}"
        for path in sorted((ROOT / "zoning").rglob("*.py"))
        for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if half.search(line)
    ]
    assert not bad, "\n".join(bad)


def chinese_values(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from chinese_values(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from chinese_values(inner, key)
    elif isinstance(value, str) and (key == "zh" or key.endswith("_zh")):
        yield value


def test_chinese_words_of_the_data_are_set_as_chinese():
    bad = []
    for path in sorted((ROOT / "data").rglob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        texts = [*chinese_values(data), *data.get("sources", {}).values()] if (
            path.name == "sources.toml") else chinese_values(data)  # fmt: skip
        bad += [f"{path.name}: {t}" for t in texts if HALF.search(t) or PERCENT.search(t)]
    assert not bad, "\n".join(bad)


def test_chinese_words_of_the_page_are_set_as_chinese():
    bad = []
    for path in sorted((ROOT / "zoning/outputs/assets").glob("*.*")):
        for line in path.read_text(encoding="utf-8").splitlines():
            texts = re.findall(r'"((?:[^"\\]|\\.)*)"', line)
            bad += [f"{path.name}: {t}" for t in texts
                    if CHINESE.search(t) and (HALF.search(t) or PERCENT.search(t))]  # fmt: skip
    assert not bad, "\n".join(bad)


def test_scripts_of_the_page_join_words_with_the_marks_of_the_language():
    """A colon behind a word of the page comes from `Z.said`, in both languages."""
    joined = re.compile(r"""\+ "[:;,]""")
    bad = [
        f"{path.name}: {line.strip()[:90]}"
        for path in sorted((ROOT / "zoning/outputs/assets").glob("*.js"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if joined.search(line) and "Z.t(" in line
    ]
    assert not bad, "\n".join(bad)


def sources(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "source" and isinstance(inner, str):
                yield inner
            else:
                yield from sources(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from sources(inner)


def test_every_source_that_ships_has_a_chinese_name():
    lacking = set()
    for path in (ROOT / "data").rglob("*.toml"):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        own = data.get("sources", {})  # a table of documents in the file itself
        for text in sources(data):
            said = words.source(text)
            plain = NO_WORDS.sub("", said)
            if text not in own and not (CHINESE.search(said) and len(CHINESE.findall(plain)) > 1):
                lacking.add(text)
    assert not lacking, lacking


# --- the files


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Give a whole run of a small city whose data are in good Chinese."""
    box = tmp_path_factory.mktemp("typography")
    # Every table that a plan can have: methods side by side, contiguity, decisions, totals shared
    # out, new land with a boundary weight.
    extra = (
        '[zones]\nscheme = "zhenjiang-2013"\ncompare = ["dominant", "cube"]\ncontiguity = true\n'
        'overrides = "决定.csv"\n[indicators]\nspread = ["population"]\n'
        "[allocation]\nboundary_weight = 0.01\n[outputs]\ntables = true\nreport = true\n"
    )
    file = worlds.write(box / "in", extra=extra)
    (file.parent / "决定.csv").write_text(
        "level,code,zone,reason,who,date,was\n"
        "township,321000002,key,会议纪要 2026-03,规划科,2026-03-01,moderate\n",
        encoding="utf-8",
    )
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("[inputs.redlines]", '[[inputs.protections]]\nkind = "redline"'), "utf-8"
    )
    zn.run(file, box / "out")
    return box / "out"


def in_docx(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if re.match(r"word/(document|header\d*|footer\d*)\.xml", name):
                root = etree.fromstring(archive.read(name))
                for paragraph in root.iter("{*}p"):
                    yield "".join(t.text or "" for t in paragraph.iter("{*}t"))


def in_xlsx(path: Path) -> Iterator[str]:
    book = openpyxl.load_workbook(path)
    for sheet in book:
        yield sheet.title
        coded = {c.column for c in sheet[2] if str(c.value) in CODES}
        for number, row in enumerate(sheet.iter_rows(), 1):
            if number == 2 and sheet.max_row > 2 and sheet.title != "方案信息":
                continue  # the names of the columns in the other files
            head = number == 1 and sheet.title != "方案信息"
            shown = (c for c in row if isinstance(c.value, str) and c.column not in coded)
            yield from (c.value for c in shown if head or CHINESE.search(c.value))


#: Words of the user's data.
THEIRS = re.compile("[甲乙丙]镇|会议纪要 2026-03|规划科|小城|[东西]县")

#: Columns of codes that have no name: of units, pieces, areas.
CODES = ("unit", "piece", "area_code", "code", "colour", "sha256", "path")


def in_html(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    yield from chinese_of(payload(text))
    rest = PAYLOAD.sub("", text)
    yield from (t for t in re.findall(r'"((?:[^"\\\n]|\\.)*)"', rest) if CHINESE.search(t))
    shown = re.sub(r"<(script|style).*?</\1>", "", rest, flags=re.S)
    yield from (t for t in re.findall(r">([^<>]+)<", shown) if CHINESE.search(t))


def chinese_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from chinese_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from chinese_of(inner)
    elif isinstance(value, str) and CHINESE.search(value):
        yield value


def in_xml(data: bytes) -> Iterator[str]:
    for element in etree.fromstring(data).iter():
        yield from (t for t in (element.text or "", *element.attrib.values()) if CHINESE.search(t))


def in_qgz(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".qgs"):
                yield from in_xml(archive.read(name))


def in_gpkg(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as db:
        tables = [t for (t,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            if table.startswith(("rtree", "sqlite")):
                continue
            for row in db.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str) and value.lstrip().startswith("<"):
                        yield from in_xml(value.encode())
                    elif isinstance(value, str) and CHINESE.search(value):
                        yield value


READERS = {
    "report.docx": in_docx, "tables.xlsx": in_xlsx, "map.html": in_html, "plan.qgz": in_qgz,
    "plan.gpkg": in_gpkg,
}  # fmt: skip


def faults(texts: Iterator[str], allow: frozenset[str] = LATIN) -> list[str]:
    """Give what is wrong with texts, each once."""
    found = set()
    for text in texts:
        bare = NO_WORDS.sub("", text)
        if "plan.toml" in text or "]]" in text:  # tells the planner which key to write
            continue
        marks = {"half-width": HALF, "space before %": PERCENT, "key": KEY}
        for name, hit in ((n, m.search(bare)) for n, m in marks.items()):
            if hit and CHINESE.search(text):
                found.add(f"{name} {hit[0]!r}: {text[:110]}")
        latin = set(re.findall(r"[A-Za-z]{2,}", bare)) - allow
        if latin:
            found.add(f"Latin {sorted(latin)}: {text[:110]}")
    return sorted(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_every_chinese_file_of_a_plan_is_set_as_chinese(folder, name):
    texts = list(READERS[name](folder / name))
    assert len(texts) > 30
    if name in ("map.html", "plan.qgz", "plan.gpkg"):  # scripts, expressions, fields: other marks
        # English sentences may quote the data of the user, whose words are Chinese.
        texts = [t for t in texts if CHINESE.search(THEIRS.sub("", t))]
        texts = [re.sub(r"area_m2|\{\w+\}|@\w+|This map needs JavaScript\.?", "", t) for t in texts]
    found = faults(iter(texts))
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_the_pdf_report_says_what_the_word_report_says(folder):
    from datetime import UTC, datetime

    plan = zn.load(folder)
    made = pdf.make(document_of(plan, "zh", datetime(2026, 1, 1, tzinfo=UTC)), datetime(2026, 1, 1))
    assert made.missing == ""
    said = "".join(b.text for b in made.boxes).replace(" ", "").replace("\u00a0", "")
    for paragraph in docx.Document(folder / "report.docx").paragraphs:
        text = paragraph.text.replace(" ", "").replace("\u00a0", "")
        if len(text) > 12 and not re.match(r"\d{4}年", text):
            assert text[:12] in said, text


@pytest.mark.slow
def test_captions_of_drawings_are_set_as_chinese(folder):
    plan = zn.load(folder)
    texts = [
        t.get_text()
        for theme in draw.themes(plan)
        for t in draw.draw_map(plan, theme, lang="zh").figure.findobj(Drawn)
    ]
    assert len(texts) > 20
    assert not (found := faults(t for t in texts if CHINESE.search(t))), found


@pytest.mark.slow
@pytest.mark.parametrize("command", [
    ["explain", "DIR", "甲镇"], ["explain", "DIR", "1kmN3500E502"],
    ["price", "DIR"], ["allocate", "DIR", "--cap", "0.27"],
    pytest.param(["stability", "DIR"], marks=pytest.mark.slow),
    ["explain", "DIR", "丁镇"], ["allocate", "DIR", "--cap", "0.05"],
], ids=lambda c: " ".join(c[::2]))  # fmt: skip
def test_the_console_speaks_chinese(folder, command, capsys, monkeypatch):
    from zoning.cli import main

    monkeypatch.setenv("COLUMNS", "400")
    argv = [str(folder) if part == "DIR" else part for part in command]
    monkeypatch.setattr("sys.argv", ["zoning", *argv, "--lang", "zh"])
    try:
        main()
    except SystemExit as end:
        assert end.code in (0, 1, 2, 3)
    told = capsys.readouterr()
    lines = (told.out + told.err).replace(str(folder), "").splitlines()
    assert lines
    assert not (found := faults(t for t in lines if CHINESE.search(t))), "\n".join(found)


def test_the_judge_sees_each_fault():
    assert faults(iter(["全市,占", "甲(乙)", "占 5 %。"])) and not faults(iter(["全市，占 5%。"]))
    assert any(f.startswith("key") for f in faults(iter(["限制 eco_agri 已满"])))
    assert "Latin" in faults(iter(["来源：own choice"]))[0]
    assert typeset.is_cjk("，") and HALF.search("说明:")
