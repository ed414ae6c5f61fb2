// All blocks, newest first; and one block, with everything about it that can be checked here.
import { useEffect, useState } from "preact/hooks";
import { Api, type Block, type BlockSummary } from "../api";
import { useAsked } from "../asking";
import * as format from "../format";
import { Broken, Shield } from "../icons";
import { Proof } from "../panes/proof";
import type { Header } from "../verify";

const PAGE = 25;

export function Blocks({ api, tip }: { api: Api; tip: number }) {
  const [items, setItems] = useState<BlockSummary[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const more = (from: string) =>
    api.blocks(PAGE, from).then(
      (page) => {
        setItems((before) => [...before, ...page.items]);
        setCursor(page.cursor);
      },
      (error: Error) => setProblem(error.message),
    );
  // New blocks come on top of those that are listed.
  useEffect(() => {
    void api.blocks(PAGE).then(
      (page) => {
        setItems((before) => {
          const lowest = page.items.at(-1)?.height ?? 0;
          const older = before.filter((block) => block.height < lowest);
          const isJoined = older[0]?.height === lowest - 1;
          if (!isJoined) setCursor(page.cursor);
          return isJoined ? [...page.items, ...older] : page.items;
        });
        setProblem(null);
      },
      (error: Error) => setProblem(error.message),
    );
  }, [api, tip]);
  return (
    <section class="page" aria-labelledby="blocks-title">
      <header class="page-head">
        <h1 id="blocks-title">Blocks</h1>
        <p class="steps">
          <a href="#/pins">Who keeps their data?</a>
        </p>
      </header>
      {problem && <p class="problem">{problem}</p>}
      <div class="table-box" tabIndex={0} role="region" aria-label="Table of blocks">
        <table>
          <thead>
            <tr>
              <th class="number">Height</th>
              <th>Time (UTC)</th>
              <th class="number">Signals</th>
              <th class="number">Particles</th>
              <th class="number wide">Size</th>
              <th class="wide">Block</th>
              <th class="wide">State root</th>
            </tr>
          </thead>
          <tbody>
            {items.map((block) => (
              <tr key={block.height}>
                <td class="number">
                  <a href={`#/blocks/${block.height}`}>{format.count(block.height)}</a>
                </td>
                <td>{block.height ? format.time(block.time) : "genesis"}</td>
                <td class="number">{format.count(block.signals)}</td>
                <td class="number">{block.particles === null ? "–" : format.count(block.particles)}</td>
                <td class="number wide">{format.bytes(block.bytes)}</td>
                <td class="mono wide">{format.short(block.id, 12)}</td>
                <td class="mono wide">{format.short(block.state_root, 12)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {cursor && (
        <button type="button" class="more" onClick={() => void more(cursor)}>
          Show older blocks
        </button>
      )}
    </section>
  );
}

interface Check {
  name: string;
  holds: boolean | null;
  detail: string;
}

export function BlockPage({ height, tip, canProve }: { height: number; tip: number; canProve: boolean }) {
  const { value, problem } = useAsked(() => new Api(null).block(height), [height, tip >= height]);
  const block = value?.block.height === height ? value.block : null;
  return (
    <section class="page" aria-labelledby="block-title">
      <p class="crumbs">
        <a href="#/blocks">Blocks</a>
      </p>
      <header class="page-head">
        <h1 id="block-title">Block {format.count(height)}</h1>
        <p class="steps">
          {height > 0 && <a href={`#/blocks/${height - 1}`}>← {format.count(height - 1)}</a>}
          {height < tip && <a href={`#/blocks/${height + 1}`}>{format.count(height + 1)} →</a>}
          {height > 0 && <a href={`#/blocks/${height}/square`}>Is all of it there?</a>}
          <a href={`#/?at=${height}`}>Explore as of this block</a>
        </p>
      </header>
      {problem && <p class="problem">{problem}</p>}
      {value && block && (
        <>
          <Checks block={block} header={value.header} />
          {value.header.focus && value.header.focus.height === value.header.height && (
            <Proof
              key={height}
              label="Prove the ten particles of most focus"
              canProve={canProve}
              ask={() => new Api(height).rankReceipt({ top: Math.min(10, Number(value.header.focus!.particles)) })}
              height={height}
            />
          )}
          <Signals block={block} />
          <Fields header={block.header} />
        </>
      )}
    </section>
  );
}

function Checks({ block, header }: { block: Block; header: Header }) {
  const [checks, setChecks] = useState<Check[]>([]);
  useEffect(() => {
    let isCurrent = true;
    void checksOf(block, header).then((found) => isCurrent && setChecks(found));
    return () => {
      isCurrent = false;
    };
  }, [block]);
  return (
    <ul class="checks" aria-label="Verified in this browser" aria-live="polite">
      {checks.map(({ name, holds, detail }) => (
        <li key={name} class={holds === null ? "check open" : holds ? "check holds" : "check fails"}>
          {holds === false ? <Broken /> : <Shield />}
          <div>
            <p class="headline">{name}</p>
            <p class="detail">{detail}</p>
          </div>
        </li>
      ))}
    </ul>
  );
}

/** What of a block this browser can check by itself. */
async function checksOf(block: Block, header: Header): Promise<Check[]> {
  const { checkBlock, checkParent } = await import("../verify");
  const check = async (name: string, detail: string, act: () => void | Promise<void>): Promise<Check> => {
    try {
      await act();
      return { name, holds: true, detail };
    } catch (error) {
      return { name, holds: false, detail: (error as Error).message };
    }
  };
  if (block.height === 0)
    return [{ name: "The genesis", holds: null, detail: "Nobody signs it: it is what the network agreed to begin with." }];
  return Promise.all([
    check("Signed by its proposer", "The block id is the BLAKE3 digest of the header, and the proposer's Ed25519 signature is over it.", () =>
      checkBlock(header, block.id, block.proof),
    ),
    check(`Follows block ${format.count(block.height - 1)}`, "The header names the id of the block before, worked out here from that block's own header.", async () => {
      const before = await new Api(null).block(block.height - 1);
      checkParent(header, before.header);
    }),
  ]);
}

function Signals({ block }: { block: Block }) {
  if (!block.signals.length) return <p class="quiet">No signals are in this block.</p>;
  return (
    <section>
      <h2>
        Signals <span class="quiet">{block.signals.length}</span>
      </h2>
      <ul class="signals">
        {block.signals.map((signal) => (
          <li key={signal.id}>
            <span class={signal.code === "ok" ? "badge good" : "badge bad"}>{signal.code}</span>
            <span class="mono">{format.short(signal.id, 14)}</span>
            {signal.neuron && <span class="quiet mono">by {format.short(signal.neuron)}</span>}
            <span>{counted(signal.operations)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** "3 × link, transfer". */
function counted(operations: string[]): string {
  const counts = new Map<string, number>();
  for (const kind of operations) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, many]) => (many > 1 ? `${many} × ${kind}` : kind)).join(", ");
}

function Fields({ header }: { header: Block["header"] }) {
  const rows = Object.entries(header).flatMap(([name, value]): [string, unknown][] =>
    value !== null && typeof value === "object"
      ? Object.entries(value as object).map(([inner, held]) => [`focus ${inner}`, held])
      : [[name, value]],
  );
  return (
    <section>
      <h2>Header</h2>
      <dl class="fields">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name.replaceAll("_", " ")}</dt>
            <dd class="mono wrap">
              {value === null || value === "" ? "–" : String(value)}
              {name === "time" && Number(value) > 0 && <span class="quiet"> {format.time(Number(value))} UTC</span>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
