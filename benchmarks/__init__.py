"""Every number and picture of the README: ``python -m benchmarks COMMAND``.

``quality`` measures how well anomalies are found, ``cost`` what that takes, ``paper`` runs the
paper's tables and figures, ``harness`` is what they share, ``results`` is what they left. A new
benchmark is a module in one of the first three that ends with an ``Experiment``, and a line in
``__main__``.
"""

from importlib.util import find_spec

_missing = [name for name in ("matplotlib", "pandas", "scipy", "tabulate") if not find_spec(name)]
if _missing:
    raise ImportError(
        f"the benchmarks need {', '.join(_missing)}: pip install 'pyod-robustnvp[bench]'"
    )
