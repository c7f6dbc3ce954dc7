import { createTraceState, isSpanContextValid, TraceFlags, type SpanContext } from '@opentelemetry/api';

/** A place in a trace as it is passed on, by the names of its headers ({@link https://www.w3.org/TR/trace-context/ W3C Trace Context}). */
export interface TraceParent {
  readonly traceparent: string;
  readonly tracestate?: string;
}

const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** Vendors' data that are longer are left out, as the specification allows (section 3.3.1.5). */
const LONGEST_STATE = 512;

/** What goes on in a trace elsewhere; undefined where nothing does, or it is not as the specification says. */
export function parseTraceParent({
  traceparent,
  tracestate,
}: Readonly<Record<string, unknown>>): SpanContext | undefined {
  const [, version, traceId, spanId, flags, further] =
    (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)) || [];
  // Of versions to come the beginning is as in version 0, which has nothing more.
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && further !== undefined)) return undefined;
  const state =
    typeof tracestate === 'string' && tracestate.length <= LONGEST_STATE ? createTraceState(tracestate) : undefined;
  const found: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(state?.serialize() ? { traceState: state } : {}),
  };
  return isSpanContextValid(found) ? found : undefined;
}

/** As it is passed on; undefined where there is no trace. */
export function formatTraceParent(span: SpanContext | undefined): TraceParent | undefined {
  if (!span || !isSpanContextValid(span)) return undefined;
  const { traceId, spanId, traceFlags, traceState } = span;
  const tracestate = traceState?.serialize();
  return {
    traceparent: `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`,
    ...(tracestate ? { tracestate } : {}),
  };
}
