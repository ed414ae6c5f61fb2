// A small directed graph that sigma draws: as much of graphology's interface as sigma and this page use.
import type { Attributes } from "graphology-types";
import type Sigma from "sigma";

type Listener = (told: object) => void;

interface Ends<EdgeFacts> {
  source: string;
  target: string;
  facts: EdgeFacts;
}

/** Several links may run between two particles. Whoever listens hears of what came and what changed. */
export class ShownGraph<NodeFacts extends Attributes, EdgeFacts extends Attributes> {
  private readonly held = new Map<string, NodeFacts>();
  private readonly links = new Map<string, Ends<EdgeFacts>>();
  private readonly listeners = new Map<string, Set<Listener>>();

  /** As sigma is handed it. */
  get drawn(): ReturnType<Sigma<NodeFacts, EdgeFacts>["getGraph"]> {
    return this as never;
  }
  on(event: string, listener: Listener): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }
  removeListener(event: string, listener: Listener): void {
    this.listeners.get(event)?.delete(listener);
  }
  private emit(event: string, told: object): void {
    this.listeners.get(event)?.forEach((listener) => listener(told));
  }

  get order(): number {
    return this.held.size;
  }
  get size(): number {
    return this.links.size;
  }
  hasNode(key: string): boolean {
    return this.held.has(key);
  }
  hasEdge(key: string): boolean {
    return this.links.has(key);
  }
  nodes(): string[] {
    return [...this.held.keys()];
  }
  edges(): string[] {
    return [...this.links.keys()];
  }
  getNodeAttributes(key: string): NodeFacts {
    return this.held.get(key)!;
  }
  getEdgeAttributes(key: string): EdgeFacts {
    return this.links.get(key)!.facts;
  }
  getNodeAttribute<Name extends keyof NodeFacts>(key: string, name: Name): NodeFacts[Name] {
    return this.held.get(key)![name];
  }
  extremities(key: string): [string, string] {
    const { source, target } = this.links.get(key)!;
    return [source, target];
  }
  neighbors(key: string): string[] {
    const near = new Set<string>();
    for (const { source, target } of this.links.values()) {
      if (source === key) near.add(target);
      if (target === key) near.add(source);
    }
    return [...near];
  }
  addNode(key: string, facts: NodeFacts): void {
    this.held.set(key, facts);
    this.emit("nodeAdded", { key });
  }
  mergeNodeAttributes(key: string, facts: Partial<NodeFacts>): void {
    this.held.set(key, { ...this.held.get(key)!, ...facts });
    this.emit("nodeAttributesUpdated", { key });
  }
  setNodeAttribute<Name extends keyof NodeFacts>(key: string, name: Name, value: NodeFacts[Name]): void {
    this.mergeNodeAttributes(key, { [name]: value } as unknown as Partial<NodeFacts>);
  }
  addEdgeWithKey(key: string, source: string, target: string, facts: EdgeFacts): void {
    this.links.set(key, { source, target, facts });
    this.emit("edgeAdded", { key });
  }
  updateEachNodeAttributes(change: (key: string, facts: NodeFacts) => NodeFacts, hints?: object): void {
    for (const [key, facts] of this.held) this.held.set(key, change(key, facts));
    this.emit("eachNodeAttributesUpdated", { hints });
  }
  forEachNode(act: (key: string, facts: NodeFacts) => void): void {
    this.held.forEach((facts, key) => act(key, facts));
  }
  forEachEdge(act: (key: string, facts: EdgeFacts, source: string, target: string) => void): void {
    this.links.forEach(({ source, target, facts }, key) => act(key, facts, source, target));
  }
  mapNodes<Made>(make: (key: string, facts: NodeFacts) => Made): Made[] {
    return Array.from(this.held, ([key, facts]) => make(key, facts));
  }
  mapEdges<Made>(make: (key: string, facts: EdgeFacts, source: string, target: string) => Made): Made[] {
    return Array.from(this.links, ([key, { source, target, facts }]) => make(key, facts, source, target));
  }
}

/** What sigma asks in the place of graphology's own question; see vite.config.ts. */
export default (value: unknown): boolean => value instanceof ShownGraph;
