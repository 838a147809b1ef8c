import { Socket } from 'node:net';

/**
 * Calls `cut` once when the process that holds the other end of standard input is gone, however it ended (`kill -9` too): the kernel closes the
 * pipe. Only for a program that was started with a pipe there that nobody writes to. Does not keep the program alive.
 */
export function watchLifeline(cut: () => void): void {
  const pipe = new Socket({ fd: 0, readable: true, writable: false });
  pipe.once('close', cut);
  pipe.on('error', () => {});
  pipe.resume();
  pipe.unref();
}
