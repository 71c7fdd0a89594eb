"""Routing in depth: levels, needs, escalation, follow-ups, supervisors' overrides.

Revision: 0002. Expand only: columns with constant defaults, wider checks, new
tables. Constant defaults rewrite no row; the wider checks read their tables once.
"""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

DDL = Path(__file__).parent.parent / "ddl" / "r0002"


def upgrade() -> None:
    """Add what routing needs, giving up rather than queueing behind a long reader.

    Whoever waits for a table's exclusive lock makes everybody behind it wait
    too, arriving callers first: a backup that runs must not cost that.
    """
    op.execute("SET LOCAL lock_timeout = '3s'")
    for path in sorted(DDL.glob("*.sql")):
        # One statement at a time: the driver prepares each. No statement
        # in these files holds a semicolon of its own.
        for statement in path.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                op.execute(statement)


def downgrade() -> None:
    """Refuse: what was written since would be lost."""
    raise NotImplementedError("restore a backup instead")
