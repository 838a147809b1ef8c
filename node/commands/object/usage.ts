import type { Call } from '../spec.ts';

const secondMs = 1000;
const switchNote = 'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';

function policyOf(call: Call): string {
  return call.node.store.policy?.name ?? 'noeviction';
}

/** Seconds since the key was last written: reads leave no time behind (the policies keep a few bits instead). */
export function idleSecondsOf(call: Call, ref: number): void {
  if (policyOf(call).endsWith('lfu')) return call.reply.error(`ERR An LFU maxmemory policy is selected, idle time not tracked. ${switchNote}`);
  call.reply.integer(Math.max(0, Math.floor(call.nowMs / secondMs) - call.node.store.writtenAtSeconds(ref)));
}

/** The low byte of the eviction word is the counter of the LFU policies. */
export function frequencyOf(call: Call, ref: number): void {
  if (!policyOf(call).endsWith('lfu')) return call.reply.error(`ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${switchNote}`);
  call.reply.integer(call.node.store.evictionWord(ref) & 0xff);
}
