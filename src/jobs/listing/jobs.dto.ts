import { ApiProperty } from '@nestjs/swagger';
import { LinkDto } from '../../ogc/ogc.dto.js';
import { StatusInfoDto } from '../model/status-info.dto.js';

/** A page of jobs (OGC API - Processes 1.0, schema jobList.yaml). */
export class JobListDto {
  @ApiProperty({ type: [StatusInfoDto] })
  jobs!: StatusInfoDto[];

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];

  /** How many jobs match, on all pages. */
  @ApiProperty({ type: 'integer' })
  numberMatched!: number;

  @ApiProperty({ type: 'integer' })
  numberReturned!: number;
}
