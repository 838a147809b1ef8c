import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPair, type Pair } from './side-by-side.ts';
import { show, type RespValue } from './resp-values.ts';

/** What is different from Redis 7.0.15, and why. */
const differences = {
  /** Commands of ours that it does not have. */
  onlyHere: {
    'client|setinfo': 'of Redis 7.2: libraries send it with every connection',
    'client|no-touch': 'of Redis 7.2',
    'cluster|myshardid': 'of Redis 7.2',
    'meridian.access': 'for the nodes and the HTTP API',
    'meridian.fetch': 'for the nodes and the HTTP API',
    'meridian.read': 'for the nodes and the HTTP API',
    'meridian.readfill': 'for the nodes and the HTTP API',
    'meridian.write': 'for the nodes and the HTTP API',
  },
  /** By field of COMMAND INFO. */
  info: {
    debug: { flags: 'protected: redis-server leaves it out where the command is enabled, as it is for this test' },
    sort: { keySpecs: 'STORE is found where it stands; BY and GET are refused in a cluster, so there is no spec of keys unknown' },
    sort_ro: { keySpecs: 'BY and GET are refused in a cluster' },
  } as Readonly<Record<string, Readonly<Record<string, string>>>>,
  /** By field of COMMAND DOCS. */
  docs: {
    set: { arguments: 'FILL, by which a reader stores what it was given a fill token for' },
    sort_ro: { arguments: 'patterns of BY and GET belong to no key spec here' },
    sort: { arguments: 'STORE belongs to the second key spec here, the third there' },
  } as Readonly<Record<string, Readonly<Record<string, string>>>>,
  /** Fields of COMMAND DOCS that hold sentences and names of arguments: ours are our own. `history` is a list of such, told again by an argument's `since`. */
  sentences: ['summary', 'complexity', 'history', 'name', 'display_text'],
  ofArguments: ['since', 'deprecated_since', 'summary'],
  /** Fields of key specs that hold sentences. */
  notes: ['notes'],
};

let pair: Pair;
let ours: Answers;
let theirs: Answers;

interface Answers {
  readonly info: ReadonlyMap<string, Record<string, unknown>>;
  readonly docs: ReadonlyMap<string, Record<string, unknown>>;
}

beforeAll(async () => {
  pair = await startPair();
  [ours, theirs] = await Promise.all([answersOf(pair.ours), answersOf(pair.theirs)]);
});
afterAll(() => pair.stop());

const itemsOf = (value: RespValue): readonly RespValue[] => ('items' in value ? value.items : []);
const textOf = (value: RespValue): string => ('text' in value ? value.text : '');
const words = (value: RespValue): readonly string[] => itemsOf(value).map(textOf).toSorted();

function fieldsOf(value: RespValue): readonly (readonly [string, RespValue])[] {
  const items = itemsOf(value);
  return Array.from({ length: items.length / 2 }, (_, i) => [textOf(items[2 * i]), items[2 * i + 1]] as const);
}

async function answersOf(client: Pair['ours']): Promise<Answers> {
  const info = new Map<string, Record<string, unknown>>();
  const docs = new Map<string, Record<string, unknown>>();
  const addInfo = (entry: RespValue): void => {
    const [name, arity, flags, first, last, step, categories, tips, keySpecs, subcommands] = itemsOf(entry);
    info.set(textOf(name), {
      arity: textOf(arity), flags: words(flags), keys: [first, last, step].map(textOf), categories: words(categories), tips: words(tips),
      keySpecs: itemsOf(keySpecs).map((spec) => Object.fromEntries(fieldsOf(spec).filter(([field]) => !differences.notes.includes(field)).map(([field, value]) => [field, field === 'flags' ? words(value) : show(value)]))),
    });
    itemsOf(subcommands).forEach(addInfo);
  };
  const addDocs = (name: string, entry: RespValue): void => {
    const fields = fieldsOf(entry);
    docs.set(name, Object.fromEntries(fields.filter(([field]) => field !== 'subcommands' && !differences.sentences.includes(field)).map(([field, value]) => [field, field === 'arguments' ? argumentsOf(value) : show(value)])));
    for (const [field, value] of fields) if (field === 'subcommands') for (const [inner, its] of fieldsOf(value)) addDocs(inner, its);
  };
  itemsOf(await client.ask('COMMAND')).forEach(addInfo);
  for (const [name, entry] of fieldsOf(await client.ask('COMMAND', 'DOCS'))) addDocs(name, entry);
  return { info, docs };
}

/** Their shape: types, tokens, flags, and which key spec they belong to. */
const argumentsOf = (value: RespValue): unknown =>
  itemsOf(value).map((one) => Object.fromEntries(fieldsOf(one).filter(([field]) => !differences.sentences.includes(field) && !differences.ofArguments.includes(field)).map(([field, its]) => [field, field === 'arguments' ? argumentsOf(its) : field === 'flags' ? words(its) : textOf(its)])));

function without(fields: Record<string, unknown> | undefined, different: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields ?? {}).filter(([field]) => !(field in different)));
}

describe('COMMAND', () => {
  it('has no command that Redis does not have, but those that are listed', () => {
    expect([...ours.info.keys()].filter((name) => !theirs.info.has(name)).toSorted()).toEqual(Object.keys(differences.onlyHere).toSorted());
    expect(ours.info.size).toBeGreaterThan(250);
  });

  it('says of each command what Redis says: arity, flags, keys, categories, tips, key specs', () => {
    for (const [name, fields] of ours.info) if (theirs.info.has(name)) expect({ name, ...without(fields, differences.info[name]) }).toEqual({ name, ...without(theirs.info.get(name), differences.info[name]) });
  });

  it('lists no difference that is none', () => {
    for (const [name, fields] of Object.entries(differences.info)) for (const field of Object.keys(fields)) expect([name, field, ours.info.get(name)?.[field]]).not.toEqual([name, field, theirs.info.get(name)?.[field]]);
    for (const [name, fields] of Object.entries(differences.docs)) for (const field of Object.keys(fields)) expect([name, field, ours.docs.get(name)?.[field]]).not.toEqual([name, field, theirs.docs.get(name)?.[field]]);
  });

  it('INFO answers one, several, subcommands and nil for what is not there', async () => {
    for (const asked of [['get'], ['GET', 'nope', 'config|get'], ['client|list', 'CONFIG']]) {
      const [a, b] = await Promise.all([pair.ours.ask('COMMAND', 'INFO', ...asked), pair.theirs.ask('COMMAND', 'INFO', ...asked)]);
      expect(itemsOf(a).map((entry) => (itemsOf(entry).length > 0 ? textOf(itemsOf(entry)[0]) : show(entry)))).toEqual(itemsOf(b).map((entry) => (itemsOf(entry).length > 0 ? textOf(itemsOf(entry)[0]) : show(entry))));
    }
  });
});

describe('COMMAND DOCS', () => {
  it('covers every command and subcommand, with summary, version, group and complexity', async () => {
    expect([...ours.docs.keys()].toSorted()).toEqual([...ours.info.keys()].toSorted());
    const walk = (name: string, entry: RespValue): void => {
      const fields = new Map(fieldsOf(entry));
      for (const field of ['summary', 'since', 'group', 'complexity']) expect([name, field, textOf(fields.get(field) as RespValue)]).not.toEqual([name, field, '']);
      for (const [inner, its] of fieldsOf(fields.get('subcommands') ?? { type: '*', items: [] })) walk(inner, its);
    };
    for (const [name, entry] of fieldsOf(await pair.ours.ask('COMMAND', 'DOCS'))) walk(name, entry);
  });

  it('has the versions, groups, deprecations and shapes of arguments of Redis', () => {
    for (const [name, fields] of ours.docs) if (theirs.docs.has(name)) expect.soft({ name, ...without(fields, differences.docs[name]) }).toEqual({ name, ...without(theirs.docs.get(name), differences.docs[name]) });
  });
});

describe('COMMAND LIST', () => {
  it.each([[], ['FILTERBY', 'ACLCAT', 'hyperloglog'], ['FILTERBY', 'ACLCAT', 'blocking'], ['FILTERBY', 'ACLCAT', 'dangerous'], ['FILTERBY', 'PATTERN', 'z*store'], ['FILTERBY', 'PATTERN', 'client|*'], ['FILTERBY', 'PATTERN', 'XYZ'], ['FILTERBY', 'MODULE', 'none']])(
    'is that of Redis without what is not here: %j', async (...filter: readonly string[]) => {
      const [a, b] = await Promise.all([pair.ours.ask('COMMAND', 'LIST', ...filter), pair.theirs.ask('COMMAND', 'LIST', ...filter)]);
      expect(words(a).filter((name) => theirs.info.has(name))).toEqual(words(b).filter((name) => ours.info.has(name)));
    });

  it.each([['FILTERBY', 'NOPE', 'x'], ['FILTERBY', 'ACLCAT'], ['FILTERBY', 'ACLCAT', 'nope'], ['NOPE']])('answers as Redis: %j', async (...filter: readonly string[]) => {
    const [a, b] = await Promise.all([pair.ours.ask('COMMAND', 'LIST', ...filter), pair.theirs.ask('COMMAND', 'LIST', ...filter)]);
    expect(show(a)).toBe(show(b));
  });
});

describe('COMMAND GETKEYS and GETKEYSANDFLAGS find the keys that Redis finds', () => {
  it.each([
    'ZADD k 1 m', 'ZUNIONSTORE d 2 a b WEIGHTS 1 2', 'ZINTER 2 a b', 'ZINTERCARD 1 a LIMIT 3', 'ZMPOP 2 a b MIN', 'BZMPOP 0 2 a b MAX COUNT 2', 'BZPOPMIN a b 0', 'ZRANGESTORE d s 0 -1', 'LMPOP 1 a LEFT',
    'BLMPOP 0 3 a b c RIGHT', 'BLPOP a b c 1', 'LMOVE a b LEFT RIGHT', 'BLMOVE a b LEFT RIGHT 0', 'BRPOPLPUSH a b 0', 'GEORADIUS g 1 1 1 m STORE d', 'GEORADIUS g 1 1 1 m', 'GEORADIUSBYMEMBER g m 1 m ASC STOREDIST d',
    'GEOSEARCHSTORE d s FROMMEMBER m BYRADIUS 1 m', 'PFMERGE d a b', 'PFCOUNT a b', 'PFADD a x y', 'SINTERCARD 2 a b', 'SMOVE a b m', 'SUNIONSTORE d a b', 'ZUNION 3 a b', 'LMPOP 0 a LEFT', 'ZADD k', 'EVAL x 0', 'EVAL x 2 a b', 'EVAL x 5 a', 'FCALL f 0',
    'SET k v', 'SET k v GET', 'BITFIELD k GET u8 0', 'BITFIELD k SET u8 0 1', 'GETEX k EX 5', 'GETDEL k', 'COPY a b', 'RENAME a b', 'SORT k STORE d', 'SORT k LIMIT 0 5', 'MSET a 1 b 2', 'MIGRATE h 1 k 0 5', 'MIGRATE h 1 k 0 5 KEYS', 'OBJECT ENCODING k', 'MEMORY USAGE k',
    'WATCH a b', 'DEL a b', 'XYZ a', 'PING', 'CONFIG GET x', 'GET', 'TOUCH a b', 'SPUBLISH c m', 'SSUBSCRIBE a b', 'BITOP AND d a b', 'RESTORE k 0 x', 'LCS a b', 'SINTERCARD 0 a', 'EVAL_RO x 1 a',
  ])('%s', async (line) => {
    for (const subcommand of ['GETKEYS', 'GETKEYSANDFLAGS']) {
      const asked = ['COMMAND', subcommand, ...line.split(' ')];
      const [a, b] = await Promise.all([pair.ours.ask(...asked), pair.theirs.ask(...asked)]);
      const comparable = (value: RespValue): unknown => ('items' in value ? itemsOf(value).map((one) => ('items' in one ? [show(one.items[0]), words(one.items[1])] : show(one))) : show(value));
      expect(comparable(a)).toEqual(comparable(b));
    }
  });
});
