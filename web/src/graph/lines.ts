// Links as they are drawn where drawing is slow: lines of one pixel, without blending, and coarse while the view moves.
import { EdgeArrowHeadProgram, EdgeClampedProgram, EdgeLineProgram, type EdgeProgramType, createEdgeCompoundProgram } from "sigma/rendering";
import type { EdgeFacts, NodeFacts } from "./model";

/** Pictures whose links are drawn at half the width and height, for now; the page's style draws them out. */
const coarse = new WeakSet<object>();

/** Says whether the links of a picture are to be coarse from the next drawing on. */
export function beCoarse(picture: HTMLCanvasElement, isCoarse: boolean): void {
  if (isCoarse) coarse.add(picture);
  else coarse.delete(picture);
}

type Kind = EdgeProgramType<NodeFacts, EdgeFacts>;
type Program = new (...told: never[]) => EdgeLineProgram<NodeFacts, EdgeFacts>;

/** One of sigma's kinds of links that knows of coarse pictures. */
function fitted(kind: unknown, isOpaque: boolean): Kind {
  const made = class extends (kind as Program) {
    override drawWebGL(...told: Parameters<EdgeLineProgram["drawWebGL"]>): void {
      const { gl } = told[1];
      if (isOpaque) gl.disable(gl.BLEND);
      if (coarse.has(gl.canvas)) gl.viewport(0, 0, gl.drawingBufferWidth / 2, gl.drawingBufferHeight / 2);
      super.drawWebGL(...told);
    }
  };
  return made as unknown as Kind;
}

/** Opaque: blending them with what is below is half the work of drawing them in software. */
export const ThinLine = fitted(EdgeLineProgram, true);
export const Arrow = createEdgeCompoundProgram([fitted(EdgeClampedProgram, false), fitted(EdgeArrowHeadProgram, false)]);
