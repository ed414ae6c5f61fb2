// The rules of a network: what is voted on, who voted how, what is law and waits, the clock, and how far each rule may go.
import { asked } from "../api";
import { useAsked } from "../asking";
import * as format from "../format";
import { Fact, Table } from "../panes/tables";
import { type JsonMap, parse } from "../verify/json";

interface Change {
  id: string;
  neuron: string;
  epoch: number;
  changes: string[];
  operations: string;
  release: string;
  migrations: string[];
  from_epoch: number;
  deposit: number;
  passed_epoch: number;
  approving: string[];
  opposing: string[];
  ready: string[];
}
interface Rules {
  can_change: boolean;
  version: number;
  epoch: number;
  first_height: number;
  began: number;
  /** Limits with every digit: amounts go beyond what a number of this language holds. */
  rules: { name: string; value: string; least: bigint; most: bigint }[];
}

/** More than can be open at once: one of each validator. */
const LIMIT = 200;
const HOUR = 3_600_000;
const DURATIONS = /_ms$/;

export function RulesPart({ tip }: { tip: number }) {
  const { value, problem } = useAsked(
    async (signal) => {
      const [rules, changes] = await Promise.all([asked("changes/rules", {}, signal), asked("changes", { limit: LIMIT }, signal)]);
      return { rules: read(rules), changes: (JSON.parse(changes) as { items: Change[] }).items };
    },
    [tip],
  );
  if (problem) return <p class="problem">{problem}</p>;
  if (!value) return <p class="empty" role="status">Asking for the rules …</p>;
  const { rules, changes } = value;
  if (!rules.can_change)
    return <p class="empty">The rules of this network cannot change yet. Who decides its blocks says so first, each with “focusmesh network ready”.</p>;
  const voted = changes.filter((one) => !one.passed_epoch);
  const laws = changes.filter((one) => one.passed_epoch);
  return (
    <>
      <p class="lead">
        Who votes on the blocks of this network votes on its rules. More than two thirds of the weight make a change law; votes are counted at the end of each epoch.
      </p>
      <Clock rules={rules} />
      <h2>Voted on</h2>
      {!voted.length && <p class="empty">Nothing is voted on.</p>}
      {voted.length > 0 && (
        <Table label="changes that are voted on" heads={["Change", "What", "From epoch#", "For", "Against"]}>
          {voted.map((one) => (
            <tr key={one.id}>
              <td class="mono">{format.short(one.id)}</td>
              <td><What change={one} /></td>
              <td class="number">{format.count(one.from_epoch)}</td>
              <td><Neurons keys={one.approving} /></td>
              <td><Neurons keys={one.opposing} /></td>
            </tr>
          ))}
        </Table>
      )}
      {laws.length > 0 && (
        <>
          <h2>Law, and waits</h2>
          <Table label="changes that are law" heads={["Change", "What", "Law since epoch#", "Waits for", "Ready"]}>
            {laws.map((one) => (
              <tr key={one.id}>
                <td class="mono">{format.short(one.id)}</td>
                <td><What change={one} /></td>
                <td class="number">{format.count(one.passed_epoch)}</td>
                <td>{one.from_epoch > rules.epoch ? `epoch ${format.count(one.from_epoch)}` : "nodes that are ready"}</td>
                <td>{one.operations ? <Neurons keys={one.ready} /> : "–"}</td>
              </tr>
            ))}
          </Table>
        </>
      )}
      <h2>Rules</h2>
      <Table label="rules" heads={["Rule", "Now#", "Least#", "Most#"]}>
        {rules.rules.map((one) => (
          <tr key={one.name}>
            <td class="mono">{one.name}</td>
            <td class="number">{one.value}</td>
            <td class="number">{String(one.least)}</td>
            <td class="number">{String(one.most)}</td>
          </tr>
        ))}
      </Table>
      <p class="quiet">Least and most are how far a change may go now: a value moves by a bounded factor in any time for which stake is bound, all steps together.</p>
    </>
  );
}

function read(text: string): Rules {
  const told = parse(text) as unknown as Rules & JsonMap;
  return { ...told, version: Number(told.version), epoch: Number(told.epoch), first_height: Number(told.first_height), began: Number(told.began) };
}

function Clock({ rules }: { rules: Rules }) {
  const told = new Map(rules.rules.map(({ name, value }) => [name, value]));
  const length = Number(told.get("changes.epoch_ms"));
  const blocks = told.get("agreement.epoch_blocks");
  return (
    <dl class="facts">
      <Fact name="Epoch">
        {format.count(rules.epoch)} <span class="quiet">from block {format.count(rules.first_height)}</span>
      </Fact>
      <Fact name="It ends">
        {blocks && `with block ${format.count(rules.first_height + Number(blocks) - 1)}, or `}by time, on {format.time(rules.began + length)}
      </Fact>
      <Fact name="An idle network makes a block every">{hours(Number(told.get("changes.heartbeat_ms")))}</Fact>
      <Fact name="A change is open for">{format.plural(Number(told.get("changes.change_epochs")), "epoch")}</Fact>
      <Fact name="A proposal locks">{format.count(Number(told.get("changes.change_deposit")))}</Fact>
      <Fact name="Version of the rules">{rules.version}</Fact>
    </dl>
  );
}

function What({ change }: { change: Change }) {
  return (
    <>
      {change.changes.map((one) => (
        <div key={one} class="mono">{one}{DURATIONS.test(one.split("=")[0] ?? "") && ` (${hours(Number(one.split("=")[1]))})`}</div>
      ))}
      {change.operations && (
        <div>
          operations <span class="mono">{format.short(change.operations)}</span> of release {change.release}
          {change.migrations.length > 0 && `, after ${change.migrations.join(", ")}`}
        </div>
      )}
    </>
  );
}

function Neurons({ keys }: { keys: string[] }) {
  if (!keys.length) return <>–</>;
  return (
    <>
      {keys.map((key) => (
        <div key={key} class="mono" title={key}>{format.short(key)}</div>
      ))}
    </>
  );
}

const hours = (milliseconds: number): string =>
  milliseconds >= HOUR ? format.plural(Math.round((10 * milliseconds) / HOUR) / 10, "hour") : format.plural(Math.round(milliseconds / 1_000), "second");
