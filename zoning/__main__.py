"""Run the command line with ``python -m zoning``."""

from zoning.cli import start

start()
