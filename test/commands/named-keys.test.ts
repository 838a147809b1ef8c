import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCommands } from '../../node/commands/command-list.ts';
import type { ArgumentDoc, CommandSpec } from '../../node/commands/spec.ts';
import { startNode, type TestNode } from '../protocol/start-node.ts';
import { respClient, type RespClient } from './resp-client.ts';
import { show, type RespValue } from './resp-values.ts';

let node: TestNode;
let client: RespClient;
beforeAll(async () => {
  node = await startNode();
  client = await respClient(node.port);
});
afterAll(async () => {
  client.close();
  expect(node.node.server.statistics.unexpectedErrors).toBe(0);
  await node.server.stop();
});

/** Keys that are also words of commands: nothing may take them for options, or options for them. */
const names = ['{k}1', '{k}2', '{k}3', '{k}4'];
const fillings = {
  string: (key, more) => [['SET', key, `value${more}`]],
  list: (key, more) => [['RPUSH', key, '3', '1', `2${more}`]],
  set: (key, more) => [['SADD', key, '1', '2', `3${more}`]],
  zset: (key, more) => [['GEOADD', key, '1', '1', '1', '1.001', '1', `2${more}`]],
  hash: (key, more) => [['HSET', key, '1', '2', `2${more}`, '3']],
  pf: (key, more) => [['PFADD', key, `1${more}`]],
} as const satisfies Record<string, (key: string, more: string) => readonly (readonly string[])[]>;
type Filling = keyof typeof fillings;
const fillingOf: Partial<Record<CommandSpec['group'], readonly Filling[]>> = { string: ['string'], bitmap: ['string'], hash: ['hash'], list: ['list'], set: ['set'], 'sorted-set': ['zset', 'set'], geo: ['zset'], hyperloglog: ['pf'] };
const everyFilling = Object.keys(fillings) as Filling[];

/** What answers by chance, or by the moment; and what has no work of its own. */
const unlikeItself = /RANDMEMBER|RANDFIELD|SPOP|MERIDIAN|OBJECT|MIGRATE/i;
const commands = allCommands.flatMap((spec) => [spec, ...(spec.subcommands ?? [])]).filter(({ keys, run, args }) => run !== undefined && args !== undefined && keys.some(({ flags }) => !flags.includes('not_key')));
const choosers = commands.filter(({ keys }) => keys.some(({ beginSearch, findKeys }) => beginSearch.type !== 'index' || findKeys.type !== 'range'));

const listed = fc.constantFrom(...names);
const value = fc.oneof({ weight: 6, arbitrary: fc.constantFrom('1', '2', '3') }, { weight: 2, arbitrary: fc.constantFrom('store', 'STOREDIST', 'by', 'LIMIT', 'COUNT', 'get', 'nosort') }, listed);

/** The argument once: its word in front, then what it stands for. */
function once(doc: ArgumentDoc): fc.Arbitrary<readonly string[]> {
  const words = doc.token === undefined ? [] : [doc.token];
  if (doc.type === 'pure-token') return fc.constant([doc.token ?? doc.name]);
  return inner(doc).map((rest) => [...words, ...rest]);
}

function inner(doc: ArgumentDoc): fc.Arbitrary<readonly string[]> {
  if (doc.type === 'oneof') return fc.oneof(...(doc.args ?? []).map(once));
  if (doc.type === 'block') return all(doc.args ?? []);
  if (doc.type === 'key') return listed.map((key) => [key]);
  if (doc.name === 'timeout') return fc.constant(['0.001']);
  if (doc.type === 'integer' || doc.type === 'double' || doc.type === 'unix-time') return fc.oneof({ weight: 9, arbitrary: fc.constantFrom('1', '2') }, { weight: 1, arbitrary: value }).map((text) => [text]);
  return value.map((text) => [text]);
}

const times = (doc: ArgumentDoc): fc.Arbitrary<readonly string[]> => fc.array(once(doc), { minLength: doc.optional === true ? 0 : 1, maxLength: doc.optional === true || doc.multiple === true ? 2 : 1 }).map((list) => list.flat());

const hasKey = ({ type, args }: ArgumentDoc): boolean => type === 'key' || args?.some(hasKey) === true;

/** In the order of the documentation; options in any order, each up to twice. */
function all(docs: readonly ArgumentDoc[]): fc.Arbitrary<readonly string[]> {
  const options = docs.filter(({ optional, token, type }) => optional === true && (token !== undefined || type === 'oneof' || type === 'block'));
  const fixed = docs.filter((doc) => !options.includes(doc));
  const twice = fc.array(options.length === 0 ? fc.constant([] as readonly string[]) : fc.oneof(...options.map((doc) => ({ weight: hasKey(doc) ? 8 : 1, arbitrary: once(doc) }))), { maxLength: 4 }).map((list) => list.flat());
  return fc.tuple(fc.tuple(...fixed.map(times)), twice).map(([first, rest]) => [...first.flat(), ...rest]);
}

const nameOf = ({ name }: CommandSpec): readonly string[] => name.split('|');
const callOf = (spec: CommandSpec): fc.Arbitrary<{ readonly words: readonly string[]; readonly filling: Filling; readonly others: Filling }> =>
  fc.record({ words: all(spec.args ?? []).map((rest) => [...nameOf(spec), ...rest]), filling: fc.constantFrom(...(fillingOf[spec.group] ?? everyFilling)), others: fc.constantFrom(...everyFilling) });

/** What the keys hold when only those that the call does not name differ, what it answered, and what became of them. */
async function outcome(words: readonly string[], named: readonly string[], filling: Filling, others: Filling, more: string): Promise<{ readonly reply: string; readonly left: readonly string[]; readonly right: readonly string[] }> {
  const unnamed = names.filter((name) => !named.includes(name));
  const dumps = unnamed.map((name) => ['DUMP', name]);
  const fills = [...names, 'store', 'STOREDIST', 'nosort'].flatMap((name) => (named.includes(name) ? fillings[filling](name, '') : names.includes(name) ? fillings[others](name, more) : []));
  const replies = await client.askAll([['FLUSHALL'], ...fills, ...dumps, words, ...dumps]);
  const shown = replies.map((reply: RespValue) => show(reply));
  const before = 1 + fills.length;
  return { left: shown.slice(before, before + dumps.length), reply: shown[before + dumps.length], right: shown.slice(before + dumps.length + 1) };
}

async function touchesOnlyItsKeys(call: { readonly words: readonly string[]; readonly filling: Filling; readonly others: Filling }): Promise<void> {
  const { words, filling, others } = call;
  const found = await client.ask('COMMAND', 'GETKEYS', ...words);
  const named = 'items' in found ? found.items.map((item) => ('text' in item ? item.text : '')) : [];
  const one = await outcome(words, named, filling, others, '');
  expect(one.right, words.join(' ')).toEqual(one.left);
  const two = await outcome(words, named, filling, filling, '7');
  expect(two.right, words.join(' ')).toEqual(two.left);
  if (!unlikeItself.test(words[0])) expect(two.reply, words.join(' ')).toBe(one.reply);
}

describe('the keys that a call names', () => {
  it('are all that it reads and changes, whatever is repeated and whatever words are keys', async () => {
    for (const spec of choosers) await fc.assert(fc.asyncProperty(callOf(spec), touchesOnlyItsKeys), { numRuns: 100 });
    for (const spec of commands) await fc.assert(fc.asyncProperty(callOf(spec), touchesOnlyItsKeys), { numRuns: 3 });
  });

  it.each([
    ['GEORADIUS {k}1 1 1 10 km STORE {k}2 STORE {k}3', '{k}1 {k}3'],
    ['GEORADIUS {k}1 1 1 10 km STORE {k}2 STOREDIST {k}3', '{k}1 {k}3'],
    ['GEORADIUS {k}1 1 1 10 km STOREDIST {k}2 STORE {k}3 STORE', '{k}1 {k}3'],
    ['GEORADIUS {k}1 1 1 10 km STORE STORE STORE {k}3', '{k}1 {k}3'],
    ['GEORADIUS {k}1 1 1 10 km COUNT STORE STORE {k}3', '{k}1 {k}3'],
    ['GEORADIUSBYMEMBER {k}1 STORE 10 km STOREDIST {k}2 STOREDIST STORE', '{k}1 STORE'],
    ['SORT {k}1 STORE {k}2 BY STORE', '{k}1 {k}2'],
    ['SORT {k}1 BY STORE STORE {k}2', '{k}1 {k}2'],
    ['SORT {k}1 STORE {k}2 LIMIT 0 STORE', '{k}1 {k}2'],
    ['SORT {k}1 STORE {k}2 STORE {k}3', '{k}1 {k}3'],
  ])('%s: %s', async (line, keys) => {
    const found = await client.ask('COMMAND', 'GETKEYS', ...line.split(' '));
    expect('items' in found && found.items.map((item) => 'text' in item && item.text).join(' ')).toBe(keys);
  });
});
