import type { Store } from '../../node/engine/store.ts';

/** References of all entries of a store, dead namespaces' too; good until the store changes. */
export function* everyRef(store: Store): Generator<number, void> {
  const refs: number[] = [];
  let cursor = 0;
  do {
    refs.length = 0;
    cursor = store.scanStep(cursor, refs);
    yield* refs;
  } while (cursor !== 0);
}
