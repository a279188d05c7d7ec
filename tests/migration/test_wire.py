import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.migration.repositories import entry, field
from ymir.migration.wire import Message, WireError, keys

INT32 = st.integers(-(2**31), 2**31 - 1)


@given(INT32, st.floats(allow_nan=False), st.text())
def test_what_is_written_is_read(number, real, text):
    message = Message(field(1, number) + field(2, real) + field(3, text))
    assert (message.number(1), message.real(2), message.text(3)) == (number, real, text)


def test_a_field_that_is_not_there_is_zero_or_empty():
    message = Message(b"")
    assert (message.number(1), message.real(1), message.text(1)) == (0, 0.0, "")
    assert (bytes(message.part(1)), message.parts(1), message.entries(1)) == (b"", [], {})


def test_the_last_of_two_values_counts_and_messages_in_pieces_are_one():
    message = Message(field(1, 1) + field(1, 2) + field(2, field(1, 5)) + field(2, field(2, 6)))
    inside = Message(message.part(2))
    assert message.number(1) == 2
    assert (inside.number(1), inside.number(2)) == (5, 6)


def test_the_last_entry_of_a_key_counts():
    message = Message(entry(1, "a", b"x") + entry(1, "a", b"y"))
    assert {key: bytes(value) for key, value in message.entries(1).items()} == {"a": b"y"}


def test_fields_that_nobody_knows_are_named():
    message = Message(field(1, 1) + field(2, "x") + field(17, "new"))
    assert message.strange(keys(numbers=[1], parts=[2])) == [17]
    assert message.strange(keys(numbers=[1, 2], parts=[17])) == [2]  # of another kind


@given(st.binary(max_size=60))
def test_any_bytes_are_a_message_or_an_error(data):
    try:
        message = Message(data)
        for at in range(20):
            message.number(at), message.real(at), message.text(at), message.entries(at)
    except WireError:
        pass


@given(st.integers(1, 40))
def test_a_message_that_is_cut_off_inside_a_field_is_an_error(cut):
    whole = field(1, "x" * 50)
    with pytest.raises(WireError):
        Message(whole[:-cut])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x0b", "a field is of kind 3"),
        (b"\x0a\xff\xff\xff\xff\x7f", "ends in the middle"),
        (b"\x08" + b"\xff" * 11, "a number does not end"),
        (b"\x02\x00", "has the number 0"),
        (b"\x0d\x00\x00", "ends in the middle"),
    ],
)
def test_an_error_says_what_is_wrong(data, why):
    with pytest.raises(WireError, match=why):
        Message(data)


def test_a_text_must_be_utf8():
    with pytest.raises(WireError, match="not UTF-8"):
        Message(field(1, b"\xff")).text(1)
