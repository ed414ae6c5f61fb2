// The verifier: what the page checks by itself, with nothing from the server but bytes. One file of the bundle.
export { ProofError, digest, equal, toHex } from "./bytes";
export { type Decision, type ValidatorSet, readDecision, readValidatorSet } from "./light/decision";
export { verifyFraud } from "./fraud";
export { checkBlock, checkParent, headerIn, readHeader, type Header } from "./header";
export { LightChain, type Trust } from "./light/chain";
export { checkStray, type ShownHeader } from "./light/makers";
export { parametersProved } from "./light/rules";
export { checkLeaves } from "./square/namespaced";
export { nameOf } from "./square/namespaces";
export { bodyIn } from "./square/parts";
export { verifyReceipt, type Verified } from "./receipt";
export { type BadLine, Repairing } from "./square/repairing";
export { filled, hiddenAtLeast, missProbability, randomBelow } from "./square/sampling";
export { type Axis, headerFrom, namesIn, readLine, readShare, readSquare, type Share, type Square, type ToldLine, type ToldShare, type ToldSquare } from "./square/square";
