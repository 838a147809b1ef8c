import type { Clock } from '../../../shared/ports/ports.ts';
import type { IoConnection } from '../../io/backend.ts';
import type { Headers } from '../answer.ts';

const reasons: Readonly<Record<number, string>> = {
  200: 'OK', 201: 'Created', 207: 'Multi-Status', 304: 'Not Modified', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 408: 'Request Timeout', 409: 'Conflict', 429: 'Too Many Requests',
  500: 'Internal Server Error', 503: 'Service Unavailable', 504: 'Gateway Timeout', 507: 'Insufficient Storage',
};
/** What does not fit gets bytes of its own. */
const arenaBytes = 64 * 1024;
const secondMs = 1000;

/** Puts answers one behind the other into one buffer, so that those of one readable event leave in one write. */
export class AnswerWriter {
  readonly #clock: Clock;
  #bytes = Buffer.allocUnsafeSlow(arenaBytes);
  #length = 0;
  #second = -1;
  #date = '';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Writes to `io` what does not fit. Returns the answer's length. */
  add(io: IoConnection, status: number, headers: Headers, traceId: string, body: string | Buffer): number {
    let head = `HTTP/1.1 ${status} ${reasons[status] ?? 'Status'}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    head += `x-trace-id: ${traceId}\r\ndate: ${this.#dateText()}\r\n`;
    const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    head += status === 304 ? '\r\n' : `content-length: ${bodyBytes}\r\n\r\n`;
    const length = head.length + bodyBytes;
    if (this.#length + length > arenaBytes) this.flush(io);
    if (length > arenaBytes) {
      this.#addLarge(io, head, body);
      return length;
    }
    this.#length += this.#bytes.write(head, this.#length, 'latin1');
    if (typeof body === 'string') this.#length += this.#bytes.write(body, this.#length);
    else this.#length += body.copy(this.#bytes, this.#length);
    return length;
  }

  flush(io: IoConnection): void {
    if (this.#length === 0) return;
    const length = this.#length;
    this.#length = 0;
    // What the backend has not sent yet it goes on reading.
    if (!io.write(this.#bytes, length)) this.#bytes = Buffer.allocUnsafeSlow(arenaBytes);
  }

  #addLarge(io: IoConnection, head: string, body: string | Buffer): void {
    const bytes = typeof body === 'string' ? Buffer.from(head + body) : Buffer.concat([Buffer.from(head, 'latin1'), body]);
    io.write(bytes, bytes.length);
  }

  #dateText(): string {
    const second = Math.floor(this.#clock.wallMs() / secondMs);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = new Date(second * secondMs).toUTCString();
    }
    return this.#date;
  }
}
