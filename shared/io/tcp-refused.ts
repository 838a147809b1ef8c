import { connect } from 'node:net';
import type { Timers } from '../ports/ports.ts';

/** True when the kernel at `host` answers that nobody listens on the port: the process is gone (B2). An accepted connection and silence say nothing. */
export function isRefused(timers: Timers, host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (refused: boolean): void => {
      timers.cancel(deadline);
      socket.destroy();
      resolve(refused);
    };
    const deadline = timers.after(timeoutMs, () => answer(false), { keepAlive: false });
    socket.once('connect', () => answer(false));
    socket.once('error', (error: NodeJS.ErrnoException) => answer(error.code === 'ECONNREFUSED'));
  });
}
