"""The first schema: contacts, engagements, conversations, cases, staff, audit, keys.

Revision: 0001. Expand only; there is no downgrade, as data would be lost.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

DDL = Path(__file__).parent.parent / "ddl" / "r0001"


def upgrade() -> None:
    """Create every table, file by file in the order of their names."""
    for path in sorted(DDL.glob("*.sql")):
        # One statement at a time: the driver prepares each. No statement
        # in these files holds a semicolon of its own.
        for statement in path.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    """Refuse: taking the first schema away is dropping the database."""
    raise NotImplementedError("restore a backup instead")
