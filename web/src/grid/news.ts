// Whether the grid has changed: it tells so over its web socket, and is asked every few seconds where that does not come about.
import { useCallback, useEffect, useState } from "preact/hooks";
import { heldKey } from "../api";

const LOOK_MILLISECONDS = 15_000;
const AGAIN_MILLISECONDS = 5_000;
const GATHER_MILLISECONDS = 250;

/** A number that grows with every change, and how to look at once. */
export function useGridNews(): [number, () => void] {
  const [looked, setLooked] = useState(0);
  const look = useCallback(() => setLooked((before) => before + 1), []);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || look(), LOOK_MILLISECONDS);
    const end = listen(look);
    return () => {
      clearInterval(timer);
      end();
    };
  }, []);
  return [looked, look];
}

/** Listens to every cube; changes that come close together are one. */
function listen(onNews: () => void): () => void {
  let [isOver, gathering, waiting] = [false, 0, 0];
  let socket: WebSocket | null = null;
  const open = () => {
    const address = new URL("v1/grid/ws", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(address);
    socket.addEventListener("open", () => socket!.send(JSON.stringify({ id: "news", type: "connect", key: heldKey() ?? undefined })));
    socket.addEventListener("message", ({ data }: MessageEvent<string>) => {
      if (!("event" in (JSON.parse(data) as object))) return;
      clearTimeout(gathering);
      gathering = window.setTimeout(onNews, GATHER_MILLISECONDS);
    });
    socket.addEventListener("close", () => {
      if (!isOver) waiting = window.setTimeout(open, AGAIN_MILLISECONDS);
    });
  };
  open();
  return () => {
    isOver = true;
    clearTimeout(gathering);
    clearTimeout(waiting);
    socket?.close();
  };
}
