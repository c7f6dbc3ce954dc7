import { jobEventTypes } from './cloud-event.js';

const text = { type: 'string' } as const;
const time = { type: 'string', format: 'date-time' } as const;

/** What is told of a job: of its status (OGC API - Processes 1.0, statusInfo.yaml) what everybody may know. */
const statusSchema = {
  type: 'object',
  required: ['jobID', 'type', 'status', 'links'],
  properties: {
    jobID: text,
    id: { ...text, description: 'As `jobID`' },
    processID: text,
    type: { const: 'process' },
    processingEntityType: text,
    status: { enum: ['accepted', 'running', 'successful', 'failed', 'dismissed'] },
    created: time,
    started: time,
    finished: time,
    updated: time,
    links: {
      type: 'array',
      items: {
        type: 'object',
        required: ['href', 'rel'],
        properties: { href: { type: 'string', format: 'uri' }, rel: text, type: text, title: text },
      },
    },
  },
};

/** JSON Schema (draft 7, as AsyncAPI has it) of the events. */
export const eventSchema = {
  type: 'object',
  required: ['specversion', 'type', 'source', 'subject', 'id', 'time', 'datacontenttype', 'data'],
  properties: {
    specversion: { const: '1.0' },
    type: {
      enum: Object.values(jobEventTypes),
      description: `\`${jobEventTypes.execution}\`: a process is executed; \`${jobEventTypes.update}\`: its job has another status`,
    },
    source: { type: 'string', format: 'uri', description: 'The address of the API' },
    subject: { ...text, description: 'The channel, before the protocol changes anything of it' },
    id: { ...text, description: 'The same for each repetition of an event' },
    time: { ...time, description: 'When the job came to have the status' },
    datacontenttype: { const: 'application/json' },
    data: statusSchema,
  },
};
