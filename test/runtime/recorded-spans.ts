import { trace, type Span, type Tracer } from '@opentelemetry/api';

export interface RecordedSpan {
  readonly name: string;
  readonly attributes: Record<string, unknown>;
  failed: boolean;
  ended: boolean;
}

/** Registers a tracer that only remembers; until `stop`. What an exporter would be given. */
export function recordSpans(): { readonly spans: readonly RecordedSpan[]; stop(): void } {
  const spans: RecordedSpan[] = [];
  const startSpan: Tracer['startSpan'] = (name, options) => {
    const recorded: RecordedSpan = { name, attributes: { ...options?.attributes }, failed: false, ended: false };
    spans.push(recorded);
    const span: Partial<Span> = {
      setAttribute(key, value) {
        recorded.attributes[key] = value;
        return span as Span;
      },
      setStatus() {
        recorded.failed = true;
        return span as Span;
      },
      recordException() {},
      end() {
        recorded.ended = true;
      },
    };
    return span as Span;
  };
  const startActiveSpan = (name: string, options: Parameters<Tracer['startSpan']>[1], run: (span: Span) => unknown): unknown => run(startSpan(name, options));
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan, startActiveSpan }) as unknown as Tracer });
  return { spans, stop: () => trace.disable() };
}
