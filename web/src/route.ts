// Where the reader is: all of it in the address, so that it can be kept, shared and gone back from.
import { useEffect, useState } from "preact/hooks";

export interface Route {
  page: "explore" | "blocks" | "block" | "square" | "verify" | "grid" | "pins" | "network";
  height: number | null;
  question: string;
  particle: string | null;
  from: string | null;
  at: number | null;
  /** Of the grid: the cube that is looked at, or the block, as "x,y,z". */
  cube: string | null;
  block: string | null;
  /** Of the network: which of its pages. */
  part: string;
}

const PLACES = ["verify", "grid", "pins", "network"] as const;

export function read(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const told = new URLSearchParams(query);
  const [, first = "", second = "", third = ""] = path.split("/");
  const height = /^\d+$/.test(second) ? Number(second) : null;
  const at = told.get("at");
  return {
    page: first === "blocks" ? (height === null ? "blocks" : third === "square" ? "square" : "block") : (PLACES.find((one) => one === first) ?? "explore"),
    height,
    question: told.get("q") ?? "",
    particle: told.get("particle"),
    from: told.get("from"),
    at: at !== null && /^\d+$/.test(at) ? Number(at) : null,
    cube: told.get("cube"),
    block: told.get("block"),
    part: first === "network" ? second : "",
  };
}

export function write(route: Partial<Route>): string {
  const told = new URLSearchParams();
  if (route.question) told.set("q", route.question);
  if (route.from) told.set("from", route.from);
  if (route.particle) told.set("particle", route.particle);
  if (route.at !== null && route.at !== undefined) told.set("at", String(route.at));
  if (route.page === "grid" && route.cube) told.set("cube", route.cube);
  if (route.page === "grid" && route.block) told.set("block", route.block);
  const inBlock = route.page === "square" ? "/square" : "";
  const path = route.page === "block" || inBlock ? `/blocks/${route.height}${inBlock}` : route.page === "explore" ? "/" : `/${route.page ?? ""}${route.part && "/"}${route.part ?? ""}`;
  const query = told.toString();
  return `#${path}${query && "?"}${query}`;
}

/** The route, and how to change parts of it. */
export function useRoute(): [Route, (change: Partial<Route>) => void] {
  const [route, setRoute] = useState(() => read(location.hash));
  useEffect(() => {
    const follow = () => setRoute(read(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return [route, (change) => (location.hash = write({ ...read(location.hash), ...change }))];
}
