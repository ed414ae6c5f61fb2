// Is all of a block there? Its square, of which this browser takes random shares and checks each by the block's header.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as format from "../format";
import { Broken, Shield } from "../icons";
import { type Findings, certainty, findingsOf, odds } from "../square/findings";
import { Picture } from "../square/picture";
import { MISSING, OPEN, Sampler, squareOf } from "../square/sampler";
import { ShareFacts, came, placeOf } from "../square/share";
import type { Theme } from "../theme";
import "../square/square.css";

const SAMPLES = 16;
const LISTED_MAX = 400;
/** How long news are gathered before they are drawn. */
const REST_MILLISECONDS = 80;

interface Props {
  height: number;
  tip: number;
  theme: Theme;
}

export function SquarePage({ height, tip, theme }: Props) {
  const [turn, setTurn] = useState(0);
  const { sampler, problem } = useSampler(height, turn);
  const found = useFindings(sampler);
  return (
    <section class="page square-page" aria-labelledby="square-title">
      <p class="crumbs">
        <a href="#/blocks">Blocks</a> · <a href={`#/blocks/${height}`}>Block {format.count(height)}</a>
      </p>
      <header class="page-head">
        <h1 id="square-title">Is all of block {format.count(height)} there?</h1>
        <p class="steps">
          {height > 1 && <a href={`#/blocks/${height - 1}/square`}>← {format.count(height - 1)}</a>}
          {height < tip && <a href={`#/blocks/${height + 1}/square`}>{format.count(height + 1)} →</a>}
        </p>
      </header>
      <p class="lead">
        A block lies in a square of shares, doubled by erasure coding: to hide any of it, more than a quarter must be hidden, and a few random
        shares come upon that.
      </p>
      {problem && (
        <div class="problem">
          <p>{problem}</p>
          <button type="button" class="small" onClick={() => setTurn(turn + 1)}>
            Ask again
          </button>
        </div>
      )}
      {!problem && !found && <p class="empty" role="status">Asking for the roots of its square …</p>}
      {sampler && found && <Sampled sampler={sampler} findings={found} theme={theme} />}
    </section>
  );
}

/** The sampler of a block, which begins at once. */
function useSampler(height: number, turn: number): { sampler: Sampler | null; problem: string | null } {
  const [sampler, setSampler] = useState<Sampler | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const ending = new AbortController();
    let made: Sampler | null = null;
    setProblem(null);
    squareOf(height, ending.signal).then(
      ([square, verifier]) => {
        if (ending.signal.aborted) return;
        made = new Sampler(square, verifier, height);
        setSampler(made);
        made.sample(SAMPLES);
      },
      (error: Error) => ending.signal.aborted || setProblem(error.message),
    );
    return () => {
      ending.abort();
      made?.end();
    };
  }, [height, turn]);
  return { sampler, problem };
}

/** What is found so far, looked at a few times a second while shares come. */
function useFindings(sampler: Sampler | null): Findings | null {
  const [findings, setFindings] = useState<Findings | null>(null);
  useEffect(() => {
    if (!sampler) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      timer = undefined;
      setFindings(findingsOf(sampler));
    };
    sampler.onNews = () => (timer ??= setTimeout(look, REST_MILLISECONDS));
    look();
    return () => {
      clearTimeout(timer);
      sampler.onNews = () => undefined;
    };
  }, [sampler]);
  return findings;
}

function Sampled({ sampler, findings, theme }: { sampler: Sampler; findings: Findings; theme: Theme }) {
  const [cursor, setCursor] = useState(0);
  const take = (place: number) => sampler.take(place);
  return (
    <div class="square-parts">
      <div>
        <Verdicts sampler={sampler} findings={findings} />
        <Actions sampler={sampler} findings={findings} />
        <Listed sampler={sampler} findings={findings} />
      </div>
      <div>
        <Picture sampler={sampler} findings={findings} theme={theme} cursor={cursor} onCursor={setCursor} onTake={take} />
        <Legend findings={findings} />
        <ShareFacts sampler={sampler} findings={findings} place={cursor} onTake={take} />
      </div>
    </div>
  );
}

const KINDS: [string, string][] = [
  ["signals", "signals"],
  ["focus", "how the focus moved"],
  ["padding", "padding"],
  ["added", "added by erasure coding"],
];
const MARKS: [string, string][] = [
  ["taken", "taken, proof holds"],
  ["rebuilt", "follows from others"],
  ["missing", "missing"],
];

function Legend({ findings }: { findings: Findings }) {
  const counts = new Map<string | null, number>();
  for (const name of findings.names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const untold = counts.get(null);
  return (
    <ul class="square-legend" aria-label="What the square holds">
      {KINDS.map(([kind, words]) => counts.has(kind) && (
        <li key={kind}>
          <span class={`swatch ${kind}`} /> {words} <span class="quiet">{format.count(counts.get(kind)!)}</span>
        </li>
      ))}
      {untold && (
        <li>
          <span class="swatch unknown" /> of a namespace not told yet <span class="quiet">{format.count(untold)}</span>
        </li>
      )}
      {MARKS.map(([mark, words]) => (
        <li key={mark}>
          <span class={`swatch ${mark}`} /> {words}
        </li>
      ))}
    </ul>
  );
}

interface Part {
  sampler: Sampler;
  findings: Findings;
}

function Verdicts({ sampler, findings }: Part) {
  const { header, width } = sampler.square;
  return (
    <ul class="checks" aria-label="Found by this browser" aria-live={sampler.isRunning ? "off" : "polite"}>
      <Verdict holds={true} name="The roots are the header's">
        The header of block {String(header.height)} is signed by {format.short(hex(header.proposer))}; the{" "}
        {format.count(4 * width)} roots of the square are those under its data root.
      </Verdict>
      <Availability sampler={sampler} findings={findings} />
      <Repair sampler={sampler} findings={findings} />
    </ul>
  );
}

function Availability({ sampler, findings }: Part) {
  const { random, missing, missed } = findings;
  const hidden = sampler.verifier.hiddenAtLeast(sampler.square.width);
  if (missing)
    return (
      <Verdict holds={false} name={`${format.plural(missing, "share")} missing`}>
        {missing === 1 ? "It" : "They"} did not come with a proof that holds. Trust nothing in this block until it was repaired, and ask others for
        it.
      </Verdict>
    );
  if (!random) return <Verdict holds={null} name="No share came yet">It is asked for some.</Verdict>;
  return (
    <Verdict holds={sampler.isRunning ? null : true} name={`Available, with confidence ${certainty(missed)}`}>
      {format.plural(random, "random share")} of {format.count(sampler.size ** 2)} came, each with a proof that holds. Were the block hidden for good,
      at least {format.count(hidden)} would be missing, and so many samples would come upon none of them {odds(missed)}.
    </Verdict>
  );
}

function Repair({ sampler, findings }: Part) {
  const { repairable, missing, taken } = findings;
  if (repairable)
    return (
      <Verdict holds={true} name="What was taken gives back the block">
        Every row and column can be filled from the {format.plural(taken, "share")} that came
        {missing ? ", those that are missing as well" : ""}. That it was coded rightly shows when it is done: <code>focusmesh availability repair</code>.
      </Verdict>
    );
  if (repairable === false)
    return (
      <Verdict holds={false} name="This server cannot give back the block">
        Even if every other share came, too few would be in the rows and columns of those that are missing. Others may have them.
      </Verdict>
    );
  return (
    <Verdict holds={null} name={missing ? "Whether it can be repaired is open" : "Not enough was taken to rebuild it"}>
      {format.plural(sampler.square.width, "share")} of a row or column {sampler.square.width === 1 ? "gives" : "give"} back all of it.
      {missing > 0 && " Take more to find out."}
    </Verdict>
  );
}

interface VerdictProps {
  holds: boolean | null;
  name: string;
  children: ComponentChildren;
}

function Verdict({ holds, name, children }: VerdictProps) {
  return (
    <li class={holds === null ? "check open" : holds ? "check holds" : "check fails"}>
      {holds === false ? <Broken /> : <Shield />}
      <div>
        <p class="headline">{name}</p>
        <p class="detail">{children}</p>
      </div>
    </li>
  );
}

function Actions({ sampler, findings }: Part) {
  const left = sampler.states.reduce((sum, state) => sum + Number(state === OPEN), 0);
  return (
    <p class="actions square-actions">
      <button type="button" disabled={!left} onClick={() => sampler.sample(SAMPLES)}>
        Take {SAMPLES} more
      </button>
      <button type="button" disabled={!left} onClick={() => sampler.sample(sampler.size ** 2)}>
        Take all {format.count(sampler.size ** 2)}
      </button>
      {findings.missing > 0 && (
        <button type="button" disabled={sampler.isRunning} onClick={() => sampler.again()}>
          Ask again for what is missing
        </button>
      )}
      {sampler.isRunning && (
        <button type="button" onClick={() => sampler.stop()}>
          Stop
        </button>
      )}
    </p>
  );
}

/** What was asked for, as a table: the missing ones first. */
function Listed({ sampler, findings }: Part) {
  const places = [...sampler.states.keys()].filter((place) => sampler.states[place] !== OPEN);
  places.sort((one, other) => Number(sampler.states[other] === MISSING) - Number(sampler.states[one] === MISSING) || one - other);
  return (
    <details class="square-list">
      <summary>Shares that were asked for ({format.count(places.length)})</summary>
      <div class="table-box" tabIndex={0} role="region" aria-label="Table of shares">
        <table>
          <thead>
            <tr>
              <th>Share</th>
              <th>Namespace</th>
              <th>Outcome</th>
            </tr>
          </thead>
          <tbody>
            {places.slice(0, LISTED_MAX).map((place) => (
              <tr key={place}>
                <td>{placeOf(sampler, place)}</td>
                <td>{findings.names[place] ?? "not told"}</td>
                <td>{came(sampler, findings, place)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {places.length > LISTED_MAX && <p class="quiet">The first {LISTED_MAX} are listed.</p>}
    </details>
  );
}

const hex = (data: Uint8Array): string => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
