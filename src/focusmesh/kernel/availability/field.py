"""GF(2⁸) in a Cantor basis, in which the polynomials that vanish on subspaces are shifts.

The field is GF(2)[x] / (x⁸ + x⁴ + x³ + x² + 1). A byte stands for Σ β_j over its set bits j, where the basis β is
chosen so that β_j² + β_j = β_(j−1) and β_0 = 1. For W_0(x) = x, W_(d+1) = W_d² + W_d that makes W_d vanish on the bytes
below 2^d, be 1 on the byte 2^d, and be x >> d on every byte x; each has the derivative 1. Source: Lin, Al-Naffouri,
Han, Chung, "Novel Polynomial Basis with Fast Fourier Transform and Its Application to Reed–Solomon Erasure Codes",
IEEE Transactions on Information Theory 62 (2016); the basis is the one that the Leopard library uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from focusmesh.engine.support.arrays import ByteArray, OffsetArray

ORDER = 256
_UNITS = ORDER - 1
"""Units: every element but 0, the powers of a generator."""
_POLYNOMIAL = 0x11D
_BASIS = (1, 214, 152, 146, 86, 200, 88, 230)


def _tables() -> tuple[ByteArray, OffsetArray]:
    elements = np.zeros(ORDER, dtype=np.int64)
    for bit, basis in enumerate(_BASIS):
        elements ^= np.where(np.arange(ORDER) >> bit & 1, basis, 0)
    byte_of = np.argsort(elements)
    exponential: ByteArray = np.empty(_UNITS, dtype=np.uint8)
    element = 1
    for power in range(_UNITS):
        exponential[power] = byte_of[element]
        element <<= 1
        if element >= ORDER:
            element ^= _POLYNOMIAL
    logarithm = np.zeros(ORDER, dtype=np.int64)
    logarithm[exponential] = np.arange(_UNITS)
    return exponential, logarithm


EXPONENTIAL, LOGARITHM = _tables()
"""uint8 (255,) powers of the generator; int64 (256,) which power a byte is (that of 0 has no meaning)."""


def _products() -> ByteArray:
    made: ByteArray = EXPONENTIAL[(LOGARITHM[:, None] + LOGARITHM[None, :]) % _UNITS]
    made[0, :] = made[:, 0] = 0
    return made


PRODUCTS = _products()
"""uint8 (256, 256): the product of two bytes."""


def locators(missing: ByteArray) -> ByteArray:
    """uint8 (lines, points): what e, the polynomial that vanishes at the missing points, is at each point.

    ``missing`` is uint8 0 or 1 (lines, points ≤ 256), of at most ORDER points. At a missing point it is the derivative
    of e, which is the product over the other ones. O(lines · points²).
    """
    points = np.arange(missing.shape[1])
    between = LOGARITHM[points[:, None] ^ points[None, :]]
    # Sums of 256 logarithms are whole numbers that float32 has.
    powers = missing.astype(np.float32) @ between.astype(np.float32)
    found: ByteArray = EXPONENTIAL[powers.astype(np.int64) % _UNITS]
    return found


def inverses(values: ByteArray) -> ByteArray:
    """1 / value of bytes other than 0."""
    found: ByteArray = EXPONENTIAL[-LOGARITHM[values] % _UNITS]
    return found
