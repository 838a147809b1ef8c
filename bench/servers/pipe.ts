import { connect, type Socket } from 'node:net';

const lineFeed = 10;
const [bulk, failure, minus] = [0x24, 0x2d, 0x2d];
const digit0 = 0x30;

/** A command as RESP. */
export function encode(parts: readonly (string | number)[]): string {
  return `*${parts.length}\r\n${parts.map((part) => `$${Buffer.byteLength(String(part))}\r\n${part}\r\n`).join('')}`;
}

/** One connection that sends pipelines and looks at no more of the replies than it must: lines and bulk strings, no arrays. */
export class Pipe {
  readonly socket: Socket;
  /** Of the last pipeline's replies, in order: 1 where it was nil. */
  nil: Uint8Array = new Uint8Array(0);
  /** Called with the place of each reply as it comes. */
  onReply: ((place: number) => void) | undefined;
  #wanted = 0;
  #replies = 0;
  #done: (() => void) | undefined;
  #failed: ((error: Error) => void) | undefined;
  /** Bytes of a bulk string and its line end that are still to come. */
  #skip = 0;
  #kind = 0;
  #number = 0;
  #negative = false;
  #line: string | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (data: Buffer) => this.#take(data));
    socket.on('close', () => this.#failed?.(new Error('the connection was closed')));
  }

  static async open(port: number): Promise<Pipe> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new Pipe(socket);
  }

  /** The answer to one command as text. */
  static async ask(port: number, parts: readonly (string | number)[]): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let text = '';
    socket.setEncoding('latin1').write(encode(parts));
    for await (const chunk of socket) {
      text += chunk as string;
      const length = /^\$(\d+)\r\n/.exec(text);
      if (length === null ? text.endsWith('\r\n') : text.length >= length[0].length + Number(length[1]) + 2) break;
    }
    socket.destroy();
    return text;
  }

  /** Sends `count` commands; resolves when all are answered, rejects at the first error reply. */
  send(bytes: string | Buffer, count: number): Promise<void> {
    this.#wanted = count;
    this.#replies = 0;
    if (this.nil.length < count) this.nil = new Uint8Array(count);
    return new Promise((resolve, reject) => {
      this.#done = resolve;
      this.#failed = reject;
      this.socket.write(bytes, 'latin1');
    });
  }

  close(): void {
    this.#failed = undefined;
    this.socket.destroy();
  }

  #take(data: Buffer): void {
    for (let at = 0; at < data.length; ) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, data.length - at);
        at += step;
        this.#skip -= step;
        if (this.#skip === 0) this.#replied(false);
        continue;
      }
      const byte = data[at++];
      if (this.#kind === 0) {
        this.#kind = byte;
        this.#number = 0;
        this.#negative = false;
        this.#line = byte === failure ? '' : undefined;
      } else if (byte === lineFeed) this.#endLine();
      else if (this.#line !== undefined) this.#line += String.fromCharCode(byte);
      else if (byte === minus) this.#negative = true;
      else if (byte >= digit0) this.#number = this.#number * 10 + byte - digit0;
    }
  }

  #endLine(): void {
    const kind = this.#kind;
    this.#kind = 0;
    if (this.#line !== undefined) this.#failed?.(new Error(this.#line.trim()));
    if (kind === bulk && !this.#negative) this.#skip = this.#number + 2;
    else this.#replied(kind === bulk);
  }

  #replied(isNil: boolean): void {
    const place = this.#replies++;
    if (place < this.nil.length) this.nil[place] = isNil ? 1 : 0;
    this.onReply?.(place);
    if (this.#replies === this.#wanted) this.#done?.();
  }
}

/** Sends `commandOf(0 … count-1)` over `connections` at once, `depth` commands each time; the texts are RESP. */
export async function sendAll(port: number, count: number, commandOf: (i: number) => string, { connections = 2, depth = 200 } = {}): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    const pipe = await Pipe.open(port);
    while (next < count) {
      const from = next;
      const size = Math.min(depth, count - from);
      next += size;
      let text = '';
      for (let i = from; i < from + size; i++) text += commandOf(i);
      await pipe.send(text, size);
    }
    pipe.close();
  };
  await Promise.all(Array.from({ length: connections }, one));
}
