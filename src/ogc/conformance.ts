import { DiscoveryService } from '@nestjs/core';

const PROCESSES = 'http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/';
export const conformanceClass = {
  commonCore: 'http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core',
  core: `${PROCESSES}core`,
  processDescription: `${PROCESSES}ogc-process-description`,
  json: `${PROCESSES}json`,
  html: `${PROCESSES}html`,
  openApi: `${PROCESSES}oas30`,
  jobList: `${PROCESSES}job-list`,
  callback: `${PROCESSES}callback`,
  dismiss: `${PROCESSES}dismiss`,
} as const;

/** Put on a controller, or on a provider that does the work: the conformance classes that it implements; `/conformance` collects them from what is wired. */
export const ConformsTo = DiscoveryService.createDecorator<readonly string[]>();
