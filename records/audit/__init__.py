"""Who did or read what, provably; see ARCHITECTURE.md, Records."""

from records.audit.seals import Head, Sealer, Verdict, verify
from records.audit.trail import is_genuine, write_audit

__all__ = ["Head", "Sealer", "Verdict", "is_genuine", "verify", "write_audit"]
