"""The small ground both layers stand on: tables' base, transaction, money, people, facts, JSON."""
