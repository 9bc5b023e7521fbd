"""Nothing of the reference case stands in the files of another city."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path

import docx
import openpyxl
import pages
import pytest
import worlds

import zoning as zn
from zoning.base.shipped import data_path

pytestmark = pytest.mark.slow

#: Its names: city, counties, river towns, documents; the cap, and the number of its red lines.
NAMES = ("镇江", "Zhenjiang", "丹阳", "扬中", "句容", "丹徒", "京口", "润州", "茅山", "苏政",
         "reference case", "参考案例", "重建", "reconstruct")  # fmt: skip
NUMBERS = re.compile(
    r"28(\.0+)?\s*%|(?<![\d.,A-Fa-f])71(?![\d.,A-Fa-f])|(?<!\d)2013(?!\d)|share\W{0,3}0\.28\b"
)
SOURCE = re.compile(r'(source|source_zh) = "[^"]*"')


def rules_of_its_own(folder: Path) -> str:
    """Give zones, method and caps of a made-up city; nothing in them is another city's."""
    text = data_path("methods", "two-matrices.toml").read_text(encoding="utf-8")
    text = SOURCE.sub(r'\1 = "云岭规则"', text).replace("zhenjiang-2013", "yunling")
    cells = re.compile(r"^(high|mid|low) = .*$|^value = .*$", re.M)
    code = re.compile(r"\b(optimised|key|moderate)\b")
    text = cells.sub(lambda m: code.sub(lambda c: f"y_{c[0][0]}", m[0]), text)
    (folder / "method.toml").write_text(text, encoding="utf-8")
    called = (("o", "城镇", "town"), ("k", "产业", "industry"), ("m", "田园", "field"))
    zones = "".join(
        f'[[zones.zone]]\ncode = "y_{code}"\nzh = "{zh}"\nen = "{en}"\n' for code, zh, en in called
    )
    return (
        f'[zones]\nscheme = "yunling"\nmethod = "method.toml"\n{zones}'
        '[[zones.overlay]]\ncode = "y_b"\nzh = "山水"\nen = "hills"\nnew_land = false\n'
        'share = 0.5\nsource = "云岭规则"\nevidence = "own"\nprotections = ["redline"]\n'
        '[cap]\nshare = 0.19\nsource = "云岭规则"\nevidence = "own"\n'
        "[outputs]\nladder = true\ntables = true\nreport = true\n"
    )


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    box = tmp_path_factory.mktemp("yunling")
    (box / "in").mkdir()
    path = worlds.write(box / "in", cap=None, extra=rules_of_its_own(box / "in"))
    zn.run(path, box / "out")
    return box / "out"


@pytest.fixture(scope="module")
def english(out):
    zn.load(out).report(out.parent / "en", lang="en")
    return out


def words_of(path: Path) -> str:
    """Give what a reader sees of a file, without checksums and versions of software."""
    if path.suffix == ".docx":
        document = docx.Document(io.BytesIO(path.read_bytes()))
        said = [p.text for p in document.paragraphs]
        said += [c.text for t in document.tables for row in t.rows for c in row.cells]
    elif path.suffix == ".xlsx":
        book = openpyxl.load_workbook(path)
        said = [str(c.value) for s in book for row in s.iter_rows() for c in row if c.value]
    elif path.suffix == ".html":
        payload = pages.payload(path.read_text(encoding="utf-8"))
        payload.pop("geography")  # neighbours of the place itself
        payload.pop("words")  # what codes are called, whoever uses them
        said = list(strings(payload))
    else:
        with zipfile.ZipFile(path) as archive:
            said = [archive.read(n).decode("utf-8", "ignore") for n in archive.namelist()]
    return "\n".join(re.sub(r"[0-9a-f]{32,}", "", s) for s in said if "numpy" not in s)


def strings(value: object):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str) and len(value) < 2000:  # longer ones are packed columns
        yield value


@pytest.mark.parametrize("name", ["report.docx", "tables.xlsx", "map.html", "plan.qgz"])
def test_names_and_numbers_of_the_reference_case_stand_in_no_file_of_another_city(out, name):
    text = words_of(out / name)
    found = {n for n in NAMES if n in text}
    assert not found, [text[max(0, text.index(n) - 60) : text.index(n) + 60] for n in found]
    if name.endswith((".docx", ".xlsx")):
        hit = NUMBERS.search(text)
        assert hit is None, text[max(0, hit.start() - 60) : hit.end() + 60]


@pytest.mark.parametrize("name", ["report.docx", "tables.xlsx"])
def test_nor_in_the_english_ones(english, name):
    test_names_and_numbers_of_the_reference_case_stand_in_no_file_of_another_city(
        english, f"../en/{name}"
    )


def test_run_json_and_the_tables_of_the_geopackage_hold_nothing_of_it(out):
    said = json.loads((out / "run.json").read_text(encoding="utf-8"))
    config = json.dumps(said["config"], ensure_ascii=False)
    assert not {n for n in NAMES if n in config}
    assert said["config"]["cap"]["share"] == 0.19


def test_the_judge_sees_the_reference_case(tmp_path):
    path = worlds.write(tmp_path)  # a city that took over its rules, with their sources
    plan = zn.run(path)
    plan.report(tmp_path / "out")
    text = words_of(tmp_path / "out" / "report.docx")
    assert "镇江" in text and NUMBERS.search(text)
