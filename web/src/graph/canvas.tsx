// The graph on the screen: sigma draws it; this says how particles and links look, and what a click means.
import { useEffect, useRef } from "preact/hooks";
import Sigma from "sigma";
import type { EdgeProgramType } from "sigma/rendering";
import type { Name } from "../api";
import { label } from "../format";
import { type Theme, prefersStill } from "../theme";
import { faint, heightOf, ramp, relationColour } from "./colours";
import { Layout } from "./layout";
import { type EdgeFacts, type NodeFacts, type Shown, relationsOf } from "./model";
import { Arrow, ThinLine } from "./lines";
import { Names } from "./labels";
import { Disc, pointByPlace } from "./pointing";

/** What is to be seen: part of the page's state. */
export interface View {
  theme: Theme;
  selected: string | null;
  /** Keys of particles on the walk that is looked at. */
  walk: string[] | null;
  hidden: Set<string>;
}
/** From here on links are plain lines, and names go while the view moves: machines without a GPU draw these in software. */
const MANY_LINKS = 1_000;
/** Room between the particles and the rim, in sizes of letters: relations lie over the picture there. */
const PADDING = 4.8;
const REST_MILLISECONDS = 180;
/** A machine that takes longer for a picture, this many times, is one of those whatever it draws. */
const SLOW_MILLISECONDS = 45;
const SLOW_PICTURES = 3;

interface Props {
  shown: Shown;
  /** Grows with every change of what is shown. */
  version: number;
  /** The same question as before, of a newer block. */
  isNews: boolean;
  view: View;
  onSelect: (name: Name) => void;
}

export function Canvas({ shown, version, isNews, view, onSelect }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const seen = useRef(view);
  const drawing = useRef<Drawing | null>(null);
  const select = useRef(onSelect);
  seen.current = view;
  select.current = onSelect;

  useEffect(() => {
    drawing.current = new Drawing(box.current!, shown, seen, (name) => select.current(name));
    return () => drawing.current?.end();
  }, []);
  useEffect(() => drawing.current?.show(shown, isNews), [shown, version]);
  useEffect(() => drawing.current?.look(), [view.theme, view.selected, view.walk, view.hidden]);

  const move = (event: KeyboardEvent) => {
    const camera = drawing.current?.sigma.getCamera();
    if (!camera) return;
    const state = camera.getState();
    const step = 0.12 * state.ratio;
    const moves: { [key: string]: () => void } = {
      ArrowLeft: () => camera.setState({ x: state.x - step }),
      ArrowRight: () => camera.setState({ x: state.x + step }),
      ArrowUp: () => camera.setState({ y: state.y + step }),
      ArrowDown: () => camera.setState({ y: state.y - step }),
      "+": () => void camera.animatedZoom({ duration: prefersStill() ? 0 : 160 }),
      "-": () => void camera.animatedUnzoom({ duration: prefersStill() ? 0 : 160 }),
      "0": () => void camera.animatedReset({ duration: prefersStill() ? 0 : 240 }),
    };
    const act = moves[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  };
  const said = `Graph of ${shown.order} particles and ${shown.size} links. Arrow keys move it, plus and minus zoom, 0 shows all. The same particles are in the lists beside it.`;
  return (
    <div class="canvas" tabIndex={0} role="application" aria-label={said} onKeyDown={move}>
      <div class="canvas-sigma" ref={box} aria-hidden="true" />
      <div class="zoom" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => drawing.current?.sigma.getCamera().animatedZoom()}>
          +
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out (−)" onClick={() => drawing.current?.sigma.getCamera().animatedUnzoom()}>
          −
        </button>
        <button type="button" aria-label="Show all" title="Show all (0)" onClick={() => drawing.current?.sigma.getCamera().animatedReset()}>
          ⤢
        </button>
      </div>
    </div>
  );
}

/** Sigma with our looks, for as long as one set of answers is on the screen. */
class Drawing {
  readonly sigma: Sigma<NodeFacts, EdgeFacts>;
  private layout: Layout;
  private hovered: string | null = null;
  private near = new Set<string>();
  private least = 1e-9;
  private most = 1;
  private colours = new Map<string, string>();
  private lightest = 0;
  private heaviest = 1;
  private scale = 1;
  /** Keys of particles, those of most focus first, answers before all others. */
  private order: string[] = [];
  private readonly names: Names;
  private strength = 0.6;
  private rest = 0;
  private drawn = 0;
  private slow = 0;

  constructor(
    box: HTMLElement,
    private shown: Shown,
    private readonly view: { current: View },
    onSelect: (name: Name) => void,
  ) {
    const size = this.fit();
    this.measure();
    this.sigma = new Sigma<NodeFacts, EdgeFacts>(shown.drawn, box, {
      allowInvalidContainer: true,
      defaultEdgeType: "arrow",
      nodeProgramClasses: { circle: Disc },
      edgeProgramClasses: { arrow: Arrow, thin: ThinLine as unknown as EdgeProgramType<NodeFacts, EdgeFacts> },
      labelFont: getComputedStyle(document.body).fontFamily,
      labelSize: size,
      renderLabels: false,
      labelWeight: "500",
      minCameraRatio: 0.02,
      maxCameraRatio: 4,
      stagePadding: PADDING * size,
      zIndex: true,
      nodeReducer: (key, facts) => this.node(key, facts),
      edgeReducer: (key, facts) => this.edge(key, facts),
    });
    this.names = new Names(this.sigma, () => ({ theme: view.current.theme, order: this.order, isDrawn: this.drawsNames() }));
    this.sigma.setSetting("defaultDrawNodeHover", this.names.drawPlate);
    pointByPlace(this.sigma);
    this.sigma.on("resize", () => this.resize());
    this.sigma.getCamera().on("updated", () => this.move());
    this.sigma.on("afterRender", () => this.time());
    this.layout = new Layout(shown);
    this.sigma.on("clickNode", ({ node }) => onSelect(this.shown.getNodeAttribute(node, "name")));
    this.sigma.on("enterNode", ({ node }) => this.hover(node));
    this.sigma.on("leaveNode", () => this.hover(null));
  }

  end(): void {
    clearTimeout(this.rest);
    this.layout.stop();
    this.sigma.kill();
  }

  /** Draws another graph, or what the same one has become; news of the same question leave the view where it is. */
  show(shown: Shown, isNews: boolean): void {
    if (shown !== this.shown) {
      this.layout.stop();
      this.hovered = null;
      this.shown = shown;
      this.layout = new Layout(shown);
      this.sigma.setGraph(shown.drawn);
      if (!isNews) this.sigma.getCamera().setState({ x: 0.5, y: 0.5, ratio: 1, angle: 0 });
    }
    this.measure();
    this.names.lookAround();
    // Sigma has looked at what was added before it was measured.
    this.sigma.refresh();
    this.layout.run();
  }

  /** Draws the same in another light. */
  look(): void {
    this.layers();
    this.names.lookAround();
    this.sigma.refresh({ skipIndexation: true });
  }

  /** Sizes in pixels follow those of the page's text; gives that of names. */
  private fit(): number {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    this.scale = rem / 16;
    return rem * 0.8;
  }

  private resize(): void {
    const size = this.fit();
    this.names.resize(size);
    this.names.lookAround();
    this.sigma.setSetting("labelSize", size);
    this.sigma.setSetting("stagePadding", PADDING * size);
  }

  private readonly drawsNames = (): boolean => !this.rest || (this.shown.size <= MANY_LINKS && this.slow < SLOW_PICTURES);

  private time(): void {
    const now = performance.now();
    if (this.rest && now - this.drawn > SLOW_MILLISECONDS && now - this.drawn < REST_MILLISECONDS) this.slow += 1;
    this.drawn = now;
  }

  /** The view moves: names come back when it has come to rest. */
  private move(): void {
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => {
      this.rest = 0;
      this.layers();
      this.names.lookAround();
      this.sigma.scheduleRender();
    }, REST_MILLISECONDS);
    this.layers();
  }

  /** Says which of sigma's layers have something on them: the others are not to be laid over each other at every frame. */
  private layers(): void {
    const { dataset } = this.sigma.getContainer();
    dataset.names = String(this.drawsNames());
    dataset.marked = String(this.hovered !== null || this.view.current.selected !== null);
  }

  private hover(key: string | null): void {
    this.hovered = key;
    this.near = new Set(key === null ? [] : this.shown.neighbors(key));
    this.layers();
    this.sigma.getContainer().style.cursor = key === null ? "" : "pointer";
    this.sigma.refresh({ skipIndexation: true });
  }

  private measure(): void {
    let [least, most, lightest, heaviest] = [Infinity, 0, Infinity, 0];
    this.shown.forEachNode((_, { score }) => {
      if (score > 0) least = Math.min(least, score);
      most = Math.max(most, score);
    });
    this.shown.forEachEdge((_, { weight }) => ([lightest, heaviest] = [Math.min(lightest, weight || lightest), Math.max(heaviest, weight)]));
    [this.least, this.most] = [Math.min(least, most), most];
    [this.lightest, this.heaviest] = [Math.min(lightest, heaviest), heaviest];
    const height = (key: string): number => {
      const { score, isAnswer } = this.shown.getNodeAttributes(key);
      return score + (isAnswer ? 2 : 0);
    };
    this.order = this.shown.nodes().sort((one, other) => height(other) - height(one));
    // Many links together are dark enough.
    this.strength = Math.max(0.13, 0.6 * Math.min(1, Math.sqrt(150 / (this.shown.size + 1))));
    this.colours = new Map(relationsOf(this.shown).map(({ relation }, at) => [relation, String(at)]));
  }

  /** Where a weight stands between those that are shown, 0 to 1; a little above 0 where all are the same. */
  private heaviness(weight: number): number {
    return this.lightest < this.heaviest ? heightOf(weight, this.lightest, this.heaviest) : 0.15;
  }

  private node(key: string, facts: NodeFacts) {
    const { theme, selected, walk } = this.view.current;
    const height = heightOf(facts.score, this.least, this.most);
    const isDim = walk ? !walk.includes(key) : this.hovered !== null && key !== this.hovered && !this.near.has(key);
    const colour = ramp(height, theme);
    const isSelected = key === selected;
    return {
      x: facts.x,
      y: facts.y,
      label: label(facts.name, 36),
      size: this.scale * (2.6 + 11 * Math.sqrt(facts.score / (this.most || 1)) + (isSelected ? 2 : 0)),
      color: isDim ? faint(colour, 0.3, theme) : colour,
      forceLabel: !isDim && (isSelected || Boolean(walk) || key === this.hovered),
      highlighted: isSelected,
      zIndex: isDim ? 0 : isSelected ? 3 : facts.isAnswer ? 2 : 1,
      ...(isDim ? { label: "" } : {}),
    };
  }

  private edge(key: string, facts: EdgeFacts) {
    const { theme, walk, hidden, selected } = this.view.current;
    const [source, target] = this.shown.extremities(key) as [string, string];
    const own = this.hovered ?? selected;
    const heavy = this.heaviness(facts.weight);
    const onWalk = walk !== null && isStep(walk, source, target);
    const isNear = walk === null && (own === source || own === target);
    const strength = onWalk ? 1 : isNear ? 0.85 : walk !== null || this.hovered !== null ? 0.1 : this.strength;
    return {
      type: this.shown.size > MANY_LINKS && !onWalk && !isNear ? "thin" : "arrow",
      hidden: hidden.has(facts.relation),
      color: faint(relationColour(Number(this.colours.get(facts.relation) ?? 0), theme), strength * (0.7 + 0.3 * heavy), theme),
      size: this.scale * ((onWalk ? 1.8 : 0.9) + 3.1 * heavy),
      head: this.scale * ((onWalk ? 3.2 : 2.5) + 2.3 * heavy),
      zIndex: onWalk ? 2 : isNear ? 1 : 0,
    };
  }
}

function isStep(walk: string[], one: string, other: string): boolean {
  return walk.some((key, at) => {
    const next = walk[at + 1];
    return (key === one && next === other) || (key === other && next === one);
  });
}
