// GF(2⁸) in the Cantor basis of the Leopard library, where the polynomials that vanish on subspaces are shifts.
// Source: Lin, Al-Naffouri, Han, Chung, "Novel Polynomial Basis with Fast Fourier Transform", IEEE Trans. IT 62 (2016).
export const ORDER = 256;
const UNITS = ORDER - 1;
const POLYNOMIAL = 0x11d;
const BASIS = [1, 214, 152, 146, 86, 200, 88, 230];

/** Powers of the generator, and which power a byte is (that of 0 has no meaning). */
const EXPONENTIAL = new Uint8Array(UNITS);
const LOGARITHM = new Uint8Array(ORDER);
/** For each byte the products with every other one. */
export const PRODUCTS: Uint8Array[] = [];

const byteOf = new Uint8Array(ORDER);
for (let byte = 0; byte < ORDER; byte++)
  byteOf[BASIS.reduce((sum, element, bit) => ((byte >> bit) & 1 ? sum ^ element : sum), 0)] = byte;
for (let power = 0, element = 1; power < UNITS; power++) {
  EXPONENTIAL[power] = byteOf[element]!;
  LOGARITHM[EXPONENTIAL[power]!] = power;
  element <<= 1;
  if (element >= ORDER) element ^= POLYNOMIAL;
}
for (let one = 0; one < ORDER; one++)
  PRODUCTS.push(Uint8Array.from({ length: ORDER }, (_, other) => (one && other ? power(LOGARITHM[one]! + LOGARITHM[other]!) : 0)));

function power(exponent: number): number {
  return EXPONENTIAL[exponent % UNITS]!;
}

/**
 * What e, the polynomial that vanishes at the missing points, is at each point; at a missing one it is the derivative
 * of e, which is the product over the other ones.
 */
export function locators(missing: ArrayLike<boolean | number>): Uint8Array {
  const found = new Uint8Array(missing.length);
  for (let point = 0; point < missing.length; point++) {
    let exponent = 0;
    for (let other = 0; other < missing.length; other++)
      if (missing[other] && other !== point) exponent += LOGARITHM[point ^ other]!;
    found[point] = power(exponent);
  }
  return found;
}

/** 1 / value of a byte other than 0. */
export const inverse = (value: number): number => power(UNITS - LOGARITHM[value]!);
