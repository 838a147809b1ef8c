import { dirname } from 'node:path';
import type { Disk, DiskFile } from './disk.ts';

/** A file that is written from beginning to end and appears under its name when all of it is on the disk. */
export interface NewFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Everything is on the disk, under this path. */
  publish(path: string): Promise<void>;
  /** Gives up what was written, as far as the disk lets it. */
  abandon(): Promise<void>;
}

export interface ReadFile {
  /** Bytes read from `position` on: fewer than asked for only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>;
  close(): Promise<void>;
}

export async function createFile(disk: Disk, partialPath: string): Promise<NewFile> {
  const file = await disk.create(partialPath);
  let position = 0;
  return {
    async write(bytes) {
      await writeAll(file, bytes, position);
      position += bytes.length;
    },
    async publish(path) {
      await file.sync();
      await file.close();
      await disk.rename(partialPath, path);
      await disk.syncFolder(dirname(path));
    },
    async abandon() {
      await file.close().catch(() => undefined);
      await disk.remove(partialPath).catch(() => undefined);
    },
  };
}

async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += await file.write(at === 0 ? bytes : bytes.subarray(at), position + at);
}

/** Undefined when there is no such file. */
export async function openFile(disk: Disk, path: string): Promise<ReadFile | undefined> {
  const file = await disk.open(path);
  return file && {
    async read(into, position) {
      let at = 0;
      while (at < into.length) {
        const moved = await file.read(at === 0 ? into : into.subarray(at), position + at);
        if (moved === 0) break;
        at += moved;
      }
      return at;
    },
    close: () => file.close(),
  };
}
