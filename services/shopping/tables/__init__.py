"""Every table of the shop, by noun. They stay inside this service."""

from services.shopping.tables.carts import AddressRow, CartItemRow, CartRow, CartVoucherRow
from services.shopping.tables.catalogue import (
    CategoryRow,
    DeliveryZoneRow,
    ImageRow,
    ProductRow,
    ShopRow,
    VariantRow,
    WordRow,
)
from services.shopping.tables.imports import ImportRow
from services.shopping.tables.orders import (
    FulfilmentItemRow,
    FulfilmentRow,
    OrderEventRow,
    OrderItemRow,
    OrderRow,
)
from services.shopping.tables.returns import ReturnRow
from services.shopping.tables.reviews import HelpfulRow, ReviewRow
from services.shopping.tables.stock import ReservationRow, StockRow, WaitRow
from services.shopping.tables.vouchers import VoucherRow, VoucherUseRow

__all__ = [
    "AddressRow",
    "CartItemRow",
    "CartRow",
    "CartVoucherRow",
    "CategoryRow",
    "DeliveryZoneRow",
    "FulfilmentItemRow",
    "FulfilmentRow",
    "HelpfulRow",
    "ImageRow",
    "ImportRow",
    "OrderEventRow",
    "OrderItemRow",
    "OrderRow",
    "ProductRow",
    "ReservationRow",
    "ReturnRow",
    "ReviewRow",
    "ShopRow",
    "StockRow",
    "VariantRow",
    "VoucherRow",
    "VoucherUseRow",
    "WaitRow",
    "WordRow",
]
