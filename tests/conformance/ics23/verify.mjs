// Reads [{proof, root, key, value}] in hex from standard input and prints what @confio/ics23 says about each proof.
// A case without a value is one of absence.
import { readFileSync } from "node:fs";
import confio from "@confio/ics23";

const { ics23, verifyExistence, verifyNonExistence } = confio;
const bytes = (text) => Uint8Array.from(Buffer.from(text, "hex"));

// The package's own smtSpec, which it does not export by name.
const spec = {
  leafSpec: {
    hash: ics23.HashOp.SHA256,
    prehashKey: ics23.HashOp.NO_HASH,
    prehashValue: ics23.HashOp.SHA256,
    length: ics23.LengthOp.NO_PREFIX,
    prefix: Uint8Array.from([0]),
  },
  innerSpec: {
    childOrder: [0, 1],
    childSize: 32,
    minPrefixLength: 1,
    maxPrefixLength: 1,
    emptyChild: new Uint8Array(32),
    hash: ics23.HashOp.SHA256,
  },
  maxDepth: 256,
};

function holds({ proof, root, key, value }) {
  try {
    const decoded = ics23.CommitmentProof.decode(bytes(proof));
    if (value === null) {
      verifyNonExistence(decoded.nonexist, spec, bytes(root), bytes(key));
    } else {
      verifyExistence(decoded.exist, spec, bytes(root), bytes(key), bytes(value));
    }
    return true;
  } catch {
    return false;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(holds)));
