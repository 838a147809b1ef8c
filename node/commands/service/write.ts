import { stringEncoding } from '../../engine/entry-layout.ts';
import { redisErrorLine } from '../../../shared/errors/meridian-error.ts';
import { noExpiry } from '../../engine/store.ts';
import { integerAt } from '../integer-text.ts';
import { findKey, keyChanged, notAnIntegerLine, notifyKey, optionIs, putString, syntaxErrorLine } from '../key-access.ts';
import { oneOverwriteKey } from '../key-specs.ts';
import type { Call, CommandSpec } from '../spec.ts';

/** First number of the reply. */
const outcome = { replaced: 0, created: 1, conflict: -1, tooLarge: -2, voided: -3 } as const;
const announcing = redisErrorLine('DEPENDENCIES_PENDING');
const anyVersion = -1;
const mustBeAbsent = 0;
const mostTags = 128;

interface WriteOptions {
  expireAtMs: number;
  /** Sequence that the key must have. */
  wanted: number;
  fillToken: string;
  tags: readonly string[];
  dependsOn: readonly string[];
}

/** What the HTTP API writes. Replies [outcome, version]: after a conflict the version that is there (0: none), after `tooLarge` the limit in bytes. */
export const meridianWrite: CommandSpec = {
  name: 'meridian.write',
  summary: 'Sets a string as the HTTP API does: its form (JSON or BYTES, behind the value), expiry, tags, dependencies, and the version or fill token under which it may be written.',
  since: '1.0.0',
  group: 'meridian',
  complexity: 'O(1)',
  arity: -4,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: oneOverwriteKey,
  args: [
    { name: 'key', type: 'key' },
    { name: 'value', type: 'string' },
    { name: 'form', type: 'oneof', args: [{ name: 'json', type: 'pure-token', token: 'JSON' }, { name: 'bytes', type: 'pure-token', token: 'BYTES' }] },
    { name: 'milliseconds', type: 'integer', token: 'PX', optional: true },
    { name: 'version', type: 'integer', token: 'IFVERSION', optional: true },
    { name: 'token', type: 'string', token: 'FILL', optional: true },
    { name: 'tags', type: 'block', token: 'TAGS', optional: true, args: [{ name: 'numtags', type: 'integer' }, { name: 'tag', type: 'string', multiple: true }] },
    { name: 'depends', type: 'block', token: 'DEPENDS', optional: true, args: [{ name: 'numkeys', type: 'integer' }, { name: 'other', type: 'string', multiple: true }] },
  ],
  run(call) {
    const json = optionIs(call, 3, 'json');
    if (!json && !optionIs(call, 3, 'bytes')) return call.reply.error(syntaxErrorLine);
    const options = parseOptions(call);
    if (options !== undefined) write(call, options, json ? stringEncoding.json : stringEncoding.plain);
  },
};

function write(call: Call, options: WriteOptions, encoding: number): void {
  const { node, reply } = call;
  const { store, tenants } = node;
  const limit = tenants?.tooLarge(call, 1, call.length[2]) ?? 0;
  if (limit > 0) return answer(call, outcome.tooLarge, limit);
  if (options.dependsOn.length > 0 && tenants?.mayDepend(call, 1) === false) return reply.error(announcing);
  const old = findKey(call, 1);
  const version = old === 0 ? mustBeAbsent : store.sequenceOf(old);
  if (options.wanted !== anyVersion && options.wanted !== version) return answer(call, outcome.conflict, version);
  if (options.fillToken !== '' && tenants?.fillAllowed(call, 1, options.fillToken) !== true) return answer(call, outcome.voided, version);
  const expireAtMs = tenants?.expiryFor(call, 1, options.expireAtMs) ?? options.expireAtMs;
  const before = reply.errorCount;
  if (!putString(call, 1, call.bytes, call.start[2], call.length[2], encoding, expireAtMs) || reply.errorCount !== before) return;
  keyChanged(call, 1, '$', 'set');
  if (expireAtMs !== noExpiry) notifyKey(call, 1, 'g', 'expire');
  tenants?.tag(call, 1, options.tags, options.dependsOn);
  const written = findKey(call, 1);
  answer(call, old === 0 ? outcome.created : outcome.replaced, written === 0 ? version : store.sequenceOf(written));
}

function answer({ reply }: Call, first: number, second: number): void {
  reply.array(2);
  reply.integer(first);
  reply.integer(second);
}

/** Undefined after answering an error. */
function parseOptions(call: Call): WriteOptions | undefined {
  const options: WriteOptions = { expireAtMs: noExpiry, wanted: anyVersion, fillToken: '', tags: [], dependsOn: [] };
  const wrong = (line: string): undefined => {
    call.reply.error(line);
    return undefined;
  };
  for (let i = 4; i < call.argc; i += 2) {
    if (i + 1 >= call.argc) return wrong(syntaxErrorLine);
    if (optionIs(call, i, 'fill')) {
      options.fillToken = textAt(call, i + 1);
      continue;
    }
    const number = integerAt(call, i + 1);
    if (Number.isNaN(number)) return wrong(notAnIntegerLine);
    if (optionIs(call, i, 'px') && number > 0) options.expireAtMs = call.nowMs + number;
    else if (optionIs(call, i, 'ifversion') && number >= 0) options.wanted = number;
    else if ((optionIs(call, i, 'tags') || optionIs(call, i, 'depends')) && number > 0 && number <= mostTags && i + 1 + number < call.argc) {
      const words = Array.from({ length: number }, (_, k) => textAt(call, i + 2 + k));
      if (optionIs(call, i, 'tags')) options.tags = words;
      else options.dependsOn = words;
      i += number;
    } else return wrong(syntaxErrorLine);
  }
  return options;
}

const textAt = (call: Call, i: number): string => Buffer.from(call.bytes.buffer, call.bytes.byteOffset + call.start[i], call.length[i]).toString();
