import {
  type Attributes,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { formatTraceParent, parseTraceParent, type TraceParent } from './trace-context.js';

/** What the spans of this server are made by. */
export const TRACER_NAME = 'ogc-processes-k8s';

export function tracer(): Tracer {
  return trace.getTracer(TRACER_NAME);
}

/**
 * Runs the work in a span of its own, a child of the one that is active. Where tracing is off the work belongs to the caller's trace, if there is one, all the same.
 * The span has failed where the work rejects; of the error only its type is noted, for messages may hold what is nobody's business.
 */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
  kind = SpanKind.INTERNAL,
): Promise<T> {
  const span = tracer().startSpan(name, { kind, attributes });
  // Where tracing is off, and the caller has no trace: nothing would be told of it, and each context costs.
  if (!isSpanContextValid(span.spanContext())) return work(span);
  return context.with(trace.setSpan(context.active(), span), async () => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', error instanceof Error ? error.name : typeof error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** As {@link inSpan}, of a call to another service; without a span where nothing is traced: what a server does all day by itself is no trace. */
export function inCallSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  return trace.getActiveSpan() ? inSpan(name, attributes, work, SpanKind.CLIENT) : work(undefined);
}

/** The headers that pass the trace on that is active; none where none is. */
export function traceHeaders(): { traceparent?: string; tracestate?: string } {
  return { ...activeTrace() };
}

/** Where in its trace what is under way stands; undefined where nothing is traced. */
export function activeTrace(): TraceParent | undefined {
  return formatTraceParent(trace.getActiveSpan()?.spanContext());
}

/** Runs the work in the trace that was noted, and in no other. */
export function withinTrace<T>(noted: TraceParent | undefined, work: () => T): T {
  const parent = noted && parseTraceParent({ ...noted });
  if (!parent && context.active() === ROOT_CONTEXT) return work();
  return context.with(parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT, work);
}
