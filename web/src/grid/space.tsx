// The array on the screen: turned by dragging, moved by dragging with the other button or Shift, brought nearer by the wheel.
import { useEffect, useRef, useState } from "preact/hooks";
import * as format from "../format";
import { type Theme, prefersStill } from "../theme";
import type { Cube } from "./api";
import { type Blocks, STRIDE, seen } from "./blocks";
import type { Vector } from "./camera";
import { outlines } from "./outlines";
import { pick } from "./picking";
import { type Colouring, Scene, type Took } from "./scene";

const TURN_A_PIXEL = 0.006;
const STEP_PIXELS = 40;
const CLICK_PIXELS = 4;

interface Props {
  blocks: Blocks;
  shape: Vector;
  cubes: Cube[];
  edges: [string, string][];
  cube: string | null;
  block: Vector | null;
  colouring: Colouring;
  theme: Theme;
  onBlock: (block: Vector | null) => void;
  onCube: (name: string) => void;
  onFailure: (words: string) => void;
}

export function Space(props: Props) {
  const { blocks, shape, cubes, edges, cube, block, colouring, theme } = props;
  const box = useRef<HTMLCanvasElement>(null);
  const scene = useRef<Scene | null>(null);
  const points = useRef<Uint8Array>(new Uint8Array());
  const known = useRef(props);
  const isPlaced = useRef(false);
  const [took, setTook] = useState<Took | null>(null);
  known.current = props;

  useEffect(() => {
    let made: Scene;
    try {
      made = new Scene(box.current!);
    } catch (error) {
      props.onFailure((error as Error).message);
      return;
    }
    scene.current = made;
    made.onDrawn = (drawn) => !drawn.isMoving && setTook(drawn);
    const resized = new ResizeObserver(() => (isPlaced.current ? made.look() : show()));
    resized.observe(box.current!);
    return () => {
      resized.disconnect();
      made.end();
      scene.current = null;
    };
  }, []);
  const show = () => {
    const made = scene.current;
    if (!made || !box.current!.clientWidth) return;
    made.show(points.current, blocks.origin, blocks.origin.map((one, at) => one + blocks.size[at]!) as Vector);
    if (isPlaced.current) return;
    isPlaced.current = true;
    made.camera.fit([0, 0, 0], known.current.shape, box.current!.clientWidth, box.current!.clientHeight);
    made.look();
  };
  useEffect(() => {
    points.current = seen(blocks);
    show();
  }, [blocks]);
  useEffect(() => {
    const made = scene.current;
    if (!made) return;
    [made.theme, made.colouring] = [theme, colouring];
    made.draws(() => outlines({ cubes, edges, cube, block, size: shape }, made.camera, theme));
  }, [theme, colouring, cubes, edges, cube, block, shape]);
  useEffect(() => {
    const chosen = cubes.find(({ name }) => name === cube);
    if (chosen && scene.current) approach(scene.current, chosen.at.map((one) => one + 1) as Vector);
  }, [cube]);

  const act = (how: (made: Scene) => void) => {
    if (!scene.current) return;
    how(scene.current);
    scene.current.move();
  };
  const press = (event: KeyboardEvent) => {
    const turn = 10 * STEP_PIXELS * TURN_A_PIXEL * 0.1;
    const acts: { [key: string]: (made: Scene) => void } = {
      ArrowLeft: ({ camera }) => (event.shiftKey ? camera.moved(STEP_PIXELS, 0) : camera.turned(-turn, 0)),
      ArrowRight: ({ camera }) => (event.shiftKey ? camera.moved(-STEP_PIXELS, 0) : camera.turned(turn, 0)),
      ArrowUp: ({ camera }) => (event.shiftKey ? camera.moved(0, STEP_PIXELS) : camera.turned(0, turn)),
      ArrowDown: ({ camera }) => (event.shiftKey ? camera.moved(0, -STEP_PIXELS) : camera.turned(0, -turn)),
      "+": ({ camera }) => camera.neared(1.25),
      "-": ({ camera }) => camera.neared(0.8),
      "0": (made) => made.fit(),
    };
    const found = acts[event.key === "=" ? "+" : event.key];
    if (!found) return;
    event.preventDefault();
    act(found);
  };
  const words = `Array of ${shape.join(" by ")} with ${blocks.total} active blocks and ${cubes.length} cubes. Arrow keys turn it, with Shift they move it, plus and minus zoom, 0 shows all. The same cubes are in the list beside it.`;
  return (
    <div class="canvas space" tabIndex={0} role="application" aria-label={words} onKeyDown={press}>
      <canvas ref={box} class="space-canvas" aria-hidden="true" {...pointing(scene, points, known)} />
      <div class="zoom" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => act(({ camera }) => camera.neared(1.5))}>
          +
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => act(({ camera }) => camera.neared(1 / 1.5))}>
          −
        </button>
        <button type="button" aria-label="Show all" title="Show all (0)" onClick={() => act((made) => made.fit())}>
          ⤢
        </button>
      </div>
      <p class="space-took quiet" data-points={points.current.length / STRIDE} data-milliseconds={took?.milliseconds.toFixed(1)}>
        {took && `${format.count(took.points)} points · ${took.milliseconds.toFixed(took.milliseconds < 10 ? 1 : 0)} ms`}
      </p>
    </div>
  );
}

/** Comes near to a place, in steps where the reader likes movement. */
function approach(scene: Scene, place: Vector): void {
  const { camera } = scene;
  const zoom = Math.max(camera.zoom, 26);
  const [from, near] = [camera.target, camera.zoom];
  const steps = prefersStill() ? 1 : 14;
  let step = 0;
  const go = () => {
    step += 1;
    const share = 1 - (1 - step / steps) ** 3;
    camera.target = from.map((one, at) => one + (place[at]! - one) * share) as Vector;
    camera.zoom = near * (zoom / near) ** share;
    scene.move();
    if (step < steps) requestAnimationFrame(go);
  };
  go();
}

/** What a mouse or a finger does. */
function pointing(scene: { current: Scene | null }, points: { current: Uint8Array }, known: { current: Props }) {
  const held = new Map<number, [number, number]>();
  let travelled = 0;
  const down = (event: PointerEvent) => {
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    held.set(event.pointerId, [event.clientX, event.clientY]);
    travelled = 0;
  };
  const move = (event: PointerEvent) => {
    const before = held.get(event.pointerId);
    const made = scene.current;
    if (!before || !made) return;
    const [across, along] = [event.clientX - before[0], event.clientY - before[1]];
    travelled += Math.abs(across) + Math.abs(along);
    const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (place: [number, number]) => Math.hypot(place[0] - other[0], place[1] - other[1]);
      made.camera.neared(apart([event.clientX, event.clientY]) / Math.max(1, apart(before)));
      made.camera.moved(across / 2, along / 2);
    } else if (event.shiftKey || event.buttons & 6) made.camera.moved(across, along);
    else made.camera.turned(across * TURN_A_PIXEL, along * TURN_A_PIXEL);
    held.set(event.pointerId, [event.clientX, event.clientY]);
    made.move();
  };
  const up = (event: PointerEvent) => {
    if (!held.delete(event.pointerId) || travelled > CLICK_PIXELS || !scene.current) return;
    const found = pick(points.current, known.current.blocks.origin, scene.current.camera, ...offMiddle(event));
    const { cubes, onBlock, onCube } = known.current;
    const cube = found && cubes.find(({ at }) => at.every((one, axis) => found[axis]! - one === 0 || found[axis]! - one === 1));
    if (cube) onCube(cube.name);
    else onBlock(found);
  };
  const turnWheel = (event: WheelEvent) => {
    event.preventDefault();
    scene.current?.camera.neared(Math.exp(-event.deltaY * 0.0015), ...offMiddle(event));
    scene.current?.move();
  };
  const leave = (event: PointerEvent) => void held.delete(event.pointerId);
  return { onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: leave, onWheel: turnWheel, onContextMenu: (event: Event) => event.preventDefault() };
}

function offMiddle(event: MouseEvent): [number, number] {
  const { left, top, width, height } = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return [event.clientX - left - width / 2, event.clientY - top - height / 2];
}
