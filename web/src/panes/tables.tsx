// What pages of the network show of numbers: a table, and a fact by its name.
import type { ComponentChildren } from "preact";

/** Heads that end in # are of numbers. */
export function Table({ label, heads, children }: { label: string; heads: string[]; children: ComponentChildren }) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={`Table of ${label}`}>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} class={head.endsWith("#") ? "number" : undefined}>
                {head.replace("#", "")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
