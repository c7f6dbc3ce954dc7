import { DiscoveryService } from '@nestjs/core';

const PROCESSES = 'http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/';
/** OGC 18-062r3; docs/conformance.md says how the versions go together. */
const DRAFT = 'http://www.opengis.net/spec/ogcapi-processes-1/2.0/conf/';
/** OGC 25-030, a draft. */
const PUBSUB = 'https://www.opengis.net/spec/ogcapi-pubsub-1/1.0/conf/';

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
  /** OGC 24-051, a draft. */
  provenance: 'http://www.opengis.net/spec/ogcapi-processes-4/1.0/conf/provenance',
  pubSub: { discovery: `${PUBSUB}discovery`, cloudEvents: `${PUBSUB}message-payload-cloudevents-json` },
  /** Of version 2.0. */
  draft: {
    core: `${DRAFT}core`,
    processDescription: `${DRAFT}ogc-process-description`,
    json: `${DRAFT}json`,
    html: `${DRAFT}html`,
    openApi: `${DRAFT}oas`,
    openApi30: `${DRAFT}oas30`,
    openApi31: `${DRAFT}oas31`,
    jobList: `${DRAFT}job-list`,
    callback: `${DRAFT}callback`,
    dismiss: `${DRAFT}dismiss`,
    kvpExecute: `${DRAFT}kvp-execute`,
  },
} as const;

/** Put on a controller, or on a provider that does the work: the conformance classes that it implements; `/conformance` collects them from what is wired. */
export const ConformsTo = DiscoveryService.createDecorator<readonly string[]>();
