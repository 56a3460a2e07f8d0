import { request as ask } from 'node:http';
import type { RequestHandler } from 'express';
import { sendProblem } from './problem.ts';

/** Serves the payment simulator's script, frame and browser API same-origin, as they are, under their own path. */
export function simulatorProxy(simulatorUrl: string): RequestHandler {
  return (request, response) => {
    const target = new URL(request.originalUrl, simulatorUrl);
    const { cookie: _ours, host: _host, ...headers } = request.headers;
    const upstream = ask(target, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on('error', () => {
      if (response.headersSent) response.destroy();
      else sendProblem(response, 'payment-service-down');
    });
    response.on('close', () => upstream.destroy());
    request.pipe(upstream);
  };
}
