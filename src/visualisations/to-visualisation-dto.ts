import { readyCondition, type Condition, type VisualisationRecord } from './visualisation-record.js';
import { isRefusal, reason } from './visualisation-status.js';
import type { VisualisationDto, VisualisationState } from './visualisations.dto.js';

export function toVisualisationDto(record: VisualisationRecord): VisualisationDto {
  const { namespace, name, created, status } = record;
  // What was said of another specification is not said of this one.
  const ready = status.observedGeneration === record.generation ? readyCondition(status) : undefined;
  return {
    namespace,
    name,
    state: record.deleting ? 'removing' : stateOf(ready),
    ...(ready ? { reason: ready.reason, message: ready.message } : {}),
    ...(status.viz ? { url: status.viz.url, image: status.viz.image } : {}),
    created,
  };
}

function stateOf(ready: Condition | undefined): VisualisationState {
  if (!ready) return 'pending';
  if (ready.status === 'True') return 'ready';
  if (ready.reason === reason.starting || ready.reason === reason.formerGoes) return 'starting';
  return isRefusal(ready.reason) ? 'invalid' : 'failed';
}
