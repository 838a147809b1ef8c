import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCommands } from '../../node/commands/command-list.ts';
import { comparable, propertyTimeoutMs, startPair, type Command, type Pair } from './side-by-side.ts';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

const groups: ReadonlySet<string> = new Set(['string', 'bitmap', 'hash', 'list', 'set', 'sorted-set', 'geo', 'hyperloglog', 'generic']);
/** Those that wait, are asked of both elsewhere, or whose replies depend on chance or on other than the arguments. */
const left: ReadonlySet<string> = new Set(['wait', 'migrate', 'move', 'object', 'keys', 'randomkey', 'dump', 'restore', 'pfdebug', 'pfselftest', 'sort', 'sort_ro']);
const names = allCommands.filter(({ group, flags, name }) => groups.has(group) && !flags.includes('blocking') && !left.has(name)).map(({ name }) => name);

/** One key of each type, in one slot. */
const begin: readonly Command[] = [['FLUSHALL'], ['RPUSH', '{k}l', '1'], ['SET', '{k}s', 'abc'], ['HSET', '{k}h', 'f', 'v'], ['SADD', '{k}set', 'm'], ['ZADD', '{k}z', '1', 'm']];
const keys = ['{k}l', '{k}s', '{k}h', '{k}set', '{k}z', '{k}none', Buffer.from('{k}\0\xff\r\n', 'latin1')];
const behindKey: readonly (readonly string[])[] = [
  [], ['x'], ['1', 'x'], ['nan', 'm'], ['9223372036854775808'], ['-9223372036854775809'], ['9223372036854775807'], ['-1'], ['1', '2', '3'], ['(a', 'b'], ['x', 'y', 'z'], ['f', 'nan'], ['0', '-1', 'x', 'y'], ['', ''], ['1e400', 'm'],
  ['f', '9223372036854775808'], ['0', '9999999999999999999'], ['{k}none'], ['COUNT', '0'], ['0', 'COUNT', '-1'], ['0', 'MATCH'], ['-1', '-1'], ['inf', 'm'], ['f', 'v', 'f'],
];
const inFront = ['0', '2', '-1', 'x', '', '9999999999999'];

function* sayings(): Generator<readonly (string | Buffer)[]> {
  yield [];
  for (const key of keys) {
    for (const words of behindKey) yield [key, ...words];
    for (const word of inFront) yield [word, key, '{k}s'];
  }
}

/** Redis adds with the processor's long doubles, which show where decimals are exact; a small set has no table in which a cursor that came from nowhere could miss its members. */
const isOtherwise = (command: Command): boolean => (command[0] === 'hincrbyfloat' && command.includes('9999999999999999999')) || (command[0] === 'sscan' && command[1] === '{k}set');

describe('wrong numbers, types and counts of arguments are answered in Redis’ words', () => {
  it.each(names)('%s', async (name) => {
    for (const args of sayings()) {
      const command = [name, ...args];
      const [ours, theirs] = await Promise.all([pair.ours.askAll([...begin, command]), pair.theirs.askAll([...begin, command])]);
      const answer = comparable(command, ours[begin.length]);
      const right = comparable(command, theirs[begin.length]);
      // Which words are keys is read before anything else, and where a number is none, not quite in the same way.
      if (answer.includes('CROSSSLOT') || right.includes('CROSSSLOT') || isOtherwise(command)) continue;
      expect(answer, JSON.stringify(command.map(String))).toBe(right);
    }
  }, propertyTimeoutMs);
});
