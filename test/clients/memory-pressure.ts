import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Clients that together ask for far more memory than a node has: values of all sizes and types past the data limit, connections by the hundred, readers that take
 * nothing of long replies (some of them with CLIENT NO-EVICT), subscribers that do not listen, arguments and transactions that are never completed, commands that work on
 * collections of many elements.
 */
export interface MemoryPressure {
  /** Ends everything. */
  stop(): Promise<PressureFigures>;
}

export interface PressureFigures {
  readonly writes: number;
  readonly written: number;
  /** Error replies to writes, by their first word. */
  readonly errors: Readonly<Record<string, number>>;
  /** Connections that the node closed or refused. */
  readonly closed: number;
}

export interface PressureOptions {
  readonly host: string;
  readonly port: number;
  readonly password?: string;
  /** Keys are drawn from so many that all of them would take several times this. */
  readonly dataBytes: number;
}

const idleConnections = 400;
const writers = 24;
const pipeline = 16;
const slowReaders = 40;
const slowSubscribers = 20;
const halfArguments = 20;
const openTransactions = 20;
const protectedReaders = 6;
const sorters = 3;
/** Elements that a sorter adds at a time. */
const addedElements = 5_000;
const patienceMs = 5_000;
const [leastBytes, mostBytes] = [16, 65_536];
/** Of sizes drawn evenly on a logarithmic scale. */
const meanBytes = (mostBytes - leastBytes) / Math.log(mostBytes / leastBytes);
const overfill = 4;
const bigKeys = 16;
const bigBytes = 1 << 20;
const noise = Buffer.from(Array.from({ length: 8 << 20 }, (_, i) => 33 + ((i * 2_654_435_761) >>> 13) % 90));

function command(...args: readonly (string | Buffer)[]): Buffer {
  return Buffer.concat([Buffer.from(`*${args.length}\r\n`), ...args.flatMap((arg) => [Buffer.from(`$${Buffer.byteLength(arg)}\r\n`), Buffer.from(arg), Buffer.from('\r\n')])]);
}

export function startMemoryPressure(options: PressureOptions): MemoryPressure {
  const keyCount = Math.ceil((options.dataBytes * overfill) / meanBytes);
  const errors: Record<string, number> = {};
  const sockets = new Set<Socket>();
  let running = true;
  let [writes, written, closed] = [0, 0, 0];

  /** Undefined when the node does not let it in. */
  function open(): Promise<Socket | undefined> {
    return new Promise((resolve) => {
      const socket = connect(options.port, options.host);
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        if (running) closed += 1;
        resolve(undefined);
      });
      socket.once('connect', () => {
        if (options.password) socket.write(command('AUTH', options.password));
        resolve(socket);
      });
    });
  }

  const part = (bytes: number): Buffer => {
    const from = Math.floor(Math.random() * (noise.length - bytes));
    return noise.subarray(from, from + bytes);
  };
  const size = (): number => Math.floor(leastBytes * (mostBytes / leastBytes) ** Math.random());

  function oneWrite(): Buffer {
    const key = `p:${Math.floor(Math.random() * keyCount)}`;
    const value = part(size());
    written += value.length;
    const kind = Math.random();
    if (kind < 0.8) return command('SET', key, value);
    if (kind < 0.86) return command('HSET', `h:${key}`, `f${Math.floor(Math.random() * 32)}`, value);
    if (kind < 0.92) return command('RPUSH', `l:${key}`, value);
    if (kind < 0.98) return command('SADD', `s:${key}`, value.subarray(0, 512));
    if (kind < 0.999) return command('DEL', key);
    written += bigBytes;
    return command('SET', `big:${Math.floor(Math.random() * bigKeys)}`, part(bigBytes));
  }

  /** Writes a pipeline, waits for as many replies, and so on. */
  async function write(): Promise<void> {
    while (running) {
      const socket = await open();
      if (socket === undefined) {
        await sleep(100);
        continue;
      }
      let [pending, rest, wake] = [options.password ? 1 : 0, '', (): void => {}];
      socket.on('data', (chunk) => {
        // Replies to these are one line each.
        const lines = (rest + chunk.toString('latin1')).split('\r\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('-')) errors[line.slice(1).split(' ')[0]] = (errors[line.slice(1).split(' ')[0]] ?? 0) + 1;
        pending -= lines.length;
        if (pending <= 0) wake();
      });
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      while (running && !socket.destroyed) {
        const answered = new Promise<void>((resolve) => void (wake = resolve));
        pending += pipeline;
        socket.write(Buffer.concat(Array.from({ length: pipeline }, oneWrite)));
        writes += pipeline;
        await Promise.race([answered, ended]);
      }
    }
  }

  /** Opens a connection, sends `request` and takes nothing of what comes, for a while; again and again. */
  async function hold(request: () => readonly Buffer[]): Promise<void> {
    while (running) {
      const socket = await open();
      if (socket !== undefined) {
        socket.pause();
        for (const bytes of request()) if (!socket.destroyed) socket.write(bytes);
        for (let waited = 0; running && !socket.destroyed && waited < patienceMs; waited += 100) await sleep(100);
        socket.destroy();
      }
      await sleep(50 + Math.random() * 200);
    }
  }

  /** Adds to a list and a set, and has the node sort, unite and dump them. */
  async function work(name: string): Promise<void> {
    const [list, set, target] = ['l', 's', 't'].map((kind) => `{work:${name}}${kind}`);
    const heavy = [
      command('SORT', list), command('SORT', list, 'ALPHA', 'STORE', target), command('SUNION', set), command('SUNIONSTORE', target, set), command('ZUNION', '1', set, 'WITHSCORES'), command('ZUNIONSTORE', target, '1', set),
      command('DUMP', list), command('COPY', list, target, 'REPLACE'), command('SRANDMEMBER', set, '-1000000'), command('SPOP', set, '100000'), command('LRANGE', list, '0', '-1'), command('DEL', target),
    ];
    while (running) {
      const socket = await open();
      if (socket === undefined) {
        await sleep(100);
        continue;
      }
      let [tail, wake] = ['', (): void => {}];
      socket.on('data', (chunk) => {
        tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 16))).slice(-16);
        if (tail.endsWith('all-of-it\r\n')) wake();
      });
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      while (running && !socket.destroyed) {
        const answered = new Promise<void>((resolve) => void (wake = resolve));
        const numbers = times(addedElements, () => String(Math.floor(Math.random() * 1e9)));
        socket.write(Buffer.concat([command('RPUSH', list, ...numbers), command('SADD', set, ...numbers), heavy[Math.floor(Math.random() * heavy.length)], command('ECHO', 'all-of-it')]));
        await Promise.race([answered, ended]);
      }
    }
  }

  async function publish(): Promise<void> {
    const socket = await open();
    socket?.resume();
    while (running && socket && !socket.destroyed) {
      socket.write(command('PUBLISH', 'pressure', part(mostBytes)));
      await sleep(5);
    }
  }

  const big = (): string => `big:${Math.floor(Math.random() * bigKeys)}`;
  const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  const all = [
    ...times(idleConnections, () => hold(() => [command('GET', big())])),
    ...times(writers, write),
    ...times(slowReaders, () => hold(() => times(200, () => command('GET', big())))),
    ...times(slowSubscribers, () => hold(() => [command('SUBSCRIBE', 'pressure')])),
    ...times(halfArguments, () => hold(() => [Buffer.from(`*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$${64 << 20}\r\n`), part(4 << 20)])),
    ...times(openTransactions, () => hold(() => [command('MULTI'), ...times(20, () => command('SET', 'queued', part(256 << 10)))])),
    ...times(protectedReaders, () => hold(() => [command('CLIENT', 'NO-EVICT', 'ON'), ...times(200, () => command('GET', big()))])),
    ...Array.from({ length: sorters }, (_, i) => work(String(i))),
    publish(),
  ];
  return {
    async stop() {
      running = false;
      const everything = Promise.all(all);
      for (const socket of sockets) socket.destroy();
      await everything;
      return { writes, written, errors, closed };
    },
  };
}
