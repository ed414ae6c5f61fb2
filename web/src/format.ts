// Numbers, digests and times as people read them.

/** A score with as many places as its bound leaves meaning, three figures at least. */
export function score(value: number, bound: number | null): string {
  if (value === 0) return "0";
  const places = bound === null || bound <= 0 ? 6 : Math.floor(-Math.log10(bound));
  const figures = 3 - Math.floor(Math.log10(Math.abs(value))) - 1;
  return value.toFixed(Math.max(2, Math.min(12, Math.max(places, figures), figures + 2)));
}

export function bound(value: number): string {
  if (value === 0) return "0";
  return value.toExponential(0).replace("e-", "e−");
}

export function percent(share: number): string {
  const hundredths = 100 * share;
  if (hundredths >= 9.95 || hundredths === 0) return `${Math.round(hundredths)} %`;
  return hundredths >= 0.05 ? `${hundredths.toFixed(1)} %` : "< 0.1 %";
}

export const count = (value: number | bigint): string => value.toLocaleString("en").replaceAll(",", "\u202f");

/** A link's weight in three figures at most. */
export const weight = (value: number): string => `× ${Number(value.toPrecision(3)).toLocaleString("en").replaceAll(",", "\u202f")}`;

export const short = (digest: string, letters = 10): string => `${digest.slice(0, letters)}…`;

/** CIDs are cut in the middle, everything else at the end. */
export function label(name: string | number, letters = 48): string {
  const text = String(name);
  if (/^b[a-z2-7]{58}$/.test(text)) return `${text.slice(0, 8)}…${text.slice(-6)}`;
  return text.length > letters ? `${text.slice(0, letters - 1)}…` : text;
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  return size < 1 << 20 ? `${(size / 1024).toFixed(1)} kB` : `${(size / (1 << 20)).toFixed(1)} MB`;
}

export const time = (milliseconds: number): string =>
  new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");

export const plural = (many: number, word: string): string => `${count(many)} ${word}${many === 1 ? "" : "s"}`;

export const hex = (data: Uint8Array): string => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
