import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** A link (RFC 8288) as OGC APIs write it. */
export class LinkDto {
  @ApiProperty()
  href!: string;

  @ApiProperty({ example: 'self' })
  rel!: string;

  @ApiPropertyOptional({ example: 'application/json' })
  type?: string;

  @ApiPropertyOptional()
  title?: string;

  @ApiPropertyOptional()
  hreflang?: string;
}

/** The landing page (OGC API - Processes 1.0, section 7.2). */
export class LandingPageDto {
  @ApiPropertyOptional()
  title?: string;

  @ApiPropertyOptional()
  description?: string;

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}

/** The conformance declaration (OGC API - Processes 1.0, section 7.4). */
export class ConformanceDto {
  @ApiProperty({ type: [String] })
  conformsTo!: string[];
}
