"""Alembic's entry: it only ever runs over the connection that `records.migrate` hands it."""

from alembic import context

from records.models import metadata


def run() -> None:
    """Bind Alembic to the given connection; the caller owns the transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        include_schemas=True,
        transaction_per_migration=False,
    )
    context.run_migrations()


run()
