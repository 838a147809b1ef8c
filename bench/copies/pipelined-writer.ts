import { connect, type Socket } from 'node:net';

/** What one round of writes gave. */
export interface Written {
  readonly writes: number;
  readonly seconds: number;
  /** Time from a pipeline's first byte to its last reply, milliseconds. */
  readonly latenciesMs: readonly number[];
}

export interface WriterOptions {
  readonly ports: readonly number[];
  readonly connections: number;
  readonly pipeline: number;
  readonly seconds: number;
  readonly keys: number;
  readonly valueBytes: number;
  /** After each pipeline, as Redis needs it for what Meridian does by itself. */
  readonly wait: boolean;
  /** Of all connections together; absent: as fast as it goes. */
  readonly writesPerSecond?: number;
  /** Asked before each pipeline: false ends it before its time. */
  readonly goOn?: () => boolean;
  /** Absent: uniformly from `keys`. */
  readonly keyOf?: (n: number) => string;
}

const okBytes = 5;
const waitReplyBytes = 4;
const variants = 64;

const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;

/** SETs over raw connections in pipelines, the next when the last is answered; the requests are made before, so that the writer takes little of the machine. */
export async function writePipelines(options: WriterOptions): Promise<Written> {
  const value = 'v'.repeat(options.valueBytes);
  let n = 0;
  const keyOf = options.keyOf ?? ((): string => `key:${Math.floor(Math.random() * options.keys).toString().padStart(12, '0')}`);
  const chunks = Array.from({ length: variants }, () => Buffer.from(Array.from({ length: options.pipeline }, () => `*3\r\n$3\r\nSET\r\n${bulk(keyOf(n++))}${bulk(value)}`).join('') + (options.wait ? '*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$1\r\n0\r\n' : '')));
  const replyBytes = options.pipeline * okBytes + (options.wait ? waitReplyBytes : 0);
  const latenciesMs: number[] = [];
  let pipelines = 0;
  const beganMs = performance.now();
  const endMs = beganMs + options.seconds * 1000;
  const gapMs = options.writesPerSecond === undefined ? 0 : (options.connections * options.pipeline * 1000) / options.writesPerSecond;

  async function one(place: number): Promise<void> {
    const socket: Socket = connect({ host: '127.0.0.1', port: options.ports[place % options.ports.length], noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    let next = place % variants;
    let dueMs = performance.now() + (gapMs * place) / options.connections;
    while (performance.now() < endMs && options.goOn?.() !== false) {
      if (gapMs > 0) {
        const ahead = dueMs - performance.now();
        if (ahead > 1) await new Promise((resolve) => setTimeout(resolve, ahead));
        dueMs += gapMs;
      }
      const sentMs = performance.now();
      await answered(socket, chunks[next], replyBytes);
      latenciesMs.push(performance.now() - sentMs);
      next = (next + 1) % variants;
      pipelines++;
    }
    socket.destroy();
  }
  await Promise.all(Array.from({ length: options.connections }, (_, place) => one(place)));
  return { writes: pipelines * options.pipeline, seconds: (performance.now() - beganMs) / 1000, latenciesMs };
}

function answered(socket: Socket, chunk: Buffer, replyBytes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = replyBytes;
    const done = (error?: Error): void => {
      socket.off('data', take).off('close', closed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const take = (data: Buffer): void => {
      if (data[0] === 0x2d) return done(new Error(data.toString('latin1', 0, 200)));
      left -= data.length;
      if (left <= 0) done();
    };
    const closed = (): void => done(new Error('the connection was closed'));
    socket.on('data', take).on('close', closed);
    socket.write(chunk);
  });
}
