"""Sphinx: the documents as they lie here, and the reference of the public door."""

from zoning import __version__

project = "zoning"
author = copyright = "the zoning contributors"
version = release = __version__

extensions = [
    "myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc",
]  # fmt: skip
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nb_execution_mode = "off"  # scripts/execute_notebooks.py runs them; a test holds what they show
html_theme = "pydata_sphinx_theme"
html_theme_options = {"navigation_depth": 2, "show_prev_next": False}
html_show_sourcelink = False

myst_enable_extensions = ["dollarmath", "html_image"]
myst_heading_anchors = 3
# Links out of docs/ lead to files of the repository; tests/test_readme.py looks that they exist.
suppress_warnings = ["myst.xref_missing", "myst.header"]

autosummary_generate = False
autodoc_typehints = "none"  # the NumPy form says them with units
numpydoc_show_class_members = False
# Every function says all its parameters and what it returns; methods of Plan refer to them.
numpydoc_validation_checks = {"PR01", "PR02", "PR03", "RT01", "YD01"}
numpydoc_validation_exclude = {r"^zoning\.errors\.", r"^zoning\.api\.[A-Z]"}
