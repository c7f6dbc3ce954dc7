import { Injectable } from '@nestjs/common';
import { IsNotEmpty, IsString } from 'class-validator';
import type { V1PodSpec } from '@kubernetes/client-node';
import { describeFromMetadata } from '../../description/process-metadata.js';
import type { ProcessDescription } from '../../description/process-description.js';
import { Processor, type ConfiguredProcess, type ProcessorInterface } from '../../processor.js';
import { makePodSpec } from '../make-pod-spec.js';
import { PodDefinition } from '../pod-definition.js';

/** The `processor` section of a process that runs a container image. */
export class GenericImageDefinition extends PodDefinition {
  @IsString()
  @IsNotEmpty()
  default_image!: string;
}

/**
 * Runs any container image. The inputs reach it in `PYGEOAPI_K8S_MANAGER_INPUTS`; its log carries the result after the result markers.
 * Executing asks for the API token unless `check_auth` is false.
 */
@Injectable()
@Processor(
  'pygeoapi_k8s_manager.process.GenericImageProcessor',
  'pygeoapi_k8s_manager.process.generic_image.GenericImageProcessor',
  'pygeoapi_kubernetes_manager.process.GenericImageProcessor',
  'pygeoapi_kubernetes_manager.process.generic_image.GenericImageProcessor',
)
export class GenericImageProcessor implements ProcessorInterface<GenericImageDefinition> {
  readonly definitionClass = GenericImageDefinition;
  readonly mainContainerName = 'generic-image-processor';

  describe(process: ConfiguredProcess<GenericImageDefinition>): ProcessDescription {
    return describeFromMetadata(process);
  }

  takesUnreadInputs(): boolean {
    return true;
  }

  makePodSpec({ definition }: ConfiguredProcess<GenericImageDefinition>): V1PodSpec {
    return makePodSpec(definition, {
      name: this.mainContainerName,
      image: definition.default_image,
      ...(definition.command ? { command: definition.command } : {}),
    });
  }
}
