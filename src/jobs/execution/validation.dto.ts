import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LinkDto } from '../../ogc/ogc.dto.js';

/** What an execute request would run. */
export class ValidationDto {
  @ApiProperty()
  processID!: string;

  /** Always true: a request that is not valid is answered with a problem that lists its faults. */
  @ApiProperty({ enum: [true] })
  valid!: true;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description:
      'The Kubernetes Job (`batch/v1`) that executing would create, with secrets masked; its name will be another. Absent where the processor refuses masked inputs.',
  })
  kubeJob?: object;

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}
