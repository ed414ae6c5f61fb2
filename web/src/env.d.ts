declare module "*.css";
declare module "graphology-layout-forceatlas2/iterate" {
  /** One step, in place. */
  export default function iterate(settings: object, particles: Float32Array, links: Float32Array): void;
}
