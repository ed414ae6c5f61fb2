// Asking the server from a component: what is there, what went wrong, whether it is still under way.
import { useEffect, useState } from "preact/hooks";
import { type Name, Problem } from "./api";

export interface Asked<Value> {
  value: Value | null;
  problem: string | null;
  /** HTTP's number of the problem, 0 where the server was not reached. */
  status: number;
  /** Names spelt like one that is not there. */
  close: Name[];
  isWaiting: boolean;
}

/** Asks anew whenever one of `facts` changes; what was there stays until the new answer comes, and while none can. */
export function useAsked<Value>(ask: (signal: AbortSignal) => Promise<Value> | null, facts: unknown[]): Asked<Value> {
  const [asked, setAsked] = useState<Asked<Value>>({ value: null, problem: null, status: 200, close: [], isWaiting: true });
  useEffect(() => {
    const ending = new AbortController();
    const answer = ask(ending.signal);
    if (answer === null) {
      setAsked({ value: null, problem: null, status: 200, close: [], isWaiting: false });
      return () => undefined;
    }
    setAsked((before) => ({ ...before, problem: null, isWaiting: true }));
    answer.then(
      (value) => ending.signal.aborted || setAsked({ value, problem: null, status: 200, close: [], isWaiting: false }),
      (error: Error) => {
        const { status, close } = error instanceof Problem ? error : { status: 0, close: [] };
        if (ending.signal.aborted) return;
        setAsked((before) => ({ value: status ? null : before.value, problem: error.message, status, close, isWaiting: false }));
      },
    );
    return () => ending.abort();
  }, facts);
  return asked;
}
