// Asks the page's own light client, as it is built: what it takes and refuses of the cases that Python's is held to.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { verifier, cases } = JSON.parse(readFileSync(0, "utf8"));
const { LightChain, ProofError, checkStray } = await import(pathToFileURL(verifier));

function outcome({ trust, now, act, headers, beside }) {
  let chain = null;
  const height = () => (chain === null ? null : Number(chain.header.height));
  try {
    chain = new LightChain(trust);
    if (act === "take") chain.take(headers, now);
    else if (act === "jump") chain.jump(headers[0], now, headers[1]);
    else if (act === "stray") checkStray(chain.header.network, ...headers);
    else chain.past(headers);
    return { code: null, height: height(), ...(beside && { stray: chain.hasStray(beside) }) };
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return { code: error.code, height: height() };
  }
}

console.log(JSON.stringify(cases.map(outcome)));
