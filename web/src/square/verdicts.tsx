// What this browser found of a block, in words: its roots, how sure it is that all is there, whether it can be rebuilt.
import type { ComponentChildren } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import * as format from "../format";
import { Broken, Shield } from "../icons";
import { type Findings, certainty, odds } from "./findings";
import type { Outcome } from "./rebuilder";
import type { Sampler } from "./sampler";

/** `part` of all rows and columns is done while it goes on, null before and after. */
export interface Rebuilding {
  part: number | null;
  outcome: Outcome | null;
}
interface Found {
  sampler: Sampler;
  findings: Findings;
  rebuilding: Rebuilding;
}

export function Verdicts({ sampler, findings, rebuilding }: Found) {
  const { header, width } = sampler.square;
  const isWorking = sampler.isRunning || rebuilding.part !== null;
  return (
    <ul class="checks" aria-label="Found by this browser" aria-live={isWorking ? "off" : "polite"}>
      <Verdict holds={true} name="The roots are the header's">
        The header of block {String(header.height)} is signed by {format.short(format.hex(header.proposer))}; the{" "}
        {format.count(4 * width)} roots of the square are those under its data root.
      </Verdict>
      <Availability sampler={sampler} findings={findings} rebuilding={rebuilding} />
      <Rebuilt sampler={sampler} findings={findings} rebuilding={rebuilding} />
    </ul>
  );
}

function Availability({ sampler, findings, rebuilding: { outcome } }: Found) {
  const { random, missing, missed } = findings;
  const hidden = sampler.verifier.hiddenAtLeast(sampler.square.width);
  if (outcome?.kind === "bad")
    return (
      <Verdict holds={false} name="No block is in this square">
        Whoever signed the header committed to shares that are no extension of one another. Trust nothing that builds on this block.
      </Verdict>
    );
  if (missing)
    return (
      <Verdict holds={false} name={`${format.plural(missing, "share")} missing`}>
        {missing === 1 ? "It" : "They"} did not come with a proof that holds.{" "}
        {outcome?.kind === "whole"
          ? "What this server keeps back follows from what it gave."
          : "Trust nothing in this block until it was repaired, and ask others for it."}
      </Verdict>
    );
  if (!random) return <Verdict holds={null} name="No share came yet">It is asked for some.</Verdict>;
  if (random === sampler.size ** 2)
    return (
      <Verdict holds={true} name="Available, with confidence 100 %">
        All {format.plural(random, "share")} came, each under its root.
      </Verdict>
    );
  return (
    <Verdict holds={sampler.isRunning ? null : true} name={`Available, with confidence ${certainty(missed)}`}>
      {format.plural(random, "random share")} of {format.count(sampler.size ** 2)} came, each under its root. Were the block hidden for good,
      at least {format.count(hidden)} would be missing; so many samples miss all of those {odds(missed)}.
    </Verdict>
  );
}

function Rebuilt({ sampler, findings, rebuilding: { part, outcome } }: Found) {
  const { repairable, missing, left, taken } = findings;
  if (part !== null)
    return (
      <Verdict holds={null} name={`Rebuilding the block … ${format.percent(part)}`}>
        Its rows and columns are filled from the {format.plural(taken, "share")} that came, and compared with the header's roots.
      </Verdict>
    );
  if (outcome && outcome.kind !== "short") return <Rebuild sampler={sampler} outcome={outcome} missing={missing} />;
  if (repairable)
    return (
      <Verdict holds={null} name="What was taken may give back the block">
        Every row and column can be filled from the {format.plural(taken, "share")} that came.
      </Verdict>
    );
  if (repairable === false || (missing > 0 && left === 0))
    return (
      <Verdict holds={false} name="This server cannot give back the block">
        Even if every other share came, too few would be in the rows and columns of those that are missing. Others may have them.
      </Verdict>
    );
  return (
    <Verdict holds={null} name={missing ? "Whether it can be repaired is open" : "Not enough was taken to rebuild it"}>
      {format.plural(sampler.square.width, "share")} of a row or column {sampler.square.width === 1 ? "gives" : "give"} back all of it.
      {missing > 0 && " Take more to find out."}
    </Verdict>
  );
}

type Told = Exclude<Outcome, { kind: "short" }>;

function Rebuild({ sampler, outcome, missing }: { sampler: Sampler; outcome: Told; missing: number }) {
  const { height } = sampler.square.header;
  if (outcome.kind === "bad") {
    const { axis, index, shown } = outcome.line;
    return (
      <Verdict holds={false} name={`${axis === "row" ? "Row" : "Column"} ${format.count(index)} was coded badly`}>
        {format.plural(shown.length, "share")} of it, each under a root of the header, make another {axis} than the header has. That proves it to
        whoever has the header: <code>focusmesh availability prove WHERE --bad-encoding FILE</code> checks it.
        <Saved name={`bad-encoding-${height}.cbor`} data={outcome.proof} label="Save the proof" />
      </Verdict>
    );
  }
  if (!outcome.body)
    return (
      <Verdict holds={false} name="What was rebuilt is no body">
        The square is coded rightly, but its shares hold something else than the signals and the focus of a block.
      </Verdict>
    );
  return (
    <Verdict holds={true} name={`Rebuilt in this browser: ${format.bytes(outcome.body.length)}`}>
      Every row and every column was filled and makes the root that the header has: it is coded as it should be
      {missing > 0 && ", and what is missing follows from the rest"}.
      <Saved name={`block-${height}.body`} data={outcome.body} label="Save its body" />
    </Verdict>
  );
}

function Saved({ name, data, label }: { name: string; data: Uint8Array; label: string }) {
  const address = useMemo(() => URL.createObjectURL(new Blob([data as BlobPart], { type: "application/octet-stream" })), [data]);
  useEffect(() => () => URL.revokeObjectURL(address), [address]);
  return (
    <span class="tools">
      <a href={address} download={name}>
        {label}
      </a>
    </span>
  );
}

interface VerdictProps {
  holds: boolean | null;
  name: string;
  children: ComponentChildren;
}

function Verdict({ holds, name, children }: VerdictProps) {
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
