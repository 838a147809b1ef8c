import type { StoreView } from './commands/store-view.ts';
import type { Store } from './engine/store.ts';
import { slotOfKey } from '../shared/slots/crc16.ts';

const hashRange = 2 ** 31;
const unitBytes = 8;

/** What INFO, MEMORY and CLUSTER commands ask the store, answered from its own counters. */
export function createStoreView(store: Store, nowMs: () => number): StoreView {
  const emptyBytes = store.usedBytes;
  let peakBytes = 0;
  return {
    facts() {
      const { usedBytes } = store;
      peakBytes = Math.max(peakBytes, usedBytes);
      return {
        usedBytes,
        peakBytes,
        emptyBytes,
        committedBytes: store.committedBytes,
        clientBytes: store.externalBytes,
        overheadBytes: usedBytes - store.log.liveUnits * unitBytes - store.parts.usedBytes,
        limitBytes: store.limitBytes,
        evictionPolicy: store.policyName,
        keys: store.entryCount,
        keysWithExpiry: store.expiringKeys,
        averageTtlMs: store.averageTtlMs(nowMs()),
        hits: store.hits,
        misses: store.misses,
        expiredKeys: store.expiredKeys,
        evictedKeys: store.evictedKeys,
      };
    },
    keysInSlot: (slot) => store.index.keysIn(slot),
    someKeysOfSlot(slot, limit) {
      const keys: Uint8Array[] = [];
      const refs: number[] = [];
      // A cursor begins with the slot: the walk is the slot's own.
      for (let cursor = slot * hashRange; keys.length < limit; ) {
        refs.length = 0;
        cursor = store.scanStep(cursor, refs, slot);
        for (const ref of refs) {
          if (keys.length === limit || store.isExpired(ref, nowMs())) continue;
          store.open(ref);
          keys.push(store.entryBytes.slice(store.keyStart, store.keyStart + store.keyLength));
        }
        if (cursor === 0) break;
      }
      return keys;
    },
    memoryOf(bytes, start, length) {
      const ref = store.find(bytes, start, length, slotOfKey(bytes, start, length), store.hashKey(bytes, start, length), nowMs());
      return ref === 0 ? undefined : store.bytesOf(ref);
    },
  };
}
