import type { OpenAPIObject } from '@nestjs/swagger';
import { SHARE_PARAMETER } from '../ogc/requests/share.js';

const MAKES_LINKS = '/jobs/{jobId}/links';

/** The document of an API that makes no links for others. */
export function withoutShares(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths)
    .filter(([path]) => path !== MAKES_LINKS)
    .map(([path, item]) => {
      const { parameters } = item.get ?? {};
      if (!item.get || !parameters) return [path, item] as const;
      const others = parameters.filter((parameter) => !('name' in parameter) || parameter.name !== SHARE_PARAMETER);
      return [path, { ...item, get: { ...item.get, parameters: others } }] as const;
    });
  return { ...document, paths: Object.fromEntries(paths) };
}
