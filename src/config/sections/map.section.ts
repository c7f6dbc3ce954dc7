import { IsOptional } from 'class-validator';
import type { MapSettings } from '../configuration.js';
import { Text, YamlBoolean } from '../constraints.js';

/** `server.map`, as pygeoapi has it; `auto` is this server's own. */
export class MapDefinition {
  @IsOptional()
  @Text()
  url?: string | null;

  @IsOptional()
  @Text()
  attribution?: string | null;

  @IsOptional()
  @YamlBoolean()
  auto?: boolean | null;
}

export function toMap({ url, attribution, auto }: MapDefinition): MapSettings | undefined {
  if (url === undefined || url === null) return undefined;
  return { url, ...(attribution ? { attribution } : {}), auto: auto ?? false };
}

/** Whether its tiles can be loaded at all. */
export function isTileTemplate(url: string): boolean {
  return ['{z}', '{x}', '{y}'].every((part) => url.includes(part)) && tileOrigins(url).length > 0;
}

/** Hosts that Leaflet puts for `{s}`. */
const SUBDOMAINS = ['a', 'b', 'c'];

/** The origins that tiles come from; empty where the template is no address of a web server. */
export function tileOrigins(url: string): readonly string[] {
  const addresses = url.includes('{s}') ? SUBDOMAINS.map((name) => url.replaceAll('{s}', name)) : [url];
  const origins = addresses.map((address) => {
    const plain = address.replaceAll(/\{[a-z]\}/g, '0');
    return URL.canParse(plain) && /^https?:/i.test(plain) ? new URL(plain).origin : undefined;
  });
  return [...new Set(origins.filter((origin) => origin !== undefined))];
}

export function mapWarnings(map: MapSettings | undefined, file: string): string[] {
  if (!map || isTileTemplate(map.url)) return [];
  return [
    `${file}: server.map.url: ${JSON.stringify(map.url)} is no address of tiles such as ` +
      'https://tile.example.org/{z}/{x}/{y}.png: maps have the outline of the land alone',
  ];
}
