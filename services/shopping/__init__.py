"""The shop: what can be bought, what is in the cart, what was ordered and what became of it."""
