// The panel on the right: one particle, why it is here, what it is linked with, and the proof of its score.
import { useState } from "preact/hooks";
import type { Api, Explanation, LinkRow, Name, Status } from "../api";
import { type Asked, useAsked } from "../asking";
import * as format from "../format";
import { Close, Stand } from "../icons";
import { Chips } from "./chips";
import { Proof } from "./proof";

interface Props {
  api: Api;
  status: Status;
  name: Name;
  /** Where the explanation starts: the entries of the question, or where the reader stands. */
  seeds: Name[];
  links: LinkRow[];
  walk: string[] | null;
  onSelect: (name: Name) => void;
  onStand: (name: Name) => void;
  onWalk: (walk: Name[] | null) => void;
  onClose: () => void;
}

export function Inspector(props: Props) {
  const { api, name, status } = props;
  const facts = [api, status.root, name];
  const { value: particle, problem, close } = useAsked((signal) => api.particle(name, signal), facts);
  const isOwn = particle !== null && String(particle.particle) === String(name);
  const others = props.seeds.filter((seed) => String(seed) !== String(name));
  const explained = useAsked(
    (signal) => (others.length ? api.explain(name, others, signal) : null),
    [...facts, JSON.stringify(others)],
  );
  const [out, into] = [true, false].map((isOut) =>
    props.links.filter((link) => String(isOut ? link.source : link.target) === String(name)),
  ) as [LinkRow[], LinkRow[]];
  return (
    <section class="inspector" aria-labelledby="particle-title">
      <header class="pane-head">
        <h2 id="particle-title" class="title" dir="auto">
          {format.label(name, 120)}
        </h2>
        <button type="button" class="plain" onClick={props.onClose} aria-label="Close details" title="Close details">
          <Close />
        </button>
      </header>
      {problem && <p class="problem">{problem}</p>}
      {problem && close.length > 0 && <Chips title="Names like it" names={close} onChoose={props.onSelect} />}
      {isOwn && (
        <>
          {particle.text && particle.text !== String(name) && <p class="text" tabIndex={0} dir="auto">{particle.text.trim()}</p>}
          <dl class="facts">
            {particle.score !== null && (
              <div>
                <dt>Focus</dt>
                <dd>
                  <strong>{format.score(particle.score, particle.bound)}</strong>
                  {particle.bound !== null && <span class="quiet"> ± {format.bound(particle.bound)}</span>}
                </dd>
              </div>
            )}
            {particle.rank !== null && (
              <div>
                <dt>Place</dt>
                <dd>
                  {format.count(particle.rank)}
                  {api.at === null && <span class="quiet"> of {format.count(status.particles)}</span>}
                </dd>
              </div>
            )}
            <div>
              <dt>Links</dt>
              <dd>
                {format.count(particle.links_out)} <span class="quiet">out</span> · {format.count(particle.links_in)}{" "}
                <span class="quiet">in</span>
              </dd>
            </div>
          </dl>
          {particle.cid && (
            <p class="quiet mono wrap" title="Content id: the digest that this particle is">
              {particle.cid}
            </p>
          )}
        </>
      )}
      {isOwn && (
        <p class="actions">
          <button type="button" onClick={() => props.onStand(name)}>
            <Stand /> Stand here
          </button>
        </p>
      )}
      {status.kind === "ledger" && isOwn && (
        <Proof
          key={`${name} ${particle.height}`}
          label="Prove this score"
          canProve={status.can_prove}
          ask={() => api.rankReceipt({ particle: name })}
          height={particle.height ?? 0}
        />
      )}
      {isOwn && <Why explained={explained} seeds={others} walk={props.walk} onWalk={props.onWalk} />}
      <LinkList title="Links to" rows={out} end="target" {...props} />
      <LinkList title="Linked from" rows={into} end="source" {...props} />
    </section>
  );
}

interface WhyProps {
  explained: Asked<Explanation>;
  seeds: Name[];
  walk: string[] | null;
  onWalk: (walk: Name[] | null) => void;
}

function Why({ explained, seeds, walk, onWalk }: WhyProps) {
  const { value, problem, isWaiting } = explained;
  const whole = value?.score || 1;
  return (
    <section aria-labelledby="why-title" class="why" aria-busy={isWaiting}>
      <h3 id="why-title">Why is this here?</h3>
      {!seeds.length && (
        <p class="quiet">Ask a question, or stand at a particle: then the walks that carry focus from there to here are listed.</p>
      )}
      {problem && <p class="problem">{problem}</p>}
      {!value && seeds.length > 0 && isWaiting && <p class="quiet">Taking the score apart …</p>}
      {value && seeds.length > 0 && (
        <>
          <p class="split" aria-hidden="true">
            {value.items.map((item, at) => (
              <span key={at} class="split-walk" style={{ flexGrow: item.share / whole }} />
            ))}
            <span class="split-rest" style={{ flexGrow: Math.max(0, value.remainder / whole) }} />
            <span class="split-ground" style={{ flexGrow: Math.max(0, value.background / whole) }} />
          </p>
          <ol class="walks">
            {value.items.map((item, at) => {
              const isOn = walk !== null && walk.join("\n") === item.particles.map(String).join("\n");
              return (
                <li key={at}>
                  <button type="button" class="walk" aria-pressed={isOn} onClick={() => onWalk(isOn ? null : item.particles)}>
                    <span class="share">{format.percent(item.share / whole)}</span>
                    <span class="way">
                      {item.particles.map((step, place) => (
                        <span key={place}>
                          {place > 0 && <Arrow direction={item.directions[place - 1]!} relation={item.relations[place - 1]?.[0]} />}
                          <bdi class="stop">{format.label(step, 32)}</bdi>
                        </span>
                      ))}
                    </span>
                  </button>
                </li>
              );
            })}
          </ol>
          <p class="quiet">
            {format.percent(value.remainder / whole)} by all other walks · {format.percent(value.background / whole)} it has anyway
            {value.proven ? " · no stronger walk exists" : ""}
          </p>
        </>
      )}
    </section>
  );
}

function Arrow({ direction, relation }: { direction: string; relation?: Name }) {
  const spoken = { "→": "links to", "←": "is linked from", "↔": "is linked both ways with" }[direction] ?? "";
  return (
    <span class="arrow">
      <span class="unseen">{spoken}</span>
      <span aria-hidden="true">
        {" "}
        {direction}
        {relation !== undefined && relation !== "" && <em>{format.label(relation, 18)}</em>}{" "}
      </span>
    </span>
  );
}

function LinkList({ title, rows, end, api, status, onSelect }: Props & { title: string; rows: LinkRow[]; end: "source" | "target" }) {
  const [isLong, setLong] = useState(false);
  const [proved, setProved] = useState<string | null>(null);
  if (!rows.length) return null;
  const listed = isLong ? rows : rows.slice(0, 8);
  return (
    <section class="links">
      <h3>
        {title} <span class="quiet">{rows.length}</span>
      </h3>
      <ul>
        {listed.map((row) => {
          const key = JSON.stringify([row.source, row.target, row.relation, row.author]);
          const link = { source: row.source, target: row.target };
          return (
            <li key={key}>
              <div class="link">
                <button type="button" class="plain name" onClick={() => onSelect(row[end])}>
                  <bdi>{format.label(row[end], 44)}</bdi>
                </button>
                {row.weight !== 1 && <span class="quiet weight" title="Weight of the link">{format.weight(row.weight)}</span>}
                {row.relation !== null && <span class="relation" dir="auto">{format.label(row.relation, 20)}</span>}
                {status.kind === "ledger" && (
                  <button type="button" class="plain small" aria-expanded={proved === key} onClick={() => setProved(proved === key ? null : key)}>
                    prove
                  </button>
                )}
              </div>
              {proved === key && (
                <Proof
                  label="Prove this link"
                  canProve={status.can_prove}
                  ask={() => api.linkReceipt(link)}
                  height={api.at ?? status.height ?? 0}
                  isOpen
                />
              )}
            </li>
          );
        })}
      </ul>
      {rows.length > listed.length && (
        <button type="button" class="more" onClick={() => setLong(true)}>
          Show all {rows.length}
        </button>
      )}
    </section>
  );
}
