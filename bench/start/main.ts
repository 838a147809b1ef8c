import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, totalmem } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePortRange } from '../../test/local/free-ports.ts';
import { root } from '../../test/local/local-mode.ts';
import { median } from '../statistics.ts';

export const title = 'npm start to the first SET on all 9 nodes, and the memory of a node at rest';
export const usage = '--runs 5  --rest-ms 5000';

/** One command as RESP over a connection of its own; undefined while nobody listens. */
function ask(port: number, ...words: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('error', () => resolve(undefined));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
      if (!answer.startsWith('$') || answer.length > Number(answer.slice(1, answer.indexOf('\r\n')))) socket.end();
    });
    socket.on('close', () => resolve(answer === '' ? undefined : answer));
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
  });
}

/** Sets a key that the node owns: tries keys until one is not redirected. */
async function firstSet(port: number): Promise<number> {
  for (let i = 0; ; i++) {
    const answer = await ask(port, 'SET', `bench:${i % 64}`, 'x');
    if (answer === '+OK\r\n') return performance.now();
    if (answer === undefined || !answer.startsWith('-MOVED')) await wait(5);
  }
}

const rssMb = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

async function once9(restMs: number): Promise<{ readonly seconds: number; readonly rss: readonly number[] }> {
  const port = await freePortRange(19);
  const startMs = performance.now();
  const child = spawn('npm', ['start', '--silent', '--', '--json', '--port', `${port}`, '--http-port', `${port + 9}`, '--status-port', `${port + 18}`], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  try {
    const ends = await Promise.all(Array.from({ length: 9 }, (_, i) => firstSet(port + i)));
    await wait(restMs);
    const pids = await Promise.all(Array.from({ length: 9 }, async (_, i) => Number(/process_id:(\d+)/.exec((await ask(port + i, 'INFO', 'server')) ?? '')?.[1])));
    return { seconds: (Math.max(...ends) - startMs) / 1000, rss: pids.map(rssMb) };
  } finally {
    process.kill(-(child.pid as number), 'SIGTERM');
    await once(child, 'exit');
  }
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { runs: { type: 'string', default: '5' }, 'rest-ms': { type: 'string', default: '5000' } } });
  const seconds: number[] = [];
  const rss: number[] = [];
  for (let i = 0; i < Number(values.runs); i++) {
    const result = await once9(Number(values['rest-ms']));
    seconds.push(result.seconds);
    rss.push(...result.rss);
    console.log(`run ${i + 1}: first SET on all 9 nodes after ${result.seconds.toFixed(2)} s; RSS ${Math.min(...result.rss).toFixed(0)}–${Math.max(...result.rss).toFixed(0)} MB`);
  }
  console.log(`\nmedian ${median(seconds).toFixed(2)} s (goal ≤ 3 s); RSS of a node at rest: median ${median(rss).toFixed(0)} MB, most ${Math.max(...rss).toFixed(0)} MB (goal ≤ 60 MB)`);
  console.log(`${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`);
}
