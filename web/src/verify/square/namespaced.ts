// Namespaced Merkle trees: every node says which namespaces lie below it (least ns ‖ greatest ns ‖ hash).
import { type Bytes, DIGEST_BYTES, ProofError, compare, concat, equal, sha256 } from "../bytes";

const LEAF = Uint8Array.of(0);
const INNER = Uint8Array.of(1);

/** Leaves `start` … `stop` − 1, and the nodes beside them from left to right. */
export interface LeavesProof {
  start: number;
  stop: number;
  nodes: Bytes[];
}
/** Leaves `low` … `high` − 1 of a tree, and the range of their namespaces. */
export interface Run {
  low: number;
  high: number;
  least: Bytes;
  greatest: Bytes;
}

export function rangeOf(node: Bytes): [Bytes, Bytes] {
  const width = (node.length - DIGEST_BYTES) / 2;
  require(width > 0 && Number.isInteger(width), `${node.length} bytes are no node`);
  return [node.subarray(0, width), node.subarray(width, 2 * width)];
}

/** ns ‖ ns ‖ H(0 ‖ ns ‖ content). */
export const leafNode = (namespace: Bytes, content: Bytes): Bytes =>
  concat(namespace, namespace, sha256(LEAF, namespace, content));

/** What erasure coding added (0xFF…FF) is left out of a range wherever there is anything else. */
export function parentNode(left: Bytes, right: Bytes): Bytes {
  const [least, leftHigh] = rangeOf(left);
  const [rightLow, rightHigh] = rangeOf(right);
  require(compare(rightLow, leftHigh) >= 0, "the namespaces of nodes descend");
  const greatest = isAdded(rightLow) && !isAdded(least) ? leftHigh : rightHigh;
  return concat(least, greatest, sha256(INNER, left, right));
}

export const isAdded = (namespace: Bytes): boolean => namespace.every((byte) => byte === 255);

/**
 * Reads that the leaves, pairs of namespace and content, are those that the proof names in a tree of `count`.
 * Gives what the proof says of all the other leaves; raises ProofError ("namespace").
 */
export function checkLeaves(proof: LeavesProof, root: Bytes, count: number, leaves: [Bytes, Bytes][]): Run[] {
  const { start, stop } = proof;
  require(0 <= start && start < stop && stop <= count, `a tree of ${count} leaves has none from ${start} to ${stop}`);
  require(stop - start === leaves.length, `${leaves.length} leaves are shown for ${stop - start}`);
  const shown = leaves.map(([namespace, content]) => leafNode(namespace, content));
  for (const node of [...proof.nodes, ...shown]) {
    require(node.length === root.length, `a node of this tree has ${root.length} bytes`);
    const [least, greatest] = rangeOf(node);
    require(compare(least, greatest) <= 0, "a node's range of namespaces is empty");
  }
  const runs: Run[] = [];
  const nodeOver = (low: number, high: number): Bytes => {
    if (high <= start || low >= stop) {
      const node = proof.nodes[runs.length];
      require(node !== undefined, "nodes are missing");
      const [least, greatest] = rangeOf(node);
      runs.push({ low, high, least, greatest });
      return node;
    }
    if (high - low === 1) return shown[low - start]!;
    const middle = low + leftOf(high - low);
    return parentNode(nodeOver(low, middle), nodeOver(middle, high));
  };
  require(equal(nodeOver(0, count), root), "the leaves do not lead to the root");
  require(runs.length === proof.nodes.length, "there are more nodes than the tree has beside the leaves");
  return runs;
}

/** The root over a power of two of leaf nodes; raises ProofError ("namespace") where their namespaces descend. */
export function rootNode(leaves: Bytes[]): Bytes {
  let level = leaves;
  while (level.length > 1) level = above(level);
  return level[0]!;
}

/** The nodes beside one of a power of two of leaves, from left to right. */
export function nodesBeside(leaves: Bytes[], leaf: number): Bytes[] {
  const [left, right]: [Bytes[], Bytes[]] = [[], []];
  for (let level = leaves, at = leaf; level.length > 1; level = above(level), at >>= 1)
    if (at % 2) left.unshift(level[at - 1]!);
    else right.push(level[at + 1]!);
  return [...left, ...right];
}

const above = (level: Bytes[]): Bytes[] =>
  Array.from({ length: level.length / 2 }, (_, at) => parentNode(level[2 * at]!, level[2 * at + 1]!));

/** The largest power of two that is less than `count`. */
function leftOf(count: number): number {
  let left = 1;
  while (2 * left < count) left *= 2;
  return left;
}

function require(holds: boolean, what: string): asserts holds {
  if (!holds) throw new ProofError("namespace", `the proof of namespaced leaves does not hold: ${what}`);
}
