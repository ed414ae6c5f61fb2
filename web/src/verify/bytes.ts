// Bytes and hashes. Nothing here needs a secure context, so that a page served over plain HTTP verifies too.
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256 as noble256, sha512 } from "@noble/hashes/sha2.js";
import * as ed25519 from "@noble/ed25519";

ed25519.hashes.sha512 = sha512;

export const DIGEST_BYTES = 32;
export type Bytes = Uint8Array;

/** Why a proof does not hold: a code of the ledger's errors, and what was found. */
export class ProofError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function require(holds: boolean, code: string, message: string): asserts holds {
  if (!holds) throw new ProofError(code, message);
}

export const sha256 = (...parts: Bytes[]): Bytes => noble256(concat(...parts));
export const digest = (data: Bytes): Bytes => blake3(data);
export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

export function signedBy(key: Bytes, domain: string, message: Bytes, signature: Bytes): boolean {
  try {
    return ed25519.verify(signature, concat(utf8(domain), message), key, { zip215: false });
  } catch {
    return false;
  }
}

export function concat(...parts: Bytes[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function compare(one: Bytes, other: Bytes): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const apart = one[at]! - other[at]!;
    if (apart) return apart;
  }
  return one.length - other.length;
}

export const equal = (one: Bytes, other: Bytes): boolean => compare(one, other) === 0;

export const toHex = (data: Bytes): string =>
  Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** What a letter of hexadecimal stands for; 255 for any other. */
const NIBBLES = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(code));
  return value < 0 ? 255 : value;
});

/** The bytes of lower-case hexadecimal of a fixed length. */
export function fromHex(what: string, text: unknown, byteCount = DIGEST_BYTES, code = "receipt"): Bytes {
  const hex = typeof text === "string" && text.length === 2 * byteCount ? text : "";
  const data = new Uint8Array(byteCount);
  let isHex = hex.length === 2 * byteCount;
  for (let at = 0; isHex && at < byteCount; at++) {
    const [high, low] = [NIBBLES[hex.charCodeAt(2 * at)] ?? 255, NIBBLES[hex.charCodeAt(2 * at + 1)] ?? 255];
    isHex = high < 16 && low < 16;
    data[at] = (high << 4) | low;
  }
  require(isHex, code, `${what} is not ${byteCount} bytes in hexadecimal`);
  return data;
}

/** Big-endian, 8 bytes unless told. */
export function number(value: bigint, byteCount = 8): Bytes {
  const data = new Uint8Array(byteCount);
  for (let at = byteCount - 1; at >= 0; at--, value >>= 8n) data[at] = Number(value & 255n);
  return data;
}

export function readNumber(data: Bytes): bigint {
  let value = 0n;
  for (const byte of data) value = (value << 8n) | BigInt(byte);
  return value;
}

/** Base64 in its one spelling. */
export function fromBase64(text: string): Bytes {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new ProofError("body", "the body is no base64");
  }
  require(btoa(binary) === text, "body", "the body is not in the one spelling of base64");
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
}

/** Whether bit `depth` (the highest first) is set. */
export const bit = (data: Bytes, depth: number): boolean =>
  Boolean((data[depth >> 3] ?? 0) & (0x80 >> (depth & 7)));
