"""One file per provider: its wire format in and out, and its client."""
