// Names on the picture: beside their particles, and on a plate of the theme's own colour for the one that is pointed at or chosen.
import type Sigma from "sigma";
import type { NodeDisplayData } from "sigma/types";
import type { Theme } from "../theme";
import { INK, PAPER } from "./colours";
import type { EdgeFacts, NodeFacts } from "./model";
import { type Box, type Disc, type Place, type Wanted, placesOf } from "./places";

const PLATE: { [theme in Theme]: { fill: string; line: string; ink: string } } = {
  dark: { fill: "#1b2230", line: "#46536b", ink: "#f4f6fa" },
  light: { fill: "#ffffff", line: "#c9c4b8", ink: "#14181d" },
};
/** A name for so much of the picture, in squares of the size of its letters. */
const ROOM = 8 * 5;
/** Whoever looks for a place is one of so many times as many as may have one: the rest have little focus. */
const TRIED = 3;
/** What lies over the picture. */
const OVER = ".zoom, .relations button, .corner, .floating";

type Drawn = Sigma<NodeFacts, EdgeFacts>;
/** What sigma keeps to itself of how it draws names. */
interface Insides {
  renderLabels: () => void;
  canvasContexts: { labels: CanvasRenderingContext2D };
}
/** What the picture shows: names with their boxes, and discs, in pixels of the picture. */
export interface Shapes {
  names: (Box & { name: string })[];
  discs: Disc[];
}
/** The element of the picture says what it shows: whoever tests the page reads it there. */
export type Telling = HTMLElement & { shapes?: Shapes };

/** Draws the names in place of sigma, which lets them lie over each other. */
export class Names {
  private places: Map<string, Place> = new Map();
  private over: Box[] = [];
  private readonly widths = new Map<string, number>();
  private size: number;

  constructor(
    private readonly sigma: Drawn,
    private readonly look: () => { theme: Theme; order: string[]; isDrawn: boolean },
  ) {
    this.size = sigma.getSetting("labelSize");
    (sigma as unknown as Insides).renderLabels = () => this.draw();
  }

  /** Letters of another size. */
  resize(size: number): void {
    this.size = size;
    this.widths.clear();
  }

  /** Looks at what lies over the picture, which no name may hide behind. */
  lookAround(): void {
    const container = this.sigma.getContainer();
    const { left, top } = container.getBoundingClientRect();
    const found = container.closest(".middle")?.querySelectorAll(OVER) ?? [];
    this.over = [...found].map((one) => {
      const box = one.getBoundingClientRect();
      return { left: box.left - left, top: box.top - top, right: box.right - left, bottom: box.bottom - top };
    });
  }

  private draw(): void {
    const { theme, order, isDrawn } = this.look();
    const context = (this.sigma as unknown as Insides).canvasContexts.labels;
    const { width, height } = this.sigma.getDimensions();
    const most = isDrawn ? Math.ceil((width * height) / (ROOM * this.size * this.size)) : 0;
    const discs = new Map<string, Disc>();
    this.sigma.getGraph().forEachNode((key) => {
      const data = this.sigma.getNodeDisplayData(key);
      if (data) discs.set(key, this.discOf(data, width, height));
    });
    const picture = { left: 2, top: 2, right: width - 2, bottom: height - 2 };
    const wanted = this.wanted(order, discs, most, context);
    this.places = placesOf(wanted, discs.values(), this.over, picture, this.size / 5, most, this.places);
    for (const [key, place] of this.places) {
      const data = this.sigma.getNodeDisplayData(key)!;
      if (!isPlate(this.sigma, key, data)) this.write(context, data.label ?? "", place, discs.get(key)!, theme);
    }
    (this.sigma.getContainer() as Telling).shapes = {
      names: [...this.places].map(([key, place]) => ({ ...place, name: this.sigma.getNodeDisplayData(key)!.label ?? "" })),
      discs: [...discs.values()],
    };
  }

  private discOf(data: NodeDisplayData, width: number, height: number): Disc {
    const { x, y } = this.sigma.framedGraphToViewport(data);
    const size = this.sigma.scaleSize(data.size);
    const isSeen = x > -size && y > -size && x < width + size && y < height + size;
    return isSeen ? { x, y, size } : { x: -1e4, y: -1e4, size: 0 };
  }

  /** Names that want a place, the most important first. */
  private wanted(order: string[], discs: Map<string, Disc>, most: number, context: CanvasRenderingContext2D): Wanted[] {
    const [must, may]: [Wanted[], Wanted[]] = [[], []];
    for (const key of order) {
      const [data, disc] = [this.sigma.getNodeDisplayData(key), discs.get(key)];
      if (!data?.label || !disc || disc.x < -9e3) continue;
      const onPlate = isPlate(this.sigma, key, data);
      if (!onPlate && !(data.forceLabel && most) && may.length >= TRIED * most) continue;
      const width = this.widthOf(data.label, onPlate, context);
      const one = { ...disc, key, width, height: (onPlate ? 2 : 1.2) * this.size, must: onPlate || data.forceLabel };
      (one.must ? must : may).push(one);
    }
    return [...must, ...may];
  }

  private font(onPlate: boolean): string {
    return `${onPlate ? 600 : this.sigma.getSetting("labelWeight")} ${this.size}px ${this.sigma.getSetting("labelFont")}`;
  }

  private widthOf(label: string, onPlate: boolean, context: CanvasRenderingContext2D): number {
    const key = `${onPlate ? "+" : "-"}${label}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      context.font = this.font(onPlate);
      width = context.measureText(label).width + (onPlate ? this.size : 0);
      this.widths.set(key, width);
    }
    return width;
  }

  /** A name with a rim of the paper's colour so that links do not strike it through. */
  private write(context: CanvasRenderingContext2D, label: string, place: Place, disc: Disc, theme: Theme): void {
    if (place.isFar) tie(context, place, disc, PLATE[theme].line);
    context.font = this.font(false);
    context.lineJoin = "round";
    context.lineWidth = this.size / 3.5;
    context.strokeStyle = `rgb(${PAPER[theme].join()})`;
    const bottom = place.bottom - this.size * 0.28;
    context.strokeText(label, place.left, bottom);
    context.fillStyle = INK[theme];
    context.fillText(label, place.left, bottom);
  }

  /** The ring and the plate of the particle that is pointed at or chosen; as sigma asks for it. */
  readonly drawPlate = (context: CanvasRenderingContext2D, data: Disc & { key?: string; label: string | null; color: string }): void => {
    const { fill, line, ink } = PLATE[this.look().theme];
    const size = this.size;
    context.beginPath();
    context.arc(data.x, data.y, data.size + size / 4, 0, 2 * Math.PI);
    context.lineWidth = size / 6;
    context.strokeStyle = data.color;
    context.stroke();
    const place = data.key === undefined ? undefined : this.places.get(data.key);
    if (!data.label || !place) return;
    if (place.isFar) tie(context, place, data, line);
    context.beginPath();
    context.roundRect(place.left, place.top, place.right - place.left, place.bottom - place.top, size * 0.45);
    context.fillStyle = fill;
    context.fill();
    context.lineWidth = size / 12;
    context.strokeStyle = line;
    context.stroke();
    context.fillStyle = ink;
    context.font = this.font(true);
    context.fillText(data.label, place.left + size / 2, place.bottom - size * 0.66);
  };
}

/** The particle under the pointer and the one that is chosen have plates. */
const isPlate = (sigma: Drawn, key: string, data: NodeDisplayData): boolean =>
  data.highlighted || (sigma as unknown as { hoveredNode: string | null }).hoveredNode === key;

/** A line from a particle to its name, where that found a place farther away. */
function tie(context: CanvasRenderingContext2D, place: Place, disc: Disc, colour: string): void {
  context.beginPath();
  context.moveTo(disc.x, disc.y);
  context.lineTo(Math.max(place.left, Math.min(disc.x, place.right)), Math.max(place.top, Math.min(disc.y, place.bottom)));
  context.lineWidth = 1;
  context.strokeStyle = colour;
  context.stroke();
}
