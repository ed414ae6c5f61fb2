// Asks the page's own verifier about proofs of fraud: the rule that each shows to be broken, null where it shows nothing.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { verifier, cases } = JSON.parse(readFileSync(0, "utf8"));
const { ProofError, headerFrom, verifyFraud } = await import(pathToFileURL(verifier));
const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));

function shows({ proof, header, parent, parameters }) {
  try {
    return verifyFraud(bytes(proof), headerFrom(bytes(header)), headerFrom(bytes(parent)), bytes(parameters)).kind;
  } catch (error) {
    if (!(error instanceof ProofError) || error.code !== "fraud") throw error;
    return null;
  }
}

console.log(JSON.stringify(cases.map(shows)));
