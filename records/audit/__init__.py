"""Who did or read what, provably; see ARCHITECTURE.md, Records."""

from records.audit.seals import Head, Sealer, Verdict, verify
from records.audit.trail import audit_row, is_genuine, write_audit

__all__ = ["Head", "Sealer", "Verdict", "audit_row", "is_genuine", "verify", "write_audit"]
