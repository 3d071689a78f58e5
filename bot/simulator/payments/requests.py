"""Checking what a Checkout Session is asked for, with Stripe's own words when it will not do."""

import time
from collections.abc import Mapping
from typing import Final

from bot.simulator.payments import currencies, objects
from bot.simulator.payments.stripe_error import StripeError, missing, no_such
from bot.simulator.shapes import Object, is_whole, obj, text, whole
from bot.simulator.shapes import objects as listed

SHORTEST_LIFE: Final = 30 * 60
LONGEST_LIFE: Final = 24 * 3600
CLOCK_SLACK: Final = 60

KNOWN: Final = frozenset(
    (
        "adaptive_pricing after_expiration allow_promotion_codes automatic_tax "
        "billing_address_collection branding_settings cancel_url client_reference_id "
        "consent_collection currency custom_fields custom_text customer customer_creation "
        "customer_email customer_update discounts expand expires_at invoice_creation line_items "
        "locale metadata mode name_collection origin_context payment_intent_data "
        "payment_method_collection payment_method_configuration payment_method_data "
        "payment_method_options payment_method_types phone_number_collection "
        "redirect_on_completion return_url saved_payment_method_options setup_intent_data "
        "shipping_address_collection shipping_options submit_type subscription_data success_url "
        "tax_id_collection ui_mode wallet_options "
    ).split()
)


def checked_session(params: Object) -> tuple[list[Object], int]:
    """The lines and the total in minor units of a session to be; raises StripeError."""
    for name in params:
        if name not in KNOWN:
            message = f"Received unknown parameter: {name}"
            raise StripeError(message, param=name, code="parameter_unknown")
    if params.get("mode", "payment") != "payment":
        raise StripeError("This emulator plays mode=payment only.", param="mode")
    if not text(params.get("success_url")):
        raise missing("success_url")
    lines = [_line(index, each) for index, each in enumerate(listed(params.get("line_items")))]
    if not 1 <= len(lines) <= 100:
        raise missing("line_items") if not lines else StripeError("At most 100 line items.")
    _check_life(params)
    check_metadata(obj(params.get("metadata")), "metadata")
    check_metadata(obj(obj(params.get("payment_intent_data")).get("metadata")), "metadata")
    if len(text(params.get("client_reference_id"))) > 200:
        raise StripeError(
            "client_reference_id: at most 200 characters", param="client_reference_id"
        )
    return lines, _total(lines)


def check_metadata(metadata: Mapping[str, object], param: str) -> None:
    """At most 50 keys of 40 characters with values of 500."""
    if len(metadata) > 50:
        raise StripeError("Metadata can have up to 50 keys.", param=param)
    for key, value in metadata.items():
        if len(key) > 40 or len(str(value)) > 500:
            message = "Metadata keys can be up to 40, values up to 500 characters long."
            raise StripeError(message, param=f"{param}[{key}]")


def _line(index: int, given: Object) -> Object:
    param = f"line_items[{index}]"
    if price := text(given.get("price")):
        raise no_such("price", price, f"{param}[price]")
    data = obj(given.get("price_data"))
    currency = text(data.get("currency")).lower()
    if not currencies.known(currency):
        message = f"Invalid currency: {currency}."
        raise StripeError(message, param=f"{param}[price_data][currency]")
    name = text(obj(data.get("product_data")).get("name"))
    if not name and not text(data.get("product")):
        raise missing(f"{param}[price_data][product_data][name]")
    amount = _integer(f"{param}[price_data][unit_amount]", data.get("unit_amount"))
    quantity = _integer(f"{param}[quantity]", given.get("quantity", "1"))
    if quantity < 1 or amount < 0:
        raise StripeError("This value must be greater than or equal to 1.", param=param)
    return objects.line_item(name or text(data.get("product")), amount, quantity, currency)


def _integer(param: str, value: object) -> int:
    if value is None or value == "":
        raise missing(param)
    if not is_whole(value):
        raise StripeError(
            f"Invalid integer: {value}", param=param, code="parameter_invalid_integer"
        )
    return whole(value)


def _check_life(params: Object) -> None:
    if params.get("expires_at") is None:
        return
    life = _integer("expires_at", params["expires_at"]) - time.time()
    if not SHORTEST_LIFE - CLOCK_SLACK <= life <= LONGEST_LIFE + CLOCK_SLACK:
        raise StripeError(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours "
            "from Checkout Session creation.",
            param="expires_at",
        )


def _total(lines: list[Object]) -> int:
    spoken = {text(line["currency"]) for line in lines}
    if len(spoken) > 1:
        raise StripeError("All line items must use the same currency.", param="line_items")
    total = sum(whole(line["amount_total"]) for line in lines)
    currency = spoken.pop()
    if why := currencies.charge_fault(total, currency):
        code = "amount_too_small" if "at least" in why else None
        raise StripeError(why, param="line_items", code=code)
    return total
