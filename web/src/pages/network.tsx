// The network of a ledger: what is final, as this browser checks it; who decides; its rules; what it sampled; who is connected.
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type Status, asked } from "../api";
import { useAsked } from "../asking";
import * as format from "../format";
import { Broken, Shield } from "../icons";
import { type Follower, followerOf } from "../light/follower";
import { Fact, Table } from "../panes/tables";
import type { Route } from "../route";
import { certainty } from "../square/findings";
import { PricesPart } from "./prices";
import { RulesPart } from "./rules";

const PARTS = [
  ["finality", "Finality"],
  ["validators", "Validators"],
  ["rules", "Rules"],
  ["prices", "Prices"],
  ["sampling", "Sampling"],
  ["peers", "Peers"],
] as const;
export type Part = (typeof PARTS)[number][0];

interface Finality {
  kind: string;
  height: number;
  time: number;
  epoch: number;
  epoch_end: number;
  round: number;
  voters: number;
  total: number;
  quorum: number;
  trusting_ms: number;
  present: number | null;
  trouble: string;
}
interface Validators {
  kind: string;
  epoch: number;
  total: number;
  decisions: number;
  items: {
    neuron: string;
    key: string;
    bond: number;
    /** Delegated to it; of both the bond is `own_share`. Of a thousand it keeps `commission`. */
    delegated: number;
    own_share: number;
    commission: number;
    weight: number;
    share: number;
    jailed: boolean;
    /** When a jail can end, 0 where there is none; who is `tombstoned` never votes again. */
    jailed_until: number;
    tombstoned: boolean;
    unbonding: { amount: number; until: number }[];
    voted: number;
  }[];
}
interface Peers {
  running: boolean;
  key: string;
  address: string;
  height: number;
  trouble: string;
  items: { key: string; address: string; height: number }[];
}

export function Network({ route, status }: { route: Route; status: Status }) {
  const part = PARTS.find(([name]) => name === route.part)?.[0] ?? "finality";
  const follower = useFollower(status.network ?? "", status.tip ?? 0);
  const parts = { follower, tip: status.tip ?? 0 };
  return (
    <section class="page" aria-labelledby="network-title">
      <h1 id="network-title">{PARTS.find(([name]) => name === part)![1]}</h1>
      <nav class="steps" aria-label="Of the network">
        {PARTS.map(([name, words]) => (
          <a key={name} href={`#/network/${name}`} aria-current={name === part ? "page" : undefined}>
            {words}
          </a>
        ))}
      </nav>
      {part === "finality" && <FinalityPart {...parts} />}
      {part === "validators" && <ValidatorsPart {...parts} />}
      {part === "rules" && <RulesPart tip={parts.tip} />}
      {part === "prices" && <PricesPart tip={parts.tip} />}
      {part === "sampling" && <SamplingPart {...parts} />}
      {part === "peers" && <PeersPart {...parts} />}
    </section>
  );
}

/** The light client of this page, which looks whenever there is a new block. */
function useFollower(network: string, tip: number): Follower {
  const [, setTurn] = useState(0);
  const follower = followerOf(network);
  useEffect(() => {
    follower.onNews = () => setTurn((before) => before + 1);
    void follower.look();
    return () => {
      follower.onNews = () => undefined;
    };
  }, [follower, tip]);
  return follower;
}

interface PartProps {
  follower: Follower;
  tip: number;
}

const useJson = <Kind,>(path: string, tip: number) =>
  useAsked(async (signal) => JSON.parse(await asked(path, {}, signal)) as Kind, [path, tip]);

function FinalityPart({ follower, tip }: PartProps) {
  const { value, problem } = useJson<Finality>("finality", tip);
  return (
    <>
      <p class="lead">
        A block is final once validators with more than two thirds of the stake signed it, and where one key makes the blocks, once that signed it.
        This browser checks the signatures itself; it takes nobody's word for it.
      </p>
      <Checked follower={follower} />
      {problem && <p class="problem">{problem}</p>}
      {value && (
        <dl class="facts">
          <Fact name="Height">{format.count(value.height)}</Fact>
          {value.kind !== "solo" && (
            <>
              <Fact name="Round">{format.count(value.round)}</Fact>
              <Fact name="Epoch">
                {format.count(value.epoch)} <span class="quiet">up to block {format.count(value.epoch_end)}</span>
              </Fact>
              <Fact name="Validators">
                {value.present === null ? format.count(value.voters) : `${value.present} of ${value.voters} heard`}
              </Fact>
              <Fact name="A quorum is">
                {format.count(value.quorum)} <span class="quiet">of {format.count(value.total)}</span>
              </Fact>
            </>
          )}
          <Fact name="Last block">
            <Since time={value.time} />
          </Fact>
          <Fact name="Agreement">{value.kind}</Fact>
        </dl>
      )}
      {value?.trouble && <p class="problem">The node says: {value.trouble}</p>}
      <Lately follower={follower} />
      <Begin follower={follower} />
    </>
  );
}

function Checked({ follower }: { follower: Follower }) {
  const { chain, refusal, began } = follower;
  if (!chain)
    return refusal ? <Check holds={false} name="Nothing is final here">{refusal.words}</Check> : <p class="empty" role="status">Checking what is final …</p>;
  const { header, decision, validatorSet } = chain;
  const votes = decision ? decision.validators.length : 0;
  return (
    <ul class="checks" aria-label="Checked by this browser" aria-live="polite">
      <Check
        holds={refusal?.code ? false : decision || !chain.rules.hasDecisions ? true : null}
        name={decision || !chain.rules.hasDecisions ? `Block ${format.count(Number(header.height))} is final` : `Begun with block ${format.count(Number(header.height))}`}
      >
        {decision
          ? `${format.plural(votes, "signature")} of validators finalise it in round ${decision.proposal.round} of epoch ${decision.proposal.epoch % (1n << 40n)}; a quorum of ${validatorSet ? validatorSet.quorum : "their weight"} is reached. `
          : chain.rules.hasDecisions
            ? "It is what this browser began with: the next decision is checked against the validators that it commits to. "
            : `Signed by ${format.short(format.hex(header.proposer))}, the key that may make blocks. `}
        <span class="mono wrap">{format.hex(header.id)}</span>
      </Check>
      {began && (
        <Check holds={began.told ? true : null} name={began.told ? `Followed from block ${format.count(began.height)}, which you named` : `Followed from block ${format.count(began.height)}, which this server named`}>
          {began.told ? "Every change of the validators since was signed by those before." : "Compare its id with somebody you trust, or begin with theirs: "}
          {!began.told && <span class="mono wrap">{began.id}</span>}
        </Check>
      )}
      {refusal && (
        <Check holds={false} name={`It does not go on${refusal.code && ` (${refusal.code})`}`}>
          {refusal.words}
        </Check>
      )}
    </ul>
  );
}

function Lately({ follower }: { follower: Follower }) {
  if (!follower.final.length) return null;
  return (
    <section>
      <h2>Taken by this browser</h2>
      <Table label="final blocks" heads={["Height#", "Time (UTC)", "Round#", "Votes#", "Block"]}>
        {follower.final.slice(0, 12).map(({ header, validators, round }) => (
          <tr key={String(header.height)}>
            <td class="number">
              <a href={`#/blocks/${header.height}`}>{format.count(Number(header.height))}</a>
            </td>
            <td>{format.time(Number(header.time))}</td>
            <td class="number">{validators.length ? String(round) : "–"}</td>
            <td class="number">{validators.length || "by a later one"}</td>
            <td class="mono">{format.short(format.hex(header.id), 14)}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Begin({ follower }: { follower: Follower }) {
  const [problem, setProblem] = useState<string | null>(null);
  const begin = async (event: SubmitEvent) => {
    event.preventDefault();
    const told = new FormData(event.currentTarget as HTMLFormElement);
    const [height = "", id = ""] = String(told.get("block")).trim().toLowerCase().split(":");
    if (!/^\d+$/.test(height) || !/^[0-9a-f]{64}$/.test(id)) return setProblem("A block is HEIGHT:ID, the id in 64 hexadecimal letters.");
    setProblem(null);
    await follower.begin(Number(height), id).catch((error: Error) => setProblem(error.message));
  };
  return (
    <form class="key" onSubmit={(event) => void begin(event)}>
      <h2>Begin with a block of somebody you trust</h2>
      <p class="actions">
        <input name="block" aria-label="Block, HEIGHT:ID" placeholder="HEIGHT:ID" autocomplete="off" spellcheck={false} required />
        <button type="submit">Begin there</button>
      </p>
      <div role="status">{problem && <p class="problem">{problem}</p>}</div>
    </form>
  );
}

function ValidatorsPart({ follower, tip }: PartProps) {
  const { value, problem } = useJson<Validators>("validators", tip);
  const voted = follower.final.find(({ validators }) => validators.length);
  const last = new Set(voted?.validators.map(format.hex));
  if (problem) return <p class="problem">{problem}</p>;
  if (!value) return <p class="empty" role="status">Asking who decides …</p>;
  const isSolo = value.kind === "solo";
  return (
    <>
      <p class="lead">
        {isSolo
          ? "One key makes the blocks of this network; its signature is what makes them final."
          : "A vote weighs what its neuron has bonded, and what others have delegated to it. Who votes for two blocks of one height loses of both, what is on its way back included; who is absent is jailed."}
      </p>
      <Table
        label="validators"
        heads={isSolo ? ["Key"] : ["Key", "Bond#", "Delegated#", "Own share#", "Commission#", "Share#", `Voted, of ${value.decisions}#`, ...(voted ? [`Block ${voted.header.height}`] : []), "State"]}
      >
        {value.items.map((one) => (
          <tr key={one.neuron}>
            <td class="mono">{format.short(one.key, 16)}</td>
            {!isSolo && (
              <>
                <td class="number">{format.count(one.bond)}</td>
                <td class="number">{format.count(one.delegated)}</td>
                <td class="number">{format.percent(one.own_share)}</td>
                <td class="number">{format.percent(one.commission / 1_000)}</td>
                <td class="number">{format.percent(one.share)}</td>
                <td class="number">{format.count(one.voted)}</td>
                {voted && <td>{last.has(one.key) ? "signed" : "not needed"}</td>}
                <td>
                  <Standing of={one} />
                  {one.unbonding.map(({ amount, until }, at) => (
                    <span key={at} class="quiet">
                      {" "}
                      {format.count(amount)} free {until ? `on ${format.time(until)}` : "after its epoch"}
                    </span>
                  ))}
                </td>
              </>
            )}
          </tr>
        ))}
      </Table>
    </>
  );
}

/** Whether it votes; of who is jailed until when, and who is out for ever. */
function Standing({ of: one }: { of: Validators["items"][number] }) {
  if (one.tombstoned) return <span class="badge bad">out for ever</span>;
  if (one.jailed)
    return (
      <>
        <span class="badge bad">jailed</span> <span class="quiet">{one.jailed_until ? `until ${format.time(one.jailed_until)} at least` : "for ever"}</span>
      </>
    );
  return one.weight ? <span class="badge good">votes</span> : <>waits for its epoch</>;
}

function SamplingPart({ follower }: PartProps) {
  const { sampled } = follower;
  const shares = sampled.reduce((sum, one) => sum + one.taken, 0);
  const gaps = sampled.filter((one) => one.missing);
  return (
    <>
      <p class="lead">
        Of every block that becomes final here, random shares are taken: a block whose data is hidden is come upon. Votes cannot show that.
      </p>
      {!sampled.length && <p class="empty" role="status">No block came since this page was opened.</p>}
      {sampled.length > 0 && (
        <>
          <ul class="checks" aria-live="polite">
            <Check holds={!gaps.length} name={gaps.length ? `${format.plural(gaps.length, "block")} with missing shares` : `${format.plural(sampled.length, "block")} sampled, all there`}>
              {format.plural(shares, "share")} came, each under a root of its header.
            </Check>
          </ul>
          <Table label="samples" heads={["Block#", "Shares#", "Missing#", "Confidence"]}>
            {sampled.map((one) => (
              <tr key={one.height}>
                <td class="number">
                  <a href={`#/blocks/${one.height}/square`}>{format.count(one.height)}</a>
                </td>
                <td class="number">{one.taken}</td>
                <td class="number">{one.missing}</td>
                <td>{one.missing ? "none" : certainty(one.missed)}</td>
              </tr>
            ))}
          </Table>
        </>
      )}
    </>
  );
}

function PeersPart({ tip }: PartProps) {
  const { value, problem } = useJson<Peers>("peers", tip);
  if (problem) return <p class="problem">{problem}</p>;
  if (!value) return <p class="empty" role="status">Asking who is connected …</p>;
  if (!value.running) return <p class="empty">No node of a network runs on this ledger: it has no peers.</p>;
  return (
    <>
      <p class="lead">The nodes that this one is connected to, as each says of itself.</p>
      {value.trouble && <p class="problem">The node says: {value.trouble}</p>}
      <Table label="peers" heads={["Node", "Address", "Height#"]}>
        {[{ ...value, own: true }, ...value.items.map((one) => ({ ...one, own: false }))].map((one) => (
          <tr key={one.key}>
            <td class="mono">
              {format.short(one.key, 16)} {one.own && <span class="badge good">this one</span>}
            </td>
            <td class="mono">{one.address}</td>
            <td class="number">{format.count(one.height)}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Check({ holds, name, children }: { holds: boolean | null; name: string; children: ComponentChildren }) {
  return (
    <li class={holds === null ? "check open" : holds ? "check holds" : "check fails"}>
      {holds === false ? <Broken /> : <Shield />}
      <div>
        <p class="headline">{name}</p>
        <p class="detail">{children}</p>
      </div>
    </li>
  );
}

/** How long ago, counted on. */
function Since({ time }: { time: number }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.round((now - time) / 1_000));
  const words = seconds < 120 ? format.plural(seconds, "second") : seconds < 7_200 ? format.plural(Math.round(seconds / 60), "minute") : format.plural(Math.round(seconds / 3_600), "hour");
  return <>{words} ago</>;
}
