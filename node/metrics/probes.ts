import type { PlainAnswer, PlainRequest } from '../../shared/io/http-server.ts';
import { exposition } from './exposition.ts';

/** What the metrics port asks of the node. */
export interface ProbeSource {
  metrics(): string;
  /** Undefined: primary under a committed Lease, or in sync. Else why clients should not come. */
  notReady(): string | undefined;
  /** Listening and configured. */
  started(): boolean;
}

/** /livez answers as long as the event loop turns; no peer and no API server is in it. */
export function answerProbe(request: PlainRequest, source: ProbeSource): PlainAnswer {
  switch (request.path) {
    case '/metrics':
      return { status: 200, contentType: exposition.contentType, body: source.metrics() };
    case '/livez':
      return text(200, 'ok');
    case '/readyz': {
      const reason = source.notReady();
      return reason === undefined ? text(200, 'ok') : text(503, reason);
    }
    case '/startupz':
      return source.started() ? text(200, 'ok') : text(503, 'starting');
    default:
      return text(404, 'not found');
  }
}

const text = (status: number, body: string): PlainAnswer => ({ status, contentType: 'text/plain; charset=utf-8', body: `${body}\n` });
