import { doubleAt } from '../double-argument.ts';
import { integerAt } from '../integer-text.ts';
import { notAnIntegerLine, optionIs, syntaxErrorLine } from '../key-access.ts';
import type { Call } from '../spec.ts';
import { expectReply, working } from '../working-memory/working.ts';
import type { ScoredRows } from '../working-memory/scored-rows.ts';
import type { WorkingMemory } from '../working-memory/working-memory.ts';
import { combine, countCommon, openSources, type Aggregate, type Operation } from './algebra.ts';
import { storeMembers } from './stored-members.ts';

/** A score in an answer, about. */
const scoreBytes = 16;

/** What becomes of the members. */
type Result = 'reply' | 'store' | 'count';

/** ZUNION, ZINTER, ZDIFF, with STORE and CARD: `[destination] numkeys key … [options]`. */
export function runAlgebra(call: Call, operation: Operation, result: Result, name: string): void {
  const { reply } = call;
  const at = result === 'store' ? 2 : 1;
  const keys = integerAt(call, at);
  if (Number.isNaN(keys)) return reply.error(notAnIntegerLine);
  if (keys < 1) return reply.error(`ERR at least 1 input key is needed for '${name}' command`);
  if (keys > call.argc - at - 1) return reply.error(syntaxErrorLine);
  const sources = openSources(call, at + 1, keys);
  if (sources === undefined) return;
  const options = optionsOf(call, at + 1 + keys, operation, result, sources);
  if (options === undefined) return;
  if (result === 'count') return reply.integer(countCommon(sources, options.limit));
  return working(call, (memory) => {
    const members = combine(call, memory, sources, operation, options.aggregate);
    if (result === 'store') storeMembers(call, 1, members, name);
    else replyMembers(call, memory, members, options.withScores);
  });
}

interface Options {
  readonly aggregate: Aggregate;
  readonly withScores: boolean;
  readonly limit: number;
}

/** Sets the weights of the sources; undefined after answering what is wrong. */
function optionsOf(call: Call, first: number, operation: Operation, result: Result, sources: readonly { weight: number }[]): Options | undefined {
  const { argc } = call;
  const weighs = operation !== 'diff' && result !== 'count';
  let aggregate: Aggregate = 'sum';
  let withScores = false;
  let limit = 0;
  for (let i = first; i < argc; i++) {
    if (weighs && argc - i > sources.length && optionIs(call, i, 'weights')) {
      for (const source of sources) {
        source.weight = doubleAt(call, ++i);
        if (Number.isNaN(source.weight)) return refuse(call, 'ERR weight value is not a float');
      }
    } else if (weighs && i + 1 < argc && optionIs(call, i, 'aggregate')) {
      const word = (['sum', 'min', 'max'] as const).find((one) => optionIs(call, i + 1, one));
      if (word === undefined) return refuse(call, syntaxErrorLine);
      aggregate = word;
      i += 1;
    } else if (result === 'reply' && optionIs(call, i, 'withscores')) withScores = true;
    else if (result === 'count' && i + 1 < argc && optionIs(call, i, 'limit')) {
      limit = integerAt(call, ++i);
      if (Number.isNaN(limit) || limit < 0) return refuse(call, "ERR LIMIT can't be negative");
    } else return refuse(call, syntaxErrorLine);
  }
  return { aggregate, withScores, limit: limit === 0 ? Infinity : limit };
}

function replyMembers(call: Call, memory: WorkingMemory, members: ScoredRows, withScores: boolean): void {
  const { reply } = call;
  const { count, rows } = members;
  const nested = withScores && reply.resp === 3;
  expectReply(call, memory, count, members.bytes, withScores ? scoreBytes : 0);
  reply.array(withScores && !nested ? count * 2 : count);
  for (let i = 0; i < count; i++) {
    const score = members.look(i);
    if (nested) reply.array(2);
    reply.bulk(rows.bytes, rows.start, rows.length);
    if (withScores) reply.double(score);
  }
}

function refuse(call: Call, line: string): undefined {
  call.reply.error(line);
  return undefined;
}
