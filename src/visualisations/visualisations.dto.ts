import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { LinkDto } from '../ogc/ogc.dto.js';

export const visualisationStates = ['pending', 'starting', 'ready', 'failed', 'invalid', 'removing'] as const;
export type VisualisationState = (typeof visualisationStates)[number];

/** One interactive app. */
export class VisualisationDto {
  @ApiProperty()
  namespace!: string;

  @ApiProperty()
  name!: string;

  /** `pending`: not looked at yet; `invalid`: its resource must be changed; `failed`: it cannot be run or does not start. */
  @ApiProperty({ enum: visualisationStates })
  state!: VisualisationState;

  /** One word for programs: why it is in this state. */
  @ApiPropertyOptional({ example: 'ImagePullBackOff' })
  reason?: string;

  /** The same for people. */
  @ApiPropertyOptional()
  message?: string;

  /** Where the app answers once it is ready. */
  @ApiPropertyOptional({ format: 'uri' })
  url?: string;

  @ApiPropertyOptional()
  image?: string;

  @ApiProperty({ format: 'date-time' })
  created!: string;
}

/** The interactive apps of the watched namespaces. */
export class VisualisationListDto {
  @ApiProperty({ type: [VisualisationDto] })
  visualisations!: VisualisationDto[];

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}
