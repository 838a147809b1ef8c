import type { Sets } from '../../engine/collections/sets.ts';

/** The member in view, for after the next operation. */
export const copyOf = (set: Sets): Buffer => Buffer.from(set.memberBytes.subarray(set.memberStart, set.memberStart + set.memberLength));
