// The verifier: what the page checks by itself, with nothing from the server but bytes. One file of the bundle.
export { ProofError } from "./bytes";
export { checkBlock, checkParent, headerIn, readHeader, type Header } from "./header";
export { verifyReceipt, type Verified } from "./receipt";
