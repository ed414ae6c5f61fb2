// The programs of the card. A block is one point: large ones are met by the ray of every pixel, small ones are one colour.

const LOOKS = `#version 300 es
precision highp float;
layout(location = 0) in vec4 place;
layout(location = 1) in vec4 looks;
uniform vec3 target, right, up, forward;
uniform vec4 scale;
uniform float points, depths, light;
uniform int colouring;
uniform vec3 ramp[5];
uniform vec3 kinds[8];
uniform vec3 paper;
out vec3 colour;
out float away;
vec3 ramped(float height) {
  float at = clamp(height, 0.0, 1.0) * 4.0;
  int low = min(int(at), 3);
  return mix(ramp[low], ramp[low + 1], at - float(low));
}
void main() {
  vec3 from = place.xyz + 0.5 - target;
  away = dot(from, forward);
  gl_Position = vec4(dot(from, right) * scale.x, dot(from, up) * scale.y, away * depths, 1.0);
  gl_PointSize = points;
  vec3 own = colouring == 2 ? kinds[int(mod(place.w, 8.0))] : ramped(colouring == 1 ? looks.y : looks.x);
  float shade = mix(0.3, 1.0, looks.z);
  float far = clamp(0.5 + 0.5 * away * depths, 0.0, 1.0);
  colour = mix(mix(own * light, own, shade), paper, 0.62 * far * far);
}`;

const BOX = `#version 300 es
precision highp float;
in vec3 colour;
in float away;
uniform vec3 right, up, forward;
uniform float reach, depths, pixel, side;
out vec4 drawn;
void main() {
  vec2 at = (gl_PointCoord - 0.5) * reach;
  vec3 from = at.x * right - at.y * up;
  vec3 over = vec3(lessThan(abs(forward), vec3(1e-4)));
  vec3 by = forward + over * 1e-4;
  vec3 near = (-sign(by) * side - from) / by;
  vec3 far = (sign(by) * side - from) / by;
  float enters = max(max(near.x, near.y), near.z);
  float leaves = min(min(far.x, far.y), far.z);
  if (enters > leaves) discard;
  vec3 face = step(vec3(enters - 1e-6), near);
  float shade = dot(face, vec3(0.80, 0.64, forward.z < 0.0 ? 1.0 : 0.5)) / max(1.0, face.x + face.y + face.z);
  vec3 meets = abs(from + enters * forward) * (1.0 - face);
  float edge = max(max(meets.x, meets.y), meets.z);
  float line = smoothstep(side - 1.6 * pixel, side - 0.4 * pixel, edge) * clamp(0.16 - pixel, 0.0, 0.11) * 3.2;
  drawn = vec4(colour * shade * (1.0 + line), 1.0);
  gl_FragDepth = 0.5 + 0.5 * (away + enters) * depths;
}`;

const DOT = `#version 300 es
precision mediump float;
in vec3 colour;
out vec4 drawn;
void main() {
  drawn = vec4(colour * 0.9, 1.0);
}`;

const LINE = `#version 300 es
precision highp float;
layout(location = 0) in vec3 place;
layout(location = 1) in vec4 colouring;
uniform vec3 target, right, up, forward, aside;
uniform vec4 scale;
uniform float depths, nearer;
out vec4 colour;
void main() {
  vec3 from = place - target;
  float away = dot(from, forward) - nearer;
  gl_Position = vec4(dot(from, right) * scale.x, dot(from, up) * scale.y, away * depths, 1.0) + vec4(aside.xy, 0.0, 0.0);
  colour = colouring;
}`;

const STROKE = `#version 300 es
precision mediump float;
in vec4 colour;
out vec4 drawn;
void main() {
  drawn = vec4(colour.rgb * colour.a, colour.a);
}`;

/** What one program is told besides its points. */
export type Told = { [name: string]: number | number[] | Float32Array };

export class Program {
  private readonly made: WebGLProgram;
  private readonly places = new Map<string, { at: WebGLUniformLocation; type: number }>();

  constructor(
    private readonly gl: WebGL2RenderingContext,
    points: string,
    pixels: string,
  ) {
    this.made = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, points], [gl.FRAGMENT_SHADER, pixels]] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.made, shader);
      gl.deleteShader(shader);
    }
    gl.linkProgram(this.made);
    if (!gl.getProgramParameter(this.made, gl.LINK_STATUS) && !gl.isContextLost())
      throw new Error(gl.getProgramInfoLog(this.made) ?? "a program of the card is wrong");
    const count = gl.getProgramParameter(this.made, gl.ACTIVE_UNIFORMS) as number;
    for (let at = 0; at < (count || 0); at += 1) {
      const { name, type } = gl.getActiveUniform(this.made, at)!;
      this.places.set(name.replace("[0]", ""), { at: gl.getUniformLocation(this.made, name)!, type });
    }
  }

  use(told: Told): void {
    const { gl } = this;
    gl.useProgram(this.made);
    for (const [name, value] of Object.entries(told)) {
      const place = this.places.get(name);
      if (!place) continue;
      if (place.type === gl.INT) gl.uniform1i(place.at, value as number);
      else if (place.type === gl.FLOAT) gl.uniform1f(place.at, value as number);
      else if (place.type === gl.FLOAT_VEC3) gl.uniform3fv(place.at, value as number[]);
      else gl.uniform4fv(place.at, value as number[]);
    }
  }
}

export const programs = (gl: WebGL2RenderingContext) => ({
  box: new Program(gl, LOOKS, BOX),
  dot: new Program(gl, LOOKS, DOT),
  line: new Program(gl, LINE, STROKE),
});
