"""What the shop shows: shelves, cards, products and their variants, frozen."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from services.ground.money import Money

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list. `has_more`: there is a next page, from `next_offset`."""

    items: tuple[T, ...]
    offset: int
    has_more: bool

    @property
    def next_offset(self) -> int:
        return self.offset + len(self.items)


def page_of(items: list[T], offset: int, limit: int) -> Page[T]:
    """A page out of `limit` + 1 fetched rows."""
    return Page(tuple(items[:limit]), offset, len(items) > limit)


@dataclass(frozen=True, slots=True)
class Category:
    """A shelf; `count` products stand on it and on its subcategories."""

    id: int
    business_id: int
    parent_id: int | None
    slug: str
    name: str  # in the language asked for, where the business has it
    count: int
    holds_shelves: bool = False  # only told of a category asked for by itself


@dataclass(frozen=True, slots=True)
class Card:
    """A product in a list. `price` is the lowest of its variants, `price_to` the highest."""

    id: int
    business_id: int
    name: str
    short_description: str | None
    price: Money
    price_to: Money
    compare_at: Money | None  # the former price
    rating: Decimal
    reviews_count: int
    left: int  # what the person who asks could buy now, all variants together
    variants: int
    picture: str | None  # a path for services.shopping.pictures.find

    @property
    def sold_out(self) -> bool:
        return self.left <= 0


@dataclass(frozen=True, slots=True)
class Variant:
    """What is put in a cart. `title` is empty when the product has only this one."""

    id: int
    sku: str
    title: str
    price: Money
    compare_at: Money | None
    left: int
    picture: str | None


@dataclass(frozen=True, slots=True)
class Product:
    """A product opened."""

    id: int
    business_id: int
    category_id: int | None
    sku: str
    slug: str
    name: str
    description: str | None
    short_description: str | None
    tags: tuple[str, ...]
    rating: Decimal
    reviews_count: int
    brought_reviews: int  # of them, written elsewhere: there is nothing to read
    is_featured: bool
    variants: tuple[Variant, ...]  # never empty
    pictures: tuple[str, ...]

    @property
    def reviews_here(self) -> int:
        """How many reviews there are to read."""
        return self.reviews_count - self.brought_reviews

    @property
    def left(self) -> int:
        return sum(variant.left for variant in self.variants)

    @property
    def price(self) -> Money:
        """The lowest price."""
        return min(variant.price for variant in self.variants)
