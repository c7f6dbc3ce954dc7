import { isMapping } from '../../config/validation.js';
import { isTime, parseObject } from './annotations/job-annotations.js';

/** What a subscriber is told of: `inProgress` that the job runs and how far it is, `success` and `failed` how it ended. */
export const subscriberEvents = ['inProgress', 'success', 'failed'] as const;
export type SubscriberEvent = (typeof subscriberEvents)[number];

/** Who wants to be told about a job; kept with the job. The addresses may hold secrets: they are shown nowhere. */
export interface Subscription {
  /** The API's address as the client knew it, for the links of what is sent. */
  readonly base: string;
  readonly uris: Readonly<Partial<Record<SubscriberEvent, string>>>;
}

/** One try to tell a subscriber. */
export interface DeliveryAttempt {
  /** RFC 3339. */
  readonly at: string;
  /** The status that was answered, or a word for why there was no answer. */
  readonly answer: string;
}

/** How far the telling of one event is. */
export interface Delivery {
  /** What of the job it tells: `running`, `running-40` (with progress), `successful`, `failed`. */
  readonly state: string;
  readonly status: 'pending' | 'delivered' | 'given-up';
  /** Of this state. */
  readonly attempts: number;
  /** RFC 3339; of this state's first attempt, or of when it was first held back. */
  readonly first: string;
  /** RFC 3339; while pending, when it is tried again. */
  readonly next?: string;
  /** The newest attempts, of earlier states too, oldest first. */
  readonly history: readonly DeliveryAttempt[];
}

export type Deliveries = Readonly<Partial<Record<SubscriberEvent, Delivery>>>;

/** @returns undefined for what is none: annotations are in the hands of everybody who may edit a Job */
export function parseSubscription(text: string | undefined): Subscription | undefined {
  const { base, uris } = parseObject(text);
  if (typeof base !== 'string' || !isMapping(uris)) return undefined;
  const known = subscriberEvents.filter((event) => isAddress(uris[event]));
  return known.length === 0
    ? undefined
    : { base, uris: Object.fromEntries(known.map((event) => [event, uris[event] as string])) };
}

export function parseDeliveries(text: string | undefined): Deliveries {
  const all = parseObject(text);
  return Object.fromEntries(
    subscriberEvents.flatMap((event): [SubscriberEvent, Delivery][] => {
      const delivery = all[event];
      return isDelivery(delivery) ? [[event, delivery]] : [];
    }),
  );
}

/** Whether nothing has to be told any more of a job that ended so: who listens for it was told, or was given up. @param status of the job */
export function isEndTold(
  { uris }: Pick<Subscription, 'uris'>,
  deliveries: Deliveries,
  status: 'successful' | 'failed' | 'dismissed',
): boolean {
  const event = ({ successful: 'success', failed: 'failed', dismissed: undefined } as const)[status];
  if (event === undefined || uris[event] === undefined) return true;
  const known = deliveries[event];
  return known?.state === status && known.status !== 'pending';
}

/** A delivery as everybody may see it: of the address only the host. */
export interface DeliveryInfo {
  readonly event: SubscriberEvent;
  readonly host: string;
  readonly status: 'waiting' | Delivery['status'];
  readonly state?: string;
  readonly attempts: number;
  readonly next?: string;
  readonly history: readonly DeliveryAttempt[];
}

/** @param ended how the job ended: what was not told of its progress by then will not be, nor what did not happen */
export function deliveryInfos(
  { uris }: Subscription,
  deliveries: Deliveries,
  ended?: 'success' | 'failed',
): DeliveryInfo[] {
  return subscriberEvents.flatMap((event) => {
    const uri = uris[event];
    const known = deliveries[event];
    const isOver = ended !== undefined && ended !== event;
    if (uri === undefined || (isOver && !known)) return [];
    const { state, attempts = 0, history = [] } = known ?? {};
    const status = isOver && known?.status === 'pending' ? 'given-up' : (known?.status ?? 'waiting');
    const next = status === 'pending' ? known?.next : undefined;
    return {
      event,
      host: new URL(uri).host,
      status,
      ...(state === undefined ? {} : { state }),
      attempts,
      ...(next === undefined ? {} : { next }),
      history: history.map(({ at, answer }) => ({ at, answer })),
    };
  });
}

function isAddress(value: unknown): value is string {
  return typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '');
}

function isDelivery(value: unknown): value is Delivery {
  if (!isMapping(value)) return false;
  const { state, status, attempts, first, next, history } = value;
  return (
    typeof state === 'string' &&
    (status === 'pending' || status === 'delivered' || status === 'given-up') &&
    typeof attempts === 'number' &&
    isTime(first) &&
    (next === undefined || isTime(next)) &&
    Array.isArray(history) &&
    history.every((attempt) => isMapping(attempt) && isTime(attempt['at']) && typeof attempt['answer'] === 'string')
  );
}
