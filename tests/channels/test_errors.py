"""An error code decides what happens next."""

import pytest

from bot.channels.errors import Action, action_for, classify, classify_green
from tests.channels.payloads import load


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("api_error_130429", Action.SLOW_NUMBER),
        ("api_error_131056", Action.SLOW_PAIR),
        ("api_error_131047", Action.NEEDS_TEMPLATE),
        ("api_error_131026", Action.UNREACHABLE),
        ("api_error_132001", Action.DISABLE_TEMPLATE),
        ("api_error_190", Action.STOP_CHANNEL),
    ],
)
def test_the_answers_on_file(name: str, action: Action) -> None:
    body = load("cloud", name)
    failure = classify(body["_http_status_typical"], body)
    assert failure.action is action
    assert failure.code == body["error"]["code"]
    assert body["error"]["message"] in failure.text


@pytest.mark.parametrize(
    ("codes", "action"),
    [
        ([1, 2, 131000, 131016, 131052, 131053, 131057, 135000], Action.RETRY),
        ([4, 80007, 133016], Action.PAUSE_NUMBER),
        ([131048], Action.PAUSE_CAMPAIGNS),
        ([131049], Action.WAIT_DAY),
        ([131050], Action.SUPPRESS_MARKETING),
        ([130472, 131030], Action.NEVER),
        ([100, 131008, 131009, 131021, 131051, 131062], Action.BUG),
        ([132000, 132005, 132007, 132012, 132015, 132068, 132069], Action.DISABLE_TEMPLATE),
        ([0, 3, 10, 200, 299, 131005, 368, 131031, 131042], Action.STOP_CHANNEL),
    ],
)
def test_the_code_decides_whatever_the_http_status(codes: list[int], action: Action) -> None:
    for code in codes:
        assert action_for(code) is action
        assert classify(500, {"error": {"code": code}}).action is action


@pytest.mark.parametrize(
    ("http_status", "action"),
    [
        (500, Action.RETRY),
        (503, Action.RETRY),
        (429, Action.SLOW_NUMBER),
        (401, Action.STOP_CHANNEL),
        (404, Action.BUG),
    ],
)
def test_without_a_known_code_the_http_status_decides(http_status: int, action: Action) -> None:
    for body in (None, "<html>", {"error": "?"}, {"error": {"code": 987654}}):
        assert classify(http_status, body).action is action


@pytest.mark.parametrize("code", [2**31, 1e22, -(2**40), "9" * 18, 0.5, True, float("nan")])
def test_a_code_that_is_no_such_number_is_none(code: object) -> None:
    failure = classify(503, {"error": {"code": code}})
    assert (failure.action, failure.code) == (Action.RETRY, 0)


def test_an_unknown_code_of_a_status_is_not_sent_again() -> None:
    assert action_for(987654) is Action.NEVER
    assert not Action.NEVER.again


@pytest.mark.parametrize(
    ("http_status", "body", "action"),
    [
        (400, "instance in starting process try later", Action.PAUSE_NUMBER),
        (400, {"message": "instance account not authorized"}, Action.STOP_CHANNEL),
        (400, "bad request data", Action.BUG),
        (401, "", Action.STOP_CHANNEL),
        (429, None, Action.SLOW_NUMBER),
        (466, load("greenapi", "api_error_466_method"), Action.STOP_CHANNEL),
        (466, load("greenapi", "api_error_466_correspondents"), Action.NEVER),
        (499, "", Action.RETRY),
        (502, "", Action.RETRY),
        (500, "File from url exceeded max upload size", Action.BUG),
    ],
)
def test_green_answers(http_status: int, body: object, action: Action) -> None:
    failure = classify_green(http_status, body)
    assert failure.action is action
    assert failure.http_status == http_status
