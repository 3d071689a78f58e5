"""Shops are opened in chat: drafts, papers, a history, invitations that end, and quiet hours."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    _members()
    op.create_table(
        "business_drafts",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("answers", postgresql.JSONB(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        _of("business_drafts", "user_id", "users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_business_drafts")),
    )
    op.create_table(
        "business_papers",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("business_id", sa.BigInteger(), nullable=False),
        sa.Column("file_key", sa.String(80), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("sent_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        _of("business_papers", "business_id", "businesses", ondelete="CASCADE"),
        _of("business_papers", "sent_by", "users", ondelete="SET NULL"),
        sa.UniqueConstraint(
            "business_id", "file_key", name=op.f("uq_business_papers_business_id_file_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_papers")),
    )
    _events()


def _of(
    table: str, column: str, other: str, ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=name, ondelete=ondelete)


def _members() -> None:
    op.add_column("business_members", sa.Column("quiet_from", sa.Integer(), nullable=True))
    op.add_column("business_members", sa.Column("quiet_until", sa.Integer(), nullable=True))
    op.add_column(
        "business_members", sa.Column("invited_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(
        """UPDATE business_members SET invited_until = created_at + interval '7 days'
           WHERE joined_at IS NULL"""
    )
    op.create_check_constraint(
        op.f("ck_business_members_invited"),
        "business_members",
        "joined_at IS NOT NULL OR invited_until IS NOT NULL",
    )
    op.create_check_constraint(
        op.f("ck_business_members_quiet"),
        "business_members",
        "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until"
        " AND quiet_from BETWEEN 0 AND 1439 AND quiet_until BETWEEN 0 AND 1439",
    )


def _events() -> None:
    op.create_table(
        "business_events",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("business_id", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("operator", sa.String(64), nullable=True),
        sa.Column("about_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "what IN ('registered', 'papers', 'approved', 'refused', 'invited', 'withdrawn',"
            " 'joined', 'declined', 'role', 'removed', 'left')",
            name=op.f("ck_business_events_what"),
        ),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (operator IS NULL)", name=op.f("ck_business_events_who")
        ),
        _of("business_events", "business_id", "businesses", ondelete="CASCADE"),
        _of("business_events", "user_id", "users"),
        _of("business_events", "about_id", "users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_business_events")),
    )
    op.create_index("ix_business_events_business_id", "business_events", ["business_id", "id"])


def downgrade() -> None:
    for table in ("business_events", "business_papers", "business_drafts"):
        op.drop_table(table)
    op.drop_constraint(op.f("ck_business_members_quiet"), "business_members")
    op.drop_constraint(op.f("ck_business_members_invited"), "business_members")
    for column in ("invited_until", "quiet_until", "quiet_from"):
        op.drop_column("business_members", column)
