import type { KubeObject } from '../objects/kubernetes-object.js';

/** One column of `kubectl get`; `wide` ones are shown with `-o wide` only. */
export interface Column<T extends KubeObject = KubeObject> {
  readonly name: string;
  readonly type?: 'string' | 'integer' | 'date';
  readonly wide?: boolean;
  cell(object: T): string | number;
}

/** As `k8s.io/apimachinery/pkg/util/duration.HumanDuration`. */
export function duration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(seconds / 3600);
  const days = Math.floor(hours / 24);
  const both = (whole: number, unit: string, rest: number, small: string): string =>
    `${whole}${unit}${rest ? `${rest}${small}` : ''}`;
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (days < 8) return both(days, 'd', hours % 24, 'h');
  if (days < 730) return `${days}d`;
  if (days < 2920) return both(Math.floor(days / 365), 'y', days % 365, 'd');
  return `${Math.floor(days / 365)}y`;
}
