/** Slots of the simulated map, and keys that name theirs. */
export const slots = 12;
export const slotOfKey = (key: string): number => Number(/^s(\d+)/.exec(key)?.[1]);
const keysPerSlot = 3;
export const allKeys: readonly string[] = Array.from({ length: slots * keysPerSlot }, (_, i) => `s${Math.floor(i / keysPerSlot)}k${i % keysPerSlot}`);
