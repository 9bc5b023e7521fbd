"""Write docs/cli.md: every command, its options and its answer, as the program itself tells them.

python scripts/write_cli_docs.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from zoning.base.shipped import data_path
from zoning.cli.commands import describe

PLACE = Path(__file__).parent.parent / "docs" / "cli.md"
HEAD = """# The command line

Written by `python scripts/write_cli_docs.py` from what `zoning commands --json` tells.
本页由程序生成。

Every command has `--lang zh|en` (else `ZONING_LANG`, then `LC_ALL`, `LC_MESSAGES`, `LANG`),
`--json`, `-q` and `-v`. `zoning --install-completion` completes commands, options and choices in
bash, zsh, fish and PowerShell. Work that takes longer than two seconds shows its step on a
terminal. What the encoding of a terminal or pipe lacks is written plainly (km² as km2 in GBK),
never as a question mark; `PYTHONIOENCODING=utf-8` keeps it. JSON escapes it, so nothing is lost.

命令的提示语言依次取 `--lang`、`ZONING_LANG`、`LC_ALL`、`LC_MESSAGES`、`LANG`。
`zoning --install-completion` 安装命令补全。超过两秒的工作在终端显示进度。
终端编码没有的字符改写为等义写法，不会变成问号。

## For programs that start zoning

- `zoning commands --json` lists commands, parameters (type, kind, choices, limits, default, help
  in both languages) and what each writes: enough to build forms. The tools inside QGIS are built
  from it ([QGIS](qgis.md)).
- `--json` writes one object to stdout: `answer` (its `format`, now 1, the command, the version),
  `written` (files), and the keys below. A failed command writes `answer` and `error`. The schema
  ships as `data/answers/schema.json` (JSON Schema 2020-12). Within a format keys are added and
  never change their meaning.
- `ZONING_ANSWER=FILE` puts the same object into a file, beside the words on stdout.
- `ZONING_PROGRESS=lines` writes each step to stderr, one a line, as
  `{"progress": {"text": ..., "done": ..., "of": ...}}`.
- Ctrl-C (SIGINT) ends a command with code 130; what it writes appears whole or not at all.

| exit code | meaning | 含义 |
|--:|---|---|
"""
_TYPES = {"text": "text", "integer": "whole number", "number": "number", "flag": "", "path": "path"}


def page() -> str:
    """Write the whole page."""
    told = describe()
    schema = json.loads(data_path("answers", "schema.json").read_text(encoding="utf-8"))
    parts = [HEAD]
    parts += [f"| {k} | {w['en']} | {w['zh']} |\n" for k, w in told["exit_codes"].items()]
    for group in told["groups"]:
        mine = [c for c in told["commands"] if c["group"] == group["name"]]
        if mine:
            parts.append(f"\n## {group['en']} / {group['zh']}\n")
        parts += [_command(c, schema["commands"].get(c["name"], {})) for c in mine]
    return "".join(parts)


def _command(command: dict, answer: dict) -> str:
    own = [p for p in command["parameters"] if not p["shared"]]
    words = [p["name"].upper() for p in own if not p["flags"]]
    lines = [f"\n### `zoning {' '.join([command['name'], *words])}`\n\n"]
    lines.append(f"{_plain(command['help']['en'])} {_plain(command['help']['zh'])}。\n\n")
    if own:
        lines.append("| | takes | default | what | 含义 |\n|---|---|---|---|---|\n")
    for p in own:
        name = ", ".join(f"`{f}`" for f in p["flags"]) or f"`{p['name'].upper()}`"
        lines.append(f"| {name} | {_takes(p)} | {_default(p)} | {_plain(p['help']['en'])} | "
                     f"{_plain(p['help']['zh'])} |\n")  # fmt: skip
    files = [f"`{f}`" for w in command["writes"] for f in w["files"] if f not in (".", "*")]
    if files:
        lines.append(f"\nWrites {', '.join(files)}.\n")
    return "".join([*lines, _answer(answer)])


def _takes(p: dict) -> str:
    if p["choices"]:
        return " ".join(f"`{c}`" for c in p["choices"])
    limits = [f"{s} {p[k]:g}" for k, s in (("min", "≥"), ("max", "≤")) if p[k] is not None]
    several = ["several times"] if p["several"] and p["flags"] else []
    return ", ".join([x for x in (_TYPES[p["type"]], *limits, *several) if x])


def _default(p: dict) -> str:
    if p["required"]:
        return "needed"
    return "" if p["default"] in (None, "", False) else f"`{p['default']}`"


def _answer(answer: dict) -> str:
    """Tell the keys of the answer as data."""
    lines = []
    for one in answer.get("oneOf", [answer] if answer else []):
        keys = [k for k in one["properties"] if k not in ("answer", "written")]
        about = f" ({_plain(one['description']).rstrip('.')})" if one.get("description") else ""
        told = ", ".join(f"`{k}`" for k in keys) or "`written`"
        more = ", and more" if one.get("additionalProperties") else ""
        lines.append(f"\n`--json`{about}: {told}{more}.\n")
    return "".join(lines)


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def main() -> None:
    """Write the page, or say whether it is as it would be written."""
    if "--check" in sys.argv[1:]:
        sys.exit(0 if PLACE.read_text(encoding="utf-8") == page() else f"{PLACE} is old")
    PLACE.write_text(page(), encoding="utf-8", newline="\n")
    print(PLACE)


if __name__ == "__main__":
    main()
