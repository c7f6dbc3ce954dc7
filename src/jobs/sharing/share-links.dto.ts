import { ApiProperty } from '@nestjs/swagger';
import { SHARED, type Shared } from '../../ogc/requests/share.js';

/** A link that opens one job's results, or its page, to whoever has it. */
export class ShareLinkDto {
  @ApiProperty({ format: 'uri' })
  href!: string;

  /** RFC 3339. */
  @ApiProperty({ format: 'date-time' })
  expires!: string;

  @ApiProperty({ enum: SHARED })
  for!: Shared;
}
