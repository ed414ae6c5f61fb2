// Small drawings; each has words beside it or is named by its button.
import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">
      {children}
    </svg>
  );
}

export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <g class="mark-links" fill="none" stroke-width="1.8">
      <path d="M7 8 L16 16 L26 7 M16 16 L24 25 M16 16 L6 24 M7 8 L6 24" />
    </g>
    <circle class="mark-far" cx="7" cy="8" r="2.4" />
    <circle class="mark-far" cx="26" cy="7" r="2" />
    <circle class="mark-far" cx="24" cy="25" r="2.8" />
    <circle class="mark-far" cx="6" cy="24" r="1.8" />
    <circle class="mark-heart" cx="16" cy="16" r="5" />
  </svg>
);
/** Links of three weights, each with its direction. */
export const Weights = () => (
  <svg class="weights" viewBox="0 0 112 12" aria-hidden="true" fill="currentColor">
    {[0.9, 2.2, 3.9].map((width, at) => (
      <path key={at} d={`M${at * 40} ${6 - width / 2}h22v${-(1.6 + width / 2)}l10 ${1.6 + width} l-10 ${1.6 + width}v${-(1.6 + width / 2)}h-22z`} />
    ))}
  </svg>
);
export const Search = () => (
  <Icon>
    <circle cx="9" cy="9" r="5.5" />
    <path d="M13.2 13.2 L17 17" />
  </Icon>
);
export const Sun = () => (
  <Icon>
    <circle cx="10" cy="10" r="3.6" />
    <path d="M10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M15.7 4.3l-1.4 1.4M5.7 14.3l-1.4 1.4" />
  </Icon>
);
export const Moon = () => (
  <Icon>
    <path d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7Z" />
  </Icon>
);
export const Stand = () => (
  <Icon>
    <circle cx="10" cy="10" r="6.5" />
    <circle cx="10" cy="10" r="1.6" fill="currentColor" />
    <path d="M10 1.5v3M10 15.5v3M1.5 10h3M15.5 10h3" />
  </Icon>
);
export const Shield = () => (
  <Icon>
    <path d="M10 2 16.5 4.5v5c0 4.2-2.8 7-6.5 8.5-3.7-1.5-6.5-4.3-6.5-8.5v-5Z" />
    <path d="m7 10 2.2 2.2L13.2 8" />
  </Icon>
);
export const Broken = () => (
  <Icon>
    <path d="M10 2 16.5 4.5v5c0 4.2-2.8 7-6.5 8.5-3.7-1.5-6.5-4.3-6.5-8.5v-5Z" />
    <path d="m7.6 7.6 4.8 4.8M12.4 7.6l-4.8 4.8" />
  </Icon>
);
export const Close = () => (
  <Icon>
    <path d="m5 5 10 10M15 5 5 15" />
  </Icon>
);
