import type { Call } from '../spec.ts';

const secondMs = 1000;
const switchNote = 'Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.';

function policyOf(call: Call): string {
  return call.node.store.policy?.name ?? 'noeviction';
}

/** Seconds since the key was last used; under an eviction policy since it was last written, for those keep a few bits of each use and no time. */
export function idleSecondsOf(call: Call, ref: number): void {
  if (policyOf(call).endsWith('lfu')) return call.reply.error(`ERR An LFU maxmemory policy is selected, idle time not tracked. ${switchNote}`);
  const { store } = call.node;
  const lastUse = policyOf(call) === 'noeviction' ? store.lastUseSeconds(ref, call.nowMs) : store.writtenAtSeconds(ref);
  call.reply.integer(Math.max(0, Math.floor(call.nowMs / secondMs) - lastUse));
}

export function frequencyOf(call: Call, ref: number): void {
  if (!policyOf(call).endsWith('lfu')) return call.reply.error(`ERR An LFU maxmemory policy is not selected, access frequency not tracked. ${switchNote}`);
  call.reply.integer(call.node.store.policy?.frequencyOf?.(ref) ?? 0);
}
