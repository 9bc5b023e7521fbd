"""The language of an answer: that of the plan, or the one asked for."""

from __future__ import annotations

from zoning.errors import InputError

LANGUAGES = ("zh", "en")


def chosen(lang: str | None, of_plan: str) -> str:
    """Take the language asked for, or that of the plan.

    Raises
    ------
    InputError
        If it is none that the tool speaks.

    Examples
    --------
    >>> chosen(None, "zh"), chosen("en", "zh")
    ('zh', 'en')
    """
    if lang is not None and lang not in LANGUAGES:
        raise InputError.one(
            f"unknown language '{lang}' (known: {', '.join(LANGUAGES)})",
            f"未知语言“{lang}”（可选：{'、'.join(LANGUAGES)}）", code="unknown-language",
            measured=lang, remedy=("say zh or en", "请用 zh 或 en"),
        )  # fmt: skip
    return lang or of_plan
