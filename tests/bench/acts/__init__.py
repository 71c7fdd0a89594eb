"""The benchmark `acts`: what each act costs PostgreSQL; docs/benchmarks.md says what it means."""
