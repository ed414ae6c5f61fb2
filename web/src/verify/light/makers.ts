// Keys that make blocks one at a time: who may, what they signed, and the block by which they hand over to validators.
// The same rules as focusmesh.kernel.light.solo and .handover in Python.
import { type Bytes, DIGEST_BYTES, ProofError, concat, digest, equal, fromHex, require, signedBy, toHex, utf8 } from "../bytes";
import { type Cbor, decode, encode } from "../cbor";
import { BLOCK_DOMAIN, type Header } from "../header";
import { provedValues } from "../ics23";
import { parametersProved, rulesOf } from "./rules";
import { headerFrom } from "../square/square";

const SOLO = "solo";
const KEY_PREFIX = utf8("/kv/key/");
const ROTATION_BYTES_MAX = 1 << 16;

/** A header as it travels, in hexadecimal, as the routes of a server give it. */
export interface ShownHeader {
  header: string;
  proof: string;
  rotation: string;
  decision: string;
  /** The proof of parameters that changed with this block; servers of before there was any leave it out. */
  parameters?: string;
}

/** The keys in a canonical array of them; raises ProofError ("electorate"). */
export function readProposers(data: Bytes): Bytes[] {
  const keys = decode(data, "electorate");
  const isRight = Array.isArray(keys) && keys.every((key) => key instanceof Uint8Array && key.length === DIGEST_BYTES);
  require(isRight, "electorate", "proposers come in an array of keys");
  return keys as Bytes[];
}

/** The keys that may make the block after a state, proved under its root, as headers commit to them. Raises ProofError ("rotation"). */
export function provedProposers(rotation: Bytes, root: Bytes, parameters: Bytes): Bytes {
  require(rotation.length <= ROTATION_BYTES_MAX, "rotation", `a proof of proposers has ${rotation.length} bytes`);
  const { version, proposers } = decode(parameters, "parameters") as { [name: string]: Cbor };
  const neurons = readProposers(encode(proposers ?? []));
  if (version === 1n) return encode(neurons);
  try {
    const get = provedValues(rotation, root);
    return encode(neurons.map((neuron) => keyHolder(get, neuron)));
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    throw new ProofError("rotation", `the proposers are not proved: ${error.message}`);
  }
}

/** The key that signs for a neuron: a leaf is the key after it, and the first of the chain, whose leaf has the newest. */
function keyHolder(get: (key: Bytes) => Bytes | null, neuron: Bytes): Bytes {
  const leaf = get(concat(KEY_PREFIX, neuron));
  if (leaf === null) return neuron;
  return (get(concat(KEY_PREFIX, leaf.slice(DIGEST_BYTES))) ?? leaf).slice(0, DIGEST_BYTES);
}

/** That one of these keys, an array as headers commit to it, made and signed the header. Raises ProofError. */
export function checkSigned(header: Header, proof: string, makers: Bytes): void {
  const may = readProposers(makers).some((key) => equal(key, header.proposer));
  require(may, "proposer", `${toHex(header.proposer)} may not make block ${header.height}`);
  checkProof(header, proof);
}

function checkProof(header: Header, proof: string): void {
  const isSigned = signedBy(header.proposer, BLOCK_DOMAIN, header.id, fromHex("the proof", proof, 64, "proof"));
  require(isSigned, "proof", `block ${header.height} is not signed by its proposer`);
}

/** Whether a header that one of these keys made names others than keys for the next block. */
export const handsOver = (header: Header, makers: Bytes): boolean =>
  header.version >= 2n && header.engine === SOLO && header.endsEpoch && !equal(header.validatorsHash, digest(makers));

/**
 * That a key signed a block though it had handed over, or two blocks of one height. `behind`: the first block of the
 * validators, which proves who decides. Raises ProofError ("fork") where these prove nothing.
 */
export function checkStray(network: Bytes, handover: ShownHeader, behind: ShownHeader, stray: ShownHeader): void {
  const [last, header] = [handover, stray].map((shown) => headerFrom(hexOf(shown.header))) as [Header, Header];
  const isOther = header.height === last.height && !equal(header.id, last.id);
  const isProof = isOther || (givesAway(last, behind) && header.height > last.height && header.epoch <= last.epoch + 1n);
  const isOfOne = equal(last.proposer, header.proposer) && [last, header].every((each) => equal(each.network, network) && each.engine === SOLO);
  require(isProof && isOfOne, "fork", "this proves nothing against a key");
  checkProof(last, handover.proof);
  checkProof(header, stray.proof);
}

/** Whether validators decide behind the last block of an epoch, as is proved under its state root. */
function givesAway(last: Header, behind: ShownHeader): boolean {
  const parameters = hexOf(parametersProved(behind.parameters ?? "", last.stateRoot));
  return last.endsEpoch && rulesOf(parameters, { ...last, paramsHash: digest(parameters) }).hasDecisions;
}

const hexOf = (text: string): Bytes => fromHex("a header", text, Math.floor(text.length / 2), "header");
