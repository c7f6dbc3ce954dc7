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

  /** Of a broker (`rel=hub`): what stands before each of its channels. */
  @ApiPropertyOptional()
  channel?: string;
}

/** Somebody with an address. */
export class NamedLinkDto {
  @ApiPropertyOptional()
  name?: string;

  @ApiPropertyOptional()
  url?: string;
}

/** The landing page (OGC API - Processes 1.0, section 7.2), and who runs the server: `metadata` of the configuration. */
export class LandingPageDto {
  @ApiPropertyOptional()
  title?: string;

  @ApiPropertyOptional()
  description?: string;

  @ApiPropertyOptional({ type: [String] })
  keywords?: readonly string[];

  @ApiPropertyOptional({ description: 'Who provides the service' })
  provider?: NamedLinkDto;

  @ApiPropertyOptional({ description: 'Of its data and results' })
  license?: NamedLinkDto;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Whom to ask: `name`, `email`, `phone` and others, as the operator gives them',
  })
  contact?: Readonly<Record<string, string>>;

  @ApiPropertyOptional({ description: 'An address, or the terms themselves' })
  termsOfService?: string;

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}

/** The conformance declaration (OGC API - Processes 1.0, section 7.4). */
export class ConformanceDto {
  @ApiProperty({ type: [String] })
  conformsTo!: string[];
}
