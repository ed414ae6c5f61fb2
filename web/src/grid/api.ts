// The routes of the grid, as the page needs them.
import { asked, askedBytes, told } from "../api";
import { type Blocks, read } from "./blocks";

export interface Health {
  ok: boolean;
  served: boolean;
}
export interface Spread {
  mean: number;
  least: number;
  most: number;
}
export interface Stats {
  name: string;
  shape: [number, number, number];
  blocks: number;
  array_bytes: number;
  models: string[];
  templates: string[];
  instances: number;
  states: { [state: string]: number };
  spread: Spread | null;
  set_point: number;
  revision: string;
  height: number | null;
  can_write: boolean;
}
export interface Cube {
  name: string;
  template: string;
  at: [number, number, number];
  state: string;
  kappa: number;
  agreement: number | null;
  temperature: number;
}
export interface Cubes {
  items: Cube[];
  /** Names of cubes that are tied. */
  edges: [string, string][];
}
export interface Vertex {
  vertex: string;
  model: string | null;
  at: [number, number, number] | null;
  value: number | null;
}
export interface Instance extends Cube {
  commands: string[];
  vertices: Vertex[];
  neighbours: string[];
  operations: number;
}
export interface Block {
  x: number;
  y: number;
  z: number;
  active: boolean;
  value: number | null;
  kappa: number | null;
  model: number | null;
  time: number | null;
}
export interface Thought {
  kappa: number;
  agreement: number;
  temperature: number;
  surest: string;
  opinions: { vertex: string; next: string; share: number; weight: number }[];
}

export const BLOCKS_MAX = 1_000_000;

const json = async <Kind>(text: Promise<string>): Promise<Kind> => JSON.parse(await text) as Kind;

export const health = (signal?: AbortSignal): Promise<Health> => json(asked("grid/health", {}, signal));
export const stats = (signal?: AbortSignal): Promise<Stats> => json(asked("grid/stats", {}, signal));
export const instances = (signal?: AbortSignal): Promise<Cubes> => json(asked("grid/instances", {}, signal));
export const instance = (name: string, signal?: AbortSignal): Promise<Instance> => json(asked(`grid/instance/${encodeURIComponent(name)}`, {}, signal));
export const block = ([x, y, z]: [number, number, number], signal?: AbortSignal): Promise<Block> => json(asked("grid/value", { x, y, z }, signal));
export const blocks = async (signal?: AbortSignal): Promise<Blocks> => read(await askedBytes("grid/blocks", { limit: BLOCKS_MAX }, signal));
export const execute = (instance: string, command: string): Promise<Cube> => json(told("grid/execute", { instance, command }));
export const think = (instance: string, text: string): Promise<Thought> => json(told("grid/think", { instance, text }));
export const process = (name: string, text: string, count: number): Promise<{ text: string; kappa: number }> =>
  json(told("grid/llm/process", { instance: name, text, count }));
