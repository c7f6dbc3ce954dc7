import type { FastifyRequest } from 'fastify';
import type { Readable } from 'node:stream';

/** The body of a request that is a form with files: it has not been read yet. */
export class StreamedForm {
  constructor(readonly stream: Readable) {}
}

/** Room for what of a body is held in memory, of a request whose body is streamed. */
export interface BodyRoom {
  /** @throws UnavailableError where the server holds as much as it may */
  reserve(bytes: number): void;
}

const rooms = new WeakMap<FastifyRequest, BodyRoom>();

/** Gives a request the room that its body may take. */
export function giveBodyRoom(request: FastifyRequest, room: BodyRoom): void {
  rooms.set(request, room);
}

/** The room that was given; without any everything finds room. */
export function bodyRoomOf(request: FastifyRequest): BodyRoom {
  return rooms.get(request) ?? { reserve: () => undefined };
}
