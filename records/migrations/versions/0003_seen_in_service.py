"""What living with the service taught: see the files of ddl/r0003, one for each topic.

Revision: 0003. Expand only: the release before goes on beside it.
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DDL = Path(__file__).parent.parent / "ddl" / "r0003"


def upgrade() -> None:
    """Run every file, giving up rather than queueing behind a long reader.

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
