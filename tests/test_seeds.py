"""Tests that draw their own world draw the same for the same code, and another for another."""

from __future__ import annotations

import pytest

from tests import seeds


def test_seeds_follow_from_the_code_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("ZONING_TEST_SEED", raising=False)
    assert seeds.fresh_seeds(3, __file__) == seeds.fresh_seeds(3, __file__)
    assert len(set(seeds.fresh_seeds(9, __file__))) == 9
    assert seeds.fresh_seeds(3, __file__)[:1] == seeds.fresh_seeds(1, __file__)
    other = tmp_path / "test_other.py"
    drawn = []
    for text in (b"a\n", b"b\n", b"a\r\n"):
        other.write_bytes(text)
        drawn.append(seeds.fresh_seeds(1, str(other)))
    assert drawn[0] == drawn[2] != drawn[1]
    package = []
    for text in ("x = 1\n", "x = 2\n"):
        (tmp_path / "p").mkdir(exist_ok=True)
        (tmp_path / "p" / "m.py").write_text(text, encoding="utf-8")
        seeds._digest.cache_clear()
        monkeypatch.setattr(seeds, "_PACKAGE", tmp_path / "p")
        package.append(seeds.fresh_seeds(1, __file__))
    assert package[0] != package[1]


def test_a_seed_can_be_given_and_is_told(monkeypatch):
    monkeypatch.setenv("ZONING_TEST_SEED", "17")
    assert seeds.fresh_seeds(4, __file__) == [17]
    monkeypatch.setenv("ZONING_TEST_SEED", "random")
    assert seeds.fresh_seeds(2, __file__) != seeds.fresh_seeds(2, __file__)
    with pytest.raises(ValueError, match="no") as found, seeds.told(17):
        raise ValueError("no")
    assert found.value.__notes__ == ["again with ZONING_TEST_SEED=17"]
