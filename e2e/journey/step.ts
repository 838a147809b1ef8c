import type { World } from '../world.ts';

/** One thing that a cluster must live through. A step leaves the world as the next one expects it, Ready. */
export interface Step {
  readonly name: string;
  /** `report` prints a line: a figure, or what is going on. */
  readonly run: (world: World, report: (line: string) => void) => Promise<void>;
}
