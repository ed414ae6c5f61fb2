// Is all of a block there? Its square, of which this browser takes random shares and checks each by the block's header.
import { useEffect, useState } from "preact/hooks";
import * as format from "../format";
import { type Findings, findingsOf } from "../square/findings";
import { Picture } from "../square/picture";
import { type Outcome, rebuild } from "../square/rebuilder";
import { MISSING, OPEN, Sampler, squareOf } from "../square/sampler";
import { ShareFacts, came, placeOf } from "../square/share";
import { type Rebuilding, Verdicts } from "../square/verdicts";
import type { Theme } from "../theme";
import { PinTable } from "./pins";
import "../square/square.css";

const SAMPLES = 16;
const LISTED_MAX = 400;
/** How long news are gathered before they are drawn. */
const REST_MILLISECONDS = 80;
/** Of a large square that takes longer to look at, news are gathered for so many times as long. */
const RESTS = 10;

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
      {sampler && (
        <section class="keepers" aria-labelledby="keepers-title">
          <h2 id="keepers-title">Who keeps its data</h2>
          <PinTable dataRoot={format.hex(sampler.square.header.dataRoot)} tip={tip} empty="Nobody is paid to keep it: whoever has the ledger has it." />
        </section>
      )}
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
    let rest = REST_MILLISECONDS;
    const look = () => {
      timer = undefined;
      const began = performance.now();
      setFindings(findingsOf(sampler));
      rest = Math.max(REST_MILLISECONDS, RESTS * (performance.now() - began));
    };
    sampler.onNews = () => (timer ??= setTimeout(look, rest));
    look();
    return () => {
      clearTimeout(timer);
      sampler.onNews = () => undefined;
    };
  }, [sampler]);
  return findings;
}

/** As soon as what came may give back the block, or nothing more will come, it is tried. */
function useRebuilding(sampler: Sampler, findings: Findings): Rebuilding {
  const [part, setPart] = useState<number | null>(null);
  const [told, setTold] = useState<[Sampler, Outcome] | null>(null);
  const outcome = told?.[0] === sampler ? told[1] : null;
  const isTold = outcome !== null && outcome.kind !== "short";
  const isAllThereIs = findings.missing > 0 && findings.left === 0;
  const isDue = !isTold && !sampler.isRunning && (findings.repairable === true || isAllThereIs);
  useEffect(() => {
    if (!isDue) return;
    const ending = new AbortController();
    void rebuild(sampler, setPart, ending.signal).then((found) => {
      if (ending.signal.aborted) return;
      setPart(null);
      setTold(found && [sampler, found]);
    });
    return () => {
      ending.abort();
      setPart(null);
    };
  }, [sampler, isDue]);
  return { part, outcome };
}

interface Part {
  sampler: Sampler;
  findings: Findings;
}

function Sampled({ sampler, findings, theme }: Part & { theme: Theme }) {
  const [cursor, setCursor] = useState(0);
  const rebuilding = useRebuilding(sampler, findings);
  const bad = rebuilding.outcome?.kind === "bad" ? rebuilding.outcome.line : null;
  const take = (place: number) => sampler.take(place);
  return (
    <div class="square-parts">
      <div>
        <Verdicts sampler={sampler} findings={findings} rebuilding={rebuilding} />
        <Actions sampler={sampler} findings={findings} />
        <Listed sampler={sampler} findings={findings} />
      </div>
      <div>
        <Picture sampler={sampler} findings={findings} bad={bad} theme={theme} cursor={cursor} onCursor={setCursor} onTake={take} />
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

function Actions({ sampler, findings }: Part) {
  const { left } = findings;
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
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="square-list" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Shares that were asked for ({format.count(sampler.states.length - findings.left)})</summary>
      {isOpen && <Rows sampler={sampler} findings={findings} />}
    </details>
  );
}

function Rows({ sampler, findings }: Part) {
  const held = (wanted: (state: number) => boolean) => [...sampler.states.keys()].filter((place) => wanted(sampler.states[place]!));
  const places = [...held((state) => state === MISSING), ...held((state) => state !== MISSING && state !== OPEN)];
  return (
    <>
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
    </>
  );
}
