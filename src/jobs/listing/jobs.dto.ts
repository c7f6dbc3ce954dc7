import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LinkDto } from '../../ogc/ogc.dto.js';
import { StatusInfoDto } from '../model/status-info.dto.js';

/** That some jobs are missing. */
export const INCOMPLETE = 'The archive does not answer now: jobs that have left the cluster are missing.';

/** A page of jobs (OGC API - Processes 1.0, schema jobList.yaml). */
export class JobListDto {
  @ApiProperty({ type: [StatusInfoDto] })
  jobs!: StatusInfoDto[];

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];

  /** How many jobs match, on all pages. With an archive of jobs only where they are at most 10,000, and quickly counted. */
  @ApiPropertyOptional({ type: 'integer' })
  numberMatched?: number;

  @ApiProperty({ type: 'integer' })
  numberReturned!: number;

  /** Why jobs are missing that match, for people: the archive of those that have left the cluster does not answer now. Absent: none are. */
  @ApiPropertyOptional({ example: INCOMPLETE })
  incomplete?: string;
}
