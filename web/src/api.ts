// The one place that knows the server's routes. Every answer says of which moment it is (root, height).
import type { Header } from "./verify";

export type Name = string | number;
export interface Answer {
  root: string;
  height: number | null;
}
export interface Status extends Answer {
  kind: "graph" | "ledger";
  name: string;
  particles: number;
  links: number;
  axons: number;
  relations: Name[];
  has_texts: boolean;
  network: string | null;
  time: number | null;
  tip: number | null;
  can_prove: boolean;
  version: string;
}
export interface Item {
  rank: number;
  particle: Name;
  score: number;
  separated?: boolean;
  /** Of what was recalled: what the list is ordered by. */
  value?: number;
  relevance?: number | null;
  text?: string;
}
export interface Ranking extends Answer {
  particles?: number;
  bound: number;
  items: Item[];
  cursor?: string | null;
}
export interface Recalled extends Ranking {
  question: string | null;
  entries: { particle: Name; share: number }[];
}
export interface Particle extends Answer {
  particle: Name;
  cid: string | null;
  text: string;
  score: number | null;
  bound: number | null;
  rank: number | null;
  links_out: number;
  links_in: number;
}
export interface LinkRow {
  source: Name;
  target: Name;
  weight: number;
  relation: Name | null;
  author: Name | null;
  time: number | null;
  score: number | null;
}
export interface LinkPage extends Answer {
  items: LinkRow[];
  cursor: string | null;
}
export interface Walk {
  particles: Name[];
  directions: string[];
  relations: Name[][];
  share: number;
}
export interface Explanation extends Answer {
  target: Name;
  seeds: Name[];
  score: number;
  bound: number;
  background: number;
  remainder: number;
  proven: boolean;
  items: Walk[];
}
export interface BlockSummary {
  height: number;
  id: string;
  time: number;
  proposer: string;
  state_root: string;
  signals: number;
  particles: number | null;
  bytes: number;
}
export interface BlockPage extends Answer {
  items: BlockSummary[];
  cursor: string | null;
}
export interface Pin {
  id: string;
  data_root: string;
  price: number;
  proofs: number;
  until: number;
  keeper: string;
  paid: number;
  missed: number;
  is_due: boolean;
  is_over: boolean;
}
export interface PinPage extends Answer {
  items: Pin[];
  cursor: string | null;
}
export interface PlacedSignal {
  id: string;
  code: string;
  fee: number;
  neuron: string | null;
  nonce: number | null;
  operations: string[];
  message: string;
  promise?: string | null;
}
export interface Block {
  height: number;
  id: string;
  header: { [name: string]: unknown };
  proof: string;
  signals: PlacedSignal[];
}

/** What the server says went wrong (problem+json), or that it cannot be reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Names spelt like one that is not there. */
    readonly close: Name[] = [],
  ) {
    super(message);
  }
}

const KEY = "focusmesh-api-key";

/** Keeps the key that the server wants, until the tab is closed. */
export const keepKey = (key: string): void => sessionStorage.setItem(KEY, key);

export const heldKey = (): string | null => sessionStorage.getItem(KEY);

type Query = { [name: string]: Name | null | undefined | Name[] };
const LIMIT_MAX = 1000;
/** Of a question that found nothing: words so long are looked up, so many of them, for so many names. */
const NEAR_LETTERS = 3;
const NEAR_WORDS = 5;
const NEAR_MAX = 6;

function address(path: string, query: Query): string {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== null && one !== undefined) told.append(name, String(one));
  const text = told.toString();
  return `v1/${path}${text && "?"}${text}`;
}

/** The text of an answer of the routes under /v1; raises Problem. */
export async function asked(path: string, query: Query, signal?: AbortSignal): Promise<string> {
  const bytes = await (await sent(address(path, query), { signal })).arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem(0, "The answer is no UTF-8: something between this page and the server has changed it.");
  }
}

/** The same for answers that are bytes. */
export async function askedBytes(path: string, query: Query, signal?: AbortSignal): Promise<ArrayBuffer> {
  return (await sent(address(path, query), { signal }, "application/octet-stream")).arrayBuffer();
}

/** What is answered to something that is told. */
export async function told(path: string, content: object): Promise<string> {
  const told = { method: "POST", body: JSON.stringify(content), headers: { "content-type": "application/json" } };
  return (await sent(address(path, {}), told)).text();
}

async function sent(where: string, how: RequestInit, accept = "application/json"): Promise<Response> {
  let response: Response;
  const key = heldKey();
  const headers = { ...how.headers, accept, ...(key ? { authorization: `Bearer ${key}` } : {}) };
  try {
    response = await fetch(where, { ...how, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "The server does not answer. Is it still running?");
  }
  if (response.ok) return response;
  const text = await response.text();
  let told: { detail?: string; close?: Name[] } = {};
  try {
    told = JSON.parse(text) as typeof told;
  } catch {
    // Not from the server itself: a proxy's page says nothing that a reader could use.
  }
  throw new Problem(response.status, told.detail ?? response.statusText, told.close);
}

/** The answers as of one block, the newest where `at` is null. */
export class Api {
  constructor(readonly at: number | null) {}

  status(): Promise<Status> {
    return this.get("status", {});
  }

  rank(top: number, cursor?: string | null, signal?: AbortSignal): Promise<Ranking> {
    return this.get("rank", { top, cursor }, signal);
  }

  recall(question: string, top: number, signal?: AbortSignal): Promise<Recalled> {
    return this.get("recall", { question, top }, signal);
  }

  context(from: Name[], top: number, signal?: AbortSignal): Promise<Ranking> {
    return this.get("context", { seed: from, top }, signal);
  }

  particle(name: Name, signal?: AbortSignal): Promise<Particle> {
    return this.get("particle", { particle: name }, signal);
  }

  /** Names spelt like words of a question that found nothing. */
  async near(question: string, signal?: AbortSignal): Promise<Name[]> {
    const words = question.split(/\s+/).filter((word) => word.length >= NEAR_LETTERS);
    const asked = [...new Set([question.trim(), ...words])].slice(0, NEAR_WORDS);
    const found = await Promise.all(asked.map((word) => this.closeTo(word, signal)));
    return [...new Set(found.flat())].slice(0, NEAR_MAX);
  }

  private async closeTo(word: string, signal?: AbortSignal): Promise<Name[]> {
    try {
      return [(await this.particle(word, signal)).particle];
    } catch (error) {
      if (error instanceof Problem) return error.close;
      throw error;
    }
  }

  links(name: Name, direction: "out" | "in", limit: number, cursor?: string | null): Promise<LinkPage> {
    return this.get("links", { particle: name, direction, limit, cursor });
  }

  async allLinks(count: number): Promise<LinkRow[]> {
    const rows: LinkRow[] = [];
    let cursor: string | null = null;
    do {
      const page: LinkPage = await this.get("links", { limit: Math.min(LIMIT_MAX, count), cursor });
      rows.push(...page.items);
      cursor = page.cursor;
    } while (cursor !== null && rows.length < count);
    return rows;
  }

  explain(name: Name, from: Name[], signal?: AbortSignal): Promise<Explanation> {
    return this.get("explain", { target: name, from, walks: 6 }, signal);
  }

  blocks(limit: number, cursor?: string | null): Promise<BlockPage> {
    return this.ask("blocks", { limit, cursor });
  }

  /** A block, and its header with every digit of its numbers, as verification needs it. */
  async block(height: number): Promise<{ block: Block; header: Header }> {
    const [text, { headerIn }] = await Promise.all([asked(`blocks/${height}`, {}), import("./verify")]);
    return { block: JSON.parse(text) as Block, header: headerIn(text) };
  }

  /** Pins of one block's data, or of all. */
  pins(limit: number, dataRoot: string | null, cursor?: string | null, signal?: AbortSignal): Promise<PinPage> {
    return this.ask("pins", { limit, data_root: dataRoot, cursor }, signal);
  }

  /** The roots of a block's square with its header, and one of its shares with its proof: texts for the verifier. */
  square(height: number, signal?: AbortSignal): Promise<string> {
    return asked(`blocks/${height}/square`, {}, signal);
  }

  share(height: number, row: number, column: number, signal?: AbortSignal): Promise<string> {
    return asked(`blocks/${height}/square/${row}/${column}`, { axis: "row" }, signal);
  }

  /** All shares of one of its rows. */
  row(height: number, row: number, signal?: AbortSignal): Promise<string> {
    return asked(`blocks/${height}/square/lines/${row}`, { axis: "row" }, signal);
  }

  rankReceipt(wanted: { top?: number; particle?: Name }): Promise<string> {
    return asked("receipts/rank", { ...wanted, at: this.at });
  }

  linkReceipt(link: { source: Name; target: Name; relation?: Name | null; neuron?: Name | null }): Promise<string> {
    return asked("receipts/link", { ...link, at: this.at });
  }

  contextReceipt(from: Name[], top: number): Promise<string> {
    return asked("receipts/context", { seed: from, top, at: this.at });
  }

  private get<Kind>(path: string, query: Query, signal?: AbortSignal): Promise<Kind> {
    return this.ask(path, { ...query, at: this.at }, signal);
  }

  private async ask<Kind>(path: string, query: Query, signal?: AbortSignal): Promise<Kind> {
    return JSON.parse(await asked(path, query, signal)) as Kind;
  }
}
