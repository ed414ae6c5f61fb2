// The page: what is served, the question, where one can go. Everything else is a pane or a page of its own.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Api, type Status, keepKey } from "./api";
import { useAsked } from "./asking";
import * as format from "./format";
import { Broken, Mark, Moon, Search, Sun } from "./icons";
import { type Query, type Topic, useLive } from "./live";
import { BlockPage, Blocks } from "./pages/blocks";
import { Pins } from "./pages/pins";
import { Explore } from "./pages/explore";
import { SquarePage } from "./pages/square";
import { Verify } from "./pages/verify";
import { health } from "./grid/api";
import { type Route, useRoute } from "./route";
import { useTheme } from "./theme";

/** How often the server is asked how it stands: where it tells by itself, where it does not, and while a block is being ranked. */
const LOOKS_MILLISECONDS = { live: 30_000, alone: 5_000, behind: 700 };
const LISTED = 24;

export function App() {
  const [route, go] = useRoute();
  const [theme, toggle] = useTheme();
  const [looked, setLooked] = useState(0);
  const look = useCallback(() => setLooked((before) => before + 1), []);
  const { value: status, problem, status: code } = useAsked(() => new Api(null).status(), [looked]);
  const isOffline = problem !== null && code === 0;
  const returns = useReturns(isOffline);
  const api = useMemo(() => new Api(route.at), [route.at, returns]);
  const isLedger = status?.kind === "ledger";
  const { value: grid } = useAsked((signal) => (status ? health(signal) : null), [status !== null]);
  const GridPage = usePart(route.page === "grid" && grid?.served ? gridPage : null);
  const NetworkPage = usePart(route.page === "network" && isLedger ? networkPage : null);
  const isLive = useLive(topicsOf(route, status), look);
  useLooks(look, isLive && !isOffline ? (isBehind(status) ? LOOKS_MILLISECONDS.behind : LOOKS_MILLISECONDS.live) : LOOKS_MILLISECONDS.alone);
  useEffect(() => {
    if (status) document.title = `${route.question || route.particle || status.name} · focusmesh`;
  }, [status, route.question, route.particle]);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => {
        event.preventDefault();
        document.getElementById("main")?.focus();
      }}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="#/" aria-label="focusmesh">
          <Mark />
          <span>focusmesh</span>
        </a>
        <Question route={route} go={go} hasTexts={status?.has_texts ?? false} />
        <nav class="places" aria-label="Pages">
          <a href="#/" aria-current={route.page === "explore" ? "page" : undefined}>
            Explore
          </a>
          {grid?.served && (
            <a href="#/grid" aria-current={route.page === "grid" ? "page" : undefined}>
              Grid
            </a>
          )}
          {isLedger && (
            <>
              <a href="#/blocks" aria-current={["blocks", "block"].includes(route.page) ? "page" : undefined}>
                Blocks
              </a>
              {(status.tip ?? 0) > 0 && (
                <a href={`#/blocks/${status.tip}/square`} aria-current={route.page === "square" ? "page" : undefined}>
                  Square
                </a>
              )}
              <a href="#/pins" aria-current={route.page === "pins" ? "page" : undefined}>
                Pins
              </a>
              <a href="#/network" aria-current={route.page === "network" ? "page" : undefined}>
                Network
              </a>
              <a href="#/verify" aria-current={route.page === "verify" ? "page" : undefined}>
                Verify
              </a>
            </>
          )}
        </nav>
        {status && (
          <p class="served" title={`root ${status.root}`}>
            <span class="served-name" dir="auto">{status.name}</span>
            <span class="quiet">
              <span class={isOffline ? "pulse lost" : isLive ? "pulse live" : "pulse"} title={isOffline ? "The server does not answer" : isLive ? "News come by themselves" : "The server is asked every few seconds"} />
              {format.plural(status.particles, "particle")} · {format.plural(status.links, "link")}
            </span>
          </p>
        )}
        <button type="button" class="plain theme" onClick={toggle} aria-label={theme === "dark" ? "Light theme" : "Dark theme"} title={theme === "dark" ? "Light theme" : "Dark theme"}>
          {theme === "dark" ? <Sun /> : <Moon />}
        </button>
      </header>
      <div role="status">
        {isOffline && (
          <p class="banner">
            <Broken />
            <span>The server does not answer. {status ? "What you see is what it said last." : ""} It is asked again every few seconds.</span>
            <button type="button" class="small" onClick={look}>
              Ask now
            </button>
          </p>
        )}
      </div>
      <main id="main" tabIndex={-1}>
        {problem && code === 401 && <KeyForm onKey={look} />}
        {problem && code !== 401 && !isOffline && <p class="problem floating">{problem}</p>}
        {!status && !problem && <p class="empty floating" role="status">Asking the server …</p>}
        {status && route.page === "explore" && <Explore api={api} status={status} route={route} go={go} theme={theme} />}
        {status && route.page === "blocks" && <Blocks api={api} tip={status.tip ?? 0} />}
        {status && route.page === "block" && (
          <BlockPage key={route.height} height={route.height ?? 0} tip={status.tip ?? 0} canProve={status.can_prove} />
        )}
        {status && route.page === "square" && (
          <SquarePage key={route.height} height={route.height ?? 0} tip={status.tip ?? 0} theme={theme} />
        )}
        {status && route.page === "pins" && <Pins tip={status.tip ?? 0} />}
        {status && route.page === "verify" && <Verify network={status.network ?? ""} />}
        {status && NetworkPage && <NetworkPage route={route} status={status} />}
        {GridPage && <GridPage route={route} go={go} theme={theme} />}
        {route.page === "grid" && grid && !grid.served && <p class="empty floating">No grid is served here.</p>}
      </main>
    </>
  );
}

const networkPage = () => import("./pages/network").then((part) => part.Network);
const gridPage = () => import("./pages/grid").then((part) => part.Grid);

/** A part of the page that is loaded when it is first needed, and null until then. */
function usePart<Part>(load: (() => Promise<Part>) | null): Part | null {
  const [part, setPart] = useState<{ it: Part } | null>(null);
  useEffect(() => void load?.().then((it) => setPart({ it })), [load]);
  return load && part ? part.it : null;
}

/** What the page wants to be told of: the list that is on the screen, and new blocks. The past has no news. */
function topicsOf(route: Route, status: Status | null): Topic[] {
  if (!status) return [];
  const topics: Topic[] = status.kind === "ledger" ? [{ topic: "blocks" }] : [];
  if (route.page !== "explore" || route.at !== null || !status.particles) return topics;
  const query: Query = route.question
    ? { kind: "recall", question: route.question, top: LISTED }
    : route.from
      ? { kind: "context", seeds: [route.from], top: LISTED }
      : { kind: "rank", top: LISTED };
  return [...topics, { topic: "query", query }];
}

const isBehind = (status: Status | null): boolean => (status?.tip ?? 0) > (status?.height ?? 0);

/** Looks every so often while the page can be seen: what is served may have a new block, or be another file. */
function useLooks(look: () => void, milliseconds: number): void {
  useEffect(() => {
    const lookIfSeen = () => document.hidden || look();
    const timer = setInterval(lookIfSeen, milliseconds);
    addEventListener("visibilitychange", lookIfSeen);
    addEventListener("online", lookIfSeen);
    return () => {
      clearInterval(timer);
      removeEventListener("visibilitychange", lookIfSeen);
      removeEventListener("online", lookIfSeen);
    };
  }, [milliseconds]);
}

/** How often the server came back: what could not be asked meanwhile is asked again. */
function useReturns(isOffline: boolean): number {
  const [returns, setReturns] = useState(0);
  const wasOffline = useRef(isOffline);
  useEffect(() => {
    if (wasOffline.current && !isOffline) setReturns((before) => before + 1);
    wasOffline.current = isOffline;
  }, [isOffline]);
  return returns;
}

function KeyForm({ onKey }: { onKey: () => void }) {
  const enter = (event: SubmitEvent) => {
    event.preventDefault();
    keepKey(String(new FormData(event.currentTarget as HTMLFormElement).get("key")).trim());
    onKey();
  };
  return (
    <form class="page key" onSubmit={enter}>
      <h1>This server asks for a key</h1>
      <p class="lead">Its operator gives API keys out. Yours is kept until this tab is closed.</p>
      <p class="actions">
        <input type="password" name="key" aria-label="API key" autocomplete="off" required />
        <button type="submit" class="main">
          Enter
        </button>
      </p>
    </form>
  );
}

interface QuestionProps {
  route: Route;
  go: (change: Partial<Route>) => void;
  hasTexts: boolean;
}

function Question({ route, go, hasTexts }: QuestionProps) {
  const [text, setText] = useState(route.question);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => setText(route.question), [route.question]);
  useEffect(() => {
    const reach = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", reach);
    return () => removeEventListener("keydown", reach);
  }, []);
  const ask = (event: Event) => {
    event.preventDefault();
    go({ page: "explore", question: text.trim(), particle: null });
  };
  const step = (event: KeyboardEvent) => {
    const first = event.key === "ArrowDown" ? document.querySelector<HTMLElement>(".results .rows button, .results .chips button") : null;
    if (!first) return;
    event.preventDefault();
    first.focus();
  };
  return (
    <form class="question" role="search" onSubmit={ask}>
      <Search />
      <input
        ref={field}
        type="search"
        name="question"
        value={text}
        autocomplete="off"
        enterkeyhint="search"
        aria-label="Question"
        aria-keyshortcuts="/"
        onKeyDown={step}
        placeholder={hasTexts ? "Ask in words" : "Find by name"}
        onInput={(event) => {
          setText(event.currentTarget.value);
          if (!event.currentTarget.value && route.question) go({ question: "", particle: null });
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
