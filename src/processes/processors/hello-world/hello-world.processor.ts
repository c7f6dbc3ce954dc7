import { Injectable } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import type { V1PodSpec } from '@kubernetes/client-node';
import { OneOf } from '../../../config/constraints.js';
import { parseJson } from '../../../json/parse-json.js';
import { describeFromMetadata, resultMediaType } from '../../description/process-metadata.js';
import type { ProcessDescription } from '../../description/process-description.js';
import { Processor, type ConfiguredProcess, type Execution, type ProcessorInterface } from '../../processor.js';
import { makePodSpec } from '../make-pod-spec.js';
import { PodDefinition } from '../pod-definition.js';
import { helloWorldDescription, resultOutputs } from './hello-world.description.js';
import { makeHelloWorldCommand, type ResultShape } from './make-hello-world-command.js';

/** The `processor` section of a hello-world process. */
export class HelloWorldDefinition extends PodDefinition {
  /** Anything with `/bin/sh` and `printf`; default `busybox`. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  default_image?: string;

  /** Shell commands that run first; one text is one command. */
  @Transform(({ value }): unknown => (typeof value === 'string' ? [value] : value))
  override command?: string[];

  /** What is JSON of the greeting; default `output`. */
  @IsOptional()
  @OneOf(['output', 'result'])
  result_shape?: ResultShape;
}

/** Greets by name, in a container of its own; to try a server with. Asks for no token unless `check_auth` is true. */
@Injectable()
@Processor(
  'pygeoapi_k8s_manager.process.HelloWorldK8sProcessor',
  'pygeoapi_k8s_manager.process.hello_world.HelloWorldK8sProcessor',
  'pygeoapi_k8s_manager.process.hello_world_k8s.HelloWorldK8sProcessor',
  'pygeoapi_kubernetes_manager.process.HelloWorldK8sProcessor',
  'pygeoapi_kubernetes_manager.process.hello_world.HelloWorldK8sProcessor',
  'pygeoapi_kubernetes_manager.process.hello_world_k8s.HelloWorldK8sProcessor',
)
export class HelloWorldK8sProcessor implements ProcessorInterface<HelloWorldDefinition> {
  readonly definitionClass = HelloWorldDefinition;
  readonly mainContainerName = 'hello-world-k8s';

  describe(process: ConfiguredProcess<HelloWorldDefinition>): ProcessDescription {
    const isResult = process.definition.result_shape === 'result';
    return describeFromMetadata(process, { ...helloWorldDescription, ...(isResult ? { outputs: resultOutputs } : {}) });
  }

  makePodSpec(process: ConfiguredProcess<HelloWorldDefinition>, { inputsJson }: Execution): V1PodSpec {
    const { definition } = process;
    const description = this.describe(process);
    const shape = definition.result_shape ?? 'output';
    return makePodSpec(definition, {
      name: this.mainContainerName,
      image: definition.default_image ?? 'busybox',
      ...makeHelloWorldCommand({
        inputs: parseJson(inputsJson) as Execution['inputs'],
        commands: definition.command ?? [],
        mediaType: shape === 'result' ? 'application/json' : resultMediaType(definition, description),
        outputId: Object.keys(description.outputs)[0] ?? 'echo',
        shape,
      }),
    });
  }

  /** The greeting is made of name and message. */
  undescribedInputs(): Record<string, never> {
    return {};
  }

  /** The greeting is made here: the container reads no inputs. */
  readsLargeInputs(): boolean {
    return true;
  }

  requiresToken({ definition }: ConfiguredProcess<HelloWorldDefinition>): boolean {
    return definition.check_auth ?? false;
  }
}
