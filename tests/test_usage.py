"""A command that is called wrongly says so in the user's language, as any other error does."""

from __future__ import annotations

import json
import re

import pytest

from zoning.cli import main

CASES = [
    (["runn"], "zoning", "there is no command runn", "没有 runn 命令", "run"),
    (["policy", "run", "--tabel", "x"], "zoning policy", "there is no option --tabel",
     "没有选项 --tabel", ""),
    (["stability", "x", "--draw", "9"], "zoning stability", "there is no option --draw",
     "没有选项 --draw", "--draws"),
    (["run"], "zoning run", "plan is missing", "缺少参数 plan", "zoning run [OPTIONS] {plan}"),
    (["explain", "x"], "zoning explain", "place is missing", "缺少参数 place",
     "zoning explain [OPTIONS] {folder} {place}"),
    (["map", "x", "y", "z"], "zoning map", "more words than it takes: y z", "多余的参数：y z",
     "zoning map [OPTIONS] {folder}"),
    (["allocate", "x", "--cap"], "zoning allocate", "option --cap needs a value",
     "选项 --cap 需要一个值", ""),
    (["run", "x", "--quiet=3"], "zoning run", "option --quiet takes no value",
     "选项 --quiet 不带值", ""),
    (["stability", "x", "--draws", "abc"], "zoning stability", "--draws must be a whole number",
     "--draws 应为整数", ""),
    (["stability", "x", "--draws", "0"], "zoning stability", "--draws must be 1 or more",
     "--draws 不得小于 1", ""),
    (["allocate", "x", "--gap", "abc"], "zoning allocate", "--gap must be a number",
     "--gap 应为数值", ""),
    (["allocate", "x", "--gap", "-1"], "zoning allocate", "--gap must be 0 or more",
     "--gap 不得小于 0", ""),
]  # fmt: skip


def bare(text: str) -> str:
    """Write PLAN and {plan} as plan: the older readers of words and the newer differ in it."""
    return re.sub(r"\{([a-z]+)\}|\b([A-Z]{3,})\b(?!\])", lambda m: (m[1] or m[2]).lower(), text)


def called(capsys, monkeypatch, *words, lang="en"):
    monkeypatch.setattr("sys.argv", ["zoning", *words])
    monkeypatch.setenv("ZONING_LANG", lang)
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr()
    return left.value.code, told.out, told.err


@pytest.mark.parametrize(("words", "where", "en", "zh", "meant"), CASES, ids=lambda v: str(v)[:24])
def test_it_is_said_in_both_languages_and_what_to_type(
    words, where, en, zh, meant, capsys, monkeypatch
):
    for lang, what in (("en", en), ("zh", zh)):
        code, out, err = called(capsys, monkeypatch, *words, lang=lang)
        assert code == 2
        assert out == ""
        assert bare(what) in bare(err)
        assert bare(meant) in bare(err)
        assert f"{where} -h" in err
    for lang, what in (("en", en), ("zh", zh)) if words[-1] != "--cap" else ():
        code, out, _ = called(capsys, monkeypatch, *words, "--json", lang=lang)
        (problem,) = json.loads(out)["error"]
        assert code == 2
        assert (problem["where"], problem["code"]) == (where, "usage")
        assert bare(problem["what"]) == bare(what)


def test_no_word_at_all_shows_the_help(capsys, monkeypatch):
    code, out, err = called(capsys, monkeypatch)
    assert code == 2
    assert "allocate" in out + err


def test_a_sentence_that_is_not_known_is_told_as_it_is():
    from zoning.cli.usage import is_usage, problem_of

    class UsageError(Exception):
        ctx = None

        def format_message(self):
            return "the moon is full"

    assert is_usage(UsageError())
    assert not is_usage(ValueError())
    said = problem_of(UsageError())
    assert said.what.en == said.what.zh == "the moon is full"
    assert said.where == "zoning"


def test_a_name_that_looks_alike_is_asked_for_as_everywhere(capsys, monkeypatch):
    assert "did you mean 'run'? zoning -h" in called(capsys, monkeypatch, "runn")[2]
    assert "是否指“run”？zoning -h" in called(capsys, monkeypatch, "runn", lang="zh")[2]
