"""The literals of the text format: strings, numbers, booleans."""

from __future__ import annotations

import re
import sys
from typing import Final

from graphkit.errors._base import shortened

_ESCAPE: Final = re.compile(
    rb"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL
)
_SIMPLE: Final = {
    b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v",
    b"\\": b"\\", b"'": b"'", b'"': b'"', b"?": b"?",
}  # fmt: skip
_BOOLS: Final = {
    "true": True, "True": True, "t": True, "1": True,
    "false": False, "False": False, "f": False, "0": False,
}  # fmt: skip
_FLOAT_NAMES: Final = {
    "inf": "inf",
    "inff": "inf",
    "infinity": "inf",
    "infinityf": "inf",
    "nan": "nan",
    "nanf": "nan",
}
_WHOLE: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*")
_MOST_DIGITS: Final = 100
_HEX_OR_OCTAL: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[0-7]+")


def string_bytes(literal: str) -> bytes:
    """Return the bytes that a quoted literal stands for.

    Raises:
        ValueError: an escape that the text format does not have.
    """
    body = literal[1:-1].encode()
    return _ESCAPE.sub(_unescape, body) if b"\\" in body else body


def _unescape(match: re.Match[bytes]) -> bytes:
    octal, hexadecimal, short, long, simple = match.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal is not None:
        return bytes([int(hexadecimal, 16)])
    if short is not None or long is not None:
        return _character(int(short or long, 16))
    if simple not in _SIMPLE:
        raise ValueError(f"\\{simple.decode(errors='replace')} is no escape; write \\\\ for a backslash")
    return _SIMPLE[simple]


def _character(code: int) -> bytes:
    if code > sys.maxunicode or 0xD800 <= code < 0xE000:
        raise ValueError(f"U+{code:04X} is no character")
    return chr(code).encode()


def parse_int(literal: str) -> int:
    """Return a decimal, 0x... or 0... (octal) literal; raises ValueError."""
    digits = literal.removeprefix("-")
    if not _WHOLE.fullmatch(digits):
        raise ValueError(f"{shortened(literal, 40)} is not a whole number")
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a whole number of {len(digits)} digits is out of range; a field holds 64 bits at most")
    base = 10 if not _HEX_OR_OCTAL.fullmatch(digits) else 16 if digits[1] in "xX" else 8
    value = int(digits, base)
    return -value if literal.startswith("-") else value


def parse_float(literal: str) -> float:
    """Return a decimal literal, with or without an ``f`` at its end, ``inf`` or ``nan``; raises ValueError."""
    sign, digits = ("-", literal[1:]) if literal.startswith("-") else ("", literal)
    lower = digits.lower()
    if lower in _FLOAT_NAMES:
        return float(sign + _FLOAT_NAMES[lower])
    if _HEX_OR_OCTAL.fullmatch(digits):
        return float(parse_int(literal))
    try:
        return float(sign + lower.removesuffix("f"))
    except ValueError:
        raise ValueError(f"{shortened(literal, 40)} is not a number") from None


def parse_bool(literal: str) -> bool:
    """Return true/True/t/1 or false/False/f/0; raises ValueError."""
    try:
        return _BOOLS[literal]
    except KeyError:
        raise ValueError(f"{shortened(literal, 40)} is neither true nor false") from None
