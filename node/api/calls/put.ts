import { MeridianError } from '../../../shared/errors/meridian-error.ts';
import { failure, json, type Answer } from '../answer.ts';
import type { ApiNode, NamespaceFacts } from '../api-node.ts';
import type { KeyCommand } from '../region-commands.ts';
import { encodeCommand, type Reply } from '../resp.ts';
import type { PutBody } from '../schemas.ts';
import { storeKey, type ApiCall } from './call.ts';

/** What is written, as the call came to mean it. */
export interface Written extends Omit<PutBody, 'value'> {
  /** JSON text, or bytes as they are. */
  readonly value: string | Buffer;
}

const secondMs = 1000;
/** First number of the reply to MERIDIAN.WRITE. */
const outcome = { created: 1, conflict: -1, tooLarge: -2, voided: -3 } as const;

export function put(node: ApiNode, call: ApiCall<unknown, Written>): Answer | Promise<Answer> {
  const key = storeKey(node, call, call.target.key);
  const bytes = writeCommand(node, call.namespace, key, call.body);
  if (bytes === undefined) return conflict(node, call.body, 0);
  if (call.body.depends_on !== undefined) return writeDependent(node, call, { key, bytes }).then((late) => answered(node, call, late));
  const reply = node.commands.run(call.user, { key, bytes }, call.log);
  return reply instanceof Promise ? reply.then((late) => answered(node, call, late)) : answered(node, call, reply);
}

const announcingMs = 5;
const mostTries = 600;

/** The first of a namespace waits until the other shards know that they have to tell of keys that go. */
async function writeDependent(node: ApiNode, call: ApiCall<unknown, Written>, command: KeyCommand): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    try {
      return await node.commands.run(call.user, command, call.log);
    } catch (error) {
      if (!(error instanceof MeridianError) || error.code !== 'DEPENDENCIES_PENDING' || tries === mostTries) throw error;
      await new Promise<void>((resolve) => void node.ports.timers.after(announcingMs, resolve));
    }
  }
}

/** Throws VALUE_TOO_LARGE. Undefined: the expected version is of another region, so it cannot be the key's. */
export function writeCommand({ region }: ApiNode, { maxValueBytes }: NamespaceFacts, key: Buffer, written: Written): Buffer | undefined {
  const { value, ttl, expected_version: expected } = written;
  if (value.length > maxValueBytes || (typeof value === 'string' && Buffer.byteLength(value) > maxValueBytes)) throw new MeridianError('VALUE_TOO_LARGE', { limitBytes: maxValueBytes });
  const words: (string | Buffer)[] = ['MERIDIAN.WRITE', key, value, typeof value === 'string' ? 'JSON' : 'BYTES'];
  if (ttl !== undefined) words.push('PX', String(Math.max(1, Math.round(ttl * secondMs))));
  if (expected !== undefined) {
    const regions = Object.keys(expected);
    if (regions.some((name) => name !== region)) return undefined;
    words.push('IFVERSION', String(regions.length === 0 ? 0 : expected[region]));
  }
  if (written.fill_token !== undefined) words.push('FILL', written.fill_token);
  addList(words, 'TAGS', written.tags);
  addList(words, 'DEPENDS', written.depends_on);
  return encodeCommand(words);
}

function addList(words: (string | Buffer)[], name: string, list: readonly string[] | undefined): void {
  if (list !== undefined && list.length > 0) words.push(name, String(list.length), ...list);
}

function answered(node: ApiNode, call: ApiCall<unknown, Written>, reply: Reply): Answer {
  const [first, second] = reply as readonly [number, number];
  if (first === outcome.conflict) return conflict(node, call.body, second);
  const error = refusalOf(first, second);
  if (error !== undefined) throw error;
  const { region } = node;
  const created = first === outcome.created;
  return json(created ? 201 : 200, {
    success: true,
    key: call.target.key.toString(),
    created,
    version: { [region]: second },
    tier_assigned: 'warm',
    replication_status: { [region]: 'confirmed' },
  });
}

/** What MERIDIAN.WRITE refused, apart from a conflict. */
export function refusalOf(first: number, second: number): MeridianError | undefined {
  if (first === outcome.tooLarge) return new MeridianError('VALUE_TOO_LARGE', { limitBytes: second });
  if (first === outcome.voided) return new MeridianError('FILL_VOIDED');
  return first === outcome.conflict ? new MeridianError('VERSION_CONFLICT') : undefined;
}

function conflict({ region }: ApiNode, { expected_version: expected }: Written, version: number): Answer {
  return failure(new MeridianError('VERSION_CONFLICT'), { current_version: version === 0 ? {} : { [region]: version }, your_version: expected ?? {} });
}
