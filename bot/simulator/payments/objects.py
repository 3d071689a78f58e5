"""Stripe's objects in the shape of API version 2026-10-28.endive, as new ones look."""

import time
from os import urandom
from typing import Final

from bot.simulator.shapes import Object, obj, text, whole

API_VERSION: Final = "2026-10-28.endive"
DEFAULT_LIFE_SECONDS: Final = 24 * 3600
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def fresh_id(prefix: str) -> str:
    """An id like Stripe's: a prefix and 24 letters and digits."""
    return prefix + "".join(_LETTERS[byte % 62] for byte in urandom(24))


def checkout_session(params: Object, lines: list[Object], amount: int, base_url: str) -> Object:
    """A new, open session over `amount` minor units."""
    session_id, now = fresh_id("cs_test_"), int(time.time())
    return {
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": now,
        "currency": text(obj(lines[0].get("price")).get("currency")),
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": params.get("customer"),
        "customer_creation": "if_required",
        "customer_details": _details(params),
        "customer_email": params.get("customer_email"),
        "discounts": [],
        "expires_at": whole(params.get("expires_at"), now + DEFAULT_LIFE_SECONDS),
        "invoice": None,
        "invoice_creation": {"enabled": False},
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": obj(params.get("metadata")),
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": params.get("payment_method_types") or ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "subscription": None,
        "success_url": params.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{base_url}/simulator/checkout/{session_id}",
        "wallet_options": None,
    }


def _details(params: Object) -> Object | None:
    email = params.get("customer_email")
    if not email:
        return None
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": None,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }


def line_item(name: str, amount: int, quantity: int, currency: str) -> Object:
    """One line; `amount` is the price of one in minor units."""
    price: Object = {
        "id": fresh_id("price_"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": int(time.time()),
        "currency": currency,
        "livemode": False,
        "metadata": {},
        "product": fresh_id("prod_"),
        "type": "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }
    return {
        "id": fresh_id("li_"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": amount * quantity,
        "amount_tax": 0,
        "amount_total": amount * quantity,
        "currency": currency,
        "description": name,
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def payment_intent(session: Object, data: Object) -> Object:
    """The intent of a session's first attempt; metadata comes from payment_intent_data alone."""
    intent_id = fresh_id("pi_")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": session["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{intent_id}_secret_{fresh_id('')}",
        "confirmation_method": "automatic",
        "created": int(time.time()),
        "currency": session["currency"],
        "customer": session["customer"],
        "description": data.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": obj(data.get("metadata")),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_types": session["payment_method_types"],
        "processing": None,
        "receipt_email": data.get("receipt_email"),
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": data.get("statement_descriptor"),
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
    }


def charge(intent: Object) -> Object:
    """The successful charge of an intent."""
    charge_id = fresh_id("ch_")
    return {
        "id": charge_id,
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "balance_transaction": fresh_id("txn_"),
        "billing_details": {"address": None, "email": None, "name": None, "phone": None},
        "captured": True,
        "created": int(time.time()),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": {"network_status": "approved_by_network", "type": "authorized"},
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": {"card": {"brand": "visa", "last4": "4242"}, "type": "card"},
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "status": "succeeded",
    }


FEE = 29  # thousandths of a charge that the account is charged for it


def balance_transaction(charged: Object) -> Object:
    """What a charge adds to the account: its amount less the fee."""
    amount = whole(charged["amount"])
    fee = amount * FEE // 1000
    return {
        "id": charged["balance_transaction"],
        "object": "balance_transaction",
        "amount": amount,
        "created": charged["created"],
        "currency": charged["currency"],
        "fee": fee,
        "net": amount - fee,
        "source": charged["id"],
        "status": "pending",
        "type": "charge",
    }


def refund(charged: Object, amount: int, params: Object) -> Object:
    """A refund of `amount` minor units that has succeeded."""
    return {
        "id": fresh_id("re_"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": fresh_id("txn_"),
        "charge": charged["id"],
        "created": int(time.time()),
        "currency": charged["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": obj(params.get("metadata")),
        "payment_intent": charged["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


EVIDENCE_TAKES = 9 * 24 * 3600  # seconds


def dispute(charged: Object) -> Object:
    """The objection to the whole of a charge; the bank waits for evidence."""
    now = int(time.time())
    details = {"due_by": now + EVIDENCE_TAKES, "has_evidence": False, "past_due": False}
    return {
        "id": fresh_id("du_"),
        "object": "dispute",
        "amount": charged["amount"],
        "balance_transactions": [],
        "charge": charged["id"],
        "created": now,
        "currency": charged["currency"],
        "evidence": {},
        "evidence_details": {**details, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charged["payment_intent"],
        "reason": "product_not_received",
        "status": "needs_response",
    }


def event(kind: str, subject: Object, before: Object | None) -> Object:
    """A signed-to-be event about a snapshot of `subject`."""
    data: Object = {"object": subject}
    if before:
        data["previous_attributes"] = before
    return {
        "id": fresh_id("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": int(time.time()),
        "data": data,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
