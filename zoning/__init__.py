"""Main-functional-zone planning (主体功能区规划): from boundaries and land use to a plan.

The rooms of the package, from the ground up, are listed in ``docs/architecture.md``; a room
imports only from rooms that stand before it. Nothing heavy is imported here, so that the
command line starts quickly.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
