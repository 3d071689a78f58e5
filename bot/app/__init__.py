"""The composition root: the one package where the parts of a process are put together."""

from bot.app.background import ROLES, roles
from bot.app.endpoints import serving, telling
from bot.app.goods import Taken, export, import_products
from bot.app.inspection import (
    drawn,
    payment_events,
    payouts,
    services,
    settle_again,
    trial,
    trial_balance,
    troubled_payments,
    unreconciled,
)
from bot.app.processes import chat, check_dialog, run
from bot.app.resources import Line, Parts, parts, serve
from bot.app.simulated import play, seed, simulate, templates
from bot.app.verification import approve_business, business, businesses, refuse_business
from services.businesses.errors import NothingToDecide

__all__ = (
    "ROLES",
    "Line",
    "NothingToDecide",
    "Parts",
    "Taken",
    "approve_business",
    "business",
    "businesses",
    "chat",
    "check_dialog",
    "drawn",
    "export",
    "import_products",
    "parts",
    "payment_events",
    "payouts",
    "play",
    "refuse_business",
    "roles",
    "run",
    "seed",
    "serve",
    "services",
    "serving",
    "settle_again",
    "simulate",
    "telling",
    "templates",
    "trial",
    "trial_balance",
    "troubled_payments",
    "unreconciled",
)
