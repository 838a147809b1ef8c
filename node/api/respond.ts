import { MeridianError } from '../../shared/errors/meridian-error.ts';
import type { Clock } from '../../shared/ports/ports.ts';
import type { AccessLog } from './access-log/access-log.ts';
import { failure, type Answer, type Headers } from './answer.ts';
import type { ApiQuotas, NamespaceFacts } from './api-node.ts';
import type { CallSpec } from './calls/table.ts';
import { compress, encodingFor } from './compress.ts';
import type { TenantClient } from '../tenants/admission.ts';
import type { CallLog } from './calls/call.ts';
import type { Target } from './target.ts';

/** What the front found out before anything else looked at a request. */
export interface FrontRequest {
  /** The connection, as it counts for a namespace. */
  readonly client: TenantClient;
  readonly target: Target;
  readonly traceId: string;
  readonly startMs: number;
}

/** What is known of a request while it is answered. */
export interface Known {
  readonly front: FrontRequest;
  traceId: string;
  user: string;
  namespace: NamespaceFacts | undefined;
  /** Its connection is one of the namespace's, and its answer counts as egress. */
  counted: boolean;
  readonly log: CallLog;
}

/** Where an answer goes. */
export interface Way {
  readonly acceptEncoding: string | string[] | undefined;
  /** Returns about how many bytes that takes. */
  send(status: number, headers: Headers, traceId: string, body: string | Buffer): number;
}

export interface ResponderOptions {
  readonly clock: Clock;
  /** An error that is our fault: to be logged with the reference that the caller is given. */
  readonly failed: (error: unknown, call: string) => string;
  readonly accessLog: Pick<AccessLog, 'active' | 'record'>;
  readonly quotas: Pick<ApiQuotas, 'sent'>;
  /** Counted by the first digit of the status. */
  readonly answers: number[];
}

/** Puts an answer on the wire: checked, packed where the caller asks for it, and written down. */
export type Respond = (way: Way, known: Known, spec: CallSpec | undefined, answer: Answer) => void;

const overQuota = 429;

export function createResponder({ clock, failed, accessLog, answers, quotas }: ResponderOptions): Respond {
  function note({ front, user, log, traceId }: Known, status: number, bytes: number): void {
    const { target, startMs } = front;
    accessLog.record({ namespace: target.namespace, key: log.key ?? target.key.toString(), operation: target.call, hit: log.hit, status, latencyMs: clock.monotonicMs() - startMs, atMs: clock.wallMs(), user, bytes, traceId });
  }

  function write(way: Way, known: Known, status: number, headers: Headers, body: string | Buffer): void {
    answers[Math.floor(status / 100)]++;
    if (accessLog.active) note(known, status, typeof body === 'string' ? Buffer.byteLength(body) : body.length);
    const sent = way.send(status, headers, known.traceId, body);
    // Refusals are not paid for: whoever asks too often would never get out of debt.
    if (known.counted && status !== overQuota) quotas.sent(known.front.client, sent - known.log.sent);
  }

  return function respond(way, known, spec, answer) {
    let body = answer.body;
    if (body === undefined) {
      const fault = spec === undefined || answer.status >= 300 ? undefined : spec.answers[answer.status]?.schema.safeParse(answer.data).error;
      // An answer that is not what the document says is our fault, and is not sent.
      if (fault !== undefined) return respond(way, known, undefined, failure(new MeridianError('INTERNAL', { reference: failed(fault, spec?.name ?? '') })));
      body = JSON.stringify(answer.data);
    }
    const encoding = encodingFor(way.acceptEncoding, body.length);
    if (encoding === undefined) return write(way, known, answer.status, answer.headers, body);
    const headers = { ...answer.headers, 'content-encoding': encoding, vary: 'Accept, Accept-Encoding' };
    compress(encoding, body).then(
      (packed) => write(way, known, answer.status, headers, packed),
      (error: unknown) => write(way, known, 500, {}, JSON.stringify({ error: `internal error (${failed(error, 'compression')})`, code: 'INTERNAL' })),
    );
    return;
  };
}
