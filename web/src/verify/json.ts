// JSON as receipts need it: UTF-8 alone, an integer is not the float of the same value, and no field stands twice.
import { ProofError } from "./bytes";

export class Float {
  constructor(readonly value: number) {}
}
export type Json = null | boolean | bigint | Float | string | Json[] | JsonMap;
export interface JsonMap {
  [name: string]: Json;
}

const DEPTH_MAX = 64;
const NUMBER = /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const TEXT = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const HALF = /\p{Surrogate}/u;
const WORDS: [string, Json][] = [
  ["null", null],
  ["true", true],
  ["false", false],
];

/** The text of bytes; raises ProofError ("receipt") for what is no UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProofError("receipt", "a receipt is UTF-8: these bytes are none; get it again, as the node gave it");
  }
}

/** Raises ProofError ("receipt") for anything else than one value. */
export function parse(text: string): Json {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

class Reader {
  private at = 0;
  constructor(private readonly text: string) {}

  value(depth: number): Json {
    if (depth > DEPTH_MAX) this.fail();
    this.space();
    const first = this.text[this.at];
    if (first === "{") return this.map(depth);
    if (first === "[") return this.list(depth);
    if (first === '"') return this.string();
    for (const [word, value] of WORDS)
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    const [whole, , fraction, exponent] = this.match(NUMBER);
    if (fraction === undefined && exponent === undefined) return BigInt(whole!);
    const value = Number(whole);
    if (!Number.isFinite(value)) this.fail();
    return new Float(value);
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) this.fail();
  }

  private map(depth: number): JsonMap {
    const fields = Object.create(null) as JsonMap;
    this.items("}", () => {
      this.space();
      const name = this.string();
      if (name in fields) throw new ProofError("receipt", `the field ${name} stands twice`);
      this.space();
      if (this.text[this.at++] !== ":") this.fail();
      fields[name] = this.value(depth + 1);
    });
    return fields;
  }

  private list(depth: number): Json[] {
    const items: Json[] = [];
    this.items("]", () => items.push(this.value(depth + 1)));
    return items;
  }

  private items(close: string, item: () => void): void {
    this.at++;
    this.space();
    if (this.text[this.at] === close) {
      this.at++;
      return;
    }
    for (;;) {
      item();
      this.space();
      const next = this.text[this.at++];
      if (next === close) return;
      if (next !== ",") this.fail();
    }
  }

  private string(): string {
    const [whole] = this.match(TEXT);
    let text: string;
    try {
      text = JSON.parse(whole!) as string;
    } catch {
      return this.fail();
    }
    if (HALF.test(text)) throw new ProofError("receipt", "a receipt is UTF-8: a text has half of a surrogate pair");
    return text;
  }

  private match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text) ?? this.fail();
    this.at = pattern.lastIndex;
    return found;
  }

  private space(): void {
    while (" \n\r\t".includes(this.text[this.at] ?? "x")) this.at++;
  }

  private fail(): never {
    throw new ProofError("receipt", `this is no JSON of a receipt, from character ${this.at} on`);
  }
}
