"""What keeps bubbles back: held numbers and templates, people with a human agent; and uploads."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

WAITS = "state = 'waiting'"
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("stopped_at", AT),
        sa.Column("stopped_code", sa.Integer()),
        sa.Column("stopped_reason", sa.String(500)),
        sa.Column("paused_until", AT),
        sa.Column("pauses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("bulk_paused_until", AT),
        sa.Column("bulk_pauses", sa.Integer(), server_default="0", nullable=False),
        sa.Column("slowed_to", sa.Float()),
        sa.Column("slowed_at", AT),
    ):
        op.add_column("channels", column)
    op.add_column("outbox", sa.Column("said_by", sa.BigInteger()))
    op.add_column("outbox", sa.Column("not_before", AT))
    _waiting_index(f"{WAITS} AND not_before IS NULL")
    op.create_index(
        "ix_outbox_not_before",
        "outbox",
        ["not_before"],
        postgresql_where=sa.text(f"{WAITS} AND not_before IS NOT NULL"),
    )
    _held_templates()
    _handovers()
    _uploads()


def _waiting_index(where: str) -> None:
    op.drop_index("ix_outbox_waiting", "outbox")
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["channel_id", "priority", "id"],
        postgresql_where=sa.text(where),
    )


def _held_templates() -> None:
    op.create_table(
        "held_templates",
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(512), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("held_until", AT, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "name", "language", name="pk_held_templates"),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name="fk_held_templates_channel_id"
        ),
    )


def _handovers() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.BigInteger(), sa.Identity()),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_id", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", AT, server_default=sa.func.now(), nullable=False),
        sa.Column("until", AT, nullable=False),
        sa.Column("ended_at", AT),
        sa.Column("ended_by", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_handovers"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_handovers_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["users.id"], name="fk_handovers_agent_id", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "uq_handovers_live",
        "handovers",
        ["user_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_handovers_user_id", "handovers", ["user_id", "id"])


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("media_id", sa.String(160), nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "content_hash", name="pk_uploads"),
        sa.ForeignKeyConstraint(["channel_id"], ["channels.id"], name="fk_uploads_channel_id"),
    )


def downgrade() -> None:
    for table in ("uploads", "handovers", "held_templates"):
        op.drop_table(table)
    op.drop_index("ix_outbox_not_before", "outbox")
    _waiting_index(WAITS)
    for column in ("said_by", "not_before"):
        op.drop_column("outbox", column)
    for column in (
        *("stopped_at", "stopped_code", "stopped_reason", "paused_until", "pauses"),
        *("bulk_paused_until", "bulk_pauses", "slowed_to", "slowed_at"),
    ):
        op.drop_column("channels", column)
