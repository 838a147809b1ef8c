import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const everyMs = 5;
const longestReplyBytes = 64;

/** One command at a time over one connection; replies are short. */
interface Line {
  ask(command: string): Promise<string>;
  close(): void;
}

async function openLine(port: number): Promise<Line> {
  const socket: Socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return {
    ask: (command) =>
      new Promise((resolve, reject) => {
        let got = '';
        const take = (part: Buffer): void => {
          got += part.toString('latin1');
          const whole = got[0] === '$' && !got.startsWith('$-1') ? got.split('\r\n').length > 2 : got.endsWith('\r\n');
          if (!whole && got.length < longestReplyBytes) return;
          socket.off('data', take);
          if (got[0] === '-') reject(new Error(`${command}: ${got.trim()}`));
          else resolve(got);
        };
        socket.on('data', take);
        socket.write(`${command}\r\n`);
      }),
    close: () => void socket.destroy(),
  };
}

/** From a write's reply until a reader of the copy finds it there, milliseconds, one sample after the other for so long. */
export async function sampleLag(primary: number, copy: number, redis: boolean, seconds: number): Promise<readonly number[]> {
  const [writer, reader] = await Promise.all([openLine(primary), openLine(copy)]);
  // A copy of redis-server outside of a cluster answers without being asked to.
  if (!redis) await reader.ask('READONLY');
  const samples: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  for (let n = 1; performance.now() < endMs; n++) {
    await writer.ask(`SET lag ${n}`);
    const writtenMs = performance.now();
    while (!(await reader.ask('GET lag')).includes(`\r\n${n}\r\n`));
    samples.push(performance.now() - writtenMs);
    await sleep(everyMs);
  }
  writer.close();
  reader.close();
  return samples;
}
