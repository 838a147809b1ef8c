import { keyPattern } from './key-pattern.ts';
import type { AccessSink } from './access-log.ts';
import type { AccessRecord } from './record.ts';

/** One JSON object a line, beside the node's own log; `access` tells them apart. */
export function stdoutSink(writeLine: (line: string) => void): AccessSink {
  return {
    name: 'stdout',
    ready: true,
    write(records) {
      writeLine(records.map(lineOf).join('\n'));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

const lineOf = ({ atMs, namespace, key, operation, hit, status, latencyMs, user, bytes, traceId }: AccessRecord): string =>
  JSON.stringify({ time: new Date(atMs).toISOString(), message: 'access', namespace, key_pattern: keyPattern(key), operation, hit, status, latency_ms: Math.round(latencyMs * 1000) / 1000, user, bytes, trace_id: traceId });
