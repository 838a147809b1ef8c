import type { Call } from '../commands/spec.ts';
import type { ClientSession } from './client-session.ts';

/** Clients of MONITOR. The loop asks `size` per command and nothing else while there is none. */
export class Monitors {
  readonly #clients = new Set<ClientSession>();

  get size(): number {
    return this.#clients.size;
  }

  add(client: ClientSession): void {
    this.#clients.add(client);
  }

  forget(client: ClientSession): void {
    if (this.#clients.delete(client)) client.monitor = false;
  }

  /** Tells of a command before it runs. */
  show(call: Call, name: string): void {
    if (name === 'monitor' || name === 'auth' || name === 'hello' || name === 'exec') return;
    this.#send(call);
  }

  /** EXEC comes after the commands that it ran. */
  showAfter(call: Call, name: string): void {
    if (name === 'exec') this.#send(call);
  }

  #send(call: Call): void {
    const microseconds = Math.floor(call.node.ports.clock.wallMs() * 1000);
    const words = Array.from({ length: call.argc }, (_, i) => quoted(Buffer.from(call.bytes.subarray(call.start[i], call.start[i] + call.length[i]))));
    const line = Buffer.from(`+${Math.floor(microseconds / 1_000_000)}.${String(microseconds % 1_000_000).padStart(6, '0')} [0 ${call.client.address}] ${words.join(' ')}\r\n`, 'latin1');
    for (const client of this.#clients) client.output.send(line);
  }
}

const escapes: Readonly<Record<number, string>> = { 0x22: '\\"', 0x5c: '\\\\', 0x0a: '\\n', 0x0d: '\\r', 0x09: '\\t', 0x07: '\\a', 0x08: '\\b' };

function quoted(bytes: Buffer): string {
  let text = '"';
  for (const byte of bytes) text += escapes[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);
  return `${text}"`;
}
