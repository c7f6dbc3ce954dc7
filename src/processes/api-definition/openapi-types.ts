import type { OpenAPIObject } from '@nestjs/swagger';

/** Types of `@nestjs/swagger`'s document that the package does not export by name. */
export type PathItemObject = OpenAPIObject['paths'][string];
export type OperationObject = NonNullable<PathItemObject['post']>;
export type ResponseObject = Extract<NonNullable<OperationObject['responses'][string]>, { description: string }>;
type Components = NonNullable<OpenAPIObject['components']>;
type SchemaOrReference = NonNullable<Components['schemas']>[string];
export type ReferenceObject = Extract<SchemaOrReference, { $ref: string }>;
export type SchemaObject = Exclude<SchemaOrReference, ReferenceObject>;
export type RequestBodyObject = Extract<NonNullable<OperationObject['requestBody']>, { content: object }>;
