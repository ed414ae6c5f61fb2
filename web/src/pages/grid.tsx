// The grid: its cubes on the left, the array in the middle, one cube or one block on the right.
import { useEffect, useMemo, useState } from "preact/hooks";
import { useAsked } from "../asking";
import * as format from "../format";
import { gradient, kindColour } from "../graph/colours";
import * as grid from "../grid/api";
import { type Kind, CubeList } from "../grid/cubes";
import { BlockPane, CubePane } from "../grid/inspector";
import { Plan } from "../grid/plan";
import type { Colouring } from "../grid/scene";
import { Space } from "../grid/space";
import { useGridNews } from "../grid/news";
import type { Route } from "../route";
import type { Theme } from "../theme";

const COLOURINGS: { [name in Colouring]: string } = { value: "Value", kappa: "κ", model: "Model" };

const NONE: grid.Cubes = { items: [], edges: [] };

interface Props {
  route: Route;
  go: (change: Partial<Route>) => void;
  theme: Theme;
}
type Pane = "cubes" | "array" | "details";
type Place = [number, number, number];

export function Grid({ route, go, theme }: Props) {
  const [pane, setPane] = useState<Pane>("array");
  const [colouring, setColouring] = useState<Colouring>("value");
  const [failure, setFailure] = useState<string | null>(null);
  const [looked, look] = useGridNews();
  const { value: stats, problem } = useAsked(grid.stats, [looked]);
  const { value: cubes } = useAsked((signal) => grid.instances(signal), [looked]);
  const { value: blocks, problem: missing } = useAsked((signal) => (stats ? grid.blocks(signal) : null), [stats?.revision]);
  const block = useMemo(() => placeIn(route.block), [route.block]);
  const { items: listed, edges } = cubes ?? NONE;
  useEffect(() => {
    if (stats) document.title = `${route.cube ?? stats.name} · grid · focusmesh`;
  }, [stats, route.cube]);
  const chooseCube = (name: string | null) => {
    go({ cube: name, block: null });
    if (name !== null) setPane("details");
  };
  const chooseBlock = (place: Place | null) => {
    go({ cube: null, block: place && place.join(",") });
    if (place) setPane("details");
  };
  const isChosen = route.cube !== null || block !== null;
  return (
    <div class="explore grid-page" data-pane={{ cubes: "results", array: "graph", details: "details" }[pane]} data-chosen={isChosen}>
      <h1 class="unseen">Grid {stats?.name}</h1>
      <nav class="panes" aria-label="Parts of the page">
        {(["cubes", "array", "details"] as const).map((one) => (
          <button key={one} type="button" aria-pressed={pane === one} onClick={() => setPane(one)} disabled={one === "details" && !isChosen}>
            {{ cubes: "Cubes", array: "Array", details: "Details" }[one]}
          </button>
        ))}
      </nav>
      <div class="side left" data-part="results">
        {problem && <p class="problem">{problem}</p>}
        {stats && <Figures stats={stats} />}
        <CubeList cubes={listed} chosen={route.cube} isWaiting={cubes === null} onChoose={chooseCube} />
      </div>
      <div class="middle" data-part="graph">
        {blocks && stats && !failure && (
          <Space
            blocks={blocks}
            shape={stats.shape}
            cubes={listed}
            edges={edges}
            cube={route.cube}
            block={block}
            colouring={colouring}
            theme={theme}
            onBlock={chooseBlock}
            onCube={chooseCube}
            onFailure={setFailure}
          />
        )}
        {blocks && stats && failure && <Plan blocks={blocks} shape={stats.shape} theme={theme} />}
        {!blocks && !missing && <p class="empty floating" role="status">Fetching the blocks …</p>}
        {missing && <p class="problem floating">{missing}</p>}
        <div class="relations" role="group" aria-label="Colour of blocks">
          {(Object.keys(COLOURINGS) as Colouring[]).map((one) => (
            <button key={one} type="button" class="switch" aria-pressed={one === colouring} onClick={() => setColouring(one)}>
              {COLOURINGS[one]}
            </button>
          ))}
        </div>
        {blocks && stats && (
          <div class="corner">
            <Legend colouring={colouring} theme={theme} kinds={kindsOf(stats)} least={blocks.least} most={blocks.most} />
            <p class="quiet">
              {format.plural(blocks.total, "block")} in {stats.shape.map(format.count).join(" × ")}
              {blocks.count < blocks.total && `, ${format.count(blocks.count)} of them drawn`}
            </p>
          </div>
        )}
      </div>
      {isChosen && (
        <div class="side right" data-part="details">
          {route.cube !== null && <CubePane key={route.cube} name={route.cube} looked={looked} canWrite={stats?.can_write ?? false} onClose={() => chooseCube(null)} onChange={look} onCube={chooseCube} />}
          {block && <BlockPane place={block} looked={looked} models={stats?.models ?? []} onClose={() => chooseBlock(null)} />}
        </div>
      )}
    </div>
  );
}

function placeIn(text: string | null): Place | null {
  const parts = text?.split(",") ?? [];
  return parts.length === 3 && parts.every((part) => /^\d+$/.test(part)) ? (parts.map(Number) as Place) : null;
}

const kindsOf = (stats: grid.Stats): Kind[] => stats.models.map((name, at) => ({ name, number: at + 1 }));

function Figures({ stats }: { stats: grid.Stats }) {
  return (
    <dl class="facts">
      <div>
        <dt>Blocks</dt>
        <dd>
          <strong>{format.count(stats.blocks)}</strong> <span class="quiet">{format.bytes(stats.array_bytes)}</span>
        </dd>
      </div>
      <div>
        <dt>Cubes</dt>
        <dd>
          <strong>{format.count(stats.instances)}</strong>
        </dd>
      </div>
      <div>
        <dt>κ</dt>
        <dd>
          {stats.spread ? (
            <>
              <strong>{stats.spread.mean.toFixed(3)}</strong>{" "}
              <span class="quiet">
                {stats.spread.least.toFixed(2)}–{stats.spread.most.toFixed(2)}
              </span>
            </>
          ) : (
            "–"
          )}
        </dd>
      </div>
      {stats.height !== null && (
        <div>
          <dt>Height</dt>
          <dd>
            <strong>{format.count(stats.height)}</strong>
          </dd>
        </div>
      )}
    </dl>
  );
}

interface LegendProps {
  colouring: Colouring;
  theme: Theme;
  kinds: Kind[];
  least: number;
  most: number;
}

function Legend({ colouring, theme, kinds, least, most }: LegendProps) {
  if (colouring === "model")
    return (
      <p class="legend kinds">
        {[{ name: "none", number: 0 }, ...kinds.slice(0, 7)].map(({ name, number }) => (
          <span key={number} class="kind">
            <span class="dot" style={{ background: kindColour(number, theme) }} aria-hidden="true" />
            <span class="quiet">{format.label(name, 16)}</span>
          </span>
        ))}
        {kinds.length > 7 && <span class="quiet">… colours come again</span>}
      </p>
    );
  const [low, high] = colouring === "kappa" ? [0, 1] : [least, most];
  return (
    <p class="legend">
      <span class="quiet">{figure(low)}</span>
      <span class="ramp" style={{ background: gradient(theme) }} aria-hidden="true" />
      <span class="quiet">{figure(high)}</span>
    </p>
  );
}

const figure = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(3));
