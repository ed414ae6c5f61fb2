// Links: lines as wide as their weight with a head that is seen at every width; of many, lines of one pixel.
import {
  EdgeLineProgram,
  type EdgeProgramType,
  createEdgeArrowHeadProgram,
  createEdgeClampedProgram,
  createEdgeCompoundProgram,
} from "sigma/rendering";
import type { EdgeFacts, NodeFacts } from "./model";

type Kind = EdgeProgramType<NodeFacts, EdgeFacts>;
/** Processes one link as sigma hands it over. */
interface Processing {
  process(at: number, offset: number, source: object, target: object, data: object): void;
}

/** A head is so many times as long as it is wide to each side; the line ends inside of it. */
const HEAD = { lengthToThicknessRatio: 2.6, widenessToThicknessRatio: 1.9 };
/** Heads of a size of their own, which does not shrink with their lines. */
class Head extends (createEdgeArrowHeadProgram<NodeFacts, EdgeFacts>(HEAD) as unknown as new (...given: never[]) => Processing) {
  process(at: number, offset: number, source: object, target: object, data: { head: number }): void {
    super.process(at, offset, source, target, { ...data, size: data.head });
  }
}

const Line = createEdgeClampedProgram<NodeFacts, EdgeFacts>({ lengthToThicknessRatio: 1.4 });
export const Arrow: Kind = createEdgeCompoundProgram<NodeFacts, EdgeFacts>([Line, Head as unknown as Kind]);

/** Lines of one pixel, which are opaque: blending them with what is below is half the work of drawing them in software. */
export class ThinLine extends EdgeLineProgram<NodeFacts, EdgeFacts> {
  drawWebGL(...told: Parameters<EdgeLineProgram["drawWebGL"]>): void {
    const { gl } = told[1];
    gl.disable(gl.BLEND);
    super.drawWebGL(...told);
  }
}
