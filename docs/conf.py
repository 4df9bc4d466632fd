"""Settings of the docs: ``sphinx-build -W --keep-going -n docs docs/_build``."""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx_gallery.sorting import ExplicitOrder

import pyod_robustnvp

sys.path.insert(0, str(Path(__file__).parent))
import results

EXAMPLES = [
    "first_detection.py",
    "why_this_row.py",
    "clustered_anomalies.py",
    "raw_table.py",
    "choosing_a_threshold.py",
    "tomorrows_file.py",
    "a_few_labels.py",
    "a_million_rows.py",
    "paper_figure_3.py",
]

project = "pyod-robustnvp"
release = version = pyod_robustnvp.__version__
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]
nitpick_ignore = [("py:class", "pythresh.thresholds.clf.CLF")]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "examples",
    "filename_pattern": r"\.py$",
    "within_subsection_order": ExplicitOrder(EXAMPLES),
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "abort_on_example_error": True,
}

html_theme = "pydata_sphinx_theme"
html_title = f"{project} {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_sidebars = {"start": [], "how": [], "changelog": [], "contributing": []}
html_theme_options = {
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
    "show_nav_level": 2,
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
}


def is_foreign(app: Sphinx, what: str, name: str, obj: object, skip: bool, options: object) -> bool:
    """Skip what scikit-learn adds to each estimator for its metadata routing."""
    return skip or name == "get_metadata_routing" or name.endswith("_request")


def setup(app: Sphinx) -> None:
    """Make the pages of the benchmarks before Sphinx looks for pages."""
    app.connect("builder-inited", lambda app: results.write_pages(Path(app.srcdir)))
    app.connect("autodoc-skip-member", is_foreign)
    app.connect("source-read", lambda app, name, source: results.link_pages(source))
