import { dirname } from 'node:path';
import type { Disk, DiskFile } from '../../../shared/io/disk.ts';
import type { Rng } from './rng.ts';
import type { Scheduler } from './scheduler.ts';

/** What a volume does wrong, until it is told otherwise. */
export interface DiskFaults {
  full: boolean;
  readOnly: boolean;
  readErrorChance: number;
  writeErrorChance: number;
  /** A write is said to be done, and half of it is not there. */
  tornChance: number;
  extraDelayMs: number;
}

export const noDiskFaults: DiskFaults = { full: false, readOnly: false, readErrorChance: 0, writeErrorChance: 0, tornChance: 0, extraDelayMs: 0 };

interface Content {
  live: Buffer;
  /** What is left when the power goes. */
  synced: Buffer;
}

export type Damage = 'flipped' | 'cut' | 'gone' | 'older';

const room = 1 << 30;
const errorOf = (code: string): Error => Object.assign(new Error(code), { code });

/** A volume that outlives the processes that use it. Names and bytes are on it for certain only once they were synced. */
export function createSimDisk(world: Scheduler, rng: Rng, touched: () => void) {
  const faults: DiskFaults = { ...noDiskFaults };
  let names = new Map<string, Content>();
  let syncedNames = new Map<string, Content>();
  /** What stood under a name before. */
  const before = new Map<string, Buffer>();

  const later = <T>(act: () => T): Promise<T> => new Promise((resolve, reject) => {
    world.at(world.nowMs() + 0.1 + rng.unit() + rng.unit() * faults.extraDelayMs, () => {
      touched();
      try {
        resolve(act());
      } catch (error) {
        reject(error as Error);
      }
    });
  });
  const mayWrite = (): void => {
    if (faults.readOnly) throw errorOf('EROFS');
    if (rng.chance(faults.writeErrorChance)) throw errorOf('EIO');
  };
  const leaves = (path: string): void => {
    const content = names.get(path);
    if (content !== undefined) before.set(path, content.live);
    names.delete(path);
  };
  const fileOf = (content: Content): DiskFile => ({
    read: (into, position) => later(() => {
      if (rng.chance(faults.readErrorChance)) throw errorOf('EIO');
      return content.live.copy(into, 0, position, position + rng.between(1, into.length));
    }),
    write: (bytes, position) => later(() => {
      mayWrite();
      if (faults.full) throw errorOf('ENOSPC');
      const length = rng.chance(0.2) ? rng.between(1, bytes.length) : bytes.length;
      const next = Buffer.alloc(Math.max(content.live.length, position + length));
      content.live.copy(next);
      const there = rng.chance(faults.tornChance) ? length >> 1 : length;
      Buffer.from(bytes.buffer, bytes.byteOffset, there).copy(next, position);
      content.live = next;
      return length;
    }),
    sync: () => later(() => {
      mayWrite();
      content.synced = content.live;
    }),
    close: () => later(() => undefined),
  });
  const disk: Disk = {
    open: (path) => later(() => {
      const content = names.get(path);
      return content && fileOf(content);
    }),
    create: (path) => later(() => {
      mayWrite();
      if (faults.full) throw errorOf('ENOSPC');
      leaves(path);
      const content = { live: Buffer.alloc(0), synced: Buffer.alloc(0) };
      names.set(path, content);
      return fileOf(content);
    }),
    rename: (from, to) => later(() => {
      mayWrite();
      const content = names.get(from);
      if (content === undefined) throw errorOf('ENOENT');
      leaves(to);
      names.delete(from);
      names.set(to, content);
    }),
    remove: (path) => later(() => {
      mayWrite();
      leaves(path);
    }),
    syncFolder: (folder) => later(() => {
      mayWrite();
      const elsewhere = [...syncedNames].filter(([path]) => dirname(path) !== folder);
      syncedNames = new Map([...elsewhere, ...[...names].filter(([path]) => dirname(path) === folder)]);
    }),
    freeBytes: () => later(() => (faults.full && rng.chance(0.5) ? 0 : room)),
    exists: (path) => names.has(path),
  };

  return {
    disk,
    faults,
    /** What was not synced is lost, or some of it; a name may be there before what it names. */
    powerLoss(): void {
      const kept = [...names].filter(([path, content]) => syncedNames.get(path) === content || rng.chance(0.5));
      const stale = [...syncedNames].filter(([path]) => !names.has(path) && rng.chance(0.5));
      names = new Map([...stale, ...kept]);
      for (const content of names.values()) content.live = content.synced.length === content.live.length ? content.live : Buffer.concat([content.synced, content.live.subarray(content.synced.length, content.synced.length + rng.below(Math.max(1, content.live.length - content.synced.length)))]);
      syncedNames = new Map(names);
    },
    /** The medium fails; false: there is no such file, or no older one. */
    damage(path: string, how: Damage): boolean {
      const content = names.get(path);
      const older = before.get(path);
      if (content === undefined || content.live.length === 0 || (how === 'older' && older === undefined)) return false;
      if (how === 'gone') names.delete(path);
      else if (how === 'cut') content.live = content.live.subarray(0, rng.below(content.live.length));
      else if (how === 'older') content.live = older as Buffer;
      else {
        const bytes = Buffer.from(content.live);
        bytes[rng.below(bytes.length)] ^= 1 << rng.below(8);
        content.live = bytes;
      }
      content.synced = content.live;
      return true;
    },
  };
}

export type SimDisk = ReturnType<typeof createSimDisk>;
