import type { Ports, TimerHandle } from '../../shared/ports/ports.ts';
import { redisErrorLine } from '../../shared/errors/meridian-error.ts';
import { slotOfKey } from '../../shared/slots/crc16.ts';
import type { NodeContext } from '../commands/node-context.ts';
import type { Blocking } from '../commands/services.ts';
import type { Call } from '../commands/spec.ts';
import type { ClientSession, QueuedCommand } from './client-session.ts';
import { createCall, ownCopy, runQueued } from './executor.ts';
import { ReplyWriter } from './reply-writer.ts';
import { redirection } from './routing.ts';

interface Waiting {
  readonly client: ClientSession;
  readonly command: QueuedCommand;
  /** Latin1. */
  readonly keys: readonly string[];
  readonly onTimeout: 'nil' | 'nullArray';
  timer: TimerHandle | undefined;
}

export interface BlockingListener {
  /** Whether anybody waits. */
  waiting(any: boolean): void;
  /** The command of a client that waited runs again, on behalf of that client. */
  runs(client: ClientSession): void;
  /** It came to its end, and its reply is on its way. */
  served(call: Call, microseconds: number): void;
}

/**
 * Clients that wait for keys. A command that finds nothing keeps its arguments here and runs again from its beginning when a key of its gets something: so
 * it is served by the very code that serves it at once. Who waited longest is served first.
 */
export class BlockedClients implements Blocking {
  readonly #byKey = new Map<string, Set<Waiting>>();
  readonly #byClient = new Map<number, Waiting>();
  readonly #ready = new Set<string>();
  readonly #ports: Ports;
  readonly #listener: BlockingListener;
  /** The one whose command is being run again. */
  #retrying: Waiting | undefined;
  #stillWaiting = false;
  readonly #reply = new ReplyWriter(1024);

  constructor(ports: Ports, listener: BlockingListener) {
    this.#ports = ports;
    this.#listener = listener;
  }

  get count(): number {
    return this.#byClient.size;
  }

  wait(call: Call, keys: readonly number[], timeoutMs: number, onTimeout: 'nil' | 'nullArray'): void {
    const { client } = call;
    if (this.#retrying?.client === client) {
      this.#stillWaiting = true;
      return;
    }
    const names = keys.map((index) => Buffer.from(call.bytes.subarray(call.start[index], call.start[index] + call.length[index])).toString('latin1'));
    const waiting: Waiting = { client, command: ownCopy(call, client.lastCommand), keys: [...new Set(names)], onTimeout, timer: undefined };
    if (timeoutMs > 0) waiting.timer = this.#ports.timers.after(timeoutMs, () => this.unblock(client.id, 'timeout'), { keepAlive: false });
    this.#byClient.set(client.id, waiting);
    for (const key of waiting.keys) {
      const others = this.#byKey.get(key);
      if (others === undefined) this.#byKey.set(key, new Set([waiting]));
      else others.add(waiting);
    }
    client.blocked = true;
    client.output.hold();
    this.#listener.waiting(true);
  }

  /** A key holds something now (latin1). */
  ready(key: string): void {
    if (this.#byKey.has(key)) this.#ready.add(key);
  }

  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  /** Serves whoever can be served, after the command that made keys ready. What they do may make others ready. */
  serve(node: NodeContext, nowMs: number): void {
    for (const key of this.#ready) {
      this.#ready.delete(key);
      for (const waiting of this.#byKey.get(key) ?? []) this.#retry(waiting, node, nowMs);
    }
  }

  #retry(waiting: Waiting, node: NodeContext, nowMs: number): void {
    const { client, command } = waiting;
    const reply = this.#reply;
    reply.reset();
    reply.resp = client.resp;
    const call = createCall(node, reply, client);
    call.nowMs = nowMs;
    this.#retrying = waiting;
    this.#stillWaiting = false;
    this.#listener.runs(client);
    const { clock } = this.#ports;
    const beganMs = clock.monotonicMs();
    try {
      runQueued(call, command);
    } catch (error) {
      reply.reset();
      reply.error(redisErrorLine('INTERNAL', { reference: node.server.failed(error, command.name) }));
    } finally {
      this.#retrying = undefined;
    }
    if (this.#stillWaiting) return;
    this.#finish(waiting, Buffer.from(reply.buffer.subarray(0, reply.position)));
    this.#listener.served(Object.assign(call, command), (clock.monotonicMs() - beganMs) * 1000);
  }

  unblock(id: number, how: 'timeout' | 'error'): boolean {
    const waiting = this.#byClient.get(id);
    if (waiting === undefined) return false;
    this.#finish(waiting, this.#encode(waiting, (reply) => {
      if (how === 'error') reply.error('UNBLOCKED client unblocked via CLIENT UNBLOCK');
      else if (waiting.onTimeout === 'nil') reply.nil();
      else reply.nullArray();
    }));
    return true;
  }

  /** Slots have moved: who waits for a key that is not served here any more is sent away. */
  ownershipChanged(node: NodeContext): void {
    for (const waiting of [...this.#byClient.values()]) {
      const slot = slotOfKey(Buffer.from(waiting.keys[0], 'latin1'));
      const command = node.server.table.named(waiting.command.name);
      if (node.cluster.servedHere[slot] === 1 || command === undefined) continue;
      const line = redirection(node.cluster, slot, command, waiting.client) ?? 'UNBLOCKED force unblock from blocking operation, instance state changed';
      this.#finish(waiting, this.#encode(waiting, (reply) => reply.error(line)));
    }
  }

  forget(client: ClientSession): void {
    const waiting = this.#byClient.get(client.id);
    if (waiting !== undefined) this.#remove(waiting);
  }

  #encode({ client }: Waiting, write: (reply: ReplyWriter) => void): Buffer {
    const reply = new ReplyWriter(128);
    reply.resp = client.resp;
    write(reply);
    return Buffer.from(reply.buffer.subarray(0, reply.position));
  }

  #finish(waiting: Waiting, bytes: Buffer): void {
    this.#remove(waiting);
    const { client } = waiting;
    client.blocked = false;
    if (bytes.length > 0) client.output.send(bytes);
    client.output.release();
  }

  #remove(waiting: Waiting): void {
    this.#ports.timers.cancel(waiting.timer);
    this.#byClient.delete(waiting.client.id);
    for (const key of waiting.keys) {
      const others = this.#byKey.get(key);
      others?.delete(waiting);
      if (others?.size === 0) this.#byKey.delete(key);
    }
    if (this.#byClient.size === 0) this.#listener.waiting(false);
  }
}
