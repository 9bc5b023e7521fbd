"""What a method can say, and of which scheme it says it."""

from __future__ import annotations

from zoning.base.strict import Reader
from zoning.errors import Text, suggest
from zoning.schemes import DEFAULT, Scheme, load_scheme, scheme_names
from zoning.zones.method import Method
from zoning.zones.reading import REVIEW


def spoken(d: Reader, plan: Scheme | None) -> Scheme:
    """Find the scheme that a method names; without a name it is that of the plan."""
    own = plan or load_scheme(DEFAULT)
    name = d.get("scheme", own.name, kind=str) or own.name
    if name == own.name:
        return own
    if name in scheme_names():
        return load_scheme(name)
    known = list(dict.fromkeys((own.name, *scheme_names())))
    close = suggest(name, known) or ", ".join(known)
    d.fail(f"no scheme {name!r}", f"没有分区方案 {name!r}",
           Text(f"did you mean {close}?", f"是否指“{close}”？"))  # fmt: skip
    return own


def outcomes(method: Method) -> set[str]:
    """Give everything that a method can say.

    Examples
    --------
    >>> from zoning.zones import load_method
    >>> sorted(outcomes(load_method("cube")))
    ['key', 'moderate', 'optimised', 'review']
    """
    found = [x.zone for x in method.rules]
    if method.cube:
        found += [z for rows in method.cube.cells.values() for row in rows for z in row]
    if method.matrices:
        last = method.matrices[-1]
        found += [z for row in last.cells.values() for z in row]
        found += [e.value for e in last.exceptions]
    return set(found)


def check_outcomes(method: Method, d: Reader) -> None:
    """Hold what a method says against the base zones of its scheme."""
    known = (*method.scheme.base, REVIEW)
    for zone in sorted(str(z) for z in outcomes(method) - set(known)):
        d.fail(
            f"unknown zone {zone!r} of scheme {method.scheme.name!r}; known: {', '.join(known)}",
            f"分区方案 {method.scheme.name!r} 中没有 {zone!r}；可用：{'、'.join(known)}",
        )
