import { constants, existsSync } from 'node:fs';
import { open, rename, rm, statfs, type FileHandle } from 'node:fs/promises';

/** One open file. Both transfers may move fewer bytes than asked for; a read that moves none is at the end. */
export interface DiskFile {
  read(into: Uint8Array, position: number): Promise<number>;
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** What was written is on the disk. Its name may not be: that is the folder's. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What files are made of: production has the system's, the simulation its own (test/sim/world/disk.ts). */
export interface Disk {
  /** For reading; undefined when there is no such file. */
  open(path: string): Promise<DiskFile | undefined>;
  /** For writing, empty. */
  create(path: string): Promise<DiskFile>;
  rename(from: string, to: string): Promise<void>;
  /** No such file is as good. */
  remove(path: string): Promise<void>;
  /** Names given and taken in this folder are on the disk. */
  syncFolder(path: string): Promise<void>;
  /** Bytes that may still be written below this folder; Infinity where its file system does not count them. */
  freeBytes(folder: string): Promise<number>;
  exists(path: string): boolean;
}

const ownerOnly = 0o600;

const diskFile = (file: FileHandle): DiskFile => ({
  read: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
  write: async (bytes, position) => (await file.write(bytes, 0, bytes.length, position)).bytesWritten,
  sync: () => file.datasync(),
  close: () => file.close(),
});

export const systemDisk: Disk = {
  async open(path) {
    try {
      return diskFile(await open(path, 'r'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  },
  create: async (path) => diskFile(await open(path, 'w', ownerOnly)),
  rename,
  remove: (path) => rm(path, { force: true }),
  async syncFolder(path) {
    const folder = await open(path, constants.O_RDONLY);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  async freeBytes(folder) {
    const { blocks, bavail, bsize } = await statfs(folder);
    return blocks === 0 ? Infinity : bavail * bsize;
  },
  exists: existsSync,
};
