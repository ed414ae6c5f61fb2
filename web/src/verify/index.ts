// The verifier: what the page checks by itself, with nothing from the server but bytes. One file of the bundle.
export { ProofError } from "./bytes";
export { checkBlock, checkParent, headerIn, readHeader, type Header } from "./header";
export { checkLeaves } from "./namespaced";
export { verifyReceipt, type Verified } from "./receipt";
export { filled, hiddenAtLeast, missProbability, randomBelow } from "./sampling";
export { nameOf, namesIn, readShare, readSquare, type Share, type Square, type ToldShare, type ToldSquare } from "./square";
