import { MeridianError } from '../../shared/errors/meridian-error.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import type { MemberRecord } from '../topology/member.ts';
import type { ClusterView, MemberView } from '../topology/view.ts';
import { errorOfReply } from './answer.ts';
import type { CallLog } from './calls/call.ts';
import { forwardKind, type Forwarder } from './forwarder.ts';
import type { LocalCommands } from './local-commands.ts';
import { firstReply, parseReplies, ReplyError, type Reply } from './resp.ts';

/** A command about one key. */
export interface KeyCommand {
  /** With the namespace's prefix. */
  readonly key: Buffer;
  readonly bytes: Buffer;
  /** How long it may wait by itself. */
  readonly waitMs?: number;
}

export interface RegionCommandsOptions {
  readonly view: () => ClusterView;
  readonly local: LocalCommands;
  readonly forwarder: Pick<Forwarder, 'ask'>;
  readonly recordOf: (pod: string) => MemberRecord | undefined;
}

/** Commands about any key of the region: run where its slot is served. */
export interface RegionCommands {
  /**
   * Throws or rejects with the MeridianError of an error reply, or of why nobody answered. There at once where this node serves the key and waits for nobody: then bytes in it hold until the next command only.
   * `log` is told how many bytes the reply counted as egress.
   */
  run(user: string, command: KeyCommand, log?: CallLog): Reply | Promise<Reply>;
  /** Results in the order of the commands; those of one shard go together. Never rejects. */
  runMany(user: string, commands: readonly KeyCommand[], log?: CallLog): Promise<readonly (Reply | MeridianError)[]>;
}

/** Where a slot is served: here, or at a node of the region. */
type Place = 'here' | MemberView;

export function createRegionCommands({ view, local, forwarder, recordOf }: RegionCommandsOptions): RegionCommands {
  function placeOf(slot: number): Place {
    const cluster = view();
    if (cluster.servedHere[slot] === 1) return 'here';
    const shard = cluster.shardOfSlot[slot];
    const primary = shard < 0 ? undefined : cluster.primaryOf(shard);
    if (primary === undefined || primary.id === cluster.self.id) throw new MeridianError('CLUSTER_DOWN');
    return primary;
  }

  function exchange(place: Place, user: string, bytes: Buffer, count: number, waitMs = 0): Buffer | Promise<Buffer> {
    if (place === 'here') return local.run(user, bytes, count, waitMs);
    const record = recordOf(place.pod);
    if (record === undefined) throw new MeridianError('CLUSTER_DOWN');
    return forwarder.ask(record, { kind: forwardKind.commands, user, count, bytes, waitMs });
  }

  /** The other node may know better where the slot is served: that is followed once. */
  async function follow(error: MovedReply, user: string, command: KeyCommand): Promise<Reply> {
    const cluster = view();
    const target = cluster.members.find((member) => `${member.host}:${member.redisPort}` === error.address) ?? placeOf(slotOfKey(command.key));
    const place = target !== 'here' && target.id === cluster.self.id ? 'here' : target;
    return valueOf(firstReply(await exchange(place, user, command.bytes, 1, command.waitMs)));
  }

  async function later(answer: Promise<Buffer>, user: string, command: KeyCommand, log: CallLog | undefined): Promise<Reply> {
    const bytes = await answer;
    if (log !== undefined) log.sent += bytes.length;
    const reply = firstReply(bytes);
    const moved = movedOf(reply);
    return moved === undefined ? valueOf(reply) : follow(moved, user, command);
  }

  function run(user: string, command: KeyCommand, log?: CallLog): Reply | Promise<Reply> {
    const place = placeOf(slotOfKey(command.key));
    const answer = place === 'here' ? local.runOne(user, command.bytes, command.waitMs) : exchange(place, user, command.bytes, 1, command.waitMs);
    if (answer instanceof Promise) return later(answer, user, command, log);
    if (log !== undefined) log.sent += answer.length;
    const reply = firstReply(answer);
    const moved = movedOf(reply);
    return moved === undefined ? valueOf(reply) : follow(moved, user, command);
  }

  async function runGroup(user: string, place: Place, commands: readonly KeyCommand[], log: CallLog | undefined): Promise<readonly (Reply | MeridianError)[]> {
    try {
      const bytes = await exchange(place, user, Buffer.concat(commands.map((one) => one.bytes)), commands.length);
      if (log !== undefined) log.sent += bytes.length;
      const replies = parseReplies(bytes, commands.length);
      return await Promise.all(replies.map((reply, i) => settled(() => {
        const moved = movedOf(reply);
        return moved === undefined ? valueOf(reply) : follow(moved, user, commands[i]);
      })));
    } catch (error) {
      const shown = error instanceof MeridianError ? error : new MeridianError('INTERNAL', { reference: 'api' });
      return commands.map(() => shown);
    }
  }

  async function runMany(user: string, commands: readonly KeyCommand[], log?: CallLog): Promise<readonly (Reply | MeridianError)[]> {
    const results: (Reply | MeridianError)[] = Array.from({ length: commands.length }, () => null);
    const groups = new Map<string, { readonly place: Place; readonly indices: number[] }>();
    commands.forEach(({ key }, i) => {
      try {
        const place = placeOf(slotOfKey(key));
        const name = place === 'here' ? '' : place.pod;
        const group = groups.get(name);
        if (group === undefined) groups.set(name, { place, indices: [i] });
        else group.indices.push(i);
      } catch (error) {
        results[i] = error as MeridianError;
      }
    });
    await Promise.all(Array.from(groups.values(), async ({ place, indices }) => {
      for (let at = 0; at < indices.length; at += mostInGroup) {
        const part = indices.slice(at, at + mostInGroup);
        const answers = await runGroup(user, place, part.map((i) => commands[i]), log);
        part.forEach((i, k) => (results[i] = answers[k]));
      }
    }));
    return results;
  }

  return { run, runMany };
}

/** The count of a forwarded request has 16 bits; so many commands also keep a turn short. */
const mostInGroup = 1_000;

interface MovedReply {
  readonly address: string;
}

function movedOf(reply: Reply): MovedReply | undefined {
  if (!(reply instanceof ReplyError) || !reply.line.startsWith('MOVED ')) return undefined;
  return { address: reply.line.split(' ')[2] ?? '' };
}

function valueOf(reply: Reply): Reply {
  if (reply instanceof ReplyError) throw errorOfReply(reply);
  return reply;
}

async function settled(ask: () => Reply | Promise<Reply>): Promise<Reply | MeridianError> {
  try {
    return await ask();
  } catch (error) {
    return error instanceof MeridianError ? error : new MeridianError('INTERNAL', { reference: 'api' });
  }
}
