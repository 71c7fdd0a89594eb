"""PostgreSQL and Valkey as child processes: the demo, the tests and `serve --embedded`."""

from contactcenter.engines.embedded import Engines, embedded_engines

__all__ = ["Engines", "embedded_engines"]
