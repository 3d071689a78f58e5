"""Payments: asking for money by link or in cash, and believing only the provider's word."""

from services.payments.payment import Dispute, Line, Payment, Proof, Refund, Request
from services.payments.payments import Payments
from services.payments.shares import Seller
from services.payments.states import DisputeStatus, ProofStatus, RefundStatus, RequestStatus, Status

__all__ = [
    "Dispute",
    "DisputeStatus",
    "Line",
    "Payment",
    "Payments",
    "Proof",
    "ProofStatus",
    "Refund",
    "RefundStatus",
    "Request",
    "RequestStatus",
    "Seller",
    "Status",
]
