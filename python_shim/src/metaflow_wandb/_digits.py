"""Decimal digits of integers beyond what Python's own conversion allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Context, Decimal

# Within the lowest limit that a process can set, which is 640 digits.
_DIRECT_BITS = 2000


def decimal_digits(number: int) -> str:
    """Return an integer in decimal, whatever limit the process has set on `str`."""
    if number.bit_length() <= _DIRECT_BITS:
        return str(number)
    # Only here: few steps hold such integers.
    import decimal

    context = decimal.Context(
        prec=number.bit_length() // 3 + 10,
        Emax=decimal.MAX_EMAX,
        Emin=decimal.MIN_EMIN,
        traps=[decimal.Inexact],
    )
    magnitude = _halved(abs(number), number.bit_length(), context, {})
    return ("-" if number < 0 else "") + str(magnitude)


def _halved(number: int, bits: int, context: Context, powers: dict[int, Decimal]) -> Decimal:
    """Convert by halves: libmpdec multiplies large numbers much faster than it converts them."""
    if bits <= _DIRECT_BITS:
        return context.create_decimal(number)
    low_bits = bits // 2
    if low_bits not in powers:
        powers[low_bits] = context.power(context.create_decimal(2), low_bits)
    high, low = number >> low_bits, number & ((1 << low_bits) - 1)
    upper = context.multiply(_halved(high, bits - low_bits, context, powers), powers[low_bits])
    return context.add(upper, _halved(low, low_bits, context, powers))
