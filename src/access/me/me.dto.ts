import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ACTIONS, type Action } from '../../config/sections/access/access-rules.js';
import { LinkDto } from '../../ogc/ogc.dto.js';

/** What a role allows. */
export class PermissionDto {
  @ApiProperty({ example: 'user' })
  role!: string;

  @ApiProperty({ enum: ACTIONS, isArray: true, description: '`admin`: everything, with the jobs of everybody' })
  actions!: readonly Action[];

  @ApiProperty({ type: [String], description: 'Ids of processes, `*` for any part of one' })
  processes!: readonly string[];
}

/** A limit, and what of it is taken. */
export class UsageDto {
  @ApiProperty()
  limit!: number;

  @ApiPropertyOptional({ description: 'Now, as the replica that answers knows it; absent: it is not counted' })
  used?: number;
}

/** What one may take of the server; what is absent has no limit. */
export class LimitsDto {
  @ApiPropertyOptional({ type: UsageDto, description: 'Jobs that run at the same time' })
  running?: UsageDto;

  @ApiPropertyOptional({ type: UsageDto, description: 'Jobs that wait for their turn' })
  waiting?: UsageDto;

  @ApiPropertyOptional({ type: UsageDto, description: 'Executions in a minute, of one replica' })
  submissionsPerMinute?: UsageDto;

  @ApiPropertyOptional({ type: UsageDto, description: 'Bytes of the inputs of an execution' })
  inputBytes?: UsageDto;

  @ApiPropertyOptional({ type: UsageDto, description: 'Bytes that are kept of one’s jobs' })
  storedBytes?: UsageDto;
}

/** How somebody has proven who they are. */
export const MEANS = ['token', 'jwt', 'introspection', 'session', 'anonymous'] as const;

/** Who the server takes the caller for. */
export class MeDto {
  @ApiProperty({ enum: MEANS, description: 'How it was proven; `anonymous`: nothing was shown' })
  means!: (typeof MEANS)[number];

  @ApiPropertyOptional({ description: 'Who says so: `tokens`, the server itself, or the issuer of OpenID Connect' })
  issuer?: string;

  @ApiPropertyOptional({ description: 'The name of the token, or what the issuer calls one' })
  subject?: string;

  @ApiPropertyOptional({ description: 'For people to read' })
  name?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'From then on it proves nothing any more' })
  until?: string;

  @ApiPropertyOptional({ description: 'What stands on one’s jobs; there where roles decide' })
  owner?: string;

  @ApiPropertyOptional({ description: 'Whether one sees one’s own jobs only; there where roles decide' })
  ownJobs?: boolean;

  @ApiPropertyOptional({ type: [String], description: 'Names of one’s roles; there where roles decide' })
  roles?: readonly string[];

  @ApiPropertyOptional({ type: [PermissionDto], description: 'What they allow; there where roles decide' })
  permissions?: readonly PermissionDto[];

  @ApiPropertyOptional({ type: LimitsDto, description: 'There where roles decide' })
  limits?: LimitsDto;

  @ApiPropertyOptional({
    description:
      'By which calls of one’s jobs to subscribers can be checked (Standard Webhooks); there where roles decide, and calls are signed',
  })
  subscriberSecret?: string;

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}
