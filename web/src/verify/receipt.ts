// Receipts: answers of a ledger with the proof that they follow from a block, checked from its header alone.
import { type Bytes, compare, concat, digest, equal, fromBase64, fromHex, require, ProofError, signedBy, toHex, utf8 } from "./bytes";
import { Anchors, Body, SHARE } from "./body";
import { type Cbor, encode, encodeJson } from "./cbor";
import { SCORE_BITS, standing } from "./context";
import { floatOf } from "./fractions";
import { type FocusCertificate, type Header, asMap } from "./header";
import { provedValue } from "./ics23";
import { Float, type Json, type JsonMap, parse, textOf } from "./json";
import { verifyAxon, verifyLink } from "./rows";
import { ROW_PREFIX } from "./state";
import { BodyReader } from "./wire";

const RECEIPT_DOMAIN = "focusmesh/receipt/1\0";
const FIELDS =
  "block_id body body_digest height kind network node parameters proof query result result_digest signature state_root version";

/** What a receipt says, once it is known to hold. */
export interface Verified {
  kind: string;
  proof: string;
  height: number;
  blockId: string;
  node: string;
  /** False for an answer by re-execution, of which only the digests and the signature are checked here. */
  isProved: boolean;
  bodyBytes: number;
}

/** Raises ProofError with a code unless the receipt, a text or its bytes, holds in the block with this header. */
export function verifyReceipt(given: string | Bytes, header: Header): Verified {
  const receipt = asMap(parse(typeof given === "string" ? given : textOf(given)), "a receipt");
  const names = Object.keys(receipt).sort().join(" ");
  require(names === FIELDS, "receipt", "this is no receipt: it has other fields");
  require(receipt.version === 1n, "receipt", "this is no receipt of version 1");
  checkBlockOf(receipt, header);
  checkSignature(receipt);
  const answered = encode([receipt.query, receipt.parameters, receipt.result] as Cbor[]);
  const isWhole = equal(digest(answered), fromHex("result_digest", receipt.result_digest));
  require(isWhole, "result", "query, parameters and result have another digest");
  const [kind, proof] = [String(receipt.kind), String(receipt.proof)];
  const checks: { [name: string]: (receipt: JsonMap, header: Header, body: Bytes) => void } = {
    "rank pages": checkRank,
    "link row": checkLink,
    "context rows": checkContext,
    "context re-execution": () => undefined,
  };
  const check = checks[`${kind} ${proof}`];
  if (check === undefined) throw new ProofError("receipt", `no ${kind} is proved by ${proof}`);
  const body = bodyOf(receipt);
  check(receipt, header, body);
  return {
    kind,
    proof,
    height: Number(header.height),
    blockId: toHex(header.id),
    node: String(receipt.node),
    isProved: proof !== "re-execution",
    bodyBytes: body.length,
  };
}

function checkBlockOf(receipt: JsonMap, header: Header): void {
  const isOwn =
    receipt.height === header.height &&
    equal(fromHex("network", receipt.network), header.network) &&
    equal(fromHex("block_id", receipt.block_id), header.id) &&
    equal(fromHex("state_root", receipt.state_root), header.stateRoot);
  require(isOwn, "block", `the receipt is of another block than ${toHex(header.id).slice(0, 16)}…`);
}

function checkSignature(receipt: JsonMap): void {
  const { signature, ...fields } = receipt;
  const said = digest(encodeJson(fields as JsonMap));
  const node = fromHex("node", receipt.node);
  const isSigned = signedBy(node, RECEIPT_DOMAIN, said, fromHex("signature", signature, 64));
  require(isSigned, "signature", `node ${toHex(node).slice(0, 16)}… did not sign this receipt`);
}

function bodyOf(receipt: JsonMap): Bytes {
  require(typeof receipt.body === "string", "receipt", "the body is no text");
  const body = fromBase64(receipt.body);
  require(equal(digest(body), fromHex("body_digest", receipt.body_digest)), "body", "the body has another digest");
  return body;
}

function certificateOf(header: Header): FocusCertificate {
  const certificate = header.focus;
  const isOwn = certificate !== null && certificate.height === header.height;
  require(isOwn, "focus", `block ${header.height} carries no focus of its own graph`);
  return certificate!;
}

function anchored(header: Header, data: Bytes, stated: JsonMap): [Body, Anchors] {
  const certificate = certificateOf(header);
  const reader = new BodyReader(data);
  const body = new Body(reader, Number(certificate.particles));
  const anchors = new Anchors(header, certificate, body);
  const { alpha, diffusion, series } = anchors.operator;
  const isOwn =
    stated.alpha === alpha &&
    stated.diffusion === diffusion &&
    Array.isArray(stated.series) &&
    stated.series.length === series.length &&
    stated.series.every((share, at) => share === series[at]);
  require(isOwn, "parameters", "the network ranks with other coefficients");
  anchors.check(body, reader);
  return [body, anchors];
}

function checkRank(receipt: JsonMap, header: Header, data: Bytes): void {
  const stated = only(receipt.parameters, "parameters", ["alpha", "diffusion", "series"]);
  const [body, anchors] = anchored(header, data, stated);
  const query = asMap(receipt.query, "the query");
  const result = only(receipt.result, "result", ["items", "bound"]);
  const values = body.values();
  checkItems(
    result.items,
    rankedParticles(query, body).map((at): [Bytes, number] => {
      const value = values.get(at);
      if (value === undefined) throw new ProofError("values", "the value of a particle is not shown");
      return [body.digests[at]!, floatOf(value, 63)];
    }),
  );
  const bound = anchors.slack().roundedUp();
  require(numberOf(result.bound) === bound, "result", `the bound is ${bound}`);
}

/** Indices of the particles that a ranking is to list, in its order. */
function rankedParticles(query: JsonMap, body: Body): number[] {
  const { top, particles } = query;
  const names = Object.keys(query);
  require(names.length === 1, "query", "a ranking is asked for its top, or for particles");
  if (typeof top === "bigint") {
    require(top >= 1n && top <= BigInt(body.particleCount), "query", `top = ${top} cannot be asked`);
    require(top <= BigInt(body.leaders.length), "values", "fewer leaders are shown than asked for");
    return body.leaders.slice(0, Number(top)).map(([at]) => at);
  }
  const isList = Array.isArray(particles) && particles.length > 0;
  require(isList, "query", "no particle is asked for");
  const wanted = (particles as Json[]).map((particle) => fromHex("a particle", particle));
  const rises = wanted.every((one, at) => at === 0 || compare(wanted[at - 1]!, one) < 0);
  require(rises, "query", "particles are to rise, each there once");
  return wanted.map((one) => body.indexOf(one));
}

function checkContext(receipt: JsonMap, header: Header, data: Bytes): void {
  const stated = only(receipt.parameters, "parameters", ["alpha", "diffusion", "series", "beta"]);
  const [body, anchors] = anchored(header, data, stated);
  const query = only(receipt.query, "query", ["seeds", "k"]);
  const result = only(receipt.result, "result", ["items", "bound", "settled", "vector"]);
  const k = typeof query.k === "bigint" ? Number(query.k) : 0;
  require(k >= 1 && k <= body.particleCount, "query", `k = ${k} cannot be asked`);
  const isKnown = result.vector === "plain" || result.vector === "prior";
  require(isKnown, "result", "no vector has this name");
  const beta = shareOf(stated.beta, "parameters");
  const found = standing(body, sharesOf(query.seeds, body), k, beta, anchors, result.vector === "prior");
  checkItems(
    result.items,
    found.best.map(([at, score]) => [body.digests[at]!, floatOf(score, SCORE_BITS)]),
  );
  const isSame = numberOf(result.bound) === found.bound.roundedUp() && result.settled === found.settled;
  require(isSame, "result", `the bound is ${found.bound.roundedUp()}, settled: ${found.settled}`);
}

function sharesOf(seeds: Json | undefined, body: Body): Map<number, bigint> {
  require(Array.isArray(seeds) && seeds.length > 0, "query", "a context has no seed");
  const listed = (seeds as Json[]).map((seed) => {
    const { particle, share } = only(seed, "query", ["particle", "share"]);
    return { particle: fromHex("a seed", particle), share: shareOf(share, "query") };
  });
  const rises = listed.every(({ particle }, at) => at === 0 || compare(listed[at - 1]!.particle, particle) < 0);
  const total = listed.reduce((sum, { share }) => sum + share, 0n);
  const fits = rises && total === SHARE && listed.every(({ share }) => share > 0n);
  require(fits, "query", "shares of seeds are multiples of 2^-32 that add up to 1, of seeds that rise");
  return new Map(
    listed.map(({ particle, share }) => {
      const at = body.indexOf(particle);
      require(at >= 0, "particles", "a seed is not shown to be a particle");
      return [at, share];
    }),
  );
}

/** A share of one over 2³². */
function shareOf(value: Json | undefined, code: string): bigint {
  const share = (numberOf(value) ?? -1) * Number(SHARE);
  require(Number.isInteger(share) && share >= 0 && share <= Number(SHARE), code, "a share is no multiple of 2^-32");
  return BigInt(share);
}

function checkItems(claimed: Json | undefined, proved: [Bytes, number][]): void {
  require(Array.isArray(claimed), "result", "the result lists no items");
  const items = claimed as Json[];
  items.forEach((item, at) => {
    const fields = asMap(item, "an item");
    const extra = Object.keys(fields).filter((name) => !["particle", "score", "name"].includes(name));
    require(!extra.length, "receipt", "an item has other fields");
    const own = proved[at];
    const isSame = own !== undefined && fields.particle === toHex(own[0]) && numberOf(fields.score) === own[1];
    require(isSame, "result", `${String(fields.particle).slice(0, 16)}… does not stand there with this score`);
    checkName(own![0], fields.name);
  });
  require(items.length === proved.length, "result", `${items.length} particles are listed, ${proved.length} are asked`);
}

function checkName(particle: Bytes, name: Json | undefined): void {
  if (name === undefined || name === null) return;
  const isOwn = typeof name === "string" && equal(digest(utf8(name)), particle);
  require(isOwn, "name", "a particle is not the digest of the name that it has here");
}

function checkLink(receipt: JsonMap, header: Header, data: Bytes): void {
  const query = only(receipt.query, "query", ["source", "target", "neuron", "relation"]);
  const isPlain = Object.keys(asMap(receipt.parameters, "the parameters")).length === 0;
  require(isPlain, "parameters", "links are asked for without parameters");
  require((query.neuron === null) === (query.relation === null), "query", "a link has a neuron and a relation");
  const [source, target] = [fromHex("source", query.source), fromHex("target", query.target)];
  const reader = new BodyReader(data);
  const [proof, page] = [reader.block(), reader.block()];
  reader.end();
  const value = provedValue(proof, concat(ROW_PREFIX, source), header.stateRoot);
  const shown = shownLink(query, value, target, page);
  const result = asMap(receipt.result, "the result");
  const isSame = (["present", "weight", "amount", "height"] as const).every((name) => result[name] === shown[name]);
  require(isSame, "result", "the row says something else of this link");
  const names = result.names === undefined ? {} : asMap(result.names, "the names");
  for (const [role, name] of Object.entries(names)) {
    const isRole = ["source", "target", "relation"].includes(role) && typeof query[role] === "string";
    require(isRole, "name", `a link has no ${role}`);
    checkName(fromHex(role, query[role]), name);
  }
}

function shownLink(query: JsonMap, value: Bytes | null, target: Bytes, page: Bytes): JsonMap {
  const absent = { present: false, weight: null, amount: null, height: null };
  if (value === null) {
    require(page.length === 0, "body", "a row that is absent has a page");
    return absent;
  }
  if (query.neuron === null) {
    const weight = verifyAxon(value, target, page);
    return weight ? { ...absent, present: true, weight } : absent;
  }
  const key = concat(target, fromHex("relation", query.relation), fromHex("neuron", query.neuron));
  const found = verifyLink(value, key, page);
  return found === null ? absent : { ...absent, present: true, amount: found[0], height: found[1] };
}

/** The fields of an object that has these and no others; raises ProofError ("receipt"). */
function only(value: Json | undefined, what: string, names: string[]): JsonMap {
  const fields = asMap(value, `the ${what}`);
  const isSame = Object.keys(fields).sort().join() === [...names].sort().join();
  require(isSame, "receipt", `the ${what} of this receipt has other fields`);
  return fields;
}

function numberOf(value: Json | undefined): number | null {
  if (value instanceof Float) return value.value;
  return typeof value === "bigint" ? Number(value) : null;
}

