"""Groups of commands, for the help and for programs that build forms of the commands."""

from __future__ import annotations

from zoning.errors import Text

#: Groups in the order of the help, each with its commands in order.
GROUPS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "make": (Text("Make a plan", "编制方案"), ("demo", "init", "check", "run", "batch", "grid")),
    "ask": (
        Text("Ask a plan", "查询与推演"),
        ("explain", "allocate", "stability", "price", "methods", "policy", "site", "diff"),
    ),
    "prove": (Text("Prove a plan", "复核与审查"), ("verify", "audit")),
    "give": (
        Text("Open a plan and hand it out", "查看与交付"),
        ("open", "map", "report", "export"),
    ),
    "else": (Text("Without a plan", "独立工具"), ("evaluate", "solve")),
    "programs": (Text("For other programs", "与其他程序配合"), ("qgis", "commands", "serve")),
}
#: Where a command stands that no group names.
OTHER = "ask"
#: Commands that need a terminal or a screen, and are no tool of another program's toolbox.
NO_TOOL = ("qgis", "commands", "open", "serve")


def group_of(command: str) -> str:
    """Give the group of a command.

    Examples
    --------
    >>> group_of("run"), group_of("a command of tomorrow")
    ('make', 'ask')
    """
    return next((g for g, (_, names) in GROUPS.items() if command in names), OTHER)


def grouped(commands: list[str]) -> list[tuple[Text, list[str]]]:
    """Put commands into their groups; those that no group names come last in the group of others.

    Examples
    --------
    >>> [(title.en, names) for title, names in grouped(["run", "new", "explain", "demo"])]
    [('Make a plan', ['demo', 'run']), ('Ask a plan', ['explain', 'new'])]
    """
    found = []
    for name, (title, order) in GROUPS.items():
        here = [c for c in order if c in commands]
        here += [c for c in commands if group_of(c) == name and c not in here]
        if here:
            found.append((title, here))
    return found
