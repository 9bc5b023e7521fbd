"""The formula language: what it computes, what it refuses, and that nothing gets out of it."""

from __future__ import annotations

import math
import os
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoning.errors import InputError
from zoning.policy.evaluate import Data, evaluate
from zoning.policy.formula import MAX_DEPTH, MAX_LENGTH, compile_formula
from zoning.policy.functions import FUNCTIONS
from zoning.policy.kinds import TEXT, Block, Kind, Scope
from zoning.policy.steps import parse_steps
from zoning.policy.units import PURE, dimension_name, parse_unit
from zoning.zones.rules import Value

STEPS = {
    "light": parse_steps("light", [["(-inf, 0.8]", "green"], ["(0.8, 1.2]", "yellow"],
                                   ["(1.2, inf)", "red"]]),
    "points": parse_steps("points", [["[0, 1)", 5], ["[1, 2]", 7]]),
}  # fmt: skip
BLOCKS = {
    name: Block(name, "zone", 100, missing, {"a": {"x": 75, "y": 25}, "b": {"x": 0, "y": 100}})
    for name, missing in (("strict", "unknown"), ("again", "redistribute"), ("none", "zero"))
} | {"part": Block("part", "zone", 100, "zero", {"a": {"x": 75, "y": 25}})}
KINDS = {
    "x": Kind("number", PURE), "y": Kind("number", PURE), "zone": TEXT, "county": TEXT,
    "pool": Kind("number", parse_unit("yuan")), "land": Kind("number", parse_unit("ha")),
}  # fmt: skip
SCOPE = Scope(KINDS, {"far": {"z": Kind("number", PURE), "word": TEXT}}, STEPS, BLOCKS)
NAN = math.nan


def column(values):
    known = np.array([v is not None for v in values])
    if any(isinstance(v, str) for v in values):
        return Value(np.array([v or "" for v in values], dtype=object), known)
    return Value(np.array([NAN if v is None else float(v) for v in values]), known)


TABLE = {
    "x": column([1, 2, None, 4]), "y": column([0.5, -1, 2, 0]),
    "zone": column(["a", "a", "b", "b"]), "county": column(["p", "q", "q", None]),
    "pool": Value(1000.0, True), "land": column([10_000, 20_000, 30_000, 40_000]),
}  # fmt: skip
FAR = {
    ("total", "far", "z"): column([1, 2, 3, None]), ("look", "far", "z"): column([1, 2, 3, 4]),
    ("look", "far", "word"): column(["u", "v", "w", None]),
}  # fmt: skip
DATA = Data(4, TABLE, FAR, STEPS, BLOCKS)


def compute(text):
    value = evaluate(compile_formula(text, SCOPE), DATA)
    return [v if k else None for v, k in zip(value.data.tolist(), value.known, strict=True)]


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("x + y", [1.5, 1, None, 4]),
        ("-x * 2 - -y", [-1.5, -5, None, -8]),
        ("x / y", [2, -2, None, None]),
        ("where(x / 0 > 1, 1, 0)", [None] * 4),
        ("where(known(x / 0), 1, 0)", [0] * 4),
        ("min(x, y, 1)", [0.5, -1, None, 0]),
        ("max(x, y)", [1, 2, None, 4]),
        ("abs(y)", [0.5, 1, 2, 0]),
        ("ln(y)", [math.log(0.5), None, math.log(2), None]),
        ("clip(x, 1.5, 3)", [1.5, 2, None, 3]),
        ("clip(x, 3, 1)", [None] * 4),
        ("ratio(y, x)", [0.5, -0.5, None, 0]),
        ("ratio(x, y)", [1, None, None, None]),
        ("where(x > 1, 10, y)", [0.5, 10, None, 10]),
        ("where(zone == 'a', x, y)", [1, 2, 2, 0]),
        ("where(x > 1 or y > 1, 1, 0)", [0, 1, 1, 1]),
        ("where(county in ('p', 'r'), 'in', 'out')", ["in", "out", "out", None]),
        ("where(known(x), x, 9)", [1, 2, 9, 4]),
        ("fill(x, y)", [1, 2, 2, 4]),
        ("fill(county, 'none')", ["p", "q", "q", "none"]),
        ("sum(y)", [1.5] * 4),
        ("sum(x)", [None] * 4),
        ("sum(x, by=zone)", [3, 3, None, None]),
        ("sum(y, by=county)", [0.5, 1, 1, None]),
        ("sum(y, by=(zone, county))", [0.5, -1, 2, None]),
        ("mean(y, by=zone)", [-0.25, -0.25, 1, 1]),
        ("lowest(y)", [-1] * 4),
        ("lowest(x)", [None] * 4),
        ("highest(x, by=zone)", [2, 2, None, None]),
        ("highest(y, by=zone)", [0.5, 0.5, 2, 2]),
        ("count(y > 0)", [2] * 4),
        ("count(x > 0)", [None] * 4),
        ("share(land)", [0.1, 0.2, 0.3, 0.4]),
        ("share(y - y)", [None] * 4),
        ("rank(x)", [3, 2, None, 1]),
        ("rank(fill(x, 4))", [4, 3, 1, 1]),
        ("rank(y, by=zone)", [1, 2, 1, 2]),
        ("minmax(y)", [0.5, 0, 1, 1 / 3]),
        ("minmax(x * 0 + 1, by=zone)", [1, 1, None, None]),
        ("weighted(strict)", [0.875, 1.25, 2, 0]),
        ("weighted(again)", [0.875, 1.25, 2, 0]),
        ("weighted(none)", [0.875, 1.25, 2, 0]),
        ("weight(strict, x)", [0.75, 0.75, 0, 0]),
        ("weight(part, x)", [0.75, 0.75, None, None]),
        ("weighted(part)", [0.875, 1.25, None, None]),
        ("total(far, z) + look(far, z)", [2, 4, 6, None]),
        ("look(far, word)", ["u", "v", "w", None]),
        ("steps(x, light)", ["yellow", "red", None, "red"]),
        ("steps(y, points)", [5, None, 7, 5]),
        ("pool * share(land)", [100, 200, 300, 400]),
        ("land > 0 and pool >= 0", [1, 1, 1, 1]),
        ("x > 3", [0, 0, None, 1]),
        ("not x > 3", [1, 1, None, 0]),
        ("1 < x < 3", [0, 1, None, 0]),
        ("close(x * 0.1 * 3, x * 0.3)", [1, 1, None, 1]),
        ("close(x, x + 0.001)", [0, 0, None, 0]),
        ("max(0, land)", [10_000, 20_000, 30_000, 40_000]),
    ],
)
def test_values(text, want):
    got = compute(text)
    assert [v is None for v in got] == [v is None for v in want]
    assert [v for v in got if v is not None] == pytest.approx([v for v in want if v is not None])


def test_missing_weights_three_ways():
    table = {**TABLE, "zone": column(["a"] * 4)}
    for name, want in (("strict", None), ("again", 2.0), ("none", 0.5)):
        value = evaluate(
            compile_formula(f"weighted({name})", SCOPE), Data(4, table, {}, {}, BLOCKS)
        )
        assert (value.data[2] if value.known[2] else None) == want
    strange = {**TABLE, "zone": column(["a", "c", "b", None])}
    value = evaluate(compile_formula("weighted(none)", SCOPE), Data(4, strange, {}, {}, BLOCKS))
    assert value.known.tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("pool + land", "formula", "yuan and m2"),
        ("pool > land", "formula", "yuan and m2"),
        ("pool > 100", "formula", "yuan and 1"),
        ("pool > 1", "formula", "yuan and 1"),
        ("pool + 1", "formula", "yuan and 1"),
        ("min(pool, land)", "formula", "min joins yuan and m2"),
        ("where(x > 1, pool, land)", "formula", "where joins"),
        ("ln(pool)", "formula", "without unit"),
        ("ratio(pool, land)", "formula", "ratio joins"),
        ("x + zone", "formula", "a number is needed, not a text"),
        ("zone > 'a'", "formula", "no order"),
        ("zone == 1", "formula", "mixes text and numbers"),
        ("zone in (1, 2)", "formula", "mixes text and numbers"),
        ("x ** 2", "formula", "only + - * /"),
        ("x % 2", "formula", "only + - * /"),
        ("x // 2", "formula", "only + - * /"),
        ("polo * 2", "formula", "did you mean 'pool'"),
        ("shares(x)", "formula", "did you mean 'share'"),
        ("share(x, by=conty)", "formula", "did you mean 'county'"),
        ("share(x, by='county')", "formula", "needs the name"),
        ("share(x, over=county)", "formula", "share(x, by=group)"),
        ("share(x, **county)", "formula", "share(x, by=group)"),
        ("abs(x, by=zone)", "formula", "abs(x)"),
        ("share()", "formula", "share(x, by=group)"),
        ("share(*x)", "formula", "share(x, by=group)"),
        ("steps(x, lihgt)", "formula", "did you mean 'light'"),
        ("weighted(stric)", "formula", "did you mean 'strict'"),
        ("weight(strict, z)", "formula", "at hand: x, y"),
        ("total(far, word)", "formula", "adds up numbers"),
        ("total(near, z)", "formula", "no table 'near'. Try: at hand: far"),
        ("total(far, q)", "formula", "no column in 'far'"),
        ("where(x, 1, 0) + where(zone, 1, 0)", "formula", "this is a text"),
        ("where(share(x), 1, 0)", "formula", "a value, not a condition"),
        ("x.real", "formula", "attribute is not part"),
        ("x[0]", "formula", "subscript is not part"),
        ("[x for x in y]", "formula", "listcomp is not part"),
        ("lambda: x", "formula", "lambda is not part"),
        ("(x := 1)", "formula", "namedexpr is not part"),
        ("f'{x}'", "formula", "joinedstr is not part"),
        ("x if y else 1", "formula", "ifexp is not part"),
        ("__import__('os')", "formula", "no function '__import__'"),
        ("x.__class__()", "formula", "only functions of the language"),
        ("b'x'", "formula", "constant is not part"),
        ("1j", "formula", "constant is not part"),
        ("...", "formula", "constant is not part"),
        ("x is y", "formula", "not allowed"),
        ("1e999", "formula", "too large"),
        ("9" * 400, "formula", "too large"),
        ("x +", "formula-syntax", "cannot be read"),
        ("", "formula-syntax", "cannot be read"),
        ("x\0", "formula-syntax", "cannot be read"),
        ("x = 1", "formula-syntax", "cannot be read"),
        ("-" * 100 + "x", "formula-syntax", "nested deeper"),
        ("(" * 300 + "x" + ")" * 300, "formula-syntax", "cannot be read"),
        ("x + " * 600 + "x", "formula-syntax", "longer than"),
        ("+".join(["x"] * 100), "formula-syntax", "nested deeper"),
    ],
)
def test_refused(text, code, words):
    with pytest.raises(InputError) as error:
        compile_formula(text, SCOPE, where="pool.toml: grant")
    told = [p.tell("en") for p in error.value.problems]
    assert {p.code for p in error.value.problems} == {code}
    assert words in told[0], told
    assert told[0].startswith("pool.toml: grant: ")
    assert all(p.tell("zh") for p in error.value.problems)


def test_all_problems_of_a_formula_at_once():
    with pytest.raises(InputError) as error:
        compile_formula("polo + lnad * zoen", SCOPE)
    assert len(error.value.problems) == 3


def test_units_of_results():
    for text, unit in (
        ("pool / land", "yuan/m2"), ("pool * land", "m2 yuan"), ("pool / pool", "1"),
        ("sum(pool / land)", "yuan/m2"), ("where(x > 1, 0, pool)", "yuan"),
        ("share(land)", "1"), ("fill(pool, 0)", "yuan"), ("weighted(strict)", "1"),
    ):  # fmt: skip
        assert dimension_name(compile_formula(text, SCOPE).kind.unit) == unit, text
    assert compile_formula("0", SCOPE).kind.unit is None


def test_one_unit_written_in_many_ways():
    for one, other, factor in (
        ("ha", "mu", 15), ("km2", "ha", 100), ("万元", "yuan", 10_000), ("1e4 yuan", "万元", 1),
        ("亿元", "万元", 10_000), ("tce", "GJ", 29.3076), ("MWh", "GJ", 3.6), ("万亩", "mu", 1e4),
        ("tC", "tCO2", 44 / 12), ("万元/亩", "yuan/ha", 150_000), ("1", "%", 100),
        ("tCO2/MWh", "kgCO2/kWh", 1), ("tCO2/万元", "tCO2/1e4 yuan", 1), ("年", "month", 12),
    ):  # fmt: skip
        a, b = parse_unit(one), parse_unit(other)
        assert a.same(b), (one, other)
        assert a.factor / b.factor == pytest.approx(factor, rel=1e-12), (one, other)
    assert not parse_unit("t").same(parse_unit("tCO2"))
    for wrong in ("yaun", "9**9**9", "a.b", "import os", "1/0", "m" * 100, "(((", "yuan ^ 400"):
        with pytest.raises(InputError):
            parse_unit(wrong)


def test_sums_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(5)
    x = rng.normal(size=500) * 10.0 ** rng.integers(-8, 8, 500)
    groups = rng.integers(0, 7, 500).astype(str).astype(object)
    order = rng.permutation(500)
    for text in ("sum(x, by=zone)", "share(x)", "rank(x, by=zone)", "minmax(x)", "mean(x)"):
        formula, every = compile_formula(text, SCOPE), np.ones(500, dtype=bool)
        one = evaluate(formula, Data(500, {"x": Value(x, every), "zone": Value(groups, every)}))
        two = evaluate(formula, Data(500, {"x": Value(x[order], every),
                                           "zone": Value(groups[order], every)}))  # fmt: skip
        assert (one.data[order] == two.data).all(), text


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0.001, 1e6))
@settings(max_examples=100, deadline=None)
def test_a_better_value_never_lowers_a_score(x, more, target):
    for text in ("ratio(x, y)", "clip(x, 0, 100)", "where(x >= y, 1, ratio(x, y))"):
        formula = compile_formula(text, SCOPE)
        scores = [
            float(evaluate(formula, Data(1, {"x": column([v]), "y": column([target])})).data[0])
            for v in (x, x + more)
        ]
        assert scores[0] <= scores[1], text


# Fuzz ----------------------------------------------------------------------------------------

TOKENS = [
    *KINDS, *FUNCTIONS, *STEPS, *BLOCKS, "far", "z", "by", "and", "or", "not", "in", "is", "if",
    "else", "for", "lambda", "None", "True", "import", "__class__", "__import__", "eval", "exec",
    "open", "self", "0", "1", "1e308", "1e999", "0.5", "1j", "'a'", '"b"', "b''", "f'{x}'", "(",
    ")", "(", ")", "(", ")", "[", "]", "{", "}", ",", ",", ".", ":", ":=", "=", "==", "!=", "<",
    "<=", ">", ">=", "+", "-", "*", "/", "//", "%", "**", "@", "~", "&", "|", "^", "<<", "...",
    "\n", "\t", "\\", "#", "\0", "\ud800", "中文", "，", "𝓍", "ℌ", "_", "__",
]  # fmt: skip


def sentence(rng: random.Random, depth: int = 0) -> str:
    """Make a formula that is mostly of the language."""
    kind = rng.random()
    if depth > 4 or kind < 0.3:
        return rng.choice([*KINDS, "0", "1", "2.5", "'a'", "light", "strict", "1e300"])
    if kind < 0.55:
        sign = rng.choice(["+", "-", "*", "/", "<", ">=", "==", " and ", " or ", " in ", "**"])
        return f"({sentence(rng, depth + 1)}{sign}{sentence(rng, depth + 1)})"
    if kind < 0.62:
        return rng.choice(["-", "not ", "+"]) + sentence(rng, depth + 1)
    name = rng.choice(list(FUNCTIONS))
    few = FUNCTIONS[name]
    count = rng.randint(few.least, min(few.most, few.least + 2))
    parts = [sentence(rng, depth + 1) for _ in range(count)]
    if name in ("total", "look") and rng.random() < 0.8:
        parts = ["far", "z"]
    if name == "steps":
        parts[1] = rng.choice(list(STEPS))
    if name in ("weighted", "weight"):
        parts[0] = rng.choice(list(BLOCKS))
    if few.grouped and rng.random() < 0.4:
        parts.append("by=" + rng.choice(["zone", "county", "(zone, county)", "x", "1"]))
    return f"{name}({', '.join(parts)})"


def noise(rng: random.Random) -> str:
    """Make a formula that is mostly not of the language."""
    text = "".join(rng.choice(TOKENS) + rng.choice(["", " "]) for _ in range(rng.randint(1, 14)))
    if rng.random() < 0.2:
        good = sentence(rng)
        at = rng.randrange(len(good) + 1)
        text = good[:at] + text[:3] + good[at:]
    return text


def fuzz(seed: int, rounds: int) -> dict[str, int]:
    """Try formulas; anything but a value or an InputError is a fault."""
    rng, told = random.Random(seed), {"computed": 0, "refused": 0}
    for _ in range(rounds):
        text = sentence(rng) if rng.random() < 0.5 else noise(rng)
        try:
            formula = compile_formula(text, SCOPE)
        except InputError as error:
            assert error.problems, text
            told["refused"] += 1
            continue
        value = evaluate(formula, DATA)
        assert value.data.shape == value.known.shape == (4,), text
        if value.data.dtype.kind == "f":
            assert np.isfinite(value.data[value.known]).all(), text
        else:
            assert formula.kind.kind == "text", text
        told["computed"] += 1
    return told


def test_fuzz():
    told = fuzz(20261125, 3000)
    assert told["computed"] > 100 and told["refused"] > 100


@pytest.mark.slow
def test_fuzz_at_length():
    """Run a million with ZONING_FUZZ=1000000; CI takes a sample."""
    rounds = int(os.environ.get("ZONING_FUZZ", "40000"))
    assert fuzz(1, rounds)["computed"] > rounds / 10


def test_limits_are_those_of_the_module():
    assert compile_formula(" " * 10 + "x", SCOPE)
    ok = "-" * (MAX_DEPTH - 3) + "x"
    assert compile_formula(ok, SCOPE)
    assert len("x+" * 900) < MAX_LENGTH


# Formulas as mathematics ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "want"),
    [
        ("a - (b - c)", r"\mathrm{a} - \left(\mathrm{b} - \mathrm{c}\right)"),
        ("a - b - c", r"\mathrm{a} - \mathrm{b} - \mathrm{c}"),
        ("a * (b + c)", r"\mathrm{a} \cdot \left(\mathrm{b} + \mathrm{c}\right)"),
        ("a + b * c", r"\mathrm{a} + \mathrm{b} \cdot \mathrm{c}"),
        ("a / b / c", r"\frac{\frac{\mathrm{a}}{\mathrm{b}}}{\mathrm{c}}"),
        ("-(a + b)", r"-\left(\mathrm{a} + \mathrm{b}\right)"),
        ("sum(a + b, by=g)", r"\sum_{\mathrm{g}} \left(\mathrm{a} + \mathrm{b}\right)"),
        ("total(t, a) + look(t, b)", r"\sum_{\mathrm{t}} \mathrm{a} + \mathrm{b}_{[\mathrm{t}]}"),
        ("ratio(a, b)", r"\min\left(1, \frac{\mathrm{a}}{\mathrm{b}}\right)"),
        ("a_b >= 1 and not c < 2",
         r"\left(\mathrm{a\_b} \geq 1\right) \wedge \neg \left(\mathrm{c} < 2\right)"),
    ],
)  # fmt: skip
def test_latex(formula, want):
    from zoning.policy.mathematics import latex

    assert latex(formula) == want


@pytest.mark.slow
def test_every_formula_of_the_shipped_files_can_be_drawn():
    import re

    from matplotlib.mathtext import MathTextParser

    from zoning.policy.mathematics import latex
    from zoning.policy.read import find, read_policy, shipped

    parser = MathTextParser("path")
    seen = 0
    for name in shipped():
        for table in read_policy(find(name)).tables.values():
            for column in table.computed:
                text = latex(column.formula)
                assert text.count("{") == text.count("}")
                # the drawing library lacks cases and nested rows; the page's renderer has them
                plain = re.sub(r"\\(begin|end)\{cases\}", "", text).replace(r"\\", " ")
                parser.parse(f"${plain.replace('&', ' ')}$")
                seen += 1
    assert seen > 80


def test_a_division_by_nothing_is_unknown_and_warns_nobody():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert compute("x / (y - y)") == [None] * 4
        assert compute("ln(y - y)")[0] is None
        # all the weight lies on a column that is not known: nothing to share out
        data = Data(4, {**TABLE, "y": column([0.5, -1, None, 0])}, FAR, STEPS, BLOCKS)
        value = evaluate(compile_formula("weighted(again)", SCOPE), data)
        assert value.known.tolist() == [True, True, False, True]
