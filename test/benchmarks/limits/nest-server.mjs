/**
 * As `bare-server.mjs`, behind Nest with its Fastify adapter: a controller, and a DTO that Nest's pipe validates. Its Jobs go by undici, or by the
 * client library, whose informers then keep Jobs and pods.
 *
 * Arguments: the kubeconfig, the namespace, a file with a Job, and `undici` or `library`.
 */
import 'reflect-metadata';
import { Body, Controller, Module, Post, ValidationPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IsObject } from 'class-validator';
import { readFile } from 'node:fs/promises';
import { v7 as uuidv7 } from 'uuid';
import { jobOf } from './by-undici.mjs';

const [kubeconfig, namespace, templateFile, way] = process.argv.slice(2);
const template = JSON.parse(await readFile(templateFile, 'utf8'));
const create =
  way === 'library'
    ? await (await import('./by-library.mjs')).byLibrary(kubeconfig, namespace)
    : await (await import('./by-undici.mjs')).byUndici(kubeconfig, namespace);

class ExecuteDto {
  inputs;
}

class ExecutionController {
  async execute({ inputs }) {
    const jobID = uuidv7();
    await create(jobOf(template, jobID, inputs));
    return { jobID, status: 'accepted' };
  }
}

class AppModule {}

// What decorators do, which Node does not know.
const { prototype } = ExecutionController;
IsObject()(ExecuteDto.prototype, 'inputs');
Post('executed')(prototype, 'execute', Object.getOwnPropertyDescriptor(prototype, 'execute'));
Body()(prototype, 'execute', 0);
Reflect.defineMetadata('design:paramtypes', [ExecuteDto], prototype, 'execute');
Controller()(ExecutionController);
Module({ controllers: [ExecutionController] })(AppModule);

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
app.useGlobalPipes(new ValidationPipe());
await app.listen(0, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
