import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { Ports } from '../../shared/ports/ports.ts';
import type { InsideClient } from '../server/inside-client.ts';
import { endOfReplies } from './resp.ts';

/** Commands of one request, RESP one behind the other, run as `user`; the raw replies in the same order. */
export interface LocalCommands {
  /** `waitMs`: how long the commands themselves may wait. Throws, or rejects with, TOO_BUSY, NO_ANSWER, OUTCOME_UNKNOWN. Where nothing has to be waited for the answer is there at once. */
  run(user: string, commands: Buffer, count: number, waitMs?: number): Buffer | Promise<Buffer>;
  /** One command; an answer that is there at once is a view that holds until the next command. */
  runOne(user: string, command: Buffer, waitMs?: number): Buffer | Promise<Buffer>;
  readonly inFlight: number;
}

export interface LocalLimits {
  /** Requests that wait at one time; one more is refused. */
  readonly mostInFlight: number;
  readonly limitMs: number;
}

const mostIdle = 64;

/** A client that collects the replies of one exchange. */
class Collector {
  readonly client: InsideClient;
  /** What comes first is kept as a view, which is good until the next command. */
  mayView = false;
  view: Buffer | undefined;
  /** Own bytes, where more than one piece came. */
  held: Buffer | undefined;
  over = false;
  /** Called with each piece that comes after `send` has returned. */
  later: (() => void) | undefined;

  constructor(client: InsideClient) {
    this.client = client;
    client.listener = (bytes, length) => this.#take(bytes, length);
  }

  #take(bytes: Buffer | null, length: number): void {
    if (bytes === null) this.over = true;
    else if (this.mayView && this.view === undefined && this.held === undefined) this.view = bytes.subarray(0, length);
    else this.#append(bytes.subarray(0, length));
    this.later?.();
  }

  #append(more: Buffer): void {
    const before = this.own();
    this.held = before === undefined ? Buffer.from(more) : Buffer.concat([before, more]);
  }

  /** All that has come, to be kept. */
  own(): Buffer | undefined {
    if (this.view !== undefined) this.held = Buffer.from(this.view);
    this.view = undefined;
    this.mayView = false;
    return this.held;
  }

  forget(): void {
    this.view = undefined;
    this.held = undefined;
    this.later = undefined;
  }
}

/**
 * Runs commands on this node. Every request has a client of its own while it runs: replies that wait for copies (P7) hold up nobody else's. Clients are
 * used again.
 */
export function createLocalCommands(ports: Ports, inside: () => InsideClient, { mostInFlight, limitMs }: LocalLimits): LocalCommands {
  const idle: Collector[] = [];
  let inFlight = 0;

  function release(collector: Collector): void {
    collector.forget();
    if (collector.client.open && idle.length < mostIdle) idle.push(collector);
  }

  function waitFor(collector: Collector, count: number, dueMs: number): Promise<Buffer> {
    inFlight++;
    collector.own();
    return new Promise<Buffer>((resolve, reject) => {
      const timer = ports.timers.after(
        dueMs,
        () => {
          end();
          reject(new MeridianError('NO_ANSWER', { limitMs: dueMs }));
          collector.client.destroy();
        },
        { keepAlive: false },
      );
      const end = (): void => {
        inFlight--;
        ports.timers.cancel(timer);
        collector.later = undefined;
      };
      collector.later = () => {
        const { held, over } = collector;
        if (over) {
          end();
          reject(new MeridianError('OUTCOME_UNKNOWN'));
        } else if (held !== undefined && endOfReplies(held, 0, held.length, count) >= 0) {
          end();
          release(collector);
          resolve(held);
        }
      };
    });
  }

  function start(user: string, commands: Buffer, mayView: boolean): Collector {
    if (inFlight >= mostInFlight) throw new MeridianError('TOO_BUSY');
    const collector = idle.pop() ?? new Collector(inside());
    collector.mayView = mayView;
    collector.client.send(user, commands);
    if (collector.over) throw new MeridianError('OUTCOME_UNKNOWN');
    return collector;
  }

  return {
    get inFlight() {
      return inFlight;
    },
    runOne(user, command, waitMs = 0) {
      const collector = start(user, command, true);
      const { view } = collector;
      if (view === undefined || endOfReplies(view, 0, view.length, 1) < 0) return waitFor(collector, 1, limitMs + waitMs);
      release(collector);
      return view;
    },
    run(user, commands, count, waitMs = 0) {
      const collector = start(user, commands, false);
      const answer = collector.own();
      if (answer === undefined || endOfReplies(answer, 0, answer.length, count) < 0) return waitFor(collector, count, limitMs + waitMs);
      release(collector);
      return answer;
    },
  };
}
