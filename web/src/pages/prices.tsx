// What room in blocks costs, and what of it is free; and of one neuron what it weighs, gave to validators, and has locked.
import { useState } from "preact/hooks";
import { asked } from "../api";
import { useAsked } from "../asking";
import * as format from "../format";
import { Fact, Table } from "../panes/tables";
import { parse } from "../verify/json";

/** Amounts with every digit: they go beyond what a number of this language holds. */
interface Fees {
  price: bigint;
  next_price: bigint;
  paid: bigint;
  units_target: bigint;
  units_max: bigint;
  free_max: bigint;
  price_ms: bigint;
  burn_share: bigint;
  byte_deposit: bigint;
  deposits: bigint;
  free: bigint;
}
interface Weight {
  weight: bigint;
  stake: bigint;
  links: bigint | null;
  used: bigint;
  crowded: bigint;
}
interface Delegation {
  validator: string;
  amount: bigint;
  earned: bigint;
  leaving: bigint;
  due_at: bigint;
}
interface Deposit {
  kind: string;
  particle: string;
  key: string;
  amount: bigint;
}
interface Page<Row> {
  items: Row[];
  cursor: string | null;
}
type Query = { [name: string]: string | number };

/** From this version of the rules on room in blocks has a price. */
const VERSION_PAYING = 6n;
const LIMIT = 100;

async function told<Kind>(path: string, query: Query, signal: AbortSignal): Promise<Kind> {
  return parse(await asked(path, query, signal)) as unknown as Kind;
}

export function PricesPart({ tip }: { tip: number }) {
  const { value: answer, problem } = useAsked(
    async (signal) => {
      const { version } = await told<{ version: bigint }>("changes/rules", {}, signal);
      return { value: version < VERSION_PAYING ? null : await told<Fees>("fees", {}, signal) };
    },
    [tip],
  );
  if (problem) return <p class="problem">{problem}</p>;
  if (!answer) return <p class="empty" role="status">Asking what room costs …</p>;
  const { value } = answer;
  if (!value) return <p class="empty">Room in blocks has no price in this network: it has one from version 6 of the rules on.</p>;
  return (
    <>
      <p class="lead">
        A signal takes units of a block. Stake gives some for nothing; all others are paid, at a price that rises while more is paid for than the network is meant to carry, and falls while it is less.
      </p>
      <dl class="facts" aria-label="Prices">
        <Fact name="A unit costs">{format.count(value.price)}</Fact>
        <Fact name="Next">
          {format.count(value.next_price)} <span class="quiet">if nothing more is paid</span>
        </Fact>
        <Fact name="Paid units">
          {format.count(value.paid)} <span class="quiet">of {format.count(value.units_target)} in {format.plural(Number(value.price_ms), "millisecond")}</span>
        </Fact>
        <Fact name="Free for who stakes">
          {format.count(value.free_max)} <span class="quiet">of {format.count(value.units_max)} units a block</span>
        </Fact>
        <Fact name="Burned">{format.percent(Number(value.burn_share) / 1_000)}</Fact>
        <Fact name="A byte that is kept locks">{value.byte_deposit ? format.count(value.byte_deposit) : "nothing"}</Fact>
        <Fact name="Locked for bytes">{format.count(value.deposits)}</Fact>
      </dl>
      <Neuron tip={tip} />
    </>
  );
}

/** A form for a neuron's key, and what the ledger says of that. */
function Neuron({ tip }: { tip: number }) {
  const [neuron, setNeuron] = useState("");
  const [wrong, setWrong] = useState(false);
  const choose = (event: SubmitEvent) => {
    event.preventDefault();
    const key = String(new FormData(event.currentTarget as HTMLFormElement).get("neuron")).trim().toLowerCase();
    const isKey = /^[0-9a-f]{64}$/.test(key);
    setWrong(!isKey);
    if (isKey) setNeuron(key);
  };
  return (
    <>
      <form class="key" onSubmit={choose}>
        <h2>A neuron</h2>
        <p class="actions">
          <input name="neuron" aria-label="Key of a neuron" placeholder="KEY" autocomplete="off" spellcheck={false} required />
          <button type="submit">Show it</button>
        </p>
        <div role="status">{wrong && <p class="problem">A neuron is its key, in 64 hexadecimal letters.</p>}</div>
      </form>
      {neuron && <Account neuron={neuron} tip={tip} />}
    </>
  );
}

function Account({ neuron, tip }: { neuron: string; tip: number }) {
  const { value, problem } = useAsked(
    async (signal) => {
      const listed = { neuron, limit: LIMIT };
      const [fees, weight, delegations, deposits] = await Promise.all([
        told<Fees>("fees", { neuron }, signal),
        told<Weight>("weight", { neuron }, signal),
        told<Page<Delegation>>("delegations", listed, signal),
        told<Page<Deposit>>("deposits", listed, signal),
      ]);
      return { neuron, fees, weight, delegations, deposits };
    },
    [neuron, tip],
  );
  if (problem) return <p class="problem">{problem}</p>;
  if (value?.neuron !== neuron) return <p class="empty" role="status">Asking for {format.short(neuron)} …</p>;
  const { fees, weight, delegations, deposits } = value;
  return (
    <section aria-label={`Neuron ${format.short(neuron)}`}>
      <dl class="facts">
        <Fact name="Free units now">{format.count(fees.free)}</Fact>
        <Fact name="Weight">
          {format.count(weight.weight)}{" "}
          <span class="quiet">
            {weight.links === null ? "its links are not known to this node" : `${format.count(weight.links)} of it for its links`}
          </span>
        </Fact>
        <Fact name="Stake">{format.count(weight.stake)}</Fact>
        <Fact name="Weight decides">{weight.used >= weight.crowded ? "now: room is short" : "not now: there is room"}</Fact>
      </dl>
      <h2>Delegations</h2>
      {!delegations.items.length && <p class="empty">It gave nothing to validators.</p>}
      {delegations.items.length > 0 && (
        <Table label="delegations" heads={["Validator", "Votes#", "Earned#", "On its way back#", "Due (UTC)"]}>
          {delegations.items.map((one) => (
            <tr key={one.validator}>
              <td class="mono" title={one.validator}>{format.short(one.validator, 16)}</td>
              <td class="number">{format.count(one.amount)}</td>
              <td class="number">{format.count(one.earned)}</td>
              <td class="number">{format.count(one.leaving)}</td>
              <td>{one.due_at ? format.time(Number(one.due_at)) : "–"}</td>
            </tr>
          ))}
        </Table>
      )}
      <More page={delegations} />
      <h2>Deposits</h2>
      {!deposits.items.length && <p class="empty">It has locked nothing for bytes.</p>}
      {deposits.items.length > 0 && (
        <Table label="deposits" heads={["For", "Particle", "Locked#"]}>
          {deposits.items.map((one) => (
            <tr key={one.key}>
              <td>{one.kind}</td>
              <td class="mono" title={one.particle}>{one.particle ? format.short(one.particle, 16) : "–"}</td>
              <td class="number">{format.count(one.amount)}</td>
            </tr>
          ))}
        </Table>
      )}
      <More page={deposits} />
    </section>
  );
}

function More({ page }: { page: Page<unknown> }) {
  return page.cursor ? <p class="quiet">These are the first {LIMIT}; the ledger has more.</p> : null;
}
