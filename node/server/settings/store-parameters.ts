import type { Store } from '../../engine/store.ts';
import { policyNames } from '../../eviction/policy.ts';
import { size, wholeNumber, yesNo, type Parameter } from './parameter.ts';

const maxBytes = 2 ** 50;
const maxCount = 2 ** 40;

/** The store's parameters. A change lasts until the operator pushes its own settings or the node restarts. */
export function storeParameters(store: Store): readonly Parameter[] {
  const { limits } = store.collections;
  const setLimit = (bytes: number): void => {
    store.limitBytes = bytes;
    store.budget.measure();
  };
  return [
    { ...size('maxmemory', store.limitBytes, 0, maxBytes, setLimit), get: () => String(store.limitBytes) },
    policyParameter(store),
    ...named(['hash-max-listpack-entries', 'hash-max-ziplist-entries'], () => limits.hashMaxListpackEntries, (value) => (limits.hashMaxListpackEntries = value)),
    ...named(['hash-max-listpack-value', 'hash-max-ziplist-value'], () => limits.hashMaxListpackValue, (value) => (limits.hashMaxListpackValue = value)),
    ...named(['zset-max-listpack-entries', 'zset-max-ziplist-entries'], () => limits.zsetMaxListpackEntries, (value) => (limits.zsetMaxListpackEntries = value)),
    ...named(['zset-max-listpack-value', 'zset-max-ziplist-value'], () => limits.zsetMaxListpackValue, (value) => (limits.zsetMaxListpackValue = value)),
    ...named(['set-max-intset-entries'], () => limits.setMaxIntsetEntries, (value) => (limits.setMaxIntsetEntries = value)),
    ...named(['hll-sparse-max-bytes'], () => limits.hllSparseMaxBytes, (value) => (limits.hllSparseMaxBytes = value)),
    ...withoutEffect(),
  ];
}

/** The same number under an old and a new name, as Redis has them. */
function named(names: readonly string[], get: () => number, set: (value: number) => void): readonly Parameter[] {
  return names.map((name) => ({ ...wholeNumber(name, get(), 0, maxCount, set), get: () => String(get()) }));
}

function policyParameter(store: Store): Parameter {
  return {
    name: 'maxmemory-policy',
    get: () => store.policyName,
    set(text) {
      const policy = policyNames.find((name) => name === text.toLowerCase());
      if (policy === undefined) return `argument(s) must be one of the following: ${policyNames.join(', ')}`;
      store.setPolicy(policy);
      return undefined;
    },
  };
}

/** What tunes parts of Redis that have no counterpart here: kept and told back, for tools and scripts that set them, and without effect. */
function withoutEffect(): readonly Parameter[] {
  let listSize = -2;
  const listParameter = (name: string): Parameter => ({ ...wholeNumber(name, listSize, -5, 2 ** 30, (value) => (listSize = value)), get: () => String(listSize) });
  return [
    listParameter('list-max-listpack-size'),
    listParameter('list-max-ziplist-size'),
    wholeNumber('list-compress-depth', 0, 0, 65_535),
    wholeNumber('maxmemory-samples', 5, 1, 2 ** 30),
    wholeNumber('maxmemory-eviction-tenacity', 10, 0, 100),
    wholeNumber('lfu-log-factor', 10, 0, 2 ** 30),
    wholeNumber('lfu-decay-time', 1, 0, 2 ** 30),
    wholeNumber('active-expire-effort', 1, 1, 10),
    wholeNumber('stream-node-max-entries', 100, 0, maxCount),
    wholeNumber('stream-node-max-bytes', 4096, 0, maxCount),
    size('client-query-buffer-limit', 1024 ** 3, 1024 ** 2, maxBytes),
    wholeNumber('lua-time-limit', 5000, 0, maxCount),
    wholeNumber('busy-reply-threshold', 5000, 0, maxCount),
    size('repl-backlog-size', 1024 ** 2, 1, maxBytes),
    wholeNumber('repl-timeout', 60, 1, maxCount),
    yesNo('lazyfree-lazy-eviction', true),
    yesNo('lazyfree-lazy-expire', true),
    yesNo('lazyfree-lazy-server-del', true),
    yesNo('lazyfree-lazy-user-del', true),
    yesNo('lazyfree-lazy-user-flush', true),
    yesNo('activerehashing', true),
    yesNo('activedefrag', false),
    yesNo('dynamic-hz', true),
  ];
}
