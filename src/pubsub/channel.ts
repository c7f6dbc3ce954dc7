import type { PubSubSettings } from '../config/configuration.js';

type Channelled = Pick<PubSubSettings, 'protocol' | 'channel'>;

/** Where what happens to jobs of a process is published, as pygeoapi names it: the path of the process, after the configured channel. */
export function channelOf({ channel }: Channelled, processId: string): string {
  return `${channel === undefined ? '' : `${channel}/`}processes/${processId}`;
}

/**
 * The channel as the protocol writes it. MQTT: a topic, in which `+` and `#` would be wildcards (MQTT 3.1.1, section 4.7).
 * HTTP: one segment of a path, as pygeoapi has it.
 */
export function addressOf(settings: Channelled, processId: string): string {
  const channel = channelOf(settings, processId);
  if (settings.protocol === 'mqtt') return channel.replace(/[+#\0]/g, encodeURIComponent);
  return encodeURIComponent(channel.replace(/[/:]/g, '-'));
}
