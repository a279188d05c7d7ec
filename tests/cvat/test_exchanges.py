"""The exchanges were written by hand for cvat-sdk 2.80.0; its own models must take them."""

from importlib.metadata import version

import pytest

from tests.cvat.exchanges import NAMES, SDK, check_answer, check_ask, exchange


@pytest.mark.parametrize("name", NAMES)
def test_the_sdk_takes_an_exchange_for_what_it_is(name):
    whole = exchange(name)
    ask, answered = whole["ask"], whole["answer"]
    check_ask(ask["method"], ask["path"], ask.get("body"), ask.get("query", {}))
    if answered["status"] < 300:
        check_answer(ask["method"], ask["path"], answered["body"])


@pytest.mark.parametrize("name", NAMES)
def test_an_exchange_says_for_which_sdk_it_was_written(name):
    assert exchange(name)["sdk"] == SDK
    assert version("cvat-sdk").split(".") >= SDK.split(".")


def test_a_key_that_the_sdk_does_not_know_is_noticed():
    body = exchange("tasks")["answer"]["body"]
    body["results"][0]["sizes"] = 3
    with pytest.raises(AssertionError, match="TaskRead has no"):
        check_answer("GET", "/api/tasks", body)


def test_a_value_of_another_kind_is_noticed():
    body = exchange("jobs")["answer"]["body"]
    body["results"][0]["start_frame"] = "first"
    with pytest.raises(TypeError, match="start_frame"):
        check_answer("GET", "/api/jobs", body)


def test_a_request_with_a_query_that_the_sdk_does_not_know_is_noticed():
    with pytest.raises(AssertionError):
        check_ask("GET", "/api/tasks", None, {"called": "helmet"})
