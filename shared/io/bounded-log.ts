import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** A file that output is added to; when it is longer than `mostBytes` it becomes `<path>.1` and a new one is begun. */
export function openBoundedLog(path: string, mostBytes: number) {
  let file = openSync(path, 'a', 0o600);
  let length = fstatSync(file).size;
  let closed = false;
  return {
    write(chunk: Buffer): void {
      if (closed) return;
      if (length + chunk.length > mostBytes && length > 0) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = openSync(path, 'a', 0o600);
        length = 0;
      }
      length += writeSync(file, chunk);
    },
    /** What is written later is dropped. */
    close(): void {
      if (closed) return;
      closed = true;
      closeSync(file);
    },
  };
}
