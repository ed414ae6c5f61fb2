// The slider over blocks: the same page as it would have been at an older height.
import type { Api, Status } from "../api";
import { useAsked } from "../asking";
import * as format from "../format";

const BLOCKS = 65;

export function Timeline({ api, status, onAt }: { api: Api; status: Status; onAt: (at: number | null) => void }) {
  const tip = status.tip ?? status.height ?? 0;
  const { value } = useAsked(() => api.blocks(BLOCKS), [tip]);
  const oldest = Math.max(Math.min(1, tip), tip - BLOCKS + 2);
  const height = api.at ?? tip;
  const block = value?.items.find((one) => one.height === height);
  if (tip <= oldest) return null;
  const most = Math.max(1, ...(value?.items ?? []).map((one) => one.signals));
  const shown = [...(value?.items ?? [])].reverse().filter((one) => one.height >= oldest);
  return (
    <div class="timeline">
      <div class="track">
        <div class="ticks" aria-hidden="true">
          {shown.map((one) => (
            <span
              key={one.height}
              class={one.height === height ? "tick now" : "tick"}
              style={{ height: `${18 + (82 * one.signals) / most}%` }}
            />
          ))}
        </div>
        <input
          type="range"
          min={oldest}
          max={tip}
          step={1}
          value={height}
          aria-label="Block that is shown"
          aria-valuetext={`Block ${height} of ${tip}${block ? `, ${format.time(block.time)}` : ""}`}
          onInput={(event) => {
            const chosen = Number(event.currentTarget.value);
            onAt(chosen === tip ? null : chosen);
          }}
        />
      </div>
      <p class="moment">
        <a href={`#/blocks/${height}`}>Block {format.count(height)}</a>
        <span class="quiet">{block ? format.time(block.time) : ""}</span>
        {api.at !== null && (
          <button type="button" class="plain small" onClick={() => onAt(null)}>
            back to now
          </button>
        )}
      </p>
    </div>
  );
}
