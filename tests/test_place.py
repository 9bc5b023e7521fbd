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


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_that_of_the_whole_plan(folder, question, lang):
    part = read_place(folder, question)
    assert part is not None and len(part.units) < 18 and part.ledger.empty
    whole = api.explain(api.load(folder), question, lang)
    assert api.explain(folder, question, lang).as_dict() == whole.as_dict()


@pytest.mark.slow
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


#: What explain reads beside areas: decisions, limits of the plan's own.
RICH = """
[zones]
overrides = "决定.csv"
[[cap.limit]]
name = "less"
title_zh = "少占"
upper = 100000
"""


@pytest.mark.slow
def test_decisions_and_own_limits_are_told_from_the_folder_too(tmp_path, monkeypatch):
    (tmp_path / "决定.csv").write_text(
        "level,code,zone,reason,who,date\n"
        "township,321000002,moderate,纪要第3条,李工,2026-05-12\n"
        "unit,1kmN3500E500,key,并入新区,规划科,2026-05-13\n", encoding="utf-8",
    )  # fmt: skip
    plan = worlds.write(tmp_path, extra=RICH)
    api.run(plan, tmp_path / "out")
    whole, told = api.load(tmp_path / "out"), []
    takes = whole.units.index[whole.units["new_m2"] > 0]
    questions = ["321000002", "1kmN3500E500", "1kmN3501E502", *takes[:2]]
    for question in questions:
        answer = api.explain(tmp_path / "out", question, "zh")
        assert answer.as_dict() == api.explain(whole, question, "zh").as_dict(), question
        told.append(str(answer))
    for word in ("李工", "规划科", "少占"):
        assert any(word in text for text in told), (word, told)
    # What a plan loses without a unit stands in a contribution: then all is read.
    run = place.read_run(tmp_path / "out" / "run.json")
    for wing, alone in (("losses", False), ("policy", True)):
        more = {**run, "contributions": [{"wing": wing}]}
        monkeypatch.setattr(place, "read_run", lambda _, more=more: more)
        assert (read_place(tmp_path / "out", "321000002") is not None) is alone
