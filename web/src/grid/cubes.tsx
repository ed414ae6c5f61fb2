// The cubes in words: every one with its state and κ, in a list that keys alone can use.
import { useRef } from "preact/hooks";
import * as format from "../format";
import type { Cube } from "./api";

export interface Kind {
  name: string;
  number: number;
}
/** Where κ is held. */
const SET_POINT = 0.6;
const LISTED_AT_ONCE = 500;

interface Props {
  cubes: Cube[];
  chosen: string | null;
  isWaiting: boolean;
  onChoose: (name: string) => void;
}

export function CubeList({ cubes, chosen, isWaiting, onChoose }: Props) {
  const list = useRef<HTMLOListElement>(null);
  const step = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const buttons = [...list.current!.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement as HTMLButtonElement) + by];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
  return (
    <section class="results" aria-labelledby="cubes-title" aria-busy={isWaiting}>
      <header class="pane-head">
        <h2 id="cubes-title">Cubes</h2>
        {cubes.length > LISTED_AT_ONCE && <span class="quiet">the first {format.count(LISTED_AT_ONCE)}</span>}
      </header>
      {!isWaiting && !cubes.length && <p class="empty">No cubes stand in this array yet.</p>}
      <ol ref={list} class="rows" onKeyDown={step}>
        {cubes.slice(0, LISTED_AT_ONCE).map((cube) => (
          <li key={cube.name}>
            <button type="button" class="row cube-row" aria-current={cube.name === chosen} onClick={() => onChoose(cube.name)}>
              <State state={cube.state} />
              <span class="what">
                <span class="name" dir="auto">
                  {cube.name}
                </span>
                <span class="snippet">
                  {cube.template} · {cube.at.join(", ")}
                </span>
                <Kappa value={cube.kappa} />
              </span>
              <span class="score">κ {cube.kappa.toFixed(2)}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** A bar from 0 to 1 with the set-point on it. */
export function Kappa({ value }: { value: number }) {
  const share = Math.max(0, Math.min(1, value));
  return (
    <span class="bar" aria-hidden="true">
      <span class="bar-fill kappa-fill" style={{ width: `${100 * share}%` }} />
      <span class="kappa-point" style={{ left: `${100 * SET_POINT}%` }} />
    </span>
  );
}

const TONES: { [state: string]: string } = { Execute: "live", Aborted: "lost", Aborting: "lost" };

/** The state of a cube as a dot; its name is beside it for who does not see colours. */
export function State({ state, isSaid = false }: { state: string; isSaid?: boolean }) {
  return (
    <span class="state" title={state}>
      <span class={`pulse ${TONES[state] ?? ""}`} aria-hidden="true" />
      <span class={isSaid ? "" : "unseen"}>{state}</span>
    </span>
  );
}
