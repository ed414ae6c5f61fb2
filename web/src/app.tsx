// The page: what is served, the question, where one can go. Everything else is a pane or a page of its own.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Api, keepKey } from "./api";
import { useAsked } from "./asking";
import * as format from "./format";
import { Mark, Moon, Search, Sun } from "./icons";
import { BlockPage, Blocks } from "./pages/blocks";
import { Explore } from "./pages/explore";
import { Verify } from "./pages/verify";
import { type Route, useRoute } from "./route";
import { useTheme } from "./theme";

const MILLISECONDS_BETWEEN_LOOKS = 5_000;

export function App() {
  const [route, go] = useRoute();
  const [theme, toggle] = useTheme();
  const api = useMemo(() => new Api(route.at), [route.at]);
  const [looked, look] = useLooks();
  const { value: status, problem, status: code } = useAsked(() => new Api(null).status(), [looked]);
  const isLedger = status?.kind === "ledger";
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
          {isLedger && (
            <>
              <a href="#/blocks" aria-current={route.page === "blocks" || route.page === "block" ? "page" : undefined}>
                Blocks
              </a>
              <a href="#/verify" aria-current={route.page === "verify" ? "page" : undefined}>
                Verify
              </a>
            </>
          )}
        </nav>
        {status && (
          <p class="served" title={`root ${status.root}`}>
            <span class="served-name">{status.name}</span>
            <span class="quiet">
              {format.plural(status.particles, "particle")} · {format.plural(status.links, "link")}
            </span>
          </p>
        )}
        <button type="button" class="plain theme" onClick={toggle} aria-label={theme === "dark" ? "Light theme" : "Dark theme"} title={theme === "dark" ? "Light theme" : "Dark theme"}>
          {theme === "dark" ? <Sun /> : <Moon />}
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {problem && code === 401 && <KeyForm onKey={look} />}
        {problem && code !== 401 && <p class="problem floating">{problem}</p>}
        {status && route.page === "explore" && <Explore api={api} status={status} route={route} go={go} theme={theme} />}
        {status && route.page === "blocks" && <Blocks api={api} />}
        {status && route.page === "block" && (
          <BlockPage key={route.height} height={route.height ?? 0} tip={status.tip ?? 0} canProve={status.can_prove} />
        )}
        {status && route.page === "verify" && <Verify />}
      </main>
    </>
  );
}

/** Grows every few seconds while the page can be seen: what is served may have a new block, or be another file. */
function useLooks(): [number, () => void] {
  const [looked, setLooked] = useState(0);
  const again = () => setLooked((before) => before + 1);
  useEffect(() => {
    const look = () => document.hidden || again();
    const timer = setInterval(look, MILLISECONDS_BETWEEN_LOOKS);
    addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      removeEventListener("visibilitychange", look);
    };
  }, []);
  return [looked, again];
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
