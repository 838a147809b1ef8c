import type { ReplyWriter } from '../../server/reply-writer.ts';
import type { Command } from '../registry.ts';
import type { KeySpec } from '../spec.ts';
import { tipsOf } from './command-tips.ts';

/** One entry of COMMAND and COMMAND INFO. */
export function writeCommandInfo(reply: ReplyWriter, command: Command): void {
  reply.array(10);
  reply.bulkLatin1(command.name);
  reply.integer(command.arity);
  // Redis keeps may_replicate to itself.
  const flags = [...command.spec.flags.filter((flag) => flag !== 'may_replicate'), ...(command.movableKeys && !command.spec.flags.includes('movablekeys') ? ['movablekeys'] : [])];
  writeStatusSet(reply, flags);
  reply.integer(command.firstKey);
  reply.integer(command.lastKey);
  reply.integer(command.keyStep);
  writeStatusSet(reply, command.categories.map((category) => `@${category}`));
  const tips = tipsOf(command.name);
  reply.set(tips.length);
  for (const tip of tips) reply.bulkLatin1(tip);
  reply.set(command.spec.keys.length);
  for (const key of command.spec.keys) writeKeySpec(reply, key);
  const subcommands = command.subcommands?.commands ?? [];
  reply.array(subcommands.length);
  for (const one of subcommands) writeCommandInfo(reply, one);
}

function writeStatusSet(reply: ReplyWriter, words: readonly string[]): void {
  reply.set(words.length);
  for (const word of words) reply.simple(word);
}

function writeKeySpec(reply: ReplyWriter, key: KeySpec): void {
  reply.map(3);
  reply.bulkLatin1('flags');
  writeStatusSet(reply, key.flags);
  reply.bulkLatin1('begin_search');
  const { beginSearch, findKeys } = key;
  if (beginSearch.type === 'index') writeTyped(reply, 'index', [['index', beginSearch.index]]);
  else if (beginSearch.type === 'keyword') writeTyped(reply, 'keyword', [['keyword', beginSearch.keyword], ['startfrom', beginSearch.startFrom]]);
  else writeTyped(reply, 'unknown', []);
  reply.bulkLatin1('find_keys');
  if (findKeys.type === 'range') writeTyped(reply, 'range', [['lastkey', findKeys.lastKey], ['keystep', findKeys.step], ['limit', findKeys.limit]]);
  else if (findKeys.type === 'keynum') writeTyped(reply, 'keynum', [['keynumidx', findKeys.keyNumIndex], ['firstkey', findKeys.firstKey], ['keystep', findKeys.step]]);
  else writeTyped(reply, 'unknown', []);
}

function writeTyped(reply: ReplyWriter, type: string, fields: readonly (readonly [string, number | string])[]): void {
  reply.map(2);
  reply.bulkLatin1('type');
  reply.bulkLatin1(type);
  reply.bulkLatin1('spec');
  reply.map(fields.length);
  for (const [name, value] of fields) {
    reply.bulkLatin1(name);
    if (typeof value === 'number') reply.integer(value);
    else reply.bulkLatin1(value);
  }
}
