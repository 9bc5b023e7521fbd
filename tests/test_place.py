"""One place of a plan folder is read alone, and answered as from the whole plan."""

from __future__ import annotations

import shutil

import pytest
import worlds

from zoning import api
from zoning.errors import InputError
from zoning.questions import place
from zoning.questions.place import read_place


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    base = tmp_path_factory.mktemp("place")
    api.run(worlds.write(base), base / "out")
    return base / "out"


QUESTIONS = ["1kmN3500E500", "1kmN3502E501", "321000001", "丙镇", "120.0105,31.6300"]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_the_whole_plan(folder, question, lang):
    part = read_place(folder, question)
    assert part is not None and len(part.units) < 18 and part.ledger.empty
    whole = api.explain(api.load(folder), question, lang)
    assert api.explain(folder, question, lang).as_dict() == whole.as_dict()


def test_what_is_not_found_at_once_is_asked_of_the_whole_plan(folder):
    assert read_place(folder, "丙") is None
    assert api.explain(folder, "丙").name == "丙镇"
    for question in ("nowhere", "10,10", "1kmN1E1", "x' OR 1=1 --"):
        assert read_place(folder, question) is None
        with pytest.raises(InputError):
            api.explain(folder, question)


@pytest.mark.parametrize("name", ["units.parquet", "ledger.parquet", "run.json", "plan.gpkg"])
def test_damage_is_told_as_ever(folder, tmp_path, name):
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / name).write_bytes(b"{}")
    assert read_place(copy, QUESTIONS[0]) is None
    with pytest.raises(InputError):
        api.explain(copy, QUESTIONS[0])


def test_the_whole_plan_is_not_read(folder, monkeypatch):
    from zoning import store

    monkeypatch.setattr(store, "load", lambda *_: pytest.fail("read the whole plan"))
    assert api.explain(folder, "1kmN3500E500").kind == "unit"
    assert place.read_place(folder, "1kmN3500E500").units.index.tolist() == ["1kmN3500E500"]
