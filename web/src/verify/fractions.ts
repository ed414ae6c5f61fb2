// Exact fractions, as far as bounds need them, and the least float that is not below one.
export class Fraction {
  readonly top: bigint;
  readonly under: bigint;

  constructor(top: bigint, under = 1n) {
    this.top = under < 0n ? -top : top;
    this.under = under < 0n ? -under : under;
  }

  plus(other: Fraction): Fraction {
    return new Fraction(this.top * other.under + other.top * this.under, this.under * other.under);
  }

  times(other: Fraction): Fraction {
    return new Fraction(this.top * other.top, this.under * other.under);
  }

  over(other: Fraction): Fraction {
    return new Fraction(this.top * other.under, this.under * other.top);
  }

  isLess(other: Fraction): boolean {
    return this.top * other.under < other.top * this.under;
  }

  /** The least float64 that is not below the value, which is ≥ 0. */
  roundedUp(): number {
    if (this.top === 0n) return 0;
    const length = (value: bigint): number => value.toString(2).length;
    // So that the quotient has 53 bits or 54, and fewer where numbers have no smaller unit.
    let shift = 53 - (length(this.top) - length(this.under));
    shift = Math.min(shift, 1074);
    let quotient = this.shifted(shift);
    if (length(quotient) > 53) quotient = this.shifted(--shift);
    return scaled(Number(quotient), -shift);
  }

  /** ⌈value · 2^shift⌉. */
  private shifted(shift: number): bigint {
    const top = shift > 0 ? this.top << BigInt(shift) : this.top;
    const under = shift < 0 ? this.under << BigInt(-shift) : this.under;
    return (top + under - 1n) / under;
  }
}

/** value · 2^exponent without an intermediate that overflows or underflows. */
function scaled(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

/** ⌊a / b⌋ for b > 0. */
export function floorDivided(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** The float64 nearest to value · 2^-bits, ties to even. */
export function floatOf(value: bigint, bits: number): number {
  const sign = value < 0n ? -1 : 1;
  const size = value < 0n ? -value : value;
  const spare = size.toString(2).length - 60;
  if (spare <= 0) return sign * scaled(Number(size), -bits);
  // Number() rounds exactly; what is cut off before stays visible in the last bit.
  const kept = size >> BigInt(spare);
  const sticky = size & ((1n << BigInt(spare)) - 1n) ? 1n : 0n;
  return sign * scaled(Number(kept | sticky), spare - bits);
}
