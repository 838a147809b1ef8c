import type { PlainAnswer, PlainRequest } from '../shared/io/http-server.ts';
import type { OperatorMetrics } from './runtime/prometheus.ts';

export interface ProbeFacts {
  /** Asked for leadership or has it; both replicas are ready, one of them leads. */
  readonly started: boolean;
  /** Why this replica is of no use; undefined while it is. */
  readonly notReady: string | undefined;
}

/** /metrics, /startupz, /livez (the event loop turns) and /readyz of the operator. */
export async function answerProbe({ path }: PlainRequest, metrics: Pick<OperatorMetrics, 'text'>, facts: ProbeFacts): Promise<PlainAnswer> {
  switch (path) {
    case '/metrics': {
      const { contentType, body } = await metrics.text();
      return { status: 200, contentType, body };
    }
    case '/livez':
      return text(200, 'ok');
    case '/startupz':
      return facts.started ? text(200, 'ok') : text(503, 'starting');
    case '/readyz':
      return facts.notReady === undefined ? text(200, 'ok') : text(503, facts.notReady);
    default:
      return text(404, 'not found');
  }
}

const text = (status: number, body: string): PlainAnswer => ({ status, contentType: 'text/plain; charset=utf-8', body: `${body}\n` });
