import { setTimeout as sleep } from 'node:timers/promises';
import { startEndless, type Endless } from '../clients/languages.ts';
import { startLoad, type Load, type LoadFigures } from '../clients/load.ts';
import type { Result } from '../clients/task.ts';
import { keysOfAllSlots } from '../journey/manifests.ts';
import { accessByService, eventsOf, podsOf, type World } from '../world.ts';

export interface LoadShape {
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
}

const calmMs = 5_000;
const valueBytes = 100;
let loads = 0;

/**
 * Clients of three languages write and read back while `happening` happens. Fails when one of them saw a failed operation or lost an acknowledged write; reports what
 * they felt before and meanwhile.
 */
export async function underLoad(world: World, report: (line: string) => void, place: { readonly cluster: string; readonly region: string }, shape: LoadShape, happening: (load: Load) => Promise<void>): Promise<void> {
  const access = await accessByService(world, place.cluster, place.region);
  const load = startLoad({ ...access, ...shape, valueBytes });
  const others: Endless[] = [];
  const results: (Result & { readonly language: string })[] = [];
  try {
    for (const language of ['redis-py', 'go-redis'] as const) {
      loads += 1;
      // Keys of its own for each: one writer a key.
      others.push(await startEndless(language, { ...access.places, password: access.password, keys: keysOfAllSlots.map((key) => `${key}:${language}:${loads}`), value: 'steady ', write: true }));
    }
    await sleep(calmMs);
    await load.figures();
    await sleep(calmMs);
    const before = await load.figures();
    await happening(load);
    const meanwhile = await load.figures();
    // All of them are heard, so that one that failed does not hide another.
    const ended = await Promise.allSettled([load.finish(), ...others.splice(0).map((one) => one.stop().then((result) => void results.push({ language: one.language, ...result })))]);
    const failures = ended.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []));
    if (failures.length > 0) throw new Error(failures.join('\n'));
    report(`ioredis before: ${described(before)}`);
    report(`ioredis meanwhile: ${described(meanwhile)}`);
    for (const { language, written, read, longestMs } of results) report(`${language}: ${written + read} operations, longest ${Math.round(longestMs ?? 0)} ms, 0 failed, 0 lost`);
  } catch (error) {
    for (const { metadata, status } of podsOf(world, place.cluster)) for (const { restartCount, lastState } of status.containerStatuses ?? []) if (restartCount > 0) report(`${metadata.name} was restarted ${restartCount} times: ${lastState?.terminated?.reason ?? 'no reason is known'}`);
    for (const { reason, note } of eventsOf(world)) if (/^(ShardEmptied|FailedOver)$/.test(reason ?? '') && note?.includes(`${place.cluster}-`)) report(`${reason}: ${note}`);
    throw error;
  } finally {
    await load.end();
    await Promise.all(others.map((one) => one.stop().catch(() => {})));
  }
}

export const described = ({ writes, reads, seconds, failed, p50Ms, p99Ms, longestMs }: LoadFigures): string =>
  `${Math.round(writes / seconds)} writes/s, ${Math.round(reads / seconds)} reads/s over ${Math.round(seconds)} s, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, longest ${Math.round(longestMs)} ms, ${failed} failed`;
