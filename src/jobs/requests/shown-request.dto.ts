import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** In place of a value that was too large to be kept. */
export class OmittedValueDto {
  /** Bytes of its JSON, in UTF-8 and without blanks, as the container gets it; secrets in it are `{"masked": true}`. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  size!: number;

  /** The SHA-256 of those bytes. */
  @ApiProperty({ pattern: '^[0-9a-f]{64}$' })
  sha256!: string;

  /** Where that JSON is, where the process keeps its inputs. */
  @ApiPropertyOptional({ format: 'uri' })
  href?: string;
}

/** Inputs that are not even named, for there were too many. */
export class OmittedInputsDto extends OmittedValueDto {
  @ApiProperty({ type: 'integer', minimum: 1 })
  count!: number;
}

/** An execute request as it may be shown. */
export class ShownRequestDto {
  /** Address of the process. */
  @ApiPropertyOptional({ format: 'uri' })
  process?: string;

  /**
   * With their defaults. `{"masked": true}` stands in place of what is under a secret-looking name, `{"omitted": {"size", "sha256"}}` in
   * place of a
   * value that was too large to be kept: neither is taken by an execution. Absent: they are not known.
   */
  @ApiPropertyOptional({ type: 'object', additionalProperties: true })
  inputs?: Record<string, unknown>;

  @ApiPropertyOptional({ type: OmittedInputsDto })
  omittedInputs?: OmittedInputsDto;

  /** `transmissionMode` and `format` by the outputs' ids; absent: all were asked for. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'object' } })
  outputs?: Record<string, object>;

  @ApiPropertyOptional({ enum: ['raw', 'document'] })
  response?: string;

  /** Who is told: `{"masked": true, "host": "example.org"}` in place of each address. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'object' } })
  subscriber?: Record<string, object>;

  /** What was chosen of queues. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  queue?: Record<string, string>;

  /** What the job is to be found by. */
  @ApiPropertyOptional({ type: [String] })
  tags?: string[];

  @ApiPropertyOptional({ enum: ['sync'] })
  mode?: string;

  /** The preferences of the header `Prefer` that the server knows. */
  @ApiPropertyOptional({ example: 'respond-async' })
  prefer?: string;
}
