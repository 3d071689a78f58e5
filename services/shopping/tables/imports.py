"""Files of products that members sent: one row each, from sent to taken."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import At, Base, Created, Id, Ref


class ImportRow(Base):
    """A file; it is due once it has come and its business is known."""

    __tablename__ = "product_imports"
    __table_args__ = (
        Index("ix_product_imports_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[Id]
    user_id: Mapped[Ref] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    business_id: Mapped[Ref | None] = mapped_column(ForeignKey("businesses.id"))  # None: not said
    file_id: Mapped[int] = mapped_column(BigInteger, unique=True)  # what FileCame knows it by
    file_key: Mapped[str | None] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(8))  # of whoever reads what came of it
    due_at: Mapped[At | None]
    tries: Mapped[int] = mapped_column(Integer, server_default="0")
    created_at: Mapped[Created]
    done_at: Mapped[At | None]
