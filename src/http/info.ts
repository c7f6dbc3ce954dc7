import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import type { Configuration } from '../config/configuration.js';
import { version } from './version.js';

/** Where the predecessor has it. */
export const INFO_PATH = '/static/info.txt';

/** What runs here, one `name: value` a line, for people and for scripts that look for a line. */
export function infoText({ environment: { build } }: Configuration): string {
  const lines = {
    server: 'ogc-processes-k8s',
    version: build.version ?? version,
    node: process.versions.node,
    'kubernetes client': packageVersion('@kubernetes/client-node'),
    'build date': build.date,
    commit: build.commit,
    tag: build.tag,
    branch: build.branch,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value?.replaceAll(/\s+/g, ' ').trim() || 'unknown'}\n`)
    .join('');
}

function packageVersion(name: string): string | undefined {
  const path = findPackageJSON(name, import.meta.url);
  return path === undefined ? undefined : (JSON.parse(readFileSync(path, 'utf8')) as { version?: string }).version;
}
