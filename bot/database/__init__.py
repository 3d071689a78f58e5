"""The database: how to reach it, and the server we bring along when there is none."""
