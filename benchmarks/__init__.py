"""Benchmarks: `python -m benchmarks NAME --json [--quick]` prints one JSON object."""
