// One cube or one block, with all that is known of it; and what can be asked of a cube.
import { useState } from "preact/hooks";
import { useAsked } from "../asking";
import * as format from "../format";
import { Close } from "../icons";
import * as grid from "./api";
import { Kappa, State } from "./cubes";

const COUNT = 48;

interface CubeProps {
  name: string;
  looked: number;
  canWrite: boolean;
  onClose: () => void;
  onChange: () => void;
  onCube: (name: string) => void;
}

export function CubePane({ name, looked, canWrite, onClose, onChange, onCube }: CubeProps) {
  const [refused, setRefused] = useState<string | null>(null);
  const { value: cube, problem } = useAsked((signal) => grid.instance(name, signal), [name, looked]);
  const execute = (command: string) =>
    grid.execute(name, command).then(
      () => {
        setRefused(null);
        onChange();
      },
      (error: Error) => setRefused(error.message),
    );
  return (
    <section class="inspector" aria-labelledby="cube-title">
      <Head id="cube-title" title={name} onClose={onClose} />
      {problem && <p class="problem">{problem}</p>}
      {cube && (
        <>
          <dl class="facts">
            <Fact name="State">
              <State state={cube.state} isSaid />
            </Fact>
            <Fact name="κ">
              <strong>{cube.kappa.toFixed(3)}</strong>
              <Kappa value={cube.kappa} />
            </Fact>
            <Fact name="Agreement">{cube.agreement === null ? "–" : format.percent(cube.agreement)}</Fact>
            <Fact name="Temperature">{cube.temperature.toFixed(2)}</Fact>
          </dl>
          {canWrite && (
            <p class="actions" role="group" aria-label="Commands">
              {cube.commands.map((command) => (
                <button key={command} type="button" class="small" onClick={() => void execute(command)}>
                  {command}
                </button>
              ))}
            </p>
          )}
          {refused && <p class="problem">{refused}</p>}
          <Thinking name={name} canThink={cube.state === "Execute"} onDone={onChange} />
          <Vertices cube={cube} />
          {cube.neighbours.length > 0 && (
            <section>
              <h3>Tied to</h3>
              <ul class="links">
                {cube.neighbours.map((other) => (
                  <li key={other} class="link">
                    <button type="button" class="plain name" onClick={() => onCube(other)}>
                      {other}
                    </button>
                  </li>
                ))}
              </ul>
            </section>
          )}
        </>
      )}
    </section>
  );
}

/** A text goes in; the ensemble's next byte, what each vertex thinks, and how the text goes on come out. */
function Thinking({ name, canThink, onDone }: { name: string; canThink: boolean; onDone: () => void }) {
  const [thought, setThought] = useState<grid.Thought | null>(null);
  const [goesOn, setGoesOn] = useState<{ begun: string; text: string } | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isWaiting, setWaiting] = useState(false);
  const ask = async (event: SubmitEvent) => {
    event.preventDefault();
    const begun = String(new FormData(event.currentTarget as HTMLFormElement).get("text"));
    setWaiting(true);
    try {
      setThought(await grid.think(name, begun));
      setGoesOn({ begun, text: (await grid.process(name, begun, COUNT)).text });
      setProblem(null);
    } catch (error) {
      setProblem((error as Error).message);
    }
    setWaiting(false);
    onDone();
  };
  return (
    <section class="thinking" aria-busy={isWaiting}>
      <h3>Ask all of it</h3>
      <form onSubmit={(event) => void ask(event)}>
        <textarea name="text" rows={2} required maxLength={4000} aria-label="Text that goes in" placeholder="A beginning: the vertices say how it goes on" disabled={!canThink} />
        <button type="submit" class="main" disabled={!canThink || isWaiting}>
          Think
        </button>
      </form>
      {!canThink && <p class="quiet">Only a cube in Execute takes work.</p>}
      {problem && <p class="problem">{problem}</p>}
      <div role="status">
        {goesOn && (
          <p class="text goes-on">
            <span class="quiet">{goesOn.begun}</span>
            {goesOn.text}
          </p>
        )}
      </div>
      {thought && (
        <table class="opinions">
          <caption class="unseen">What each vertex thinks comes next</caption>
          <thead>
            <tr>
              <th scope="col">Vertex</th>
              <th scope="col">Next</th>
              <th scope="col" class="number">
                Share
              </th>
              <th scope="col" class="number">
                Weight
              </th>
            </tr>
          </thead>
          <tbody>
            {thought.opinions.map(({ vertex, next, share, weight }) => (
              <tr key={vertex} class={vertex === thought.surest ? "best" : ""}>
                <th scope="row">{vertex}</th>
                <td class="mono">{next === " " ? "␣" : next}</td>
                <td class="number">{format.percent(share)}</td>
                <td class="number">{format.percent(weight)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Vertices({ cube }: { cube: grid.Instance }) {
  return (
    <section>
      <h3>Vertices</h3>
      <ul class="links">
        {cube.vertices.map(({ vertex, model, value }) => (
          <li key={vertex} class="link vertex">
            <span class="mono">{vertex}</span>
            <span class="relation">{model ?? "no model"}</span>
            <span class="quiet">{value === null ? "" : `${value.toFixed(2)} nats`}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface BlockProps {
  place: [number, number, number];
  looked: number;
  models: string[];
  onClose: () => void;
}

export function BlockPane({ place, looked, models, onClose }: BlockProps) {
  const { value: block, problem } = useAsked((signal) => grid.block(place, signal), [place.join(), looked]);
  return (
    <section class="inspector" aria-labelledby="block-title">
      <Head id="block-title" title={`Block ${place.join(", ")}`} onClose={onClose} />
      {problem && <p class="problem">{problem}</p>}
      {block && !block.active && <p class="empty">Nothing is active here.</p>}
      {block?.active && (
        <dl class="facts">
          <Fact name="Value">
            <strong>{block.value?.toPrecision(6)}</strong>
          </Fact>
          <Fact name="κ">
            <strong>{block.kappa?.toFixed(3)}</strong>
          </Fact>
          <Fact name="Model">{block.model ? (models[block.model - 1] ?? `number ${block.model}`) : "none"}</Fact>
          <Fact name="Tick">{format.count(block.time ?? 0)}</Fact>
        </dl>
      )}
    </section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Head({ id, title, onClose }: { id: string; title: string; onClose: () => void }) {
  return (
    <header class="pane-head">
      <h2 id={id} class="title" dir="auto">
        {title}
      </h2>
      <button type="button" class="plain" onClick={onClose} aria-label="Close" title="Close">
        <Close />
      </button>
    </header>
  );
}
