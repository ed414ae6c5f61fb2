// The explorer: a question or a standpoint on the left, the graph in the middle, one particle on the right.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type Api, type LinkRow, type Name, Problem, type Ranking, type Recalled, type Status } from "../api";
import { useAsked } from "../asking";
import * as format from "../format";
import { Canvas } from "../graph/canvas";
import { gradient, relationColour } from "../graph/colours";
import { type NodeFacts, type Shown, addItems, addLinks, keyOf, newShown, relationsOf } from "../graph/model";
import { useChanges } from "../changes";
import { keepAsked } from "../panes/examples";
import { Inspector } from "../panes/inspector";
import { Results } from "../panes/results";
import { Timeline } from "../panes/timeline";
import { Mark, Weights } from "../icons";
import type { Route } from "../route";
import type { Theme } from "../theme";

const TOP = 24;
const RECALLED = 20;
const GROWN_AT_FIRST = 10;
const LINKS_AT_FIRST = 6;
const LINKS_OF_ONE = 24;
const EVERYTHING_MAX = 20_000;
const RELATIONS_LISTED = 8;

interface Props {
  api: Api;
  status: Status;
  route: Route;
  go: (change: Partial<Route>) => void;
  theme: Theme;
}
type Pane = "results" | "graph" | "details";

export function Explore({ api, status, route, go, theme }: Props) {
  const [top, setTop] = useState(TOP);
  const [pane, setPane] = useState<Pane>("results");
  const [hidden, setHidden] = useState<Set<string>>(new Set());
  const [walk, setWalk] = useState<string[] | null>(null);
  const asking = JSON.stringify([api.at, route.question, route.from]);
  const facts = [api, status.root, asking];
  const isEmpty = status.particles === 0 && api.at === null;
  useEffect(() => setTop(TOP), [asking]);
  useEffect(() => void (route.question && keepAsked()), [route.question]);
  const asked = useAsked<Ranking | Recalled>(
    (signal) =>
      isEmpty
        ? null
        : route.question
        ? api.recall(route.question, RECALLED, signal)
        : route.from
          ? api.context([route.from], top, signal)
          : api.rank(top, null, signal),
    [...facts, top],
  );
  const ranking = asked.value;
  const seeds: Name[] = useMemo(() => {
    if (route.question) return ranking && "entries" in ranking ? ranking.entries.slice(0, 5).map((entry) => entry.particle) : [];
    return route.from ? [route.from] : [];
  }, [ranking, route.question, route.from]);
  const changes = useChanges(ranking, asking);
  const scene = useScene(api, ranking, route.particle, asking);
  useEffect(() => setWalk(null), [route.particle, asking]);

  const select = (name: Name | null) => {
    go({ particle: name === null ? null : String(name) });
    if (name !== null) setPane("details");
  };
  const stand = (name: Name) => {
    go({ from: String(name), question: "" });
    setPane("results");
  };
  const look = (way: Name[] | null) => {
    setWalk(way && way.map(keyOf));
    if (way) {
      scene.addWalk(way);
      setPane("graph");
    }
  };
  const relations = relationsOf(scene.shown);
  const links = useMemo(() => linksAround(scene.shown, route.particle), [scene.shown, scene.version, route.particle]);
  return (
    <div class="explore" data-pane={pane} data-chosen={route.particle !== null}>
      <h1 class="unseen">Explore {status.name}</h1>
      <nav class="panes" aria-label="Parts of the page">
        {(["results", "graph", "details"] as const).map((one) => (
          <button key={one} type="button" aria-pressed={pane === one} onClick={() => setPane(one)} disabled={one === "details" && !route.particle}>
            {{ results: "List", graph: "Graph", details: "Details" }[one]}
          </button>
        ))}
      </nav>
      <div class="side left" data-part="results">
        <Results
          api={api}
          status={status}
          ranking={ranking}
          changes={changes}
          isWaiting={asked.isWaiting}
          problem={asked.problem}
          question={route.question}
          from={route.from}
          selected={route.particle}
          theme={theme}
          shown={scene.shown}
          onAsk={(question) => go({ question })}
          onSelect={select}
          onLeave={() => go({ from: null })}
          onMore={!route.question && ranking && ranking.items.length >= top && top < 200 ? () => setTop(top + TOP) : null}
        />
      </div>
      <div class="middle" data-part="graph">
        <Canvas
          shown={scene.shown}
          version={scene.version}
          isNews={scene.isNews}
          view={{ theme, selected: route.particle, walk, hidden }}
          onSelect={select}
        />
        {relations.length > 1 && <Relations relations={relations} hidden={hidden} theme={theme} onChange={setHidden} />}
        <div class="corner">
          <p class="legend">
            <span class="quiet">less</span>
            <span class="ramp" style={{ background: gradient(theme) }} aria-hidden="true" />
            <span class="quiet">more focus</span>
          </p>
          {scene.shown.size > 0 && (
            <p class="legend">
              <span class="quiet">lighter</span>
              <Weights />
              <span class="quiet">heavier link, from → to</span>
            </p>
          )}
          <p class="quiet">
            {format.plural(scene.shown.order, "particle")}, {format.plural(scene.shown.size, "link")} shown
            {api.at === null && status.links <= EVERYTHING_MAX && !scene.isEverything && scene.shown.size < status.links && (
              <button type="button" class="plain small" onClick={scene.addEverything}>
                show all {format.count(status.links)}
              </button>
            )}
          </p>
        </div>
        {scene.problem && <p class="problem floating">{scene.problem}</p>}
        {isEmpty && <Nothing status={status} />}
      </div>
      {route.particle !== null && (
        <div class="side right" data-part="details">
          <Inspector
            key={route.particle}
            api={api}
            status={status}
            name={route.particle}
            seeds={seeds}
            links={links}
            walk={walk}
            onSelect={select}
            onStand={stand}
            onWalk={look}
            onClose={() => {
              select(null);
              setPane("graph");
            }}
          />
        </div>
      )}
      {status.kind === "ledger" && <Timeline api={api} status={status} onAt={(at) => go({ at })} />}
    </div>
  );
}

/** What a reader sees of a graph in which nothing is linked yet, and what to do about that. */
function Nothing({ status }: { status: Status }) {
  return (
    <div class="nothing">
      <Mark />
      <h2>Nothing is linked yet</h2>
      {status.kind === "ledger" ? (
        <p class="quiet">
          The first signal makes the first particles: <code>focusmesh tx link tea caffeine --ledger DIR</code>. They come up here with their block.
        </p>
      ) : (
        <p class="quiet">The file has no links. The page follows it: whatever comes into it comes up here.</p>
      )}
    </div>
  );
}

interface RelationsProps {
  relations: { relation: string; count: number }[];
  hidden: Set<string>;
  theme: Theme;
  onChange: (hidden: Set<string>) => void;
}

function Relations({ relations, hidden, theme, onChange }: RelationsProps) {
  const [isLong, setLong] = useState(false);
  const listed = isLong ? relations : relations.slice(0, RELATIONS_LISTED);
  const toggle = (relation: string) => {
    const next = new Set(hidden);
    if (!next.delete(relation)) next.add(relation);
    onChange(next);
  };
  return (
    <div class="relations" role="group" aria-label="Relations that are shown">
      {listed.map(({ relation, count }, at) => (
        <button key={relation} type="button" aria-pressed={!hidden.has(relation)} onClick={() => toggle(relation)}>
          <span class="dot" style={{ background: relationColour(at, theme) }} aria-hidden="true" />
          <bdi>{relation ? format.label(relation, 20) : "no relation"}</bdi> <span class="quiet">{count}</span>
        </button>
      ))}
      {relations.length > RELATIONS_LISTED && (
        <button type="button" aria-expanded={isLong} onClick={() => setLong(!isLong)}>
          {isLong ? "fewer" : `${relations.length - RELATIONS_LISTED} more`}
        </button>
      )}
      {hidden.size > 0 && (
        <button type="button" onClick={() => onChange(new Set())}>
          all
        </button>
      )}
    </div>
  );
}

interface Scene {
  shown: Shown;
  version: number;
  isNews: boolean;
  isEverything: boolean;
  problem: string | null;
  addWalk: (way: Name[]) => void;
  addEverything: () => void;
}

/** What a reader opened beyond the answers: comes along when the same question has news. */
interface Opened {
  asking: string;
  names: Set<string>;
  isEverything: boolean;
}

/** What is drawn: the answers, links around the first of them, and whatever the reader opened since. */
function useScene(api: Api, ranking: Ranking | null, selected: string | null, asking: string): Scene {
  const [{ shown, isNews }, setDrawn] = useState({ shown: newShown(), isNews: false });
  const [version, setVersion] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const current = useRef(shown);
  const opened = useRef<Opened>({ asking: "", names: new Set(), isEverything: false });
  const grow = () => setVersion((before) => before + 1);
  const report = (error: Error) => setProblem(error.message);

  useEffect(() => {
    if (!ranking || !isOf(ranking, api)) return () => undefined;
    let isNewest = true;
    const isSame = opened.current.asking === asking && current.current.order > 0;
    if (!isSame) opened.current = { asking, names: new Set(), isEverything: false };
    const next = newShown(current.current);
    const draw = () => {
      if (!isNewest) return;
      current.current = next;
      setProblem(null);
      setDrawn({ shown: next, isNews: isSame });
      grow();
    };
    addItems(next, ranking.items, true);
    if (!isSame) draw();
    // News are drawn when all of them are there: what is on the screen does not go and come back.
    const { names, isEverything } = opened.current;
    const rest = [around(api, next, ranking), ...[...names].map((name) => open(api, next, name))];
    if (isEverything) rest.push(api.allLinks(EVERYTHING_MAX).then((rows) => addLinks(next, rows, null)));
    void Promise.all(rest).then(draw).catch(report);
    return () => {
      isNewest = false;
    };
  }, [ranking]);

  useEffect(() => {
    if (selected === null || !ranking || !isOf(ranking, api)) return;
    const into = current.current;
    opened.current.names.add(selected);
    void open(api, into, selected)
      .then(() => current.current === into && grow())
      .catch((error: Error) => isMissing(error) || report(error));
  }, [selected, ranking]);

  const addWalk = (way: Name[]) => {
    const into = current.current;
    void Promise.all(way.slice(0, -1).map((name) => open(api, into, String(name), way)))
      .then(() => current.current === into && grow())
      .catch(report);
  };
  const addEverything = () => {
    const into = current.current;
    opened.current.isEverything = true;
    void api
      .allLinks(EVERYTHING_MAX)
      .then((rows) => {
        addLinks(into, rows, null);
        if (current.current === into) grow();
      })
      .catch(report);
  };
  return { shown, version, isNews, isEverything: opened.current.isEverything, problem, addWalk, addEverything };
}

/** Whether a ranking is of the block that is asked about: the one before stays until it has come. */
const isOf = (ranking: Ranking, api: Api): boolean => api.at === null || ranking.height === api.at;

/** The panel of a particle that is not there says so. */
const isMissing = (error: Error): boolean => error instanceof Problem && error.status === 404;

/** Links around the first answers: all that join answers, and the heaviest that lead elsewhere. */
async function around(api: Api, shown: Shown, ranking: Ranking): Promise<void> {
  const pages = await Promise.all(
    ranking.items.slice(0, 2 * GROWN_AT_FIRST).map(async ({ particle }, at) => {
      const limit = at < GROWN_AT_FIRST ? LINKS_OF_ONE : LINKS_AT_FIRST;
      const [out, into] = await Promise.all([api.links(particle, "out", limit), api.links(particle, "in", limit)]);
      return { particle, at, rows: [...out.items.slice(0, limit), ...into.items.slice(0, limit)] };
    }),
  );
  for (const { rows } of pages) addLinks(shown, rows, null, true);
  for (const { particle, at, rows } of pages)
    if (at < GROWN_AT_FIRST) addLinks(shown, strongest(rows, LINKS_AT_FIRST), particle);
}

const strongest = (rows: LinkRow[], many: number): LinkRow[] =>
  [...rows].sort((one, other) => (other.score ?? 0) - (one.score ?? 0)).slice(0, many);

/** The links of one particle; of a walk, only those that join its stops. */
async function open(api: Api, shown: Shown, name: string, way: Name[] | null = null): Promise<void> {
  const pages = await Promise.all([api.links(name, "out", LINKS_OF_ONE), api.links(name, "in", LINKS_OF_ONE)]);
  const rows = pages.flatMap((page) => page.items);
  if (way === null) {
    addLinks(shown, rows, name);
    return;
  }
  const stops = new Set(way.map(keyOf));
  addLinks(
    shown,
    rows.filter((row) => stops.has(keyOf(row.source)) && stops.has(keyOf(row.target))),
    name,
  );
}

function linksAround(shown: Shown, selected: string | null): LinkRow[] {
  if (selected === null || !shown.hasNode(selected)) return [];
  return shown
    .edges()
    .filter((key) => shown.extremities(key).includes(selected))
    .map((key): LinkRow => {
      const [, , , author] = JSON.parse(key) as [string, string, string, Name | null];
      const [from, to] = shown.extremities(key).map((end) => shown.getNodeAttributes(end)) as [NodeFacts, NodeFacts];
      const other = shown.extremities(key)[0] === selected ? to : from;
      const { weight, relation } = shown.getEdgeAttributes(key);
      return { source: from.name, target: to.name, weight, relation: relation || null, author, time: null, score: other.score };
    })
    .sort((one, other) => (other.score ?? 0) - (one.score ?? 0));
}
