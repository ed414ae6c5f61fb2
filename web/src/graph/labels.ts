// The label of the particle that is pointed at or chosen: on a plate of the theme's own colour.
import type { Settings } from "sigma/settings";
import type { NodeDisplayData, PartialButFor } from "sigma/types";
import type { Theme } from "../theme";
import { INK, PAPER } from "./colours";
import type { EdgeFacts, NodeFacts } from "./model";

const PLATE: { [theme in Theme]: { fill: string; line: string; ink: string } } = {
  dark: { fill: "#1b2230", line: "#46536b", ink: "#f4f6fa" },
  light: { fill: "#ffffff", line: "#c9c4b8", ink: "#14181d" },
};

type Data = PartialButFor<NodeDisplayData, "x" | "y" | "size" | "label" | "color">;

/** Where a name begins: right of its particle, or left of it where it would leave the picture. */
function besides(context: CanvasRenderingContext2D, { x }: Data, width: number, far: number): number {
  const leaves = x + far + width > context.canvas.width / (devicePixelRatio || 1);
  return leaves && x - far - width > 0 ? x - far - width : x + far;
}

/** A name beside its particle, with a rim of the paper's colour so that links do not strike it through. */
export function labelDrawer(theme: Theme, isDrawn: () => boolean) {
  const paper = `rgb(${PAPER[theme].join()})`;
  return (context: CanvasRenderingContext2D, data: Data, settings: Settings<NodeFacts, EdgeFacts>): void => {
    // What is highlighted has its name on a plate.
    if (!data.label || !isDrawn() || (data as { highlighted?: boolean }).highlighted) return;
    context.font = `${settings.labelWeight} ${settings.labelSize}px ${settings.labelFont}`;
    const top = data.y + settings.labelSize / 3;
    const left = besides(context, data, context.measureText(data.label).width, data.size + 4);
    context.lineJoin = "round";
    context.lineWidth = settings.labelSize / 3.5;
    context.strokeStyle = paper;
    context.strokeText(data.label, left, top);
    context.fillStyle = INK[theme];
    context.fillText(data.label, left, top);
  };
}

export function hoverDrawer(theme: Theme) {
  const { fill, line, ink } = PLATE[theme];
  return (context: CanvasRenderingContext2D, data: Data, settings: Settings<NodeFacts, EdgeFacts>): void => {
    context.beginPath();
    context.arc(data.x, data.y, data.size + 3.5, 0, 2 * Math.PI);
    context.lineWidth = 2;
    context.strokeStyle = data.color;
    context.stroke();
    if (!data.label) return;
    const size = settings.labelSize;
    context.font = `600 ${size}px ${settings.labelFont}`;
    const width = context.measureText(data.label).width;
    const left = besides(context, data, width + size, data.size + 8);
    context.beginPath();
    context.roundRect(left, data.y - size, width + size, 2 * size, size * 0.45);
    context.fillStyle = fill;
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = line;
    context.stroke();
    context.fillStyle = ink;
    context.fillText(data.label, left + size / 2, data.y + size / 3);
  };
}
