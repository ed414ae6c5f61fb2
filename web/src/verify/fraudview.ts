// What a proof of fraud shows of a block: pages, leaves and rows, each held to the headers when it is first read.
import { type Bytes, ProofError, bit, compare, concat, equal, require, sha256, utf8 } from "./bytes";
import { type Cbor, decode } from "./cbor";
import type { FocusCertificate, Header } from "./header";
import { type RowValue, decodeRow, verifyAxon } from "./rows";
import { EMPTY, ROW_PREFIX, SIZE_KEY, innerHash, leafHash } from "./state";

export const [PARTICLES, FOCUS, LEADERS, RECORDS, OUTWARD, INWARD, BEFORE] = [0, 1, 2, 3, 4, 5, 6] as const;
export const [GRAPH, STATE, PARENT, EARLIER] = [0, 1, 2, 3] as const;
export const FOCUS_KEY = utf8("/graph/focus");
export const LINKS_A_PAGE = 16;
const [PARTICLES_A_PAGE, VALUES_A_PAGE, LEADERS_A_PAGE, RECORDS_A_PAGE] = [16, 512, 16, 4] as const;
const [LEADERS_MAX, LEADER_BYTES, WORD] = [4096, 40, 8] as const;

/** The coefficients of the operator, over 2³², and what else the rules need of a network's parameters. */
export interface Operator {
  alpha: bigint;
  diffusion: bigint;
  series: bigint[];
  residualLimit: bigint;
  focusInterval: bigint;
  canChange: boolean;
}
export interface Shown {
  head: Bytes;
  pages: Map<string, { content: Bytes; path: Bytes }>;
  leaves: Map<string, { key: Bytes; value: Bytes | null; siblings: Bytes; end: Bytes }>;
  rows: Map<string, Bytes>;
  earlier: Header[];
}
export type Row = { [column: string]: bigint };

/** Nothing is shown. */
export function unproved(why: string): never {
  throw new ProofError("fraud", `nothing is proved against this block: ${why}`);
}
export const placed = (...parts: (number | Bytes)[]): string => parts.map(String).join("|");

export class View {
  readonly mixed: string[];
  readonly filled: string[];
  readonly record: string[];
  readonly summed: string[];
  readonly inward: string[];
  private readonly held = new Set<string>();
  private headHeld: Head | null = null;

  constructor(
    readonly header: Header,
    readonly parent: Header,
    readonly operator: Operator,
    private readonly shown: Shown,
  ) {
    this.mixed = operator.series.slice(1).map((_, at) => `Q${at + 1}`);
    this.filled = ["D", ...this.mixed, "R"];
    this.record = ["outs", "ins", "o", "d", "x", "P", ...this.filled];
    this.summed = ["outs", "ins", "x", ...this.filled, "rise"];
    this.inward = ["weight", "P", ...this.mixed];
  }

  get certificate(): FocusCertificate {
    const { focus, height } = this.header;
    if (focus === null || focus.height !== height) unproved("it carries no focus of its own");
    return focus;
  }
  get count(): number {
    return Number(this.certificate.particles);
  }
  get leaderCount(): number {
    return Math.min(this.count, LEADERS_MAX);
  }
  get head(): Head {
    if (this.headHeld) return this.headHeld;
    const data = this.shown.head;
    const words = 1 + 2 * this.filled.length;
    if (data.length !== WORD * words + 96) unproved("the head of a trace has another length");
    const isOwn = equal(sha256(utf8("focusmesh/trace/1\0"), data), this.certificate.traceRoot);
    if (!isOwn) unproved("this is not the head of its trace");
    const [links, ...pairs] = wordsOf(data.subarray(0, WORD * words));
    const [records, outward, inward] = [0, 1, 2].map((at) => data.subarray(WORD * words + 32 * at, WORD * words + 32 * at + 32));
    this.headHeld = {
      links: Number(links),
      missing: pairs.filter((_, at) => at % 2 === 0),
      leftover: pairs.filter((_, at) => at % 2 === 1),
      roots: { [RECORDS]: records!, [OUTWARD]: outward!, [INWARD]: inward! },
    };
    return this.headHeld;
  }

  pageCount(tree: number): number {
    const pages = (count: number, each: number) => Math.ceil(count / each);
    if (tree === PARTICLES || tree === BEFORE) return pages(this.particles(tree), PARTICLES_A_PAGE);
    if (tree === FOCUS) return pages(this.count, VALUES_A_PAGE);
    if (tree === LEADERS) return pages(this.leaderCount, LEADERS_A_PAGE);
    if (tree === RECORDS) return Math.floor(this.count / RECORDS_A_PAGE) + 1;
    if (tree === OUTWARD || tree === INWARD) return Math.floor(this.head.links / LINKS_A_PAGE) + 1;
    return unproved(`there is no tree ${tree}`);
  }
  pageBytes(tree: number, index: number): number {
    const rest = (count: number, each: number) => Math.min(each, count - index * each);
    if (tree === PARTICLES || tree === BEFORE) return 32 * rest(this.particles(tree), PARTICLES_A_PAGE);
    if (tree === FOCUS) return WORD * rest(this.count, VALUES_A_PAGE);
    if (tree === LEADERS) return LEADER_BYTES * rest(this.leaderCount, LEADERS_A_PAGE);
    if (tree === RECORDS) return WORD * (this.summed.length + this.record.length * rest(this.count, RECORDS_A_PAGE));
    return WORD * (this.linkColumns(tree).length + rest(this.head.links, LINKS_A_PAGE));
  }
  linkColumns(tree: number): string[] {
    return tree === OUTWARD ? this.mixed : this.inward;
  }
  private root(tree: number): Bytes {
    if (tree === BEFORE) return this.focusBefore().particlesRoot;
    const { particlesRoot, leadersRoot } = this.certificate;
    if (tree === PARTICLES) return particlesRoot;
    if (tree === FOCUS) return this.header.focusRoot;
    return tree === LEADERS ? leadersRoot : this.head.roots[tree]!;
  }
  /** A page as it is committed to, whatever its length. */
  content(tree: number, index: number): Bytes {
    const place = placed(tree, index);
    const page = this.shown.pages.get(place);
    if (!page) return unproved(`page ${index} of tree ${tree} is not shown`);
    if (!this.held.has(place)) checkInclusion(page.content, index, this.pageCount(tree), hashesOf(page.path), this.root(tree));
    this.held.add(place);
    return page.content;
  }
  page(tree: number, index: number): Bytes {
    if (index >= this.pageCount(tree)) unproved(`tree ${tree} has no page ${index}`);
    const content = this.content(tree, index);
    if (content.length !== this.pageBytes(tree, index)) unproved(`page ${index} of tree ${tree} has a wrong length: show that`);
    return content;
  }
  particle(rank: number, tree: number = PARTICLES): Bytes {
    if (rank < 0 || rank >= this.particles(tree)) unproved(`there is no particle ${rank}`);
    const at = 32 * (rank % PARTICLES_A_PAGE);
    return this.page(tree, Math.floor(rank / PARTICLES_A_PAGE)).subarray(at, at + 32);
  }
  /** Whether a particle would stand at `at` and does not. */
  lacks(digest: Bytes, at: number): boolean {
    const isAfter = at === 0 || compare(this.particle(at - 1), digest) < 0;
    return isAfter && (at === this.count || compare(digest, this.particle(at)) < 0);
  }
  value(rank: number): bigint {
    this.requireRank(rank);
    const page = this.page(FOCUS, Math.floor(rank / VALUES_A_PAGE));
    return wordsOf(page.subarray(WORD * (rank % VALUES_A_PAGE), WORD * (rank % VALUES_A_PAGE) + WORD))[0]!;
  }
  /** The value of a leader, and its particle. */
  leader(at: number): [bigint, Bytes] {
    if (at < 0 || at >= this.leaderCount) unproved(`there is no leader ${at}`);
    const place = LEADER_BYTES * (at % LEADERS_A_PAGE);
    const entry = this.page(LEADERS, Math.floor(at / LEADERS_A_PAGE)).subarray(place, place + LEADER_BYTES);
    return [new DataView(entry.buffer, entry.byteOffset + 32).getBigUint64(0), entry.subarray(0, 32)];
  }
  /** Sums over all particles before a page, and the records on it. */
  recordPage(index: number): { before: Row; records: Row[] } {
    const words = wordsOf(this.page(RECORDS, index));
    const records: Row[] = [];
    for (let at = this.summed.length; at < words.length; at += this.record.length) records.push(named(this.record, words.slice(at)));
    return { before: named(this.summed, words), records };
  }
  recordOf(rank: number): Row {
    this.requireRank(rank);
    return this.recordPage(Math.floor(rank / RECORDS_A_PAGE)).records[rank % RECORDS_A_PAGE]!;
  }
  /** Where the links of a particle begin and end on a side. */
  row(tree: number, rank: number): [number, number] {
    this.requireRank(rank);
    const column = tree === OUTWARD ? "outs" : "ins";
    const { before, records } = this.recordPage(Math.floor(rank / RECORDS_A_PAGE));
    const at = rank % RECORDS_A_PAGE;
    const first = records.slice(0, at).reduce((sum, record) => sum + record[column]!, before[column]!);
    return [Number(first), Number(first + records[at]![column]!)];
  }
  /** Sums over all links before a page, and the links on it: other end and weight. */
  linkPage(tree: number, index: number): { before: Row; links: [number, bigint][] } {
    const columns = this.linkColumns(tree);
    const words = wordsOf(this.page(tree, index));
    const links = words.slice(columns.length).map((word): [number, bigint] => [Number(word & 0xffffffffn), word >> 32n]);
    return { before: named(columns, words), links };
  }
  link(tree: number, at: number): [number, bigint] {
    if (at < 0 || at >= this.head.links) unproved(`there is no link ${at}`);
    return this.linkPage(tree, Math.floor(at / LINKS_A_PAGE)).links[at % LINKS_A_PAGE]!;
  }
  leaf(state: number, key: Bytes): Bytes | null {
    return this.leafOf(state, key).value;
  }
  siblings(state: number, key: Bytes): Bytes[] {
    return hashesOf(this.leafOf(state, key).siblings);
  }
  keptRow(state: number, source: Bytes): RowValue | null {
    const value = this.leaf(state, concat(ROW_PREFIX, source));
    return value === null ? null : decodeRow(value);
  }
  axon(state: number, source: Bytes, target: Bytes): bigint {
    const value = this.leaf(state, concat(ROW_PREFIX, source));
    if (value === null) return 0n;
    const page = this.shown.rows.get(placed(state, source, target));
    return page ? verifyAxon(value, target, page) : unproved("a row of the state is not shown");
  }
  /** How many particles there are in a state. */
  size(state: number): bigint {
    const value = this.leaf(state, SIZE_KEY);
    if (value === null) return 0n;
    const pair = decode(value, "fraud");
    const isPair = Array.isArray(pair) && pair.length === 2 && pair.every((part: Cbor) => typeof part === "bigint");
    return isPair ? (pair[0] as bigint) : unproved("the size of its graph is no pair");
  }
  private leafOf(state: number, key: Bytes) {
    const leaf = this.shown.leaves.get(placed(state, key));
    if (!leaf) return unproved(`a leaf of state ${state} is not shown`);
    if (!equal(rootAbove(leaf), this.stateRoot(state))) unproved(`a leaf is not so in state ${state}`);
    return leaf;
  }
  private stateRoot(state: number): Bytes {
    if (state === GRAPH) return this.certificate.graphRoot;
    if (state === STATE) return this.header.stateRoot;
    if (state === PARENT) return this.parent.stateRoot;
    return this.shown.earlier[state - EARLIER]?.stateRoot ?? unproved(`state ${state} is of no header that is shown`);
  }
  private particles(tree: number): number {
    return tree === PARTICLES ? this.count : Number(this.focusBefore().particles);
  }
  private focusBefore(): FocusCertificate {
    return this.parent.focus ?? unproved("there is no focus before it");
  }
  private requireRank(rank: number): void {
    if (rank < 0 || rank >= this.count) unproved(`there is no particle ${rank}`);
  }
}

interface Head {
  links: number;
  missing: bigint[];
  leftover: bigint[];
  roots: { [tree: number]: Bytes };
}

/** The root above a node on `path` whose siblings, from the root down, are these. */
export function fold(path: Bytes, siblings: Bytes[], node: Bytes): Bytes {
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth]!;
    node = bit(path, depth) ? innerHash(sibling, node) : innerHash(node, sibling);
  }
  return node;
}
export const leafNode = (path: Bytes, value: Bytes): Bytes => leafHash(concat(path, sha256(value)));

function rootAbove({ key, value, siblings, end }: { key: Bytes; value: Bytes | null; siblings: Bytes; end: Bytes }): Bytes {
  const [path, beside] = [sha256(key), hashesOf(siblings)];
  if (beside.length > 256) unproved("a path has a sibling a bit");
  if (value !== null) {
    if (end.length || !value.length) unproved("a leaf has a value, and nothing is there instead");
    return fold(path, beside, leafNode(path, value));
  }
  if (!end.length) return fold(path, beside, EMPTY);
  const other = end.subarray(0, 32);
  const isAlong = beside.every((_, depth) => bit(other, depth) === bit(path, depth));
  if (end.length !== 64 || equal(other, path) || !isAlong) unproved("the leaf that is there instead cannot be there");
  return fold(path, beside, leafHash(end));
}

/** RFC 9162 §2.1.3.2. */
function checkInclusion(leaf: Bytes, index: number, count: number, path: Bytes[], root: Bytes): void {
  require(index < count, "index", `there is no leaf ${index} among ${count}`);
  let [node, place, last] = [leafHash(leaf), index, count - 1];
  const up = () => ([place, last] = [Math.floor(place / 2), Math.floor(last / 2)]);
  for (const sibling of path) {
    require(last > 0, "path", "a path is too long");
    if (place % 2 || place === last) {
      node = innerHash(sibling, node);
      while (place % 2 === 0) up();
    } else node = innerHash(node, sibling);
    up();
  }
  require(last === 0 && equal(node, root), "root", `leaf ${index} of ${count} is not under its root`);
}

export function hashesOf(data: Bytes): Bytes[] {
  if (data.length % 32) unproved("hashes have 32 bytes");
  return Array.from({ length: data.length / 32 }, (_, at) => data.subarray(32 * at, 32 * at + 32));
}

/** Little-endian words. */
function wordsOf(data: Bytes): bigint[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length: data.length / WORD }, (_, at) => view.getBigUint64(WORD * at, true));
}

const named = (names: string[], words: bigint[]): Row => Object.fromEntries(names.map((name, at) => [name, words[at]!]));
