// The square, drawn: a cell for each share. What is drawn is in words beside it, and for the cell under the cursor below it.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Theme } from "../theme";
import type { BadLine } from "../verify";
import type { Findings } from "./findings";
import { ASKED, MISSING, type Sampler, TAKEN } from "./sampler";

const KINDS = ["signals", "focus", "padding", "added"];
/** From this many pixels on a cell has room for a gap, from the other on for a mark. */
const GAP_FROM = 5;
const MARK_FROM = 9;
const [FAINT, HALF] = [0.3, 0.62];

interface Props {
  sampler: Sampler;
  findings: Findings;
  /** A line that was coded badly. */
  bad: BadLine | null;
  theme: Theme;
  cursor: number;
  onCursor: (place: number) => void;
  onTake: (place: number) => void;
}

export function Picture({ sampler, findings, bad, theme, cursor, onCursor, onTake }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [side, setSide] = useState(0);
  const { size } = sampler;
  useLayoutEffect(() => {
    const watch = new ResizeObserver(([entry]) => setSide(Math.floor(entry!.contentRect.width)));
    watch.observe(canvas.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => draw(canvas.current!, side, sampler, findings, bad, cursor), [side, sampler, findings, bad, cursor, theme]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      onTake(cursor);
      return;
    }
    const next = moved(event.key, cursor, size);
    if (next === null || event.altKey || event.metaKey) return;
    event.preventDefault();
    onCursor(next);
  };
  const onClick = (event: MouseEvent) => {
    const box = canvas.current!.getBoundingClientRect();
    const line = (from: number, length: number) => Math.max(0, Math.min(size - 1, Math.floor((from / length) * size)));
    onCursor(line(event.clientY - box.top, box.height) * size + line(event.clientX - box.left, box.width));
  };
  const said = `Square of ${size} by ${size} shares, the block's own in the upper left quarter. Arrow keys go from share to share, Home and End along a row, Page Up and Page Down half a square, Enter takes the share.`;
  return (
    <div class="square-picture" tabIndex={0} role="application" aria-label={said} aria-describedby="square-cursor" onKeyDown={onKeyDown}>
      <canvas ref={canvas} aria-hidden="true" onClick={onClick} />
    </div>
  );
}

/** Where a key leads from a place, null where it leads nowhere. */
function moved(key: string, place: number, size: number): number | null {
  const [row, column] = [Math.floor(place / size), place % size];
  const half = size / 2;
  const ways: { [key: string]: [number, number] } = {
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    Home: [row, 0],
    End: [row, size - 1],
    PageUp: [row - half, column],
    PageDown: [row + half, column],
  };
  const way = ways[key];
  if (!way) return null;
  const [down, along] = way.map((at) => Math.max(0, Math.min(size - 1, at))) as [number, number];
  return down * size + along;
}

function draw(
  canvas: HTMLCanvasElement,
  side: number,
  sampler: Sampler,
  findings: Findings,
  bad: BadLine | null,
  cursor: number,
): void {
  const pen = canvas.getContext("2d");
  if (!pen || side === 0) return;
  const scale = devicePixelRatio || 1;
  canvas.width = canvas.height = Math.round(side * scale);
  const look = getComputedStyle(canvas);
  const colour = (name: string) => look.getPropertyValue(`--${name}`).trim();
  const colours = new Map(KINDS.map((kind) => [kind, colour(`share-${kind}`)]));
  const [unknown, red, plate, ink, accent] = ["share-unknown", "bad", "plate", "ink", "accent"].map(colour) as string[];
  const { size, states } = sampler;
  const cell = canvas.width / size;
  const gap = cell >= GAP_FROM * scale ? Math.max(1, Math.round(scale)) : 0;
  const hasMarks = cell >= MARK_FROM * scale;
  const box = (place: number): [number, number, number, number] => {
    const [top, left] = [Math.round(Math.floor(place / size) * cell), Math.round((place % size) * cell)];
    const [bottom, right] = [Math.round((Math.floor(place / size) + 1) * cell), Math.round(((place % size) + 1) * cell)];
    return [left, top, right - left - gap, bottom - top - gap];
  };
  for (let place = 0; place < size * size; place++) {
    const state = states[place];
    const kind = findings.names[place];
    pen.globalAlpha = state === TAKEN || state === MISSING ? 1 : findings.rebuilt[place] ? HALF : FAINT;
    pen.fillStyle = state === MISSING ? red! : kind === null ? unknown! : (colours.get(kind!) ?? unknown!);
    const [left, top, width, height] = box(place);
    pen.fillRect(left, top, width, height);
    pen.globalAlpha = 1;
    if (!hasMarks) continue;
    if (state === TAKEN) dot(pen, left + width / 2, top + height / 2, width / 6, plate!);
    else if (state === MISSING) cross(pen, left, top, width, height, plate!);
    else if (state === ASKED) outline(pen, left, top, width, height, accent!, gap || 1);
    else if (findings.rebuilt[place]) slash(pen, left, top, width, height, plate!);
  }
  pen.fillStyle = ink!;
  const middle = Math.round(canvas.width / 2) - gap;
  pen.fillRect(middle, 0, Math.max(1, gap), canvas.height);
  pen.fillRect(0, middle, canvas.width, Math.max(1, gap));
  const thick = Math.max(2, Math.round(2 * scale));
  if (bad) {
    const [from, breadth] = [Math.round(bad.index * cell) - thick, Math.round(cell) + 2 * thick];
    if (bad.axis === "row") outline(pen, 0, from, canvas.width, breadth, red!, thick);
    else outline(pen, from, 0, breadth, canvas.height, red!, thick);
  }
  const [left, top, width, height] = box(cursor);
  outline(pen, left, top, width, height, ink!, thick);
}

function dot(pen: CanvasRenderingContext2D, x: number, y: number, radius: number, colour: string): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

function slash(pen: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, colour: string): void {
  pen.strokeStyle = colour;
  pen.lineWidth = Math.max(1, width / 10);
  pen.beginPath();
  pen.moveTo(left + width * 0.25, top + height * 0.75);
  pen.lineTo(left + width * 0.75, top + height * 0.25);
  pen.stroke();
}

function cross(pen: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, colour: string): void {
  slash(pen, left, top, width, height, colour);
  pen.beginPath();
  pen.moveTo(left + width * 0.25, top + height * 0.25);
  pen.lineTo(left + width * 0.75, top + height * 0.75);
  pen.stroke();
}

function outline(pen: CanvasRenderingContext2D, left: number, top: number, width: number, height: number, colour: string, thick: number): void {
  pen.strokeStyle = colour;
  pen.lineWidth = thick;
  pen.strokeRect(left + thick / 2, top + thick / 2, Math.max(1, width - thick), Math.max(1, height - thick));
}
