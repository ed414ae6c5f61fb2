// The same forces on the graphics card (WebGL 2): a fragment a particle, which sums the push of all others and the pull of its
// links. A step takes n² small ones, which a card does at once; a machine that draws in software is better off with the processor.
import { type Forces, GRAVITY, type Problem, SCALING, massesOf, slowDownOf } from "./problem";

const WIDTH = 1024;
/** Pushes that are summed in one go: a card that is asked for more at once may be taken for hung. */
const PUSHES_AT_ONCE = 2 ** 27;

const CORNERS = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;

const STEP = `#version 300 es
precision highp float; precision highp int; precision highp sampler2D; precision highp usampler2D;
uniform sampler2D bodies;       // x, y, mass, convergence
uniform sampler2D forces;       // of the step before
uniform usampler2D rows;        // first of a particle's neighbours, and how many it has
uniform usampler2D neighbours;  // index of the other end, twice, and one more where the link is the other's own
uniform int count;
uniform float pull, slowDown;
layout(location = 0) out vec4 body;
layout(location = 1) out vec2 force;
ivec2 texel(int at) { return ivec2(at % ${WIDTH}, at / ${WIDTH}); }
void main() {
  ivec2 own = ivec2(gl_FragCoord.xy);
  if (own.y * ${WIDTH} + own.x >= count) { body = vec4(0.0); force = vec2(0.0); return; }
  vec4 here = texelFetch(bodies, own, 0);
  vec2 sum = vec2(0.0);
  for (int y = 0, left = count; left > 0; y++, left -= ${WIDTH}) {
    for (int x = 0; x < min(left, ${WIDTH}); x++) {
      vec3 other = texelFetch(bodies, ivec2(x, y), 0).xyz;
      vec2 apart = here.xy - other.xy;
      float far = dot(apart, apart);
      if (far > 0.0) sum += apart * (other.z / far);
    }
  }
  sum *= float(${SCALING}) * here.z;
  float out_of_middle = length(here.xy);
  if (out_of_middle > 0.0) sum -= here.xy * (${GRAVITY} * here.z / out_of_middle);
  uvec2 row = texelFetch(rows, own, 0).xy;
  for (uint at = row.x; at < row.x + row.y; at++) {
    uint told = texelFetch(neighbours, texel(int(at)), 0).x;
    vec3 other = texelFetch(bodies, texel(int(told >> 1)), 0).xyz;
    vec2 apart = here.xy - other.xy;
    float far = length(apart);
    float share = (told & 1u) == 1u ? other.z : here.z;
    if (far > 0.0) sum -= apart * (pull * log(1.0 + far) / far / share);
  }
  vec2 before = texelFetch(forces, own, 0).xy;
  float swinging = here.z * length(before - sum);
  float traction = length(before + sum) / 2.0;
  float speed = here.w * log(1.0 + traction) / (1.0 + sqrt(swinging));
  float convergence = min(1.0, sqrt(speed * dot(sum, sum) / (1.0 + sqrt(swinging))));
  body = vec4(here.xy + sum * (speed / slowDown), here.z, convergence);
  force = sum;
}`;

/** Null where there is no WebGL 2 that can draw into numbers. */
export function onCard(problem: Problem): (Forces & { secondsAStep(): number }) | null {
  const count = problem.places.length / 2;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2", { antialias: false, powerPreference: "high-performance" });
  if (!gl || !gl.getExtension("EXT_color_buffer_float")) return null;
  const height = Math.ceil(count / WIDTH);
  if (height > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return null;
  const program = programOf(gl);
  if (!program) return null;
  const textures = { bodies: [] as WebGLTexture[], forces: [] as WebGLTexture[] };
  const targets = [0, 1].map(() => {
    const [body, force] = [texture(gl, gl.RGBA32F, height, bodiesOf(problem)), texture(gl, gl.RG32F, height, null)];
    textures.bodies.push(body);
    textures.forces.push(force);
    return target(gl, body, force);
  });
  const { rows, neighbours } = linksOf(problem);
  const fixed = [texture(gl, gl.RG32UI, height, rows), texture(gl, gl.R32UI, Math.ceil(neighbours.length / WIDTH), neighbours)];
  const place = (name: string) => gl.getUniformLocation(program, name);
  const masses = massesOf(problem);
  gl.useProgram(program);
  gl.viewport(0, 0, WIDTH, height);
  gl.enable(gl.SCISSOR_TEST);
  ["bodies", "forces", "rows", "neighbours"].forEach((name, unit) => gl.uniform1i(place(name), unit));
  gl.uniform1i(place("count"), count);
  gl.uniform1f(place("pull"), masses.reduce((sum, mass) => sum + mass, 0) / count);
  gl.uniform1f(place("slowDown"), slowDownOf(count));
  let current = 0;
  const band = Math.max(1, Math.min(height, Math.floor(PUSHES_AT_ONCE / (WIDTH * count))));
  const draw = (first: number, many: number) => {
    [textures.bodies[current]!, textures.forces[current]!, ...fixed].forEach((one, unit) => {
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, one);
    });
    gl.bindFramebuffer(gl.FRAMEBUFFER, targets[1 - current]!);
    gl.scissor(0, first, WIDTH, many);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  };
  const read = (width: number, many: number): Float32Array => {
    const found = new Float32Array(4 * width * many);
    gl.bindFramebuffer(gl.FRAMEBUFFER, targets[current]!);
    gl.readPixels(0, 0, width, many, gl.RGBA, gl.FLOAT, found);
    return found;
  };
  return {
    step: () => {
      for (let first = 0; first < height; first += band) draw(first, Math.min(band, height - first));
      current = 1 - current;
      // Waits for it: what is asked for without waiting piles up before the page's own pictures.
      read(1, 1);
    },
    places: () => {
      const found = read(WIDTH, height);
      return Float32Array.from({ length: 2 * count }, (_, at) => found[4 * (at >> 1) + (at & 1)]!);
    },
    /** Of one row of particles, scaled up; nothing moves. The first row warms the card up. */
    secondsAStep: () => {
      const take = () => {
        draw(0, 1);
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.FLOAT, new Float32Array(4));
      };
      take();
      const begun = performance.now();
      take();
      return ((performance.now() - begun) / 1000) * height;
    },
    end: () => gl.getExtension("WEBGL_lose_context")?.loseContext(),
  };
}

function bodiesOf(problem: Problem): Float32Array {
  const bodies = new Float32Array((4 * problem.places.length) / 2);
  massesOf(problem).forEach((mass, at) => bodies.set([problem.places[2 * at]!, problem.places[2 * at + 1]!, mass, 1], 4 * at));
  return bodies;
}

/** Every particle's neighbours one after the other, and where they begin. */
function linksOf({ sources, targets, places }: Problem): { rows: Uint32Array; neighbours: Uint32Array } {
  const rows = new Uint32Array(places.length);
  for (const ends of [sources, targets]) for (const end of ends) rows[2 * end + 1]! += 1;
  const next = new Uint32Array(places.length / 2);
  for (let at = 1; at < next.length; at++) next[at] = rows[2 * at] = rows[2 * at - 2]! + rows[2 * at - 1]!;
  const neighbours = new Uint32Array(2 * sources.length);
  sources.forEach((source, at) => {
    neighbours[next[source]!++] = targets[at]! << 1;
    neighbours[next[targets[at]!]!++] = (source << 1) | 1;
  });
  return { rows, neighbours };
}

function programOf(gl: WebGL2RenderingContext): WebGLProgram | null {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, CORNERS], [gl.FRAGMENT_SHADER, STEP]] as const) {
    const shader = gl.createShader(kind)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

/** A texture of rows of WIDTH texels, filled as far as there are values. */
function texture(gl: WebGL2RenderingContext, kind: number, height: number, values: Float32Array | Uint32Array | null): WebGLTexture {
  const parts: { [kind: number]: [number, number, number] } = { [gl.RGBA32F]: [gl.RGBA, gl.FLOAT, 4], [gl.RG32F]: [gl.RG, gl.FLOAT, 2], [gl.RG32UI]: [gl.RG_INTEGER, gl.UNSIGNED_INT, 2], [gl.R32UI]: [gl.RED_INTEGER, gl.UNSIGNED_INT, 1] };
  const [format, type, depth] = parts[kind]!;
  const length = WIDTH * Math.max(1, height) * depth;
  const filled = type === gl.FLOAT ? new Float32Array(length) : new Uint32Array(length);
  if (values) filled.set(values);
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  gl.texImage2D(gl.TEXTURE_2D, 0, kind, WIDTH, Math.max(1, height), 0, format, type, filled);
  for (const side of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, side, gl.NEAREST);
  return made;
}

function target(gl: WebGL2RenderingContext, body: WebGLTexture, force: WebGLTexture): WebGLFramebuffer {
  const made = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, made);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, body, 0);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT1, gl.TEXTURE_2D, force, 0);
  gl.drawBuffers([gl.COLOR_ATTACHMENT0, gl.COLOR_ATTACHMENT1]);
  return made;
}
