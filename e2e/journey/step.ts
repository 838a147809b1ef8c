import type { World } from '../world.ts';

/** One thing that a cluster must live through. A step leaves the world as the next one expects it, Ready. */
export interface Step {
  readonly name: string;
  readonly run: (world: World) => Promise<void>;
}
