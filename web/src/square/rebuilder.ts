// Fills a square from the shares that came, a few milliseconds at a time, so that the page stays awake.
import type { BadLine } from "../verify";
import type { Sampler } from "./sampler";

const SLICE_MILLISECONDS = 12;

/** What came of it: a body (null where the shares are coded rightly but hold none), a proof against who made it, or neither. */
export type Outcome =
  | { kind: "whole"; body: Uint8Array | null }
  | { kind: "bad"; line: BadLine; proof: Uint8Array }
  | { kind: "short" };

/** `onPart` hears which part of all rows and columns is done. */
export async function rebuild(sampler: Sampler, onPart: (part: number) => void, signal: AbortSignal): Promise<Outcome | null> {
  const { verifier, square } = sampler;
  const repairing = new verifier.Repairing(square, new Map(sampler.shares));
  const steps = repairing.steps();
  for (let isDone = false; !isDone; ) {
    onPart(repairing.wholeCount / (2 * repairing.size));
    await new Promise((done) => setTimeout(done));
    if (signal.aborted) return null;
    for (const until = performance.now() + SLICE_MILLISECONDS; !isDone && performance.now() < until; ) isDone = steps.next().done!;
  }
  if (repairing.bad) return { kind: "bad", line: repairing.bad, proof: repairing.proof() };
  if (!repairing.isWhole) return { kind: "short" };
  try {
    return { kind: "whole", body: verifier.bodyIn(repairing.own()) };
  } catch (error) {
    if (error instanceof verifier.ProofError) return { kind: "whole", body: null };
    throw error;
  }
}
