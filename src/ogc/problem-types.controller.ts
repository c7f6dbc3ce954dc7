import { Controller, Get, Param, Req } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblem } from './api-problem.js';
import { NotAvailableError } from './domain-errors.js';
import { Links } from './links.js';
import { LinkDto } from './ogc.dto.js';
import { HasPage } from './negotiation.interceptor.js';
import { PROBLEM_TYPES_PATH, type ProblemType, ProblemTypes, problemTypeReference } from './problem-types.js';

/** What a type of problem means, and what to do about it. */
export class ProblemTypeDto {
  /** The `type` of such problems: the address of this document. */
  @ApiProperty({ format: 'uri' })
  type!: string;

  @ApiProperty()
  title!: string;

  /** HTTP status of the answers that carry it. */
  @ApiProperty({ type: 'integer', example: 500 })
  status!: number;

  @ApiProperty()
  meaning!: string;

  @ApiProperty({ type: [String] })
  remedies!: readonly string[];

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}

/** The types of problems that this server documents. */
export class ProblemTypeListDto {
  @ApiProperty({ type: [ProblemTypeDto] })
  problemTypes!: ProblemTypeDto[];

  @ApiProperty({ type: [LinkDto] })
  links!: LinkDto[];
}

/** Serves what the `type` of a problem (RFC 7807, section 3.1) leads to. */
@ApiTags('Problems')
@Controller(PROBLEM_TYPES_PATH)
export class ProblemTypesController {
  constructor(
    private readonly types: ProblemTypes,
    private readonly links: Links,
  ) {}

  @Get()
  @HasPage('problem-types', ProblemTypeListDto)
  @ApiOperation({ operationId: 'getProblemTypes', summary: 'The types of problems, and what to do about them' })
  list(@Req() request: FastifyRequest): ProblemTypeListDto {
    const base = this.links.base(request);
    return {
      problemTypes: this.types.list().map((type) => toDto(type, base)),
      links: [link(`${base}${PROBLEM_TYPES_PATH}`, 'self', 'This document')],
    };
  }

  @Get(':name')
  @HasPage('problem-type', ProblemTypeDto)
  @ApiOperation({ operationId: 'getProblemType', summary: 'A type of problems, and what to do about it' })
  @ApiProblem(404, 'There is no such type')
  get(@Param('name') name: string, @Req() request: FastifyRequest): ProblemTypeDto {
    const type = this.types.find(name);
    if (!type) throw new NotAvailableError(`There is no type of problems "${name}".`);
    return toDto(type, this.links.base(request));
  }
}

function toDto({ name, title, status, meaning, remedies }: ProblemType, base: string): ProblemTypeDto {
  const type = base + problemTypeReference(name);
  return {
    type,
    title,
    status,
    meaning,
    remedies,
    links: [
      link(type, 'self', 'This document'),
      link(`${base}${PROBLEM_TYPES_PATH}`, 'collection', 'All types of problems'),
    ],
  };
}

function link(href: string, rel: string, title: string): LinkDto {
  return { href, rel, type: 'application/json', title };
}
