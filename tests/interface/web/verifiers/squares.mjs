// Asks the page's own verifier about squares: what it says of shares and lines, of how much
// chance tells, and what it gives back of a part of them.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { verifier, cases } = JSON.parse(readFileSync(0, "utf8"));
const { ProofError, Repairing, bodyIn, filled, missProbability, namesIn, readLine, readShare, readSquare } = await import(pathToFileURL(verifier));

/** What it gives, or the code of the refusal. */
function refused(check) {
  try {
    return check() ?? null;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return error.code;
  }
}

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const bytes = (text) => Uint8Array.from(Buffer.from(text, "hex"));

const acts = {
  share: ({ square, height, share, row, column }) =>
    refused(() => void readShare(share, readSquare(square, height), row, column)),
  line: ({ square, height, told, axis, line }) => refused(() => void readLine(told, readSquare(square, height), axis, line)),
  names({ square, height, shares }) {
    const read = readSquare(square, height);
    return namesIn(read, shares.map((share) => readShare(share, read, share.row, share.column)));
  },
  filled: ({ there, width }) => filled(there, width),
  missed: ({ width, count }) => missProbability(width, count),
  /** Of shares that come with proofs and of whole lines. */
  repair({ square, height, shares, lines }) {
    const read = readSquare(square, height);
    const found = new Map();
    const keep = (share) => found.set(share.row * 2 * read.width + share.column, share);
    for (const line of lines) readLine(line, read, line.axis, line.line).forEach(keep);
    for (const share of shares) keep(readShare(share, read, share.row, share.column));
    const repairing = new Repairing(read, found);
    let steps = 0;
    for (const _ of repairing.steps()) steps++;
    return {
      steps,
      bad: repairing.bad && [repairing.bad.axis, repairing.bad.index],
      proof: repairing.bad && hex(repairing.proof()),
      known: [...repairing.known],
      whole: [[...repairing.whole.row], [...repairing.whole.column]],
      shares: repairing.isWhole ? hex(repairing.shares) : null,
      body: repairing.isWhole ? refused(() => hex(bodyIn(repairing.own()))) : null,
    };
  },
  body: ({ own }) => refused(() => hex(bodyIn(bytes(own)))),
};

console.log(JSON.stringify(cases.map(([act, what]) => acts[act](what))));
