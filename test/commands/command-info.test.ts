import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCommands } from '../../node/commands/command-list.ts';
import { startPair, type Pair } from './side-by-side.ts';
import { show, type RespValue } from './resp-values.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

const groups: ReadonlySet<string> = new Set(['string', 'bitmap', 'hash', 'list', 'set', 'sorted-set', 'geo', 'hyperloglog']);
const names = allCommands.filter(({ group }) => groups.has(group)).map(({ name }) => name);

/** Order within flags, categories and key specs' flags is left open. */
function comparable(reply: RespValue): string {
  if (!('items' in reply) || !('items' in reply.items[0])) return show(reply);
  const [name, arity, flags, first, last, step, categories, _tips, keySpecs] = reply.items[0].items;
  return [show(name), show(arity), sorted(flags), show(first), show(last), show(step), sorted(categories), withSortedFlags(keySpecs)].join('\n');
}

const sorted = (value: RespValue): string => ('items' in value ? value.items.map(show).toSorted().join(' ') : show(value));

function withSortedFlags(keySpecs: RespValue): string {
  if (!('items' in keySpecs)) return show(keySpecs);
  return keySpecs.items.map((spec) => {
    if (!('items' in spec)) return show(spec);
    const words = new Map<string, RespValue>();
    for (let i = 0; i < spec.items.length; i += 2) words.set(show(spec.items[i]), spec.items[i + 1]);
    return [...words].filter(([word]) => word !== '$"notes"').map(([word, value]) => `${word} ${word === '$"flags"' ? sorted(value) : show(value)}`).toSorted().join(' ');
  }).join(' | ');
}

describe('COMMAND INFO of data commands is that of Redis', () => {
  it.each(names)('%s', async (name) => {
    const [ours, theirs] = await Promise.all([pair.ours.ask('COMMAND', 'INFO', name), pair.theirs.ask('COMMAND', 'INFO', name)]);
    expect(comparable(ours)).toBe(comparable(theirs));
  });
});

describe('COMMAND GETKEYS finds the keys that Redis finds', () => {
  it.each([
    'ZADD k 1 m', 'ZUNIONSTORE d 2 a b WEIGHTS 1 2', 'ZINTER 2 a b', 'ZINTERCARD 1 a LIMIT 3', 'ZMPOP 2 a b MIN', 'BZMPOP 0 2 a b MAX COUNT 2', 'BZPOPMIN a b 0', 'ZRANGESTORE d s 0 -1', 'LMPOP 1 a LEFT',
    'BLMPOP 0 3 a b c RIGHT', 'BLPOP a b c 1', 'LMOVE a b LEFT RIGHT', 'BLMOVE a b LEFT RIGHT 0', 'BRPOPLPUSH a b 0', 'GEORADIUS g 1 1 1 m STORE d', 'GEORADIUS g 1 1 1 m', 'GEORADIUSBYMEMBER g m 1 m ASC STOREDIST d',
    'GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 m', 'PFMERGE d a b', 'PFCOUNT a b', 'PFADD a x y', 'SINTERCARD 2 a b', 'SMOVE a b m', 'SUNIONSTORE d a b', 'ZUNION 3 a b', 'LMPOP 0 a LEFT', 'ZADD k', 'EVAL x 0', 'EVAL x 2 a b', 'EVAL x 5 a', 'FCALL f 0',
  ])('%s', async (line) => {
    const words = ['COMMAND', 'GETKEYS', ...line.split(' ')];
    const [ours, theirs] = await Promise.all([pair.ours.ask(...words), pair.theirs.ask(...words)]);
    expect(show(ours)).toBe(show(theirs));
  });
});
