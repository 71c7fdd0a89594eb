"""The benchmark `routing`, one file for each thing measured; docs/benchmarks.md says what it means."""
