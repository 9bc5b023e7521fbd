"""A QGIS plug-in: every command of zoning in the Processing toolbox.

It imports the standard library and qgis only, in the syntax of Python 3.9, and starts the command
line as a program of its own: QGIS and zoning need not share a Python.
"""


def classFactory(iface):  # noqa: N802 - the name that QGIS asks for
    """Give the plug-in to QGIS; ``iface`` is None where there is no window."""
    from .plugin import Plugin

    return Plugin(iface)
