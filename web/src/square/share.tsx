// One share: where it lies, what came of it, what is in it.
import type { Findings } from "./findings";
import { ASKED, MISSING, type Sampler, TAKEN } from "./sampler";

const HEAD_BYTES = 30;
const SHOWN_BYTES = 4;

interface Props {
  sampler: Sampler;
  findings: Findings;
  place: number;
  onTake: (place: number) => void;
}

export function ShareFacts({ sampler, findings, place, onTake }: Props) {
  const share = sampler.shares.get(place);
  const state = sampler.states[place];
  return (
    <section class="share" aria-label="The share under the cursor">
      <p id="square-cursor" aria-live="polite">
        <strong>{placeOf(sampler, place)}</strong> <span class="quiet">{wordsOf(sampler, findings, place)}</span>
      </p>
      {state === MISSING && <p class="problem wrap">{sampler.reasons.get(place)}</p>}
      {state !== TAKEN && (
        <button type="button" disabled={state === ASKED} onClick={() => onTake(place)}>
          {state === MISSING ? "Ask for it again" : "Take this share"}
        </button>
      )}
      {share && (
        <details>
          <summary>Its 512 bytes</summary>
          {isOwn(sampler, place) && (
            <p class="quiet">
              29 bytes of namespace, a byte that says whether a part begins here (it {share.bytes[HEAD_BYTES - 1] ? "does" : "does not"}), then content.
            </p>
          )}
          <p class="mono dump" tabIndex={0} role="group" aria-label="Bytes in hexadecimal">
            {hexadecimal(share.bytes)}
          </p>
        </details>
      )}
    </section>
  );
}

export function placeOf({ size }: Sampler, place: number): string {
  return `Row ${Math.floor(place / size)}, column ${place % size}`;
}

function isOwn({ size, square }: Sampler, place: number): boolean {
  return Math.floor(place / size) < square.width && place % size < square.width;
}

/** "signals, taken: its proof holds". */
function wordsOf(sampler: Sampler, findings: Findings, place: number): string {
  const kind = findings.names[place] ?? "of a namespace that nothing has told yet";
  return `${kind === "added" ? "added by erasure coding" : kind}, ${came(sampler, findings, place)}`;
}

export function came({ states }: Sampler, findings: Findings, place: number): string {
  if (states[place] === TAKEN) return "taken, its proof holds";
  if (states[place] === MISSING) return "missing";
  if (states[place] === ASKED) return "asked for";
  return findings.rebuilt[place] ? "not asked for, follows from others" : "not asked for";
}

function hexadecimal(bytes: Uint8Array): string {
  const groups: string[] = [];
  for (let at = 0; at < bytes.length; at += SHOWN_BYTES)
    groups.push(Array.from(bytes.subarray(at, at + SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join(""));
  return groups.join(" ");
}
