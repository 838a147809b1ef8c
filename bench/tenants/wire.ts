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

/** GETs at a steady rate over one connection for `seconds`; how many were let in and refused. */
export async function load(port: number, keyOf: (i: number) => string, perSecond: number, seconds: number): Promise<{ readonly admitted: number; readonly refused: number }> {
  const socket = await open(port);
  const counts = { admitted: 0, refused: 0 };
  let rest = '';
  socket.on('data', (data) => {
    const lines = (rest + data.toString('latin1')).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('-LIMIT')) counts.refused++;
      else if (line.startsWith('$')) counts.admitted++;
    }
  });
  const begin = performance.now();
  let sent = 0;
  while (performance.now() - begin < seconds * 1000) {
    const due = Math.floor(((performance.now() - begin) * perSecond) / 1000);
    let text = '';
    for (; sent < due; sent++) text += encode(['GET', keyOf(sent)]);
    if (text !== '') socket.write(text);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const result = { ...counts };
  socket.destroy();
  return result;
}
