// Links as lines of one pixel, which are opaque: blending them with what is below is half the work of drawing them in software.
import { EdgeLineProgram } from "sigma/rendering";
import type { EdgeFacts, NodeFacts } from "./model";

export class ThinLine extends EdgeLineProgram<NodeFacts, EdgeFacts> {
  drawWebGL(...told: Parameters<EdgeLineProgram["drawWebGL"]>): void {
    const { gl } = told[1];
    gl.disable(gl.BLEND);
    super.drawWebGL(...told);
  }
}
