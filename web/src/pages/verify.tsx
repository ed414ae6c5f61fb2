// Any receipt, from anywhere: pasted or dropped here, verified here. The header may be the reader's own.
import { useState } from "preact/hooks";
import { Api } from "../api";
import { followerOf } from "../light/follower";
import * as format from "../format";
import { Broken, Shield } from "../icons";

interface Verdict {
  holds: boolean;
  headline: string;
  detail: string;
}

export function Verify({ network }: { network: string }) {
  const [receipt, setReceipt] = useState("");
  const [header, setHeader] = useState("");
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const check = async (event: Event) => {
    event.preventDefault();
    setVerdict(await verdictOf(receipt, header, network));
  };
  return (
    <section class="page" aria-labelledby="verify-title">
      <h1 id="verify-title">Verify a receipt</h1>
      <p class="lead">
        A receipt is an answer with the proof that it follows from a block. It is checked here, on this machine; the receipt is not
        sent anywhere.
      </p>
      <form class="verify" onSubmit={check}>
        <Paper
          label="Receipt"
          hint="The JSON that focusmesh wrote: paste it, or drop the file."
          value={receipt}
          onChange={(text) => {
            setReceipt(text);
            setVerdict(null);
          }}
        />
        <Paper
          label="Header you trust"
          hint="What focusmesh chain header prints on a machine you trust. Left empty, this browser takes the one that is final for it (see Network)."
          value={header}
          onChange={(text) => {
            setHeader(text);
            setVerdict(null);
          }}
        />
        <button type="submit" class="main" disabled={!receipt.trim()}>
          <Shield /> Verify
        </button>
      </form>
      <div aria-live="polite">
        {verdict && (
          <div class={verdict.holds ? "verdict holds large" : "verdict fails large"}>
            {verdict.holds ? <Shield /> : <Broken />}
            <div>
              <p class="headline">{verdict.headline}</p>
              <p class="detail">{verdict.detail}</p>
            </div>
          </div>
        )}
      </div>
    </section>
  );
}

interface PaperProps {
  label: string;
  hint: string;
  value: string;
  onChange: (text: string) => void;
}

function Paper({ label, hint, value, onChange }: PaperProps) {
  const [problem, setProblem] = useState("");
  const id = label.toLowerCase().replaceAll(" ", "-");
  const drop = (event: DragEvent) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    void file.arrayBuffer().then((bytes) => {
      try {
        onChange(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
        setProblem("");
      } catch {
        onChange("");
        setProblem(`${file.name} is not UTF-8: get it again, as the node gave it.`);
      }
    });
  };
  return (
    <div class="paper">
      <label for={id}>{label}</label>
      <p class="quiet" id={`${id}-hint`}>
        {hint}
      </p>
      <textarea
        id={id}
        aria-describedby={`${id}-hint`}
        rows={9}
        spellcheck={false}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
        onDrop={drop}
        onDragOver={(event) => event.preventDefault()}
      />
      {problem && <p class="problem">{problem}</p>}
    </div>
  );
}

async function verdictOf(receipt: string, trusted: string, network: string): Promise<Verdict> {
  const { ProofError, readHeader, verifyReceipt } = await import("../verify");
  try {
    const isOwn = trusted.trim() !== "";
    const told = JSON.parse(receipt) as { height: number };
    const final = isOwn ? null : await followerOf(network).past(told.height);
    const header = isOwn ? readHeader(trusted) : (final ?? (await new Api(null).block(told.height)).header);
    const found = verifyReceipt(receipt, header);
    const whose = isOwn ? "the header you gave" : final ? "a block that is final for this browser" : "the header that this server gives for it";
    const detail = `A ${found.kind} at block ${found.height} (${format.short(found.blockId)}), signed by ${format.short(found.node)}.`;
    if (!found.isProved)
      return {
        holds: true,
        headline: "Whole and signed, not proved",
        detail: `${detail} It is proved by answering again, which takes the ledger: focusmesh verify FILE --ledger DIR.`,
      };
    return { holds: true, headline: `It follows from ${whose}`, detail };
  } catch (error) {
    const code = error instanceof ProofError ? ` (${error.code})` : "";
    return { holds: false, headline: `It does not hold${code}`, detail: (error as Error).message };
  }
}
