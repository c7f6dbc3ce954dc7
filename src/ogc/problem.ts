import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** URIs of OGC API - Processes 1.0, section 7.5 and tables of exceptions. */
export const OGC_EXCEPTIONS = 'http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/';

/** One fault in a request. */
export class ProblemFault {
  /** JSON Pointer into the request body, or a parameter's name. */
  @ApiProperty({ example: '/inputs/name' })
  pointer!: string;

  /** What is wrong and what was expected. */
  @ApiProperty({ example: 'must be a string' })
  message!: string;
}

/** The limit of who asks that is reached. */
export class ProblemLimit {
  /** As the configuration calls it. */
  @ApiProperty({ example: 'waiting' })
  name!: string;

  /** Where the configuration says it. */
  @ApiProperty({ example: 'access.roles.user.limits.waiting' })
  key!: string;

  @ApiProperty({ example: 20 })
  limit!: number;

  /** What is used of it. */
  @ApiProperty({ example: 20 })
  used!: number;
}

/** Problem details (RFC 7807); the exception schema of OGC API - Processes 1.0. */
export class Problem {
  /** A URI that says what kind of problem this is. */
  @ApiProperty({ example: `${OGC_EXCEPTIONS}no-such-process` })
  type!: string;

  @ApiPropertyOptional()
  title?: string;

  @ApiPropertyOptional()
  status?: number;

  @ApiPropertyOptional()
  detail?: string;

  /** Names this occurrence; of an internal error it stands in the server's log, too. */
  @ApiPropertyOptional()
  instance?: string;

  /** Where a body that is no JSON goes wrong, from 1. */
  @ApiPropertyOptional({ example: 3 })
  line?: number;

  /** In characters, from 1. */
  @ApiPropertyOptional({ example: 14 })
  column?: number;

  /** What was expected there. */
  @ApiPropertyOptional({ example: 'a comma or }' })
  expected?: string;

  @ApiPropertyOptional({ type: ProblemLimit })
  limit?: ProblemLimit;

  /** Every fault of the request. */
  @ApiPropertyOptional({ type: [ProblemFault] })
  errors?: ProblemFault[];
}
