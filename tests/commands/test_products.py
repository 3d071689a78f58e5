"""`products import` and `products export`, as they are typed."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from bot.app.resources import FACTS
from bot.database.connections import Database
from services import open_services
from services.ground.people import User
from services.shopping import NewShop
from tests.commands.program import Ended, command

GOOD = "sku,name,price,stock\nTEA,Tea,1250.50,4\nOIL,Oil,5,\n"
MIXED = "sku,name,price,colour\nTEA,Tea,1.250,red\nOIL,=Oil,7,\n,Nothing,1,\n"


@pytest.fixture
async def shop(database: Database) -> str:
    from sqlalchemy import insert

    async with database.transaction() as tx:
        owner = await tx.scalar(insert(User).values(name="Somebody").returning(User.id))
        do = open_services(tx, datetime.now(UTC), FACTS)
        business = await do.businesses.register(
            owner_id=owner,
            slug="corner",
            name="Corner",
            country="KE",
            currency="KES",
            time_zone="Africa/Nairobi",
        )
        await do.shopping.put_shop(business.id, NewShop())
    return "corner"


async def test_products_come_in_and_go_out(tmp_path: Path, database_url: str, shop: str) -> None:
    async def products(*words: str) -> Ended:
        settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}
        return await command(tmp_path, settings, "products", *words, "--business", shop)

    file = tmp_path / "goods.csv"
    file.write_text(GOOD)
    dry = await products("import", str(file), "--dry-run")
    assert (dry.code, dry.err) == (0, "")  # no bar in a pipe
    assert dry.out == (
        "2 lines: 2 would be added, 0 would be changed, 0 were the same, 0 refused.\n"
    )
    assert "2 were added" in (await products("import", str(file))).out

    file.write_text(MIXED)
    mixed = await products("import", str(file))
    assert (mixed.code, mixed.err) == (1, "")
    assert mixed.out.splitlines() == [
        "line 2: price is “1.250”, which can mean two amounts: write it like 1250.00 [TEA]",
        "line 4: the SKU is missing [-]",
        "Columns I do not know: colour",
        "3 lines: 0 were added, 1 were changed, 0 were the same, 2 refused.",
    ]
    told = orjson.loads((await products("import", str(file), "--json")).out)
    assert (told["unchanged"], told["refused"], told["dry_run"]) == (1, 2, False)
    assert told["problems"][1] == {
        "line": 4,
        "sku": "",
        "column": "sku",
        "problem": "the SKU is missing",
    }

    out = tmp_path / "out.csv"
    assert (await products("export", str(out))).out == f"2 lines are in {out}.\n"
    assert "'=Oil" in out.read_text()
    same = await products("import", str(out))
    assert same.code == 0
    assert "2 were the same" in same.out


async def test_what_cannot_be_done_is_said(tmp_path: Path, database_url: str, shop: str) -> None:
    settings = {"DATABASE_URL": database_url, "DATA_DIR": str(tmp_path)}
    file = tmp_path / "goods.csv"
    file.write_text("name,price\nTea,5\n")
    nobody = await command(
        tmp_path, settings, "products", "import", str(file), "--business", "nobody"
    )
    assert (nobody.code, nobody.err) == (1, "There is no business nobody.\n")
    bad = await command(tmp_path, settings, "products", "import", str(file), "--business", shop)
    assert bad.code == 1
    assert bad.out.startswith("The first line must name the columns, and one of them must be sku.")
    wrong = await command(tmp_path, settings, "products", "export", "goods.pdf", "--business", shop)
    assert wrong.code == 2
