"""The tables as the first release has them: the statements are in 0001_first.sql beside this."""

import re
from collections.abc import Sequence
from pathlib import Path

from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

FUNCTIONS = (
    "public.shopping_words(text, varchar[], text, text)",
    "public.shopping_fold(text, varchar[])",
    "public.shopping_fold(text)",
    "public.shopping_reservation_fits()",
)
STATEMENTS = Path(__file__).with_suffix(".sql").read_text("utf-8")


def upgrade() -> None:
    bind = op.get_bind()
    for statement in STATEMENTS.split(";\n\n"):
        bind.exec_driver_sql(statement)


def downgrade() -> None:
    bind = op.get_bind()
    for table in re.findall(r"^CREATE TABLE (\S+)", STATEMENTS, re.MULTILINE):
        bind.exec_driver_sql(f"DROP TABLE IF EXISTS {table} CASCADE")
    for function in FUNCTIONS:
        bind.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}")
    bind.exec_driver_sql("DROP SEQUENCE IF EXISTS public.order_numbers")
    bind.exec_driver_sql("DROP TYPE IF EXISTS public.outbox_state")
