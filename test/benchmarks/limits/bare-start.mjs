/**
 * The least that a start takes of a program of Nest with Fastify: an empty module, and one list of the Jobs in chunks, of which nothing is kept.
 * Prints `listening on ADDRESS`.
 *
 * Arguments: a file with `{server, path, headers, tls}`, and packages that are loaded, too.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';

const { server, path, headers, tls } = JSON.parse(readFileSync(process.argv[2], 'utf8'));

for (const name of process.argv.slice(3)) await import(name);

class Empty {}
Module({})(Empty);
const app = await NestFactory.create(Empty, new FastifyAdapter(), { logger: false });
await app.init();

const dispatcher = new Agent({ allowH2: false, connect: tls });
let next = '';
do {
  const answer = await request(`${server}${path}?limit=250&continue=${encodeURIComponent(next)}`, {
    headers,
    dispatcher,
  });
  next = (await answer.body.json()).metadata.continue ?? '';
} while (next !== '');
await app.listen(0, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
