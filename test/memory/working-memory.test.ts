import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { containerMemoryBytes } from '../../operator/resources/memory-limit.ts';
import { eventually, startRegion, type NodeProcess, type ProcessRegion } from '../node/region-of-processes.ts';

const mib = 1024 * 1024;
const dataBytes = 64 * mib;
const elements = 400_000;
/** What a command may take for each element that it works on, its answer and what it stores included, and beside that. */
const bytesPerElement = 100;
const spareBytes = 24 * mib;
const perCommand = 20_000;

/** Bytes of one command. */
const command = (...words: readonly string[]): string => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

/** One reply, of which only the first line is kept however long it is; replies of commands that answer one line or one array of bulk strings. */
function asker(port: number): { ask(...words: readonly string[]): Promise<string>; close(): void } {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const incoming = socket[Symbol.asyncIterator]();
  return {
    close: () => socket.destroy(),
    async ask(...words) {
      socket.write(command(...words) + command('ECHO', 'the-end-of-it'));
      let first = '';
      let tail = '';
      for (;;) {
        const { value: chunk, done } = (await incoming.next()) as IteratorResult<Buffer, undefined>;
        if (done === true) return 'closed';
        if (first.length < 200) first += chunk.toString('latin1', 0, 200);
        tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 40))).slice(-40);
        if (tail.endsWith('the-end-of-it\r\n')) return first.slice(0, first.indexOf('\r\n'));
      }
    },
  };
}

const statusKilobytes = (pid: number, field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

describe('a command that works on millions of elements', () => {
  let region: ProcessRegion;
  let node: NodeProcess;
  let client: ReturnType<typeof asker>;

  beforeAll(async () => {
    region = await startRegion({ shards: 1, memoryBytes: dataBytes });
    region.writeConfig({ fastFailover: false });
    node = await region.start(0);
    await eventually(() => node.admin.status(), ({ role }) => role === 'primary');
    client = asker(node.ports.redis);
    for (let from = 0; from < elements; from += perCommand) {
      const numbers = Array.from({ length: perCommand }, (_, i) => String(((from + i) * 2_654_435_761) % 4_294_967_296));
      expect(await client.ask('RPUSH', '{k}list', ...numbers)).toMatch(/^:/);
      if (from < elements / 2) expect(await client.ask('SADD', '{k}set', ...numbers)).toMatch(/^:/);
    }
  });
  afterAll(async () => {
    client.close();
    await region.close();
  });

  /** Its answer's first line; the process took no more than it may at any time. */
  async function bounded(...words: readonly string[]): Promise<string> {
    const pid = node.child.pid as number;
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    const beforeBytes = statusKilobytes(pid, 'VmRSS') * 1024;
    const answer = await client.ask(...words);
    const peakBytes = statusKilobytes(pid, 'VmHWM') * 1024;
    expect(peakBytes).toBeLessThan(containerMemoryBytes(dataBytes));
    expect(peakBytes - beforeBytes).toBeLessThan(elements * bytesPerElement + spareBytes);
    return answer;
  }

  it.each([
    { words: ['SORT', '{k}list', 'LIMIT', '0', '10'], answer: '*10' },
    { words: ['SORT', '{k}list', 'DESC', 'LIMIT', '399990', '100'], answer: '*10' },
    { words: ['SORT', '{k}list'], answer: '*400000' },
    { words: ['SORT', '{k}list', 'ALPHA'], answer: '*400000' },
    { words: ['SORT', '{k}list', 'ALPHA', 'DESC', 'LIMIT', '0', '100000', 'STORE', '{k}sorted'], answer: ':100000' },
    { words: ['SUNION', '{k}set', '{k}none'], answer: '*200000' },
    { words: ['SDIFF', '{k}set', '{k}none'], answer: '*200000' },
    { words: ['ZUNION', '2', '{k}set', '{k}none', 'WITHSCORES'], answer: '*400000' },
    { words: ['DUMP', '{k}list'], answer: expect.stringMatching(/^\$\d+$/) as unknown as string },
    { words: ['LRANGE', '{k}list', '0', '-1'], answer: '*400000' },
    { words: ['SRANDMEMBER', '{k}set', '150000'], answer: '*150000' },
    { words: ['SPOP', '{k}set', '50000'], answer: '*50000' },
  ])('$words.0 of $words.1 stays within the container', async ({ words, answer }) => {
    expect(await bounded(...words)).toEqual(answer);
  });

  it('what does not fit is refused, and nothing has changed', async () => {
    // Sets of the same members, until there is no room for one more.
    let copies = 0;
    let refusal = '';
    while (refusal === '' && copies < 50) {
      const answer = await bounded('SUNIONSTORE', `{k}copy${copies}`, '{k}set');
      if (answer === ':150000') copies += 1;
      else refusal = answer;
    }
    expect(refusal).toMatch(/^-OOM /);
    expect(await client.ask('EXISTS', `{k}copy${copies}`)).toBe(':0');
    for (const words of [['COPY', '{k}list', '{k}list2'], ['SORT', '{k}list', 'STORE', '{k}list2'], ['ZUNIONSTORE', '{k}z', '1', '{k}set']]) {
      expect(await bounded(...words)).toMatch(/^-OOM /);
    }
    expect(await client.ask('EXISTS', '{k}list2', '{k}z')).toBe(':0');
    expect(await client.ask('LLEN', '{k}list')).toBe(':400000');
  }, 120_000);
});
