"""What is handed out with --public holds no red line and no farmland, nowhere in the file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pages
import pyogrio
import pytest
import worlds

import zoning as zn
from zoning.errors import Check, InputError, Text
from zoning.outputs.withheld import FORMATS, withheld

#: Names, codes and words of what is withheld, as they would stand in a file.
SECRET = ("甲山", "乙湖", "forest-park", "redline", "红线", "farmland", "农田", "耕地",
          "protect", "保护",
          "free_m2", "suitability", "可用空间")  # fmt: skip


@pytest.fixture(scope="module")
def plan():
    return worlds.plan()


def everything(folder: Path) -> bytes:
    """Give all bytes of a folder, archives opened."""
    found = b""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found += path.name.encode() + path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += b"".join(archive.read(n) for n in archive.namelist())
    return found


def told(data: bytes) -> set[str]:
    coded = ("utf-8", "gb18030", "utf-16-le")
    return {word for word in SECRET if any(word.encode(code) in data for code in coded)}


# A database is no file, and a project names the keys of styles: its data are looked at below.
@pytest.mark.parametrize("to", [f for f in FORMATS if f not in ("postgis", "qgis")])
def test_nothing_withheld_stands_in_a_public_file(plan, to, tmp_path):
    plan.export(to, tmp_path / "all")
    assert told(everything(tmp_path / "all")), "the judge must see it where it is"
    files = plan.export(to, tmp_path / "public", public=True)
    assert files and not (found := told(everything(tmp_path / "public"))), found


def test_a_public_plan_does_not_hide_that_a_check_fails(plan):
    assert not any(c.check == "withheld.failed" for c in withheld(plan).checks)
    lost = Check("residual.redline", "error", False, 9, 1, "m2", "甲山", Text("lost", "丢失"))
    given = withheld(replace(plan, checks=(*plan.checks, lost)))
    (told,) = [c for c in given.checks if not c.ok]
    assert not given.ok and told.text.en == "1 binding check on what is withheld fails"
    assert "甲山" not in f"{told.as_dict()}"


def test_layers_of_a_public_geopackage_keep_zones_and_areas(plan, tmp_path):
    plan.export("gpkg", tmp_path, public=True)
    names = {str(p.stem): set(pyogrio.read_info(p)["fields"]) for p in tmp_path.rglob("*.gpkg")}
    assert {"units", "zones", "townships"} <= set(names)
    assert "zone" in names["units"] and not any("redline" in n for n in names)
    units = pyogrio.read_dataframe(next(tmp_path.rglob("units.gpkg")))
    assert units["area_m2"].sum() == plan.units["area_m2"].sum()


@pytest.mark.parametrize("to", ["official", "mps", "decisions"])
def test_formats_that_hold_more_are_refused(plan, to, tmp_path):
    with pytest.raises(InputError) as error:
        plan.export(to, tmp_path, public=True)
    assert error.value.problems[0].code == "public" and not list(tmp_path.iterdir())


WITHHELD = '[outputs]\nwithhold = ["redline", "farmland"]\ntables = true\nreport = true\n'
#: Names, codes and types of areas, keys of columns: what would stand where data were kept.
DATA = ("甲山", "乙湖", "forest-park", "wetland-park", "森林公园", "湿地公园")
KEYS = ("redline_m2", "farmland_m2", "free_m2", "suitability", "protected_m2", "redline_share")


@pytest.fixture(scope="module")
def kept_back(tmp_path_factory):
    box = tmp_path_factory.mktemp("withheld")
    path = worlds.write(box / "in", extra=WITHHELD)
    return zn.run(path, box / "out"), box / "out"


def in_bytes(words, data: bytes) -> set[str]:
    coded = ("utf-8", "gb18030", "utf-16-le")
    return {w for w in words if any(w.encode(code) in data for code in coded)}


def plain(folder: Path, *names: str) -> bytes:
    """Give all bytes of files or folders; also what a PDF's pages and a page's tables say."""
    from zoning.verify.papers import _pages

    found = b""
    for name in names:
        path = folder / name
        found += everything(path) if path.is_dir() else path.read_bytes()
        if path.suffix == ".html":
            page = pages.payload(path.read_text(encoding="utf-8"))
            found += json.dumps(page, ensure_ascii=False).encode()
        if path.suffix in (".docx", ".xlsx", ".qgz"):
            with zipfile.ZipFile(path) as archive:
                found += b"".join(archive.read(n) for n in archive.namelist())
        if path.suffix == ".pdf":
            found += "".join(_pages(path.read_bytes()).values()).encode()
    return found


@pytest.mark.slow
def test_map_tables_and_report_of_a_run_hold_nothing_that_is_withheld(kept_back, tmp_path):
    _, out = kept_back
    given = plain(out, "map.html", "tables.xlsx", "report.docx")
    assert not in_bytes(DATA, given)
    # the record is whole, so that it can be verified and asked again
    assert in_bytes(DATA, plain(out, "plan.gpkg")) >= set(DATA[:4])
    assert not [c.text.en for c in zn.api.verify(out) if not c.ok and c.level == "error"]


def test_the_page_has_no_column_of_what_is_withheld(kept_back, tmp_path):
    _, out = kept_back
    text = (out / "map.html").read_text(encoding="utf-8")
    payload = pages.payload(text)
    shown = payload["plans"][0]
    assert not {*KEYS} & {c["name"] for c in shown["units"]["columns"]}
    assert not any(k in json.dumps([shown["accounts"], payload["layers"]]) for k in KEYS)
    whole = zn.load(out)
    object.__setattr__(
        whole.config, "outputs", whole.config.outputs.model_copy(update={"withhold": ()})
    )
    whole.map(tmp_path / "all.html")
    full = plain(tmp_path, "all.html")
    assert in_bytes(DATA[:2], full) and b'"redline_m2"' in full, "the judge must see it"


@pytest.mark.parametrize("to", ["qgis", "gpkg", "geojson"])
def test_exports_of_such_a_plan_hold_nothing_either(kept_back, tmp_path, to):
    plan, _ = kept_back
    plan.export(to, tmp_path)
    data = everything(tmp_path)
    # the project names keys of styles that it would have; data and columns are not there
    assert not in_bytes(DATA, data)
    for path in tmp_path.rglob("*.gpkg"):
        for name, _ in pyogrio.list_layers(path):
            fields = set(pyogrio.read_info(path, layer=name)["fields"])
            assert not fields & set(KEYS), (path.name, name)


@pytest.mark.slow
def test_sheets_and_papers_in_both_languages_hold_nothing(kept_back, tmp_path):
    plan, _ = kept_back
    plan.report(tmp_path / "en", to="pdf", lang="en")
    names = {p.name for p in plan_sheets(plan, tmp_path)}
    assert any("主体功能区" in n for n in names) and not any("红线" in n for n in names)
    assert not in_bytes(DATA, plain(tmp_path, "en/report.pdf", "en/tables.xlsx"))


def plan_sheets(plan, folder):
    from zoning import api

    return api.sheets(plan, folder / "sheets")


def test_what_holds_more_and_what_is_hidden_is_refused_with_its_reason(kept_back, tmp_path):
    plan, _ = kept_back
    for how, code in (({"to": "mps"}, "public"), ({"to": "official"}, "public"),
                      ({"to": "gpkg", "layers": ["redlines"]}, "withheld")):  # fmt: skip
        with pytest.raises(InputError) as error:
            plan.export(how.pop("to"), tmp_path, **how)
        assert error.value.problems[0].code == code
        assert "withhold" in str(error.value) or code == "withheld"


def test_only_what_is_named_is_kept_back(kept_back):
    from zoning.outputs.withheld import withheld

    plan, _ = kept_back
    lines = withheld(plan, ("farmland",))
    assert lines.redlines is not None and "redline_m2" in lines.units
    assert "farmland_m2" not in lines.units and "redline_areas" in lines.tables
    assert withheld(plan, ()) is plan
    assert "redline_m2" not in withheld(plan).units and withheld(plan).redlines is None


def test_prices_are_told_by_names_and_not_by_codes(plan):
    found = plan.price()
    labels = {p.code: p.label for p in (*found.prices, found.all_together)}
    assert labels["R1"].zh == "甲山" and labels["all"].zh == "全部保护与锁定"
    assert labels["quota:key"].zh == "重点开发分区指标"
    assert labels["quota:key"].en == "quota of a zone: key development"
    assert not any(code == text for code, label in labels.items() for text in (label.en, label.zh))
