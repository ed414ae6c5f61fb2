// What focus looks like: one ramp, read on a logarithmic scale, since scores span many powers of ten.
import type { Theme } from "../theme";

type Colour = [number, number, number];
const RAMPS: { [theme in Theme]: Colour[] } = {
  dark: [
    [72, 86, 122],
    [66, 128, 168],
    [79, 186, 165],
    [245, 196, 92],
    [255, 142, 84],
  ],
  light: [
    [158, 172, 196],
    [93, 145, 186],
    [30, 134, 140],
    [206, 126, 12],
    [184, 62, 20],
  ],
};
const RELATIONS: { [theme in Theme]: string[] } = {
  dark: ["#7f9cf5", "#e08bb5", "#7fc68a", "#d9b36c", "#7cc4d8", "#b79be8"],
  light: ["#4a63c9", "#b3467f", "#3a7d48", "#93661a", "#1f7c93", "#7550b8"],
};
export const PAPER: { [theme in Theme]: Colour } = { dark: [13, 17, 25], light: [247, 246, 242] };
export const INK: { [theme in Theme]: string } = { dark: "#dfe4ee", light: "#20262e" };

const text = ([red, green, blue]: Colour): string => `rgb(${red}, ${green}, ${blue})`;

function between(one: Colour, other: Colour, share: number): Colour {
  return one.map((part, at) => Math.round(part + (other[at]! - part) * share)) as Colour;
}

/** The ramp's colour at a height of 0 to 1. */
export function ramp(height: number, theme: Theme): string {
  const stops = RAMPS[theme];
  const place = Math.max(0, Math.min(1, height)) * (stops.length - 1);
  const at = Math.min(Math.floor(place), stops.length - 2);
  return text(between(stops[at]!, stops[at + 1]!, place - at));
}

/** Where a score stands between the lowest and the highest that are shown. */
export function heightOf(score: number, least: number, most: number): number {
  if (most <= least || score <= 0) return most > 0 && score >= most ? 1 : 0;
  return Math.log(score / least) / Math.log(most / least);
}

/** The colour of a relation; those behind the sixth share one. */
export function relationColour(at: number, theme: Theme): string {
  return RELATIONS[theme][at] ?? (theme === "dark" ? "#8a94a8" : "#737b88");
}

/** A colour as it looks at some strength on the paper: edges overlap, and transparent ones would pile up. */
export function faint(colour: string, strength: number, theme: Theme): string {
  const parts = colour.startsWith("#")
    ? [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16))
    : colour.match(/\d+/g)!.map(Number);
  return text(between(PAPER[theme], parts as Colour, strength));
}

export const gradient = (theme: Theme): string => `linear-gradient(90deg, ${RAMPS[theme].map(text).join(", ")})`;

const shares = (colours: Colour[]): number[] => colours.flat().map((part) => part / 255);
const parsed = (colour: string): Colour => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as Colour;

/** The ramp, the colours of kinds, and the paper, as shares of 1 for a card. */
export const stopsOf = (theme: Theme): number[] => shares(RAMPS[theme]);
export const kindsOf = (theme: Theme): number[] => shares([...RELATIONS[theme].map(parsed), ...RAMPS[theme].slice(3)]);
export const paperOf = (theme: Theme): number[] => shares([PAPER[theme]]);
export const kindColour = (at: number, theme: Theme): string => text([...RELATIONS[theme].map(parsed), ...RAMPS[theme].slice(3)][at % 8]!);
