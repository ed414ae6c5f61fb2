// The picture: blocks as points, lines around them. While it moves, as much is drawn as there is time for; at rest all of it.
import type { Theme } from "../theme";
import { stopsOf, kindsOf, paperOf } from "../graph/colours";
import { STRIDE } from "./blocks";
import { Camera, type Vector, dot } from "./camera";
import { type Told, programs } from "./shaders";

export type Colouring = "value" | "kappa" | "model";
const COLOURINGS: Colouring[] = ["value", "kappa", "model"];
/** From how many pixels on a block has faces. */
const BOX_PIXELS = 2.6;
const SIDE = 0.47;
/** As long as a picture may take while the view moves, and the fewest points that it has then. */
const MOVING_MILLISECONDS = 34;
const POINTS_MIN = 20_000;
const REST_MILLISECONDS = 140;
/** At rest a picture is drawn this much finer where that takes no longer than a moment. */
const FINE = 2;
const FINE_MILLISECONDS = 120;

/** Ends of lines: places in threes, colours in fours. */
export interface Lines {
  places: number[];
  colours: number[];
}
/** What a picture took: for the corner of the page, and for measurements. */
export interface Took {
  points: number;
  milliseconds: number;
  isMoving: boolean;
}

export class Scene {
  readonly camera = new Camera();
  theme: Theme = "dark";
  colouring: Colouring = "value";
  onDrawn: (took: Took) => void = () => undefined;
  private readonly gl: WebGL2RenderingContext;
  private programs: ReturnType<typeof programs>;
  private points: WebGLBuffer;
  private ends: WebGLBuffer;
  private count = 0;
  private lineCount = 0;
  private low: Vector = [0, 0, 0];
  private high: Vector = [1, 1, 1];
  private bytes: Uint8Array = new Uint8Array();
  /** Points a millisecond, as dots and as boxes of one pixel more or less. */
  private rates = { dot: 3_000, box: 160 };
  private frame = 0;
  private rest = 0;
  private lines: () => Lines = () => ({ places: [], colours: [] });

  /** Throws where the browser cannot draw like this. */
  constructor(readonly canvas: HTMLCanvasElement) {
    const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, powerPreference: "high-performance" });
    if (!gl) throw new Error("This browser has no WebGL 2.");
    this.gl = gl;
    this.programs = programs(gl);
    [this.points, this.ends] = [gl.createBuffer(), gl.createBuffer()];
    canvas.addEventListener("webglcontextlost", this.lost);
    canvas.addEventListener("webglcontextrestored", this.restored);
  }

  /** Other blocks, as `seen` gives them, in a box of these corners. */
  show(bytes: Uint8Array, low: Vector, high: Vector): void {
    this.bytes = bytes;
    this.count = bytes.length / STRIDE;
    [this.low, this.high] = [low, high];
    this.gl.bindBuffer(this.gl.ARRAY_BUFFER, this.points);
    this.gl.bufferData(this.gl.ARRAY_BUFFER, bytes, this.gl.STATIC_DRAW);
    this.look();
  }

  /** What is drawn over the blocks: asked for with every picture, since some of it keeps its size on the screen. */
  draws(lines: () => Lines): void {
    this.lines = lines;
    this.look();
  }

  fit(): void {
    this.camera.fit(this.low, this.high, this.canvas.clientWidth, this.canvas.clientHeight);
    this.look();
  }

  /** The view has moved. */
  move(): void {
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => {
      this.rest = 0;
      this.look();
    }, REST_MILLISECONDS);
    this.schedule();
  }

  /** The same view of something else, or in another light. */
  look(): void {
    this.schedule();
  }

  end(): void {
    clearTimeout(this.rest);
    cancelAnimationFrame(this.frame);
    this.canvas.removeEventListener("webglcontextlost", this.lost);
    this.canvas.removeEventListener("webglcontextrestored", this.restored);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  private readonly lost = (event: Event): void => event.preventDefault();

  private readonly restored = (): void => {
    this.programs = programs(this.gl);
    [this.points, this.ends] = [this.gl.createBuffer(), this.gl.createBuffer()];
    this.show(this.bytes, this.low, this.high);
  };

  private schedule(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  /** Draws once, and waits for the card: what it took decides how much is drawn while the view moves. */
  private draw(): void {
    const { gl } = this;
    if (gl.isContextLost() || !this.canvas.clientWidth) return;
    const isMoving = this.rest !== 0;
    const way = this.camera.zoom * devicePixelRatio >= BOX_PIXELS ? "box" : "dot";
    const cost = way === "box" ? 1 + (this.camera.zoom * devicePixelRatio) ** 2 / 12 : 1;
    const budget = this.rates[way] / cost;
    const most = Math.max(POINTS_MIN, Math.floor(budget * MOVING_MILLISECONDS));
    const count = isMoving ? Math.min(this.count, most) : this.count;
    const isFine = !isMoving && (FINE * FINE * this.count) / budget < FINE_MILLISECONDS;
    const begun = performance.now();
    this.size(devicePixelRatio * (isFine ? FINE : 1));
    this.paint(count);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    const milliseconds = performance.now() - begun;
    const drawn = cost * count * (isFine ? FINE * FINE : 1);
    if (drawn >= POINTS_MIN) this.rates[way] += 0.4 * (drawn / Math.max(1, milliseconds) - this.rates[way]);
    this.onDrawn({ points: count, milliseconds, isMoving });
  }

  private size(scale: number): void {
    const { canvas } = this;
    const [width, height] = [Math.round(canvas.clientWidth * scale), Math.round(canvas.clientHeight * scale)];
    if (canvas.width === width && canvas.height === height) return;
    [canvas.width, canvas.height] = [width, height];
  }

  private paint(count: number): void {
    const { gl, camera } = this;
    const { width, height } = this.canvas;
    const zoom = (camera.zoom * width) / this.canvas.clientWidth;
    const { axes, target } = camera;
    const isBox = zoom >= BOX_PIXELS;
    const half = 2 * SIDE * Math.max(...[axes.right, axes.up].map((axis) => 0.5 * axis.reduce((sum, one) => sum + Math.abs(one), 0)));
    // Where only some are drawn they are larger, so that together they cover as much.
    const spread = Math.min(2.5, Math.sqrt(this.count / Math.max(1, count)));
    const points = isBox ? Math.ceil(2 * half * zoom) + 1 : Math.max(1, zoom * spread, devicePixelRatio);
    const told: Told = {
      ...axes,
      target: target.map((one, at) => one - this.low[at]!),
      scale: [(2 * zoom) / width, (2 * zoom) / height, 0, 0],
      depths: 1 / (this.reach() + 1),
      points,
      reach: points / zoom,
      pixel: 1 / zoom,
      side: SIDE,
      light: this.theme === "dark" ? 0.35 : 0.55,
      colouring: COLOURINGS.indexOf(this.colouring),
      ramp: stopsOf(this.theme),
      kinds: kindsOf(this.theme),
      paper: paperOf(this.theme),
    };
    gl.viewport(0, 0, width, height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.disable(gl.BLEND);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.points);
    gl.enableVertexAttribArray(0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(0, 4, gl.UNSIGNED_SHORT, false, STRIDE, 0);
    gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, STRIDE, 8);
    this.programs[isBox ? "box" : "dot"].use(told);
    gl.drawArrays(gl.POINTS, 0, count);
    this.stroke({ ...told, nearer: 0.6 }, width / this.canvas.clientWidth);
  }

  /** Lines are one pixel wide: where the picture is finer than the screen they are drawn beside themselves. */
  private stroke(told: Told, scale: number): void {
    const { gl } = this;
    const { places, colours } = this.lines();
    this.lineCount = places.length / 3;
    if (!this.lineCount) return;
    const ends = new Float32Array(this.lineCount * 7);
    for (let at = 0; at < this.lineCount; at += 1) {
      for (let of = 0; of < 3; of += 1) ends[7 * at + of] = places[3 * at + of]! - this.low[of]!;
      for (let of = 0; of < 4; of += 1) ends[7 * at + 3 + of] = colours[4 * at + of]!;
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.ends);
    gl.bufferData(gl.ARRAY_BUFFER, ends, gl.STREAM_DRAW);
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 28, 0);
    gl.vertexAttribPointer(1, 4, gl.FLOAT, false, 28, 12);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const { width, height } = this.canvas;
    for (let off = 0; off < Math.max(1, scale); off += 1) {
      this.programs.line.use({ ...told, aside: [(2 * off) / width, (2 * off) / height, 0] });
      gl.drawArrays(gl.LINES, 0, this.lineCount);
    }
  }

  /** How far the farthest corner lies from the target. */
  private reach(): number {
    const corner = this.low.map((one, at) => Math.max(Math.abs(one - this.camera.target[at]!), Math.abs(this.high[at]! - this.camera.target[at]!))) as Vector;
    return Math.sqrt(dot(corner, corner));
  }
}
