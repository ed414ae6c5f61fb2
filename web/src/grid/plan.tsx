// The array seen from above, for browsers without WebGL: how many blocks stand over each place of the ground.
import { useEffect, useRef } from "preact/hooks";
import { ramp } from "../graph/colours";
import type { Theme } from "../theme";
import { type Blocks, STRIDE } from "./blocks";

const CELLS = 128;

export function Plan({ blocks, shape, theme }: { blocks: Blocks; shape: [number, number, number]; theme: Theme }) {
  const box = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pen = box.current?.getContext("2d");
    if (!pen) return;
    const counts = counted(blocks, shape);
    const most = Math.max(1, ...counts);
    pen.clearRect(0, 0, CELLS, CELLS);
    counts.forEach((count, at) => {
      if (!count) return;
      pen.fillStyle = ramp(Math.log1p(count) / Math.log1p(most), theme);
      pen.fillRect(at % CELLS, CELLS - 1 - Math.floor(at / CELLS), 1, 1);
    });
  }, [blocks, theme]);
  return (
    <figure class="plan">
      <canvas ref={box} width={CELLS} height={CELLS} role="img" aria-label={`Plan of ${blocks.total} blocks, seen from above`} />
      <figcaption class="quiet">Seen from above: this browser cannot draw it in three dimensions.</figcaption>
    </figure>
  );
}

function counted(blocks: Blocks, shape: [number, number, number]): number[] {
  const counts = new Array<number>(CELLS * CELLS).fill(0);
  const places = new Uint16Array(blocks.bytes.buffer);
  const cell = (place: number, axis: 0 | 1): number => Math.min(CELLS - 1, Math.floor(((place + blocks.origin[axis]) * CELLS) / shape[axis]));
  for (let at = 0; at < blocks.count; at += 1) {
    const from = (at * STRIDE) / 2;
    counts[cell(places[from]!, 0) + CELLS * cell(places[from + 1]!, 1)]! += 1;
  }
  return counts;
}
