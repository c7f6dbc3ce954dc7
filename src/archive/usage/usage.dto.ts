import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LinkDto } from '../../ogc/ogc.dto.js';

/** What usage is told of. */
export const USAGE_BY = ['month', 'process', 'owner'] as const;

/** What jobs took. */
export class UsageSumsDto {
  /** How many there were. */
  @ApiProperty({ type: 'integer', minimum: 0 })
  jobs!: number;

  /** From the first container's start to the last one's end, together. */
  @ApiProperty({ minimum: 0 })
  hours!: number;

  /** Requested processors × hours. */
  @ApiProperty({ minimum: 0 })
  processorHours!: number;

  /** Requested memory in GiB × hours. */
  @ApiProperty({ minimum: 0 })
  memoryGiBHours!: number;

  /** As the cluster measured it; absent where it did not. */
  @ApiPropertyOptional({ minimum: 0 })
  usedProcessorHours?: number;

  @ApiPropertyOptional({ minimum: 0 })
  usedMemoryGiBHours?: number;
}

export class UsageReportRowDto extends UsageSumsDto {
  /** The month in which they ended (`2026-11`), id of the process, or label of the owner; empty: of nobody. */
  @ApiProperty()
  key!: string;

  /** Of the owner, for people to read. */
  @ApiPropertyOptional()
  name?: string;
}

/** What the jobs of the archive took that the caller may know of, removed ones as well. */
export class UsageReportDto {
  @ApiProperty({ enum: USAGE_BY })
  by!: (typeof USAGE_BY)[number];

  /** Months newest first, others by their hours. */
  @ApiProperty({ type: [UsageReportRowDto] })
  rows!: UsageReportRowDto[];

  @ApiProperty({ type: UsageSumsDto })
  total!: UsageSumsDto;

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}
