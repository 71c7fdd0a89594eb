"""The schema's history; `records.migrate` runs it."""
