// What the server tells by itself, over one web socket: that there is a new block, or another answer to what is on the screen.
import { useEffect, useRef, useState } from "preact/hooks";
import { heldKey } from "./api";

export type Query =
  | { kind: "rank"; top: number }
  | { kind: "context"; seeds: string[]; top: number }
  | { kind: "recall"; question: string; top: number };
export type Topic = { topic: "blocks" } | { topic: "query"; query: Query };
interface Told {
  id?: string;
  event?: object;
  authorized?: string;
}

const PROTOCOL = "focusmesh.v1";
const FIRST_WAIT_MILLISECONDS = 1_000;
const LONGEST_WAIT_MILLISECONDS = 60_000;

/** Calls `onNews` when one of the topics has news; whether the server tells by itself. While the page is hidden nothing is asked. */
export function useLive(topics: Topic[], onNews: () => void): boolean {
  const [isOpen, setOpen] = useState(false);
  const news = useRef(onNews);
  const line = useRef<Line | null>(null);
  news.current = onNews;
  useEffect(() => {
    const own = (line.current = new Line(() => news.current(), setOpen));
    const follow = () => (document.hidden ? own.close() : own.open());
    follow();
    addEventListener("visibilitychange", follow);
    return () => {
      removeEventListener("visibilitychange", follow);
      own.close();
    };
  }, []);
  const wanted = JSON.stringify(topics);
  useEffect(() => line.current?.want(JSON.parse(wanted) as Topic[]), [wanted]);
  return isOpen;
}

/** A web socket that comes back, and has the same subscriptions again. */
class Line {
  private socket: WebSocket | null = null;
  private topics = new Map<string, Topic>();
  private given = 0;
  private wait = FIRST_WAIT_MILLISECONDS;
  private timer = 0;
  private isReady = false;

  constructor(
    private readonly onNews: () => void,
    private readonly onState: (isOpen: boolean) => void,
  ) {}

  want(topics: Topic[]): void {
    for (const id of this.topics.keys()) this.say({ unsubscribe: id });
    this.topics = new Map(topics.map((topic) => [`news-${++this.given}`, topic]));
    this.subscribe();
  }

  open(): void {
    if (this.socket) return;
    const address = new URL("v1/live", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.socket = new WebSocket(address, PROTOCOL));
    socket.addEventListener("open", () => {
      const key = heldKey();
      if (key) socket.send(JSON.stringify({ authorize: key }));
      else this.begin();
    });
    socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
      const told = JSON.parse(data) as Told;
      if (told.authorized !== undefined) this.begin();
      if (told.event && this.topics.has(told.id ?? "")) this.onNews();
    });
    socket.addEventListener("close", () => socket === this.socket && this.again());
  }

  close(): void {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    this.isReady = false;
    socket?.close();
    this.onState(false);
  }

  private begin(): void {
    this.wait = FIRST_WAIT_MILLISECONDS;
    this.isReady = true;
    this.onState(true);
    this.subscribe();
  }

  /** Server and network come back at their own pace: each time is twice as long as the one before. */
  private again(): void {
    this.close();
    this.timer = window.setTimeout(() => this.open(), this.wait);
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT_MILLISECONDS);
  }

  private subscribe(): void {
    for (const [id, topic] of this.topics) this.say({ id, subscribe: topic });
  }

  private say(message: object): void {
    if (this.isReady && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
