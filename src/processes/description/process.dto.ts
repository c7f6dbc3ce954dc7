import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LinkDto } from '../../ogc/ogc.dto.js';

/** Schema processSummary.yaml of OGC API - Processes 1.0. */
export class ProcessSummaryDto {
  @ApiProperty({ example: 'hello-world-k8s' })
  id!: string;

  @ApiProperty({ example: '1.0.0' })
  version!: string;

  @ApiPropertyOptional()
  title?: string;

  @ApiPropertyOptional()
  description?: string;

  @ApiPropertyOptional({ type: [String] })
  keywords?: readonly string[];

  @ApiProperty({ type: [String], enum: ['sync-execute', 'async-execute', 'dismiss'], isArray: true })
  jobControlOptions!: readonly string[];

  @ApiProperty({ type: [String], enum: ['value', 'reference'], isArray: true })
  outputTransmission!: readonly string[];

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}

/** Schema process.yaml of OGC API - Processes 1.0. */
export class ProcessDto extends ProcessSummaryDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'object' },
    description: 'By id: title, description, keywords, schema (JSON Schema), minOccurs, maxOccurs',
  })
  inputs!: Readonly<Record<string, Readonly<Record<string, unknown>>>>;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'object' },
    description: 'By id: title, description, schema (JSON Schema)',
  })
  outputs!: Readonly<Record<string, Readonly<Record<string, unknown>>>>;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'An execute request to try the process with',
  })
  example?: Readonly<Record<string, unknown>>;
}

/** Schema processList.yaml of OGC API - Processes 1.0. */
export class ProcessListDto {
  @ApiProperty({ type: [ProcessSummaryDto] })
  processes!: ProcessSummaryDto[];

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}
