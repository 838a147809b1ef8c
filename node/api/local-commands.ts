import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { InsideClient } from '../server/inside-client.ts';
import { endOfReplies } from './resp.ts';

/** Commands of one request, RESP one behind the other, run as `user`; the raw replies in the same order. */
export interface LocalCommands {
  /** `waitMs`: how long the commands themselves may wait. Throws, or rejects with, TOO_BUSY, NO_ANSWER, OUTCOME_UNKNOWN. Where nothing has to be waited for the answer is there at once. */
  run(user: string, commands: Buffer, count: number, waitMs?: number): Buffer | Promise<Buffer>;
  readonly inFlight: number;
}

export interface LocalLimits {
  /** Requests that wait at one time; one more is refused. */
  readonly mostInFlight: number;
  readonly limitMs: number;
}

const mostIdle = 64;

/**
 * Runs commands on this node. Every request has a client of its own while it runs: replies that wait for copies (P7) hold up nobody else's. Clients are
 * used again.
 */
export function createLocalCommands(ports: Ports, inside: () => InsideClient, { mostInFlight, limitMs }: LocalLimits): LocalCommands {
  const idle: InsideClient[] = [];
  let inFlight = 0;

  function release(client: InsideClient): void {
    client.listener = undefined;
    if (client.open && idle.length < mostIdle) idle.push(client);
  }

  function waitFor(client: InsideClient, first: Buffer | undefined, count: number, dueMs: number): Promise<Buffer> {
    inFlight++;
    return new Promise<Buffer>((resolve, reject) => {
      let held = first;
      const timer = ports.timers.after(
        dueMs,
        () => {
          end();
          reject(new MeridianError('NO_ANSWER', { limitMs: dueMs }));
          client.destroy();
        },
        { keepAlive: false },
      );
      const end = (): void => {
        inFlight--;
        ports.timers.cancel(timer);
        client.listener = undefined;
      };
      client.listener = (bytes, length) => {
        if (bytes === null) {
          end();
          reject(new MeridianError('OUTCOME_UNKNOWN'));
          return;
        }
        held = held === undefined ? Buffer.from(bytes.subarray(0, length)) : Buffer.concat([held, bytes.subarray(0, length)]);
        if (endOfReplies(held, 0, held.length, count) < 0) return;
        end();
        release(client);
        resolve(held);
      };
    });
  }

  return {
    get inFlight() {
      return inFlight;
    },
    run(user, commands, count, waitMs = 0) {
      if (inFlight >= mostInFlight) throw new MeridianError('TOO_BUSY');
      const client = idle.pop() ?? inside();
      let answer: Buffer | undefined;
      let over = false;
      client.listener = (bytes, length) => {
        if (bytes === null) over = true;
        else answer = answer === undefined ? Buffer.from(bytes.subarray(0, length)) : Buffer.concat([answer, bytes.subarray(0, length)]);
      };
      client.send(user, commands);
      if (over) throw new MeridianError('OUTCOME_UNKNOWN');
      if (answer === undefined || endOfReplies(answer, 0, answer.length, count) < 0) return waitFor(client, answer, count, limitMs + waitMs);
      release(client);
      return answer;
    },
  };
}
