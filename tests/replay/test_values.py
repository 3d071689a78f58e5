"""Every value the database can give is kept as JSON and comes back as it was."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.postgresql import Range

from bot.replay.values import Unkeepable, plain, revived

words = st.text(st.characters(exclude_categories=["Cs"]))
simple = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words
    | st.datetimes(timezones=st.just(UTC)) | st.dates() | st.times() | st.timedeltas()
    | st.decimals(allow_nan=False) | st.uuids() | st.binary()
)  # fmt: skip
values = st.recursive(
    simple,
    lambda inner: st.lists(inner) | st.dictionaries(words | st.just("$date"), inner),
    max_leaves=8,
)


@given(values)
def test_what_is_kept_comes_back(value: object) -> None:
    kept = orjson.loads(orjson.dumps(plain(value)))
    assert revived(kept) == value


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
        date(2026, 11, 24),
        time(9, 30),
        timedelta(days=-1, microseconds=1),
        Decimal("1.20"),
        uuid.uuid5(uuid.NAMESPACE_DNS, "shop.example"),
        b"\0\xff",
        2**70,
        Range(date(2026, 1, 1), None, bounds="[)"),
        Range(empty=True),
        True,
    ],
)
def test_it_is_of_the_same_kind(value: object) -> None:
    back = revived(orjson.loads(orjson.dumps(plain(value))))
    assert (back, type(back), str(back)) == (value, type(value), str(value))


def test_infinity_comes_back() -> None:
    assert revived(orjson.loads(orjson.dumps(plain([float("inf"), float("-inf")])))) == [
        float("inf"),
        float("-inf"),
    ]


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(Unkeepable, match="object"):
        plain([object()])


def test_an_unknown_tag_makes_nothing() -> None:
    with pytest.raises(KeyError):
        revived({"$os": "system"})
