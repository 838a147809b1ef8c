import { rawClient, resp, type RawClient } from './raw-client.ts';

/** Sends commands and waits for as many bytes as the test says come back. */
export interface Conversation {
  /** Sends one command; resolves with the reply's bytes once so many have come as `expected` has. */
  ask(words: readonly (string | Buffer)[], expected: string): Promise<string>;
  /** Waits for bytes that come without being asked for. */
  hear(expected: string): Promise<string>;
  /** Sends one command whose reply is one line; resolves with it, its end left out. */
  askLine(...words: readonly string[]): Promise<string>;
  /** HELLO 3, the whole answer taken in. */
  speakResp3(): Promise<void>;
  readonly raw: RawClient;
}

export async function converse(port: number): Promise<Conversation> {
  const raw = await rawClient(port);
  let seen = 0;
  const hear = async (expected: string): Promise<string> => {
    const text = await raw.received(seen + expected.length);
    const part = text.slice(seen, seen + expected.length);
    seen += expected.length;
    return part;
  };
  const askLine = async (...words: readonly string[]): Promise<string> => {
    raw.send(resp(...words));
    for (let length = 3; ; length++) {
      const part = (await raw.received(seen + length)).slice(seen);
      const end = part.indexOf('\r\n');
      if (end < 0) continue;
      seen += end + 2;
      return part.slice(0, end);
    }
  };
  return {
    raw,
    hear,
    askLine,
    async speakResp3() {
      const id = await askLine('CLIENT', 'ID');
      raw.send(resp('HELLO', '3'));
      await hear(`%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n${id}\r\n$4\r\nmode\r\n$7\r\ncluster\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n`);
    },
    ask(words, expected) {
      raw.send(resp(...words));
      return hear(expected);
    },
  };
}
