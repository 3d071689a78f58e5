"""Files that people sent are fetched and kept, a question to a business may have some; and a
timer may come again by a rule."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_AT = sa.DateTime(timezone=True)
_NOW = sa.func.now()


def upgrade() -> None:
    op.create_table(
        "attachments",
        sa.Column("id", sa.BigInteger(), sa.Identity()),
        sa.Column("inbox_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("claimed_type", sa.String(255), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("state", sa.String(8), server_default="wanted", nullable=False),
        sa.Column("reason", sa.String(32)),
        sa.Column("mime_type", sa.String(128)),
        sa.Column("size", sa.Integer()),
        sa.Column("file_key", sa.String(80)),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", _AT, server_default=_NOW, nullable=False),
        sa.Column("correlation_id", sa.String(64)),
        sa.Column("created_at", _AT, server_default=_NOW, nullable=False),
        sa.Column("done_at", _AT),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_attachments_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name="fk_attachments_channel_id"),
        sa.CheckConstraint(
            "state IN ('wanted', 'stored', 'failed')", name=op.f("ck_attachments_state")
        ),
        sa.CheckConstraint(
            "(state = 'stored') = (file_key IS NOT NULL)", name=op.f("ck_attachments_stored")
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (reason IS NOT NULL)", name=op.f("ck_attachments_failed")
        ),
    )
    op.create_index(
        "ix_attachments_wanted",
        "attachments",
        ["due_at"],
        postgresql_where=sa.text("state = 'wanted'"),
    )
    op.create_index("ix_attachments_inbox_id", "attachments", ["inbox_id"])
    op.create_index("ix_attachments_user_id", "attachments", ["user_id"])
    op.add_column(
        "business_messages",
        sa.Column("files", JSONB(), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("timers", sa.Column("rule", sa.String(500)))
    op.add_column("timers", sa.Column("starts", sa.DateTime()))
    op.add_column("timers", sa.Column("zone", sa.String(64)))
    op.create_check_constraint(
        op.f("ck_timers_rule"), "timers", "num_nulls(rule, starts, zone) IN (0, 3)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM timers WHERE rule IS NOT NULL")  # nobody would know when they end
    for column in ("rule", "starts", "zone"):
        op.drop_column("timers", column)
    op.drop_column("business_messages", "files")
    op.drop_table("attachments")
