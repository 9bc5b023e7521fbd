"""The command line; the only room that prints.

Exit codes: 0 done; 1 done, but a check of the plan fails; 2 bad input or usage; 3 infeasible;
4 internal error; 5 time was over before any answer was found; 130 interrupted.
"""

from zoning.cli.app import main, start

__all__ = ["main", "start"]
