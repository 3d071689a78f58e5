"""Everyone who sells, teaches, books or supports through the number, and their people."""

from services.businesses.business import Business, Invitation, Member, Message
from services.businesses.businesses import Businesses, selling
from services.businesses.opening import Draft
from services.businesses.quiet import Quiet
from services.businesses.rights import Right, Role, may
from services.businesses.tables import DAILY, NOTICES
from services.businesses.telling import SUMMARY_HOUR, About, FactFor

__all__ = [
    "DAILY",
    "NOTICES",
    "SUMMARY_HOUR",
    "About",
    "Business",
    "Businesses",
    "Draft",
    "FactFor",
    "Invitation",
    "Member",
    "Message",
    "Quiet",
    "Right",
    "Role",
    "may",
    "selling",
]
