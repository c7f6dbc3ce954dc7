import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Pages } from '../ogc/pages.js';
import type { LeadsOnPageResource } from './pages/leads-on.js';

/**
 * Answers with a page that leads on by itself (`Refresh`, https://html.spec.whatwg.org/#the-refresh-header). A redirect would not do: one to
 * another host after a form is refused by the page's `form-action`, and one after another host led here is still that host's, so that no
 * session would count (`Sec-Fetch-Site`).
 */
export async function leadOn(pages: Pages, request: FastifyRequest, reply: FastifyReply, to: string): Promise<void> {
  const resource: LeadsOnPageResource = { to };
  const html = pages.render(request, reply, 'leads-on', resource);
  await reply.headers({ refresh: `0;url=${to}`, 'cache-control': 'no-store' }).send(html);
}
