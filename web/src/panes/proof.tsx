// A receipt, asked for and verified here: green when it follows from the block's header, red with the reason when not.
import { useEffect, useState } from "preact/hooks";
import { Api } from "../api";
import * as format from "../format";
import { Broken, Shield } from "../icons";

interface Props {
  label: string;
  canProve: boolean;
  ask: () => Promise<string>;
  height: number;
  /** What is to be said of a receipt that holds. */
  compare?: (receipt: string) => string;
  /** Asks at once, without a click. */
  isOpen?: boolean;
}
interface Verdict {
  /** Null where there is nothing that could hold: a refusal, or an answer that is signed and no more. */
  holds: boolean | null;
  headline: string;
  detail: string;
}

export function Proof({ label, canProve, ask, height, compare, isOpen = false }: Props) {
  const [receipt, setReceipt] = useState<string | null>(null);
  const [verdict, setVerdict] = useState<Verdict | null>(null);
  const [isBroken, setBroken] = useState(false);
  const [isWaiting, setWaiting] = useState(false);

  const check = async () => {
    setWaiting(true);
    try {
      const text = await ask();
      setReceipt(text);
      setBroken(false);
      const found = await verdictOf(text);
      setVerdict(found.holds && compare ? { ...found, detail: `${compare(text)} ${found.detail}` } : found);
    } catch (error) {
      setVerdict({ holds: null, headline: "No proof was given", detail: (error as Error).message });
    }
    setWaiting(false);
  };
  useEffect(() => {
    if (isOpen && canProve) void check();
  }, []);
  const flip = async () => {
    if (receipt === null) return;
    setVerdict(await verdictOf(isBroken ? receipt : flipped(receipt)));
    setBroken(!isBroken);
  };
  if (!canProve)
    return (
      <p class="quiet proof-none">
        This server has no key to sign receipts with. <code>focusmesh serve --receipts-key NAME</code> gives it one.
      </p>
    );
  return (
    <div class="proof" aria-live="polite">
      {!verdict && !isOpen && (
        <button type="button" onClick={check} disabled={isWaiting}>
          <Shield /> {label}
        </button>
      )}
      {!verdict && (isOpen || isWaiting) && <p class="quiet">Verifying …</p>}
      {verdict && (
        <div class={`verdict ${verdict.holds === null ? "open" : verdict.holds ? "holds" : "fails"}`}>
          {verdict.holds === false ? <Broken /> : <Shield />}
          <div>
            <p class="headline">{verdict.headline}</p>
            <p class="detail">{verdict.detail}</p>
            {receipt !== null && (
              <p class="tools">
                <a href={URL.createObjectURL(new Blob([receipt], { type: "application/json" }))} download={`receipt-${height}.json`}>
                  Save receipt
                </a>
                <button type="button" class="plain small" onClick={flip}>
                  {isBroken ? "Put the bit back" : "Flip one bit"}
                </button>
              </p>
            )}
          </div>
        </div>
      )}
    </div>
  );
}

/** Whether a receipt holds in the block that it names, whose header this server gives. */
async function verdictOf(text: string): Promise<Verdict> {
  const { ProofError, checkBlock, verifyReceipt } = await import("../verify");
  try {
    const told = JSON.parse(text) as { height: number };
    const { block, header } = await new Api(null).block(told.height);
    checkBlock(header, block.id, block.proof);
    const found = verifyReceipt(text, header);
    if (!found.isProved)
      return {
        holds: null,
        headline: "Signed, not proved",
        detail: "This network ranks by more than diffusion: the node signed its answer, and focusmesh verify FILE --ledger DIR works it out again.",
      };
    return {
      holds: true,
      headline: "Verified in this browser",
      detail: `It follows from the header of block ${found.height} (${format.short(found.blockId)}), by ${format.bytes(found.bodyBytes)} of proof.`,
    };
  } catch (error) {
    const code = error instanceof ProofError ? ` (${error.code})` : "";
    return { holds: false, headline: `This does not hold${code}`, detail: (error as Error).message };
  }
}

/** The receipt with one bit of its proof turned over: what a lie looks like. */
function flipped(text: string): string {
  const fields = JSON.parse(text) as { body: string };
  const at = Math.floor(fields.body.length / 2);
  const letter = fields.body[at] === "A" ? "B" : "A";
  return text.replace(fields.body, fields.body.slice(0, at) + letter + fields.body.slice(at + 1));
}
