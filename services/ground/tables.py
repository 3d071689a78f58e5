"""The declarative base of every table, and the columns most tables share."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, Connection, DateTime, Identity, MetaData, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

Id = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
Ref = Annotated[int, mapped_column(BigInteger)]
Cents = Annotated[int, mapped_column(BigInteger)]
"""An amount of money in the minor unit of the currency beside it."""
At = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
Json = Annotated[dict[str, Any], mapped_column(JSONB)]


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def run_each(statements: Sequence[str]) -> Callable[..., None]:
    """A listener for `before_create` and `after_create` that runs statements one by one."""

    def listener(_target: object, connection: Connection, **_options: Any) -> None:
        for statement in statements:
            connection.execute(text(statement.replace(":", r"\:")))

    return listener
