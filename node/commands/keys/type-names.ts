/** Names of TYPE and SCAN … TYPE, by entry type. */
export const typeNames: readonly string[] = ['string', 'list', 'set', 'zset', 'hash', 'stream'];
