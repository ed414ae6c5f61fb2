// Proofs of fraud: that a block's focus breaks a rule, shown by two headers and a few pages. As focusmesh.kernel.fraud.
import { type Bytes, ProofError, compare, concat, digest, equal, number, sha256, utf8 } from "./bytes";
import { type Cbor, decode, encode } from "./cbor";
import {
  BEFORE,
  FOCUS_KEY,
  GRAPH,
  INWARD,
  LINKS_A_PAGE,
  OUTWARD,
  type Operator,
  PARENT,
  RECORDS,
  type Row,
  STATE,
  type Shown,
  View,
  fold,
  leafNode,
  placed,
  unproved,
} from "./fraudview";
import type { Header } from "./header";
import { headerFrom } from "./square/square";
import { EMPTY } from "./state";

const ONE = 1n << 63n;
const SCALE = 1n << 32n;
const FRAUD_BYTES_MAX = 1 << 18;
type Place = number | Bytes;
/** How a rule is broken, null where it is not. */
type Broken = string | null;

/** What is wrong with the block of `header`: the rule and how it is broken. Raises ProofError ("fraud") where nothing is shown. */
export function verifyFraud(proof: Bytes, header: Header, parent: Header, parameters: Bytes): { kind: string; what: string } {
  try {
    const [block, kind, at, shown] = read(proof, parent);
    const isOf = equal(block, header.id) && equal(header.parent, parent.id);
    if (!isOf) unproved("it is of another block, or of another parent");
    const rule = RULES[kind];
    if (!rule) return unproved(`there is no rule ${kind}`);
    const [takes, check] = rule;
    const kinds = at.map((place) => (typeof place === "number" ? "n" : "b")).join("");
    if (kinds !== takes) unproved(`rule ${kind} takes other places`);
    const what = check(new View(header, parent, operatorOf(parameters), shown), ...at);
    return what === null ? unproved(`rule ${kind} is not broken there`) : { kind, what };
  } catch (error) {
    if (error instanceof ProofError || error instanceof RangeError) return unproved(error.message);
    throw error;
  }
}

function read(proof: Bytes, parent: Header): [Bytes, string, Place[], Shown] {
  if (proof.length > FRAUD_BYTES_MAX) unproved("it is too long");
  const parts = list(decode(proof, "fraud"), 8);
  const [block, kind, at, head, pages, leaves, rows, headers] = parts;
  if (typeof kind !== "string") return unproved("it names no rule");
  const shown: Shown = { head: bytes(head), pages: new Map(), leaves: new Map(), rows: new Map(), earlier: [] };
  for (const page of list(pages)) {
    const [tree, index, content, path] = list(page, 4);
    shown.pages.set(placed(small(tree), small(index)), { content: bytes(content), path: bytes(path) });
  }
  for (const leaf of list(leaves)) {
    const [state, key, value, siblings, end] = list(leaf, 5);
    const held = { key: bytes(key), value: value === null ? null : bytes(value), siblings: bytes(siblings), end: bytes(end) };
    shown.leaves.set(placed(small(state), held.key), held);
  }
  for (const row of list(rows)) {
    const [state, source, target, page] = list(row, 4);
    shown.rows.set(placed(small(state), bytes(source), bytes(target)), bytes(page));
  }
  for (const data of list(headers)) {
    const header = headerFrom(bytes(data));
    if (!equal(header.id, (shown.earlier.at(-1) ?? parent).parent)) unproved("a header is not of the block before");
    shown.earlier.push(header);
  }
  const places = list(at).map((place) => (place instanceof Uint8Array ? place : small(place)));
  return [bytes(block), kind, places, shown];
}

function operatorOf(parameters: Bytes): Operator {
  const fields = decode(parameters, "parameters") as { [name: string]: Cbor };
  const { alpha, diffusion, series, residual_limit: residualLimit, focus_interval: focusInterval, version } = fields;
  if (!(typeof version === "bigint" && version >= 4n)) unproved("blocks of its network commit to no trace");
  return { alpha, diffusion, series, residualLimit, focusInterval, canChange: version >= 5n } as unknown as Operator;
}

const RULES: { [kind: string]: [string, (view: View, ...at: any[]) => Broken] } = {
  certificate: ["", certificate],
  none: ["", none],
  entry: ["", (view) => told(equal(view.leaf(STATE, FOCUS_KEY) ?? EMPTY, focusEntry(view)), "the state has another certificate than the header")],
  graph: ["b", graph],
  size: ["", (view) => told(view.size(GRAPH) === BigInt(view.count), `it ranks ${view.count} particles of another number`)],
  form: ["nn", form],
  order: ["n", (view, at: number) => told(compare(view.particle(at), view.particle(at + 1)) < 0, `particles ${at} and ${at + 1} do not rise`)],
  source: ["nbn", source],
  target: ["nbbn", target],
  "left-out": ["nn", (view, index: number, at: number) => told(!view.lacks(view.particle(index, BEFORE), at), "a particle was ranked and is not")],
  row: ["n", row],
  link: ["nn", link],
  rising: ["nnn", rising],
  inlink: ["nnn", inlink],
  counts: ["", counts],
  degree: ["n", degree],
  bounds: ["n", bounds],
  value: ["n", (view, rank: number) => told(view.recordOf(rank).x === view.value(rank), `x of particle ${rank} is not its entry of the vector`)],
  begin: ["n", begin],
  sums: ["nnn", sums],
  total: ["n", total],
  spread: ["n", spread],
  stage: ["nn", stage],
  "leader-value": ["nn", leaderValue],
  "leader-unknown": ["nn", (view, at: number, place: number) => told(!view.lacks(view.leader(at)[1], place), `leader ${at} is no particle`)],
  "leader-order": ["n", (view, at: number) => told(leads(view.leader(at), view.leader(at + 1)), `leaders ${at} and ${at + 1} are not in order`)],
  "leader-missing": ["nn", leaderMissing],
};

function told(isRight: boolean, what: string): Broken {
  return isRight ? null : what;
}

/** The digest of the operator and the limit, as certificates have it. */
function operatorHash({ alpha, diffusion, residualLimit, series }: Operator): Bytes {
  const words = [alpha, diffusion, residualLimit, ...series].map((word) => number(word));
  return digest(concat(utf8("focusmesh/focus/1\0"), ...words));
}

/** Whether a block carries a focus: each of so many does, and the first one under another operator. */
function isTurn({ header, parent, operator }: View): boolean {
  if (!(header.height % operator.focusInterval)) return true;
  const last = parent.focus;
  if (!operator.canChange || last === null) return false;
  return !equal(last.paramsHash, operatorHash(operator)) || !last.traceRoot.some(Boolean);
}

function certificate(view: View): Broken {
  const { header, parent, operator } = view;
  const own = header.focus;
  const before = parent.focus;
  if (!isTurn(view)) {
    const same = equal(encode(own?.fields ?? null), encode(before?.fields ?? null)) && equal(header.focusRoot, parent.focusRoot);
    return told(same, "it has another focus out of turn");
  }
  if (own === null) return told(before === null, "it carries no focus, its parent does");
  const { residualLimit } = operator;
  const isRight =
    own.height === header.height &&
    own.particles > 0n &&
    own.limit === residualLimit &&
    own.rise <= residualLimit &&
    equal(own.paramsHash, operatorHash(operator)) &&
    own.traceRoot.some(Boolean);
  return told(isRight, "its certificate cannot be");
}

function none(view: View): Broken {
  if (view.header.focus !== null || !isTurn(view)) return null;
  return told(view.size(STATE) === 0n, "it carries no focus of its particles");
}

const focusEntry = (view: View): Bytes => encode({ ...(view.certificate.fields as { [name: string]: Cbor }), focus_root: view.header.focusRoot });

function graph(view: View, beside: Bytes): Broken {
  const { graphRoot } = view.certificate;
  const before = view.leaf(PARENT, FOCUS_KEY);
  if (view.leaf(STATE, FOCUS_KEY) === null) unproved("its state has no focus");
  const [siblings, path] = [view.siblings(STATE, FOCUS_KEY), sha256(FOCUS_KEY)];
  const root = before === null ? without(path, siblings, beside) : fold(path, siblings, leafNode(path, before));
  return told(equal(root, graphRoot), "its graph root is not that of its state without the focus");
}

/** The root without the leaf at `path`: a leaf beside it rises as far as it is alone. */
function without(path: Bytes, siblings: Bytes[], beside: Bytes): Bytes {
  const last = siblings.at(-1);
  if (!last) return EMPTY;
  if (equal(last, sha256(Uint8Array.of(0), beside))) {
    let kept = siblings.slice(0, -1);
    while (kept.length && equal(kept.at(-1)!, EMPTY)) kept = kept.slice(0, -1);
    return fold(path, kept, last);
  }
  if (equal(last, sha256(Uint8Array.of(1), beside))) return fold(path, siblings, EMPTY);
  return unproved("what lies beside the focus in the state is not shown");
}

function form(view: View, tree: number, index: number): Broken {
  if (index >= view.pageCount(tree) || tree === BEFORE) unproved(`it has no page ${index} of tree ${tree}`);
  return told(view.content(tree, index).length === view.pageBytes(tree, index), `page ${index} of tree ${tree} is no page`);
}

function source(view: View, state: number, particle: Bytes, at: number): Broken {
  requireKnown(state, particle);
  return told(view.keptRow(state, particle) === null || !view.lacks(particle, at), "a particle has links and is not ranked");
}

function target(view: View, state: number, origin: Bytes, particle: Bytes, at: number): Broken {
  requireKnown(state, particle);
  return told(view.axon(state, origin, particle) === 0n || !view.lacks(particle, at), "a particle is linked to and is not ranked");
}

function requireKnown(state: number, particle: Bytes): void {
  if (state === STATE) unproved("rows are shown in the state before the focus was written");
  if (particle.length !== 32) unproved("a particle has 32 bytes");
}

function row(view: View, rank: number): Broken {
  const record = view.recordOf(rank);
  const kept = view.keptRow(GRAPH, view.particle(rank));
  const isRight = record.outs === (kept?.axons ?? 0n) && record.o === (kept?.total ?? 0n);
  return told(isRight, `the record of particle ${rank} is not that of its row`);
}

function link(view: View, at: number, rank: number): Broken {
  requireInRow(view, OUTWARD, at, rank);
  const [end, weight] = view.link(OUTWARD, at);
  if (end >= view.count) return `link ${at} ends at no particle`;
  return told(view.axon(GRAPH, view.particle(rank), view.particle(end)) === weight, `link ${at} has another weight in the state`);
}

function rising(view: View, tree: number, at: number, rank: number): Broken {
  if (tree !== OUTWARD && tree !== INWARD) unproved(`tree ${tree} has no links`);
  requireInRow(view, tree, at, rank);
  requireInRow(view, tree, at + 1, rank);
  return told(view.link(tree, at)[0] < view.link(tree, at + 1)[0], `links ${at} and ${at + 1} do not rise`);
}

function inlink(view: View, at: number, rank: number, place: number): Broken {
  requireInRow(view, INWARD, at, rank);
  const [end, weight] = view.link(INWARD, at);
  if (end >= view.count) return `inward link ${at} begins at no particle`;
  const [first, stop] = view.row(OUTWARD, end);
  if (place < first || place > stop) unproved(`place ${place} is not in the row of particle ${end}`);
  if (place > first && view.link(OUTWARD, place - 1)[0] >= rank) unproved("the link may stand before");
  if (place < stop) {
    const there = view.link(OUTWARD, place);
    if (there[0] < rank) unproved("the link may stand behind");
    if (there[0] === rank && there[1] === weight) return null;
  }
  return `inward link ${at} is not among the links of its source`;
}

function counts(view: View): Broken {
  const page = view.recordPage(view.pageCount(RECORDS) - 1);
  const wrong = ["outs", "ins"].find((column) => summed(page, column) !== BigInt(view.head.links));
  return told(!wrong, `${wrong} do not add up to all links`);
}

function degree(view: View, rank: number): Broken {
  const record = view.recordOf(rank);
  return told(record.d === record.o! + rowSum(view, INWARD, "weight", rank), `the links of particle ${rank} weigh another sum`);
}

function bounds(view: View, rank: number): Broken {
  const entry = view.value(rank);
  const least = (view.operator.alpha * view.operator.diffusion * teleport(rank, view.count)) >> 64n;
  return told(least <= entry && entry <= ONE, `entry ${rank} is out of bounds`);
}

function begin(view: View, tree: number): Broken {
  if (tree !== RECORDS && tree !== OUTWARD && tree !== INWARD) return unproved(`tree ${tree} has no sums`);
  const { before } = tree === RECORDS ? view.recordPage(0) : view.linkPage(tree, 0);
  return told(Object.values(before).every((sum) => sum === 0n), "sums do not begin with 0");
}

function sums(view: View, tree: number, index: number, column: number): Broken {
  if (index >= view.pageCount(tree) - 1) unproved(`tree ${tree} has no pages ${index} and ${index + 1}`);
  if (tree === RECORDS) {
    const name = nameAt(view.summed, column);
    return told(summed(view.recordPage(index), name) === view.recordPage(index + 1).before[name], `${name} does not add up`);
  }
  if (tree !== OUTWARD && tree !== INWARD) return unproved(`tree ${tree} has no sums`);
  const name = nameAt(view.linkColumns(tree), column);
  const first = index * LINKS_A_PAGE;
  const there = view.linkPage(tree, index).before[name]! + spanSum(view, tree, name, first, first + LINKS_A_PAGE);
  return told(there === view.linkPage(tree, index + 1).before[name], `${name} does not add up`);
}

function total(view: View, column: number): Broken {
  const name = nameAt(view.summed, column);
  if (name === "outs" || name === "ins") unproved("links are counted by another rule");
  const there = summed(view.recordPage(view.pageCount(RECORDS) - 1), name);
  return told(there === (name === "rise" ? view.certificate.rise : ONE), `${name} adds up to ${there}`);
}

function spread(view: View, at: number): Broken {
  const name = nameAt(view.filled, at);
  const [missing, count] = [view.head.missing[at]!, BigInt(view.count)];
  const [level, lowest] = [ONE / count, ONE % count];
  const spread = lowest * ((missing * (level + 1n)) / ONE) + (count - lowest) * ((missing * level) / ONE);
  return told(missing <= ONE && view.head.leftover[at] === missing - spread, `${name} is filled with another mass`);
}

function stage(view: View, column: number, rank: number): Broken {
  const name = nameAt(["P", ...view.filled], column);
  const made = name === "P" ? rowSum(view, INWARD, "P", rank) : mixedAt(view, name, rank) + filledAt(view, column - 1, rank);
  return told(view.recordOf(rank)[name] === made, `${name} of particle ${rank} is ${made}`);
}

function filledAt(view: View, at: number, rank: number): bigint {
  const [missing, leftover] = [view.head.missing[at]!, view.head.leftover[at]!];
  return (missing * teleport(rank, view.count)) / ONE + (BigInt(rank) < leftover ? 1n : 0n);
}

/** An entry before it is filled up. */
function mixedAt(view: View, name: string, rank: number): bigint {
  const record = view.recordOf(rank);
  const { alpha, diffusion, series } = view.operator;
  if (name === "D") return (record.P! * (SCALE - alpha)) / SCALE;
  if (name === "R") {
    const lanes = ["x", ...view.mixed];
    return lanes.reduce((sum, lane, at) => sum + (record[lane]! * series[at]!) / SCALE, (record.D! * diffusion) / SCALE);
  }
  if (!record.d) return record[laneBefore(name)]!;
  return rowSum(view, INWARD, name, rank) + rowSum(view, OUTWARD, name, rank);
}

function leaderValue(view: View, at: number, rank: number): Broken {
  const [value, particle] = view.leader(at);
  return told(!equal(particle, view.particle(rank)) || value === view.value(rank), `leader ${at} has another value than its particle`);
}

function leaderMissing(view: View, rank: number, at: number): Broken {
  const own: [bigint, Bytes] = [view.value(rank), view.particle(rank)];
  const isMissing = leads(own, view.leader(at)) && (at === 0 || leads(view.leader(at - 1), own));
  return told(!isMissing, `particle ${rank} should lead at ${at}`);
}

/** Whether one stands before another: by falling value, then by particle. */
const leads = (one: [bigint, Bytes], other: [bigint, Bytes]): boolean =>
  one[0] > other[0] || (one[0] === other[0] && compare(one[1], other[1]) < 0);

const laneBefore = (name: string): string => (name === "Q1" ? "x" : `Q${Number(name.slice(1)) - 1}`);
const amount = (record: Row, name: string): bigint => (name !== "rise" ? record[name]! : record.R! > record.x! ? record.R! - record.x! : 0n);
const summed = ({ before, records }: { before: Row; records: Row[] }, name: string): bigint =>
  records.reduce((sum, record) => sum + amount(record, name), before[name]!);

function teleport(rank: number, count: number): bigint {
  const all = BigInt(count);
  return ONE / all + (BigInt(rank) < ONE % all ? 1n : 0n);
}

/** What arrives at a particle over the links of a side. */
function rowSum(view: View, tree: number, column: string, rank: number): bigint {
  const [first, stop] = view.row(tree, rank);
  if (stop - first <= LINKS_A_PAGE) return spanSum(view, tree, column, first, stop);
  return sumBefore(view, tree, column, stop) - sumBefore(view, tree, column, first);
}

function spanSum(view: View, tree: number, column: string, first: number, stop: number): bigint {
  let sum = 0n;
  for (let at = first; at < stop; at++) {
    const [end, weight] = view.link(tree, at);
    if (column === "weight") sum += weight;
    else {
      const sender = view.recordOf(end);
      sum += column === "P" ? carried(sender.x!, sender.o!, weight) : carried(sender[laneBefore(column)]!, sender.d!, weight);
    }
  }
  return sum;
}

function sumBefore(view: View, tree: number, column: string, at: number): bigint {
  const [page, place] = [Math.floor(at / LINKS_A_PAGE), at % LINKS_A_PAGE];
  if (page >= view.pageCount(tree)) unproved(`there is no link ${at}`);
  const isLast = page + 1 === view.pageCount(tree);
  if (place <= LINKS_A_PAGE / 2 || isLast) return view.linkPage(tree, page).before[column]! + spanSum(view, tree, column, at - place, at);
  return view.linkPage(tree, page + 1).before[column]! - spanSum(view, tree, column, at, at - place + LINKS_A_PAGE);
}

/** What a source of this mass and total of weights sends over a link. */
function carried(mass: bigint, total: bigint, weight: bigint): bigint {
  if (!total) return 0n;
  let left = 32n - BigInt(total.toString(2).length);
  let scaled = left >= 0n ? total << left : -(-total >> -left);
  if (scaled >= SCALE) [scaled, left] = [scaled >> 1n, left - 1n];
  return (((mass << 31n) / scaled) * weight) >> (31n - left);
}

function requireInRow(view: View, tree: number, at: number, rank: number): void {
  const [first, stop] = view.row(tree, rank);
  if (at < first || at >= stop) unproved(`link ${at} is not of particle ${rank}`);
}

const nameAt = (names: string[], at: number): string => names[at] ?? unproved(`there is no column ${at}`);
const bytes = (value: Cbor | undefined): Bytes => (value instanceof Uint8Array ? value : unproved("a part of it is no bytes"));
const small = (value: Cbor | undefined): number =>
  typeof value === "bigint" && value >= 0n && value < 1n << 53n ? Number(value) : unproved("a part of it is no place");
function list(value: Cbor | undefined, length?: number): Cbor[] {
  const isRight = Array.isArray(value) && (length === undefined || value.length === length);
  return isRight ? value : unproved("it has other parts");
}
