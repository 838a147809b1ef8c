import { once } from 'node:events';
import { connect } from 'node:net';

/** Everything the node says until it closes the connection; the bytes are sent in these pieces, each when the one before has left. */
export async function talkTo(port: number, ...pieces: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  for (const piece of pieces) if (!socket.destroyed) await new Promise((resolve) => socket.write(Buffer.from(piece, 'latin1'), resolve));
  await closed;
  return said;
}

/** As `talkTo`, and says that nothing more will come. */
export async function talkAndEnd(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const ended = once(socket, 'end');
  socket.end(Buffer.from(bytes, 'latin1'));
  await ended;
  socket.destroy();
  return said;
}

export const statuses = (said: string): readonly number[] => [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)).filter((status) => status !== 100);
export const path = '/api/v1/cache/default';
export const get = (key: string, headers = ''): string => `GET ${path}/${key} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`;
export const put = (key: string, headers: string, body: string): string => `PUT ${path}/${key} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;
export const chunked = 'Transfer-Encoding: chunked\r\n';
export const chunksOf = (body: string): string => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
export const json = '{"value":1}';
