"""Ways to damage text and bytes, each decided by the dice that it is given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

TOKEN = re.compile(r'"[^"\n]*"?|\'[^\'\n]*\'?|[A-Za-z_][A-Za-z0-9_.]*|[0-9][0-9a-fA-FxX.+-]*|\s+|.', re.DOTALL)
NUMBERS = (
    *("0", "-1", "1", "-2", "-7", "2", "3", "1000", "2147483647", "2147483648", "-2147483648", "4294967296"),
    *(
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999",
        "1e400",
        "-1e-400",
        "nan",
    ),
    *(
        "inf",
        "-inf",
        "0x7fffffffffffffff",
        "0x" + "f" * 300,
        "0x" + "f" * 5000,
        "1" * 5000,
        "1.5",
        "00017",
        "1e",
        "1_0",
    ),
)
WORDS = (
    *(
        "true",
        "false",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        ":",
        ";",
        ",",
        "#",
        '"',
        "'",
        "\\",
        "\0",
        "é",
        "\U0001f600",
        "\ud800",
    ),
    *(
        '"\\Uffffffff"',
        '"\\U00110000"',
        '"\\ud800"',
        '"\\777"',
        '"\\x"',
        '"\\xff\\xfe"',
        '"' + "a" * 3000 + '"',
        "a" * 3000,
    ),
    *(
        '"A:99999999999:a"',
        '"A:-1:a"',
        '"A:1:a"',
        '"A::a"',
        '"a:b:c:d"',
        '":0"',
        '"TAG:4294967296:x"',
        '""',
        '"a b"',
    ),
    *(
        "options",
        "node_options",
        "input_stream_info",
        "back_edge: true",
        "input_stream_handler",
        "executor",
        "node",
    ),
    *(
        "[mediapipe.SwitchContainerOptions.ext]",
        "[type.googleapis.com/mediapipe.X]",
        "[x.y.z]",
        "max_in_flight: 99999",
    ),
)


def damaged_text(dice: random.Random, text: str, others: Sequence[str]) -> str:
    """Return *text* with one to four things wrong, maybe."""
    for _ in range(dice.choice((1, 1, 1, 2, 3, 4))):
        text = dice.choice(_TEXT)(dice, text, others)
    return text


def damaged_bytes(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return *data* with one to four things wrong."""
    for _ in range(dice.choice((1, 1, 1, 2, 3, 4))):
        data = dice.choice(_BYTES)(dice, data, others)
    return data


# -- text ----------------------------------------------------------------------------------------------


def _swap_a_token(dice: random.Random, text: str, others: Sequence[str]) -> str:
    tokens = TOKEN.findall(text)
    if tokens:
        i = dice.randrange(len(tokens))
        tokens[i] = dice.choice((dice.choice(NUMBERS), dice.choice(WORDS), dice.choice(tokens), ""))
    return "".join(tokens)


def _change_a_number(dice: random.Random, text: str, others: Sequence[str]) -> str:
    places = list(re.finditer(r"(?<![A-Za-z_\"])-?[0-9][0-9.]*", text))
    if not places:
        return _swap_a_token(dice, text, others)
    place = dice.choice(places)
    return text[: place.start()] + dice.choice(NUMBERS) + text[place.end() :]


def _change_a_name(dice: random.Random, text: str, others: Sequence[str]) -> str:
    names = list(re.finditer(r'"([^"\n]*)"', text))
    if not names:
        return _swap_a_token(dice, text, others)
    one, other = dice.choice(names), dice.choice(names)
    fresh = dice.choice(
        (other.group(1), one.group(1) + "x", "T:" + one.group(1), f"T:{dice.choice(NUMBERS)}:x", "UP")
    )
    return text[: one.start(1)] + fresh + text[one.end(1) :]


def _move_lines(dice: random.Random, text: str, others: Sequence[str]) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        first = dice.randrange(len(lines))
        part = lines[first : first + dice.choice((1, 1, 2, 5))]
        where = dice.choice(("gone", "twice", "moved"))
        if where != "twice":
            del lines[first : first + len(part)]
        if where != "gone":
            at = dice.randrange(len(lines) + 1)
            lines[at:at] = part * dice.choice((1, 1, 3, 40))
    return "".join(lines)


def _cut_and_join(dice: random.Random, text: str, others: Sequence[str]) -> str:
    other = dice.choice(others)
    return text[: dice.randrange(len(text) + 1)] + other[dice.randrange(len(other) + 1) :]


def _cut(dice: random.Random, text: str, others: Sequence[str]) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] if dice.random() < 0.5 else text[:at] + text[at + dice.choice((1, 1, 2, 10, 100)) :]


def _nest(dice: random.Random, text: str, others: Sequence[str]) -> str:
    depth = dice.choice((2, 20, 150, 1200))
    start, end = dice.choice(
        (
            ("node { options { [mediapipe.SwitchContainerOptions.ext] { contained_node { ", "} } } } "),
            ("node { ", "} "),
            ("options { [mediapipe.X.ext] { a { ", "} } } "),
            ("a < ", "> "),
        )
    )
    return text + start * depth + end * (depth - dice.choice((0, 0, 0, 1)))


def _poke(dice: random.Random, text: str, others: Sequence[str]) -> str:
    at = dice.randrange(len(text) + 1)
    return (
        text[:at]
        + dice.choice((chr(dice.randrange(128)), chr(dice.randrange(0x110000)), *WORDS))
        + text[at + dice.randrange(2) :]
    )


_TEXT: tuple[Callable[[random.Random, str, Sequence[str]], str], ...] = (
    *(_swap_a_token, _swap_a_token, _change_a_number, _change_a_number, _change_a_name, _change_a_name),
    *(_move_lines, _move_lines, _cut_and_join, _cut, _nest, _poke),
)


# -- bytes ---------------------------------------------------------------------------------------------


def _flip(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    out = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 8))):
        if out:
            i = dice.randrange(len(out))
            out[i] = dice.choice((out[i] ^ 1 << dice.randrange(8), 0, 255, 127, 128, dice.randrange(256)))
    return bytes(out)


def _insert(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    fresh = dice.choice(
        (b"\xff" * 10, b"\0" * 8, bytes(dice.randrange(256) for _ in range(4)), b"\x80" * 11, b"A" * 3000)
    )
    return data[:at] + fresh + data[at:]


def _remove(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] if dice.random() < 0.4 else data[:at] + data[at + dice.choice((1, 1, 4, 64)) :]


def _repeat(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    first = dice.randrange(len(data) + 1)
    part = data[first : first + dice.choice((1, 8, 64, 512))]
    return data[:first] + part * dice.choice((2, 5, 50)) + data[first + len(part) :]


def _splice(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    other = dice.choice(others)
    return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other) + 1) :]


def _big_word(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    if len(data) < 8:
        return data
    at = dice.randrange(len(data) - 3) & ~3
    word = dice.choice((0x7FFFFFFF, 0xFFFFFFFF, 0x80000000, 0, 1, 65536, len(data), 0x10000000))
    return data[:at] + word.to_bytes(4, "little") + data[at + 4 :]


_BYTES: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    *(_flip, _flip, _flip, _insert, _remove, _repeat, _splice, _big_word, _big_word),
)
