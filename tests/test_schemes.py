"""Zone schemes are data: what can be a scheme, what a plan may change, crosswalks."""

from __future__ import annotations

import pytest

from zoning import schemes
from zoning.errors import InputError
from zoning.schemes import OverlayEntry, SchemePart, ZoneEntry


def part(**given):
    return SchemePart(**given)


def zones(*codes, **more):
    return tuple(ZoneEntry(code=c, zh=f"区{c}", **more) for c in codes)


def problems(do) -> list[str]:
    with pytest.raises(InputError) as caught:
        do()
    for problem in caught.value.problems:
        assert problem.what.en and problem.what.zh and problem.code
    return [p.code for p in caught.value.problems]


@pytest.mark.parametrize("name", schemes.scheme_names())
def test_shipped_schemes_say_where_they_come_from(name):
    s = schemes.load_scheme(name)
    assert s.source and s.evidence and s.zh and s.en
    assert len(set(s.names)) == len(s.zones) + len(s.overlays)
    assert len({z.colour for z in (*s.zones, *s.overlays)}) == len(s.names)
    for o in s.overlays:
        assert o.source and o.evidence


def test_the_shipped_schemes_are_what_was_published():
    old, new = (schemes.load_scheme(n) for n in ("zhenjiang-2013", "national"))
    assert [z.zh for z in old.members] == ["优化开发", "重点开发", "适度开发", "生态平衡"]
    assert old.closed == ("balance",)
    assert old.replacing[0].share == 0.5
    assert [z.zh for z in new.members] == ["城市化地区", "农产品主产区", "重点生态功能区"]
    assert new.replacing == ()
    assert [o.code for o in new.listed] == ["culture"]


def test_no_scheme_holds_a_cap():
    for name in schemes.scheme_names():
        s = schemes.load_scheme(name)
        assert not [f for f in s.__dataclass_fields__ if "cap" in f or "quota" in f]


def test_a_plan_without_a_scheme_has_the_default_one():
    assert schemes.scheme_of(part()) == schemes.load_scheme(schemes.DEFAULT)


@pytest.mark.parametrize("count", [1, 2, 12, 13])
def test_two_to_twelve_base_zones(count):
    codes = [f"z{i}" for i in range(count)]

    def make():
        return schemes.scheme_of(part(scheme="mine", zone=zones(*codes)))

    if 2 <= count <= 12:
        s = make()
        assert s.codes == s.base == tuple(codes)
        assert len({z.colour for z in s.zones}) == count
    else:
        assert problems(make) == ["zone-count"]


def test_names_stand_in_for_one_another():
    entries = (ZoneEntry(code="a", zh="甲"), ZoneEntry(code="b", en="B"), ZoneEntry(code="c"))
    s = schemes.scheme_of(part(scheme="mine", zone=entries))
    assert [(z.zh, z.en, z.short_zh, z.short_en) for z in s.zones] == [
        ("甲",) * 4, ("B",) * 4, ("c",) * 4,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("none", "zone-code-taken"), ("overlap", "zone-code-taken"), ("zone", "zone-code-taken"),
        ("built_m2", "zone-code-taken"), ("anything_m2", "zone-code-taken"),
        ("review", "zone-code-taken"), ("overlays", "zone-code-taken"),
        ("township", "zone-code-taken"), ("unit", "zone-code-taken"),
        ("area_m2", "zone-code-taken"), ("margin", "zone-code-taken"),
        ("Z1", "zone-code"), ("1z", "zone-code"), ("a b", "zone-code"), ("a'b", "zone-code"),
        ("</script>", "zone-code"), ("", "zone-code"), ("a" * 33, "zone-code"),
        ("a\n", "zone-code"),
    ],
)  # fmt: skip
def test_codes_are_safe_and_mean_one_thing(code, kind):
    assert problems(lambda: schemes.scheme_of(part(scheme="m", zone=zones("ok", code)))) == [kind]
    over = OverlayEntry(code=code, protections=("redline",), share=0.5)
    assert problems(
        lambda: schemes.scheme_of(part(scheme="m", zone=zones("ok", "ok2"), overlay=(over,)))
    ) == [kind]


def test_every_problem_of_a_scheme_at_once():
    bad = OverlayEntry(code="over", protections=("redlin",), share=0.5, colour="red",
                       source="a decree")  # fmt: skip
    found = problems(
        lambda: schemes.scheme_of(
            part(scheme="m", zone=zones("none", "a", "a"), overlay=(bad, OverlayEntry(code="p")))
        )
    )
    assert sorted(found) == sorted(
        ["zone-code-taken", "zone-twice", "colour", "overlay-protections", "evidence",
         "overlay-share", "overlay-protections"]
    )  # fmt: skip


def test_a_zone_and_an_overlay_cannot_share_a_code():
    over = OverlayEntry(code="a", protections=("redline",), share=0.5)
    assert problems(
        lambda: schemes.scheme_of(part(scheme="m", zone=zones("a", "b"), overlay=(over,)))
    ) == ["zone-twice"]


def test_a_plan_changes_an_overlay_of_a_shipped_scheme_and_adds_one():
    changed = OverlayEntry(code="balance", share=0.3)
    new = OverlayEntry(code="fields", zh="农田", protections=("basic_farmland",), share=0.8,
                       replaces=False)  # fmt: skip
    s = schemes.scheme_of(part(scheme="zhenjiang-2013", overlay=(new, changed)))
    assert [o.code for o in s.overlays] == ["balance", "fields"]
    balance = s.overlays[0]
    assert (balance.share, balance.source, balance.evidence) == (0.3, "choice of this plan", "own")
    assert balance.zh == "生态平衡"
    assert balance.new_land is False
    assert s.codes == ("optimised", "key", "moderate", "balance")
    assert [o.code for o in s.listed] == ["fields"]
    assert s.names["fields"].zh == "农田"


def test_a_new_name_is_not_shortened_to_the_old_one():
    s = schemes.scheme_of(part(scheme="national", zone=(ZoneEntry(code="urbanised", zh="城镇"),)))
    first = s.zones[0]
    assert (first.zh, first.short_zh, first.en) == ("城镇", "城镇", "urbanised area")


def test_a_colour_alone_keeps_the_source_of_the_share():
    s = schemes.scheme_of(
        part(scheme="zhenjiang-2013", overlay=(OverlayEntry(code="balance", colour="#000000"),))
    )
    assert s.overlays[0].evidence == "I"
    assert s.overlays[0].colour == "#000000"


def test_a_shipped_scheme_takes_no_further_base_zone():
    found = problems(lambda: schemes.scheme_of(part(scheme="national", zone=zones("more"))))
    assert found == ["unknown-zone"]


def test_an_unknown_scheme_is_an_error_with_the_near_one():
    with pytest.raises(InputError, match="did you mean 'national'"):
        schemes.scheme_of(part(scheme="natinal"))


def test_the_old_share_rules_where_no_scheme_is_named_only():
    s = schemes.scheme_of(part(balance_share=0.3, balance_source="decree", balance_evidence="S"))
    assert (s.overlays[0].share, s.overlays[0].source) == (0.3, "decree")
    found = problems(lambda: schemes.scheme_of(part(scheme="zhenjiang-2013", balance_share=0.3)))
    assert found == ["old-key"]


def test_the_shipped_crosswalk_fits_its_schemes():
    c = schemes.load_crosswalk("zhenjiang-2013_national")
    c.check(schemes.load_scheme("zhenjiang-2013"), schemes.load_scheme("national"))
    assert c.to("moderate") is None
    assert c.evidence == "own"


def test_a_crosswalk_of_ones_own(tmp_path):
    (tmp_path / "c.csv").write_text("from,to\na,z1\nb,z1\nb,z2\nb,z2\n", encoding="utf-8-sig")
    c = schemes.load_crosswalk("c.csv", tmp_path)
    assert c.choices == {"a": ("z1",), "b": ("z1", "z2")}
    assert (c.source, c.evidence) == ("choice of this plan", "own")
    before = schemes.scheme_of(part(scheme="x", zone=zones("a", "b", "c")))
    after = schemes.scheme_of(part(scheme="y", zone=zones("z1", "z3")))
    with pytest.raises(InputError) as caught:
        c.check(before, after)
    assert [p.what.en for p in caught.value.problems] == [
        "says nothing of 'c'", "'z2' is no base zone of scheme 'y'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "[zones]\na = 'b'", "source='s'\nevidence='own'", "source='s'\nevidence='own'\nmore=1",
        "source='s'\nevidence='own'\n[zones]\na = 3", "source='s'\nevidence='own'\n[zones]\na=['']",
        "not toml",
    ],
)  # fmt: skip
def test_a_crosswalk_that_cannot_be(tmp_path, text):
    (tmp_path / "c.toml").write_text(text, encoding="utf-8")
    assert problems(lambda: schemes.load_crosswalk("c.toml", tmp_path))


def test_a_crosswalk_that_is_not_there(tmp_path):
    assert problems(lambda: schemes.load_crosswalk("nothing")) == ["no-crosswalk"]
    assert problems(lambda: schemes.load_crosswalk("nothing.toml", tmp_path)) == ["missing-file"]
