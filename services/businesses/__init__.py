"""Everyone who sells, teaches, books or supports through the number, and their people."""

from services.businesses.business import Business, Member, Message
from services.businesses.businesses import About, Businesses, Role

__all__ = ["About", "Business", "Businesses", "Member", "Message", "Role"]
