// Where the reader looks from: without perspective, so that equal blocks are equally large wherever they are.

export type Vector = [number, number, number];

export interface Axes {
  right: Vector;
  up: Vector;
  /** Away from the reader. */
  forward: Vector;
}

const STEEPEST = Math.PI / 2;
const ZOOM_MAX = 160;
const MARGIN = 0.86;

/** A point that is looked at, two angles, and how many pixels a block is wide. */
export class Camera {
  target: Vector = [0, 0, 0];
  turn = -Math.PI / 4 - 0.12;
  tilt = 0.5;
  zoom = 1;
  private least = 0.01;

  get axes(): Axes {
    const [sin, cos] = [Math.sin(this.turn), Math.cos(this.turn)];
    const [rise, flat] = [Math.sin(this.tilt), Math.cos(this.tilt)];
    return { right: [-sin, cos, 0], up: [-rise * cos, -rise * sin, flat], forward: [-flat * cos, -flat * sin, -rise] };
  }

  /** Looks at a box so that all of it is on a picture of this size. */
  fit(low: Vector, high: Vector, width: number, height: number): void {
    this.target = low.map((one, at) => (one + high[at]!) / 2) as Vector;
    const reach = low.map((one, at) => (high[at]! - one) / 2) as Vector;
    const { right, up } = this.axes;
    const across = Math.abs(right[0]) * reach[0] + Math.abs(right[1]) * reach[1] + Math.abs(right[2]) * reach[2];
    const along = Math.abs(up[0]) * reach[0] + Math.abs(up[1]) * reach[1] + Math.abs(up[2]) * reach[2];
    this.zoom = Math.min(ZOOM_MAX, (MARGIN * Math.min(width / across, height / along)) / 2);
    this.least = Math.min(this.least, this.zoom / 3);
  }

  turned(across: number, along: number): void {
    this.turn -= across;
    this.tilt = Math.max(-STEEPEST, Math.min(STEEPEST, this.tilt + along));
  }

  /** Moves what is looked at by so many pixels. */
  moved(across: number, along: number): void {
    const { right, up } = this.axes;
    this.target = this.target.map((one, at) => one - (right[at]! * across - up[at]! * along) / this.zoom) as Vector;
  }

  /** Comes nearer by a factor, towards a place that is so many pixels off the middle. */
  neared(factor: number, across = 0, along = 0): void {
    const zoom = Math.max(this.least, Math.min(ZOOM_MAX, this.zoom * factor));
    const share = 1 - this.zoom / zoom;
    this.moved(-across * share, -along * share);
    this.zoom = zoom;
  }

  /** Where a place is on a picture of this size, in pixels, and how far away. */
  project(place: Vector, width: number, height: number): Vector {
    const { right, up, forward } = this.axes;
    const from = place.map((one, at) => one - this.target[at]!) as Vector;
    return [width / 2 + dot(from, right) * this.zoom, height / 2 - dot(from, up) * this.zoom, dot(from, forward)];
  }
}

export const dot = (one: Vector, other: Vector): number => one[0] * other[0] + one[1] * other[1] + one[2] * other[2];
