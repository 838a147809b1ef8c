import { parseArgs } from 'node:util';
import { encode, sendAll } from '../servers/pipe.ts';
import { infoField, machine, pinClient, rssBytes, startMeridian, startOthers, stopAll, type Program } from '../servers/programs.ts';

export const title = 'bytes per entry beyond key and value over a doubling of the keys, of small hashes, and RSS against used_memory, beside redis-server (and valkey-server)';
export const usage = '--keys 1000000  --hashes 200000';

const keyBytes = 16;
const valueBytes = 100;
const samples = 16;
const fieldsPerHash = 10;
const fieldBytes = 2;
const fieldValueBytes = 10;
const lifeSeconds = 86_400;

interface Measured {
  readonly program: Program;
  /** Beyond key and value, mean over the doubling. */
  readonly perEntry: number;
  /** Beyond key, fields and values. */
  readonly perHash: number;
  readonly rssToUsed: number;
}

const value = 'v'.repeat(valueBytes);
const keyOf = (i: number): string => `k${i.toString().padStart(keyBytes - 1, '0')}`;
const hashKeyOf = (i: number): string => `h${i.toString().padStart(keyBytes - 1, '0')}`;
const setOf = (i: number): string => encode(['SET', keyOf(i), value, 'EX', lifeSeconds + (i % 3600)]);
const hashOf = (i: number): string => encode(['HSET', hashKeyOf(i), ...Array.from({ length: fieldsPerHash }, (_, f) => [`f${f}`, (i * fieldsPerHash + f).toString().padStart(fieldValueBytes, '0')]).flat()]);

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { keys: { type: 'string', default: '1000000' }, hashes: { type: 'string', default: '200000' } } });
  const keys = Number(values.keys);
  console.log(`${machine()}; ${keys} to ${keys * 2} keys of ${keyBytes} B with ${valueBytes} B and a TTL; ${values.hashes} hashes of ${fieldsPerHash} fields of ${fieldBytes} + ${fieldValueBytes} B`);
  pinClient();
  const programs = [await startMeridian(), ...(await startOthers())];
  try {
    const results: Measured[] = [];
    for (const program of programs) results.push(await measure(program, keys, Number(values.hashes)));
    for (const result of results) report(result, results.filter(({ program }) => !program.name.startsWith('meridian')));
  } finally {
    stopAll(programs);
  }
}

async function measure(program: Program, keys: number, hashes: number): Promise<Measured> {
  const { port } = program;
  const emptyUsed = await infoField(program, 'used_memory');
  const emptyRss = rssBytes(program);
  await sendAll(port, keys, setOf);
  let sum = 0;
  for (let sample = 0, filled = keys; sample < samples; sample++) {
    const until = Math.round(keys * (1 + (sample + 1) / samples));
    const from = filled;
    await sendAll(port, until - from, (i) => setOf(from + i));
    filled = until;
    sum += ((await infoField(program, 'used_memory')) - emptyUsed) / filled - keyBytes - valueBytes;
  }
  const used = await infoField(program, 'used_memory');
  const rssToUsed = (rssBytes(program) - emptyRss) / (used - emptyUsed);
  await sendAll(port, hashes, hashOf);
  const perHash = ((await infoField(program, 'used_memory')) - used) / hashes - keyBytes - fieldsPerHash * (fieldBytes + fieldValueBytes);
  return { program, perEntry: sum / samples, perHash, rssToUsed };
}

function report({ program, perEntry, perHash, rssToUsed }: Measured, others: readonly Measured[]): void {
  const against = (mine: number, theirs: (one: Measured) => number): string =>
    others.filter((other) => other.program !== program).map((other) => ` (${(mine / theirs(other)).toFixed(2)}× ${other.program.name})`).join('');
  const ours = program.name.startsWith('meridian');
  console.log(
    `${program.name.padEnd(14)} per entry ${perEntry.toFixed(1)} B${ours ? against(perEntry, (one) => one.perEntry) : ''}   per hash ${perHash.toFixed(1)} B${ours ? against(perHash, (one) => one.perHash) : ''}   RSS beyond the empty process / used_memory ${rssToUsed.toFixed(2)}`,
  );
}
