import type { IoBackend, IoConnection, IoHandler } from '../../node/io/backend.ts';

/** One connection without a socket: the backend for a server to listen with, and what that makes of the connection. `write` sees the answers. */
export function oneConnection(write: IoConnection['write']): { readonly backend: IoBackend; readonly accepted: Promise<IoHandler> } {
  const io: IoConnection = { remoteAddress: 'bench', localAddress: 'bench', fd: -1, pendingBytes: 0, pauseReading() {}, resumeReading() {}, end() {}, destroy() {}, setKeepAlive() {}, write };
  const { promise: accepted, resolve } = Promise.withResolvers<IoHandler>();
  const backend: IoBackend = {
    name: 'bench',
    async listen(_options, accept) {
      queueMicrotask(() => resolve(accept(io) as IoHandler));
      return { host: '', port: 0, close: () => Promise.resolve() };
    },
  };
  return { backend, accepted };
}
