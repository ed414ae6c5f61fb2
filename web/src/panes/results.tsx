// The list on the left: what has most focus, from everywhere, from where the reader stands, or for a question.
import { useRef } from "preact/hooks";
import { Api, type Item, type Name, type Ranking, type Status } from "../api";
import { type Changes, spoken } from "../changes";
import * as format from "../format";
import { heightOf, ramp } from "../graph/colours";
import { Close, Stand } from "../icons";
import type { Theme } from "../theme";
import { useAsked } from "../asking";
import type { Shown } from "../graph/model";
import { Chips } from "./chips";
import { Examples } from "./examples";
import { Proof } from "./proof";

const PROVED = 10;

interface Props {
  api: Api;
  status: Status;
  changes: Changes;
  ranking: Ranking | null;
  isWaiting: boolean;
  problem: string | null;
  question: string;
  from: string | null;
  selected: string | null;
  theme: Theme;
  /** What is drawn: its names make examples. */
  shown: Shown;
  onAsk: (question: string) => void;
  onSelect: (name: Name) => void;
  onLeave: () => void;
  onMore: (() => void) | null;
}

export function Results(props: Props) {
  const { ranking, isWaiting, problem, question, from } = props;
  const list = useRef<HTMLOListElement>(null);
  const title = question ? "Recalled" : from ? "Seen from here" : "Most focus";
  const step = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by) return;
    const buttons = [...list.current!.querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const next = at + by < 0 ? document.querySelector<HTMLElement>("input[type=search]") : buttons[at + by];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  };
  const items = ranking?.items ?? [];
  const most = items.reduce((high, item) => Math.max(high, worth(item)), 0);
  const least = items.reduce((low, item) => (worth(item) > 0 ? Math.min(low, worth(item)) : low), most);
  return (
    <section class="results" aria-busy={isWaiting} aria-labelledby="results-title">
      <header class="pane-head">
        <h2 id="results-title">{title}</h2>
        {items.length > 0 && ranking && (
          <span class="quiet" title="Bound on the error of all scores together, proved by the solver's residual">
            all within ±{format.bound(ranking.bound)}
          </span>
        )}
      </header>
      {from && !question && (
        <p class="standpoint">
          <Stand />
          <span class="name" dir="auto">
            {format.label(from, 60)}
          </span>
          <button type="button" class="plain" onClick={props.onLeave} aria-label="Stop standing here" title="Stop standing here">
            <Close />
          </button>
        </p>
      )}
      {problem && <p class="problem">{problem}</p>}
      {!problem && ranking && question && !items.length && (
        <Empty api={props.api} question={question} root={props.status.root} onSelect={props.onSelect} />
      )}
      {!question && !from && !props.selected && items.length > 0 && <Examples shown={props.shown} status={props.status} onAsk={props.onAsk} />}
      {!isWaiting && !problem && !ranking && <p class="empty">Nothing is ranked yet.</p>}
      <p class="unseen" role="status">
        {spoken(props.changes, ranking?.height ?? null)}
      </p>
      {!ranking && isWaiting && <Ghosts />}
      <ol ref={list} class="rows" onKeyDown={step}>
        {items.map((item, at) => (
          <li key={String(item.particle)}>
            <button
              type="button"
              class="row"
              aria-current={String(item.particle) === props.selected}
              onClick={() => props.onSelect(item.particle)}
            >
              <span class="rank">
                {item.rank || at + 1}
                <Change changes={props.changes} particle={item.particle} />
              </span>
              <span class="what">
                <span class="name" dir="auto">
                  {format.label(item.particle, 80)}
                </span>
                {item.text && item.text !== item.particle && <span class="snippet" dir="auto">{item.text.slice(0, 160)}</span>}
                <Bar
                  share={most ? worth(item) / most : 0}
                  error={most ? (ranking?.bound ?? 0) / most : 0}
                  colour={ramp(heightOf(worth(item), least, most), props.theme)}
                />
              </span>
              <span class="score" title={item.value === undefined ? undefined : `focus from here ${format.score(item.score, ranking?.bound ?? null)}`}>
                {format.score(worth(item), ranking?.bound ?? null)}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {props.onMore && (
        <button type="button" class="more" onClick={props.onMore}>
          Show more
        </button>
      )}
      {props.status.kind === "ledger" && !question && ranking && items.length > 0 && <ProvedList ranking={ranking} from={from} status={props.status} />}
    </section>
  );
}

/** What the list is ordered by: what was recalled has a value of its own, which is not its score. */
function worth(item: Item): number {
  return item.value ?? item.score;
}

/** A question that found nothing: names that are spelt like its words. */
function Empty({ api, question, root, onSelect }: { api: Api; question: string; root: string; onSelect: (name: Name) => void }) {
  const { value: near } = useAsked((signal) => api.near(question, signal), [api, root, question]);
  return (
    <>
      <p class="empty">No name and no text has a word of the question. Fewer or other words may find something.</p>
      {near && near.length > 0 && <Chips title="Names like it" names={near} onChoose={onSelect} />}
    </>
  );
}

/** The receipt of the list, as far down as one receipt goes; and whether what it proves is what is listed. */
function ProvedList({ ranking, from, status }: { ranking: Ranking; from: string | null; status: Status }) {
  const many = Math.min(ranking.items.length, PROVED);
  const api = new Api(ranking.height);
  const compare = (receipt: string): string => {
    const { result } = JSON.parse(receipt) as { result: { items: { particle: string; name?: string }[] } };
    const listed = new Set(ranking.items.slice(0, many).map(({ particle }) => String(particle)));
    const found = result.items.filter(({ name }) => name === undefined || listed.has(name)).length;
    return found === many ? `These are the first ${many} of the list.` : `Of the first ${many} of the list it has ${found}: the others are within the bounds.`;
  };
  return (
    <Proof
      key={`${ranking.root} ${from}`}
      label={from ? `Prove the first ${many} from here` : `Prove the first ${many}`}
      canProve={status.can_prove}
      ask={() => (from ? api.contextReceipt([from], many) : api.rankReceipt({ top: many }))}
      height={ranking.height ?? 0}
      compare={compare}
    />
  );
}

/** What the last block did to a particle's place. */
function Change({ changes, particle }: { changes: Changes; particle: Name }) {
  const by = changes.get(String(particle));
  if (by === undefined) return null;
  const [word, sign] = by === null ? ["new", "•"] : by > 0 ? [`up ${by}`, `▲${by}`] : [`down ${-by}`, `▼${-by}`];
  return (
    <span class={by === null ? "change fresh" : by > 0 ? "change up" : "change down"}>
      <span class="unseen">{word}</span>
      <span aria-hidden="true">{sign}</span>
    </span>
  );
}

/** A score beside the highest one; the hatched end is what the bound leaves open. */
function Bar({ share, error, colour }: { share: number; error: number; colour: string }) {
  const open = Math.min(error, 1);
  return (
    <span class="bar" aria-hidden="true">
      <span class="bar-fill" style={{ width: `${100 * share}%`, background: colour }} />
      {open > 0.004 && <span class="bar-open" style={{ left: `${100 * Math.max(0, share - open)}%`, width: `${200 * open}%` }} />}
    </span>
  );
}

function Ghosts() {
  return (
    <div class="ghosts" aria-hidden="true">
      {Array.from({ length: 9 }, (_, at) => (
        <span key={at} style={{ width: `${88 - 6 * ((at * 5) % 9)}%` }} />
      ))}
    </div>
  );
}
