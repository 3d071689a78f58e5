"""The shop: what can be bought, what is in the cart, what was ordered and what became of it."""

from services.shopping.addresses import NewAddress
from services.shopping.assortment import NewProduct, NewShop, NewVariant, NewZone
from services.shopping.cart import Cart, CartLine, Difference, Gone, PriceChanged, Short
from services.shopping.checkout import Choice, Quote
from services.shopping.day import Day
from services.shopping.delivery import Delivery, Shop
from services.shopping.dispatch import Tracking
from services.shopping.errors import (
    Allocated,
    BadCode,
    CannotMove,
    CartChanged,
    CodeTaken,
    EmptyCart,
    NotFound,
    NotOffered,
    NotYours,
    OnlyLeft,
    OtherShop,
    ReviewChanged,
    ShoppingError,
    SoldOut,
    StillThere,
    TooMany,
    VoucherRefused,
)
from services.shopping.goods import Card, Category, Page, Product, Variant
from services.shopping.moves import Move, OrderStatus, PaymentStatus
from services.shopping.order import (
    Address,
    CannotFulfil,
    Method,
    Missing,
    Order,
    OrderEvent,
    OrderItem,
    OrderSummary,
)
from services.shopping.promising import LINK_LIVES
from services.shopping.ratings import RatingDrift
from services.shopping.review import Review, Reviewable, ReviewStatus
from services.shopping.shopping import Shopping
from services.shopping.stock import Drift
from services.shopping.totals import Totals
from services.shopping.voucher import Kind, NewVoucher, Voucher, Why, code_of

__all__ = [
    "LINK_LIVES",
    "Address",
    "Allocated",
    "BadCode",
    "CannotFulfil",
    "CannotMove",
    "Card",
    "Cart",
    "CartChanged",
    "CartLine",
    "Category",
    "Choice",
    "CodeTaken",
    "Day",
    "Delivery",
    "Difference",
    "Drift",
    "EmptyCart",
    "Gone",
    "Kind",
    "Method",
    "Missing",
    "Move",
    "NewAddress",
    "NewProduct",
    "NewShop",
    "NewVariant",
    "NewVoucher",
    "NewZone",
    "NotFound",
    "NotOffered",
    "NotYours",
    "OnlyLeft",
    "Order",
    "OrderEvent",
    "OrderItem",
    "OrderStatus",
    "OrderSummary",
    "OtherShop",
    "Page",
    "PaymentStatus",
    "PriceChanged",
    "Product",
    "Quote",
    "RatingDrift",
    "Review",
    "ReviewChanged",
    "ReviewStatus",
    "Reviewable",
    "Shop",
    "Shopping",
    "ShoppingError",
    "Short",
    "SoldOut",
    "StillThere",
    "TooMany",
    "Totals",
    "Tracking",
    "Variant",
    "Voucher",
    "VoucherRefused",
    "Why",
    "code_of",
]
