"""The one reader of TOML: lines, suggestions, evidence, files of other programs."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoning.base.shipped import data_path, load_toml
from zoning.base.strict import EVIDENCE, Reader, parse, read
from zoning.errors import InputError
from zoning.evaluation import load_preset
from zoning.inputs.landuse import load_classes
from zoning.planfile import load
from zoning.zones import load_method, read_overrides


def problems(call, *args):
    with pytest.raises(InputError) as caught:
        call(*args)
    return caught.value.problems


@pytest.mark.parametrize("reader", [load, load_method, load_preset, load_classes, read_overrides])
def test_every_reader_tells_the_same_of_a_file(reader, tmp_path):
    """No file, no UTF-8, no TOML, a misspelt key with its line: one way for all readers."""
    path = tmp_path / "我 的.toml"
    assert problems(reader, path)[0].code == "missing-file"
    path.write_bytes('a = 1\nname = "镇江"'.encode("gb18030"))
    (found,) = problems(reader, path)
    assert (found.code, found.where) == ("bad-encoding", f"{path}:2")
    path.write_text("a = 1\n[b\n", encoding="utf-8")
    (found,) = problems(reader, path)
    assert (found.code, found.where) == ("bad-toml", f"{path}:2") and "第 2 行" in found.tell("zh")
    path.write_text("n = " + "9" * 5000, encoding="utf-8")
    assert problems(reader, path)[0].code == "bad-toml"
    path.write_text("\n\nspeling = 1\n", encoding="utf-8")
    found = {p.code: p for p in problems(reader, path)}
    assert found["unknown-key"].where.startswith(f"{path}:3")
    assert "speling" in found["unknown-key"].tell("zh")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a]\nb = 1\nc = 2\nb = 3\n", 2),
        ('[zones]\nmethod = "x"\n\n[zones.method]\nc = 1\n', 2),
        ("[a]\nb = 1\n\n[a]\nc = 2\n", 1),
        ("[x]\nshare = 1\n[cap]\nshare = 2\n[y]\nshare = 3\n[z]\nb = 1\nshare = 2\nb = 2\n", 8),
        ("share = 1\n[cap]\nshare = 2\nshare = 3\n", 3),
    ],
)
def test_what_is_stated_twice_names_the_first_place(text: str, line: int) -> None:
    with pytest.raises(InputError) as error:
        parse(text, "plan.toml")
    remedy = error.value.problems[0].remedy
    assert f"look at line {line}; keep one" in remedy.en and f"第 {line} 行" in remedy.zh


def test_lines_of_every_kind_of_statement():
    text = '''# a plan
[plan]
name = """a
[not.a.table]
b"""
list = [
  1, # [x]
  { a = 2, b = 3 },
]
"quoted key".inner = 'x'
[[lock]]
code = "a"
[lock.deep]
x = 1
[[lock]]
  [lock.deep]
  x = 2
[[lock.part]]
y = 1
[[lock.part]]
y = 2
'''
    document = parse(text.replace("\n", "\r\n"))
    lines = {
        ("plan",): 2, ("plan", "name"): 3, ("plan", "list"): 6, ("plan", "list", 1, "b"): 6,
        ("plan", "quoted key", "inner"): 10, ("lock", 0): 11, ("lock", 0, "code"): 12,
        ("lock", 0, "deep", "x"): 14, ("lock", 1): 15, ("lock", 1, "deep", "x"): 17,
        ("lock", 1, "part", 0, "y"): 19, ("lock", 1, "part", 1, "y"): 21, ("lock", 1, "zzz"): 15,
    }  # fmt: skip
    assert {path: document.line(path) for path in lines} == lines
    assert document.line(["other"]) is None and document.at(["other"]) == "TOML"


KEYS = st.sampled_from(["a", "b", '"c d"', "e.f"])
VALUES = st.sampled_from(["1", '"x"', '"""\ny = 1\n"""', "[\n1,\n2]", "{ z = 1 }", "'''[t]'''"])


@given(st.lists(st.tuples(KEYS, VALUES), max_size=4, unique_by=lambda t: t[0]), st.booleans())
def test_each_key_stands_on_the_line_that_names_it(pairs, in_list):
    head = "[[t]]" if in_list else "[t]"
    text = "\n".join([head, *(f"{k} = {v}" for k, v in pairs)])
    document = parse(text)
    for key, _ in pairs:
        start = text.index(f"{key} = ")
        steps = [p for p in tomllib.loads(f"{key} = 0")]
        path = ["t", 0, *steps] if in_list else ["t", *steps]
        assert document.line(path) == text.count("\n", 0, start) + 1


def test_shipped_files_have_a_line_for_every_value():
    """Found another way: the line of a number holds the key and the number."""
    for folder in ("methods", "evaluation", "capacity"):
        for path in sorted(data_path(folder).glob("*.toml")):
            document = read(path)
            lines = document.text.splitlines()

            def walk(value, way, document=document, lines=lines, path=path):
                if isinstance(value, dict):
                    for key, inner in value.items():
                        walk(inner, [*way, key])
                elif isinstance(value, list) and value and isinstance(value[0], dict):
                    for i, inner in enumerate(value):
                        walk(inner, [*way, i])
                else:
                    assert str(way[-1]) in lines[document.line(way) - 1], (path, way)

            walk(document.data, [])


def test_evidence_is_one_list(tmp_path):
    reader = Reader({"evidence": "X"}, "ours.toml")
    reader.evidence()
    assert reader.problems[0].code == "evidence"
    assert "M-med" in reader.problems[0].tell("zh")
    for tag in EVIDENCE:
        reader = Reader({"evidence": tag}, "ours.toml")
        assert (reader.evidence(), reader.problems) == (tag, [])
    # What a table takes from the one above it was judged there: the cause is told once.
    for above in ("", "X"):
        inner = Reader({}, "ours.toml", [])
        assert (inner.evidence(above), inner.problems) == (above, [])


def test_a_method_tells_the_line_of_a_wrong_value(tmp_path):
    text = data_path("methods", "two-matrices.toml").read_text(encoding="utf-8")
    wrong = text.replace("weight = ", "wieght = ", 1)
    path = tmp_path / "ours.toml"
    path.write_text(wrong, encoding="utf-8")
    (found,) = [p for p in problems(load_method, path) if p.code == "unknown-key"]
    line = wrong[: wrong.index("wieght")].count("\n") + 1
    assert found.where.startswith(f"{path}:{line} ")
    assert "did you mean 'weight'" in found.tell()


def test_shipped_data_cannot_be_changed_by_one_of_those_that_share_them():
    import copy
    import pickle

    data = load_toml("methods", "two-matrices.toml")
    terms = data["dimension"]["constraint"]["term"]
    for change in (
        lambda: data.update(a=1), lambda: data.pop("name"), lambda: data.__setitem__("a", 1),
        lambda: data.__ior__({"a": 1}), lambda: data["dimension"].clear(),
        lambda: terms[0].__setitem__("weight", 9), lambda: terms.append({}), lambda: terms.sort(),
        lambda: terms.__iadd__([1]), lambda: terms.__delitem__(0),
    ):  # fmt: skip
        with pytest.raises(TypeError, match="change a copy"):
            change()
    # Every copy is plain: a deep one all the way down, also over the border of a process.
    for own in (copy.deepcopy(data), pickle.loads(pickle.dumps(data))):
        assert own == data and type(own) is dict
        own["dimension"]["constraint"]["term"][0]["weight"] = 9
    for own in (copy.copy(data), data | {}, {**data}):
        own["name"] = "x"
    assert terms[0]["weight"] == 0.7 and data["name"] == "two-matrices"


def test_unknown_keys_come_before_what_is_missing_and_in_the_order_of_the_file() -> None:
    document = parse("[[t]]\nx = 1\ny = 2\n[[t]]\nx = 3\n", "plan.toml")
    top = Reader(document.data, document.where, document=document, code="t")
    for part in top.tables("t"):
        part.get("code", kind=str)
        part.close()
    lines = [(p.code, p.where.rpartition(":")[2].split()[0]) for p in top.problems]
    assert lines[:3] == [("unknown-key", "2"), ("unknown-key", "3"), ("unknown-key", "5")]
    assert len(lines) == 5  # then the two codes that are missing


def test_a_list_of_many_lines_and_a_name_of_many_parts_take_no_time() -> None:
    """Both took the square of their length: minutes for files of a few hundred kilobytes."""
    rows = "".join(f'  [{n}, "[{n}"], # ]\n' for n in range(20_000))
    document = parse(f"a = 1\nb = [\n{rows}]\n[c]\nd = 2\n", "plan.toml")
    assert document.at(("c", "d")) == "plan.toml:20005"
    for text in ("[" + "a." * 100_000 + "a]\nx = 1", "x = {" + "a . " * 100_000 + "a = 1}"):
        with pytest.raises(InputError, match="nested too deeply"):
            parse(text)
