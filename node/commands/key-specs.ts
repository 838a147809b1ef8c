import type { KeySpec, OptionGrammar } from './spec.ts';

/** The key specs that most commands share: one key as argument 1, or all arguments. */
type KeyFlags = KeySpec['flags'];

export function keysAt(flags: KeyFlags, lastKey: number, step = 1, index = 1): readonly KeySpec[] {
  return [{ flags, beginSearch: { type: 'index', index }, findKeys: { type: 'range', lastKey, step, limit: 0 } }];
}

export const oneReadKey: readonly KeySpec[] = keysAt(['RO', 'access'], 0);
export const oneUpdateKey: readonly KeySpec[] = keysAt(['RW', 'update'], 0);
export const oneAccessUpdateKey: readonly KeySpec[] = keysAt(['RW', 'access', 'update'], 0);
export const oneOverwriteKey: readonly KeySpec[] = keysAt(['OW', 'update'], 0);
export const oneInsertKey: readonly KeySpec[] = keysAt(['RW', 'insert'], 0);
export const allReadKeys: readonly KeySpec[] = keysAt(['RO', 'access'], -1);

/** Keys behind their number, which is argument `index`. */
export function countedKeys(flags: KeyFlags, index: number): KeySpec {
  return { flags, beginSearch: { type: 'index', index }, findKeys: { type: 'keynum', keyNumIndex: 0, firstKey: 1, step: 1 } };
}

/** The key behind an option of a command that reads its options so; COMMAND says that it is searched from argument `startFrom` on. */
export function keyBehind(flags: KeyFlags, keyword: string, startFrom: number, options: OptionGrammar): KeySpec {
  return { flags, beginSearch: { type: 'keyword', keyword, startFrom }, options, findKeys: { type: 'range', lastKey: 0, step: 1, limit: 0 } };
}
