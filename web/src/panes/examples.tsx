// Questions for a reader who has asked none yet, made of the graph's own names and links.
import { useState } from "preact/hooks";
import type { Status } from "../api";
import { label } from "../format";
import { type Shown, keyOf } from "../graph/model";
import { Chips } from "./chips";

const KEY = "focusmesh-asked";
const NAME_LETTERS = 40;
const TOP = 12;

/** Whether this browser has asked this server anything before. */
function hasAsked(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

/** Remembers that the reader knows how to ask. */
export function keepAsked(): void {
  try {
    localStorage.setItem(KEY, "yes");
  } catch {
    // A browser that keeps nothing shows the examples again, no more.
  }
}

export function Examples({ shown, status, onAsk }: { shown: Shown; status: Status; onAsk: (question: string) => void }) {
  const [isNew] = useState(() => !hasAsked());
  const questions = isNew ? questionsOf(shown) : [];
  if (!questions.length) return null;
  return <Chips title={status.has_texts ? "Ask in words, for example" : "Ask for names, for example"} names={questions} onChoose={(question) => onAsk(String(question))} />;
}

/** Up to three: a name, two names that a link joins, and what stands in a relation to something. */
export function questionsOf(shown: Shown): string[] {
  const names = shown
    .mapNodes((key, { name, score, isAnswer }) => ({ key, name, score, isAnswer }))
    .filter(({ name, isAnswer }) => isAnswer && isSaid(name))
    .sort((one, other) => other.score - one.score)
    .slice(0, TOP);
  const [first, ...rest] = names.map(({ name }) => String(name));
  if (first === undefined) return [];
  const high = new Set(names.map(({ key }) => key));
  const isHigh = (key: string) => high.has(key) && key !== first;
  const links = shown.mapEdges((_, { relation }, source, target) => ({ relation, source, target }));
  const pair = links.find(({ source, target }) => isHigh(source) && isHigh(target));
  const told = links.find(
    ({ relation, source, target }) => /^\p{L}[\p{L} ]{1,24}$/u.test(relation) && high.has(target) && keyOf(source) !== pair?.source,
  );
  const both = pair ? `${pair.source} and ${pair.target}` : rest[0];
  return [...new Set([first, both, told && `what ${told.relation} ${told.target}?`].filter((one) => one !== undefined))];
}

/** Numbers and digests are names that nobody asks for. */
const isSaid = (name: string | number): boolean =>
  typeof name === "string" && name.length <= NAME_LETTERS && label(name) === name && /\p{L}{2}/u.test(name);
