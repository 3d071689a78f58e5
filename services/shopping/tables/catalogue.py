"""Tables of what a shop sells and how it brings it: shop, zones, categories, products, variants."""

from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from services.ground.tables import Base, Cents, Created, Id, Json, Ref, run_each
from services.shopping.tables.ddl import AFTER_PRODUCTS, BEFORE_PRODUCTS, TRIGRAMS


class ShopRow(Base):
    """How a business sells: tax, cash, pick-up, how many of one thing at once."""

    __tablename__ = "shops"
    __table_args__ = (
        CheckConstraint("tax_basis_points BETWEEN 0 AND 10000", name="tax"),
        CheckConstraint("max_per_line BETWEEN 1 AND 999", name="max_per_line"),
        CheckConstraint("return_days BETWEEN 0 AND 365", name="return_days"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", name="currency"),
    )

    business_id: Mapped[Ref] = mapped_column(
        ForeignKey("businesses.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    currency: Mapped[str] = mapped_column(String(3))  # the business's when the shop opened
    tax_basis_points: Mapped[int] = mapped_column(Integer, server_default="0")  # 1600 is 16 %
    tax_included: Mapped[bool] = mapped_column(server_default=text("true"))
    cash_on_delivery: Mapped[bool] = mapped_column(server_default=text("true"))
    pickup_address: Mapped[str | None] = mapped_column(Text)  # None: no pick-up
    max_per_line: Mapped[int] = mapped_column(Integer, server_default="20")
    transfer_to: Mapped[str | None] = mapped_column(Text)  # an account; None: no transfers
    return_days: Mapped[int] = mapped_column(Integer, server_default="14")  # after delivery


class DeliveryZoneRow(Base):
    """Where a shop brings things, and for how much."""

    __tablename__ = "delivery_zones"
    __table_args__ = (
        UniqueConstraint("business_id", "name"),
        CheckConstraint("fee >= 0", name="fee"),
        CheckConstraint("free_from >= 0", name="free_from"),
    )

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(64))
    fee: Mapped[Cents]
    free_from: Mapped[Cents | None]  # subtotal from which the fee falls away
    position: Mapped[int] = mapped_column(Integer, server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class CategoryRow(Base):
    """A shelf; with a parent it is a subcategory. `names` holds translations by language."""

    __tablename__ = "categories"
    __table_args__ = (
        UniqueConstraint("business_id", "slug"),
        Index("ix_categories_parent_id", "parent_id"),
    )

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    parent_id: Mapped[Ref | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    slug: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    names: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    position: Mapped[int] = mapped_column(Integer, server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class ProductRow(Base):
    """A thing on a shelf. It is sold through its variants, of which it always has one."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("business_id", "sku"),
        UniqueConstraint("business_id", "slug"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("compare_at_price > price", name="compare_at_price"),
        CheckConstraint("rating BETWEEN 0 AND 5", name="rating"),
        CheckConstraint("brought_rating BETWEEN 0 AND 5", name="brought_rating"),
        CheckConstraint("brought_reviews >= 0", name="brought_reviews"),
        CheckConstraint("tax_basis_points BETWEEN 0 AND 10000", name="tax"),
        Index("ix_products_shelf", "category_id", text("is_featured DESC"), "name", "id"),
        Index(
            "ix_products_featured",
            "business_id",
            "name",
            "id",
            postgresql_where=text("is_featured AND is_active"),
        ),
        # Read far more often than written: no pending list to wade through when searching.
        Index(
            "ix_products_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"fastupdate": False},
        ),
    )

    id: Mapped[Id]
    uuid: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"), unique=True)
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    category_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("categories.id", ondelete="SET NULL")
    )
    sku: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(255))
    name: Mapped[str] = mapped_column(String(255))
    description: Mapped[str | None] = mapped_column(Text)
    short_description: Mapped[str | None] = mapped_column(String(500))
    price: Mapped[Cents]
    compare_at_price: Mapped[Cents | None]
    cost_price: Mapped[Cents | None]
    tax_basis_points: Mapped[int | None] = mapped_column(Integer)  # None: the shop's
    tags: Mapped[list[str]] = mapped_column(ARRAY(String(64)), server_default="{}")
    video_url: Mapped[str | None] = mapped_column(Text)
    low_stock_threshold: Mapped[int] = mapped_column(Integer, server_default="5")
    rating: Mapped[Decimal] = mapped_column(Numeric(3, 2), server_default="0")
    reviews_count: Mapped[int] = mapped_column(Integer, server_default="0")
    # From where it was sold before: counted in, with no review here to read.
    brought_rating: Mapped[Decimal] = mapped_column(Numeric(3, 2), server_default="0")
    brought_reviews: Mapped[int] = mapped_column(Integer, server_default="0")
    meta_title: Mapped[str | None] = mapped_column(String(255))
    meta_description: Mapped[str | None] = mapped_column(Text)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    is_featured: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]
    # What is searched: names and tags without accents or capitals, and their words.
    folded: Mapped[str] = mapped_column(Text, Computed("shopping_fold(name, tags)", persisted=True))
    words: Mapped[str] = mapped_column(
        TSVECTOR, Computed("shopping_words(name, tags, sku, short_description)", persisted=True)
    )


class WordRow(Base):
    """A word of three letters or more that some product has in its name or tags. A trigger keeps
    the list; slips of the pen are mended among these."""

    __tablename__ = "product_words"
    __table_args__ = (
        Index(
            "ix_product_words_alike",
            "word",
            postgresql_using="gin",
            postgresql_with={"fastupdate": False},
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: Mapped[str] = mapped_column(Text, primary_key=True)


class VariantRow(Base):
    """What is put in a cart: a size, a colour, or the product itself (empty title)."""

    __tablename__ = "product_variants"
    __table_args__ = (
        UniqueConstraint("business_id", "sku"),
        UniqueConstraint("product_id", "title"),
        CheckConstraint("price >= 0", name="price"),
    )

    id: Mapped[Id]
    business_id: Mapped[Ref] = mapped_column(ForeignKey("businesses.id", ondelete="CASCADE"))
    product_id: Mapped[Ref] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    sku: Mapped[str] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(64), server_default="")
    options: Mapped[Json] = mapped_column(server_default=text("'{}'::jsonb"))
    price: Mapped[Cents | None]  # None: the product's
    compare_at_price: Mapped[Cents | None]
    cost_price: Mapped[Cents | None]
    position: Mapped[int] = mapped_column(Integer, server_default="0")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))


class ImageRow(Base):
    """A picture of a product, or of one variant. `path` is looked up by the files port."""

    __tablename__ = "product_images"
    __table_args__ = (UniqueConstraint("product_id", "path"),)

    id: Mapped[Id]
    product_id: Mapped[Ref] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"))
    variant_id: Mapped[Ref | None] = mapped_column(
        ForeignKey("product_variants.id", ondelete="CASCADE")
    )
    path: Mapped[str] = mapped_column(String(255))
    alt: Mapped[str | None] = mapped_column(String(255))
    position: Mapped[int] = mapped_column(Integer, server_default="0")


event.listen(WordRow.__table__, "before_create", run_each((TRIGRAMS,)))
event.listen(ProductRow.__table__, "before_create", run_each(BEFORE_PRODUCTS))
event.listen(ProductRow.__table__, "after_create", run_each(AFTER_PRODUCTS))
