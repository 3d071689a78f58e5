"""What lay in carts, and what was paid, before a cart could hold things of several shops."""

import asyncio
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from bot.database.migrations import INI, upgrade
from tests.migrations.test_first import empty_url, inside

__all__ = ["empty_url"]  # a fixture

BEFORE = """
INSERT INTO users (id, name) OVERRIDING SYSTEM VALUE VALUES (1, 'A'), (2, 'B');
INSERT INTO businesses (id, slug, name, country, currency, time_zone) OVERRIDING SYSTEM VALUE
VALUES (7, 'duka', 'Duka', 'KE', 'KES', 'UTC');
INSERT INTO shops (business_id, currency) VALUES (7, 'KES');
INSERT INTO products (id, business_id, sku, slug, name, price) OVERRIDING SYSTEM VALUE
VALUES (3, 7, 'TEA', 'tea', 'Tea', 100);
INSERT INTO product_variants (id, business_id, product_id, sku) OVERRIDING SYSTEM VALUE
VALUES (4, 7, 3, 'TEA');
INSERT INTO vouchers (id, business_id, code, kind, amount) OVERRIDING SYSTEM VALUE
VALUES (9, 7, 'KARIBU', 'fixed', 20);
INSERT INTO carts (id, user_id, voucher_id) OVERRIDING SYSTEM VALUE VALUES (5, 1, 9), (6, 2, NULL);
INSERT INTO cart_items (cart_id, user_id, business_id, variant_id, quantity, price_shown)
VALUES (5, 1, 7, 4, 2, 100);
INSERT INTO orders (id, user_id, business_id, currency, subtotal, shipping, tax, tax_included,
                    discount, total, status, payment_method, payment_status, payment_id, delivery,
                    voucher_id, created_at, updated_at) OVERRIDING SYSTEM VALUE
VALUES (11, 1, 7, 'KES', 100, 0, 0, true, 0, 100, 'paid', 'stripe', 'paid', 12, 'pickup', 9,
        now(), now());
INSERT INTO payments (id, user_id, service_type, service_id, amount, currency, method, status,
                      description, paid_at) OVERRIDING SYSTEM VALUE
VALUES (12, 1, 'order', 11, 100, 'KES', 'stripe', 'paid', '', now());
INSERT INTO payment_attempts (id, payment_id, user_id, number, provider, idempotency_key, status,
                              received, created_at) OVERRIDING SYSTEM VALUE
VALUES (13, 12, 1, 1, 'stripe', 'k', 'paid', 100, now());
INSERT INTO refunds (payment_id, attempt_id, user_id, key, amount, currency, reason, status,
                     created_at)
VALUES (12, 13, 1, 'k', 10, 'KES', 'x', 'created', now());
"""


def step(connection: Connection, to: str) -> None:
    config = Config(INI)
    config.attributes["connection"] = connection
    move = command.downgrade if to == before() else command.upgrade
    move(config, to)


def before() -> str:
    script = ScriptDirectory.from_config(Config(INI))
    [sellers] = [one for one in script.walk_revisions() if one.path.endswith("_sellers.py")]
    return str(sellers.down_revision)


def fill(connection: Connection) -> None:
    for statement in filter(str.strip, BEFORE.split(";\n")):
        connection.execute(text(statement))


def rows(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(query))]


def test_what_was_there_is_carried_over_and_back(empty_url: str) -> None:
    asyncio.run(upgrade(empty_url))
    inside(empty_url, lambda db: step(db, before()))
    inside(empty_url, fill)
    inside(empty_url, lambda db: step(db, "head"))
    carts = inside(empty_url, lambda db: rows(db, "SELECT id, currency FROM carts ORDER BY id"))
    assert carts == [(5, "KES"), (6, None)]
    assert inside(empty_url, lambda db: rows(db, "SELECT currency FROM cart_items")) == [("KES",)]
    on = "SELECT cart_id, business_id, user_id, voucher_id FROM cart_vouchers"
    assert inside(empty_url, lambda db: rows(db, on)) == [(5, 7, 1, 9)]
    assert inside(empty_url, lambda db: rows(db, "SELECT business_id FROM refunds")) == [(7,)]
    inside(empty_url, lambda db: step(db, before()))
    kept = inside(empty_url, lambda db: rows(db, "SELECT id, voucher_id FROM carts ORDER BY id"))
    assert kept == [(5, 9), (6, None)]
