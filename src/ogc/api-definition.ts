import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import Negotiator from 'negotiator';

/** The versions of OpenAPI that the API definition is served in; the first where a client asks for none. */
export const OPENAPI_VERSIONS = ['3.0', '3.1'] as const;
export type OpenApiVersion = (typeof OPENAPI_VERSIONS)[number];

/** As OGC 25-030 and pygeoapi have it. */
export const ASYNCAPI_MEDIA_TYPE = 'application/asyncapi+json';

export const openApiMediaType = (version: OpenApiVersion): string =>
  `application/vnd.oai.openapi+json;version=${version}`;

/** The version that `Accept` asks for (RFC 9110, section 12.5.1), by the parameter `version` of OpenAPI's media type; else the first. */
export function negotiateOpenApi(accept: string | undefined): OpenApiVersion {
  const offered = OPENAPI_VERSIONS.map(openApiMediaType);
  const [best] = new Negotiator({ headers: { accept: accept ?? '*/*' } }).mediaTypes(offered);
  return OPENAPI_VERSIONS.find((version) => openApiMediaType(version) === best) ?? OPENAPI_VERSIONS[0];
}

export type MakeDefinition = (version: OpenApiVersion, sees: (processId: string) => boolean) => OpenAPIObject;

/** Where the OpenAPI document comes from: it can only be made once the whole application is wired. */
@Injectable()
export class ApiDefinition {
  private make: MakeDefinition | undefined;

  provide(make: MakeDefinition): void {
    this.make = make;
  }

  /** @param base the API's address without trailing slash, for `servers` @param sees which processes who asks knows of */
  get(base: string, version: OpenApiVersion, sees: (processId: string) => boolean): OpenAPIObject {
    if (!this.make) throw new Error('The API definition is asked for before the application is wired.');
    return { ...this.make(version, sees), servers: [{ url: base }] };
  }
}
