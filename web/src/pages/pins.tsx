// Who is paid for keeping the data of blocks, on what terms, and how far that has come.
import { useState } from "preact/hooks";
import { Api, type Pin, type PinPage } from "../api";
import { useAsked } from "../asking";
import * as format from "../format";

const PAGE = 25;

export function Pins({ tip }: { tip: number }) {
  return (
    <section class="page" aria-labelledby="pins-title">
      <p class="crumbs">
        <a href="#/blocks">Blocks</a>
      </p>
      <h1 id="pins-title">Pins</h1>
      <p class="lead">
        Whoever wants a block's data kept offers tokens for it; who keeps it shows in every round shares that nobody knew it would be asked for.
      </p>
      <PinTable dataRoot={null} tip={tip} empty="This ledger has no pins." />
    </section>
  );
}

/** The pins of one block's data, or of all; nothing but `empty` where there are none. */
export function PinTable({ dataRoot, tip, empty }: { dataRoot: string | null; tip: number; empty: string }) {
  const [more, setMore] = useState<PinPage[]>([]);
  const { value, problem } = useAsked(
    (signal) => {
      setMore([]);
      return new Api(null).pins(PAGE, dataRoot, null, signal);
    },
    [dataRoot, tip],
  );
  const [failure, setFailure] = useState<string | null>(null);
  const cursor = (more.at(-1) ?? value)?.cursor ?? null;
  const pins = [...(value?.items ?? []), ...more.flatMap((page) => page.items)];
  const goOn = () =>
    new Api(null).pins(PAGE, dataRoot, cursor).then(
      (page) => setMore((before) => [...before, page]),
      (error: Error) => setFailure(error.message),
    );
  if (problem ?? failure) return <p class="problem">{problem ?? failure}</p>;
  if (!value) return null;
  if (!pins.length) return <p class="empty">{empty}</p>;
  return (
    <>
      <div class="table-box" tabIndex={0} role="region" aria-label="Table of pins">
        <table>
          <thead>
            <tr>
              <th>Pin</th>
              {!dataRoot && <th class="wide">Data</th>}
              <th class="number">A proof earns</th>
              <th>Keeper</th>
              <th>How far it has come</th>
            </tr>
          </thead>
          <tbody>
            {pins.map((pin) => (
              <tr key={pin.id}>
                <td class="mono">{format.short(pin.id)}</td>
                {!dataRoot && <td class="mono wide">{format.short(pin.data_root)}</td>}
                <td class="number">{format.count(pin.price)}</td>
                <td class="mono">{pin.keeper ? format.short(pin.keeper) : "nobody yet"}</td>
                <td>{cameTo(pin)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {cursor && (
        <button type="button" class="more" onClick={() => void goOn()}>
          Show more pins
        </button>
      )}
    </>
  );
}

function cameTo(pin: Pin): string {
  if (!pin.keeper) return pin.is_over ? "nobody took it in time" : `can be taken up to block ${format.count(pin.until)}`;
  const state = `${format.count(pin.paid)} of ${format.plural(pin.proofs, "round")} proved, ${format.count(pin.missed)} missed`;
  if (pin.is_over) return `${state}; it is over`;
  return `${state}; this round is ${pin.is_due ? "due" : "proved"}`;
}
