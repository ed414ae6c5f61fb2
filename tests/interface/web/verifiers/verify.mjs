// Asks the page's own verifier, as it is built: receipts and headers in, for each null or the code of the refusal out.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { verifier, cases } = JSON.parse(readFileSync(0, "utf8"));
const { ProofError, checkBlock, readHeader, verifyReceipt } = await import(pathToFileURL(verifier));

function refusal({ receipt, bytes, header, id, proof }) {
  try {
    const read = readHeader(header);
    if (id !== undefined) checkBlock(read, id, proof);
    else verifyReceipt(bytes === undefined ? receipt : Buffer.from(bytes, "base64"), read);
    return null;
  } catch (error) {
    if (!(error instanceof ProofError)) throw error;
    return error.code;
  }
}

console.log(JSON.stringify(cases.map(refusal)));
