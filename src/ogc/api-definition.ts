import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';

export const OPENAPI_MEDIA_TYPE = 'application/vnd.oai.openapi+json;version=3.0';

/** Where the OpenAPI document comes from: it can only be made once the whole application is wired. */
@Injectable()
export class ApiDefinition {
  private make: (() => OpenAPIObject) | undefined;

  provide(make: () => OpenAPIObject): void {
    this.make = make;
  }

  /** @param base the API's address without trailing slash, for `servers` */
  get(base: string): OpenAPIObject {
    if (!this.make) throw new Error('The API definition is asked for before the application is wired.');
    return { ...this.make(), servers: [{ url: base }] };
  }
}
