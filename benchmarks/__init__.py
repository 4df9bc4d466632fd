"""Every number and picture of the README: ``python -m benchmarks NAME``."""
