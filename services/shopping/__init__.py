"""The shop: what can be bought, what is in the cart, what was ordered and what became of it."""

from services.shopping.addresses import NewAddress
from services.shopping.assortment import NewProduct, NewShop, NewVariant, NewZone
from services.shopping.cart import Cart, CartLine, Difference, Gone, Part, PriceChanged, Short
from services.shopping.checkout import Choice
from services.shopping.day import Day, Evening
from services.shopping.delivery import Delivery, Shop
from services.shopping.errors import (
    Allocated,
    BadCode,
    CannotMove,
    CannotMoveReturn,
    CartChanged,
    CodeTaken,
    EmptyCart,
    NotFound,
    NotOffered,
    NotReturnable,
    NotYours,
    OnlyLeft,
    OtherCurrency,
    ReviewChanged,
    SentMeanwhile,
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
from services.shopping.parcels import Parcel, Tracking
from services.shopping.promising import LINK_LIVES
from services.shopping.quoting import Bill, Quote
from services.shopping.ratings import RatingDrift
from services.shopping.returned import NewReturn, Return, ReturnStatus, WhyNot
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
    "Bill",
    "CannotFulfil",
    "CannotMove",
    "CannotMoveReturn",
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
    "Evening",
    "Gone",
    "Kind",
    "Method",
    "Missing",
    "Move",
    "NewAddress",
    "NewProduct",
    "NewReturn",
    "NewShop",
    "NewVariant",
    "NewVoucher",
    "NewZone",
    "NotFound",
    "NotOffered",
    "NotReturnable",
    "NotYours",
    "OnlyLeft",
    "Order",
    "OrderEvent",
    "OrderItem",
    "OrderStatus",
    "OrderSummary",
    "OtherCurrency",
    "Page",
    "Parcel",
    "Part",
    "PaymentStatus",
    "PriceChanged",
    "Product",
    "Quote",
    "RatingDrift",
    "Return",
    "ReturnStatus",
    "Review",
    "ReviewChanged",
    "ReviewStatus",
    "Reviewable",
    "SentMeanwhile",
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
    "WhyNot",
    "code_of",
]
