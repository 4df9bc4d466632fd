"""Every number and picture of the README: ``python -m benchmarks NAME``."""

from importlib.util import find_spec

_missing = [name for name in ("matplotlib", "pandas", "scipy", "tabulate") if not find_spec(name)]
if _missing:
    raise ImportError(
        f"the benchmarks need {', '.join(_missing)}: pip install 'pyod-robustnvp[bench]'"
    )
