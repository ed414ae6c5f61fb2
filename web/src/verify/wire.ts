// Bodies of proofs, read: numbers, digests and runs of rising indices, each with one spelling.
import { type Bytes, DIGEST_BYTES, ProofError, require } from "./bytes";

const NUMBER_BYTES_MAX = 10;

export class BodyReader {
  private at = 0;
  constructor(private readonly data: Bytes) {}

  raw(count: number): Bytes {
    const taken = this.data.subarray(this.at, this.at + count);
    require(taken.length === count, "body", `the body ends within ${count} bytes from byte ${this.at}`);
    this.at += count;
    return taken;
  }

  digest(): Bytes {
    return this.raw(DIGEST_BYTES);
  }

  block(): Bytes {
    return this.raw(this.count());
  }

  /** An integer ≥ 0 below 2⁷⁰. */
  number(): bigint {
    let value = 0n;
    for (let place = 0; place < NUMBER_BYTES_MAX; place++) {
      const byte = this.raw(1)[0]!;
      value |= BigInt(byte & 0x7f) << BigInt(7 * place);
      if (byte < 0x80) {
        if (byte === 0 && place) break;
        return value;
      }
    }
    throw new ProofError("body", `a number before byte ${this.at} is not in its shortest form`);
  }

  /** How many things follow, none of which takes less than a byte. */
  count(): number {
    const value = this.number();
    require(
      value <= BigInt(this.data.length - this.at),
      "body",
      `${value} things are announced at byte ${this.at}, too many`,
    );
    return Number(value);
  }

  /** `count` integers that rise strictly, all below `below`. */
  rising(count: number, below: number): number[] {
    const values: number[] = [];
    let last = -1n;
    for (let index = 0; index < count; index++) {
      last += this.number() + 1n;
      values.push(Number(last));
    }
    require(last < BigInt(below), "body", `index ${last} before byte ${this.at} is not below ${below}`);
    return values;
  }

  end(): void {
    const left = this.data.length - this.at;
    require(left === 0, "body", `${left} bytes follow the body`);
  }
}
