import { connect, type Socket } from 'node:net';

/** A socket that speaks whatever bytes a test wants to send. */
export interface RawClient {
  readonly socket: Socket;
  send(bytes: string | Buffer): void;
  /** Resolves with all bytes received so far once there are at least so many, or the other side has closed. */
  received(bytes: number): Promise<string>;
  /** Resolves with everything once the other side has closed. */
  closed(): Promise<string>;
  end(): void;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let isClosed = false;
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const all = waiting;
    waiting = [];
    for (const run of all) run();
  };
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    wake();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const until = async (done: () => boolean): Promise<string> => {
    while (!done() && !isClosed) await new Promise<void>((resolve) => waiting.push(resolve));
    return text;
  };
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    received: (bytes) => until(() => text.length >= bytes),
    closed: () => until(() => false),
    end: () => socket.destroy(),
  };
}

/** A command as RESP. */
export function resp(...words: readonly (string | Buffer)[]): Buffer {
  const parts = words.flatMap((word) => {
    const bytes = typeof word === 'string' ? Buffer.from(word) : word;
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...parts]);
}
