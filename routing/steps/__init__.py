"""The steps of routing by noun: each one atomic script of lua/, with its answer as a type."""
