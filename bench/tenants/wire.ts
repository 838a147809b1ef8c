import { connect, type Socket } from 'node:net';

/** A command as RESP. */
function encode(parts: readonly (string | number)[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(String(part))}\r\n${part}\r\n`).join('')}`;
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

/** Sends `count` commands in pipelines of a thousand. */
export async function fill(port: number, count: number, commandOf: (i: number) => readonly (string | number)[], linesPerReply: number): Promise<void> {
  const socket = await open(port);
  const batch = 1_000;
  for (let from = 0; from < count; from += batch) {
    const size = Math.min(batch, count - from);
    let text = '';
    for (let i = from; i < from + size; i++) text += encode(commandOf(i));
    await new Promise<void>((resolve) => {
      let lines = 0;
      const onData = (data: Buffer): void => {
        for (const byte of data) if (byte === 10) lines++;
        if (lines < size * linesPerReply) return;
        socket.off('data', onData);
        resolve();
      };
      socket.on('data', onData);
      socket.write(text);
    });
  }
  socket.destroy();
}

/** Round-trip times of one GET after the other, in milliseconds, sorted, while `until` is not settled. */
export async function roundTrips(port: number, keyOf: (i: number) => string, until: Promise<unknown>): Promise<readonly number[]> {
  const socket = await open(port);
  const times: number[] = [];
  let running = true;
  const end = (): boolean => (running = false);
  until.then(end, end);
  for (let i = 0; running; i++) {
    const begin = performance.now();
    await new Promise<void>((resolve) => {
      socket.once('data', () => resolve());
      socket.write(encode(['GET', keyOf(i)]));
    });
    times.push(performance.now() - begin);
  }
  socket.destroy();
  return times.toSorted((a, b) => a - b);
}

export const percentile = (sorted: readonly number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

const lineFeed = 10;
const errorMark = 0x2d;
const bulkMark = 0x24;

/** GETs of the first `keys` keys at a steady rate over one connection for `seconds`; how many were let in and refused. The commands are made before, and replies told apart by the first byte of a line: the load shares a core with who measures. */
export async function load(port: number, keyOf: (i: number) => string, keys: number, perSecond: number, seconds: number): Promise<{ readonly admitted: number; readonly refused: number }> {
  const commands = Array.from({ length: keys }, (_, i) => Buffer.from(encode(['GET', keyOf(i)])));
  const all = Buffer.concat([...commands, ...commands]);
  const starts = [0];
  for (const { length } of commands) starts.push(starts[starts.length - 1] + length);
  const socket = await open(port);
  const counts = { admitted: 0, refused: 0 };
  let lineBegins = true;
  socket.on('data', (data: Buffer) => {
    for (let at = 0; at < data.length;) {
      if (lineBegins && data[at] === errorMark) counts.refused++;
      else if (lineBegins && data[at] === bulkMark) counts.admitted++;
      const end = data.indexOf(lineFeed, at);
      lineBegins = end >= 0;
      at = end < 0 ? data.length : end + 1;
    }
  });
  const begin = performance.now();
  let sent = 0;
  while (performance.now() - begin < seconds * 1000) {
    const due = Math.min(sent + keys, Math.floor(((performance.now() - begin) * perSecond) / 1000));
    const from = sent % keys;
    if (due > sent) socket.write(all.subarray(starts[from], from + due - sent < keys ? starts[from + due - sent] : starts[keys] + starts[from + due - sent - keys]));
    sent = due;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const result = { ...counts };
  socket.destroy();
  return result;
}
