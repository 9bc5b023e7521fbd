"""Thousands of classifications at once: weights and thresholds drawn, everything else held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from zoning.schemes import Scheme
from zoning.zones.decide import compile_rules, decide
from zoning.zones.flip import span_of
from zoning.zones.method import Dimension, Method
from zoning.zones.reading import REVIEW
from zoning.zones.rules import Cut, Rule, Value
from zoning.zones.scoring import Floats, combine, score
from zoning.zones.table import grade_table

Codes = npt.NDArray[np.int8]

#: Numbers in one block of draws; bounds the memory.
_BLOCK = 2_000_000


@dataclass(frozen=True)
class Draws:
    """What is drawn.

    Attributes
    ----------
    count : int
        Number of draws.
    weights : float
        Half-width: each weight is multiplied by a uniform factor from 1 - x to 1 + x.
    cuts : float
        Half-width: each cut moves by up to x of the span of its scale (100 for scores), each
        number in a rule by up to x of the span of its column, so that it makes no difference from
        which end a scale is counted.
    overlays : float
        Half-width: the threshold of each overlay moves by up to x (a share of the unit).
    seed : int
    free : bool
        Weights of a dimension may be anything (uniform over all that add up to one, as in SMAA),
        whatever ``weights`` says.
    """

    count: int = 10_000
    weights: float = 0.2
    cuts: float = 0.05
    overlays: float = 0.1
    seed: int = 20_131
    free: bool = False

    def blocks(self, width: int) -> Iterator[tuple[int, int]]:
        """Cut the draws into blocks of bounded size for ``width`` numbers per draw."""
        step = max(1, _BLOCK // max(width, 1))
        for start in range(0, self.count, step):
            yield start, min(start + step, self.count)


def codes_of(scheme: Scheme) -> dict[str, int]:
    """Give the zones of a scheme as small numbers; 0 is unknown or left to review.

    Examples
    --------
    >>> from zoning.schemes import load_scheme
    >>> list(codes_of(load_scheme("zhenjiang-2013")).values())
    [0, 0, 1, 2, 3, 4]
    """
    return {"": 0, REVIEW: 0, **{code: i for i, code in enumerate(scheme.codes, start=1)}}


def factors(draws: Draws, name: str, width: int, half: float) -> Floats:
    """Draw factors for one part of a method, shape (draws, width).

    Every part has a stream of its own, named after it, so that another part does not change it.

    Examples
    --------
    >>> d = Draws(count=3, seed=1)
    >>> bool((factors(d, "cuts", 2, 0.1) == factors(d, "cuts", 2, 0.1)).all())
    True
    """
    stream = np.random.default_rng([draws.seed, *name.encode()])
    return 1.0 + half * stream.uniform(-1.0, 1.0, (draws.count, width))


def _anything(draws: Draws, name: str, width: int) -> Floats:
    """Draw weights that add up to one, all equally likely, shape (draws, width)."""
    stream = np.random.default_rng([draws.seed, *name.encode()])
    return stream.dirichlet(np.ones(width), draws.count)


@dataclass(frozen=True)
class Drawn:
    """A block of draws before contiguity and decisions: scores, grades and cuts by dimension."""

    scores: Mapping[str, Floats]
    grades: Mapping[str, npt.NDArray[np.int64]]
    cuts: Mapping[str, Floats]


#: Changes the zones of a block of draws (contiguity, decisions on record).
Settle = Callable[[npt.NDArray[np.int64], Drawn], npt.NDArray[np.int64]]


def perturbed_zones(
    method: Method, values: Mapping[str, Floats], draws: Draws, settle: Settle | None = None
) -> Iterator[tuple[int, int, Codes]]:
    """Class n townships under every draw.

    Parameters
    ----------
    method : Method
        Fitted.
    values : mapping of arrays, shape (n,)
        What the method reads.
    draws : Draws
    settle : callable, optional
        Applied to every block.

    Yields
    ------
    start, stop : int
        Block of draws.
    codes : int8 array, shape (stop - start, n)
        Zones as in `codes_of`.
    """
    n = len(next(iter(values.values())))
    parts = {d.name: _DrawnDimension(d, values, draws) for d in method.dimensions}
    rules, spans = rule_numbers(method, values)
    moves = [
        (factors(draws, f"rule {i}", len(rule.cuts), draws.cuts) - 1.0) * span
        for i, (rule, span) in enumerate(zip(rules, spans, strict=True))
    ]
    table = None if method.rules else _codes_of(method)
    axes = () if table is None else grade_table(method).axes
    for start, stop in draws.blocks(n * (len(parts) + 1)):
        at = slice(start, stop)
        scored = {name: part.scores(at) for name, part in parts.items()}
        graded = {name: part.grades(at, scored[name]) for name, part in parts.items()}
        if table is not None:
            g = [graded[a] for a in axes]
            codes = table[tuple(np.maximum(x, 0) for x in g)]
            codes = np.where(np.logical_or.reduce([x < 0 for x in g]), 0, codes)
        else:
            drawn = [m[at] for m in moves]
            codes = _by_rules(method, rules, values, scored, graded, drawn, (stop - start, n))
        if settle is not None:
            block = {name: part.cuts[at] for name, part in parts.items()}
            codes = settle(codes, Drawn(scored, graded, block))
        yield start, stop, codes.astype(np.int8)


def rule_numbers(
    method: Method, values: Mapping[str, Floats]
) -> tuple[tuple[Rule, ...], list[Floats]]:
    """Give the ordered rules of a fitted method, and the span of each number that stands in them.

    The numbers of rules are cuts like those of dimensions: whoever moves the one moves the other.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> method = load_method("dominant")
    >>> names = ("redline_share", "built_share", "farmland_share", *method.indicators)
    >>> rules, spans = rule_numbers(method, {k: np.array([0.0, 1.0]) for k in names})
    >>> [(r.text, s.tolist()) for r, s in zip(rules[:2], spans)]
    [('redline_share >= 0.5', [1.0]), ("built_share > 0.30 and guidance_grade == 'high'", [1.0])]
    """
    rules = compile_rules(method, tuple(values))
    scores = {d.name: d.span for d in method.dimensions}
    return rules, [
        np.array([scores.get(c.column) or _span(c, values) for c in r.cuts], float) for r in rules
    ]


def _span(cut: Cut, values: Mapping[str, Floats]) -> float:
    """Length of the scale that a number in a rule lies on; 0 for words."""
    x = values.get(cut.column)
    return 0.0 if x is None or x.dtype.kind != "f" else span_of(cut.column, x, cut.number)


def _codes_of(method: Method) -> npt.NDArray[np.int64]:
    zone = grade_table(method).zone
    known = codes_of(method.scheme)
    codes: npt.NDArray[np.int64] = np.vectorize(known.__getitem__)(zone)
    return codes


class _DrawnDimension:
    """A dimension with drawn weights and cuts."""

    def __init__(self, dimension: Dimension, values: Mapping[str, Floats], draws: Draws):
        self.dimension = dimension
        self.terms = score(dimension, values).terms
        self.left_out = np.array(
            [
                np.isnan(s) & (t.missing == "skip")
                for s, t in zip(self.terms, dimension.terms, strict=True)
            ]
        )
        w = np.array([t.weight for t in dimension.terms])
        name = dimension.name
        self.weights = (
            _anything(draws, f"weights {name}", w.size) if draws.free
            else w * factors(draws, f"weights {name}", w.size, draws.weights)
        )  # fmt: skip
        cuts = np.array(dimension.cuts)
        # Shares of the span: a factor on the cut would hang on where the scale has its 0.
        step = (factors(draws, f"cuts {name}", cuts.size, draws.cuts) - 1.0) * dimension.span
        self.cuts = np.sort(cuts + step)

    def scores(self, at: slice) -> Floats:
        d = self.dimension
        return combine(d.combine, self.terms, self.left_out, self.weights[at])

    def grades(self, at: slice, value: Floats) -> npt.NDArray[np.int64]:
        out = np.zeros(value.shape, np.int64)
        for k, equal in enumerate(self.dimension.equal):
            cut = self.cuts[at, k, None]
            out += (value >= cut) if equal == "above" else (value > cut)
        return np.where(np.isnan(value), -1, out)


def _by_rules(
    method: Method,
    rules: tuple[Rule, ...],
    values: Mapping[str, Floats],
    scored: Mapping[str, Floats],
    graded: Mapping[str, npt.NDArray[np.int64]],
    drawn: list[Floats],
    shape: tuple[int, int],
) -> npt.NDArray[np.int64]:
    columns = {
        k: Value(v, v != "" if v.dtype.kind == "O" else ~np.isnan(v)) for k, v in values.items()
    }
    for d in method.dimensions:
        columns[d.name] = Value(scored[d.name], ~np.isnan(scored[d.name]))
        names = np.array([*d.grades, ""], object)
        columns[f"{d.name}_grade"] = Value(names[graded[d.name]], graded[d.name] >= 0)
    numbers = codes_of(method.scheme)
    codes = np.zeros(shape, np.int64)
    open_ = np.ones(shape, bool)
    for line, rule, f in zip(method.rules, rules, drawn, strict=True):
        cuts = [c.number + f[:, k, None] for k, c in enumerate(rule.cuts)]
        truth = rule.decide(columns, cuts)
        true, known = (np.broadcast_to(x, shape) for x in truth)
        codes[open_ & true] = numbers[line.zone]
        open_ = open_ & known & ~true
    return codes


def leave_one_out(
    method: Method, values: Mapping[str, Floats]
) -> dict[str, npt.NDArray[np.object_]]:
    """Zones without one indicator of one dimension, for every dimension that has more than one.

    Returns
    -------
    dict
        ``"dimension: indicator"`` to zones (``""`` unknown).

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> sorted(leave_one_out(load_method("two-matrices"), {
    ...     k: np.array([1.0]) for k in load_method("two-matrices").indicators}))[:2]
    ['constraint: farmland_share', 'constraint: redline_share']
    """
    found = {}
    for i, d in enumerate(method.dimensions):
        if len(d.terms) < 2:
            continue
        for j, term in enumerate(d.terms):
            rest = d.terms[:j] + d.terms[j + 1 :]
            if not sum(t.weight for t in rest) > 0:
                continue
            less = replace(d, terms=rest)
            dimensions = (*method.dimensions[:i], less, *method.dimensions[i + 1 :])
            name = f"{d.name}: {term.indicator}"
            found[name] = decide(replace(method, dimensions=dimensions), values).zone
    return found
