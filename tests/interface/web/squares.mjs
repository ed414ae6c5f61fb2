// Asks the page's own verifier about squares: what it says of shares, of namespaces, of how much chance tells and losses take.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { verifier, cases } = JSON.parse(readFileSync(0, "utf8"));
const { ProofError, filled, missProbability, namesIn, readShare, readSquare } = await import(pathToFileURL(verifier));

const acts = {
  /** Null, or the code of the refusal. */
  share({ square, height, share, row, column }) {
    try {
      readShare(share, readSquare(square, height), row, column);
      return null;
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      return error.code;
    }
  },
  names({ square, height, shares }) {
    const read = readSquare(square, height);
    return namesIn(read, shares.map((share) => readShare(share, read, share.row, share.column)));
  },
  filled: ({ there, width }) => filled(there, width),
  missed: ({ width, count }) => missProbability(width, count),
};

console.log(JSON.stringify(cases.map(([act, what]) => acts[act](what))));
