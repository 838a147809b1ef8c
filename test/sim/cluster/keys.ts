/** Slots that have keys; the others are moved with them. */
const keySlots: readonly number[] = Array.from({ length: 16 }, (_, i) => Math.floor(((i + 0.5) * 16_384) / 16));

/** Regions are copies of the same shape, and have keys of their own. */
export const keysOf = (region: string): readonly string[] => keySlots.flatMap((slot) => [`s${slot}a${region}`, `s${slot}b${region}`]);
