import { constants } from 'node:fs';
import { open, rename, rm, statfs, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

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

export async function createFile(partialPath: string): Promise<NewFile> {
  const file = await open(partialPath, 'w', 0o600);
  let position = 0;
  return {
    async write(bytes) {
      await writeAll(file, bytes, position);
      position += bytes.length;
    },
    async publish(path) {
      await file.datasync();
      await file.close();
      await rename(partialPath, path);
      await syncFolder(dirname(path));
    },
    async abandon() {
      await file.close().catch(() => undefined);
      await rm(partialPath, { force: true }).catch(() => undefined);
    },
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Undefined when there is no such file. */
export async function openFile(path: string): Promise<ReadFile | undefined> {
  try {
    const file = await open(path, 'r');
    return {
      async read(into, position) {
        let at = 0;
        while (at < into.length) {
          const { bytesRead } = await file.read(into, at, into.length - at, position + at);
          if (bytesRead === 0) break;
          at += bytesRead;
        }
        return at;
      },
      close: () => file.close(),
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** No such file is as good. */
export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
}

export const renameFile = (from: string, to: string): Promise<void> => rename(from, to);

/** Bytes that may still be written below this folder; Infinity where its file system does not count them. */
export async function freeBytes(folder: string): Promise<number> {
  const { blocks, bavail, bsize } = await statfs(folder);
  return blocks === 0 ? Infinity : bavail * bsize;
}
